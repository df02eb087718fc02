//! Brings a database to the schema that this version of the crate works with.

use std::fmt::Write;
use std::time::Duration;

use goals_core::{BoxError, StoreError};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, GenericClient, Transaction};
use tracing::info;

use crate::error::without_rows;
use crate::schema::Schema;

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its number; steps run in this order.
    pub version: i32,
    /// What it brings.
    pub name: &'static str,
    line: Line,
    sql: &'static str,
}

/// What a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Users and what lets them in.
    Accounts,
    /// Goals.
    Goals,
}

/// A step that has been published is never changed: databases have it.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "accounts",
        line: Line::Accounts,
        sql: include_str!("../migrations/0001_accounts.sql"),
    },
    Migration { version: 2, name: "goals", line: Line::Goals, sql: include_str!("../migrations/0002_goals.sql") },
    Migration { version: 3, name: "events", line: Line::Goals, sql: include_str!("../migrations/0003_events.sql") },
    Migration {
        version: 4,
        name: "check_ins",
        line: Line::Goals,
        sql: include_str!("../migrations/0004_check_ins.sql"),
    },
    Migration {
        version: 5,
        name: "credentials",
        line: Line::Accounts,
        sql: include_str!("../migrations/0005_credentials.sql"),
    },
    Migration {
        version: 6,
        name: "throttle",
        line: Line::Accounts,
        sql: include_str!("../migrations/0006_throttle.sql"),
    },
    Migration {
        version: 7,
        name: "idempotency",
        line: Line::Goals,
        sql: include_str!("../migrations/0007_idempotency.sql"),
    },
    Migration {
        version: 8,
        name: "documents",
        line: Line::Goals,
        sql: include_str!("../migrations/0008_documents.sql"),
    },
];

/// How long to wait while another program migrates the same schema.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the database may take to say what is to be done. A step itself takes as long as it
/// takes.
const ANSWER: Duration = Duration::from_secs(10);

/// Why a database was not brought to the newest schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database did not do it; nothing of the step was done.
    #[error("the database refused a migration")]
    Database(#[source] BoxError),
    /// The database has not answered for ten seconds, while no step was running.
    #[error("the database does not answer")]
    Silent,
    /// There was no connection to work on.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step that the database has is not the one that this program has.
    #[error("migration {version} of this database was made from another text than this program's")]
    Changed {
        /// Which step.
        version: i32,
    },
    /// Another program has been migrating the same schema for a minute.
    #[error("another program is migrating this schema and does not come to an end")]
    Busy,
}

impl From<Error> for MigrateError {
    fn from(error: Error) -> Self {
        Self::Database(without_rows(error))
    }
}

/// The steps for one schema.
///
/// They go forward only, and each adds without taking away, so that programs of two versions can
/// work on one database while one takes the other's place. Nothing runs them but you: making a
/// store does not.
///
/// Any number of programs may start at once. One works, and the others wait for it and find that
/// there is nothing to do; when it dies in the middle, its step is undone and another one goes on.
/// This works behind a pooler in transaction mode too.
#[derive(Debug, Clone)]
pub struct Migrations {
    schema: Schema,
    steps: Vec<Migration>,
}

impl Migrations {
    /// All steps: users, sessions and goals.
    #[must_use]
    pub fn all(schema: &Schema) -> Self {
        Self { schema: schema.clone(), steps: MIGRATIONS.to_vec() }
    }

    /// The steps of goals alone, for a host that has users of its own.
    #[must_use]
    pub fn goals_only(schema: &Schema) -> Self {
        let steps = MIGRATIONS.iter().filter(|step| step.line == Line::Goals).copied().collect();
        Self { schema: schema.clone(), steps }
    }

