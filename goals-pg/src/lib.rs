#![doc = include_str!("../README.md")]

mod accounts;
mod check_ins;
mod config;
mod connection;
mod credentials;
mod error;
mod feed;
mod goals;
#[cfg(any(doc, doctest))]
pub mod guide;
mod limiter;
#[cfg(all(unix, feature = "local"))]
pub mod local;
mod migrate;
mod schema;
pub mod sql;
mod store;
mod transaction;

pub use deadpool_postgres;
pub use tokio_postgres;

pub use config::{PgConfig, StatementMode};
pub use migrate::{MigrateError, Migration, Migrations};
pub use schema::{NotASchema, Schema};
pub use store::{ConnectError, PgStore};
pub use transaction::{PgTransaction, TransactionClient};
