//! The use cases of people: register, log in, stay in, change, leave.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::api_token::{API_TOKENS_DEFAULT, ApiTokenRepository};
use crate::clock::Clock;
use crate::error::{Current, Error, FieldErrors, Violation};
use crate::goals::Expected;
use crate::ids::{IdSource, SessionId, UserId};
use crate::limits::Usage;
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, PasswordPolicy, Verdict};
use crate::session::{Lifetimes, RefreshToken, Session, SessionSecret, client};
use crate::store::{AccountStore, Credentials, Rotated, Rotation, SessionRepository, UserRepository};
use crate::token::{Claims, TokenCodec};
use crate::user::{LoginName, User, UserPatch};

/// How many sessions a user may have when nothing else is said.
const SESSIONS_DEFAULT: u32 = 50;
/// A browser's session is renewed when it was last renewed this long ago: often enough to tell in
/// a list of sessions which are in use, and seldom enough to cost nothing.
const RENEW_AFTER: TimeDelta = TimeDelta::hours(1);

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
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenCodec>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) policy: PasswordPolicy,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) max_sessions: u32,
    pub(crate) max_api_tokens: u32,
}

impl Accounts {
    /// Accounts in one store, with the default settings.
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
            api_tokens: store,
            hasher,
            tokens,
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

    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::UsernameTaken`],
    /// [`Error::EmailTaken`], [`Error::Unavailable`].
    pub async fn register(&self, registration: Registration) -> Result<User, Error> {
        let now = self.clock.now();
        let user = self.judge(&registration, UserId::from_uuid(self.ids.id(now)), now)?;
        let hash = self.hash(registration.password).await?;
        self.users.insert(&user, &hash).await?;
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
        Ok(User { id, username, email, locale, time_zone, version: 1, created_at: now, updated_at: now })
    }

    fn check_password(&self, password: &Password, username: &str, email: &str) -> Result<(), Violation> {
        let hints: Vec<_> = [username].into_iter().chain(email.split(['@', '.'])).collect();
        self.policy.check(password, &hints)
    }

    /// Begins a session. `client` is the program in use as it calls itself; what is too long of it
    /// is cut.
    ///
    /// Somebody unknown and a wrong password look the same and take the same work.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::Unavailable`].
    pub async fn log_in(&self, login: &str, password: Password, client: &str) -> Result<SignIn, Error> {
        let login = LoginName::parse(login);
        loop {
            let known = self.users.find_by_login(&login).await?;
            let (proven, is_outdated) = self.prove(known, &password).await?;
            let Some(signed_in) = self.begin_session(&proven, client).await? else {
                // Their hash has been replaced since it was read: the next round compares with the
                // new one.
                continue;
            };
            if is_outdated {
                // That it could not be renewed is no reason to refuse; the next log-in tries again.
                let _ = self.renew_hash(&proven, password).await;
            }
            return Ok(signed_in);
        }
    }

    async fn renew_hash(&self, proven: &Credentials, password: Password) -> Result<(), Error> {
        let hash = self.hash(password).await?;
        Ok(self.users.rehash(proven.user.id, &proven.hash, &hash).await?)
    }

    async fn begin_session(&self, proven: &Credentials, agent: &str) -> Result<Option<SignIn>, Error> {
        let (now, user) = (self.clock.now(), &proven.user);
        let session = Session {
            id: SessionId::from_uuid(self.ids.id(now)),
            user: user.id,
            created_at: now,
            last_used_at: now,
            expires_at: self.lifetimes.session_end(now, now),
            client: client(agent),
        };
        let secret = self.secret()?;
        if !self.sessions.insert(&session, &secret, &proven.hash, self.max_sessions).await? {
            return Ok(None);
        }
        self.sign_in(user.clone(), session, secret, now).map(Some)
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

    /// Spends a refresh token for a new pair.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when it is not good, [`Error::RefreshInProgress`] when another
    /// request was faster, [`Error::Unavailable`].
    pub async fn refresh(&self, token: &str) -> Result<SignIn, Error> {
        let RefreshToken { user, session, secret } = token.parse().map_err(|_| Error::Unauthenticated)?;
        let now = self.clock.now();
        let Lifetimes { idle, absolute, grace, .. } = self.lifetimes;
        let next = secret.renewed(self.ids.secret().map_err(Error::internal)?);
        let rotation = Rotation { user, session, shown: secret, next, now, idle, absolute, grace };
        match self.sessions.rotate(&rotation).await? {
            Rotated::Renewed(user, session) => self.sign_in(user, session, rotation.next.clone(), now),
            Rotated::InProgress => Err(Error::RefreshInProgress),
            Rotated::Reused | Rotated::Unknown => Err(Error::Unauthenticated),
        }
    }

    /// Who shows this access token, when their session lives; asks the store, so that a session
    /// that was ended is over at once.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::Unavailable`].
    pub async fn authenticate(&self, token: &str) -> Result<Authenticated, Error> {
        let now = self.clock.now();
        let claims = self.tokens.decode(token, now).map_err(|_| Error::Unauthenticated)?;
        let found = self.sessions.find(claims.user, claims.session, now).await?;
        let (user, session) = found.ok_or(Error::Unauthenticated)?;
        Ok(Authenticated { user, session })
    }

    /// A token for a browser's cookie: it lives as long as the session, for the session is looked
    /// up at every request.
    ///
    /// # Errors
    /// [`Error::Internal`] when it cannot be sealed.
    pub fn browser_token(&self, session: &Session) -> Result<AccessToken, Error> {
        self.seal(session, self.clock.now(), session.expires_at)
    }

    /// A new token for a browser's cookie when it is time to renew the session, which then lives
    /// on; any number of requests may ask at the same time.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew(&self, who: &Authenticated) -> Result<Option<AccessToken>, Error> {
        let now = self.clock.now();
        if now - who.session.last_used_at < RENEW_AFTER {
            return Ok(None);
        }
        let expires_at = self.lifetimes.session_end(who.session.created_at, now);
        let is_alive = self.sessions.extend(who.user.id, who.session.id, now, expires_at).await?;
        if is_alive { self.seal(&who.session, now, expires_at).map(Some) } else { Ok(None) }
    }

    /// The living sessions of a user, the last used first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, Error> {
        Ok(self.sessions.list(user, self.clock.now()).await?)
    }

    /// How many sessions a user may have, and has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn session_usage(&self, user: UserId) -> Result<Usage, Error> {
        let sessions = self.sessions(user).await?;
        Ok(Usage { max: self.max_sessions.into(), used: sessions.len() as u64 })
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn end_session(&self, user: UserId, session: SessionId) -> Result<(), Error> {
        if self.sessions.end(user, session).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Ends all sessions of a user and says how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_all_sessions(&self, user: UserId) -> Result<u64, Error> {
        Ok(self.sessions.end_all(user).await?)
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
            let next = patch.apply(&user, self.clock.now())?;
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
    /// one, [`Error::Unavailable`].
    pub async fn change_password(&self, who: &Authenticated, present: Password, new: Password) -> Result<(), Error> {
        let user = &who.user;
        self.check_password(&new, user.username.as_str(), user.email.as_str())
            .map_err(|violation| Error::field("/new_password", violation))?;
        let hash = self.hash(new).await?;
        loop {
            let (known, _) = self.prove(Some(self.credentials(user.id).await?), &present).await?;
            if self.users.change_password(user.id, &known.hash, &hash, who.session.id).await? {
                return Ok(());
            }
            // Replaced since it was read: the next round compares with the new one.
        }
    }

    /// Removes an account and everything of its user, once the password proves that it is theirs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn delete(&self, id: UserId, password: Password) -> Result<(), Error> {
        loop {
            let (known, _) = self.prove(Some(self.credentials(id).await?), &password).await?;
            if self.users.delete(id, &known.hash).await? {
                return Ok(());
            }
            // Replaced since it was read, or gone: the next round sees which.
        }
    }

    pub(crate) async fn credentials(&self, id: UserId) -> Result<Credentials, Error> {
        self.users.find(id).await?.ok_or(Error::NotFound)
    }

    async fn hash(&self, password: Password) -> Result<PasswordHash, Error> {
        self.hasher.hash(password).await.map_err(hash_error)
    }

    fn secret(&self) -> Result<SessionSecret, Error> {
        self.ids.secret().map(SessionSecret::new).map_err(Error::internal)
    }

    fn sign_in(
        &self,
        user: User,
        session: Session,
        secret: SessionSecret,
        now: DateTime<Utc>,
    ) -> Result<SignIn, Error> {
        let expires_at = (now + self.lifetimes.access).min(session.expires_at);
        let access = self.seal(&session, now, expires_at)?;
        let refresh = RefreshToken { user: user.id, session: session.id, secret };
        Ok(SignIn { user, session, access, refresh })
    }

    fn seal(&self, session: &Session, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<AccessToken, Error> {
        let (issued_at, expires_at) = (now.trunc_subsecs(0), expires_at.trunc_subsecs(0));
        let claims = Claims { user: session.user, session: session.id, issued_at, expires_at };
        let token = self.tokens.encode(&claims).map_err(Error::internal)?;
        Ok(AccessToken { token, expires_at })
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
