//! The statements, for a host that wants goals in a transaction of its own.
//!
//! [`GoalSql`] and [`EventSql`] have a function for every method of
//! [`GoalRepository`](goals_core::GoalRepository) that works on goals or reads their events, and
//! keep the same promises but for bounded time, which is the store's; they run on whatever
//! [`Executor`] they are given. On a host's connection they take part in its transaction: all of it
//! commits, or nothing. What writes does so under a savepoint, so that a refusal leaves the host's
//! transaction alive.
//!
//! ```no_run
//! use goals_core::{DuplicatePolicy, EventId, Goal, IdSource as _, NewEvent, StoreError, SystemIds};
//! use goals_pg::sql::GoalSql;
//!
//! /// Marks an order as paid and gives its buyer a goal; both, or neither.
//! async fn pay(
//!     client: &mut tokio_postgres::Client,
//!     sql: &GoalSql,
//!     order: i64,
//!     goal: &Goal,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut transaction = client.transaction().await?;
//!     transaction.execute("UPDATE orders SET paid = true WHERE id = $1", &[&order]).await?;
//!     let event = NewEvent::created(EventId::from_uuid(SystemIds.id(goal.created_at)), goal);
//!     match sql.insert(&mut transaction, goal, &event, DuplicatePolicy::Refuse, 1_000).await {
//!         // They have it already, and the order is paid all the same.
//!         Err(StoreError::DuplicateGoal { .. }) => {}
//!         inserted => inserted?,
//!     }
//!     Ok(transaction.commit().await?)
//! }
//! ```
//!
//! The transaction is to be READ COMMITTED, as it is unless asked for otherwise: under REPEATABLE
//! READ a goal that somebody has written since the transaction began stands in the way without
//! being seen. Nothing is done wrongly there either, but what would be a refusal is
//! [`StoreError::Unavailable`](goals_core::StoreError).
//!
//! The deadlines are the host's own, and `StoreError::Unavailable` may be a deadlock or a
//! serialization failure too; after any of them the whole transaction has to be tried again.

pub(crate) mod api_tokens;
mod batch;
mod check_ins;
mod columns;
mod documents;
mod events;
mod goals;
pub(crate) mod links;
mod list;
mod numeric;
mod once;
pub(crate) mod second_factors;
pub(crate) mod sessions;
pub(crate) mod throttle;
mod tree;
pub(crate) mod users;

use std::future::Future;

use deadpool_postgres::StatementCache;
use goals_core::StoreError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, GenericClient, Row};

use crate::config::StatementMode;
use crate::error::store_error;

pub use self::check_ins::CheckInSql;
pub use self::documents::DocumentSql;
pub use self::events::EventSql;
pub use self::goals::GoalSql;

/// A value for a statement and the type that the statement gives it.
pub type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// What statements run on: a `&mut` to a [`tokio_postgres::Client`] or
/// [`tokio_postgres::Transaction`], or a connection of the store.
///
/// On a host's connection statements are parsed at every call, so that they work behind any
/// pooler.
pub trait Executor: private::Sealed + Send {
    /// Runs a statement that changes nothing.
    fn read(&mut self, sql: &str, params: &[Param<'_>]) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;

    /// Runs a statement that changes something: all of it, or nothing. After an error the
    /// connection can go on.
    fn write(&mut self, sql: &str, params: &[Param<'_>]) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;
}

/// An [`Executor`] that can run several statements as one.
pub trait Transactional: Executor {
    /// What runs them.
    type Unit<'a>: Unit
    where
        Self: 'a;

    /// Begins a unit of work: all of it is kept, or nothing.
    fn begin_unit(&mut self) -> impl Future<Output = Result<Self::Unit<'_>, Error>> + Send;
}

/// Several statements that become one. After an error nothing but its end can be run.
pub trait Unit: Executor {
    /// Keeps what was done, or undoes it.
    fn end(self, is_kept: bool) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Ends a unit: what was done is kept when it went well.
async fn settle<T>(unit: impl Unit, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
    // What the server says to an end does not matter when there is something worse to say.
    let ended = unit.end(outcome.is_ok()).await.map_err(store_error);
    outcome.and_then(|value| ended.map(|()| value))
}

/// A unit in a host's transaction, or a transaction on its connection.
#[expect(missing_debug_implementations, reason = "the driver's transaction has none")]
pub struct HostUnit<'a>(tokio_postgres::Transaction<'a>);

mod private {
    pub trait Sealed {}

    impl<C: tokio_postgres::GenericClient> Sealed for &mut C {}

    impl Sealed for super::HostUnit<'_> {}
}

pub(crate) use private::Sealed;

impl<C: GenericClient + Send + Sync> Executor for &mut C {
    async fn read(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.query_typed(sql, params).await
    }

    async fn write(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let transaction = self.transaction().await?;
        let rows = transaction.query_typed(sql, params).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

impl<C: GenericClient + Send + Sync> Transactional for &mut C {
    type Unit<'a>
        = HostUnit<'a>
    where
        Self: 'a;

    async fn begin_unit(&mut self) -> Result<HostUnit<'_>, Error> {
        Ok(HostUnit(self.transaction().await?))
    }
}

impl Executor for HostUnit<'_> {
    async fn read(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.0.query_typed(sql, params).await
    }

    async fn write(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.read(sql, params).await
    }
}

impl Unit for HostUnit<'_> {
    async fn end(self, is_kept: bool) -> Result<(), Error> {
        if is_kept { self.0.commit().await } else { self.0.rollback().await }
    }
}

/// Sends one statement in the way that `mode` says.
pub(crate) async fn send<C: GenericClient>(
    client: &C,
    cache: &StatementCache,
    mode: StatementMode,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Vec<Row>, Error> {
    if mode == StatementMode::Unnamed {
        return client.query_typed(sql, params).await;
    }
    let (values, types): (Vec<_>, Vec<_>) = params.iter().cloned().unzip();
    let statement = cache.prepare_typed(client.client(), sql, &types).await?;
    client.query(&statement, &values).await
}
