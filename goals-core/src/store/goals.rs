//! The repository of goals and of what happened to them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::duplicate::DuplicatePolicy;
use crate::event::{Event, EventLog, NewEvent};
use crate::goal::Goal;
use crate::idempotency::Receipt;
use crate::ids::{EventId, GoalId, OwnerId};
use crate::notice::Listener;
use crate::query::{GoalQuery, Page};
use crate::similar::TitledGoal;
use crate::value::FieldValue;
use crate::words::words;

/// What an update has to check of the place that the goal takes: whether it is a duplicate there,
/// and whether it may have its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateCheck {
    /// The goal says what it said before, under the same parent, and was open before: its place is
    /// not judged again.
    Keep,
    /// It says something new, stands elsewhere or is open again: judged as a new goal is.
    Judge(DuplicatePolicy),
}

words! {
    /// What an owner has one of, and what is replaced as a whole.
    #[non_exhaustive]
    pub enum DocumentKind {
        /// Their views.
        Views = "views",
    }
}

/// Something that an owner has one of. What is to hold within it is judged before it is put into
/// the store; the store sees to it that nobody replaces what they have not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// 1 when it was first put, and 1 more with every time.
    pub revision: u64,
    /// What it says.
    pub body: FieldValue,
}

/// One of several writes that happen together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoalWrite {
    /// As [`GoalRepository::insert`] does.
    Insert {
        /// The goal.
        goal: Goal,
        /// Its event.
        event: NewEvent,
        /// What to do when an open goal says the same.
        duplicates: DuplicatePolicy,
    },
    /// As [`GoalRepository::update`] does; [`StoreError::Stale`] where that says `false`.
    Update {
        /// The goal as it is to be.
        goal: Goal,
        /// Its event.
        event: NewEvent,
        /// The stored version.
        expected: u64,
        /// What to check.
        check: DuplicateCheck,
    },
    /// Removes a goal for good, whatever its state, and its events, also those that were written
    /// while this waited: `event` is all that is left of it. [`StoreError::Stale`] when there is
    /// none, [`StoreError::HasChildren`] when a goal has it as its parent, in the trash or not.
    Purge {
        /// Which goal.
        id: GoalId,
        /// The event.
        event: NewEvent,
    },
}

/// Several writes did not happen.
#[derive(Debug, thiserror::Error)]
#[error("write {at} was refused")]
pub struct NotApplied {
    /// Which of them was refused, counted from 0.
    pub at: usize,
    /// Why.
    #[source]
    pub error: StoreError,
}

