//! The integration tests of goals-pg, in one binary: one private server for all of them.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(unix)]
mod conformance;
#[cfg(unix)]
mod database;
#[cfg(unix)]
mod host;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod local;
#[cfg(unix)]
mod migrations;
#[cfg(unix)]
mod outages;
#[cfg(unix)]
mod plans;
#[cfg(unix)]
mod races;
#[cfg(unix)]
mod schema;
#[cfg(unix)]
mod wire;
