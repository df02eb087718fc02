//! The statements that keep goals in their places, one above the other.
//!
//! A goal that gets a parent, and one that goes to the trash, is judged by others that somebody may
//! be changing at the same time. So the rows of the goals that are named and then the owner's
//! counter, which every write of theirs ends with, are locked first: whoever waits for the counter
//! holds none of these rows, and nobody waits in a circle. What is read after that stays as it is
//! until the end.

use goals_core::{Ancestor, Goal, GoalId, LEVELS_MAX, OwnerId, StoreError};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Executor, Param, columns};
use crate::error::{store_error, unreadable};
use crate::schema::Schema;

#[derive(Debug, Clone)]
pub(super) struct TreeSql {
    lock: String,
    around: String,
    left: String,
    pub(super) below: String,
}

impl TreeSql {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            lock: schema.put_into(LOCK),
            around: schema.put_into(&around()),
            left: schema.put_into(LEFT),
            below: schema.put_into(&below()),
        }
    }

    /// Lets nobody but this transaction write goals of `owner` until it ends. Those that it is
    /// going to write, and their parents, are to be among `goals`.
    pub(super) async fn lock<E: Executor>(
        &self,
        on: &mut E,
        owner: OwnerId,
        goals: impl Iterator<Item = GoalId>,
    ) -> Result<(), StoreError> {
        let goals: Vec<_> = goals.map(|goal| goal.as_uuid()).collect();
        let params: [Param<'_>; 2] = [(&owner.as_uuid(), Type::UUID), (&goals, Type::UUID_ARRAY)];
        on.write(&self.lock, &params).await.map(drop).map_err(store_error)
    }

    /// Whether `goal` may have its parent, among the goals above and below it.
    pub(super) async fn check<E: Executor>(&self, on: &mut E, goal: &Goal) -> Result<(), StoreError> {
        if goal.parent.is_none() {
            return Ok(());
        }
        let parent = goal.parent.as_ref().map(GoalId::as_uuid);
        let params: [Param<'_>; 3] =
            [(&goal.owner.as_uuid(), Type::UUID), (&goal.id.as_uuid(), Type::UUID), (&parent, Type::UUID)];
        let rows = on.read(&self.around, &params).await.map_err(store_error)?;
        let Some(row) = rows.first() else { return Ok(()) };
        let ids: Vec<Uuid> = row.try_get(0).map_err(unreadable)?;
        let trashed: Vec<bool> = row.try_get(1).map_err(unreadable)?;
        let levels: i32 = row.try_get(2).map_err(unreadable)?;
        let above = ids.into_iter().zip(trashed);
        let above: Vec<_> =
            above.map(|(id, is_in_trash)| Ancestor { id: GoalId::from_uuid(id), is_in_trash }).collect();
        goal.check_parent(&above, usize::try_from(levels).map_err(unreadable)?).map_err(StoreError::Parent)
    }

    /// One of `goals` that is in the trash while a child of it is not.
    pub(super) async fn left<E: Executor>(
        &self,
        on: &mut E,
        owner: OwnerId,
        goals: impl Iterator<Item = GoalId>,
    ) -> Result<Option<GoalId>, StoreError> {
        let goals: Vec<_> = goals.map(|goal| goal.as_uuid()).collect();
        if goals.is_empty() {
            return Ok(None);
        }
        let params: [Param<'_>; 2] = [(&owner.as_uuid(), Type::UUID), (&goals, Type::UUID_ARRAY)];
        let rows = on.read(&self.left, &params).await.map_err(store_error)?;
        rows.first().map(|row| row.try_get(0).map(GoalId::from_uuid).map_err(unreadable)).transpose()
    }
}

/// One of the goals `$2` that is in the trash while a child of it is not.
const LEFT: &str = "
    SELECT goals.goal_id FROM :schema.goals JOIN :schema.goals child
        ON child.owner_id = $1 AND child.parent_id = goals.goal_id AND child.deleted_at IS NULL
    WHERE goals.owner_id = $1 AND goals.goal_id = ANY ($2) AND goals.deleted_at IS NOT NULL LIMIT 1";

/// The goals in the order of their ids and then the counter.
const LOCK: &str = "
    WITH named AS MATERIALIZED (
        SELECT 1 FROM :schema.goals WHERE owner_id = $1 AND goal_id = ANY ($2) ORDER BY goal_id FOR NO KEY UPDATE)
    SELECT last_seq FROM :schema.usage WHERE owner_id = $1 AND (SELECT count(*) FROM named) >= 0 FOR UPDATE OF usage";

/// What is above the parent `$3`, itself included, and how many levels there are from goal `$2`
/// downwards.
fn around() -> String {
    format!(
        "WITH RECURSIVE above AS (
             SELECT 1 AS level, goal_id, parent_id, deleted_at FROM :schema.goals
             WHERE owner_id = $1 AND goal_id = $3
             UNION ALL
             SELECT level + 1, goals.goal_id, goals.parent_id, goals.deleted_at
             FROM above JOIN :schema.goals ON goals.owner_id = $1 AND goals.goal_id = above.parent_id
             WHERE level < {LEVELS_MAX}),
         below AS (
             SELECT 1 AS level, $2 AS goal_id
             UNION ALL
             SELECT level + 1, goals.goal_id
             FROM below JOIN :schema.goals ON goals.owner_id = $1 AND goals.parent_id = below.goal_id
             WHERE level < {LEVELS_MAX})
         SELECT ARRAY(SELECT goal_id FROM above ORDER BY level),
             ARRAY(SELECT deleted_at IS NOT NULL FROM above ORDER BY level),
             max(level)
         FROM below"
    )
}

/// Goal `$2` and all below it, level by level.
fn below() -> String {
    let read = columns::READ;
    format!(
        "WITH RECURSIVE below AS (
             SELECT 1 AS level, $2 AS goal_id
             UNION ALL
             SELECT level + 1, goals.goal_id
             FROM below JOIN :schema.goals ON goals.owner_id = $1 AND goals.parent_id = below.goal_id
             WHERE level < {LEVELS_MAX})
         SELECT {read} FROM below JOIN :schema.goals USING (goal_id) WHERE owner_id = $1 ORDER BY level, goal_id"
    )
}
