//! The use cases of people: register, log in, stay in, change, leave.

mod sessions;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::api_token::{API_TOKENS_DEFAULT, ApiTokenRepository};
use crate::clock::Clock;
use crate::draft::Change;
use crate::error::{Current, Error, FieldErrors, Violation};
use crate::goals::Expected;
use crate::ids::{IdSource, UserId};
use crate::limiter::{Attempt, ProcessLimiter, RateLimiter, Throttle};
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, PasswordPolicy, Verdict};
use crate::recovery::{LinkRepository, Mail};
use crate::second_factor::{OneTimeCodes, SecondFactorRepository};
use crate::session::{Client, Lifetimes, RefreshToken, Session};
use crate::store::{AccountStore, Credentials, SessionRepository, UserRepository};
use crate::token::TokenCodec;
use crate::user::{User, UserPatch};

/// How many sessions a user may have when nothing else is said.
const SESSIONS_DEFAULT: u32 = 50;

/// What somebody gives to get an account, as they typed it.
#[derive(Debug)]
pub struct Registration {
    /// See [`Username`](crate::Username).
    pub username: String,
    /// See [`EmailAddress`](crate::EmailAddress).
    pub email: String,
    /// Judged by the [`PasswordPolicy`].
    pub password: Password,
    /// See [`Locale`](crate::Locale); `en` when none is given.
    pub locale: Option<String>,
    /// See [`TimeZone`](crate::TimeZone); `UTC` when none is given.
    pub time_zone: Option<String>,
}

/// An access token, until when it lives, and nothing of it in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// What a client shows.
    pub token: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What a client gets for logging in, or for a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Who signed in.
    pub user: User,
    /// Their session.
    pub session: Session,
    /// For the next requests.
    pub access: AccessToken,
    /// For the next pair of tokens.
    pub refresh: RefreshToken,
}

/// Who makes a request, as their token and the store say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who.
    pub user: User,
    /// In which session.
    pub session: Session,
}

/// Everything that people do with their accounts.
///
/// Cheap to clone; clones share the store and the settings.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) sessions: Arc<dyn SessionRepository>,
    pub(crate) api_tokens: Arc<dyn ApiTokenRepository>,
    pub(crate) second_factors: Arc<dyn SecondFactorRepository>,
    pub(crate) codes: Option<Arc<dyn OneTimeCodes>>,
    pub(crate) links: Arc<dyn LinkRepository>,
    pub(crate) mail: Option<Mail>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenCodec>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) policy: PasswordPolicy,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) max_sessions: u32,
    pub(crate) max_api_tokens: u32,
    pub(crate) throttle: Throttle,
}

impl Accounts {
    /// Accounts in one store, with the default settings. Attempts are bounded in this process; where
    /// there are several, give them a [`RateLimiter`] that they share.
    pub fn new<S>(
        store: Arc<S>,
        hasher: Arc<dyn PasswordHasher>,
        tokens: Arc<dyn TokenCodec>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self
    where
        S: AccountStore + 'static,
    {
        Self {
            users: Arc::clone(&store) as Arc<dyn UserRepository>,
            sessions: Arc::clone(&store) as Arc<dyn SessionRepository>,
            api_tokens: Arc::clone(&store) as Arc<dyn ApiTokenRepository>,
            second_factors: Arc::clone(&store) as Arc<dyn SecondFactorRepository>,
            links: store,
            mail: None,
            codes: None,
            hasher,
            tokens,
            throttle: Throttle::new(Some(Arc::new(ProcessLimiter::new())), Arc::clone(&clock)),
            clock,
            ids,
            policy: PasswordPolicy::default(),
            lifetimes: Lifetimes::default(),
            max_sessions: SESSIONS_DEFAULT,
            max_api_tokens: API_TOKENS_DEFAULT,
        }
    }

    /// The same with another password policy.
    #[must_use]
    pub fn with_password_policy(self, policy: PasswordPolicy) -> Self {
        Self { policy, ..self }
    }

    /// The same with other lifetimes.
    #[must_use]
    pub fn with_lifetimes(self, lifetimes: Lifetimes) -> Self {
        Self { lifetimes, ..self }
    }

    /// The same with another number of sessions per user; at least one.
    #[must_use]
    pub fn with_max_sessions(self, max_sessions: u32) -> Self {
        Self { max_sessions: max_sessions.max(1), ..self }
    }

    /// The same with attempts counted by `limiter`, or not bounded at all.
    #[must_use]
    pub fn with_rate_limiter(self, limiter: Option<Arc<dyn RateLimiter>>) -> Self {
        Self { throttle: Throttle::new(limiter, Arc::clone(&self.clock)), ..self }
    }

    /// The password policy in force.
    #[must_use]
    pub fn password_policy(&self) -> PasswordPolicy {
        self.policy
    }

    /// How many sessions a user may have.
    #[must_use]
    pub fn max_sessions(&self) -> u32 {
        self.max_sessions
    }

    /// The public keys with which others can open access tokens; see [`TokenCodec::key_set`].
    #[must_use]
    pub fn key_set(&self) -> Option<String> {
        self.tokens.key_set()
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::UsernameTaken`],
    /// [`Error::EmailTaken`], [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn register(&self, registration: Registration, client: &Client) -> Result<User, Error> {
        let now = self.clock.now();
        let user = self.judge(&registration, UserId::from_uuid(self.ids.id(now)), now)?;
        self.throttle.take(Attempt::Registration, client.address, "").await?;
        let hash = self.hash(registration.password).await?;
        self.users.insert(&user, &hash).await?;
        self.welcome(&user).await;
        Ok(user)
    }

    /// Judges a registration without making an account.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self, registration: &Registration) -> Result<(), FieldErrors> {
        let nobody = UserId::from_uuid(uuid::Uuid::nil());
        self.judge(registration, nobody, DateTime::UNIX_EPOCH).map(|_| ())
    }

    fn judge(&self, given: &Registration, id: UserId, now: DateTime<Utc>) -> Result<User, FieldErrors> {
        let mut errors = FieldErrors::new();
        let username = errors.check("/username", given.username.parse());
        let email = errors.check("/email", given.email.parse());
        errors.check("/password", self.check_password(&given.password, &given.username, &given.email));
        let locale = errors.check("/locale", parse_or_default(given.locale.as_deref()));
        let time_zone = errors.check("/time_zone", parse_or_default(given.time_zone.as_deref()));
        errors.into_result()?;
        let (Some(username), Some(email), Some(locale), Some(time_zone)) = (username, email, locale, time_zone) else {
            // A value is missing only where an error was noted, and those have been answered.
            return Err(FieldErrors::new());
        };
        Ok(User {
            id,
            username,
            email,
            email_verified_at: None,
            pending_email: None,
            two_factor: false,
            locale,
            time_zone,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    pub(crate) fn check_password(&self, password: &Password, username: &str, email: &str) -> Result<(), Violation> {
        let hints: Vec<_> = [username].into_iter().chain(email.split(['@', '.'])).collect();
        self.policy.check(password, &hints)
    }

    /// The credentials, when `password` proves them, and whether their hash is outdated.
    pub(crate) async fn prove(
        &self,
        known: Option<Credentials>,
        password: &Password,
    ) -> Result<(Credentials, bool), Error> {
        let hash = known.as_ref().map(|known| known.hash.clone());
        let verdict = self.hasher.verify(password.again(), hash).await.map_err(hash_error)?;
        let known = known.filter(|_| verdict != Verdict::Wrong).ok_or(Error::BadCredentials)?;
        Ok((known, verdict == Verdict::RightButOutdated))
    }

    /// Changes a user's own data.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::UsernameTaken`], [`Error::EmailTaken`], [`Error::Stale`] with
    /// the user as they are now, [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn update(&self, id: UserId, expected: Expected, patch: &UserPatch) -> Result<User, Error> {
        patch.validate()?;
        loop {
            let Credentials { user, .. } = self.credentials(id).await?;
            if !expected.allows(user.version) {
                return Err(Error::Stale(Current::User(Box::new(user))));
            }
            let mut next = patch.apply(&user, self.clock.now())?;
            if patch.email != Change::Keep {
                self.settle_email(&user, &mut next).await?;
                // Of the addresses another one may have changed, or none at all.
                next = user.followed_by(next, self.clock.now());
            }
            if next.version == user.version || self.users.update(&next, user.version).await? {
                return Ok(next);
            }
            // Somebody was faster: the next round reads their version and judges it.
        }
    }

