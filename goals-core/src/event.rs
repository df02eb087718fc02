//! What happened to goals: the one log that history, the change feed and undo read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::goal::Goal;
use crate::ids::{EventId, GoalId, OwnerId};
use crate::value::{FieldValue, GOAL_FIELDS, GoalField};
use crate::words::words;

words! {
    /// What happened.
    #[non_exhaustive]
    pub enum EventKind {
        /// A goal was made; its changes are all that it began with.
        GoalCreated = "goal_created",
        /// Fields of a goal changed.
        GoalChanged = "goal_changed",
        /// A goal was moved to the trash.
        GoalDeleted = "goal_deleted",
        /// A goal was taken out of the trash.
        GoalRestored = "goal_restored",
        /// An earlier change of a goal was taken back.
        GoalUndone = "goal_undone",
        /// A goal was removed for good, and its earlier events with it.
        GoalPurged = "goal_purged",
        /// An entry was written into the log of a goal. Its changes have the entry as `check_in`,
        /// and so have those of the next two.
        CheckInAdded = "check_in_added",
        /// An entry in the log of a goal was corrected.
        CheckInChanged = "check_in_changed",
        /// An entry was taken out of the log of a goal.
        CheckInRemoved = "check_in_removed",
    }
}

words! {
    /// Who did it.
    #[non_exhaustive]
    pub enum Actor {
        /// The owner themselves.
        Owner = "owner",
        /// Nobody in person: the trash was emptied, for example.
        System = "system",
    }
}

/// What became of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// What stood there before.
    pub from: FieldValue,
    /// What stands there since.
    pub to: FieldValue,
}

/// What became of the fields that changed, by name. `version` and `updated_at`, which every change
/// changes, are not among them: see [`Event::version`] and [`Event::at`].
pub type Changes = BTreeMap<String, FieldChange>;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number: 1 for the first event of an owner, and 1 more with each. The order of the
    /// numbers is the order in which the changes took effect.
    pub seq: u64,
    /// Unique.
    pub id: EventId,
    /// Whose goal.
    pub owner: OwnerId,
    /// Which goal, if it was about one.
    pub goal: Option<GoalId>,
    /// The version of the goal that it made; none when the goal is gone.
    pub version: Option<u64>,
    /// What happened.
    pub kind: EventKind,
    /// When, by the clock of the program that did it. Clocks differ, so this may run backwards
    /// where `seq` does not.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// What became of which field.
    pub changes: Changes,
}

/// A piece of an owner's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLog {
    /// The events, in the order of their numbers.
    pub events: Vec<Event>,
    /// The number of the owner's last event when this was read; 0 when there has been none.
    pub last: u64,
}

/// An event to be: a store gives it its number when it does what the event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// See [`Event::id`].
    pub id: EventId,
    /// See [`Event::version`].
    pub version: Option<u64>,
    /// See [`Event::kind`].
    pub kind: EventKind,
    /// See [`Event::at`].
    pub at: DateTime<Utc>,
    /// See [`Event::actor`].
    pub actor: Actor,
    /// See [`Event::changes`].
    pub changes: Changes,
}

impl NewEvent {
    /// That `goal` was made, by its owner.
    #[must_use]
    pub fn created(id: EventId, goal: &Goal) -> Self {
        let said = GOAL_FIELDS.iter().map(|field| (field.name, (field.get)(goal))).filter(|(_, to)| !to.is_empty());
        let changes = said.map(|(name, to)| (name.to_owned(), FieldChange { from: FieldValue::Null, to })).collect();
        Self {
            id,
            version: Some(goal.version),
            kind: EventKind::GoalCreated,
            at: goal.created_at,
            actor: Actor::Owner,
            changes,
        }
    }

    /// That `goal` became `next`, by its owner.
    #[must_use]
    pub fn changed(id: EventId, kind: EventKind, goal: &Goal, next: &Goal) -> Self {
        Self {
            id,
            version: Some(next.version),
            kind,
            at: next.updated_at,
            actor: Actor::Owner,
            changes: goal.changes_to(next),
        }
    }

    /// That a goal was removed for good.
    #[must_use]
    pub fn purged(id: EventId, at: DateTime<Utc>, actor: Actor) -> Self {
        Self { id, version: None, kind: EventKind::GoalPurged, at, actor, changes: Changes::new() }
    }

    /// The event, once it has its number.
    #[must_use]
    pub fn numbered(self, seq: u64, owner: OwnerId, goal: Option<GoalId>) -> Event {
        let Self { id, version, kind, at, actor, changes } = self;
        Event { seq, id, owner, goal, version, kind, at, actor, changes }
    }
}

impl Goal {
    /// What has to become of the fields of this goal to make them those of `next`.
    #[must_use]
    pub fn changes_to(&self, next: &Self) -> Changes {
        let changes = GOAL_FIELDS.iter().map(|field| {
            let (from, to) = ((field.get)(self), (field.get)(next));
            (field.name.to_owned(), FieldChange { from, to })
        });
        changes.filter(|(_, change)| change.from != change.to).collect()
    }

    /// The first field in which something else stands than what `changes` put there.
    pub(crate) fn first_moved_on(&self, changes: &Changes) -> Option<String> {
        let moved_on =
            |field: &&GoalField| changes.get(field.name).is_some_and(|change| (field.get)(self) != change.to);
        GOAL_FIELDS.iter().find(moved_on).map(|field| field.name.to_owned())
    }

    /// Puts back what stood in the fields before `changes`. A field that this version of the crate
    /// does not know is none that it could show, and is passed over.
    ///
    /// # Errors
    /// [`Error::Internal`] when a value is none of its field's.
    pub fn take_back(&mut self, changes: &Changes) -> Result<(), Error> {
        for field in GOAL_FIELDS {
            if changes.get(field.name).is_some_and(|change| !(field.set)(self, &change.from)) {
                return Err(Error::internal(format!("what the log says of {} is none of its values", field.name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::draft::{Change, GoalDraft, GoalPatch};

    #[test]
    fn an_event_says_what_changed_and_nothing_else() {
        let (id, owner) = (GoalId::from_uuid(Uuid::nil()), OwnerId::from_uuid(Uuid::nil()));
        let draft = GoalDraft { tags: vec!["a".to_owned()], ..GoalDraft::new("Read") };
        let goal = draft.into_goal(id, owner, DateTime::UNIX_EPOCH).unwrap();
        let made = NewEvent::created(EventId::from_uuid(Uuid::nil()), &goal);
        assert_eq!(made.changes.keys().collect::<Vec<_>>(), ["measure", "priority", "status", "tags", "title"]);

        let patch = GoalPatch {
            tags: Change::Clear,
            deadline: Change::Set("2026-03-01".parse().unwrap()),
            ..GoalPatch::default()
        };
        let next = patch.apply(&goal, DateTime::UNIX_EPOCH).unwrap();
        let change = |from, to| FieldChange { from, to };
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let expected = [
            ("tags".to_owned(), change(FieldValue::List(vec![text("a")]), FieldValue::List(vec![]))),
            ("deadline".to_owned(), change(FieldValue::Null, text("2026-03-01"))),
        ];
        let changes = goal.changes_to(&next);
        assert_eq!(changes, expected.into());
        assert!(goal.changes_to(&goal).is_empty());
        let mut back = next.clone();
        back.take_back(&changes).unwrap();
        assert!(goal.changes_to(&back).is_empty());
        let wrong = [("title".to_owned(), change(FieldValue::Null, FieldValue::Null))];
        assert!(back.take_back(&wrong.into()).is_err());
    }
}
