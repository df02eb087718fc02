//! Access tokens: what they say, and the port that seals and opens them.

use chrono::{DateTime, Utc};

use crate::error::BoxError;
use crate::ids::{SessionId, UserId};

/// What an access token says. No personal data: a token may end up in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Who.
    pub user: UserId,
    /// In which session; the token is worth nothing once that has ended.
    pub session: SessionId,
    /// Since when, in whole seconds.
    pub issued_at: DateTime<Utc>,
    /// Until when, in whole seconds.
    pub expires_at: DateTime<Utc>,
}

/// Why a token was not sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Forged, expired, or not a token of ours; which of these is for logs alone.
    #[error("the token is not valid")]
    Invalid(#[source] BoxError),
    /// It could not be sealed.
    #[error("the token could not be sealed")]
    Failed(#[source] BoxError),
}

/// The port that seals access tokens and opens them.
///
/// An implementation MUST pin one algorithm and MUST check signature, issuer, audience and times,
/// the times against the `now` it is given.
#[cfg_attr(feature = "test-support", mockall::automock)]
pub trait TokenCodec: Send + Sync + std::fmt::Debug {
    /// Seals `claims`.
    ///
    /// # Errors
    /// [`TokenError::Failed`].
    fn encode(&self, claims: &Claims) -> Result<String, TokenError>;

    /// Opens a token.
    ///
    /// # Errors
    /// [`TokenError::Invalid`].
    fn decode(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError>;

    /// The public keys with which others can open tokens, as a JSON Web Key Set
    /// ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517#section-5)); `None` when it takes a secret.
    fn key_set(&self) -> Option<String>;
}
