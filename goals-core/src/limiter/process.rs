//! Permits counted in this process alone.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Bucket, RateLimiter, Taken};
use crate::store::StoreError;

const SLOTS: usize = 1 << 17;

/// Counts in the memory of this process: for one instance, or as many limits as there are
/// instances.
///
/// It keeps 1 MiB, whatever comes: a table of a fixed size, where a key takes the slot of its hash.
/// Two keys may share a slot, and then they share its permits; the hash is seeded afresh in every
/// process, so nobody can choose whom to collide with.
pub struct ProcessLimiter {
    /// When each slot is full again, in microseconds of the Unix epoch.
    full_at: Mutex<Box<[i64]>>,
    seed: RandomState,
}

impl ProcessLimiter {
    /// A limiter of which nothing has been taken.
    #[must_use]
    pub fn new() -> Self {
        Self { full_at: Mutex::new(vec![0; SLOTS].into()), seed: RandomState::new() }
    }

    /// Runs `work` on the slot of every bucket in turn.
    fn each(&self, full_at: &mut [i64], buckets: &[Bucket], mut work: impl FnMut(&mut i64, &Bucket)) {
        for bucket in buckets {
            #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
            let slot = self.seed.hash_one(&bucket.key) as usize % SLOTS;
            if let Some(full_at) = full_at.get_mut(slot) {
                work(full_at, bucket);
            }
        }
    }

    fn locked<T>(&self, work: impl FnOnce(&mut [i64]) -> T) -> T {
        // No method leaves the table half changed, so a panic elsewhere does no harm to it.
        work(&mut self.full_at.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for ProcessLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ProcessLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessLimiter").finish_non_exhaustive()
    }
}

fn micros(time: TimeDelta) -> i64 {
    time.num_microseconds().unwrap_or(i64::MAX / 4)
}

#[async_trait]
impl RateLimiter for ProcessLimiter {
    async fn take(&self, buckets: &[Bucket], now: DateTime<Utc>) -> Result<Taken, StoreError> {
        let now = now.timestamp_micros();
        Ok(self.locked(|table| {
            let mut wait = 0;
            self.each(table, buckets, |full_at, Bucket { quota, .. }| {
                let next = (*full_at).max(now) + micros(quota.every);
                wait = wait.max(next - micros(quota.span()) - now);
            });
            if wait > 0 {
                return Taken::Nothing { wait: TimeDelta::microseconds(wait) };
            }
            self.each(table, buckets, |full_at, Bucket { quota, .. }| {
                *full_at = (*full_at).max(now) + micros(quota.every);
            });
            Taken::All
        }))
    }

    async fn give_back(&self, buckets: &[Bucket], _: DateTime<Utc>) -> Result<(), StoreError> {
        self.locked(|table| {
            self.each(table, buckets, |full_at, Bucket { quota, .. }| {
                *full_at = full_at.saturating_sub(micros(quota.every));
            });
        });
        Ok(())
    }

    /// There is nothing to forget: the table is as large as it ever is.
    async fn forget_full(&self, _: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(0)
    }
}
