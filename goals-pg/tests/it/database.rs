//! Databases and stores for the tests.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use goals_pg::local::{TestDatabase, TestTemplate};
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

/// A connection of the test's own.
pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// An empty store and the database that it is in.
pub(crate) async fn store(mode: StatementMode) -> (Arc<PgStore>, TestDatabase) {
    let database = migrated().await;
    let config = PgConfig { mode, pool_size: 8, ..PgConfig::new(database.config().clone()) };
    (Arc::new(PgStore::connect(&config).unwrap()), database)
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
