//! The rules of goals-core, from outside.

mod accounts;
mod goals;
mod memory_store;
