//! What is longer than the documentation of one item.

#[doc = include_str!("../docs/scaling.md")]
pub mod scaling {}
