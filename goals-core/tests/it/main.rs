//! The rules of goals-core, from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod accounts;
mod bulk;
mod goals;
mod hierarchy;
mod history;
mod memory_store;
mod pace;
mod throttle;
mod views;
