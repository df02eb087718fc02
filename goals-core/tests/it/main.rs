//! The rules of goals-core, from outside.

mod memory_store;
