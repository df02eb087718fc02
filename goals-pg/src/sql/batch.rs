//! Several writes of goals as one, and a goal with those below it.

use goals_core::{DuplicateCheck, Goal, GoalId, GoalWrite, NotApplied, OwnerId, StoreError};
use tokio_postgres::types::Type;

use super::columns::{self, stored_version};
use super::{Executor, GoalSql, Param, Transactional, Unit};
use crate::error::{store_error, unreadable};

impl GoalSql {
    /// Does all of `writes`, which are of one owner's goals, in their order, or none of them; what
    /// is removed alone goes by one statement.
    ///
    /// # Errors
    /// The first of them that is refused, and why.
    pub async fn apply<E: Transactional>(
        &self,
        mut on: E,
        owner: OwnerId,
        writes: &[GoalWrite],
        max: u64,
    ) -> Result<(), NotApplied> {
        if let [write @ GoalWrite::Purge { .. }] = writes {
            return self.write(&mut on, owner, write, max).await.map_err(refused(0));
        }
        let mut unit = on.begin_unit().await.map_err(|error| refused(0)(store_error(error)))?;
        let outcome = self.apply_locked(&mut unit, owner, writes, max).await;
        let ended = unit.end(outcome.is_ok()).await;
        // A refusal says more than what becomes of the connection after it.
        outcome.and(ended.map_err(|error| refused(0)(store_error(error))))
    }

    async fn apply_locked<E: Executor>(
        &self,
        on: &mut E,
        owner: OwnerId,
        writes: &[GoalWrite],
        max: u64,
    ) -> Result<(), NotApplied> {
        if writes.iter().any(|write| matches!(write, GoalWrite::Insert { .. })) {
            self.open_counter(on, owner).await.map_err(refused(0))?;
        }
        self.tree.lock(on, owner, writes.iter().flat_map(named)).await.map_err(refused(0))?;
        for (at, write) in writes.iter().enumerate() {
            self.write(on, owner, write, max).await.map_err(refused(at))?;
        }
        let trashed: Vec<_> = writes.iter().map(trashed).collect();
        let left = self.tree.left(on, owner, trashed.iter().copied().flatten()).await.map_err(refused(0))?;
        let at = trashed.iter().position(|goal| goal.is_some() && *goal == left);
        at.map_or(Ok(()), |at| Err(refused(at)(StoreError::HasChildren)))
    }

    async fn write<E: Executor>(
        &self,
        on: &mut E,
        owner: OwnerId,
        write: &GoalWrite,
        max: u64,
    ) -> Result<(), StoreError> {
        let is_done = match write {
            GoalWrite::Insert { goal, event, duplicates } => {
                self.put_in_place(on, goal, event, *duplicates, max, None).await?;
                true
            }
            GoalWrite::Update { goal, event, expected, check } => {
                let is_judged = matches!(check, DuplicateCheck::Judge(_));
                let judged = if is_judged { self.tree.check(on, goal).await } else { Ok(()) };
                let stored = stored_version(*expected);
                if matches!(judged, Err(StoreError::Parent(_))) && self.version(on, goal).await? != Some(stored) {
                    return Err(StoreError::Stale);
                }
                judged?;
                self.replace(on, goal, event, *expected, *check).await?
            }
            GoalWrite::Purge { id, event } => self.remove(on, owner, *id, event).await?,
        };
        if is_done { Ok(()) } else { Err(StoreError::Stale) }
    }

    /// A goal, in the trash or not, and all goals below it, each after its parent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn tree<E: Executor>(&self, mut on: E, owner: OwnerId, id: GoalId) -> Result<Vec<Goal>, StoreError> {
        let params: [Param<'_>; 2] = [(&owner.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID)];
        let rows = on.read(&self.tree.below, &params).await.map_err(store_error)?;
        rows.iter().map(|row| columns::goal(owner, row).map_err(unreadable)).collect()
    }
}

fn refused(at: usize) -> impl Fn(StoreError) -> NotApplied {
    move |error| NotApplied { at, error }
}

/// The goals that a write is about: the one that it writes, and its parent.
fn named(write: &GoalWrite) -> impl Iterator<Item = GoalId> {
    let (goal, parent) = match write {
        GoalWrite::Insert { goal, .. } | GoalWrite::Update { goal, .. } => (goal.id, goal.parent),
        GoalWrite::Purge { id, .. } => (*id, None),
    };
    [Some(goal), parent].into_iter().flatten()
}

/// The goal that a write leaves in the trash.
fn trashed(write: &GoalWrite) -> Option<GoalId> {
    if let GoalWrite::Update { goal, .. } = write { goal.deleted_at.map(|_| goal.id) } else { None }
}