    /// Gives a user another password and ends all their other sessions.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a bad new password, [`Error::BadCredentials`] for a wrong present
    /// one, [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn change_password(
        &self,
        who: &Authenticated,
        present: Password,
        new: Password,
        client: &Client,
    ) -> Result<(), Error> {
        let user = &who.user;
        self.check_password(&new, user.username.as_str(), user.email.as_str())
            .map_err(|violation| Error::field("/new_password", violation))?;
        let change = async {
            let hash = self.hash(new).await?;
            loop {
                let (known, _) = self.prove(Some(self.credentials(user.id).await?), &present).await?;
                if self.users.change_password(user.id, &known.hash, &hash, who.session.id).await? {
                    return Ok(());
                }
                // Replaced since it was read: the next round compares with the new one.
            }
        };
        self.guarded(client, &user.id.to_string(), change).await
    }

    /// Removes an account and everything of its user, once the password proves that it is theirs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::NotFound`], [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn delete(&self, id: UserId, password: Password, client: &Client) -> Result<(), Error> {
        let deletion = async {
            loop {
                let (known, _) = self.prove(Some(self.credentials(id).await?), &password).await?;
                if self.users.delete(id, &known.hash).await? {
                    return Ok(());
                }
                // Replaced since it was read, or gone: the next round sees which.
            }
        };
        self.guarded(client, &id.to_string(), deletion).await
    }

    /// Forgets what is of no use any more; to be called every few minutes where attempts are
    /// counted by a store. Says how much that was.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn clean_up(&self) -> Result<u64, Error> {
        let links = self.links.forget_expired(self.clock.now()).await?;
        Ok(links + self.throttle.forget_full().await?)
    }

    /// Lets `client` try to prove with a password, or anything else that can be guessed, that
    /// `subject` is theirs; only a refusal with [`Error::BadCredentials`]
    /// or [`Error::WrongCode`] counts.
    pub(crate) async fn guarded<T>(
        &self,
        client: &Client,
        subject: &str,
        attempt: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let permit = self.throttle.take(Attempt::Password, client.address, subject).await?;
        let outcome = attempt.await;
        if !matches!(outcome, Err(Error::BadCredentials | Error::WrongCode)) {
            permit.give_back().await;
        }
        outcome
    }

    pub(crate) async fn credentials(&self, id: UserId) -> Result<Credentials, Error> {
        self.users.find(id).await?.ok_or(Error::NotFound)
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        self.hasher.hash(password).await.map_err(hash_error)
    }
}

fn hash_error(error: HashError) -> Error {
    match error {
        HashError::Busy => Error::Unavailable(error.into()),
        HashError::Failed(_) => Error::internal(error),
    }
}

fn parse_or_default<T: FromStr<Err = Violation> + Default>(raw: Option<&str>) -> Result<T, Violation> {
    raw.map_or_else(|| Ok(T::default()), str::parse)
}
