//! Whether somebody at an open session is the one who began it.

use chrono::TimeDelta;

use crate::accounts::{Accounts, Authenticated};
use crate::error::{Error, Violation};
use crate::password::Password;
use crate::session::Client;

/// For so long after they have signed in, people are not asked for their password again.
pub const RECENT_SIGN_IN: TimeDelta = TimeDelta::minutes(15);

impl Accounts {
    /// Lets somebody do what outlives their session: a session that was stolen must not become an
    /// account that is stolen (OWASP ASVS 5.0, 7.5.1). A password proves it, and so does having
    /// signed in not longer than [`RECENT_SIGN_IN`] ago.
    pub(crate) async fn confirm(
        &self,
        who: &Authenticated,
        password: Option<Password>,
        client: &Client,
    ) -> Result<(), Error> {
        match password {
            Some(password) => {
                let proof = async {
                    let known = self.credentials(who.user.id).await?;
                    self.prove(Some(known), &password).await.map(drop)
                };
                self.guarded(client, &who.user.id.to_string(), proof).await
            }
            None if self.clock.now() - who.session.created_at <= RECENT_SIGN_IN => Ok(()),
            None => Err(Error::field("/password", Violation::Required)),
        }
    }
}
