//! Making a thing once: a request that is sent again, because its answer was lost, makes nothing
//! again and gets the first answer.
//!
//! The names are those of the `Idempotency-Key` header
//! ([draft-ietf-httpapi-idempotency-key-header](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)),
//! but nothing here knows HTTP: an answer is whatever bytes the caller wants to give again.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::{Error, Violation};

/// The most characters of an [`IdempotencyKey`].
pub const IDEMPOTENCY_KEY_MAX: usize = 255;

/// For how long a key stands for what was made under it; after that it is as good as new.
pub const IDEMPOTENCY_KEPT: TimeDelta = TimeDelta::hours(24);

/// The caller's own name for one thing to be made: 1 to [`IDEMPOTENCY_KEY_MAX`] visible ASCII
/// characters, compared letter by letter. It stands for its owner alone.
///
/// ```
/// use goals_core::IdempotencyKey;
///
/// assert!("8e03978e-40d5-43dd-bc93-6894a57f9324".parse::<IdempotencyKey>().is_ok());
/// assert!("".parse::<IdempotencyKey>().is_err());
/// assert!("two words".parse::<IdempotencyKey>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IdempotencyKey {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.is_empty() {
            return Err(Violation::Required);
        }
        if text.len() > IDEMPOTENCY_KEY_MAX {
            return Err(Violation::TooLong { max: IDEMPOTENCY_KEY_MAX });
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Violation::InvalidFormat { expected: "visible ASCII characters without spaces" });
        }
        Ok(Self(text.to_owned()))
    }
}

/// One try to have a thing made, perhaps not the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The same for every try.
    pub key: IdempotencyKey,
    /// A digest of everything that was asked for: it tells a try from a mix-up of keys.
    pub fingerprint: [u8; 32],
}

impl Once {
    /// What is to be kept of this try when it is the first that succeeds.
    #[must_use]
    pub fn receipt(self, answer: Vec<u8>, at: DateTime<Utc>) -> Receipt {
        let Self { key, fingerprint } = self;
        Receipt { key, fingerprint, answer, at }
    }
}

/// What is kept of the try that made a thing, in the same unit of work as the thing.
///
/// `answer` is kept as it is, so an answer with a secret in it is none that may be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// See [`Once::key`].
    pub key: IdempotencyKey,
    /// See [`Once::fingerprint`].
    pub fingerprint: [u8; 32],
    /// What the caller was told.
    pub answer: Vec<u8>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Receipt {
    /// Receipts from before this instant do not stand in the way of this one any more.
    #[must_use]
    pub fn outlives(&self) -> DateTime<Utc> {
        self.at - IDEMPOTENCY_KEPT
    }

    /// What to answer, when the store has found `earlier` under the key of this receipt.
    pub(crate) fn settle(self, earlier: Option<Self>) -> Result<Answer, Error> {
        match earlier {
            None => Ok(Answer::First(self.answer)),
            Some(earlier) if earlier.fingerprint == self.fingerprint => Ok(Answer::Again(earlier.answer)),
            Some(_) => Err(Error::IdempotencyKeyReused),
        }
    }
}

impl fmt::Debug for Receipt {
    /// Without the answer, which is somebody's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("key", &self.key).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What a caller is told about the thing they wanted made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has been made now.
    First(Vec<u8>),
    /// It was made by an earlier try, which was answered this.
    Again(Vec<u8>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii() {
        for good in ["a", "!~", "\"quoted\"", &"k".repeat(255)] {
            assert!(good.parse::<IdempotencyKey>().is_ok(), "{good}");
        }
        for (bad, code) in [
            ("", "required"),
            (&*"k".repeat(256), "too_long"),
            ("a b", "invalid_format"),
            ("a\u{7f}", "invalid_format"),
            ("a\n", "invalid_format"),
            ("é", "invalid_format"),
        ] {
            assert_eq!(bad.parse::<IdempotencyKey>().unwrap_err().code(), code, "{bad:?}");
        }
    }
}
