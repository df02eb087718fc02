//! What can go wrong, in words that an adapter can translate.

use std::fmt;

use chrono::TimeDelta;

use crate::goal::Goal;
use crate::ids::{GoalId, ViewId};
use crate::limiter::Attempt;
use crate::limits::LimitKind;
use crate::status::Status;
use crate::store::{NotApplied, StoreError};
use crate::user::User;
use crate::view::View;
pub use crate::violation::{Param, Violation};

/// A boxed error of a backend, kept as a source for logs and never shown to a client.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One refused value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) such as `/tags/3`.
    pub pointer: String,
    /// Why it was refused.
    pub violation: Violation,
}

/// All refused values of one input, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// No errors.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one refused value.
    pub fn push(&mut self, pointer: impl Into<String>, violation: Violation) {
        self.0.push(FieldError { pointer: pointer.into(), violation });
    }

    /// The value, or `None` after its violation was noted.
    pub fn check<T>(&mut self, pointer: &str, result: Result<T, Violation>) -> Option<T> {
        result.map_err(|violation| self.push(pointer, violation)).ok()
    }

    /// Adds the errors of `other`, save those about a value that has one already: the first thing
    /// that was found wrong with a value is the one to mend first.
    pub fn merge(&mut self, other: Self) {
        for error in other.0 {
            if !self.0.iter().any(|known| known.pointer == error.pointer) {
                self.0.push(error);
            }
        }
    }

    /// The same errors about values that stand below `pointer`.
    #[must_use]
    pub fn under(mut self, pointer: &str) -> Self {
        for error in &mut self.0 {
            error.pointer.insert_str(0, pointer);
        }
        self
    }

    /// `Ok` when nothing was refused.
    ///
    /// # Errors
    /// These errors, when there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether nothing was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refused values.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a FieldErrors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", error.pointer, error.violation)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