/// Where goals are kept.
///
/// **Duplicates.** Two goals are duplicates when both are open ([`Goal::is_open`]), of one owner,
/// under the same parent or none, and have the same [`Fingerprint`](crate::Fingerprint). Of any
/// number of callers who insert duplicates at the same time under [`DuplicatePolicy::Refuse`],
/// exactly one succeeds. A goal that is not open is never a duplicate.
///
/// **Parents.** A parent is a goal of the same owner; no goal is above itself; there are at most
/// [`LEVELS_MAX`](crate::LEVELS_MAX) levels; and a goal that is not in the trash has a parent that
/// is not, either. What would break one of these, also together with what others do at the same
/// time, is refused: as [`StoreError::Parent`] with what [`Goal::check_parent`] says, or, when the
/// goals below are at fault, as [`StoreError::HasChildren`].
///
/// **Events.** What changes a goal takes the event that says so and stores it in the same unit of
/// work: both are there, or neither. The store numbers it ([`Event::seq`]), one owner's events
/// without a gap and in the order in which their changes take effect: whoever has seen number n
/// will never see a smaller one that was not there before. What is refused, or changes nothing,
/// leaves no event.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait GoalRepository: Send + Sync + std::fmt::Debug {
    /// Adds a goal. There are never more than `max` goals of one owner, those in the trash counted.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`] when this owner has a goal with this id, whatever else is wrong;
    /// [`StoreError::Parent`], [`StoreError::DuplicateGoal`] and [`StoreError::LimitReached`].
    async fn insert(
        &self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
    ) -> Result<(), StoreError>;

    /// Does as [`insert`](Self::insert), and keeps `receipt` in the same unit of work. When a
    /// receipt is kept under its key already, nothing is done and that one is answered, whatever
    /// else is wrong; but one from before [`Receipt::outlives`] counts as none. Of any number of
    /// callers with one key at the same time, one inserts.
    ///
    /// # Errors
    /// As there; then no receipt is kept.
    async fn insert_once(
        &self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: &Receipt,
    ) -> Result<Option<Receipt>, StoreError>;

    /// Removes receipts from before `before`, of every owner, `at_most` so many, and says how many.
    ///
    /// # Errors
    /// The store's own.
    async fn forget_receipts(&self, before: DateTime<Utc>, at_most: u32) -> Result<u64, StoreError>;

    /// A goal, in the trash or not.
    ///
    /// # Errors
    /// The store's own.
    async fn find(&self, owner: OwnerId, id: GoalId) -> Result<Option<Goal>, StoreError>;

    /// The open goals under `parent`, or without one, whose titles have from `least` to `most`
    /// characters: the newest ids first, and no more than `limit`.
    ///
    /// # Errors
    /// The store's own.
    async fn open_titles(
        &self,
        owner: OwnerId,
        parent: Option<GoalId>,
        least: usize,
        most: usize,
        limit: u32,
    ) -> Result<Vec<TitledGoal>, StoreError>;

    /// A page of goals: those for which [`GoalQuery::matches`] holds, after the cursor, in the
    /// order of [`Sort::compare`](crate::Sort::compare). The query has been validated.
    ///
    /// # Errors
    /// The store's own.
    async fn list(&self, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, StoreError>;

    /// Replaces the goal when the stored version is `expected`; `false` when it is another or the
    /// goal is gone.
    ///
    /// # Errors
    /// [`StoreError::Parent`] and [`StoreError::DuplicateGoal`] when `check` asks to judge it;
    /// [`StoreError::HasChildren`] when it goes to the trash without those below it.
    async fn update(
        &self,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError>;

    /// Does all of `writes`, which are of one owner's goals, in their order, or none of them. That
    /// no goal stays below the trash is judged when all are done.
    ///
    /// # Errors
    /// The first of them that is refused, and why.
    async fn apply(&self, owner: OwnerId, writes: &[GoalWrite], max: u64) -> Result<(), NotApplied>;

    /// A goal, in the trash or not, and all goals below it, each after its parent; nothing when
    /// there is no such goal.
    ///
    /// # Errors
    /// The store's own.
    async fn tree(&self, owner: OwnerId, id: GoalId) -> Result<Vec<Goal>, StoreError>;

    /// Does as [`GoalWrite::Purge`] with goals that were moved to the trash before
    /// `deleted_before`, of every owner, one for each of `ids` at most, and says how many. It may
    /// leave to the next call what somebody is changing, and what is the parent of another goal. The events are those of
    /// [`NewEvent::purged`] by [`Actor::System`](crate::Actor), made at `at` under these ids.
    ///
    /// # Errors
    /// The store's own.
    async fn purge_expired(
        &self,
        deleted_before: DateTime<Utc>,
        at: DateTime<Utc>,
        ids: &[EventId],
    ) -> Result<u64, StoreError>;

    /// The owner's events behind number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// The store's own.
    async fn changes(&self, owner: OwnerId, after: u64, limit: u32) -> Result<EventLog, StoreError>;

    /// The events of one goal with numbers below `before`, the newest first, at most `limit`;
    /// nothing when the goal is gone.
    ///
    /// # Errors
    /// The store's own.
    async fn history(&self, owner: OwnerId, id: GoalId, before: u64, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// What the owner keeps under `kind`, as it was last put there.
    ///
    /// # Errors
    /// The store's own.
    async fn document(&self, owner: OwnerId, kind: DocumentKind) -> Result<Option<Document>, StoreError>;

    /// Puts `body` there as the next revision when the present one is `expected`, 0 when there is
    /// none; `false`, with nothing done, when it is another.
    ///
    /// # Errors
    /// The store's own.
    async fn put_document(
        &self,
        owner: OwnerId,
        kind: DocumentKind,
        body: &FieldValue,
        expected: u64,
    ) -> Result<bool, StoreError>;

    /// Listens for events of the owner's, to wait for the next ones with [`changes`](Self::changes).
    fn listen(&self, owner: OwnerId) -> Listener;

    /// How many goals the owner has, those in the trash counted.
    ///
    /// # Errors
    /// The store's own.
    async fn count(&self, owner: OwnerId) -> Result<u64, StoreError>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    async fn ping(&self) -> Result<(), StoreError>;
}
