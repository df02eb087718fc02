//! The feed of changes while many write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use goals_core::DuplicatePolicy::Refuse;
use goals_core::testing::{PutGoals as _, goal};
use goals_core::{
    Change, Event, Expected, GoalDraft, GoalPatch, GoalRepository, Goals, Listener, OwnerId, SystemClock, SystemIds,
};
use goals_pg::{PgConfig, PgStore, StatementMode};
use tokio::task::JoinSet;
use tokio::time::timeout;
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

/// Until everything is told, wherever it was written.
async fn until_complete(listener: &Listener) {
    let begun = Instant::now();
    while listener.patience() < Duration::from_secs(20) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the relay does not come up");
        tokio::task::yield_now().await;
    }
}

async fn told(listener: &mut Listener) {
    timeout(Duration::from_secs(20), listener.told()).await.expect("nobody tells");
}

/// Two programs on one database: each hears what the other has committed, also in a transaction of
/// the host's, and nothing of what was taken back.
#[tokio::test]
async fn what_is_written_elsewhere_is_told() {
    let (here, database) = store(StatementMode::Named).await;
    let there = PgStore::connect(&PgConfig::new(database.config().clone())).unwrap();
    let goals = Goals::new(Arc::new(there.clone()), Arc::new(SystemClock), Arc::new(SystemIds));
    let mut listener = GoalRepository::listen(&*here, owner());
    let mut local = GoalRepository::listen(&there, owner());
    assert_eq!(listener.patience(), Duration::from_secs(2), "until then, who waits looks for themselves");
    let mut relays = Vec::new();
    for store in [(*here).clone(), there.clone()] {
        let server = database.config().clone();
        relays.push(tokio::spawn(async move { store.relay(&server).await }));
    }
    until_complete(&listener).await;
    until_complete(&local).await;
    told(&mut listener).await;
    told(&mut local).await;
    goals.create(owner(), GoalDraft::new("One")).await.unwrap();
    told(&mut local).await;
    told(&mut listener).await;

    let transaction = there.begin().await.unwrap();
    transaction.goals(&goals).create(owner(), GoalDraft::new("Two")).await.unwrap();
    transaction.rollback().await.unwrap();
    let transaction = there.begin().await.unwrap();
    transaction.goals(&goals).create(owner(), GoalDraft::new("Three")).await.unwrap();
    let other = OwnerId::from_uuid(Uuid::from_u128(2));
    goals.create(other, GoalDraft::new("Other")).await.unwrap();
    let mut others = GoalRepository::listen(&*here, other);
    goals.create(other, GoalDraft::new("Another")).await.unwrap();
    told(&mut others).await;
    assert!(timeout(Duration::ZERO, listener.told()).await.is_err(), "nothing is committed yet");
    transaction.commit().await.unwrap();
    told(&mut listener).await;

    // A connection that breaks is made anew, and everybody is told to look.
    let client = connect(database.config()).await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    client.query(kill, &[]).await.unwrap();
    told(&mut listener).await;
    until_complete(&listener).await;
    for relay in relays {
        relay.abort();
    }
}
