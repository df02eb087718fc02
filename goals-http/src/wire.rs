//! The JSON of goals, users and sessions, both ways.

pub(crate) mod bulk;
pub(crate) mod check_ins;
pub(crate) mod credentials;
pub(crate) mod csv;
pub(crate) mod events;
pub(crate) mod import;
pub(crate) mod input;
pub(crate) mod measure;
pub(crate) mod meta;
pub(crate) mod output;
pub(crate) mod pace;
pub(crate) mod views;
