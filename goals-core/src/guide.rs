//! What is longer than the documentation of one item. The other libraries have guides of their own:
//! goals-http for one's own users and listener, goals-pg for one's own transaction, migrations and
//! for scaling.

#[doc = include_str!("../docs/architecture.md")]
pub mod architecture {}

#[cfg(feature = "test-support")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
