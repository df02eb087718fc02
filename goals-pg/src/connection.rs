//! Connections that go back to the pool only when they are fit for the next borrower.

use std::sync::Arc;

use deadpool_postgres::{Object, StatementCache};
use tokio_postgres::{Error, Row};

use crate::config::StatementMode;
use crate::error::is_fit;
use crate::sql::{Executor, Param, Sealed, send};

/// A borrowed connection.
///
/// It knows whether it is in the middle of something. When it is dropped then, because a deadline
/// passed or the caller went away, the statement may still run on the server and its answer would
/// meet the next borrower, so the connection is closed instead of given back.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Option<Object>,
    cache: Arc<StatementCache>,
    mode: StatementMode,
    is_busy: bool,
}

impl Connection {
    pub(crate) fn new(client: Object, mode: StatementMode) -> Self {
        let cache = Arc::clone(&client.statement_cache);
        Self { client: Some(client), cache, mode, is_busy: false }
    }

    /// Begins a transaction. When it is dropped without a commit, the connection is closed.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        let (cache, mode) = (Arc::clone(&self.cache), self.mode);
        let (client, is_busy) = self.parts();
        *is_busy = true;
        Ok(Transaction { inner: client.transaction().await?, cache, mode, is_busy })
    }

    #[expect(clippy::expect_used, reason = "only dropping takes the client")]
    fn parts(&mut self) -> (&mut tokio_postgres::Client, &mut bool) {
        let client = self.client.as_mut().expect("a client");
        (&mut ***client, &mut self.is_busy)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take_if(|_| self.is_busy) {
            drop(Object::take(client));
        }
    }
}

impl Sealed for Connection {}

impl Executor for Connection {
    async fn read(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let (cache, mode) = (Arc::clone(&self.cache), self.mode);
        let (client, is_busy) = self.parts();
        *is_busy = true;
        let result = send(client, &cache, mode, sql, params).await;
        *is_busy = result.as_ref().is_err_and(|error| !is_fit(error));
        result
    }

    /// A statement of its own is a transaction of its own.
    async fn write(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.read(sql, params).await
    }
}

/// A transaction on a borrowed connection.
pub(crate) struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
    cache: Arc<StatementCache>,
    mode: StatementMode,
    is_busy: &'a mut bool,
}

impl Transaction<'_> {
    pub(crate) async fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        send(&self.inner, &self.cache, self.mode, sql, params).await
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        self.inner.commit().await?;
        *self.is_busy = false;
        Ok(())
    }

    /// Ends the transaction with nothing done, and keeps the connection.
    pub(crate) async fn rollback(self) -> Result<(), Error> {
        self.inner.rollback().await?;
        *self.is_busy = false;
        Ok(())
    }
}
