//! Bringing a database to the schema: by many at once, by one that dies, and by hand.

use std::time::Duration;

use goals_core::testing::{PutGoals as _, goal};
use goals_core::{DuplicatePolicy, GoalRepository, OwnerId};
use goals_pg::{MigrateError, Migration, Migrations, PgConfig, PgStore, Schema};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::database::{SOMEBODY_WAITS, connect, empty, until};
use crate::wire::{State, Wire};

fn all() -> Migrations {
    Migrations::all(&Schema::default())
}

fn versions(migrations: &[Migration]) -> Vec<i32> {
    migrations.iter().map(|migration| migration.version).collect()
}

async fn tables(client: &Client, schema: &str) -> Vec<String> {
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1";
    client.query(tables, &[&schema]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// The numbers of all migrations.
const ALL: &[i32] = &[1, 2, 3, 4, 5, 6, 7, 8];
/// The numbers of those that belong to accounts.
const ACCOUNTS: &[i32] = &[1, 5, 6];

/// Who may have to wait for the lock of the migrations holds it.
async fn is_held(client: &Client) -> bool {
    let held = "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND granted AND datname = current_database())";
    client.query_one(held, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_start_at_once() {
    let database = empty().await;
    let mut starters = JoinSet::new();
    for _ in 0..6 {
        let mut client = connect(database.config()).await;
        starters.spawn(async move { all().migrate(&mut client).await.unwrap().len() });
    }
    let done: usize = starters.join_all().await.into_iter().sum();
    assert_eq!(done, ALL.len(), "each migration ran once");
    let client = connect(database.config()).await;
    assert!(all().pending(&client).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_them_dies_in_the_middle() {
    let database = empty().await;
    let watcher = connect(database.config()).await;
    // Stops the first one where it makes the table of goals, after it has made another.
    watcher.batch_execute("CREATE SCHEMA goals").await.unwrap();
    let mut blocker = connect(database.config()).await;
    let block = blocker.transaction().await.unwrap();
    block.batch_execute("CREATE TABLE goals.goals (blocks text)").await.unwrap();
    let mut first = connect(database.config()).await;
    let first = tokio::spawn(async move { all().migrate(&mut first).await.map(drop) });
    until(&watcher, SOMEBODY_WAITS).await;
    let mut others = JoinSet::new();
    for _ in 0..5 {
        let mut client = connect(database.config()).await;
        others.spawn(async move { versions(&all().migrate(&mut client).await.unwrap()) });
    }
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    watcher.query(kill, &[]).await.unwrap();
    assert!(matches!(first.await.unwrap(), Err(MigrateError::Database(_))));
    block.rollback().await.unwrap();
    let mut done: Vec<i32> = others.join_all().await.concat();
    done.sort_unstable();
    assert_eq!(done, ALL[1..], "the first had finished one step, and the second was done again");
    assert!(all().pending(&watcher).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_is_dropped_lets_the_others_in() {
    let database = empty().await;
    let mut client = connect(database.config()).await;
    let watcher = connect(database.config()).await;
    {
        let migrations = all();
        let mut migrating = std::pin::pin!(migrations.migrate(&mut client));
        while !is_held(&watcher).await {
            tokio::select! {
                biased;
                done = &mut migrating => panic!("it was to be dropped before it is {done:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    // On the same connection: what was left open there is gone.
    assert_eq!(versions(&all().pending(&client).await.unwrap()), ALL);
    let mut other = connect(database.config()).await;
    assert_eq!(versions(&all().migrate(&mut other).await.unwrap()), ALL);
}

#[tokio::test]
async fn what_is_done_is_not_done_again() {
    let database = empty().await;
    let mut client = connect(database.config()).await;
    assert_eq!(versions(&all().pending(&client).await.unwrap()), ALL);
    assert_eq!(tables(&client, "goals").await, Vec::<String>::new(), "asking changes nothing");
    assert_eq!(versions(&all().migrate(&mut client).await.unwrap()), ALL);
    assert_eq!(versions(&all().migrate(&mut client).await.unwrap()), Vec::<i32>::new());
    assert_eq!(
        tables(&client, "goals").await,
        [
            "api_tokens",
            "check_ins",
            "documents",
            "events",
            "goals",
            "idempotency_keys",
            "links",
            "login_claims",
            "migrations",
            "recovery_codes",
            "second_factors",
            "sessions",
            "throttle",
            "usage",
            "users"
        ]
    );
}

#[tokio::test]
async fn another_text_under_the_same_number_is_refused() {
    let database = empty().await;
    let mut client = connect(database.config()).await;
    all().migrate(&mut client).await.unwrap();
    client.batch_execute("UPDATE goals.migrations SET checksum = '\\x00' WHERE version = 2").await.unwrap();
    let refused = all().migrate(&mut client).await;
    assert!(matches!(refused, Err(MigrateError::Changed { version: 2 })), "{refused:?}");
    let refused = all().pending(&client).await;
    assert!(matches!(refused, Err(MigrateError::Changed { version: 2 })), "{refused:?}");
}

#[tokio::test]
async fn a_newer_program_may_have_been_here() {
    let database = empty().await;
    let mut client = connect(database.config()).await;
    all().migrate(&mut client).await.unwrap();
    let newer = "INSERT INTO goals.migrations VALUES (99, 'later', '\\x00', now())";
    client.batch_execute(newer).await.unwrap();
    assert!(all().migrate(&mut client).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_step_leaves_nothing() {
    let database = empty().await;
    let mut client = connect(database.config()).await;
    client.batch_execute("CREATE SCHEMA goals; CREATE TABLE goals.goals (theirs text)").await.unwrap();
    let failed = all().migrate(&mut client).await;
    assert!(matches!(failed, Err(MigrateError::Database(_))), "{failed:?}");
    assert_eq!(versions(&all().pending(&client).await.unwrap()), ALL[1..]);
    assert!(!tables(&client, "goals").await.contains(&"usage".to_owned()));
    client.batch_execute("DROP TABLE goals.goals").await.unwrap();
    assert_eq!(versions(&all().migrate(&mut client).await.unwrap()), ALL[1..]);
}

#[tokio::test]
async fn two_schemas_keep_to_themselves() {
    let database = empty().await;
    let owner = OwnerId::from_uuid(Uuid::from_u128(1));
    let mut stores = Vec::new();
    for name in ["user", "_tenant_2"] {
        let schema: Schema = name.parse().unwrap();
        let config = PgConfig { schema, ..PgConfig::new(database.config().clone()) };
        let store = PgStore::connect(&config).unwrap();
        assert_eq!(
            store.migrate(&Migrations::goals_only(&config.schema)).await.unwrap().len(),
            ALL.len() - ACCOUNTS.len()
        );
        stores.push(store);
    }
    stores[0].put(&goal(owner, 1, "Read"), DuplicatePolicy::Refuse, 9).await.unwrap();
    assert_eq!(stores[0].count(owner).await.unwrap(), 1);
    assert_eq!(stores[1].count(owner).await.unwrap(), 0);
    let client = connect(database.config()).await;
    assert_eq!(
        tables(&client, "user").await,
        ["check_ins", "documents", "events", "goals", "idempotency_keys", "migrations", "usage"],
        "no users of ours"
    );
}

#[tokio::test]
async fn a_role_that_may_make_no_schema_is_given_one() {
    let database = empty().await;
    let client = connect(database.config()).await;
    let role = format!("goals_role_{}", Uuid::from_u128(std::process::id().into()).simple());
    let given = format!("CREATE ROLE {role} LOGIN; CREATE SCHEMA goals AUTHORIZATION {role}");
    client.batch_execute(&given).await.unwrap();
    client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
    let mut client = client;
    assert_eq!(versions(&all().migrate(&mut client).await.unwrap()), ALL);
    let gone = format!("RESET ROLE; DROP SCHEMA goals CASCADE; DROP ROLE {role}");
    client.batch_execute(&gone).await.unwrap();
}

#[tokio::test]
async fn the_script_does_the_same_by_hand() {
    let (by_hand, by_itself) = (empty().await, empty().await);
    let client = connect(by_hand.config()).await;
    client.batch_execute(&all().sql(0, 1)).await.unwrap();
    assert_eq!(versions(&all().pending(&client).await.unwrap()), ALL[1..]);
    client.batch_execute(&all().sql(1, i32::MAX)).await.unwrap();
    assert!(all().pending(&client).await.unwrap().is_empty());
    let mut other = connect(by_itself.config()).await;
    all().migrate(&mut other).await.unwrap();
    assert_eq!(shape(&client).await, shape(&other).await);
    assert_eq!(all().sql(0, 0).matches("CREATE TABLE").count(), 1, "the history and nothing else");
}

/// Every column of every table, and every index.
async fn shape(client: &Client) -> Vec<String> {
    let shape = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, collation_name)
            FROM information_schema.columns WHERE table_schema = 'goals'
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'goals' ORDER BY 1";
    client.query(shape, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let database = empty().await;
    let wire = Wire::to(database.config()).await;
    let (client, mut starter) = (connect(&wire.config()).await, connect(&wire.config()).await);
    wire.set(State::Silent);
    // Time passes at once whenever there is nothing left to do but to wait.
    tokio::time::pause();
    let answer = all().pending(&client).await;
    assert!(matches!(answer, Err(MigrateError::Silent)), "{answer:?}");
    let answer = all().migrate(&mut starter).await;
    assert!(matches!(answer, Err(MigrateError::Silent)), "{answer:?}");
}

#[tokio::test]
async fn a_pool_s_deadline_is_not_for_migrations() {
    let database = empty().await;
    let statement = Duration::from_millis(300);
    let config = PgConfig { statement, ..PgConfig::new(database.config().clone()) };
    let store = PgStore::connect(&config).unwrap();
    let watcher = connect(database.config()).await;
    let blocker = connect(database.config()).await;
    blocker.batch_execute("CREATE SCHEMA goals; BEGIN; CREATE TABLE goals.users (blocks text)").await.unwrap();
    let migrating = {
        let store = store.clone();
        tokio::spawn(async move { store.migrate(&all()).await })
    };
    until(&watcher, SOMEBODY_WAITS).await;
    // Longer than a statement of the store may take.
    watcher.batch_execute("SELECT pg_sleep(0.5)").await.unwrap();
    blocker.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(versions(&migrating.await.unwrap().unwrap()), ALL);
    assert!(store.pending(&all()).await.unwrap().is_empty());
}