/// What stands in the store where a caller wanted to replace an older version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Current {
    /// The goal as it is now.
    Goal(Box<Goal>),
    /// The user as it is now.
    User(Box<User>),
    /// The view as it is now.
    View(Box<View>),
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Values were refused; nothing was stored.
    #[error("{0}")]
    Invalid(#[from] FieldErrors),
    /// There is no such thing, or it belongs to somebody else.
    #[error("there is nothing here under this id")]
    NotFound,
    /// The token is missing, expired, forged, or its session has ended.
    #[error("sign in to do this")]
    Unauthenticated,
    /// Unknown log-in or wrong password; which of the two is not told.
    #[error("the log-in or the password is wrong")]
    BadCredentials,
    /// The password was right, and a code is needed besides.
    #[error("a code of the second factor is needed besides the password")]
    SecondFactorRequired,
    /// The password was right, and the code is wrong or was used before.
    #[error("the code is wrong, or was used before")]
    WrongCode,
    /// A second factor is in force: it has to be turned off before there is another.
    #[error("two-factor is on; turn it off before you set up another device")]
    TwoFactorOn,
    /// The link was used, has expired, or never was one.
    #[error("this link is not good any more; ask for a new one")]
    LinkSpent,
    /// The refresh token was spent a moment ago by a request that ran at the same time.
    #[error("this refresh token is being used by another request; use its answer or try again in a second")]
    RefreshInProgress,
    /// The refresh token was spent before, so that somebody has a copy of it: its session has been
    /// ended. To be told to the client as [`Unauthenticated`](Self::Unauthenticated) is, and to the
    /// log.
    #[error("sign in to do this")]
    RefreshReused,
    /// This has been tried too often.
    #[error("too many tries; wait a while")]
    Throttled {
        /// What.
        attempt: Attempt,
        /// How long until it may be tried again.
        wait: TimeDelta,
    },
    /// Somebody has this username.
    #[error("this username is taken")]
    UsernameTaken,
    /// Somebody has this e-mail address.
    #[error("this e-mail address is taken")]
    EmailTaken,
    /// There is something else with this id.
    #[error("there is something with this id already")]
    IdTaken,
    /// The log of a goal that is closed, or in the trash, is not written to.
    #[error("this goal is closed; open it again to change its check-ins")]
    GoalClosed,
    /// An open goal of this owner says the same.
    #[error("an open goal with this title exists already")]
    DuplicateGoal {
        /// The goal that says the same.
        existing: GoalId,
    },
    /// The status machine has no such step.
    #[error("a goal cannot go from {from} to {to}")]
    InvalidTransition {
        /// The present status.
        from: Status,
        /// The status that was asked for.
        to: Status,
    },
    /// A limit is reached.
    #[error("the limit of {max} {limit} is reached")]
    LimitReached {
        /// Which limit.
        limit: LimitKind,
        /// How many are allowed.
        max: u64,
    },
    /// There is no change of the caller's that could be taken back.
    #[error("there is no change of yours to take back")]
    NothingToUndo,
    /// What a change did cannot be taken back, for it has been changed again.
    #[error("{field} was changed again since; change it by hand")]
    UndoConflict {
        /// The field that has moved on.
        field: String,
    },
    /// Changes behind this number cannot be told: the log does not reach it.
    #[error("this cursor is not of this log any more; read everything anew and go on from there")]
    CursorTooOld,
    /// Another view of this owner has this name.
    #[error("a view with this name exists already")]
    ViewExists {
        /// That view.
        existing: ViewId,
    },
    /// Something else was made under this idempotency key.
    #[error("this idempotency key was used for another request; take a new key for each thing to be made")]
    IdempotencyKeyReused,
    /// The caller's version is not the current one.
    #[error("this was changed elsewhere in the meantime")]
    Stale(Current),
    /// The store, or the permits to hash a password, did not answer in time; try again later.
    #[error("the service is busy or its store is away; try again in a moment")]
    Unavailable(#[source] BoxError),
    /// Something failed that should not.
    #[error("something went wrong inside")]
    Internal(#[source] BoxError),
}

/// The kinds of [`Error`], for an adapter that maps them to its own answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is at fault, field by field.
    Invalid,
    /// Nothing here, or not the caller's.
    NotFound,
    /// The caller has to sign in.
    Unauthenticated,
    /// Too often; later it may work.
    Throttled,
    /// The state does not allow it.
    Conflict,
    /// The state has moved on since the caller read it.
    Stale,
    /// It was there once.
    Gone,
    /// Later it may work.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Error {
    /// What kind of error this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::NotFound | Self::LinkSpent => ErrorKind::NotFound,
            Self::Unauthenticated
            | Self::BadCredentials
            | Self::SecondFactorRequired
            | Self::WrongCode
            | Self::RefreshReused => ErrorKind::Unauthenticated,
            Self::Throttled { .. } => ErrorKind::Throttled,
            Self::RefreshInProgress
            | Self::TwoFactorOn
            | Self::UsernameTaken
            | Self::EmailTaken
            | Self::IdTaken
            | Self::GoalClosed
            | Self::DuplicateGoal { .. }
            | Self::InvalidTransition { .. }
            | Self::LimitReached { .. }
            | Self::ViewExists { .. }
            | Self::IdempotencyKeyReused
            | Self::NothingToUndo
            | Self::UndoConflict { .. } => ErrorKind::Conflict,
            Self::CursorTooOld => ErrorKind::Gone,
            Self::Stale(_) => ErrorKind::Stale,
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The stable name of this error, in `snake_case`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::NotFound => "not_found",
            Self::LinkSpent => "link_spent",
            Self::Unauthenticated | Self::RefreshReused => "unauthenticated",
            Self::BadCredentials => "bad_credentials",
            Self::SecondFactorRequired | Self::WrongCode => "second_factor_required",
            Self::TwoFactorOn => "two_factor_on",
            Self::RefreshInProgress => "refresh_in_progress",
            Self::Throttled { .. } => "throttled",
            Self::UsernameTaken => "username_taken",
            Self::EmailTaken => "email_taken",
            Self::IdTaken => "id_taken",
            Self::GoalClosed => "goal_closed",
            Self::DuplicateGoal { .. } => "duplicate_goal",
            Self::InvalidTransition { .. } => "invalid_transition",
            Self::LimitReached { .. } => "limit_reached",
            Self::NothingToUndo => "nothing_to_undo",
            Self::UndoConflict { .. } => "undo_conflict",
            Self::CursorTooOld => "cursor_too_old",
            Self::ViewExists { .. } => "view_exists",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Stale(_) => "stale_version",
            Self::Unavailable(_) => "store_unavailable",
            Self::Internal(_) => "internal",
        }
    }

    pub(crate) fn internal(error: impl Into<BoxError>) -> Self {
        Self::Internal(error.into())
    }

    /// A refusal of one value.
    #[must_use]
    pub fn field(pointer: impl Into<String>, violation: Violation) -> Self {
        Self::Invalid(FieldError { pointer: pointer.into(), violation }.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UsernameTaken => Self::UsernameTaken,
            StoreError::EmailTaken => Self::EmailTaken,
            StoreError::IdTaken => Self::IdTaken,
            StoreError::DuplicateGoal { existing } => Self::DuplicateGoal { existing },
            StoreError::Parent(violation) => Self::field("/parent", violation),
            StoreError::LimitReached { limit, max } => Self::LimitReached { limit, max },
            error @ (StoreError::Stale | StoreError::HasChildren) => Self::internal(error),
            StoreError::Unavailable(source) => Self::Unavailable(source),
            StoreError::Backend(source) => Self::Internal(source),
        }
    }
}

impl From<NotApplied> for Error {
    fn from(refused: NotApplied) -> Self {
        refused.error.into()
    }
}
