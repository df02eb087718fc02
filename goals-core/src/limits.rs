//! How much one person may have.

use crate::words::words;

words! {
    /// What is limited.
    pub enum LimitKind {
        /// Goals of one owner, those in the trash counted until they are purged.
        Goals = "goals",
        /// Check-ins of one goal.
        CheckIns = "check_ins",
        /// API tokens of one user that have not expired.
        ApiTokens = "api_tokens",
        /// Views of one owner.
        Views = "views",
    }
}

/// How much of something there may be, and how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The most there may be.
    pub max: u64,
    /// How much there is.
    pub used: u64,
}
