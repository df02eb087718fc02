//! A clock that is moved, and a hasher that counts. Those of goals-core are behind a feature that
//! whoever starts an example would build too.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use goals_core::{Clock, HashError, Password, PasswordHash, PasswordHasher, Verdict};

#[derive(Debug)]
pub(crate) struct MovedClock(Mutex<DateTime<Utc>>);

impl MovedClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(DateTime::UNIX_EPOCH + TimeDelta::days(20_500)))
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

#[derive(Debug, Default)]
pub(crate) struct CountingHasher(AtomicU64);

impl CountingHasher {
    pub(crate) fn calls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl PasswordHasher for CountingHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(PasswordHash::new(password.expose().to_owned()))
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, HashError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let is_right = hash.is_some_and(|hash| hash.expose() == password.expose());
        Ok(if is_right { Verdict::Right } else { Verdict::Wrong })
    }
}
