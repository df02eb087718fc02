//! Permits counted in `PostgreSQL`, for all instances together.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use goals_core::{Bucket, RateLimiter, StoreError, Taken};

use crate::sql::throttle::BATCH;
use crate::store::PgStore;

#[async_trait]
impl RateLimiter for PgStore {
    async fn take(&self, buckets: &[Bucket], now: DateTime<Utc>) -> Result<Taken, StoreError> {
        self.call(|on| self.sql.throttle.take(on, buckets, now)).await
    }

    async fn give_back(&self, buckets: &[Bucket], now: DateTime<Utc>) -> Result<(), StoreError> {
        self.call(|on| self.sql.throttle.give_back(on, buckets, now)).await
    }

    async fn forget_full(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut count = 0;
        loop {
            let removed = self.call(|on| self.sql.throttle.forget_full(on, now)).await?;
            count += removed;
            if removed < BATCH {
                return Ok(count);
            }
        }
    }
}
