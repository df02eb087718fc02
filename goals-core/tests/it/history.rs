//! History, changes, how goals were, and taking back.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use goals_core::testing::{ManualClock, SequentialIds, now};
use goals_core::{
    Change, Error, EventKind, Expected, FieldValue, Goal, GoalDraft, GoalId, GoalPatch, GoalRepository as _, Goals,
    MemoryStore, OwnerId, Status,
};
use proptest::prelude::*;
use uuid::Uuid;

fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

fn rui() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xB))
}

struct Fixture {
    goals: Goals,
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
}

impl Fixture {
    fn new() -> Self {
        let (clock, store) = (Arc::new(ManualClock::at(now())), Arc::new(MemoryStore::new()));
        let goals = Goals::new(store.clone(), clock.clone(), Arc::new(SequentialIds::default()));
        Self { goals, clock, store }
    }

    async fn make(&self, title: &str) -> Goal {
        self.clock.advance(TimeDelta::seconds(1));
        self.goals.create(ana(), GoalDraft::new(title)).await.unwrap()
    }

    async fn patch(&self, id: GoalId, patch: GoalPatch) -> Goal {
        self.clock.advance(TimeDelta::seconds(1));
        self.goals.update(ana(), id, Expected::Any, &patch).await.unwrap()
    }

    async fn undo(&self, id: GoalId, version: Option<u64>) -> Result<Goal, Error> {
        self.clock.advance(TimeDelta::seconds(1));
        self.goals.undo(ana(), id, version).await
    }

    async fn kinds(&self, id: GoalId) -> Vec<EventKind> {
        let history = self.goals.history(ana(), id, None, 200).await.unwrap();
        history.items.iter().map(|event| event.kind).collect()
    }
}

fn title(title: &str) -> GoalPatch {
    GoalPatch { title: Change::Set(title.to_owned()), ..GoalPatch::default() }
}

fn status(status: Status) -> GoalPatch {
    GoalPatch { status: Change::Set(status), ..GoalPatch::default() }
}

fn due(day: Option<&str>) -> GoalPatch {
    let deadline = day.map_or(Change::Clear, |day| Change::Set(day.parse().unwrap()));
    GoalPatch { deadline, ..GoalPatch::default() }
}

/// But for what every change changes.
fn same(a: &Goal, b: &Goal) -> bool {
    Goal { version: 0, updated_at: now(), ..a.clone() } == Goal { version: 0, updated_at: now(), ..b.clone() }
}

