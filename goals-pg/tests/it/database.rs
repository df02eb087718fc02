//! Databases and stores for the tests.

use std::env;
use std::fs::{self, Permissions};
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool};
use goals_core::testing::{event, purged};
use goals_core::{DuplicateCheck, DuplicatePolicy, Goal, GoalId, OwnerId, StoreError};
use goals_pg::local::{TestDatabase, TestTemplate};
use goals_pg::sql::{GoalSql, Transactional};
use goals_pg::{MigrateError, Migrations, PgConfig, PgStore, Schema, StatementMode};
use tokio_postgres::{Client, Config, NoTls};

static MIGRATED: TestTemplate = TestTemplate::new();
static EMPTY: TestTemplate = TestTemplate::new();

/// A database with the schema in it.
pub(crate) async fn migrated() -> TestDatabase {
    MIGRATED.database(migrate).await.unwrap()
}

/// A database with nothing in it.
pub(crate) async fn empty() -> TestDatabase {
    EMPTY.database(async |_| Ok::<_, MigrateError>(())).await.unwrap()
}

async fn migrate(config: Config) -> Result<(), MigrateError> {
    let mut client = connect(&config).await;
    Migrations::all(&Schema::default()).migrate(&mut client).await.map(drop)
}

/// The statements of goals, each write with an event that says what it does.
pub(crate) struct Sql(GoalSql);

pub(crate) fn sql() -> Sql {
    Sql(GoalSql::new(&Schema::default()))
}

impl Sql {
    pub(crate) async fn put<E: Transactional>(
        &self,
        on: E,
        goal: &Goal,
        duplicates: DuplicatePolicy,
        max: u64,
    ) -> Result<(), StoreError> {
        self.0.insert(on, goal, &event(goal), duplicates, max).await
    }

    pub(crate) async fn replace<E: Transactional>(
        &self,
        on: E,
        goal: &Goal,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError> {
        self.0.update(on, goal, &event(goal), expected, check).await
    }

    pub(crate) async fn remove<E: Transactional>(&self, on: E, owner: OwnerId, id: GoalId) -> Result<bool, StoreError> {
        self.0.purge(on, owner, id, &purged(id)).await
    }
}

impl Deref for Sql {
    type Target = GoalSql;

    fn deref(&self) -> &GoalSql {
        &self.0
    }
}

/// A connection of the test's own.
pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Asks until `condition` holds; a test that waits in vain fails.
pub(crate) async fn until(client: &Client, condition: &str) {
    let begun = Instant::now();
    while !client.query_one(condition, &[]).await.unwrap().get::<_, bool>(0) {
        assert!(begun.elapsed() < Duration::from_secs(20), "this does not come: {condition}");
    }
}

/// Whether a process of this database waits for a lock that another one holds.
pub(crate) const SOMEBODY_WAITS: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock')";

/// An empty store and the database that it is in. Its connections are there already, so that
/// callers who begin together meet.
pub(crate) async fn store(mode: StatementMode) -> (Arc<PgStore>, TestDatabase) {
    const CONNECTIONS: usize = 8;
    let database = migrated().await;
    let config = PgConfig { mode, ..PgConfig::new(database.config().clone()) };
    let pool = Pool::builder(Manager::new(config.server.clone(), NoTls)).max_size(CONNECTIONS).build().unwrap();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(pool.get().await.unwrap());
    }
    drop(connections);
    (Arc::new(PgStore::new(pool, &config)), database)
}

/// A folder for one test that the server's user can enter, removed at the test's end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("goals-{name}-{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o711)).unwrap();
        Self(path)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.0.join("goals")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
