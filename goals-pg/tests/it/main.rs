//! The integration tests of goals-pg, in one binary: one private server for all of them.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[cfg(unix)]
mod conformance;
#[cfg(unix)]
mod database;
#[cfg(unix)]
mod local;
