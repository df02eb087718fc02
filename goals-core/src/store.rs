//! The repositories: what a store has to be able to do, and what it MUST keep.
//!
//! Rules for every method:
//!
//! - It is **one atomic unit of work**: all of it happens, or nothing.
//! - What it promises holds under any number of concurrent callers, in one process or in many.
//! - It ends within a bounded time; a store that is away or overloaded is
//!   [`StoreError::Unavailable`], never a call that hangs.
//! - It gives back exactly what was put in, times in whole microseconds included.
//! - Every method that takes an owner, or a user, finds nothing of anybody else's.
//!
//! [`testing`](crate::testing) has a suite that proves all of this of a store.

mod check_ins;
mod goals;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::api_token::ApiTokenRepository;
use crate::error::{BoxError, Violation};
use crate::ids::{GoalId, SessionId, UserId};
use crate::limits::LimitKind;
use crate::password::PasswordHash;
use crate::recovery::LinkRepository;
use crate::second_factor::SecondFactorRepository;
use crate::session::{Session, SessionSecret};
use crate::user::{LoginName, User};

pub use self::check_ins::CheckInRepository;
#[cfg(feature = "test-support")]
pub use self::check_ins::MockCheckInRepository;
#[cfg(feature = "test-support")]
pub use goals::MockGoalRepository;
pub use goals::{Document, DocumentKind, DuplicateCheck, GoalRepository, GoalWrite, NotApplied};

/// Why a store did not do what it was asked. Something that is not there is no error: it is `None`
/// or `false`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another user has this username.
    #[error("this username is taken")]
    UsernameTaken,
    /// Another user has this e-mail address.
    #[error("this e-mail address is taken")]
    EmailTaken,
    /// The id is in use.
    #[error("this id is taken")]
    IdTaken,
    /// An open goal of this owner has the same fingerprint.
    #[error("goal {existing} says the same")]
    DuplicateGoal {
        /// That goal.
        existing: GoalId,
    },
    /// The goal may not have this parent; see [`Goal::check_parent`](crate::Goal::check_parent).
    #[error("the parent {0}")]
    Parent(Violation),
    /// What is stored is another version, or is gone.
    #[error("what is stored is another version, or is gone")]
    Stale,
    /// Goals below this one are in the way.
    #[error("goals below this one are in the way")]
    HasChildren,
    /// A limit is reached.
    #[error("the limit of {max} {limit} is reached")]
    LimitReached {
        /// Which limit.
        limit: LimitKind,
        /// How many are allowed.
        max: u64,
    },
    /// The store is away or did not answer in time; what was asked may or may not have happened.
    #[error("the store is away or did not answer in time")]
    Unavailable(#[source] BoxError),
    /// The store failed in a way that trying again does not mend.
    #[error("the store failed")]
    Backend(#[source] BoxError),
}

/// A user together with what proves a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// The hash of their password.
    pub hash: PasswordHash,
}

