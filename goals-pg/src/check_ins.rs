//! The logs of goals in `PostgreSQL`.

use async_trait::async_trait;
use chrono::NaiveDate;
use goals_core::{
    CheckIn, CheckInId, CheckInPage, CheckInQuery, CheckInRepository, Goal, GoalId, NewEvent, OwnerId, StoreError,
};

use crate::store::PgStore;

#[async_trait]
impl CheckInRepository for PgStore {
    async fn add_check_in(
        &self,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let outcome = self.call(|on| self.sql.check_ins.add(on, entry, goal, event, expected)).await?;
        self.wrote(goal.owner);
        Ok(outcome)
    }

    async fn replace_check_in(
        &self,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let outcome = self.call(|on| self.sql.check_ins.replace(on, entry, goal, event, expected)).await?;
        self.wrote(goal.owner);
        Ok(outcome)
    }

    async fn remove_check_in(
        &self,
        entry: CheckInId,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let outcome = self.call(|on| self.sql.check_ins.remove(on, entry, goal, event, expected)).await?;
        self.wrote(goal.owner);
        Ok(outcome)
    }

    async fn find_check_in(&self, owner: OwnerId, goal: GoalId, id: CheckInId) -> Result<Option<CheckIn>, StoreError> {
        self.call(|on| self.sql.check_ins.find(on, owner, goal, id)).await
    }

    async fn check_ins(&self, owner: OwnerId, goal: GoalId, query: &CheckInQuery) -> Result<CheckInPage, StoreError> {
        self.call(|on| self.sql.check_ins.page(on, owner, goal, query)).await
    }

    async fn check_ins_since(
        &self,
        owner: OwnerId,
        goal: GoalId,
        since: NaiveDate,
    ) -> Result<Vec<CheckIn>, StoreError> {
        self.call(|on| self.sql.check_ins.since(on, owner, goal, since)).await
    }

    async fn check_in_days(&self, owner: OwnerId, since: NaiveDate) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        self.call(|on| self.sql.check_ins.days(on, owner, since)).await
    }
}
