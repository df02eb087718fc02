//! The store: a pool of connections, and deadlines around everything that is done with them.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{
    BuildError, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use goals_core::{OwnerId, StoreError};
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tracing::warn;

use crate::config::{PgConfig, StatementMode};
use crate::connection::{Connection, Slot};
use crate::error::{is_retryable, store_error};
use crate::feed::Feed;
use crate::migrate::{MigrateError, Migration, Migrations};
use crate::schema::Schema;
use crate::sql::api_tokens::ApiTokenSql;
use crate::sql::links::LinkSql;
use crate::sql::second_factors::SecondFactorSql;
use crate::sql::sessions::SessionSql;
use crate::sql::throttle::ThrottleSql;
use crate::sql::users::UserSql;
use crate::sql::{CheckInSql, DocumentSql, EventSql, GoalSql};
use crate::transaction::over;

/// Users, sessions and goals in `PostgreSQL`.
///
/// Cheap to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct PgStore {
    pool: Pool,
    acquire: Duration,
    statement: Duration,
    mode: StatementMode,
    pub(crate) sql: Arc<Sql>,
    /// The transaction that everything takes part in, if there is one.
    within: Option<Arc<Slot>>,
    /// Whose goals were written to in that transaction.
    written: Arc<Mutex<BTreeSet<OwnerId>>>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) schema: Schema,
}

/// Every statement, written once for the schema.
#[derive(Debug)]
pub(crate) struct Sql {
    pub(crate) users: UserSql,
    pub(crate) sessions: SessionSql,
    pub(crate) api_tokens: ApiTokenSql,
    pub(crate) throttle: ThrottleSql,
    pub(crate) links: LinkSql,
    pub(crate) second_factors: SecondFactorSql,
    pub(crate) goals: GoalSql,
    pub(crate) check_ins: CheckInSql,
    pub(crate) events: EventSql,
    pub(crate) documents: DocumentSql,
}

/// Why a store cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The configuration asks for TLS, which this crate does not do by itself: give a pool that
    /// does to [`PgStore::new`].
    #[error("TLS is asked for; make a pool with a TLS connector and give it to the store")]
    Tls,
    /// The pool does not take its configuration.
    #[error("the pool cannot be made")]
    Pool(#[source] BuildError),
}

impl PgStore {
    /// A store with a pool of its own. No connection is made before it is needed, so this works
    /// while the server is away; and no migration runs: see [`Migrations`](crate::Migrations).
    ///
    /// # Errors
    /// [`ConnectError`].
    pub fn connect(config: &PgConfig) -> Result<Self, ConnectError> {
        if config.server.get_ssl_mode() == SslMode::Require {
            return Err(ConnectError::Tls);
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.pooled(), NoTls, recycling);
        let builder = Pool::builder(manager).max_size(config.pool_size).runtime(Runtime::Tokio1);
        Ok(Self::new(builder.build().map_err(ConnectError::Pool)?, config))
    }

    /// A store on the host's own pool. Of `config` everything counts but the server and the size
    /// of the pool.
    ///
    /// The pool's connections should have a `statement_timeout` of about
    /// [`PgConfig::statement`], so that the server too gives up what nobody waits for any more.
    #[must_use]
    pub fn new(pool: Pool, config: &PgConfig) -> Self {
        let sql = Sql {
            users: UserSql::new(&config.schema),
            sessions: SessionSql::new(&config.schema),
            api_tokens: ApiTokenSql::new(&config.schema),
            throttle: ThrottleSql::new(&config.schema),
            links: LinkSql::new(&config.schema),
            second_factors: SecondFactorSql::new(&config.schema),
            goals: GoalSql::new(&config.schema),
            check_ins: CheckInSql::new(&config.schema),
            events: EventSql::new(&config.schema),
            documents: DocumentSql::new(&config.schema),
        };
        Self {
            pool,
            acquire: config.acquire,
            statement: config.statement,
            mode: config.mode,
            sql: Arc::new(sql),
            within: None,
            written: Arc::default(),
            feed: Arc::default(),
            schema: config.schema.clone(),
        }
    }

