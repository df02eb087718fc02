//! Sessions: begun by a password, kept going by a refresh token or a browser's cookie, and ended.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::{AccessToken, Accounts, Authenticated, SignIn};
use crate::error::Error;
use crate::ids::{SessionId, UserId};
use crate::limiter::Attempt;
use crate::limits::Usage;
use crate::password::Password;
use crate::session::{Client, Lifetimes, RefreshToken, Session, SessionSecret};
use crate::store::{Credentials, Rotated, Rotation};
use crate::token::Claims;
use crate::user::{LoginName, User};

/// A browser's session is renewed when it was last renewed this long ago: often enough to tell in
/// a list of sessions which are in use, and seldom enough to cost nothing.
const RENEW_AFTER: TimeDelta = TimeDelta::hours(1);

impl Accounts {
    /// Begins a session.
    ///
    /// Somebody unknown and a wrong password look the same and take the same work.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::SecondFactorRequired`] when they have a second factor and
    /// the password was right, [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn log_in(&self, login: &str, password: Password, client: &Client) -> Result<SignIn, Error> {
        self.log_in_by(login, password, None, client).await
    }

    /// The same with what somebody with a second factor has: a code of their device, or one of
    /// their recovery codes. It is not looked at when they have none.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::WrongCode`] when the password was right,
    /// [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn log_in_with_code(
        &self,
        login: &str,
        password: Password,
        code: &str,
        client: &Client,
    ) -> Result<SignIn, Error> {
        self.log_in_by(login, password, Some(code), client).await
    }

    async fn log_in_by(
        &self,
        login: &str,
        password: Password,
        code: Option<&str>,
        client: &Client,
    ) -> Result<SignIn, Error> {
        let login = LoginName::parse(login);
        let known = self.users.find_by_login(&login).await?;
        // However an account is called, its tries are counted together.
        let subject = known.as_ref().map_or_else(|| login.as_str().to_owned(), |known| known.user.id.to_string());
        self.guarded(client, &subject, self.log_in_as(&login, known, password, code, client)).await
    }

    async fn log_in_as(
        &self,
        login: &LoginName,
        mut known: Option<Credentials>,
        password: Password,
        code: Option<&str>,
        client: &Client,
    ) -> Result<SignIn, Error> {
        let mut has_passed = false;
        loop {
            let (proven, is_outdated) = self.prove(known, &password).await?;
            if proven.user.two_factor && !has_passed {
                self.pass(proven.user.id, code).await?;
                // It is used up, and good for the next round too.
                has_passed = true;
            }
            let Some(signed_in) = self.begin_session(&proven, client).await? else {
                // Their hash has been replaced since it was read: the next round compares with the
                // new one.
                known = self.users.find_by_login(login).await?;
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

    async fn begin_session(&self, proven: &Credentials, client: &Client) -> Result<Option<SignIn>, Error> {
        let (now, user) = (self.clock.now(), &proven.user);
        let session = Session {
            id: SessionId::from_uuid(self.ids.id(now)),
            user: user.id,
            created_at: now,
            last_used_at: now,
            expires_at: self.lifetimes.session_end(now, now),
            client: client.agent().to_owned(),
        };
        let secret = self.secret()?;
        if !self.sessions.insert(&session, &secret, &proven.hash, self.max_sessions).await? {
            return Ok(None);
        }
        self.sign_in(user.clone(), session, secret, now).map(Some)
    }

    /// Spends a refresh token for a new pair.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when it is not good, [`Error::RefreshReused`] when it was spent
    /// before, [`Error::RefreshInProgress`] when another request was faster, [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<SignIn, Error> {
        self.throttle.take(Attempt::Token, client.address, "").await?;
        let RefreshToken { user, session, secret } = token.parse().map_err(|_| Error::Unauthenticated)?;
        let now = self.clock.now();
        let Lifetimes { idle, absolute, grace, .. } = self.lifetimes;
        let next = secret.renewed(self.ids.secret().map_err(Error::internal)?);
        let rotation = Rotation { user, session, shown: secret, next, now, idle, absolute, grace };
        match self.sessions.rotate(&rotation).await? {
            Rotated::Renewed(user, session) => self.sign_in(user, session, rotation.next.clone(), now),
            Rotated::InProgress => Err(Error::RefreshInProgress),
            Rotated::Reused => Err(Error::RefreshReused),
            Rotated::Unknown => Err(Error::Unauthenticated),
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