#[tokio::test]
async fn a_history_is_read_a_page_at_a_time() {
    let fixture = Fixture::new();
    let goal = fixture.make("One").await;
    for text in ["Two", "Three", "Three", "Four"] {
        fixture.patch(goal.id, title(text)).await;
    }
    let first = fixture.goals.history(ana(), goal.id, None, 3).await.unwrap();
    let said: Vec<_> = first.items.iter().map(|event| event.changes["title"].to.clone()).collect();
    assert_eq!(said, ["Four", "Three", "Two"].map(|text| FieldValue::Text(text.to_owned())), "a no-op leaves none");
    let second = fixture.goals.history(ana(), goal.id, first.next, 3).await.unwrap();
    assert_eq!((second.items.len(), second.items[0].kind, second.next), (1, EventKind::GoalCreated, None));
    for limit in [0, 201] {
        assert!(matches!(fixture.goals.history(ana(), goal.id, None, limit).await, Err(Error::Invalid(_))));
    }
    assert!(matches!(fixture.goals.history(rui(), goal.id, None, 3).await, Err(Error::NotFound)));
    fixture.goals.purge(ana(), goal.id).await.unwrap();
    assert!(matches!(fixture.goals.history(ana(), goal.id, None, 3).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn changes_are_followed_from_a_number_on() {
    let fixture = Fixture::new();
    let nothing = fixture.goals.changes(ana(), None, 9).await.unwrap();
    assert_eq!((nothing.events.len(), nothing.last), (0, 0));
    let goal = fixture.make("One").await;
    fixture.make("Two").await;
    let start = fixture.goals.changes(ana(), None, 9).await.unwrap();
    assert_eq!((start.events.len(), start.last), (0, 2));
    fixture.goals.delete(ana(), goal.id, Expected::Any).await.unwrap();
    fixture.goals.purge(ana(), goal.id).await.unwrap();
    let kinds = async |after| {
        let log = fixture.goals.changes(ana(), Some(after), 9).await.unwrap();
        log.events.iter().map(|event| (event.seq, event.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(2).await, [(4, EventKind::GoalPurged)]);
    assert_eq!(kinds(0).await, [(2, EventKind::GoalCreated), (4, EventKind::GoalPurged)]);
    assert_eq!(kinds(4).await, []);
    assert!(matches!(fixture.goals.changes(ana(), Some(5), 9).await, Err(Error::CursorTooOld)), "of another log");
    assert!(matches!(fixture.goals.changes(ana(), Some(0), 201).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_change_is_taken_back_and_made_again() {
    let fixture = Fixture::new();
    let goal = fixture.make("One").await;
    let changed = fixture.patch(goal.id, GoalPatch { tags: Change::Set(vec!["a".to_owned()]), ..title("Two") }).await;
    let undone = fixture.undo(goal.id, None).await.unwrap();
    assert!(same(&undone, &goal));
    assert_eq!((undone.version, undone.updated_at), (3, changed.updated_at + TimeDelta::seconds(1)));
    assert!(same(&fixture.undo(goal.id, None).await.unwrap(), &changed));
    assert!(same(&fixture.undo(goal.id, None).await.unwrap(), &goal));
    let undone = EventKind::GoalUndone;
    assert_eq!(fixture.kinds(goal.id).await[..3], [undone; 3]);
}

#[tokio::test]
async fn closing_and_deleting_are_taken_back_too() {
    let fixture = Fixture::new();
    let goal = fixture.make("One").await;
    fixture.patch(goal.id, status(Status::Achieved)).await;
    assert!(same(&fixture.undo(goal.id, None).await.unwrap(), &goal));
    fixture.goals.delete(ana(), goal.id, Expected::Any).await.unwrap();
    assert!(same(&fixture.undo(goal.id, None).await.unwrap(), &goal));
    fixture.goals.delete(ana(), goal.id, Expected::Any).await.unwrap();
    let rival = fixture.make("one!").await;
    let refused = fixture.undo(goal.id, None).await;
    assert!(matches!(refused, Err(Error::DuplicateGoal { existing }) if existing == rival.id), "{refused:?}");
}

#[tokio::test]
async fn what_has_moved_on_is_not_taken_back() {
    let fixture = Fixture::new();
    let goal = fixture.make("One").await;
    assert!(matches!(fixture.undo(goal.id, None).await, Err(Error::NothingToUndo)), "that it was made is no change");
    assert!(matches!(fixture.undo(GoalId::from_uuid(Uuid::nil()), None).await, Err(Error::NotFound)));
    fixture.patch(goal.id, title("Two")).await;
    fixture.patch(goal.id, due(Some("2026-05-01"))).await;
    let taken_back = fixture.undo(goal.id, Some(2)).await.unwrap();
    assert_eq!((taken_back.title.as_str(), taken_back.deadline.is_some()), ("One", true), "the other field stays");
    let refused = fixture.undo(goal.id, Some(2)).await;
    assert!(matches!(&refused, Err(Error::UndoConflict { field }) if field == "title"), "{refused:?}");
    for version in [1, 9] {
        assert!(matches!(fixture.undo(goal.id, Some(version)).await, Err(Error::NothingToUndo)));
    }
    // The deadline that would come back lies before the start that was set since.
    fixture.patch(goal.id, due(Some("2026-09-01"))).await;
    let start = Change::Set("2026-08-01".parse().unwrap());
    fixture.patch(goal.id, GoalPatch { start, ..GoalPatch::default() }).await;
    let refused = fixture.undo(goal.id, Some(5)).await;
    assert!(matches!(&refused, Err(Error::UndoConflict { field }) if field == "deadline"), "{refused:?}");
    assert!(matches!(fixture.goals.undo(rui(), goal.id, None).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_goal_is_shown_as_it_was() {
    let fixture = Fixture::new();
    let before = now();
    let mut states = vec![fixture.make("One").await];
    let id = states[0].id;
    let patches = [title("Two"), due(Some("2026-05-01")), status(Status::Missed), status(Status::Active), due(None)];
    for patch in patches {
        states.push(fixture.patch(id, patch).await);
    }
    fixture.clock.advance(TimeDelta::seconds(1));
    states.push(fixture.goals.delete(ana(), id, Expected::Any).await.unwrap());
    for state in &states {
        for at in [state.updated_at, state.updated_at + TimeDelta::microseconds(999_999)] {
            assert_eq!(fixture.goals.get_as_of(ana(), id, at).await.unwrap(), *state);
        }
    }
    assert!(matches!(fixture.goals.get_as_of(ana(), id, before).await, Err(Error::NotFound)));
    assert!(matches!(fixture.goals.get_as_of(rui(), id, now()).await, Err(Error::NotFound)));
    fixture.goals.purge(ana(), id).await.unwrap();
    assert!(matches!(fixture.goals.get_as_of(ana(), id, states[2].updated_at).await, Err(Error::NotFound)));
}

fn any_patch() -> impl Strategy<Value = GoalPatch> {
    let day = |day: u8| format!("2026-04-{day:02}");
    prop_oneof![
        (0..4_u8).prop_map(|n| title(&format!("Title {n}"))),
        prop::option::of(1..29_u8).prop_map(move |n| due(n.map(day).as_deref())),
        prop::sample::select(Status::ALL).prop_map(status),
        any::<bool>().prop_map(|on| GoalPatch { archived: Change::Set(on), ..GoalPatch::default() }),
        prop::collection::vec("[a-c]", 0..3)
            .prop_map(|tags| GoalPatch { tags: Change::Set(tags), ..GoalPatch::default() }),
    ]
}

proptest! {
    /// However a goal got where it is: every state it was in is shown for its time, and undoing
    /// every change, the newest first, leads back to how it began.
    #[test]
    fn all_of_the_past_is_there(patches in prop::collection::vec(any_patch(), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::new();
            let goal = fixture.make("One").await;
            let mut states: Vec<(DateTime<Utc>, Goal)> = vec![(goal.updated_at, goal.clone())];
            for patch in patches {
                fixture.clock.advance(TimeDelta::seconds(1));
                if let Ok(next) = fixture.goals.update(ana(), goal.id, Expected::Any, &patch).await {
                    states.push((next.updated_at, next));
                }
            }
            for (at, state) in &states {
                assert_eq!(fixture.goals.get_as_of(ana(), goal.id, *at).await.unwrap(), *state);
            }
            let newest = states.last().unwrap().1.version;
            for version in (2..=newest).rev() {
                fixture.undo(goal.id, Some(version)).await.unwrap();
            }
            let now = fixture.store.find(ana(), goal.id).await.unwrap().unwrap();
            assert!(same(&now, &goal), "{now:?}");
        });
    }
}
