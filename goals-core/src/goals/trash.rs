//! Into the trash, out of it and gone for good: a goal with those that belong to it.

use std::iter::{repeat_with, successors};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Expected, Goals, duplicate_check};
use crate::error::{Current, Error, Violation};
use crate::event::{Actor, EventKind, NewEvent};
use crate::goal::Goal;
use crate::hierarchy::Tree;
use crate::ids::{GoalId, OwnerId};
use crate::store::{DuplicateCheck, GoalWrite, NotApplied, StoreError};

/// How many goals leave the trash in one unit of work, with up to a goal's worth of history each.
const PURGE_BATCH: usize = 100;

impl Goals {
    /// Moves a goal to the trash, and with it those below it that are not there yet. One that is
    /// there already stays as it is.
    ///
    /// # Errors
    /// [`Error::Stale`] with the goal as it is now, [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn delete(&self, owner: OwnerId, id: GoalId, expected: Expected) -> Result<Goal, Error> {
        let delete = |tree: &Tree, now| match tree.top().deleted_at {
            Some(_) => Ok(tree.top().clone()),
            None => Ok(in_trash(tree.top(), Some(unlike_others(tree, now)), now)),
        };
        self.change(owner, id, expected, EventKind::GoalDeleted, delete).await
    }

    /// Takes a goal out of the trash, and with it those below it that went there together with it.
    /// One that is not there stays as it is. When its parent stays in the trash, it comes back
    /// without one.
    ///
    /// # Errors
    /// [`Error::DuplicateGoal`] when an open goal says the same by now, [`Error::NotFound`],
    /// [`Error::Unavailable`].
    pub async fn restore(&self, owner: OwnerId, id: GoalId) -> Result<Goal, Error> {
        let restore = |tree: &Tree, now| match tree.top().deleted_at {
            Some(_) => Ok(in_trash(tree.top(), None, now)),
            None => Ok(tree.top().clone()),
        };
        self.change(owner, id, Expected::Any, EventKind::GoalRestored, restore).await
    }

    /// Makes of a goal what `change` says; when it goes to the trash or comes out of it, those that
    /// are there together with it follow.
    pub(super) async fn change<F>(
        &self,
        owner: OwnerId,
        id: GoalId,
        expected: Expected,
        kind: EventKind,
        change: F,
    ) -> Result<Goal, Error>
    where
        F: Fn(&Tree, DateTime<Utc>) -> Result<Goal, Error>,
    {
        let mut is_alone = false;
        loop {
            let tree = self.tree(owner, id).await?;
            let goal = tree.top();
            if !expected.allows(goal.version) {
                return Err(Error::Stale(Current::Goal(Box::new(goal.clone()))));
            }
            let now = self.clock.now();
            let next = change(&tree, now)?;
            if next.version == goal.version {
                return Ok(next);
            }
            let next = self.recounted(goal, next).await?;
            let next = Goal { parent: next.parent.filter(|_| !is_alone), ..next };
            let mut writes =
                vec![self.changed(goal, next.clone(), kind, duplicate_check(goal, &next, self.duplicates))];
            if next.deleted_at != goal.deleted_at {
                writes.extend(tree.together().skip(1).map(|other| self.following(other, next.deleted_at, now)));
            }
            match self.applied(owner, &writes).await {
                Ok(true) => return Ok(next),
                Ok(false) => {}
                Err(NotApplied { at: 0, error: StoreError::Parent(Violation::InTrash) })
                    if !is_alone && goal.deleted_at.is_some() =>
                {
                    is_alone = true;
                }
                Err(refused) => return Err(refused.into()),
            }
        }
    }

    /// Removes a goal for good, whether it is in the trash or not, and those below it that are
    /// there together with it. Others below it lose their parent.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn purge(&self, owner: OwnerId, id: GoalId) -> Result<(), Error> {
        loop {
            let tree = self.tree(owner, id).await?;
            let now = self.clock.now();
            let alone = |goal: &Goal| Goal { parent: None, ..next(goal, now) };
            let left = tree.left_behind();
            let left = left.map(|goal| self.changed(goal, alone(goal), EventKind::GoalChanged, DuplicateCheck::Keep));
            let mut writes: Vec<_> = left.collect();
            let mut gone: Vec<_> = tree.together().map(|goal| goal.id).collect();
            // The lowest first: none goes before those that have it as their parent.
            gone.reverse();
            let event = || NewEvent::purged(self.event_id(now), now, Actor::Owner);
            writes.extend(gone.into_iter().map(|id| GoalWrite::Purge { id, event: event() }));
            if self.applied(owner, &writes).await? {
                return Ok(());
            }
        }
    }

    /// Removes for good what has been in the trash of anybody for too long, and says how many
    /// goals. To be called once in a while by the host; nothing here runs by itself. It goes in
    /// batches: what a failure leaves behind, the next call removes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn purge_expired(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut purged = 0;
        loop {
            let ids: Vec<_> = repeat_with(|| self.event_id(now)).take(PURGE_BATCH).collect();
            let batch = self.store.purge_expired(now - self.trash, now, &ids).await?;
            purged += batch;
            // A batch that is not full may have left parents of what was in it.
            if batch == 0 {
                return Ok(purged);
            }
        }
    }

    async fn tree(&self, owner: OwnerId, id: GoalId) -> Result<Tree, Error> {
        Tree::new(self.store.tree(owner, id).await?).ok_or(Error::NotFound)
    }

    /// That `goal` follows another into the trash or out of it.
    pub(super) fn following(&self, goal: &Goal, deleted_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> GoalWrite {
        let kind = if deleted_at.is_some() { EventKind::GoalDeleted } else { EventKind::GoalRestored };
        // Nobody can have taken its place: its parent was in the trash, where nothing is put.
        self.changed(goal, in_trash(goal, deleted_at, now), kind, DuplicateCheck::Keep)
    }

    pub(super) fn changed(&self, goal: &Goal, next: Goal, kind: EventKind, check: DuplicateCheck) -> GoalWrite {
        let event = NewEvent::changed(self.event_id(next.updated_at), kind, goal, &next);
        GoalWrite::Update { goal: next, event, expected: goal.version, check }
    }

    /// Whether the store did it. It did not when somebody has changed one of the goals, or put one
    /// below them, since they were read: then they are to be read again. Each round that fails is
    /// one that another caller won, so a loop of them ends.
    async fn applied(&self, owner: OwnerId, writes: &[GoalWrite]) -> Result<bool, NotApplied> {
        match self.store.apply(owner, writes, self.max).await {
            Ok(()) => Ok(true),
            Err(NotApplied { error: StoreError::Stale | StoreError::HasChildren, .. }) => Ok(false),
            Err(refused) => Err(refused),
        }
    }
}

fn next(goal: &Goal, now: DateTime<Utc>) -> Goal {
    Goal { updated_at: now, version: goal.version + 1, ..goal.clone() }
}

pub(super) fn in_trash(goal: &Goal, deleted_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Goal {
    Goal { deleted_at, ..next(goal, now) }
}

/// `now`, or a little later: what left together is known by its time, so no other goal of the tree
/// may have left at that very time.
pub(super) fn unlike_others(tree: &Tree, now: DateTime<Utc>) -> DateTime<Utc> {
    let mut times = successors(Some(now), |at| at.checked_add_signed(TimeDelta::microseconds(1)));
    times.find(|at| tree.all().all(|goal| goal.deleted_at != Some(*at))).unwrap_or(now)
}
