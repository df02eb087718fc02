//! What became of goals: their history, the feed of changes, how a goal was, and taking back.

use chrono::{DateTime, Utc};

use super::{Expected, Goals};
use crate::draft::check_dates;
use crate::error::{Error, FieldErrors, Violation};
use crate::event::{Actor, Changes, Event, EventKind, EventLog};
use crate::goal::Goal;
use crate::hierarchy::Tree;
use crate::ids::{GoalId, OwnerId};
use crate::notice::Listener;
use crate::query::{PAGE_MAX, Page};

/// What can be taken back: the changes of a goal's own fields.
const UNDOABLE: &[EventKind] =
    &[EventKind::GoalChanged, EventKind::GoalDeleted, EventKind::GoalRestored, EventKind::GoalUndone];

impl Goals {
    /// What happened to a goal, the newest first: a page of at most `limit` events with numbers
    /// below `before`. The page's `next` is the number to go on before.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `limit` is not from 1 to [`PAGE_MAX`], [`Error::NotFound`],
    /// [`Error::Unavailable`].
    pub async fn history(
        &self,
        owner: OwnerId,
        id: GoalId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Page<Event, u64>, Error> {
        check_limit(limit)?;
        let mut items = self.store.history(owner, id, before.unwrap_or(u64::MAX), limit + 1).await?;
        if items.is_empty() {
            self.get(owner, id).await?;
        }
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| has_more).map(|last| last.seq);
        Ok(Page { items, next })
    }

    /// What happened to all goals of an owner behind number `after`, in order, at most `limit`
    /// events. Without `after` no event, only the number of the last: to read everything first and
    /// to go on from there.
    ///
    /// Whoever asks again with the number of the last event they got, or with the same number when
    /// there was none, misses nothing and gets nothing twice, however many write meanwhile. The
    /// earlier events of a goal that has been purged are no more, but that it was is told.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `limit` is not from 1 to [`PAGE_MAX`], [`Error::CursorTooOld`] when
    /// the log does not reach `after`, as after a restored backup; [`Error::Unavailable`].
    pub async fn changes(&self, owner: OwnerId, after: Option<u64>, limit: u32) -> Result<EventLog, Error> {
        check_limit(limit)?;
        let Some(after) = after else {
            // Nothing is behind the greatest number.
            return Ok(self.store.changes(owner, u64::MAX, 1).await?);
        };
        let log = self.store.changes(owner, after, limit).await?;
        if after > log.last { Err(Error::CursorTooOld) } else { Ok(log) }
    }

    /// Listens for what happens to the goals of an owner: whenever it is told, or its patience is at
    /// its end, there may be more for [`changes`](Self::changes).
    #[must_use]
    pub fn listen(&self, owner: OwnerId) -> Listener {
        self.store.listen(owner)
    }

    /// A goal as it was at `at`: after the last change that happened until then.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when it did not exist yet; [`Error::Unavailable`].
    pub async fn get_as_of(&self, owner: OwnerId, id: GoalId, at: DateTime<Utc>) -> Result<Goal, Error> {
        let mut goal = self.get(owner, id).await?;
        let (now, mut before) = (goal.version, u64::MAX);
        loop {
            let events = self.store.history(owner, id, before, PAGE_MAX).await?;
            let Some(last) = events.last() else { return Err(Error::NotFound) };
            before = last.seq;
            // What happened after the goal was read is not in it.
            for event in events.iter().filter(|event| event.version.is_some_and(|version| version <= now)) {
                if event.at <= at {
                    goal.version = event.version.unwrap_or(now);
                    goal.updated_at = event.at;
                    return Ok(goal);
                }
                if event.kind == EventKind::GoalCreated {
                    return Err(Error::NotFound);
                }
                goal.take_back(&event.changes)?;
            }
        }
    }

    /// Takes back a change: the one that made `version` of the goal, or its owner's last one. What
    /// it changed becomes what it was, as a new change; everything else stays. Taking back what took
    /// something back does it again. Into the trash or out of it, those below it follow.
    ///
    /// # Errors
    /// [`Error::NothingToUndo`] when there is no such change of the owner's;
    /// [`Error::UndoConflict`] when a field has been changed again since;
    /// [`Error::DuplicateGoal`] when an open goal says by now what this one would say again;
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn undo(&self, owner: OwnerId, id: GoalId, version: Option<u64>) -> Result<Goal, Error> {
        let change = self.own_change(owner, id, version).await?;
        let undo = |tree: &Tree, now| undone(tree.top(), &change, now);
        self.change(owner, id, Expected::Any, EventKind::GoalUndone, undo).await
    }

    async fn own_change(&self, owner: OwnerId, id: GoalId, version: Option<u64>) -> Result<Changes, Error> {
        let is_meant = |event: &Event| {
            let is_own = event.actor == Actor::Owner && UNDOABLE.contains(&event.kind);
            is_own && version.is_none_or(|version| event.version == Some(version))
        };
        let mut before = u64::MAX;
        loop {
            let events = self.store.history(owner, id, before, PAGE_MAX).await?;
            let Some(last) = events.last() else { break };
            before = last.seq;
            if let Some(event) = events.into_iter().find(is_meant) {
                return Ok(event.changes);
            }
        }
        self.get(owner, id).await?;
        Err(Error::NothingToUndo)
    }
}

fn check_limit(limit: u32) -> Result<(), Error> {
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(());
    }
    Err(Error::field("/limit", Violation::OutOfRange { min: 1, max: PAGE_MAX.into() }))
}

/// `goal` without `changes`, as its next version.
fn undone(goal: &Goal, changes: &Changes, now: DateTime<Utc>) -> Result<Goal, Error> {
    if let Some(field) = goal.first_moved_on(changes) {
        return Err(Error::UndoConflict { field });
    }
    let mut next = goal.clone();
    next.take_back(changes)?;
    let mut errors = FieldErrors::new();
    check_dates(next.start, next.deadline, &mut errors);
    if !errors.is_empty() {
        // The other one of start and deadline was changed since.
        return Err(Error::UndoConflict { field: "deadline".to_owned() });
    }
    next.version += 1;
    next.updated_at = now;
    Ok(next)
}
