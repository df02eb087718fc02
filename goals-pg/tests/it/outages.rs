//! What a store does while its database is slow, silent, frozen or gone, and afterwards.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool, Runtime};
use goals_core::DuplicatePolicy::Refuse;
use goals_core::testing::{PutGoals as _, goal};
use goals_core::{DuplicateCheck, Goal, GoalRepository, OwnerId, StoreError};
use goals_pg::local::LocalPostgres;
use goals_pg::{Migrations, PgConfig, PgStore, Schema, StatementMode};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use crate::database::{SOMEBODY_WAITS, Scratch, connect, migrated, until};
use crate::wire::{State, Wire};

/// Deadlines that a test can wait for.
const ACQUIRE: Duration = Duration::from_millis(400);
const STATEMENT: Duration = Duration::from_millis(600);
/// What a machine with other things to do may take longer.
const SLACK: Duration = Duration::from_secs(2);

fn owner() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(1))
}

fn impatient(server: &Config) -> PgConfig {
    PgConfig { pool_size: 4, acquire: ACQUIRE, statement: STATEMENT, ..PgConfig::new(server.clone()) }
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

/// Asserts that the store says within its deadlines that the database is away.
async fn assert_away(store: &PgStore) {
    let begun = Instant::now();
    let answer = store.ping().await;
    assert!(is_unavailable(&answer), "{answer:?}");
    assert!(begun.elapsed() < ACQUIRE + STATEMENT + SLACK, "{:?}", begun.elapsed());
}

/// The server processes of the store's connections.
async fn backends(watcher: &Client) -> Vec<i32> {
    let backends = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'goals' ORDER BY pid";
    watcher.query(backends, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Waits until none of these server processes is there any more.
async fn until_gone(watcher: &Client, pids: &[i32]) {
    let gone = format!("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY (ARRAY{pids:?}::integer[]))");
    until(watcher, &gone).await;
}

/// A goal in the database and a connection that has its row locked.
async fn locked(store: &PgStore, server: &Config) -> (Goal, Client) {
    let goal = goal(owner(), 1, "Read");
    store.put(&goal, Refuse, 9).await.unwrap();
    let blocker = connect(server).await;
    blocker.batch_execute("BEGIN; SELECT FROM goals.goals FOR UPDATE").await.unwrap();
    (goal, blocker)
}

fn next(goal: &Goal) -> Goal {
    Goal { version: goal.version + 1, description: "changed".to_owned(), ..goal.clone() }
}

/// Unnamed, because then the server knows of no deadline and ours is seen to work alone.
#[tokio::test]
async fn a_call_out_of_time_closes_its_connection() {
    let database = migrated().await;
    let config = PgConfig { mode: StatementMode::Unnamed, acquire: SLACK, ..impatient(database.config()) };
    let store = PgStore::connect(&config).unwrap();
    let (goal, blocker) = locked(&store, database.config()).await;
    let watcher = connect(database.config()).await;
    let [before] = backends(&watcher).await[..] else { panic!("one connection is enough for one caller") };
    let begun = Instant::now();
    let answer = store.replace(&next(&goal), 1, DuplicateCheck::Keep).await;
    assert!(is_unavailable(&answer), "{answer:?}");
    assert!((STATEMENT..STATEMENT + SLACK).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    store.ping().await.unwrap();
    blocker.batch_execute("ROLLBACK").await.unwrap();
    // The old one ends when it has its lock and finds that nobody is there.
    until_gone(&watcher, &[before]).await;
    assert_eq!(backends(&watcher).await.len(), 1, "another one has taken its place");
}

#[tokio::test]
async fn the_server_gives_up_too() {
    let database = migrated().await;
    let store = PgStore::connect(&impatient(database.config())).unwrap();
    let (goal, _blocker) = locked(&store, database.config()).await;
    let watcher = connect(database.config()).await;
    let before = backends(&watcher).await;
    let answer = store.replace(&next(&goal), 1, DuplicateCheck::Keep).await;
    assert!(is_unavailable(&answer), "{answer:?}");
    // The lock is still held: nothing but the server's own deadline ends this wait.
    until_gone(&watcher, &before).await;
}

#[tokio::test]
async fn a_caller_who_goes_away_takes_the_connection_along() {
    let database = migrated().await;
    let config = PgConfig { statement: Duration::from_secs(60), ..impatient(database.config()) };
    let store = PgStore::connect(&config).unwrap();
    let (goal, blocker) = locked(&store, database.config()).await;
    let watcher = connect(database.config()).await;
    let before = backends(&watcher).await;
    let caller = {
        let (store, goal) = (store.clone(), next(&goal));
        tokio::spawn(async move { store.replace(&goal, 1, DuplicateCheck::Keep).await })
    };
    until(&watcher, SOMEBODY_WAITS).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    store.ping().await.unwrap();
    blocker.batch_execute("ROLLBACK").await.unwrap();
    until_gone(&watcher, &before).await;
}

#[tokio::test]
async fn a_pool_with_nothing_free_is_unavailable() {
    let database = migrated().await;
    let pool = Pool::builder(Manager::new(database.config().clone(), NoTls)).max_size(1).runtime(Runtime::Tokio1);
    let pool = pool.build().unwrap();
    let store = PgStore::new(pool.clone(), &impatient(database.config()));
    let taken = pool.get().await.unwrap();
    assert_away(&store).await;
    drop(taken);
    store.ping().await.unwrap();
}

#[tokio::test]
async fn refusals_cost_no_connection() {
    let database = migrated().await;
    let store = PgStore::connect(&impatient(database.config())).unwrap();
    store.put(&goal(owner(), 1, "Read"), Refuse, 1).await.unwrap();
    let watcher = connect(database.config()).await;
    let before = backends(&watcher).await;
    for (number, title) in [(1, "Swim"), (2, "Read"), (2, "Swim")] {
        assert!(store.put(&goal(owner(), number, title), Refuse, 1).await.is_err());
    }
    assert_eq!(backends(&watcher).await, before);
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let database = migrated().await;
    let config = PgConfig { statement: Duration::from_secs(30), ..impatient(database.config()) };
    let store = PgStore::connect(&config).unwrap();
    let goal = goal(owner(), 1, "Read");
    store.put(&goal, Refuse, 9).await.unwrap();
    let (watcher, other) = (connect(database.config()).await, connect(database.config()).await);
    other.batch_execute("BEGIN; SET LOCAL deadlock_timeout = '30s'; SELECT FROM goals.usage FOR UPDATE").await.unwrap();
    let purge = {
        let (store, id) = (store.clone(), goal.id);
        tokio::spawn(async move { store.remove(owner(), id).await })
    };
    // It has the goal's row and waits for the counter's; now the other one asks for the goal's.
    until(&watcher, SOMEBODY_WAITS).await;
    other.batch_execute("SELECT FROM goals.goals FOR UPDATE; ROLLBACK").await.unwrap();
    assert!(purge.await.unwrap().unwrap(), "it has the goal all the same");
    assert_eq!(store.count(owner()).await.unwrap(), 0);
    until(&watcher, "SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = current_database()").await;
}

#[tokio::test]
async fn who_accepts_and_never_answers_is_away() {
    let hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = hole.local_addr().unwrap();
    let server = format!("host={} port={} user=goals", address.ip(), address.port()).parse().unwrap();
    let store = PgStore::connect(&impatient(&server)).unwrap();
    assert_away(&store).await;
    drop(hole);
    let begun = Instant::now();
    assert!(is_unavailable(&store.ping().await), "nobody listens");
    assert!(begun.elapsed() < ACQUIRE, "and that is known at once");
}

#[tokio::test]
async fn silence_is_given_up_and_left_behind() {
    let database = migrated().await;
    let wire = Wire::to(database.config()).await;
    let store = PgStore::connect(&impatient(&wire.config())).unwrap();
    let mut callers = JoinSet::new();
    for number in 0..4 {
        let store = store.clone();
        callers.spawn(async move { store.put(&goal(owner(), number, &format!("Goal {number}")), Refuse, 9).await });
    }
    assert!(callers.join_all().await.iter().all(Result::is_ok), "every connection has been used");
    wire.set(State::Silent);
    assert_away(&store).await;
    wire.set(State::Open);
    // Without a failure for each of the others that had been in the silence.
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_reset_costs_no_more_than_the_pool() {
    let database = migrated().await;
    let wire = Wire::to(database.config()).await;
    let store = PgStore::connect(&impatient(&wire.config())).unwrap();
    store.ping().await.unwrap();
    wire.set(State::Cut);
    assert_away(&store).await;
    wire.set(State::Open);
    let begun = Instant::now();
    let mut failures = 0;
    while store.ping().await.is_err() {
        failures += 1;
    }
    assert!(failures <= 4 && begun.elapsed() < SLACK, "{failures} failures in {:?}", begun.elapsed());
}

/// Sends a signal to processes of the server that this test has started.
fn signal(name: &str, pids: &[i32]) {
    let pids = pids.iter().map(ToString::to_string);
    assert!(Command::new("kill").args(["-s", name]).args(pids).status().unwrap().success());
}

/// The server and those of its processes that serve the store.
async fn processes(config: &Config) -> Vec<i32> {
    let watcher = connect(config).await;
    let server = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer";
    let server: i32 = watcher.query_one(server, &[]).await.unwrap().get(0);
    [vec![server], backends(&watcher).await].concat()
}

async fn started(server: LocalPostgres) -> (Arc<LocalPostgres>, PgStore) {
    let config = impatient(&server.config("goals"));
    let store = PgStore::connect(&config).unwrap();
    store.migrate(&Migrations::all(&Schema::default())).await.unwrap();
    (Arc::new(server), store)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_frozen_server_is_given_up_and_found_again() {
    let (server, store) = started(blocking(|| LocalPostgres::temporary().unwrap()).await).await;
    store.ping().await.unwrap();
    let frozen = processes(&server.config("goals")).await;
    signal("STOP", &frozen);
    for _ in 0..3 {
        assert_away(&store).await;
    }
    signal("CONT", &frozen);
    let begun = Instant::now();
    store.ping().await.unwrap();
    assert!(begun.elapsed() < SLACK);
    blocking(move || drop(server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_has_lost_nothing_that_was_acknowledged() {
    let scratch = Scratch::new("killed");
    let folder = scratch.data_dir();
    let start = move || LocalPostgres::persistent(&folder).unwrap();
    let (server, store) = started(blocking(start.clone()).await).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..4_u128 {
        let (store, is_over) = (store.clone(), Arc::clone(&is_over));
        writers.spawn(async move {
            let (mut kept, mut failed) = (Vec::new(), 0);
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let goal = goal(owner(), number * 4 + writer, &format!("Goal {writer} {number}"));
                match store.put(&goal, Refuse, u64::MAX).await {
                    Ok(()) => kept.push(goal),
                    Err(StoreError::Unavailable(_)) => failed += 1,
                    other => panic!("{other:?}"),
                }
            }
            (kept, failed)
        });
    }
    while store.count(owner()).await.unwrap() < 100 {}
    let postmaster = processes(&server.config("goals")).await[0];
    signal("KILL", &[postmaster]);
    while store.ping().await.is_ok() {}
    blocking(move || drop(server)).await;
    let server = blocking(start).await;
    let begun = Instant::now();
    while store.ping().await.is_err() {}
    assert!(begun.elapsed() < SLACK, "{:?}", begun.elapsed());
    let back = store.count(owner()).await.unwrap();
    while store.count(owner()).await.unwrap() < back + 20 {}
    is_over.store(true, Ordering::Relaxed);
    let mut acknowledged = 0;
    for (kept, failed) in writers.join_all().await {
        assert!(failed > 0, "it was under way when the server was killed");
        acknowledged += kept.len() as u64;
        for goal in kept {
            assert_eq!(store.find(owner(), goal.id).await.unwrap(), Some(goal));
        }
    }
    let client = connect(&server.config("goals")).await;
    let stored: i64 = client.query_one("SELECT count(*) FROM goals.goals", &[]).await.unwrap().get(0);
    let counted = store.count(owner()).await.unwrap();
    assert_eq!(counted, u64::try_from(stored).unwrap(), "the counter is as durable as the goals");
    assert!(counted >= acknowledged);
    blocking(move || drop(server)).await;
}