    /// Runs every step that the database does not have, each in a transaction of its own, and says
    /// which.
    ///
    /// The schema is made when it is not there, which takes the right to create one in the
    /// database.
    ///
    /// # Errors
    /// [`MigrateError`]; the steps before the one that failed are done.
    pub async fn migrate(&self, client: &mut Client) -> Result<Vec<Migration>, MigrateError> {
        let mut done = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(10);
        loop {
            match in_time(self.turn(client)).await? {
                Turn::Ours(transaction, step) => {
                    self.apply(&transaction, step).await?;
                    transaction.commit().await?;
                    info!(schema = %self.schema, version = step.version, name = step.name, "migrated");
                    done.push(step);
                }
                Turn::Over => return Ok(done),
                Turn::Theirs if Instant::now() > deadline => return Err(MigrateError::Busy),
                Turn::Theirs => {
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
            }
        }
    }

    /// The steps that the database does not have. Changes nothing and needs no more than the right
    /// to read.
    ///
    /// # Errors
    /// [`MigrateError::Database`], [`MigrateError::Silent`] and [`MigrateError::Changed`].
    pub async fn pending(&self, client: &Client) -> Result<Vec<Migration>, MigrateError> {
        in_time(self.missing(client)).await
    }

    /// The steps after version `from` up to version `to` as a script for the host's own tool, which
    /// runs it in one transaction: refinery, sqlx and dbmate do that of themselves, `psql` with
    /// `--single-transaction`. It keeps the history too, so that [`pending`](Self::pending) knows of
    /// it.
    #[must_use]
    pub fn sql(&self, from: i32, to: i32) -> String {
        let steps = self.steps.iter().filter(|step| (from + 1..=to).contains(&step.version));
        let mut script = self.history();
        for step in steps {
            let body = self.schema.put_into(step.sql);
            // Writing to a string cannot fail.
            let _ = write!(script, "\n-- {}: {}\n{body}\n{}", step.version, step.name, self.record(*step));
        }
        script
    }

    /// Finds out whose turn it is.
    async fn turn<'a>(&self, client: &'a mut Client) -> Result<Turn<'a>, MigrateError> {
        let transaction = client.transaction().await?;
        if !self.lock(&transaction).await? {
            transaction.rollback().await?;
            return Ok(Turn::Theirs);
        }
        let step = self.missing(&transaction).await?.first().copied();
        Ok(step.map_or(Turn::Over, |step| Turn::Ours(transaction, step)))
    }

    /// Tries, because who waits for the lock inside the server cannot be told to give up. It goes
    /// with the transaction, and so with a connection that breaks.
    async fn lock(&self, transaction: &Transaction<'_>) -> Result<bool, Error> {
        // A pool's connections have a limit that is meant for small statements; and a program that
        // freezes must not keep the others out.
        transaction
            .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '10s'")
            .await?;
        let key = self.lock_key();
        let row = transaction.query_typed_one("SELECT pg_try_advisory_xact_lock($1)", &[(&key, Type::INT8)]).await?;
        row.try_get(0)
    }

    /// The same for every program that migrates this schema.
    fn lock_key(&self) -> i64 {
        let digest = Sha256::digest(format!("goals migrations {}", self.schema));
        digest[..8].iter().fold(0, |key, byte| key << 8 | i64::from(*byte))
    }

    async fn missing<C: GenericClient>(&self, client: &C) -> Result<Vec<Migration>, MigrateError> {
        let history = format!("\"{}\".migrations", self.schema);
        let exists = "SELECT to_regclass($1) IS NOT NULL";
        let row = client.query_typed_one(exists, &[(&history, Type::TEXT)]).await?;
        if !row.try_get::<_, bool>(0)? {
            return Ok(self.steps.clone());
        }
        let rows = client.query_typed(&format!("SELECT version, checksum FROM {history}"), &[]).await?;
        let mut missing = self.steps.clone();
        for row in rows {
            let (version, checksum): (i32, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
            let Some(place) = missing.iter().position(|step| step.version == version) else { continue };
            if missing.remove(place).checksum() != checksum {
                return Err(MigrateError::Changed { version });
            }
        }
        Ok(missing)
    }

    async fn apply(&self, transaction: &Transaction<'_>, step: Migration) -> Result<(), Error> {
        let exists = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
        let row = transaction.query_typed_one(exists, &[(&self.schema.as_str(), Type::TEXT)]).await?;
        if row.try_get(0)? {
            // Asking for a schema takes the right to make one, even when it is there.
            transaction.batch_execute(&self.history_table()).await?;
        } else {
            transaction.batch_execute(&self.history()).await?;
        }
        transaction.batch_execute(&self.schema.put_into(step.sql)).await?;
        transaction.batch_execute(&self.record(step)).await
    }

    fn history(&self) -> String {
        self.schema.put_into("CREATE SCHEMA IF NOT EXISTS :schema;\n") + &self.history_table()
    }

    fn history_table(&self) -> String {
        self.schema.put_into(
            "CREATE TABLE IF NOT EXISTS :schema.migrations (
    version    integer     NOT NULL,
    name       text        NOT NULL,
    checksum   bytea       NOT NULL,
    applied_at timestamptz NOT NULL,
    CONSTRAINT migrations_pk PRIMARY KEY (version)
);
",
        )
    }

    fn record(&self, step: Migration) -> String {
        let mut checksum = String::new();
        for byte in step.checksum() {
            // As above.
            let _ = write!(checksum, "{byte:02x}");
        }
        self.schema.put_into(&format!(
            "INSERT INTO :schema.migrations (version, name, checksum, applied_at)
VALUES ({}, '{}', '\\x{checksum}', now());
",
            step.version, step.name
        ))
    }
}

/// Whose turn it is to migrate.
enum Turn<'a> {
    /// Ours, with this step, in a transaction that keeps the others out.
    Ours(Transaction<'a>, Migration),
    /// Another program's.
    Theirs,
    /// Nobody's: nothing is missing.
    Over,
}

/// What a database answers in time; one that is silent is not waited for.
async fn in_time<T>(answer: impl Future<Output = Result<T, MigrateError>>) -> Result<T, MigrateError> {
    timeout(ANSWER, answer).await.unwrap_or(Err(MigrateError::Silent))
}

impl Migration {
    /// Of the text as it is published, whatever the schema is called.
    fn checksum(&self) -> Vec<u8> {
        Sha256::digest(self.sql).to_vec()
    }
}
