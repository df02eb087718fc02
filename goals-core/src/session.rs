//! One sign-in on one device, and the secret that keeps it going.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroize;

use crate::ids::{SessionId, UserId};

/// The most characters of [`Session::client`].
pub const CLIENT_MAX: usize = 200;

/// One sign-in on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Unique together with `user`.
    pub id: SessionId,
    /// Who signed in.
    pub user: UserId,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When the session was last renewed.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// The program they use, as it calls itself; at most [`CLIENT_MAX`] characters, without
    /// control characters.
    pub client: String,
}

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The other end of the connection. All whose adapter knows no address count as one.
    pub address: IpAddr,
    agent: String,
}

impl Client {
    /// A request from `address` by a program that calls itself `agent`; of that, control characters
    /// and what is beyond [`CLIENT_MAX`] characters are left out, so that a log line made of it
    /// stays one line.
    #[must_use]
    pub fn new(address: IpAddr, agent: &str) -> Self {
        Self { address, agent: agent.chars().filter(|c| !c.is_control()).take(CLIENT_MAX).collect() }
    }

    /// The program in use, as it may stand in [`Session::client`].
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }
}

impl Default for Client {
    /// From nowhere, by a program that does not say what it is.
    fn default() -> Self {
        Self::new(Ipv4Addr::UNSPECIFIED.into(), "")
    }
}

/// How many bytes of a [`SessionSecret`] are its family.
const FAMILY: usize = 16;

/// How long sessions and tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token.
    pub access: TimeDelta,
    /// A session that is not renewed.
    pub idle: TimeDelta,
    /// A session, however often it is renewed.
    pub absolute: TimeDelta,
    /// How long a spent refresh token may come again because its answer was lost.
    pub grace: TimeDelta,
}

impl Default for Lifetimes {
    /// 15 minutes, 14 days, 90 days and 10 seconds.
    fn default() -> Self {
        Self {
            access: TimeDelta::minutes(15),
            idle: TimeDelta::days(14),
            absolute: TimeDelta::days(90),
            grace: TimeDelta::seconds(10),
        }
    }
}

impl Lifetimes {
    /// When a session that was begun at `created_at` ends if it is renewed at `now`.
    pub(crate) fn session_end(&self, created_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        (now + self.idle).min(created_at + self.absolute)
    }
}

/// The secret of a refresh token: 16 bytes that a session keeps, its *family*, and 16 that are new
/// with every token. The family proves that whoever shows the secret has once had one of this
/// session, so that a stolen token is noticed however often it was renewed since.
///
/// A durable store MUST keep no more of it than SHA-256 hashes: with 128 random bits in each half
/// nothing slower is needed. Wiped from memory when it is dropped, and kept out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    /// Takes 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself, for a store to hash.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The half that a session keeps, for a store to hash.
    #[must_use]
    pub fn family(&self) -> &[u8] {
        &self.0[..FAMILY]
    }

    /// The next secret of the same family, new by the second half of `random`.
    #[must_use]
    pub fn renewed(&self, random: [u8; 32]) -> Self {
        let mut next = random;
        next[..FAMILY].copy_from_slice(self.family());
        Self(next)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl Drop for SessionSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What a client shows to get a new pair of tokens: `<user>.<session>.<secret>`. It carries its
/// user, so that a store that is spread by user finds it without asking everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Who signed in.
    pub user: UserId,
    /// Which session.
    pub session: SessionId,
    /// What proves it.
    pub secret: SessionSecret,
}

impl RefreshToken {
    /// The token as a client carries it.
    #[must_use]
    pub fn expose(&self) -> String {
        let secret = BASE64URL_NOPAD.encode(self.secret.expose());
        format!("{}.{}.{secret}", self.user.as_uuid().simple(), self.session.as_uuid().simple())
    }
}

/// The text is not a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a refresh token")]
pub struct NotARefreshToken;

impl FromStr for RefreshToken {
    type Err = NotARefreshToken;

    fn from_str(text: &str) -> Result<Self, NotARefreshToken> {
        let mut parts = text.split('.');
        let (Some(user), Some(session), Some(secret), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotARefreshToken);
        };
        let secret = BASE64URL_NOPAD.decode(secret.as_bytes()).map_err(|_| NotARefreshToken)?;
        Ok(Self {
            user: user.parse().map_err(|_| NotARefreshToken)?,
            session: session.parse().map_err(|_| NotARefreshToken)?,
            secret: SessionSecret::new(secret.try_into().map_err(|_| NotARefreshToken)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_refresh_token_is_read_back() {
        let token = RefreshToken {
            user: UserId::from_uuid(Uuid::from_u128(1)),
            session: SessionId::from_uuid(Uuid::from_u128(2)),
            secret: SessionSecret::new([7; 32]),
        };
        let text = token.expose();
        assert_eq!(text.parse(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains("Bwc"), "the secret stays out of Debug");
        for bad in ["", "a.b.c", "..", &format!("{text}.x"), &text[..text.len() - 1], &text.replace('.', "")] {
            assert_eq!(bad.parse::<RefreshToken>(), Err(NotARefreshToken), "{bad}");
        }
    }

    #[test]
    fn a_session_ends_at_the_absolute_bound() {
        let lives = Lifetimes::default();
        let begun = DateTime::UNIX_EPOCH;
        assert_eq!(lives.session_end(begun, begun), begun + TimeDelta::days(14));
        assert_eq!(lives.session_end(begun, begun + TimeDelta::days(80)), begun + TimeDelta::days(90));
    }
}