/// Where users are kept.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync + std::fmt::Debug {
    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::UsernameTaken`] and [`StoreError::EmailTaken`], compared as
    /// [`Username::folded`](crate::Username::folded) and
    /// [`EmailAddress::folded`](crate::EmailAddress::folded) say; the username first when both are.
    async fn insert(&self, user: &User, hash: &PasswordHash) -> Result<(), StoreError>;

    /// The user who logs in by this name.
    ///
    /// # Errors
    /// The store's own.
    async fn find_by_login(&self, login: &LoginName) -> Result<Option<Credentials>, StoreError>;

    /// The user with this id.
    ///
    /// # Errors
    /// The store's own.
    async fn find(&self, id: UserId) -> Result<Option<Credentials>, StoreError>;

    /// Replaces the user when the stored version is `expected`; `false` when it is another or the
    /// user is gone.
    ///
    /// # Errors
    /// [`StoreError::UsernameTaken`] and [`StoreError::EmailTaken`] as in [`insert`](Self::insert).
    async fn update(&self, user: &User, expected: u64) -> Result<bool, StoreError>;

    /// Replaces the hash `old` by `new` and ends every session of the user but `keep`, and every
    /// link to another password; `false`, with nothing done, when the stored hash is not `old` any
    /// more.
    ///
    /// # Errors
    /// The store's own.
    async fn change_password(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        keep: SessionId,
    ) -> Result<bool, StoreError>;

    /// Replaces the hash `old` by `new`, which is of the same password; nothing happens when the
    /// stored hash is not `old` any more.
    ///
    /// # Errors
    /// The store's own.
    async fn rehash(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError>;

    /// Removes the user and everything of theirs: goals and their events, sessions, API
    /// tokens, the second factor.
    /// `false`, with nothing done, when there is none or their hash is not `proven` any more.
    ///
    /// # Errors
    /// The store's own.
    async fn delete(&self, id: UserId, proven: &PasswordHash) -> Result<bool, StoreError>;
}

/// What a store is to do with a refresh token.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// Who.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
    /// The secret that was shown.
    pub shown: SessionSecret,
    /// The secret that takes its place.
    pub next: SessionSecret,
    /// When.
    pub now: DateTime<Utc>,
    /// The session ends this long after `now` unless it is renewed again…
    pub idle: TimeDelta,
    /// …and at the latest this long after it was created.
    pub absolute: TimeDelta,
    /// How long after it was spent a secret may come again because its answer was lost.
    pub grace: TimeDelta,
}

/// How soon after the first use a second one counts as made at the same time: nobody has given up
/// waiting for an answer by then.
pub const SAME_TIME: TimeDelta = TimeDelta::seconds(1);

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "one lives for a moment, and nearly always as the large one")]
pub enum Rotated {
    /// The session goes on with the new secret, which is of the same family.
    Renewed(User, Session),
    /// Spent less than [`SAME_TIME`] ago: another request was faster. Nothing has changed.
    InProgress,
    /// Of the session's family and neither current nor within the grace. Somebody has a copy, so
    /// the session has been ended.
    Reused,
    /// No such session, or not of its family. Nothing has changed.
    Unknown,
}

/// Where sessions are kept.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync + std::fmt::Debug {
    /// Adds a session. When its user has `max` or more, those that expired and then those that
    /// were renewed longest ago make room, so that nobody is locked out by sessions they have
    /// forgotten, and there are never more than `max`. `false` when the user is gone or their hash
    /// is not `proven` any more: who has proven an old password does not get in behind a new one.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`] when this user has a session with this id.
    async fn insert(
        &self,
        session: &Session,
        secret: &SessionSecret,
        proven: &PasswordHash,
        max: u32,
    ) -> Result<bool, StoreError>;

    /// A session that has not expired at `now`, and its user.
    ///
    /// # Errors
    /// The store's own.
    async fn find(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<(User, Session)>, StoreError>;

    /// The sessions of a user that have not expired at `now`, the last used first.
    ///
    /// # Errors
    /// The store's own.
    async fn list(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError>;

    /// Spends a refresh token. Of callers who show the same secret at the same time exactly one is
    /// [`Rotated::Renewed`].
    ///
    /// The secret that is shown becomes the spent one, of which one is remembered. Showing it again
    /// is [`Rotated::InProgress`] within [`SAME_TIME`] of the moment it was first spent, and renews
    /// once more within the grace. Any other secret of the family is [`Rotated::Reused`].
    ///
    /// # Errors
    /// The store's own.
    async fn rotate(&self, rotation: &Rotation) -> Result<Rotated, StoreError>;

    /// Renews a session without a refresh token: it was used at `now` and ends at `expires_at`.
    /// `false` when there is no such session.
    ///
    /// # Errors
    /// The store's own.
    async fn extend(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Ends one session; `false` when there is none.
    ///
    /// # Errors
    /// The store's own.
    async fn end(&self, user: UserId, id: SessionId) -> Result<bool, StoreError>;

    /// Ends all sessions of a user and says how many there were.
    ///
    /// # Errors
    /// The store's own.
    async fn end_all(&self, user: UserId) -> Result<u64, StoreError>;
}

/// Everything that accounts need of a store.
pub trait AccountStore:
    UserRepository + SessionRepository + ApiTokenRepository + SecondFactorRepository + LinkRepository
{
}

impl<S: UserRepository + SessionRepository + ApiTokenRepository + SecondFactorRepository + LinkRepository> AccountStore
    for S
{
}

/// Everything that goals need of a store.
pub trait GoalStore: GoalRepository + CheckInRepository {}

impl<S: GoalRepository + CheckInRepository> GoalStore for S {}
