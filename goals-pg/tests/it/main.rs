//! The integration tests of goals-pg, in one binary: one private server for all of them.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod database;
mod errors;
mod feed;
mod host;
mod hostile;
mod local;
mod migrations;
mod outages;
mod plans;
mod process;
mod races;
mod schema;
mod transaction;
mod wire;
