//! Passwords: how good they must be, and the port that hashes them.

use std::fmt;

use async_trait::async_trait;
use zeroize::Zeroize;

use crate::error::{BoxError, Violation};

/// A password as somebody typed it: taken verbatim, never truncated, wiped from memory when it is
/// dropped, and kept out of `Debug`.
pub struct Password(String);

impl Password {
    /// Takes a password without judging it; [`PasswordPolicy::check`] does that.
    #[must_use]
    pub fn new(raw: String) -> Self {
        Self(raw)
    }

    /// The password itself, for a hasher.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A copy for a hasher, which keeps what it is given.
    pub(crate) fn again(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A password hash in the form of the hasher, such as a PHC string. Kept out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash as a hasher made it.
    #[must_use]
    pub fn new(hash: String) -> Self {
        Self(hash)
    }

    /// The hash itself, for a hasher or a store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// How good a password must be. No rules of composition: NIST SP 800-63B-4 forbids them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_length: usize,
    /// The most characters, so that hashing costs little.
    pub max_length: usize,
    /// The least strength, 0 to 4 on the scale of zxcvbn (Wheeler, USENIX Security 2016). Needs the
    /// feature `strength`; without it lengths alone are judged.
    pub min_strength: u8,
    /// So many characters are enough, whatever the strength.
    pub long_enough: usize,
}

impl Default for PasswordPolicy {
    /// 8 to 128 characters with a strength of 3, or 20 characters.
    fn default() -> Self {
        Self { min_length: 8, max_length: 128, min_strength: 3, long_enough: 20 }
    }
}

impl PasswordPolicy {
    /// Judges a password. `hints` are the person's own words, which are easy to guess for others.
    ///
    /// # Errors
    /// [`Violation::Required`], [`Violation::TooShort`], [`Violation::TooLong`] and
    /// [`Violation::TooWeak`].
    pub fn check(&self, password: &Password, hints: &[&str]) -> Result<(), Violation> {
        let length = password.expose().chars().count();
        if length == 0 {
            return Err(Violation::Required);
        }
        if length < self.min_length {
            return Err(Violation::TooShort { min: self.min_length });
        }
        if length > self.max_length {
            return Err(Violation::TooLong { max: self.max_length });
        }
        let score = if length >= self.long_enough { 4 } else { strength(password, hints) };
        if score < self.min_strength {
            return Err(Violation::TooWeak { score, min: self.min_strength });
        }
        Ok(())
    }
}

#[cfg(feature = "strength")]
fn strength(password: &Password, hints: &[&str]) -> u8 {
    zxcvbn::zxcvbn(password.expose(), hints).score().into()
}

#[cfg(not(feature = "strength"))]
fn strength(_: &Password, _: &[&str]) -> u8 {
    4
}

/// What comparing a password with a hash showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and the hash was made with weaker parameters than are asked for now.
    RightButOutdated,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// Too many others are being hashed; try again later.
    #[error("too many passwords are being hashed at once")]
    Busy,
    /// The hasher failed, or the hash is not one of its own.
    #[error("the password could not be hashed or compared")]
    Failed(#[source] BoxError),
}

/// The port that hashes passwords.
///
/// An implementation MUST use a memory-hard function with a salt of its own per hash, MUST NOT
/// block the executor, and MUST bound how many hashes run at once.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync + fmt::Debug {
    /// Hashes a password.
    ///
    /// # Errors
    /// [`HashError::Busy`] when no permit was free in time.
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError>;

    /// Compares a password with a hash. For `None`, somebody unknown, it MUST do the same work and
    /// answer [`Verdict::Wrong`], so that the time tells nothing.
    ///
    /// # Errors
    /// [`HashError::Busy`] when no permit was free in time.
    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, HashError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, hints: &[&str]) -> Result<(), &'static str> {
        PasswordPolicy::default().check(&Password::new(raw.into()), hints).map_err(|v| v.code())
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(check("", &[]), Err("required"));
        assert_eq!(check("é1ü2ß3x", &[]), Err("too_short"));
        assert_eq!(check(&"é".repeat(128), &[]), Ok(()));
        assert_eq!(check(&"é".repeat(129), &[]), Err("too_long"));
    }

    #[test]
    #[cfg(feature = "strength")]
    fn what_is_easy_to_guess_is_refused() {
        assert_eq!(check("password1", &[]), Err("too_weak"));
        assert_eq!(check("anamariasilva", &["anamaria", "silva"]), Err("too_weak"));
        assert_eq!(check("tr0ub4dour&3xyz", &[]), Ok(()));
        assert_eq!(check("aaaaaaaaaaaaaaaaaaaa", &[]), Ok(()), "20 characters are enough");
    }

    #[test]
    fn secrets_stay_out_of_debug() {
        let shown = format!("{:?} {:?}", Password::new("hunter2".into()), PasswordHash::new("$argon2id$x".into()));
        assert_eq!(shown, "Password(…) PasswordHash(…)");
    }
}
