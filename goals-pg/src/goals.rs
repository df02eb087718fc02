//! Goals in `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use goals_core::{
    Document, DocumentKind, DuplicateCheck, DuplicatePolicy, Event, EventId, EventLog, FieldValue, Goal, GoalId,
    GoalQuery, GoalRepository, GoalWrite, Listener, NewEvent, NotApplied, OwnerId, Page, Receipt, StoreError,
    TitledGoal,
};

use crate::error::store_error;
use crate::sql::Executor;
use crate::store::PgStore;

#[async_trait]
impl GoalRepository for PgStore {
    async fn insert(
        &self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
    ) -> Result<(), StoreError> {
        self.call(|on| self.sql.goals.insert(on, goal, event, duplicates, max)).await?;
        self.wrote(goal.owner);
        Ok(())
    }

    async fn insert_once(
        &self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: &Receipt,
    ) -> Result<Option<Receipt>, StoreError> {
        let known = self.call(|on| self.sql.goals.insert_once(on, goal, event, duplicates, max, receipt)).await?;
        if known.is_none() {
            self.wrote(goal.owner);
        }
        Ok(known)
    }

    async fn forget_receipts(&self, before: DateTime<Utc>, at_most: u32) -> Result<u64, StoreError> {
        self.call(|on| self.sql.goals.forget_receipts(on, before, at_most)).await
    }

    async fn find(&self, owner: OwnerId, id: GoalId) -> Result<Option<Goal>, StoreError> {
        self.call(|on| self.sql.goals.find(on, owner, id)).await
    }

    async fn open_titles(
        &self,
        owner: OwnerId,
        parent: Option<GoalId>,
        least: usize,
        most: usize,
        limit: u32,
    ) -> Result<Vec<TitledGoal>, StoreError> {
        self.call(|on| self.sql.goals.open_titles(on, owner, parent, (least, most), limit)).await
    }

    async fn list(&self, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, StoreError> {
        self.call(|on| self.sql.goals.list(on, owner, query)).await
    }

    async fn update(
        &self,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError> {
        let is_replaced = self.call(|on| self.sql.goals.update(on, goal, event, expected, check)).await?;
        if is_replaced {
            self.wrote(goal.owner);
        }
        Ok(is_replaced)
    }

    async fn apply(&self, owner: OwnerId, writes: &[GoalWrite], max: u64) -> Result<(), NotApplied> {
        let apply = |on| async move {
            match self.sql.goals.apply(on, owner, writes, max).await {
                // Which write it was matters less than that all of them may be tried again.
                Err(NotApplied { error: error @ StoreError::Unavailable(_), .. }) => Err(error),
                outcome => Ok(outcome),
            }
        };
        self.call(apply).await.unwrap_or_else(|error| Err(NotApplied { at: 0, error }))?;
        self.wrote(owner);
        Ok(())
    }

    async fn tree(&self, owner: OwnerId, id: GoalId) -> Result<Vec<Goal>, StoreError> {
        self.call(|on| self.sql.goals.tree(on, owner, id)).await
    }

    /// Nobody is told: whoever follows their goals finds out when their patience is at its end.
    async fn purge_expired(
        &self,
        deleted_before: DateTime<Utc>,
        at: DateTime<Utc>,
        ids: &[EventId],
    ) -> Result<u64, StoreError> {
        self.call(|on| self.sql.goals.purge_expired(on, deleted_before, at, ids)).await
    }

    async fn changes(&self, owner: OwnerId, after: u64, limit: u32) -> Result<EventLog, StoreError> {
        self.call(|on| self.sql.events.changes(on, owner, after, limit)).await
    }

    async fn history(&self, owner: OwnerId, id: GoalId, before: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.call(|on| self.sql.events.history(on, owner, id, before, limit)).await
    }

    async fn document(&self, owner: OwnerId, kind: DocumentKind) -> Result<Option<Document>, StoreError> {
        self.call(|on| self.sql.documents.find(on, owner, kind)).await
    }

    async fn put_document(
        &self,
        owner: OwnerId,
        kind: DocumentKind,
        body: &FieldValue,
        expected: u64,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.documents.put(on, owner, kind, body, expected)).await
    }

    fn listen(&self, owner: OwnerId) -> Listener {
        self.feed.notices.listen(owner)
    }

    async fn count(&self, owner: OwnerId) -> Result<u64, StoreError> {
        self.call(|on| self.sql.goals.count(on, owner)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.call(|mut on| async move { on.read("SELECT 1", &[]).await.map(drop).map_err(store_error) }).await
    }
}
