//! The logs of goals.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{MemoryStore, State};
use crate::checkin::{CheckIn, CheckInCursor, CheckInPage, CheckInQuery};
use crate::event::NewEvent;
use crate::goal::Goal;
use crate::ids::{CheckInId, GoalId, OwnerId};
use crate::store::{CheckInRepository, StoreError};

impl State {
    /// Whether the goal is there under this version.
    fn is_at(&self, goal: &Goal, expected: u64) -> bool {
        self.goals.get(&(goal.owner, goal.id)).is_some_and(|known| known.version == expected)
    }

    /// Puts what `goal` carries of its log in its place.
    fn stand(&mut self, goal: &Goal, event: &NewEvent) {
        if let Some(known) = self.goals.get_mut(&(goal.owner, goal.id)) {
            known.standing = goal.standing;
            known.version = goal.version;
            known.updated_at = goal.updated_at;
        }
        self.log(goal.owner, Some(goal.id), event);
    }

    /// The log of one goal, in order.
    fn entries(&self, owner: OwnerId, goal: GoalId) -> Vec<&CheckIn> {
        let of_goal = |entry: &&CheckIn| entry.owner == owner && entry.goal == goal;
        let mut entries: Vec<_> = self.check_ins.values().filter(of_goal).collect();
        entries.sort_unstable_by_key(|entry| entry.position());
        entries
    }
}

fn key(entry: &CheckIn) -> (OwnerId, GoalId, CheckInId) {
    (entry.owner, entry.goal, entry.id)
}

#[async_trait]
impl CheckInRepository for MemoryStore {
    async fn add_check_in(
        &self,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if !state.is_at(goal, expected) {
            return Ok(false);
        }
        if state.check_ins.contains_key(&key(entry)) {
            return Err(StoreError::IdTaken);
        }
        state.check_ins.insert(key(entry), entry.clone());
        state.stand(goal, event);
        Ok(true)
    }

    async fn replace_check_in(
        &self,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if !state.is_at(goal, expected) || !state.check_ins.contains_key(&key(entry)) {
            return Ok(false);
        }
        state.check_ins.insert(key(entry), entry.clone());
        state.stand(goal, event);
        Ok(true)
    }

    async fn remove_check_in(
        &self,
        entry: CheckInId,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        if !state.is_at(goal, expected) || state.check_ins.remove(&(goal.owner, goal.id, entry)).is_none() {
            return Ok(false);
        }
        state.stand(goal, event);
        Ok(true)
    }

    async fn find_check_in(&self, owner: OwnerId, goal: GoalId, id: CheckInId) -> Result<Option<CheckIn>, StoreError> {
        Ok(self.state().check_ins.get(&(owner, goal, id)).cloned())
    }

    async fn check_ins(&self, owner: OwnerId, goal: GoalId, query: &CheckInQuery) -> Result<CheckInPage, StoreError> {
        let state = self.state();
        let after = query.cursor.map(|CheckInCursor { day, at, id }| (day, at, id));
        let beyond = |entry: &&CheckIn| after.is_none_or(|after| entry.position() < after);
        let entries = state.entries(owner, goal).into_iter().rev().filter(beyond);
        Ok(query.page(entries.take(query.limit as usize + 1).cloned().collect()))
    }

    async fn check_ins_since(
        &self,
        owner: OwnerId,
        goal: GoalId,
        since: NaiveDate,
    ) -> Result<Vec<CheckIn>, StoreError> {
        let state = self.state();
        Ok(state.entries(owner, goal).into_iter().filter(|entry| entry.day >= since).cloned().collect())
    }

    async fn check_in_days(&self, owner: OwnerId, since: NaiveDate) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        let state = self.state();
        let mut days = BTreeMap::new();
        for entry in state.check_ins.values().filter(|entry| entry.owner == owner && entry.day >= since) {
            *days.entry(entry.day).or_default() += 1;
        }
        Ok(days.into_iter().collect())
    }
}
