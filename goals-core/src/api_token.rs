//! API tokens: how a script shows whose it is, without a password and without a session.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::accounts::{Accounts, Authenticated};
use crate::error::{Error, FieldErrors, Violation};
use crate::ids::{ApiTokenId, SessionId, UserId};
use crate::limits::Usage;
use crate::password::Password;
use crate::session::Client;
use crate::store::StoreError;
use crate::text::line;
use crate::ticket::{Ticket, TicketSecret};
use crate::user::User;
use crate::words::words;

/// What every API token begins with, so that scanners for leaked secrets can find it: it and 80
/// characters `0-9a-v`.
pub const API_TOKEN_PREFIX: &str = "goals_";
/// The most characters of [`ApiToken::name`].
pub const API_TOKEN_NAME_MAX: usize = 100;
/// The most days that an API token lives.
pub const API_TOKEN_DAYS_MAX: u32 = 366;
/// How many days an API token lives when nothing else is said.
pub const API_TOKEN_DAYS_DEFAULT: u32 = 90;
/// How many API tokens a user may have when nothing else is said.
pub(crate) const API_TOKENS_DEFAULT: u32 = 50;

/// A last use is written down when the one that is written down is this long ago, so that a busy
/// script costs a read a request and not a write.
pub const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

words! {
    /// What an API token is good for.
    pub enum Scope {
        /// To look at everything that is the user's own, but for their account.
        Read = "read",
        /// To change it too.
        Write = "write",
    }
}

/// An API token, as its user sees it: without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Unique together with `user`.
    pub id: ApiTokenId,
    /// Whose it is.
    pub user: UserId,
    /// What they call it: 1 to [`API_TOKEN_NAME_MAX`] characters on one line.
    pub name: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to [`USE_NOTED_EVERY`].
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What somebody asks for, as they typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenDraft {
    /// See [`ApiToken::name`].
    pub name: String,
    /// What it is to be good for.
    pub scope: Scope,
    /// How many days it is to live, 1 to [`API_TOKEN_DAYS_MAX`]; [`API_TOKEN_DAYS_DEFAULT`] when
    /// nothing is said.
    pub days: Option<i64>,
}

impl ApiTokenDraft {
    /// Judges the draft.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        self.judge().map(|_| ())
    }

    fn judge(&self) -> Result<(String, TimeDelta), FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.check("/name", line(&self.name, API_TOKEN_NAME_MAX));
        let days = self.days.unwrap_or(API_TOKEN_DAYS_DEFAULT.into());
        if !(1..=API_TOKEN_DAYS_MAX.into()).contains(&days) {
            errors.push("/expires_in_days", Violation::OutOfRange { min: 1, max: API_TOKEN_DAYS_MAX.into() });
        }
        errors.into_result()?;
        Ok((name.unwrap_or_default(), TimeDelta::days(days)))
    }
}

/// Where API tokens are kept.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait ApiTokenRepository: Send + Sync + std::fmt::Debug {
    /// Adds a token that is asked for in `session`, after removing those of this user that have
    /// expired when it is made. There are never more than `max` of one user. `false` when the
    /// session has ended: who is thrown out leaves nothing behind that lets them in.
    ///
    /// # Errors
    /// [`StoreError::LimitReached`]; [`StoreError::IdTaken`] when this user has a token with this
    /// id.
    async fn insert(
        &self,
        token: &ApiToken,
        secret: &TicketSecret,
        session: SessionId,
        max: u32,
    ) -> Result<bool, StoreError>;

    /// The token that `shown` proves, unless it has expired at `now`, and its user. Its last use is
    /// `now` then, when the one that is kept is [`USE_NOTED_EVERY`] or longer ago.
    ///
    /// # Errors
    /// The store's own.
    async fn authenticate(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<(User, ApiToken)>, StoreError>;

    /// The tokens of a user that have not expired at `now`, the newest first.
    ///
    /// # Errors
    /// The store's own.
    async fn list(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<ApiToken>, StoreError>;

    /// Removes a token; `false` when there is none.
    ///
    /// # Errors
    /// The store's own.
    async fn revoke(&self, user: UserId, id: ApiTokenId) -> Result<bool, StoreError>;
}

impl Accounts {
    /// How many API tokens a user may have.
    #[must_use]
    pub fn max_api_tokens(&self) -> u32 {
        self.max_api_tokens
    }

    /// The same with another number of API tokens per user.
    #[must_use]
    pub fn with_max_api_tokens(self, max_api_tokens: u32) -> Self {
        Self { max_api_tokens, ..self }
    }

    /// Makes an API token and gives it together with what a script is to show, which nobody can
    /// find out later.
    ///
    /// It goes on living when its user changes their password, and ends when they reset it, for
    /// then the account may have been somebody else's for a while.
    ///
    /// The password is needed unless they have signed in within
    /// [`RECENT_SIGN_IN`](crate::RECENT_SIGN_IN).
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::BadCredentials`], [`Error::LimitReached`],
    /// [`Error::Unauthenticated`] when the session has ended, [`Error::Throttled`],
    /// [`Error::Unavailable`].
    pub async fn create_api_token(
        &self,
        who: &Authenticated,
        draft: &ApiTokenDraft,
        password: Option<Password>,
        client: &Client,
    ) -> Result<(ApiToken, String), Error> {
        let (name, lifetime) = draft.judge()?;
        self.confirm(who, password, client).await?;
        let now = self.clock.now();
        let token = ApiToken {
            id: ApiTokenId::from_uuid(self.ids.id(now)),
            user: who.user.id,
            name,
            scope: draft.scope,
            created_at: now,
            expires_at: now + lifetime,
            last_used_at: None,
        };
        let secret = TicketSecret::new(self.ids.secret().map_err(Error::internal)?);
        if !self.api_tokens.insert(&token, &secret, who.session.id, self.max_api_tokens).await? {
            return Err(Error::Unauthenticated);
        }
        let shown = Ticket { user: token.user, id: token.id.as_uuid(), secret };
        Ok((token, format!("{API_TOKEN_PREFIX}{}", shown.expose())))
    }

    /// Whose API token this is, and the token; asks the store, so that a revoked one is over at
    /// once.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::Unavailable`].
    pub async fn authenticate_api_token(&self, text: &str) -> Result<(User, ApiToken), Error> {
        let shown = text.strip_prefix(API_TOKEN_PREFIX).and_then(|ticket| ticket.parse().ok());
        let shown: Ticket = shown.ok_or(Error::Unauthenticated)?;
        self.api_tokens.authenticate(&shown, self.clock.now()).await?.ok_or(Error::Unauthenticated)
    }

    /// The API tokens of a user that have not expired, the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_tokens(&self, user: UserId) -> Result<Vec<ApiToken>, Error> {
        Ok(self.api_tokens.list(user, self.clock.now()).await?)
    }

    /// How many API tokens a user may have, and has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn api_token_usage(&self, user: UserId) -> Result<Usage, Error> {
        let tokens = self.api_tokens(user).await?;
        Ok(Usage { max: self.max_api_tokens.into(), used: tokens.len() as u64 })
    }

    /// Ends an API token of a user.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn revoke_api_token(&self, user: UserId, id: ApiTokenId) -> Result<(), Error> {
        if self.api_tokens.revoke(user, id).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}
