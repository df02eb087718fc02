//! The repository of check-ins.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::StoreError;
use crate::checkin::{CheckIn, CheckInPage, CheckInQuery};
use crate::event::NewEvent;
use crate::goal::Goal;
use crate::ids::{CheckInId, GoalId, OwnerId};

/// Where the logs of goals are kept.
///
/// **A log and its goal.** A goal carries what its log has brought ([`Goal::standing`]). What
/// changes a log therefore takes the goal as it is to be, of which the standing, the version and
/// `updated_at` are stored, the version that this was worked out from, and the event that says so;
/// all of it happens in one unit of work when the stored version is `expected`, and nothing when it
/// is another: then somebody was faster, and it is to be worked out anew. So no entry is lost, and
/// the number of entries, being part of the goal, never passes a limit that the caller keeps.
///
/// A log goes with its goal when the goal is removed for good.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait CheckInRepository: Send + Sync + std::fmt::Debug {
    /// Adds an entry; `false` when the version is another or the goal is gone.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`] when the goal has an entry with this id and the version is the one
    /// that is expected.
    async fn add_check_in(
        &self,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError>;

    /// Puts an entry in the place of the one with its id; `false` when the version is another, or
    /// the goal or the entry is gone.
    ///
    /// # Errors
    /// The store's own.
    async fn replace_check_in(
        &self,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError>;

    /// Removes an entry; `false` when the version is another, or the goal or the entry is gone.
    ///
    /// # Errors
    /// The store's own.
    async fn remove_check_in(
        &self,
        entry: CheckInId,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError>;

    /// One entry.
    ///
    /// # Errors
    /// The store's own.
    async fn find_check_in(&self, owner: OwnerId, goal: GoalId, id: CheckInId) -> Result<Option<CheckIn>, StoreError>;

    /// A page of entries: the greatest [`CheckIn::position`] first. The query has been validated.
    ///
    /// # Errors
    /// The store's own.
    async fn check_ins(&self, owner: OwnerId, goal: GoalId, query: &CheckInQuery) -> Result<CheckInPage, StoreError>;

    /// All entries that count for `since` or a later day, in the order of [`CheckIn::position`].
    ///
    /// # Errors
    /// The store's own.
    async fn check_ins_since(&self, owner: OwnerId, goal: GoalId, since: NaiveDate)
    -> Result<Vec<CheckIn>, StoreError>;

    /// How many entries all goals of an owner have on each day since `since`, days without any left
    /// out, in order. Goals in the trash count.
    ///
    /// # Errors
    /// The store's own.
    async fn check_in_days(&self, owner: OwnerId, since: NaiveDate) -> Result<Vec<(NaiveDate, u64)>, StoreError>;
}
