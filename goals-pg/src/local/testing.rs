//! A database of its own for every test.

use std::error::Error;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::thread;

use tokio::sync::OnceCell;
use tokio_postgres::{Config, NoTls};

use super::cluster::GOALS;
use super::environment;
use super::{LocalError, LocalPostgres};

/// One server for all the tests of a process. A static is never dropped: the server is stopped,
/// and its folder removed, by what keeps it when the process is gone.
static SERVER: OnceCell<LocalPostgres> = OnceCell::const_new();

/// A migrated database that is copied for every test.
///
/// Meant for a static of the test binary. It holds plain data and no connection, because every
/// `#[tokio::test]` has a runtime of its own.
///
/// With `GOALS_TEST_DATABASE_URL` the databases are made on that server, each migrated by itself,
/// so that nothing stays behind there; the role in the address needs the right to make databases.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use goals_pg::local::TestTemplate;
///
/// static TEMPLATE: TestTemplate = TestTemplate::new();
///
/// let database = TEMPLATE
///     .database(async |config| {
///         let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
///         tokio::spawn(connection);
///         client.batch_execute("CREATE TABLE notes (text text)").await
///     })
///     .await?;
/// let (client, connection) = database.config().connect(tokio_postgres::NoTls).await?;
/// tokio::spawn(connection);
/// assert!(client.query("SELECT text FROM notes", &[]).await?.is_empty());
/// # Ok(()) })
/// # }
/// ```
#[derive(Debug, Default)]
pub struct TestTemplate(OnceCell<String>);

impl TestTemplate {
    /// A template that is made when the first database is asked for.
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceCell::const_new())
    }

    /// An empty database with the schema that `migrate` makes. On the private server `migrate`
    /// runs once for the template, whichever test comes first.
    ///
    /// # Errors
    /// [`LocalError`] when no server can be started, when it does not make the database, or when
    /// `migrate` fails.
    pub async fn database<M, F, E>(&self, migrate: M) -> Result<TestDatabase, LocalError>
    where
        M: FnOnce(Config) -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        if let Some(url) = environment::test_database_url() {
            let database = TestDatabase::create(url.parse()?, "", Removal::Awaited).await?;
            run(migrate, &database.config).await?;
            return Ok(database);
        }
        let server = SERVER.get_or_try_init(start).await?;
        let admin = server.config(GOALS);
        let template = self.0.get_or_try_init(|| make_template(server, &admin, migrate)).await?;
        TestDatabase::create(admin, &format!("TEMPLATE {template} STRATEGY file_copy"), Removal::Begun).await
    }
}

/// A database of one test, removed when this is dropped, connections or not.
#[derive(Debug)]
pub struct TestDatabase {
    admin: Config,
    config: Config,
    name: String,
    removal: Removal,
}

/// Whether the removal of a test database is over when its drop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    /// Nothing may stay behind.
    Awaited,
    /// The server ends with the process; the removal saves memory until then.
    Begun,
}

impl TestDatabase {
    /// How to connect to it.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    async fn create(admin: Config, options: &str, removal: Removal) -> Result<Self, LocalError> {
        let name = unique_name("goals_test");
        execute(&admin, &format!("CREATE DATABASE {name} {options}")).await?;
        let mut config = admin.clone();
        config.dbname(&name);
        Ok(Self { admin, config, name, removal })
    }
}

impl Drop for TestDatabase {
    /// On a thread with a runtime of its own, because that of the test cannot be waited for here.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let admin = self.admin.clone();
        let removing = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(execute(&admin, &statement)))
        });
        if self.removal == Removal::Awaited {
            // There is nobody to tell when it fails.
            let _ = removing.join();
        }
    }
}

async fn start() -> Result<LocalPostgres, LocalError> {
    match tokio::task::spawn_blocking(LocalPostgres::temporary).await {
        Ok(started) => started,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Makes and migrates a template, and closes it: a database that has connections cannot be
/// copied.
async fn make_template<M, F, E>(server: &LocalPostgres, admin: &Config, migrate: M) -> Result<String, LocalError>
where
    M: FnOnce(Config) -> F,
    F: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let name = unique_name("goals_template");
    execute(admin, &format!("CREATE DATABASE {name}")).await?;
    run(migrate, &server.config(&name)).await?;
    execute(admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await?;
    let close = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    execute(admin, &close).await?;
    Ok(name)
}

async fn run<M, F, E>(migrate: M, config: &Config) -> Result<(), LocalError>
where
    M: FnOnce(Config) -> F,
    F: Future<Output = Result<(), E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    migrate(config.clone()).await.map_err(|error| LocalError::Migration(error.into()))
}

/// Runs one statement on a connection of its own.
async fn execute(admin: &Config, statement: &str) -> Result<(), LocalError> {
    let (client, connection) = admin.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(statement).await?;
    drop(client);
    // Closed when this returns: a connection would be in the way of the next statement.
    connection.await.unwrap_or(Ok(()))?;
    Ok(())
}

fn unique_name(kind: &str) -> String {
    format!("{kind}_{:016x}", RandomState::new().hash_one(kind))
}
