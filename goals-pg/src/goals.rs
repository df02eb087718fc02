//! Goals in `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use goals_core::{DuplicateCheck, DuplicatePolicy, Goal, GoalId, GoalQuery, GoalRepository, OwnerId, Page, StoreError};

use crate::error::store_error;
use crate::sql::Executor;
use crate::store::PgStore;

/// How many goals one statement removes, so that it stays far below its deadline.
const PURGE_BATCH: u32 = 1_000;

#[async_trait]
impl GoalRepository for PgStore {
    async fn insert(&self, goal: &Goal, duplicates: DuplicatePolicy, max: u64) -> Result<(), StoreError> {
        self.call(|on| self.sql.goals.insert(on, goal, duplicates, max)).await
    }

    async fn find(&self, owner: OwnerId, id: GoalId) -> Result<Option<Goal>, StoreError> {
        self.call(|on| self.sql.goals.find(on, owner, id)).await
    }

    async fn list(&self, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, StoreError> {
        self.call(|on| self.sql.goals.list(on, owner, query)).await
    }

    async fn update(&self, goal: &Goal, expected: u64, check: DuplicateCheck) -> Result<bool, StoreError> {
        self.call(|on| self.sql.goals.update(on, goal, expected, check)).await
    }

    async fn purge(&self, owner: OwnerId, id: GoalId) -> Result<bool, StoreError> {
        self.call(|on| self.sql.goals.purge(on, owner, id)).await
    }

    /// In batches, each of which is one unit of work with a deadline of its own: what has been
    /// removed stays removed when a later batch fails, and calling again goes on from there.
    async fn purge_expired(&self, deleted_before: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            let batch = self.call(|on| self.sql.goals.purge_expired(on, deleted_before, PURGE_BATCH)).await?;
            purged += batch;
            if batch < u64::from(PURGE_BATCH) {
                return Ok(purged);
            }
        }
    }

    async fn count(&self, owner: OwnerId) -> Result<u64, StoreError> {
        self.call(|on| self.sql.goals.count(on, owner)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.call(|mut on| async move { on.read("SELECT 1", &[]).await.map(drop).map_err(store_error) }).await
    }
}
