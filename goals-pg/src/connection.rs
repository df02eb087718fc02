//! Connections that go back to where they came from only when they are fit for the next borrower.

use std::sync::Arc;

use deadpool_postgres::{Object, StatementCache};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_postgres::{Client, Error, Row};

use crate::config::StatementMode;
use crate::error::is_fit;
use crate::sql::{Executor, Param, Sealed, Transactional, Unit, send};

/// A borrowed connection.
///
/// It knows whether it is in the middle of something. When it is dropped then, because a deadline
/// passed or the caller went away, the statement may still run on the server and its answer would
/// meet the next borrower, so the connection is closed instead of given back.
#[derive(Debug)]
pub(crate) struct Connection {
    lender: Lender,
    cache: Arc<StatementCache>,
    mode: StatementMode,
    is_busy: bool,
}

/// Where a connection came from and goes back to.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and nearly always the large one")]
enum Lender {
    Pool(Option<Object>),
    Transaction(OwnedMutexGuard<Option<Open>>),
}

/// The connection of a transaction that is open, until that is over.
pub(crate) type Slot = Mutex<Option<Open>>;

/// A connection with an open transaction: when it is dropped it is closed, and the server takes
/// everything back.
#[derive(Debug)]
pub(crate) struct Open(Option<Object>);

impl Open {
    pub(crate) const fn new(client: Object) -> Self {
        Self(Some(client))
    }

    /// Gives the connection back to the pool; its transaction has ended.
    pub(crate) fn ended(mut self) {
        drop(self.0.take());
    }

    #[expect(clippy::expect_used, reason = "only dropping takes the client")]
    pub(crate) fn client(&self) -> &Object {
        self.0.as_ref().expect("a client")
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

impl Connection {
    pub(crate) fn new(client: Object, mode: StatementMode) -> Self {
        let cache = Arc::clone(&client.statement_cache);
        Self { lender: Lender::Pool(Some(client)), cache, mode, is_busy: false }
    }

    /// The connection of a transaction; `None` when that is over.
    pub(crate) fn within(slot: OwnedMutexGuard<Option<Open>>, mode: StatementMode) -> Option<Self> {
        let cache = Arc::clone(&slot.as_ref()?.client().statement_cache);
        Some(Self { lender: Lender::Transaction(slot), cache, mode, is_busy: false })
    }

    /// Begins a transaction, or a savepoint where one is under way. When it is dropped without a
    /// commit, the connection is closed.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        let (cache, mode) = (Arc::clone(&self.cache), self.mode);
        let is_busy = &mut self.is_busy;
        *is_busy = true;
        let inner = match &mut self.lender {
            Lender::Pool(slot) => Inner::Whole((***held(slot.as_mut())).transaction().await?),
            Lender::Transaction(slot) => {
                let client = held(slot.as_ref()).client();
                client.batch_execute("SAVEPOINT goals").await?;
                Inner::Savepoint(client)
            }
        };
        Ok(Transaction { inner, cache, mode, is_busy })
    }

    fn client(&self) -> &Client {
        let client: &Object = match &self.lender {
            Lender::Pool(slot) => held(slot.as_ref()),
            Lender::Transaction(slot) => held(slot.as_ref()).client(),
        };
        client
    }
}

#[expect(clippy::expect_used, reason = "only dropping takes what is held")]
fn held<T>(slot: Option<T>) -> T {
    slot.expect("a client")
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.is_busy {
            return;
        }
        match &mut self.lender {
            Lender::Pool(slot) => drop(slot.take().map(Object::take)),
            Lender::Transaction(slot) => drop(slot.take()),
        }
    }
}

impl Sealed for Connection {}

impl Executor for Connection {
    async fn read(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let (cache, mode) = (Arc::clone(&self.cache), self.mode);
        self.is_busy = true;
        let result = send(self.client(), &cache, mode, sql, params).await;
        self.is_busy = result.as_ref().is_err_and(|error| !is_fit(error));
        result
    }

    /// A statement of its own is a transaction of its own.
    async fn write(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        if matches!(self.lender, Lender::Pool(_)) {
            return self.read(sql, params).await;
        }
        let savepoint = self.begin().await?;
        match savepoint.run(sql, params).await {
            Ok(rows) => savepoint.commit().await.map(|()| rows),
            Err(error) if is_fit(&error) => savepoint.rollback().await.and(Err(error)),
            Err(error) => Err(error),
        }
    }
}

/// A transaction on a borrowed connection.
pub(crate) struct Transaction<'a> {
    inner: Inner<'a>,
    cache: Arc<StatementCache>,
    mode: StatementMode,
    is_busy: &'a mut bool,
}

enum Inner<'a> {
    Whole(tokio_postgres::Transaction<'a>),
    Savepoint(&'a Client),
}

impl Transaction<'_> {
    pub(crate) async fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        match &self.inner {
            Inner::Whole(transaction) => send(transaction, &self.cache, self.mode, sql, params).await,
            Inner::Savepoint(client) => send(*client, &self.cache, self.mode, sql, params).await,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self.inner {
            Inner::Whole(transaction) => transaction.commit().await?,
            Inner::Savepoint(client) => client.batch_execute("RELEASE goals").await?,
        }
        *self.is_busy = false;
        Ok(())
    }

    /// Ends the transaction with nothing done, and keeps the connection.
    pub(crate) async fn rollback(self) -> Result<(), Error> {
        match self.inner {
            Inner::Whole(transaction) => transaction.rollback().await?,
            Inner::Savepoint(client) => client.batch_execute("ROLLBACK TO goals; RELEASE goals").await?,
        }
        *self.is_busy = false;
        Ok(())
    }
}

impl Transactional for Connection {
    type Unit<'a> = Transaction<'a>;

    async fn begin_unit(&mut self) -> Result<Transaction<'_>, Error> {
        self.begin().await
    }
}

impl Sealed for Transaction<'_> {}

impl Executor for Transaction<'_> {
    async fn read(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.run(sql, params).await
    }

    async fn write(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.run(sql, params).await
    }
}

impl Unit for Transaction<'_> {
    async fn end(self, is_kept: bool) -> Result<(), Error> {
        if is_kept { self.commit().await } else { self.rollback().await }
    }
}
