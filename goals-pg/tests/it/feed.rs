//! The feed of changes while many write.

use std::sync::Arc;

use goals_core::DuplicatePolicy::Refuse;
use goals_core::testing::{PutGoals as _, goal};
use goals_core::{
    Change, Event, Expected, GoalDraft, GoalPatch, GoalRepository, Goals, OwnerId, SystemClock, SystemIds,
};
use goals_pg::{PgConfig, PgStore, StatementMode};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::database::{SOMEBODY_WAITS, connect, sql, store, until};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 12;

fn owner() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(1))
}

/// Reads on and on, a few at a time, until it has seen number `last`.
async fn follow(store: Arc<PgStore>, last: u64) -> Vec<Event> {
    let mut seen: Vec<Event> = Vec::new();
    while seen.last().is_none_or(|event| event.seq < last) {
        let after = seen.last().map_or(0, |event| event.seq);
        let log = store.changes(owner(), after, 7).await.unwrap();
        assert!(log.last >= after && log.events.len() <= 7);
        seen.extend(log.events);
    }
    seen
}

/// Writers on several instances, one of them a host with transactions of its own, and readers who
/// begin before there is anything: each of them sees every event once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_skipped_and_nothing_comes_twice() {
    let (reader, database) = store(StatementMode::Named).await;
    let last = WRITERS * ROUNDS * 3;
    let readers: Vec<_> = (0..2).map(|_| tokio::spawn(follow(Arc::clone(&reader), last))).collect();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let config = PgConfig { pool_size: 1, ..PgConfig::new(database.config().clone()) };
        let store = PgStore::connect(&config).unwrap();
        let goals = Goals::new(Arc::new(store.clone()), Arc::new(SystemClock), Arc::new(SystemIds));
        writers.spawn(async move {
            for round in 0..ROUNDS {
                let draft = GoalDraft::new(format!("Goal {writer} {round}"));
                let patch =
                    |text: &str| GoalPatch { description: Change::Set(text.to_owned()), ..GoalPatch::default() };
                let id = if writer % 4 == 0 {
                    let transaction = store.begin().await.unwrap();
                    let within = transaction.goals(&goals);
                    let id = within.create(owner(), draft).await.unwrap().id;
                    within.update(owner(), id, Expected::Any, &patch("more")).await.unwrap();
                    transaction.commit().await.unwrap();
                    id
                } else {
                    let id = goals.create(owner(), draft).await.unwrap().id;
                    goals.update(owner(), id, Expected::Any, &patch("more")).await.unwrap();
                    id
                };
                goals.update(owner(), id, Expected::Any, &patch("most")).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    for reader in readers {
        let seen: Vec<_> = reader.await.unwrap().iter().map(|event| event.seq).collect();
        assert_eq!(seen, (1..=last).collect::<Vec<_>>());
    }
}

/// A transaction that has its number and does not commit holds back those that come after it, so
/// that a reader cannot step over it.
#[tokio::test]
async fn a_number_that_is_not_committed_is_waited_for() {
    let (store, database) = store(StatementMode::Named).await;
    store.put(&goal(owner(), 1, "One"), Refuse, 9).await.unwrap();
    let mut other = connect(database.config()).await;
    let mut other = other.transaction().await.unwrap();
    sql().put(&mut other, &goal(owner(), 2, "Two"), Refuse, 9).await.unwrap();
    let second = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.put(&goal(owner(), 3, "Three"), Refuse, 9).await })
    };
    until(&connect(database.config()).await, SOMEBODY_WAITS).await;
    let log = store.changes(owner(), 1, 9).await.unwrap();
    assert_eq!((log.events.len(), log.last), (0, 1), "neither is there yet");
    other.commit().await.unwrap();
    second.await.unwrap().unwrap();
    let seen = follow(Arc::clone(&store), 3).await;
    let goals: Vec<_> = seen.iter().filter_map(|event| event.goal).map(|id| id.as_uuid().as_u128()).collect();
    assert_eq!(goals, [1, 2, 3]);
}
