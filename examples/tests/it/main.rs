//! The whole product from outside: two instances on one PostgreSQL, asked through sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod accounts;
mod doubles;
mod instances;
