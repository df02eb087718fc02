//! Goals and what happened to them.

use std::iter::successors;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{MemoryStore, State};
use crate::duplicate::{DuplicatePolicy, Fingerprint};
use crate::event::{Actor, Event, EventKind, EventLog, NewEvent};
use crate::goal::Goal;
use crate::hierarchy::{Ancestor, LEVELS_MAX};
use crate::idempotency::Receipt;
use crate::ids::{EventId, GoalId, OwnerId};
use crate::limits::LimitKind;
use crate::notice::Listener;
use crate::query::{Cursor, GoalQuery, Page};
use crate::similar::TitledGoal;
use crate::store::{Document, DocumentKind, DuplicateCheck, GoalRepository, GoalWrite, NotApplied, StoreError};
use crate::value::FieldValue;

impl State {
    fn insert(
        &mut self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
    ) -> Result<(), StoreError> {
        let key = (goal.owner, goal.id);
        if self.goals.contains_key(&key) {
            return Err(StoreError::IdTaken);
        }
        self.check_parent(goal)?;
        self.check_duplicate(goal, duplicates)?;
        if self.of_owner(goal.owner).count() as u64 >= max {
            return Err(StoreError::LimitReached { limit: LimitKind::Goals, max });
        }
        self.goals.insert(key, goal.clone());
        self.log(goal.owner, Some(goal.id), event);
        Ok(())
    }

    /// Numbers an event and puts it into its owner's log.
    pub(super) fn log(&mut self, owner: OwnerId, goal: Option<GoalId>, event: &NewEvent) {
        let log = self.logs.entry(owner).or_default();
        log.last_seq += 1;
        log.events.push(event.clone().numbered(log.last_seq, owner, goal));
        self.notices.tell(owner);
    }

    fn is_version(&self, goal: &Goal, version: u64) -> bool {
        self.goals.get(&(goal.owner, goal.id)).is_some_and(|known| known.version == version)
    }

