//! wip

#[cfg(all(unix, feature = "local"))]
pub mod local;
