//! Goals under goals, as people use them.

use std::sync::Arc;

use chrono::TimeDelta;
use goals_core::testing::{ManualClock, SequentialIds, now};
use goals_core::{
    Change, Error, EventKind, Expected, Goal, GoalDraft, GoalId, GoalPatch, GoalQuery, GoalRepository, Goals,
    MemoryStore, OwnerId, Status, Violation,
};
use uuid::Uuid;

struct World {
    goals: Goals,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
}

fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

impl World {
    fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(now())));
        let goals = Goals::new(store.clone(), clock.clone(), Arc::new(SequentialIds::default()));
        Self { goals, store, clock }
    }

    async fn goal(&self, title: &str, parent: Option<&Goal>) -> Goal {
        let draft = GoalDraft { parent: parent.map(|goal| goal.id), ..GoalDraft::new(title) };
        self.goals.create(ana(), draft).await.unwrap()
    }

    async fn titles(&self, trash: bool) -> Vec<String> {
        let query = GoalQuery { trash, sort: "title".parse().unwrap(), ..GoalQuery::default() };
        self.goals.list(ana(), &query).await.unwrap().items.into_iter().map(|goal| goal.title).collect()
    }

    async fn delete(&self, goal: &Goal) -> Goal {
        self.goals.delete(ana(), goal.id, Expected::Any).await.unwrap()
    }

    /// What happened to which goals since the last time.
    async fn news(&self, after: u64) -> Vec<(EventKind, Option<GoalId>)> {
        let events = self.store.changes(ana(), after, 99).await.unwrap().events;
        events.into_iter().map(|event| (event.kind, event.goal)).collect()
    }
}

/// A book of two chapters, the first with two sections.
async fn book(world: &World) -> [Goal; 5] {
    let book = world.goal("Book", None).await;
    let one = world.goal("Chapter 1", Some(&book)).await;
    let two = world.goal("Chapter 2", Some(&book)).await;
    let first = world.goal("Section 1.1", Some(&one)).await;
    let second = world.goal("Section 1.2", Some(&one)).await;
    [book, one, two, first, second]
}

#[tokio::test]
async fn what_goes_together_comes_back_together() {
    let world = World::new();
    let [book, one, two, first, second] = book(&world).await;
    world.delete(&first).await;
    // At the very same instant: what left on its own is told apart all the same.
    let gone = world.delete(&book).await;
    assert_eq!((gone.version, gone.title.as_str()), (2, "Book"));
    assert_eq!(world.titles(false).await, [""; 0]);
    assert_eq!(world.titles(true).await, ["Book", "Chapter 1", "Chapter 2", "Section 1.1", "Section 1.2"]);
    let mut deleted = world.news(6).await;
    assert!(deleted.iter().all(|(kind, _)| *kind == EventKind::GoalDeleted), "{deleted:?}");
    deleted.sort_by_key(|(_, goal)| *goal);
    assert_eq!(deleted.iter().filter_map(|(_, goal)| *goal).collect::<Vec<_>>(), [book.id, one.id, two.id, second.id]);
    world.clock.advance(TimeDelta::days(1));
    let back = world.goals.restore(ana(), book.id).await.unwrap();
    assert_eq!((back.version, back.deleted_at, back.parent), (3, None, None));
    assert_eq!(world.titles(false).await, ["Book", "Chapter 1", "Chapter 2", "Section 1.2"]);
    assert_eq!(world.titles(true).await, ["Section 1.1"]);
    assert_eq!(world.goals.restore(ana(), first.id).await.unwrap().parent, Some(one.id));
    assert_eq!(world.goals.usage(ana()).await.unwrap().used, 5);
}

#[tokio::test]
async fn a_part_comes_back_without_the_whole() {
    let world = World::new();
    let [book, one, ..] = book(&world).await;
    world.delete(&book).await;
    let back = world.goals.restore(ana(), one.id).await.unwrap();
    assert_eq!(back.parent, None, "its parent stays behind");
    assert_eq!(world.titles(false).await, ["Chapter 1", "Section 1.1", "Section 1.2"]);
    world.goals.restore(ana(), book.id).await.unwrap();
    assert_eq!(world.goals.get(ana(), one.id).await.unwrap(), back);
    assert_eq!(world.titles(true).await, [""; 0]);
}

