//! The statements of the rate limiter: the generic cell rate algorithm, for all buckets of an
//! attempt at once.

use chrono::{DateTime, TimeDelta, Utc};
use goals_core::{Bucket, StoreError, Taken};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Executor, Param};
use crate::connection::Connection;
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

/// How many buckets are forgotten in one unit of work.
pub(crate) const BATCH: u64 = 5_000;
/// How many bytes of a hash tell buckets apart.
const KEY: usize = 16;

#[derive(Debug)]
pub(crate) struct ThrottleSql {
    take: String,
    give_back: String,
    forget_full: String,
}

impl ThrottleSql {
    pub(crate) fn new(schema: &Schema) -> Self {
        let sql = |text: &str| schema.put_into(text);
        // Rows are written in the order of their keys, so that two callers wait for one another in
        // turn, and not in a circle.
        Self {
            take: sql("WITH wanted AS (
                    SELECT key, every * interval '1 microsecond' AS every, span * interval '1 microsecond' AS span
                    FROM unnest($1, $2, $3) AS wanted (key, every, span)),
                 empty AS (
                    SELECT max(full_at + every - span) AS until
                    FROM :schema.throttle JOIN wanted ON bucket_key = key
                    WHERE full_at + every - span > $4),
                 taken AS (
                    INSERT INTO :schema.throttle AS known (bucket_key, full_at)
                    SELECT key, $4 + every FROM wanted, empty WHERE until IS NULL ORDER BY key
                    ON CONFLICT (bucket_key) DO UPDATE SET full_at = coalesce(
                        (SELECT greatest(known.full_at, $4) + every FROM wanted
                         WHERE key = excluded.bucket_key AND greatest(known.full_at, $4) + every - span <= $4),
                        'infinity')
                    RETURNING 1)
                 SELECT until FROM empty"),
            give_back: sql("WITH given AS (
                    SELECT key, every * interval '1 microsecond' AS every FROM unnest($1, $2) AS given (key, every))
                 INSERT INTO :schema.throttle AS known (bucket_key, full_at)
                 SELECT key, $3 FROM given ORDER BY key
                 ON CONFLICT (bucket_key) DO UPDATE SET full_at = known.full_at
                    - (SELECT every FROM given WHERE key = excluded.bucket_key)"),
            forget_full: sql(&format!(
                "DELETE FROM :schema.throttle WHERE bucket_key IN (
                    SELECT bucket_key FROM :schema.throttle WHERE full_at <= $1 LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
                 RETURNING 1"
            )),
        }
    }

    /// One statement does it. It looks first, and refuses where there is nothing to take; then it
    /// takes, and where others were faster in between it violates a constraint, so that all of it
    /// is undone.
    pub(crate) async fn take(
        &self,
        mut on: Connection,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<Taken, StoreError> {
        let (keys, every, span) =
            (keys(buckets), micros(buckets, |b| b.quota.every), micros(buckets, |b| b.quota.span()));
        let params: [Param<'_>; 4] = [
            (&keys, Type::BYTEA_ARRAY),
            (&every, Type::INT8_ARRAY),
            (&span, Type::INT8_ARRAY),
            (&now, Type::TIMESTAMPTZ),
        ];
        loop {
            match on.write(&self.take, &params).await {
                Ok(rows) => return taken(&rows, now),
                // The next round sees what they took.
                Err(error) if violated(&error) == Some(Constraint::EmptyBucket) => {}
                Err(error) => return Err(store_error(error)),
            }
        }
    }

    pub(crate) async fn give_back(
        &self,
        mut on: Connection,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (keys, every) = (keys(buckets), micros(buckets, |b| b.quota.every));
        let params: [Param<'_>; 3] =
            [(&keys, Type::BYTEA_ARRAY), (&every, Type::INT8_ARRAY), (&now, Type::TIMESTAMPTZ)];
        on.write(&self.give_back, &params).await.map(drop).map_err(store_error)
    }

    /// Removes at most [`BATCH`] full buckets and says how many.
    pub(crate) async fn forget_full(&self, mut on: Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let removed = on.write(&self.forget_full, &[(&now, Type::TIMESTAMPTZ)]).await.map_err(store_error)?;
        Ok(removed.len() as u64)
    }
}

fn taken(rows: &[Row], now: DateTime<Utc>) -> Result<Taken, StoreError> {
    let until: Option<DateTime<Utc>> =
        rows.first().ok_or_else(|| unreadable("no row"))?.try_get(0).map_err(unreadable)?;
    Ok(until.map_or(Taken::All, |until| Taken::Nothing { wait: until - now }))
}

fn keys(buckets: &[Bucket]) -> Vec<Vec<u8>> {
    buckets.iter().map(|bucket| Sha256::digest(&bucket.key)[..KEY].to_vec()).collect()
}

fn micros(buckets: &[Bucket], time: impl Fn(&Bucket) -> TimeDelta) -> Vec<i64> {
    buckets.iter().map(|bucket| time(bucket).num_microseconds().unwrap_or(i64::MAX)).collect()
}