    fn update(
        &mut self,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError> {
        if !self.is_version(goal, expected) {
            return Ok(false);
        }
        if let DuplicateCheck::Judge(policy) = check {
            self.check_parent(goal)?;
            self.check_duplicate(goal, policy)?;
        }
        self.goals.insert((goal.owner, goal.id), goal.clone());
        self.log(goal.owner, Some(goal.id), event);
        Ok(true)
    }

    /// Whether a goal is in the trash and a child of it is not.
    fn leaves_children(&self, owner: OwnerId, id: GoalId) -> bool {
        self.goals.get(&(owner, id)).is_some_and(|goal| goal.deleted_at.is_some())
            && self.children(owner, id).any(|child| child.deleted_at.is_none())
    }

    fn apply(&mut self, owner: OwnerId, writes: &[GoalWrite], max: u64) -> Result<(), NotApplied> {
        for (at, write) in writes.iter().enumerate() {
            let done = match write {
                GoalWrite::Insert { goal, event, duplicates } => {
                    self.insert(goal, event, *duplicates, max).map(|()| true)
                }
                GoalWrite::Update { goal, event, expected, check } => self.update(goal, event, *expected, *check),
                GoalWrite::Purge { id, .. } if self.children(owner, *id).next().is_some() => {
                    Err(StoreError::HasChildren)
                }
                GoalWrite::Purge { id, event } => Ok(self.purge(owner, *id, event)),
            };
            let done = done.and_then(|is_done| if is_done { Ok(()) } else { Err(StoreError::Stale) });
            done.map_err(|error| NotApplied { at, error })?;
        }
        let left = writes.iter().position(|write| match write {
            GoalWrite::Update { goal, .. } => self.leaves_children(owner, goal.id),
            GoalWrite::Insert { .. } | GoalWrite::Purge { .. } => false,
        });
        left.map_or(Ok(()), |at| Err(NotApplied { at, error: StoreError::HasChildren }))
    }

    /// Removes a goal and its history, and leaves the event that says so.
    fn purge(&mut self, owner: OwnerId, id: GoalId, event: &NewEvent) -> bool {
        let is_there = self.goals.remove(&(owner, id)).is_some();
        if is_there {
            self.logs.entry(owner).or_default().events.retain(|event| event.goal != Some(id));
            self.check_ins.retain(|(of, goal, _), _| (*of, *goal) != (owner, id));
            self.log(owner, Some(id), event);
        }
        is_there
    }

    fn of_owner(&self, owner: OwnerId) -> impl Iterator<Item = &Goal> {
        self.goals.values().filter(move |goal| goal.owner == owner)
    }

    /// Whether `goal` has its place among the goals above and below it.
    fn check_parent(&self, goal: &Goal) -> Result<(), StoreError> {
        let find = |id: GoalId| self.goals.get(&(goal.owner, id));
        let above = successors(goal.parent.and_then(find), |goal| goal.parent.and_then(find)).take(LEVELS_MAX);
        let above: Vec<_> =
            above.map(|goal| Ancestor { id: goal.id, is_in_trash: goal.deleted_at.is_some() }).collect();
        goal.check_parent(&above, self.levels(goal.owner, goal.id)).map_err(StoreError::Parent)
    }

    /// How many levels a goal makes with those below it.
    fn levels(&self, owner: OwnerId, id: GoalId) -> usize {
        1 + self.children(owner, id).map(|child| self.levels(owner, child.id)).max().unwrap_or_default()
    }

    fn children(&self, owner: OwnerId, id: GoalId) -> impl Iterator<Item = &Goal> {
        self.of_owner(owner).filter(move |goal| goal.parent == Some(id))
    }

    fn check_duplicate(&self, goal: &Goal, policy: DuplicatePolicy) -> Result<(), StoreError> {
        if policy == DuplicatePolicy::Allow || !goal.is_open() {
            return Ok(());
        }
        let said = Fingerprint::of(&goal.title);
        let mut beside = self.of_owner(goal.owner).filter(|other| other.parent == goal.parent && other.id != goal.id);
        match beside.find(|other| other.is_open() && Fingerprint::of(&other.title) == said) {
            Some(other) => Err(StoreError::DuplicateGoal { existing: other.id }),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl GoalRepository for MemoryStore {
    async fn insert(
        &self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
    ) -> Result<(), StoreError> {
        self.state().insert(goal, event, duplicates, max)
    }

    async fn insert_once(
        &self,
        goal: &Goal,
        event: &NewEvent,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: &Receipt,
    ) -> Result<Option<Receipt>, StoreError> {
        let mut state = self.state();
        let key = (goal.owner, receipt.key.clone());
        if let Some(earlier) = state.receipts.get(&key).filter(|earlier| earlier.at >= receipt.outlives()) {
            return Ok(Some(earlier.clone()));
        }
        state.insert(goal, event, duplicates, max)?;
        state.receipts.insert(key, receipt.clone());
        Ok(None)
    }

    async fn forget_receipts(&self, before: DateTime<Utc>, at_most: u32) -> Result<u64, StoreError> {
        let mut state = self.state();
        let old = state.receipts.iter().filter(|(_, receipt)| receipt.at < before);
        let old: Vec<_> = old.map(|(key, _)| key.clone()).take(at_most as usize).collect();
        for key in &old {
            state.receipts.remove(key);
        }
        Ok(old.len() as u64)
    }

    async fn find(&self, owner: OwnerId, id: GoalId) -> Result<Option<Goal>, StoreError> {
        Ok(self.state().goals.get(&(owner, id)).cloned())
    }

    async fn open_titles(
        &self,
        owner: OwnerId,
        parent: Option<GoalId>,
        least: usize,
        most: usize,
        limit: u32,
    ) -> Result<Vec<TitledGoal>, StoreError> {
        let state = self.state();
        let is_like = |goal: &&Goal| {
            goal.is_open() && goal.parent == parent && (least..=most).contains(&goal.title.chars().count())
        };
        let mut found: Vec<_> = state.of_owner(owner).filter(is_like).collect();
        found.sort_unstable_by_key(|goal| std::cmp::Reverse(goal.id));
        let found = found.into_iter().take(limit as usize);
        Ok(found.map(|goal| TitledGoal { id: goal.id, title: goal.title.clone() }).collect())
    }

    async fn list(&self, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, StoreError> {
        let state = self.state();
        let wanted = state.of_owner(owner).filter(|goal| query.matches(goal));
        let mut found: Vec<_> = wanted.map(|goal| (Cursor::of(goal, query.sort), goal)).collect();
        found.sort_unstable_by(|(a, _), (b, _)| query.sort.compare(a, b));
        if let Some(after) = &query.cursor {
            found.retain(|(position, _)| query.sort.compare(position, after).is_gt());
        }
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(|(position, _)| position.clone());
        Ok(Page { items: found.into_iter().map(|(_, goal)| goal.clone()).collect(), next })
    }

    async fn update(
        &self,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
        check: DuplicateCheck,
    ) -> Result<bool, StoreError> {
        let write = GoalWrite::Update { goal: goal.clone(), event: event.clone(), expected, check };
        match self.apply(goal.owner, &[write], 0).await.map_err(|refused| refused.error) {
            Err(StoreError::Stale) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    async fn apply(&self, owner: OwnerId, writes: &[GoalWrite], max: u64) -> Result<(), NotApplied> {
        let mut state = self.state();
        let goals: Vec<_> = state.of_owner(owner).cloned().collect();
        let log = state.logs.get(&owner).cloned();
        let outcome = state.apply(owner, writes, max);
        if outcome.is_err() {
            state.goals.retain(|(of, _), _| *of != owner);
            state.goals.extend(goals.into_iter().map(|goal| ((owner, goal.id), goal)));
            state.logs.insert(owner, log.unwrap_or_default());
        }
        outcome
    }

    async fn tree(&self, owner: OwnerId, id: GoalId) -> Result<Vec<Goal>, StoreError> {
        let state = self.state();
        let mut tree: Vec<_> = state.goals.get(&(owner, id)).into_iter().collect();
        let mut met = 0;
        while let Some(goal) = tree.get(met) {
            tree.extend(state.children(owner, goal.id));
            met += 1;
        }
        Ok(tree.into_iter().cloned().collect())
    }

    async fn purge_expired(
        &self,
        deleted_before: DateTime<Utc>,
        at: DateTime<Utc>,
        ids: &[EventId],
    ) -> Result<u64, StoreError> {
        let mut state = self.state();
        let expired = state.goals.values().filter(|goal| goal.deleted_at.is_some_and(|at| at < deleted_before));
        let expired = expired.filter(|goal| state.children(goal.owner, goal.id).next().is_none());
        let expired: Vec<_> = expired.map(|goal| (goal.owner, goal.id)).take(ids.len()).collect();
        for ((owner, goal), id) in expired.iter().zip(ids) {
            state.purge(*owner, *goal, &NewEvent::purged(*id, at, Actor::System));
        }
        Ok(expired.len() as u64)
    }

    async fn changes(&self, owner: OwnerId, after: u64, limit: u32) -> Result<EventLog, StoreError> {
        let state = self.state();
        let Some(log) = state.logs.get(&owner) else { return Ok(EventLog { events: Vec::new(), last: 0 }) };
        let behind = log.events.iter().filter(|event| event.seq > after);
        Ok(EventLog { events: behind.take(limit as usize).cloned().collect(), last: log.last_seq })
    }

    async fn history(&self, owner: OwnerId, id: GoalId, before: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        let events = state.logs.get(&owner).into_iter().flat_map(|log| log.events.iter().rev());
        // An id may be used again, but what it stood for before is no part of the history.
        let own = events.filter(|event| event.goal == Some(id) && event.kind != EventKind::GoalPurged);
        Ok(own.filter(|event| event.seq < before).take(limit as usize).cloned().collect())
    }

    async fn document(&self, owner: OwnerId, kind: DocumentKind) -> Result<Option<Document>, StoreError> {
        Ok(self.state().documents.get(&(owner, kind)).cloned())
    }

    async fn put_document(
        &self,
        owner: OwnerId,
        kind: DocumentKind,
        body: &FieldValue,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let present = state.documents.get(&(owner, kind)).map_or(0, |document| document.revision);
        if present == expected {
            state.documents.insert((owner, kind), Document { revision: expected + 1, body: body.clone() });
        }
        Ok(present == expected)
    }

    fn listen(&self, owner: OwnerId) -> Listener {
        self.state().notices.listen(owner)
    }

    async fn count(&self, owner: OwnerId) -> Result<u64, StoreError> {
        Ok(self.state().of_owner(owner).count() as u64)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
