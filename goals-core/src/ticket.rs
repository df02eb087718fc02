//! What somebody shows instead of signing in: an API token, the token of a link.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_DNSSEC;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::ids::UserId;

/// How many bytes a secret has: 144 random bits.
const SECRET_BYTES: usize = 18;
/// How many bytes an id has.
const ID_BYTES: usize = 16;

/// What proves a [`Ticket`].
///
/// A durable store MUST keep no more of it than a SHA-256 hash: with 144 random bits nothing slower
/// is needed (OWASP ASVS 5.0, 6.5.2). Wiped from memory when it is dropped, and kept out of
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketSecret([u8; SECRET_BYTES]);

impl TicketSecret {
    /// Takes as many of 32 random bytes as it needs.
    #[must_use]
    pub fn new(mut random: [u8; 32]) -> Self {
        let mut secret = [0; SECRET_BYTES];
        secret.copy_from_slice(&random[..SECRET_BYTES]);
        random.zeroize();
        Self(secret)
    }

    /// The secret itself, for a store to hash.
    #[must_use]
    pub const fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TicketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketSecret(…)")
    }
}

impl Drop for TicketSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Whose it is, which one, and what proves it, as 80 characters `0-9a-v`. It carries its user, so
/// that a store that is spread by user finds it without asking everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose it is.
    pub user: UserId,
    /// Which one of theirs.
    pub id: Uuid,
    /// What proves it.
    pub secret: TicketSecret,
}

impl Ticket {
    /// The ticket as it is carried.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut bytes = [self.user.as_uuid().as_bytes(), self.id.as_bytes(), self.secret.expose()].concat();
        let text = BASE32_DNSSEC.encode(&bytes);
        bytes.zeroize();
        text
    }
}

/// The text is not a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a token of ours")]
pub struct NotATicket;

impl FromStr for Ticket {
    type Err = NotATicket;

    fn from_str(text: &str) -> Result<Self, NotATicket> {
        let bytes = BASE32_DNSSEC.decode(text.as_bytes()).map_err(|_| NotATicket)?;
        let (user, rest) = bytes.split_first_chunk::<ID_BYTES>().ok_or(NotATicket)?;
        let (id, secret) = rest.split_first_chunk::<ID_BYTES>().ok_or(NotATicket)?;
        let secret = TicketSecret(secret.try_into().map_err(|_| NotATicket)?);
        Ok(Self { user: UserId::from_uuid(Uuid::from_bytes(*user)), id: Uuid::from_bytes(*id), secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_back() {
        let user = UserId::from_uuid(Uuid::from_u128(1));
        let ticket = Ticket { user, id: Uuid::from_u128(2), secret: TicketSecret::new([7; 32]) };
        let text = ticket.expose();
        assert_eq!(text.len(), 80);
        assert!(text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'v').contains(&b)), "{text}");
        assert_eq!(text.parse(), Ok(ticket.clone()));
        assert!(!format!("{ticket:?}").contains('7'), "the secret stays out of Debug");
        for bad in ["", "a.b", &text[1..], &format!("{text}0"), &format!("{text}{text}"), &text.replace('0', "w")] {
            assert_eq!(bad.parse::<Ticket>(), Err(NotATicket), "{bad}");
        }
    }
}
