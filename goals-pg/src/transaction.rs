//! A transaction in which a host's rows and its goals commit or fail together.

use std::ops::Deref;
use std::sync::Arc;

use goals_core::{Goals, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_postgres::Client;

use crate::connection::{Open, Slot};
use crate::error::store_error;
use crate::store::PgStore;

/// A transaction of the host's, on a connection of the pool: what the host writes and what its
/// goals do are there together, or nothing is.
///
/// ```no_run
/// use goals_core::{GoalDraft, Goals, OwnerId};
/// use goals_pg::PgStore;
///
/// /// Sells a course and gives its buyer the goal to finish it; both, or neither.
/// async fn sell(
///     store: &PgStore,
///     goals: &Goals,
///     buyer: OwnerId,
///     course: &str,
/// ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     let transaction = store.begin().await?;
///     transaction.client().await?.execute("INSERT INTO orders (course) VALUES ($1)", &[&course]).await?;
///     transaction.goals(goals).create(buyer, GoalDraft::new(format!("Finish {course}"))).await?;
///     Ok(transaction.commit().await?)
/// }
/// ```
///
/// Dropped without a commit, it never was. What goals refuse leaves it alive: each of their writes
/// has a savepoint of its own. What fails for another reason, a deadlock or a deadline among them,
/// ends it, and the whole of it has to be tried again.
///
/// While it is open nobody else changes the goals of the owners that it has written to: let it be
/// short.
#[derive(Debug)]
pub struct PgTransaction {
    /// The store that works on this connection alone.
    store: PgStore,
    slot: Arc<Slot>,
}

/// The transaction has come to its end, or was given up by what failed in it.
#[derive(Debug, thiserror::Error)]
#[error("the transaction is over")]
struct Over;

impl PgStore {
    /// Begins a transaction for rows of the host's own and goals.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&self) -> Result<PgTransaction, StoreError> {
        let slot = Arc::new(Mutex::new(Some(Open::new(self.client().await?))));
        let transaction = PgTransaction { store: self.within(Arc::clone(&slot)), slot };
        transaction.send("BEGIN").await?;
        Ok(transaction)
    }
}

impl PgTransaction {
    /// `goals` in this transaction: their settings, their clock, and every one of their use cases.
    #[must_use]
    pub fn goals(&self, goals: &Goals) -> Goals {
        goals.clone().with_store(Arc::new(self.store.clone()))
    }

    /// The connection, for the host's own statements. Goals wait until it is dropped, and not for
    /// long: keep it for a statement, not for the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the transaction is over.
    pub async fn client(&self) -> Result<TransactionClient, StoreError> {
        let slot = self.store.patiently(Arc::clone(&self.slot).lock_owned()).await?;
        if slot.is_some() { Ok(TransactionClient(slot)) } else { Err(over()) }
    }

    /// Makes everything lasting.
    ///
    /// # Errors
    /// [`StoreError::Backend`] when a statement of the host's has failed in it, and nothing is
    /// done; [`StoreError::Unavailable`] when nobody knows whether all of it is done, or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        // COMMIT alone takes back without a word what cannot be committed; SELECT complains.
        self.send("SELECT; COMMIT").await?;
        self.store.committed();
        self.ended().await
    }

    /// Takes everything back, and keeps the connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; it is taken back all the same.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.send("ROLLBACK").await?;
        self.ended().await
    }

    async fn send(&self, sql: &str) -> Result<(), StoreError> {
        let client = self.client().await?;
        self.store.in_time(async { client.batch_execute(sql).await.map_err(store_error) }).await
    }

    async fn ended(self) -> Result<(), StoreError> {
        let mut slot = self.store.patiently(self.slot.lock()).await?;
        slot.take().ok_or_else(over)?.ended();
        Ok(())
    }
}

/// The connection of a [`PgTransaction`], for the host's own statements.
#[derive(Debug)]
pub struct TransactionClient(OwnedMutexGuard<Option<Open>>);

impl Deref for TransactionClient {
    type Target = Client;

    #[expect(clippy::expect_used, reason = "it is made of a slot that holds a client")]
    fn deref(&self) -> &Client {
        self.0.as_ref().expect("a client").client()
    }
}

/// What is asked of a transaction that is over.
pub(crate) fn over() -> StoreError {
    StoreError::Unavailable(Over.into())
}
