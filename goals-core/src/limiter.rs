//! How often something may be tried: log-ins, registrations, messages to an address.
//!
//! A use case takes a [`Permit`] *before* it does anything that costs, and gives it back when the
//! attempt was none of what is to be bounded: a burst of parallel guesses cannot get past it, and
//! who knows the password never meets it. With [`Throttle`] that is one line:
//!
//! ```text
//! let permit = self.throttle.take(Attempt::Password, client.address, &user.id.to_string()).await?;
//! // … compare; only when it was right:
//! permit.give_back().await;
//! ```
//!
//! A permit that is dropped stays taken, so where every attempt counts the first line is all.
//!
//! What is tried, and how often, is an [`Attempt`]; where it is counted is a [`RateLimiter`].

mod process;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::error::Error;
use crate::store::StoreError;

pub use process::ProcessLimiter;

/// How many permits a bucket holds, and how fast it fills up again (the generic cell rate
/// algorithm, ITU-T I.371).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many at once; at least one.
    pub burst: u32,
    /// How long one more takes to come.
    pub every: TimeDelta,
}

impl Quota {
    /// How long an empty bucket takes to be full.
    #[must_use]
    pub fn span(&self) -> TimeDelta {
        self.every * i32::try_from(self.burst).unwrap_or(i32::MAX)
    }
}

/// Something that is counted by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// For whom; of any length, and personal data.
    pub key: String,
    /// How often.
    pub quota: Quota,
}

/// Whether permits were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// One of each bucket.
    All,
    /// None, for there is a bucket without any.
    Nothing {
        /// How long until each of them has one, if nobody else takes it.
        wait: TimeDelta,
    },
}

/// Where permits are counted.
///
/// A new bucket is full. A full one is as good as one that was never used, so an implementation
/// may forget it; and it MUST bound what it keeps. One that is shared between instances SHOULD keep
/// no key in the clear.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync + fmt::Debug {
    /// Takes one permit of every bucket, or none of any when one of them is empty. The keys differ.
    /// Of any number of concurrent callers, no more are let through than there are permits.
    ///
    /// # Errors
    /// The store's own.
    async fn take(&self, buckets: &[Bucket], now: DateTime<Utc>) -> Result<Taken, StoreError>;

    /// Gives one permit back to every bucket; none is ever more than full.
    ///
    /// # Errors
    /// The store's own.
    async fn give_back(&self, buckets: &[Bucket], now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Forgets buckets that are full, and says how many.
    ///
    /// # Errors
    /// The store's own.
    async fn forget_full(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt {
    /// A password, or anything else that is short enough to be guessed, such as a code of six
    /// digits. For one account: 10 at once and 40 an hour from one address, 100 an hour from
    /// anywhere; for any account: 100 an hour from one address, so that trying one password on many
    /// is bounded too. An owner shares the second with an attacker who has many addresses, so it is
    /// wide.
    Password,
    /// A new account: 30 an hour from one address.
    Registration,
    /// A secret too long to be guessed, such as a refresh token: 120 a minute from one address,
    /// behind which may be many people.
    Token,
    /// A message to somebody: 5 an hour for one account, 30 an hour from one address.
    Message,
}

impl Attempt {
    /// What an attempt from `address` for `subject` is counted by. The subject is an account's id,
    /// or what somebody took for its name; [`Registration`](Self::Registration) and
    /// [`Token`](Self::Token) look at the address alone.
    fn buckets(self, address: IpAddr, subject: &str) -> Vec<Bucket> {
        const HOUR: TimeDelta = TimeDelta::hours(1);
        let (address, word) = (network(address), self.as_str());
        let quota = |burst: u32, count: i32| Quota { burst, every: HOUR / count };
        let here = |quota| Bucket { key: format!("{word} from {address}"), quota };
        let of = |quota| Bucket { key: format!("{word} of {subject}"), quota };
        let both = |quota| Bucket { key: format!("{word} from {address} of {subject}"), quota };
        match self {
            Self::Password => vec![both(quota(10, 40)), here(quota(100, 100)), of(quota(100, 100))],
            Self::Registration => vec![here(quota(30, 30))],
            Self::Token => vec![here(quota(120, 7_200))],
            Self::Message => vec![here(quota(30, 30)), of(quota(5, 5))],
        }
    }

    /// Its stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Registration => "registration",
            Self::Token => "token",
            Self::Message => "message",
        }
    }
}

/// What one subscriber of an access provider holds: an IPv4 address or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// Bounds attempts, wherever they are counted.
#[derive(Debug, Clone)]
pub(crate) struct Throttle {
    limiter: Option<Arc<dyn RateLimiter>>,
    clock: Arc<dyn Clock>,
}

impl Throttle {
    /// A throttle that counts in `limiter`, or lets everything pass.
    pub(crate) fn new(limiter: Option<Arc<dyn RateLimiter>>, clock: Arc<dyn Clock>) -> Self {
        Self { limiter, clock }
    }

    /// Takes a permit, which stays taken unless it is given back.
    ///
    /// # Errors
    /// [`Error::Throttled`], [`Error::Unavailable`].
    pub(crate) async fn take(&self, attempt: Attempt, address: IpAddr, subject: &str) -> Result<Permit<'_>, Error> {
        let Some(limiter) = &self.limiter else { return Ok(Permit(None)) };
        let buckets = attempt.buckets(address, subject);
        match limiter.take(&buckets, self.clock.now()).await? {
            Taken::All => Ok(Permit(Some((self, buckets)))),
            Taken::Nothing { wait } => Err(Error::Throttled { attempt, wait }),
        }
    }

    /// See [`RateLimiter::forget_full`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(crate) async fn forget_full(&self) -> Result<u64, Error> {
        match &self.limiter {
            Some(limiter) => Ok(limiter.forget_full(self.clock.now()).await?),
            None => Ok(0),
        }
    }
}

/// One attempt that has been let through; it counts unless it is given back.
#[derive(Debug)]
pub(crate) struct Permit<'a>(Option<(&'a Throttle, Vec<Bucket>)>);

impl Permit<'_> {
    /// This attempt was none of what is to be bounded. That a permit could not be given back is no
    /// reason to fail: another one comes by itself.
    pub(crate) async fn give_back(self) {
        let Some((throttle, buckets)) = self.0 else { return };
        if let Some(limiter) = &throttle.limiter {
            let _ = limiter.give_back(&buckets, throttle.clock.now()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_address() {
        let key = |address: &str| Attempt::Token.buckets(address.parse().unwrap(), "")[0].key.clone();
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }

    #[test]
    fn no_subject_passes_for_another_bucket() {
        let address = "192.0.2.1".parse().unwrap();
        for attempt in [Attempt::Password, Attempt::Message] {
            let mut keys: Vec<_> = ["", "ana", "ana of ana", "192.0.2.1 of ana"]
                .iter()
                .flat_map(|subject| attempt.buckets(address, subject))
                .filter(|bucket| bucket.key.contains(" of "))
                .map(|bucket| bucket.key)
                .collect();
            let count = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), count, "{keys:?}");
        }
    }
}
