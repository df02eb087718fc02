//! The statements of goals.

mod create;

use chrono::{DateTime, Utc};
use goals_core::{
    Actor, DuplicateCheck, DuplicatePolicy, EventId, EventKind, Goal, GoalId, GoalQuery, GoalWrite, NewEvent, OwnerId,
    Page, StoreError, TitledGoal,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::columns::{self, Record, WRITTEN, stored_version, title_key};
use super::events::{self, EventRecord};
use super::list::ListSql;
use super::once::OnceSql;
use super::tree::TreeSql;
use super::{Executor, Param, Transactional};
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

/// What makes a goal take part in the duplicate rule; the words of the unique index, or the server
/// would not use it.
const IS_OPEN: &str = "status IN ('draft', 'active', 'paused') AND deleted_at IS NULL";

/// The statements of goals in one schema; see [`sql`](crate::sql).
///
/// Each method keeps what the method of [`GoalRepository`](goals_core::GoalRepository) with the
/// same name promises, in a transaction under READ COMMITTED.
#[derive(Debug, Clone)]
pub struct GoalSql {
    insert: String,
    insert_once: String,
    once: OnceSql,
    open_counter: String,
    find: String,
    open_titles: String,
    list: ListSql,
    pub(super) tree: TreeSql,
    update: String,
    standing: String,
    purge: String,
    purge_expired: String,
    count: String,
}

/// The numbers of the parameters that follow those of [`WRITTEN`]; behind them come those of the
/// event, and those of the receipt.
const FURTHER: [usize; 3] = [WRITTEN.len() + 1, WRITTEN.len() + 2, WRITTEN.len() + 3];
const EVENT: usize = WRITTEN.len() + 4;
const RECEIPT: usize = EVENT + 6;

/// How often a goal is written anew when what stood in the way is gone. Each further round is one
/// that another caller won, so that many of them mean something else: see [`Unseen`].
const ROUNDS: usize = 16;

/// A goal was not written, and nothing is seen that stands in the way.
#[derive(Debug, thiserror::Error)]
#[error("what stands in the way of a goal is not seen; a transaction has to be READ COMMITTED")]
struct Unseen;

/// What keeps a goal from being written.
struct Standing {
    /// The version under which it is stored.
    version: Option<i64>,
    /// The first open goal that says the same.
    duplicate: Option<GoalId>,
}

impl GoalSql {
    /// The statements for the tables in `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let read = columns::READ;
        Self {
            insert: schema.put_into(&create::insert(None)),
            insert_once: schema.put_into(&create::insert(Some(RECEIPT))),
            once: OnceSql::new(schema),
            // Nothing to do when another caller was faster.
            open_counter: schema.put_into(
                "INSERT INTO :schema.usage (owner_id, goals, last_seq) VALUES ($1, 0, 0)
                 ON CONFLICT (owner_id) DO NOTHING",
            ),
            find: schema.put_into(&format!("SELECT {read} FROM :schema.goals WHERE owner_id = $1 AND goal_id = $2")),
            open_titles: schema.put_into(&format!(
                "SELECT goal_id, title FROM :schema.goals
                 WHERE owner_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND {IS_OPEN}
                   AND char_length(title) BETWEEN $3 AND $4
                 ORDER BY goal_id DESC LIMIT $5"
            )),
            list: ListSql::new(schema),
            tree: TreeSql::new(schema),
            update: schema.put_into(&update()),
            standing: schema.put_into(&format!(
                "SELECT goal_id, version FROM :schema.goals
                 WHERE owner_id = $1
                   AND (goal_id = $2 OR title_key = $3 AND parent_id IS NOT DISTINCT FROM $4 AND {IS_OPEN})
                 ORDER BY goal_id"
            )),
            purge: schema.put_into(&purge()),
            purge_expired: schema.put_into(PURGE_EXPIRED),
            count: schema.put_into("SELECT goals FROM :schema.usage WHERE owner_id = $1"),
        }
    }

    /// Removes at most `at_most` receipts from before `before`, of every owner, and says how many;
    /// those that somebody is writing are left for the next time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn forget_receipts<E: Executor>(
        &self,
        on: E,
        before: DateTime<Utc>,
        at_most: u32,
    ) -> Result<u64, StoreError> {
        self.once.forget(on, before, at_most).await
    }

    /// A goal, in the trash or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn find<E: Executor>(&self, mut on: E, owner: OwnerId, id: GoalId) -> Result<Option<Goal>, StoreError> {
        let params: [Param<'_>; 2] = [(&owner.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID)];
        let rows = on.read(&self.find, &params).await.map_err(store_error)?;
        rows.first().map(|row| columns::goal(owner, row).map_err(unreadable)).transpose()
    }

    /// The open goals under `parent`, or without one, whose titles have from `least` to `most`
    /// characters: the newest ids first, and no more than `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn open_titles<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        parent: Option<GoalId>,
        (least, most): (usize, usize),
        limit: u32,
    ) -> Result<Vec<TitledGoal>, StoreError> {
        let parent = parent.map(|parent| parent.as_uuid());
        let bound = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
        let params: [Param<'_>; 5] = [
            (&owner.as_uuid(), Type::UUID),
            (&parent, Type::UUID),
            (&bound(least), Type::INT4),
            (&bound(most), Type::INT4),
            (&i64::from(limit), Type::INT8),
        ];
        let titled = |row: &Row| Ok(TitledGoal { id: GoalId::from_uuid(row.try_get(0)?), title: row.try_get(1)? });
        let rows = on.read(&self.open_titles, &params).await.map_err(store_error)?;
        rows.iter().map(titled).collect::<Result<_, tokio_postgres::Error>>().map_err(unreadable)
    }

    /// A page of goals.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn list<E: Executor>(&self, on: E, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, StoreError> {
        self.list.run(on, owner, query).await
    }

    /// Replaces the goal when the stored version is `expected`; `false` when it is another or the
    /// goal is gone. By one statement, unless it goes to the trash or its parent is to be judged.
    ///
    /// # Errors
    /// [`StoreError::Parent`] and [`StoreError::DuplicateGoal`] when `check` asks to judge it;
    /// [`StoreError::HasChildren`]; [`StoreError::Unavailable`], also when the transaction does not
    /// see what stands in the way; [`StoreError::Backend`].
    pub async fn update<E: Transactional>(
        &self,
        mut on: E,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError> {
        if goal.deleted_at.is_none() && (goal.parent.is_none() || check == DuplicateCheck::Keep) {
            return self.replace(&mut on, goal, event, expected, check).await;
        }
        let write = GoalWrite::Update { goal: goal.clone(), event: event.clone(), expected, check };
        match self.apply(on, goal.owner, &[write], 0).await.map_err(|refused| refused.error) {
            Err(StoreError::Stale) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    /// Replaces a goal that may have its parent.
    pub(super) async fn replace<E: Executor>(
        &self,
        on: &mut E,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError> {
        let (record, event) = (Record::of(goal), EventRecord::of(event));
        let (slot, refuse) = match check {
            DuplicateCheck::Keep => (None, false),
            DuplicateCheck::Judge(policy) => (Some(slot(goal.id, policy)), refuses(goal, policy)),
        };
        let expected = stored_version(expected);
        let mut params = record.params();
        params.extend([(&slot as _, Type::UUID), (&refuse as _, Type::BOOL), (&expected as _, Type::INT8)]);
        params.extend(event.params());
        for _ in 0..ROUNDS {
            match on.write(&self.update, &params).await {
                Ok(rows) if !rows.is_empty() => return Ok(true),
                Ok(_) if !refuse => return Ok(false),
                Ok(_) => {}
                Err(error) if violated(&error) == Some(Constraint::OpenTitle) => {}
                Err(error) => return Err(store_error(error)),
            }
            let standing = self.standing(on, goal).await?;
            if standing.version != Some(expected) {
                return Ok(false);
            }
            if let Some(existing) = standing.duplicate {
                return Err(StoreError::DuplicateGoal { existing });
            }
            // What stood in the way has gone since.
        }
        Err(StoreError::Unavailable(Unseen.into()))
    }

    /// Removes a goal for good and its events with it; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError::HasChildren`], [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn purge<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        id: GoalId,
        event: &NewEvent,
    ) -> Result<bool, StoreError> {
        self.remove(&mut on, owner, id, event).await
    }

    pub(super) async fn remove<E: Executor>(
        &self,
        on: &mut E,
        owner: OwnerId,
        id: GoalId,
        event: &NewEvent,
    ) -> Result<bool, StoreError> {
        let (owner, id, event) = (owner.as_uuid(), id.as_uuid(), EventRecord::of(event));
        let mut params: Vec<Param<'_>> = vec![(&owner, Type::UUID), (&id, Type::UUID)];
        params.extend(event.params());
        match on.write(&self.purge, &params).await {
            Ok(rows) => Ok(!rows.is_empty()),
            Err(error) if violated(&error) == Some(Constraint::Parent) => Err(StoreError::HasChildren),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Removes for good goals that were moved to the trash before `deleted_before`, of every owner,
    /// one for each of `ids` at most, and says how many; goals that somebody is changing are left
    /// for the next time. What is left are the events that they were removed at `at`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn purge_expired<E: Executor>(
        &self,
        mut on: E,
        deleted_before: DateTime<Utc>,
        at: DateTime<Utc>,
        ids: &[EventId],
    ) -> Result<u64, StoreError> {
        let ids: Vec<_> = ids.iter().map(EventId::as_uuid).collect();
        let params: [Param<'_>; 5] = [
            (&deleted_before, Type::TIMESTAMPTZ),
            (&ids, Type::UUID_ARRAY),
            (&EventKind::GoalPurged.as_str(), Type::TEXT),
            (&at, Type::TIMESTAMPTZ),
            (&Actor::System.as_str(), Type::TEXT),
        ];
        let rows = on.write(&self.purge_expired, &params).await.map_err(store_error)?;
        Ok(rows.len() as u64)
    }

    /// How many goals the owner has, those in the trash counted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn count<E: Executor>(&self, mut on: E, owner: OwnerId) -> Result<u64, StoreError> {
        let rows = on.read(&self.count, &[(&owner.as_uuid(), Type::UUID)]).await.map_err(store_error)?;
        rows.first().map_or(Ok(0), |row| number(row.try_get(0)))
    }

    pub(super) async fn open_counter<E: Executor>(&self, on: &mut E, owner: OwnerId) -> Result<(), StoreError> {
        on.write(&self.open_counter, &[(&owner.as_uuid(), Type::UUID)]).await.map_err(store_error)?;
        Ok(())
    }

    /// The version under which a goal is stored.
    pub(super) async fn version<E: Executor>(&self, on: &mut E, goal: &Goal) -> Result<Option<i64>, StoreError> {
        Ok(self.standing(on, goal).await?.version)
    }

    async fn standing<E: Executor>(&self, on: &mut E, goal: &Goal) -> Result<Standing, StoreError> {
        let (id, key, parent) = (goal.id.as_uuid(), title_key(&goal.title), goal.parent.as_ref().map(GoalId::as_uuid));
        let params: [Param<'_>; 4] =
            [(&goal.owner.as_uuid(), Type::UUID), (&id, Type::UUID), (&key, Type::BYTEA), (&parent, Type::UUID)];
        let mut standing = Standing { version: None, duplicate: None };
        for row in on.read(&self.standing, &params).await.map_err(store_error)? {
            let found: Uuid = row.try_get(0).map_err(unreadable)?;
            if found == id {
                standing.version = Some(row.try_get(1).map_err(unreadable)?);
            } else {
                standing.duplicate.get_or_insert(GoalId::from_uuid(found));
            }
        }
        Ok(standing)
    }
}

/// Whose place in the unique index an open goal takes: that of its title, or one of its own.
fn slot(id: GoalId, policy: DuplicatePolicy) -> Uuid {
    match policy {
        DuplicatePolicy::Refuse => Uuid::nil(),
        DuplicatePolicy::Allow => id.as_uuid(),
    }
}

fn refuses(goal: &Goal, policy: DuplicatePolicy) -> bool {
    policy == DuplicatePolicy::Refuse && goal.is_open()
}

fn number(value: Result<i64, tokio_postgres::Error>) -> Result<u64, StoreError> {
    u64::try_from(value.map_err(unreadable)?).map_err(unreadable)
}

/// No row comes back when the version is another or, if that is to be judged, an open goal says
/// the same.
fn update() -> String {
    // Owner and id stay what they are.
    let changes = WRITTEN.iter().enumerate().skip(2).map(|(n, column)| format!("{column} = ${}", n + 1));
    let changes = changes.collect::<Vec<_>>().join(", ");
    let [slot, refuse, expected] = FURTHER;
    let event = events::insert("goal_id", EVENT);
    format!(
        "WITH new AS (
             UPDATE :schema.goals SET {changes}, duplicate_slot = coalesce(${slot}, duplicate_slot)
             WHERE owner_id = $1 AND goal_id = $2 AND version = ${expected}
               AND (NOT ${refuse} OR NOT EXISTS (
                   SELECT FROM :schema.goals
                   WHERE owner_id = $1 AND title_key = $3 AND parent_id IS NOT DISTINCT FROM $4
                     AND goal_id <> $2 AND {IS_OPEN}))
             RETURNING 1),
         counted AS (
             UPDATE :schema.usage SET last_seq = last_seq + 1
             WHERE owner_id = $1 AND EXISTS (SELECT FROM new) RETURNING last_seq)
         {event}"
    )
}

fn purge() -> String {
    let event = events::insert("purged_id", 3);
    format!(
        "WITH gone AS (DELETE FROM :schema.goals WHERE owner_id = $1 AND goal_id = $2 RETURNING 1),
         counted AS (
             UPDATE :schema.usage SET goals = goals - 1, last_seq = last_seq + 1
             WHERE owner_id = $1 AND EXISTS (SELECT FROM gone) RETURNING last_seq)
         {event}"
    )
}

/// Steps over goals that are locked, so that two of it share the work. It waits for counters
/// alone; since it may wait for several, a deadlock is possible with another one of it, and the
/// store tries again what the server undoes.
const PURGE_EXPIRED: &str = "
    WITH expired AS (
        SELECT owner_id, goal_id FROM :schema.goals WHERE deleted_at < $1
            AND NOT EXISTS (
                SELECT FROM :schema.goals child
                WHERE child.owner_id = goals.owner_id AND child.parent_id = goals.goal_id)
        ORDER BY deleted_at LIMIT cardinality($2) FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM :schema.goals USING expired
        WHERE goals.owner_id = expired.owner_id AND goals.goal_id = expired.goal_id
        RETURNING goals.owner_id, goals.goal_id),
    counted AS (
        UPDATE :schema.usage SET goals = usage.goals - owners.goals, last_seq = last_seq + owners.goals
        FROM (SELECT owner_id, count(*) AS goals FROM gone GROUP BY owner_id) owners
        WHERE usage.owner_id = owners.owner_id
        RETURNING usage.owner_id, last_seq - owners.goals AS before),
    in_line AS (
        SELECT owner_id, goal_id, row_number() OVER () AS number,
            row_number() OVER (PARTITION BY owner_id ORDER BY goal_id) AS place
        FROM gone)
    INSERT INTO :schema.events (owner_id, seq, event_id, purged_id, kind, at, actor, changes)
    SELECT owner_id, before + place, ($2)[number], goal_id, $3, $4, $5, '{}'
    FROM in_line JOIN counted USING (owner_id) RETURNING 1";
