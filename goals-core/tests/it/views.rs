//! Views under many callers.

use std::sync::Arc;

use goals_core::testing::{ManualClock, SequentialIds, now};
use goals_core::{Change, Error, Expected, Goals, LimitKind, MemoryStore, OwnerId, VIEWS_MAX, ViewDraft, ViewPatch};
use uuid::Uuid;

fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

fn goals() -> Goals {
    Goals::new(Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(now())), Arc::new(SequentialIds::default()))
}

fn named(name: &str) -> ViewDraft {
    ViewDraft { name: name.to_owned(), query: String::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_the_same_time_stop_at_the_limit() {
    let goals = goals();
    let create = |n: usize| {
        let goals = goals.clone();
        tokio::spawn(async move { goals.create_view(ana(), named(&n.to_string())).await })
    };
    let tasks: Vec<_> = (0..VIEWS_MAX + 14).map(create).collect();
    let mut refused = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(Error::LimitReached { limit: LimitKind::Views, max: 50 }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 14);
    assert_eq!(goals.view_usage(ana()).await.unwrap().used, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_with_one_name_one_is_made() {
    let goals = goals();
    let create = |n: usize| {
        let (goals, name) = (goals.clone(), if n.is_multiple_of(2) { "today" } else { "TODAY" });
        tokio::spawn(async move { goals.create_view(ana(), named(name)).await })
    };
    let tasks: Vec<_> = (0..32).map(create).collect();
    let mut made = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(view) => made.push(view),
            Err(Error::ViewExists { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(goals.views(ana()).await.unwrap(), made);
    assert_eq!(made.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_of_one_version_one_is_made() {
    let goals = goals();
    let view = goals.create_view(ana(), named("x")).await.unwrap();
    let change = |n: usize| {
        let (goals, id) = (goals.clone(), view.id);
        let patch = ViewPatch { name: Change::Set(n.to_string()), ..ViewPatch::default() };
        tokio::spawn(async move { goals.update_view(ana(), id, Expected::Version(1), &patch).await })
    };
    let tasks: Vec<_> = (0..32).map(change).collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(view) => made += view.version - 1,
            Err(Error::Stale(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(made, 1);
}