#[tokio::test]
async fn a_part_in_the_trash_stays_where_it_is() {
    let world = World::new();
    let [book, one, two, ..] = book(&world).await;
    world.delete(&one).await;
    let patch = GoalPatch { parent: Change::Set(two.id), ..GoalPatch::default() };
    let Err(Error::Invalid(errors)) = world.goals.update(ana(), one.id, Expected::Any, &patch).await else { panic!() };
    let refused = errors.iter().next().unwrap();
    assert_eq!((refused.pointer.as_str(), &refused.violation), ("/parent", &Violation::InTrash));
    let same = GoalPatch { parent: Change::Set(book.id), ..GoalPatch::default() };
    assert_eq!(world.goals.update(ana(), one.id, Expected::Any, &same).await.unwrap().version, 2);
}

#[tokio::test]
async fn what_is_gone_for_good_takes_along_what_left_with_it() {
    let world = World::new();
    let [book, one, two, first, second] = book(&world).await;
    world.delete(&one).await;
    world.delete(&book).await;
    world.goals.purge(ana(), book.id).await.unwrap();
    assert_eq!(world.titles(true).await, ["Chapter 1", "Section 1.1", "Section 1.2"]);
    let alone = world.goals.get(ana(), one.id).await.unwrap();
    assert_eq!((alone.parent, alone.version), (None, 3));
    assert_eq!(world.goals.get(ana(), first.id).await.unwrap().parent, Some(one.id));
    let purged = [(EventKind::GoalPurged, Some(two.id)), (EventKind::GoalPurged, Some(book.id))];
    assert_eq!(world.news(0).await.split_off(7), purged);
    assert_eq!(world.goals.usage(ana()).await.unwrap().used, 3);
    world.goals.restore(ana(), one.id).await.unwrap();
    world.goals.purge(ana(), one.id).await.unwrap();
    assert!(matches!(world.goals.get(ana(), second.id).await, Err(Error::NotFound)), "it was there together with it");
    assert_eq!(world.goals.usage(ana()).await.unwrap().used, 0);
}

#[tokio::test]
async fn the_trash_is_emptied_from_below() {
    let world = World::new();
    let [book, ..] = book(&world).await;
    world.delete(&book).await;
    assert_eq!(world.goals.purge_expired().await.unwrap(), 0);
    world.clock.advance(TimeDelta::days(31));
    assert_eq!(world.goals.purge_expired().await.unwrap(), 5);
    assert_eq!(world.goals.usage(ana()).await.unwrap().used, 0);
}

#[tokio::test]
async fn duplicates_that_were_allowed_come_back() {
    let world = World::new();
    let [book, ..] = book(&world).await;
    let again = GoalDraft {
        parent: Some(book.id),
        duplicates: Some(goals_core::DuplicatePolicy::Allow),
        status: Some(Status::Paused),
        ..GoalDraft::new("Chapter 1")
    };
    world.goals.create(ana(), again).await.unwrap();
    world.delete(&book).await;
    world.goal("Book", None).await;
    let refused = world.goals.restore(ana(), book.id).await;
    assert!(matches!(refused, Err(Error::DuplicateGoal { .. })), "{refused:?}");
    let rival = world.goals.list(ana(), &GoalQuery::default()).await.unwrap().items.remove(0);
    world.delete(&rival).await;
    world.goals.restore(ana(), book.id).await.unwrap();
    assert_eq!(world.titles(false).await.len(), 6);
}

#[tokio::test]
async fn parts_follow_when_something_is_taken_back() {
    let world = World::new();
    let [book, one, ..] = book(&world).await;
    world.delete(&one).await;
    world.delete(&book).await;
    let undo = async || world.goals.undo(ana(), book.id, None).await.unwrap();
    assert_eq!(undo().await.deleted_at, None);
    assert_eq!(world.titles(false).await, ["Book", "Chapter 2"]);
    assert!(undo().await.deleted_at.is_some(), "taking back what was taken back");
    assert_eq!(world.titles(false).await, [""; 0]);
    undo().await;
    let moved = GoalPatch { parent: Change::Clear, ..GoalPatch::default() };
    world.goals.restore(ana(), one.id).await.unwrap();
    world.goals.update(ana(), one.id, Expected::Any, &moved).await.unwrap();
    world.delete(&book).await;
    let refused = world.goals.undo(ana(), one.id, None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "its old parent is in the trash: {refused:?}");
}