    /// The same, all of it in the transaction on the connection in `slot`.
    pub(crate) fn within(&self, slot: Arc<Slot>) -> Self {
        Self { within: Some(slot), written: Arc::default(), ..self.clone() }
    }

    /// Tells that goals of this owner's were written to: now, or when the transaction is committed.
    pub(crate) fn wrote(&self, owner: OwnerId) {
        if self.within.is_some() {
            self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(owner);
        } else {
            self.feed.tell(owner);
        }
    }

    /// Tells what was written in the transaction.
    pub(crate) fn committed(&self) {
        for owner in mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner)) {
            self.feed.tell(owner);
        }
    }

    /// Runs the migrations that the database does not have, on a connection that is closed
    /// afterwards, and says which.
    ///
    /// # Errors
    /// As for [`Migrations::migrate`], and [`MigrateError::Store`] when there is no connection.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<Vec<Migration>, MigrateError> {
        let mut client = Object::take(self.client().await?);
        migrations.migrate(&mut client).await
    }

    /// The migrations that the database does not have.
    ///
    /// # Errors
    /// As for [`Migrations::pending`], and [`MigrateError::Store`] when there is no connection.
    pub async fn pending(&self, migrations: &Migrations) -> Result<Vec<Migration>, MigrateError> {
        let client = Object::take(self.client().await?);
        migrations.pending(&client).await
    }

    /// Does `work` on a connection within the deadlines, again when the server undid it for the
    /// sake of others: unless it is within a transaction, all of which has to be done again.
    pub(crate) async fn call<T, F>(&self, work: impl Fn(Connection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut connection = self.connection().await?;
        let attempts = async {
            loop {
                match work(connection).await {
                    Err(error) if is_retryable(&error) && self.within.is_none() => sleep(jitter()).await,
                    settled => return settled,
                }
                connection = self.connection().await?;
            }
        };
        let begun = Instant::now();
        timeout(self.statement, attempts).await.unwrap_or_else(|passed| {
            warn!(deadline = ?self.statement, "the database did not answer in time");
            self.drop_unproven(begun);
            Err(StoreError::Unavailable(passed.into()))
        })
    }

    /// Waits for `answer` as long as a call may take.
    pub(crate) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(self.statement, answer).await.unwrap_or_else(|passed| Err(StoreError::Unavailable(passed.into())))
    }

    /// Waits for a connection, whatever it is that gives one, as long as a call may.
    pub(crate) async fn patiently<T>(&self, free: impl Future<Output = T>) -> Result<T, StoreError> {
        timeout(self.acquire, free).await.map_err(|passed| StoreError::Unavailable(passed.into()))
    }

    /// Closes the free connections that nobody has used since `since`, when one began not to
    /// answer: what silenced that one may have silenced them, and each would cost a caller the
    /// whole deadline to find out.
    fn drop_unproven(&self, since: Instant) {
        drop(self.pool.retain(|_, metrics| metrics.last_used() < since.elapsed()));
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        let Some(slot) = &self.within else {
            return Ok(Connection::new(self.client().await?, self.mode));
        };
        let slot = self.patiently(Arc::clone(slot).lock_owned()).await?;
        Connection::within(slot, self.mode).ok_or_else(over)
    }

    /// A client from the pool. The wait for a free one, the check of a used one and the making
    /// of a new one have one deadline together.
    pub(crate) async fn client(&self) -> Result<Object, StoreError> {
        match timeout(self.acquire, self.pool.get()).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)))) => {
                Err(store_error(error))
            }
            Ok(Err(error)) => Err(StoreError::Unavailable(error.into())),
            Err(passed) => Err(StoreError::Unavailable(passed.into())),
        }
    }
}

/// 5 to 20 milliseconds, so that those who met do not meet again.
fn jitter() -> Duration {
    Duration::from_millis(5 + RandomState::new().hash_one(()) % 16)
}
