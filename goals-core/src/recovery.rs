//! Links that are good once: to another password, and to prove an e-mail address.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::accounts::{Accounts, Authenticated};
use crate::draft::Change;
use crate::error::Error;
use crate::goals::Expected;
use crate::ids::UserId;
use crate::limiter::Attempt;
use crate::mail::{Kind, Letter, Mailer};
use crate::password::{Password, PasswordHash};
use crate::session::Client;
use crate::store::{Credentials, StoreError};
use crate::ticket::{Ticket, TicketSecret};
use crate::user::{EmailAddress, LoginName, User, UserPatch};
use crate::words::words;

/// How long a link to another password is good.
pub const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// How long a link that proves an e-mail address is good.
pub const VERIFICATION_LIFETIME: TimeDelta = TimeDelta::days(1);
/// How many links of one kind somebody may have at once. No more letters are written than that,
/// whoever asks for them, and nobody can make the links of another useless by asking for new ones.
const LINKS: u32 = 3;

words! {
    /// What a link is good for.
    pub enum Purpose {
        /// To set another password.
        PasswordReset = "password_reset",
        /// To show that somebody reads the mail of an address.
        EmailVerification = "email_verification",
    }
}

/// What a link is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose it is, and what proves it.
    pub ticket: Ticket,
    /// What it is good for.
    pub purpose: Purpose,
    /// The address that it proves.
    pub email: Option<EmailAddress>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Where links are kept.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait LinkRepository: Send + Sync + std::fmt::Debug {
    /// Keeps a link, unless its user has `max` of this purpose that have not expired at `now`:
    /// there are never more. `false` when they have, or there is no such user; that MUST take the
    /// same work, so that the time does not tell who is known.
    ///
    /// # Errors
    /// The store's own.
    async fn issue(&self, link: &Link, now: DateTime<Utc>, max: u32) -> Result<bool, StoreError>;

    /// Whose link to another password this is, while it is good. It stays good.
    ///
    /// # Errors
    /// The store's own.
    async fn find(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// Uses up a link to another password: the hash is replaced, and all sessions, API tokens and
    /// other such links of the user end. `false` when it is not good; of callers who use it at the
    /// same time exactly one hears `true`.
    ///
    /// # Errors
    /// The store's own.
    async fn reset_password(&self, shown: &Ticket, hash: &PasswordHash, now: DateTime<Utc>)
    -> Result<bool, StoreError>;

    /// Uses up a link that proves an address: if that is the one that waits, it takes the place of
    /// the present one, and it is verified. The user as they are now; `None` when the link is not
    /// good, or the address is neither.
    ///
    /// # Errors
    /// [`StoreError::EmailTaken`], and the link stays good.
    async fn confirm_email(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// Removes links that have expired at `now`, of all users, and says how many.
    ///
    /// # Errors
    /// The store's own.
    async fn forget_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;
}

/// How people are written to.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    mailer: Arc<dyn Mailer>,
    page: String,
}

/// The address on `page` where somebody who has `token` sets another password. The token stands
/// behind `#`, which browsers send to nobody.
#[must_use]
pub fn reset_link(page: &str, token: &str) -> String {
    format!("{}/#/reset/{token}", page.trim_end_matches('/'))
}

fn verification_link(page: &str, token: &str) -> String {
    format!("{}/#/verify/{token}", page.trim_end_matches('/'))
}

impl Accounts {
    /// The same with letters to people: to set another password, to verify an address. `page` is
    /// where the web page is, as people reach it. A changed e-mail address waits until it is
    /// verified then; without letters it is in force at once.
    #[must_use]
    pub fn with_mailer(self, mailer: Arc<dyn Mailer>, page: impl Into<String>) -> Self {
        Self { mail: Some(Mail { mailer, page: page.into() }), ..self }
    }

    /// Whether people are written to.
    #[must_use]
    pub fn has_mailer(&self) -> bool {
        self.mail.is_some()
    }

    /// Writes to whoever has this address a letter with a link to another password. The answer is
    /// the same, and takes the same work, when nobody has it.
    ///
    /// # Errors
    /// [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn request_password_reset(&self, email: &EmailAddress, client: &Client) -> Result<(), Error> {
        let address = email.folded();
        self.throttle.take(Attempt::Message, client.address, &address).await?;
        let known = self.users.find_by_login(&LoginName::Email(address)).await?;
        let nobody = UserId::from_uuid(self.ids.id(self.clock.now()));
        let user = known.as_ref().map_or(nobody, |known| known.user.id);
        let token = self.issue(user, Purpose::PasswordReset, None, RESET_LIFETIME).await?;
        if let (Some(mail), Some(Credentials { user, .. }), Some(token)) = (&self.mail, known, token) {
            mail.mailer.post(Letter::new(Kind::Reset, &user, &user.email, &reset_link(&mail.page, &token)));
        }
        Ok(())
    }

    /// A token to set another password, for whoever runs the service to hand over: see
    /// [`reset_link`].
    ///
    /// # Errors
    /// [`Error::NotFound`] when nobody is called `login`, or they have as many links as they may;
    /// [`Error::Unavailable`].
    pub async fn password_reset_token(&self, login: &str) -> Result<String, Error> {
        let known = self.users.find_by_login(&LoginName::parse(login)).await?.ok_or(Error::NotFound)?;
        self.issue(known.user.id, Purpose::PasswordReset, None, RESET_LIFETIME).await?.ok_or(Error::NotFound)
    }

    /// Gives whoever has this link another password, and ends all their sessions and API tokens: the
    /// account may have been somebody else's for a while. A second factor stays in force.
    ///
    /// # Errors
    /// [`Error::LinkSpent`], [`Error::Invalid`] for a bad password, [`Error::Throttled`],
    /// [`Error::Unavailable`].
    pub async fn reset_password(&self, token: &str, new: Password, client: &Client) -> Result<(), Error> {
        self.throttle.take(Attempt::Token, client.address, "").await?;
        let shown: Ticket = token.parse().map_err(|_| Error::LinkSpent)?;
        let user = self.links.find(&shown, self.clock.now()).await?.ok_or(Error::LinkSpent)?;
        self.check_password(&new, user.username.as_str(), user.email.as_str())
            .map_err(|violation| Error::field("/new_password", violation))?;
        let hash = self.hash(new).await?;
        let is_reset = self.links.reset_password(&shown, &hash, self.clock.now()).await?;
        if is_reset { Ok(()) } else { Err(Error::LinkSpent) }
    }

    /// Writes to a user a letter with a link that verifies the address that waits, or the present
    /// one; none when there is nothing to verify.
    ///
    /// # Errors
    /// [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn request_email_verification(&self, user: &User, client: &Client) -> Result<(), Error> {
        self.throttle.take(Attempt::Message, client.address, &user.id.to_string()).await?;
        self.write_verification(user).await
    }

    async fn write_verification(&self, user: &User) -> Result<(), Error> {
        let unverified = user.email_verified_at.is_none().then_some(&user.email);
        let (Some(mail), Some(email)) = (&self.mail, user.pending_email.as_ref().or(unverified)) else { return Ok(()) };
        let purpose = Purpose::EmailVerification;
        if let Some(token) = self.issue(user.id, purpose, Some(email.clone()), VERIFICATION_LIFETIME).await? {
            mail.mailer.post(Letter::new(Kind::Verify, user, email, &verification_link(&mail.page, &token)));
        }
        Ok(())
    }

    /// Greets whoever has registered. That no letter could be written is no reason to refuse them;
    /// they can ask for another one.
    pub(crate) async fn welcome(&self, user: &User) {
        let _ = self.write_verification(user).await;
    }

    /// Verifies the address to which this link was sent.
    ///
    /// # Errors
    /// [`Error::LinkSpent`], [`Error::EmailTaken`] when somebody else was faster,
    /// [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn confirm_email(&self, token: &str, client: &Client) -> Result<User, Error> {
        self.throttle.take(Attempt::Token, client.address, "").await?;
        let shown: Ticket = token.parse().map_err(|_| Error::LinkSpent)?;
        self.links.confirm_email(&shown, self.clock.now()).await?.ok_or(Error::LinkSpent)
    }

    /// Changes a user's own data, and writes to them when their address is to change. For that the
    /// password is needed, unless they have signed in within
    /// [`RECENT_SIGN_IN`](crate::RECENT_SIGN_IN).
    ///
    /// # Errors
    /// Those of [`update`](Self::update), [`Error::BadCredentials`], [`Error::Throttled`].
    pub async fn change_profile(
        &self,
        who: &Authenticated,
        expected: Expected,
        patch: &UserPatch,
        password: Option<Password>,
        client: &Client,
    ) -> Result<User, Error> {
        if matches!(patch.email, Change::Set(_)) {
            patch.validate()?;
            self.confirm(who, password, client).await?;
        }
        let before = &who.user.pending_email;
        let user = self.update(who.user.id, expected, patch).await?;
        if let (Some(mail), Some(_)) = (&self.mail, &user.pending_email)
            && user.pending_email != *before
        {
            // As when they register: the change stands, and the letter can be asked for again.
            let _ = self.request_email_verification(&user, client).await;
            mail.mailer.post(Letter::new(Kind::Changing, &user, &user.email, ""));
        }
        Ok(user)
    }

    /// What becomes of the addresses of `user` when a patch makes `next` of them.
    pub(crate) async fn settle_email(&self, user: &User, next: &mut User) -> Result<(), Error> {
        if next.email.folded() == user.email.folded() {
            next.pending_email = None;
            return Ok(());
        }
        if self.mail.is_none() {
            (next.email_verified_at, next.pending_email) = (None, None);
            return Ok(());
        }
        // Told at once, as when somebody registers; whether it is free is judged when it counts.
        if self.users.find_by_login(&LoginName::Email(next.email.folded())).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        next.pending_email = Some(std::mem::replace(&mut next.email, user.email.clone()));
        Ok(())
    }

    async fn issue(
        &self,
        user: UserId,
        purpose: Purpose,
        email: Option<EmailAddress>,
        lifetime: TimeDelta,
    ) -> Result<Option<String>, Error> {
        let now = self.clock.now();
        let secret = TicketSecret::new(self.ids.secret().map_err(Error::internal)?);
        let ticket = Ticket { user, id: self.ids.id(now), secret };
        let link = Link { ticket, purpose, email, expires_at: now + lifetime };
        let is_issued = self.links.issue(&link, now, LINKS).await?;
        Ok(is_issued.then(|| link.ticket.expose()))
    }
}
