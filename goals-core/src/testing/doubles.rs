//! Ports that do what a test says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use crate::checkin::{CheckIn, CheckInPage, CheckInQuery};
use crate::clock::Clock;
use crate::event::NewEvent;
use crate::goal::Goal;
use crate::ids::{CheckInId, GoalId, IdSource, OwnerId, SecretUnavailable};
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, Verdict};
use crate::store::{CheckInRepository, MockGoalRepository, StoreError};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock; backwards when `by` is negative.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ids and secrets that count from 1, so that a test can name them.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl SequentialIds {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl IdSource for SequentialIds {
    fn id(&self, _: DateTime<Utc>) -> Uuid {
        Uuid::from_u128(self.next().into())
    }

    fn secret(&self) -> Result<[u8; 32], SecretUnavailable> {
        let mut secret = [0; 32];
        let number = self.next().to_be_bytes();
        secret[..8].copy_from_slice(&number);
        secret[24..].copy_from_slice(&number);
        Ok(secret)
    }
}

/// A hasher that hashes nothing and counts how often it was asked, for tests that are not about
/// hashing. Never for anything else: what it answers is the password.
#[derive(Debug, Default)]
pub struct PlainHasher(AtomicU64);

impl PlainHasher {
    /// How many passwords were hashed or compared.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
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

/// A mock of goals has no logs: whatever is asked of them fails.
#[async_trait]
impl CheckInRepository for MockGoalRepository {
    async fn add_check_in(&self, _: &CheckIn, _: &Goal, _: &NewEvent, _: u64) -> Result<bool, StoreError> {
        Err(no_log())
    }

    async fn replace_check_in(&self, _: &CheckIn, _: &Goal, _: &NewEvent, _: u64) -> Result<bool, StoreError> {
        Err(no_log())
    }

    async fn remove_check_in(&self, _: CheckInId, _: &Goal, _: &NewEvent, _: u64) -> Result<bool, StoreError> {
        Err(no_log())
    }

    async fn find_check_in(&self, _: OwnerId, _: GoalId, _: CheckInId) -> Result<Option<CheckIn>, StoreError> {
        Err(no_log())
    }

    async fn check_ins(&self, _: OwnerId, _: GoalId, _: &CheckInQuery) -> Result<CheckInPage, StoreError> {
        Err(no_log())
    }

    async fn check_ins_since(&self, _: OwnerId, _: GoalId, _: NaiveDate) -> Result<Vec<CheckIn>, StoreError> {
        Err(no_log())
    }

    async fn check_in_days(&self, _: OwnerId, _: NaiveDate) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        Err(no_log())
    }
}

fn no_log() -> StoreError {
    StoreError::Backend("a mock of goals has no logs".into())
}
