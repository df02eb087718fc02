//! The statements that make a goal.

use goals_core::{DuplicatePolicy, Goal, LimitKind, NewEvent, Receipt, StoreError};
use tokio_postgres::types::Type;

use super::super::columns::{Record, WRITTEN, stored_version};
use super::super::events::{self, EventRecord};
use super::super::once::{self, ReceiptRecord};
use super::super::{Executor, Transactional, settle};
use super::{EVENT, FURTHER, GoalSql, IS_OPEN, ROUNDS, Unseen, refuses, slot};
use crate::error::{Constraint, store_error, violated};

impl GoalSql {
    /// Adds a goal: one without a parent by one statement.
    ///
    /// # Errors
    /// [`StoreError::Parent`], [`StoreError::DuplicateGoal`], [`StoreError::LimitReached`], [`StoreError::IdTaken`];
    /// [`StoreError::Unavailable`], also when the transaction does not see what stands in the way;
    /// [`StoreError::Backend`].
    pub async fn insert<E: Transactional>(
        &self,
        on: E,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
    ) -> Result<(), StoreError> {
        self.add(on, goal, event, duplicates, max, None).await.map(drop)
    }

    /// Adds a goal and keeps `receipt`, or answers the receipt that is kept under its key.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert).
    pub async fn insert_once<E: Transactional>(
        &self,
        on: E,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: &Receipt,
    ) -> Result<Option<Receipt>, StoreError> {
        self.add(on, goal, event, duplicates, max, Some(receipt)).await
    }

    async fn add<E: Transactional>(
        &self,
        mut on: E,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Receipt>, StoreError> {
        if goal.parent.is_some() {
            return self.add_below(on, goal, event, duplicates, max, receipt).await;
        }
        for _ in 0..ROUNDS {
            let outcome = self.put(&mut on, goal, event, duplicates, max, receipt).await;
            // What was made under the key may be what stands in the way; looked for last, so that
            // it is seen whenever its goal was.
            if let (
                Some(receipt),
                Ok(false)
                | Err(StoreError::IdTaken | StoreError::DuplicateGoal { .. } | StoreError::LimitReached { .. }),
            ) = (receipt, &outcome)
                && let Some(earlier) = self.once.find(&mut on, goal.owner, receipt).await?
            {
                return Ok(Some(earlier));
            }
            if outcome? {
                return Ok(None);
            }
            // A receipt that stands for nothing any more has been removed.
        }
        Err(StoreError::Unavailable(Unseen.into()))
    }

    async fn add_below<E: Transactional>(
        &self,
        mut on: E,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Receipt>, StoreError> {
        let mut unit = on.begin_unit().await.map_err(store_error)?;
        let outcome = async {
            self.tree.lock(&mut unit, goal.owner, goal.parent.into_iter()).await?;
            // Nobody else makes anything of this owner's by now.
            if let Some(receipt) = receipt
                && let Some(earlier) = self.once.find(&mut unit, goal.owner, receipt).await?
            {
                return Ok(Some(earlier));
            }
            self.put_in_place(&mut unit, goal, event, duplicates, max, receipt).await.map(|()| None)
        };
        let outcome = outcome.await;
        settle(unit, outcome).await
    }

    /// Adds a goal after its parent was judged; under the locks of [`TreeSql`](super::TreeSql).
    pub(in super::super) async fn put_in_place<E: Executor>(
        &self,
        on: &mut E,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: Option<&Receipt>,
    ) -> Result<(), StoreError> {
        match self.tree.check(on, goal).await {
            Err(StoreError::Parent(_)) if self.standing(on, goal).await?.version.is_some() => Err(StoreError::IdTaken),
            Err(refusal) => Err(refusal),
            Ok(()) if self.put(on, goal, event, duplicates, max, receipt).await? => Ok(()),
            Ok(()) => Err(StoreError::Unavailable(Unseen.into())),
        }
    }

    /// Adds a goal and keeps the receipt; `false` when one is kept under its key.
    async fn put<E: Executor>(
        &self,
        on: &mut E,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: Option<&Receipt>,
    ) -> Result<bool, StoreError> {
        let (record, event) = (Record::of(goal), EventRecord::of(event));
        let kept = receipt.map(ReceiptRecord::of);
        let insert = if receipt.is_some() { &self.insert_once } else { &self.insert };
        let slot = slot(goal.id, duplicates);
        let refuse = refuses(goal, duplicates);
        let limit = stored_version(max);
        let mut params = record.params();
        params.extend([(&slot as _, Type::UUID), (&refuse as _, Type::BOOL), (&limit as _, Type::INT8)]);
        params.extend(event.params());
        params.extend(kept.iter().flat_map(ReceiptRecord::params));
        for _ in 0..ROUNDS {
            match on.write(insert, &params).await {
                Ok(rows) if !rows.is_empty() => return Ok(true),
                Ok(_) => {}
                Err(error) => match violated(&error) {
                    Some(Constraint::OpenTitle | Constraint::Counter) => {}
                    Some(Constraint::Key) => return Ok(false),
                    Some(Constraint::Id) => return Err(StoreError::IdTaken),
                    Some(Constraint::GoalLimit) => {
                        return Err(StoreError::LimitReached { limit: LimitKind::Goals, max });
                    }
                    _ => return Err(store_error(error)),
                },
            }
            let standing = self.standing(on, goal).await?;
            if standing.version.is_some() {
                return Err(StoreError::IdTaken);
            }
            if let Some(existing) = standing.duplicate.filter(|_| refuse) {
                return Err(StoreError::DuplicateGoal { existing });
            }
            // It is the owner's first goal, or what stood in the way has gone since.
            self.open_counter(on, goal.owner).await?;
        }
        Err(StoreError::Unavailable(Unseen.into()))
    }
}

/// One statement, and exact under any number of callers. Goals first and the counter last: the row
/// of the counter is locked for the shortest time. Two rules stand guard over duplicates, for the
/// index alone would not see a duplicate that had been allowed, and the search alone would not see
/// one that is being written.
///
/// The counter is looked for before the goal is written. The foreign key alone would not do: it is
/// judged at the end, by when another caller's counter may be there that this statement did not
/// see, and so did not count in.
///
/// No row comes back when there is no counter yet or an open goal says the same. A receipt, whose
/// parameters begin at number `receipt`, is kept with the goal.
pub(super) fn insert(receipt: Option<usize>) -> String {
    let columns = WRITTEN.join(", ");
    let values = (1..=WRITTEN.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let [slot, refuse, limit] = FURTHER;
    let event = events::insert("goal_id", EVENT);
    let kept = receipt.map(|first| format!("{},", once::keep(first))).unwrap_or_default();
    format!(
        "WITH new AS (
             INSERT INTO :schema.goals ({columns}, duplicate_slot)
             SELECT {values}, ${slot}
             WHERE EXISTS (SELECT FROM :schema.usage WHERE owner_id = $1)
               AND (NOT ${refuse} OR NOT EXISTS (
                   SELECT FROM :schema.goals
                   WHERE owner_id = $1 AND title_key = $3 AND parent_id IS NOT DISTINCT FROM $4 AND {IS_OPEN}))
             RETURNING 1),
         {kept}
         counted AS (
             UPDATE :schema.usage
             SET goals = CASE WHEN goals < ${limit} THEN goals + 1 ELSE -1 END, last_seq = last_seq + 1
             WHERE owner_id = $1 AND EXISTS (SELECT FROM new) RETURNING last_seq)
         {event}"
    )
}
