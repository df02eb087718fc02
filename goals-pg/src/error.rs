//! What an error of the database means: the one place that knows SQLSTATEs and the names of
//! constraints.

use std::error::Error as _;
use std::{fmt, io};

use goals_core::{BoxError, StoreError};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// What the server said, in one line and without the rows that it repeats in details, hints and
/// contexts ("Failing row contains (...)"): errors are logged, and rows hold secrets.
///
/// A message may quote too, but only a value that was sent as text and is not of its type; every
/// parameter of ours is sent in the binary form of its type.
#[derive(Debug, thiserror::Error)]
#[error("{severity} {}: {message}{}", code.code(), Named(constraint.as_deref()))]
struct ServerError {
    severity: String,
    code: SqlState,
    message: String,
    constraint: Option<String>,
}

impl ServerError {
    fn of(error: &DbError) -> Self {
        let line = |text: &str| text.replace(char::is_control, " ");
        Self {
            severity: line(error.severity()),
            code: error.code().clone(),
            message: line(error.message()),
            constraint: error.constraint().map(line),
        }
    }
}

/// The name of a constraint behind a message.
struct Named<'a>(Option<&'a str>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, " (constraint {name})"))
    }
}

/// A constraint whose violation means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// The id of a user, a session, a token or a goal is in use.
    Id,
    /// Somebody logs in with this name.
    LoginClaim,
    /// An open goal says the same.
    OpenTitle,
    /// A goal has another as its parent.
    Parent,
    /// Something was made under this idempotency key.
    Key,
    /// The owner has no counter.
    Counter,
    /// There is no permit left to take.
    EmptyBucket,
    /// The counter has reached its limit.
    GoalLimit,
}

/// The constraint that was violated, if that is what happened.
///
/// A distributed `PostgreSQL` appends the number of a shard to the name and does not say it apart,
/// so it is looked for in the message, which holds it in every language.
pub(crate) fn violated(error: &Error) -> Option<Constraint> {
    const NAMES: &[(&SqlState, &str, Constraint)] = &[
        (&SqlState::UNIQUE_VIOLATION, "users_pk", Constraint::Id),
        (&SqlState::UNIQUE_VIOLATION, "sessions_pk", Constraint::Id),
        (&SqlState::UNIQUE_VIOLATION, "api_tokens_pk", Constraint::Id),
        (&SqlState::UNIQUE_VIOLATION, "goals_pk", Constraint::Id),
        (&SqlState::UNIQUE_VIOLATION, "check_ins_pk", Constraint::Id),
        (&SqlState::UNIQUE_VIOLATION, "login_claims_pk", Constraint::LoginClaim),
        (&SqlState::UNIQUE_VIOLATION, "goals_open_title_uk", Constraint::OpenTitle),
        (&SqlState::UNIQUE_VIOLATION, "idempotency_keys_pk", Constraint::Key),
        (&SqlState::FOREIGN_KEY_VIOLATION, "goals_usage_fk", Constraint::Counter),
        (&SqlState::FOREIGN_KEY_VIOLATION, "goals_parent_fk", Constraint::Parent),
        (&SqlState::CHECK_VIOLATION, "throttle_full_ck", Constraint::EmptyBucket),
        (&SqlState::CHECK_VIOLATION, "usage_goals_ck", Constraint::GoalLimit),
    ];
    let error = error.as_db_error()?;
    let is_meant = |(state, name, _): &&(&SqlState, &str, _)| error.code() == *state && error.message().contains(name);
    NAMES.iter().find(is_meant).map(|(_, _, constraint)| *constraint)
}

/// An error that says nothing about the data.
pub(crate) fn store_error(error: Error) -> StoreError {
    if is_transient(&error) {
        StoreError::Unavailable(without_rows(error))
    } else {
        StoreError::Backend(without_rows(error))
    }
}

/// The error as it may leave the crate.
pub(crate) fn without_rows(error: Error) -> BoxError {
    let said = error.as_db_error().map(ServerError::of);
    said.map_or_else(|| error.into(), Into::into)
}

/// What is stored is not what this program writes.
pub(crate) fn unreadable(error: impl Into<BoxError>) -> StoreError {
    StoreError::Backend(error.into().downcast().map_or_else(|error| error, |error| without_rows(*error)))
}

/// Whether the same call may succeed at once when it is made again: the server undid it because
/// of others who ran at the same time.
pub(crate) fn is_retryable(error: &StoreError) -> bool {
    let StoreError::Unavailable(source) = error else { return false };
    let undone = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    source.downcast_ref::<ServerError>().is_some_and(|said| undone.contains(&said.code))
}

/// Whether the connection that met this error can serve others.
pub(crate) fn is_fit(error: &Error) -> bool {
    error.as_db_error().is_some() && !is_transient(error)
}

fn is_transient(error: &Error) -> bool {
    if let Some(code) = error.code() {
        // Connection exceptions, rollbacks for the sake of others, insufficient resources,
        // interventions (a statement over its time among them), a standby that does not take
        // writes, a lock that did not come.
        return ["08", "40", "53", "57", "25006", "55P03"].iter().any(|class| code.code().starts_with(class));
    }
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    // The library says with these kinds that a message could not be written or read.
    let is_format = |kind| matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData);
    error.is_closed() || source.is_some_and(|io| !is_format(io.kind()))
}
