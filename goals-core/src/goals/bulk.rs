//! Many changes of goals that happen together or not at all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::trash::{in_trash, unlike_others};
use super::{Expected, Goals, duplicate_check};
use crate::draft::{GoalDraft, GoalPatch};
use crate::duplicate::DuplicatePolicy;
use crate::error::{Current, Error, Violation};
use crate::event::{EventKind, NewEvent};
use crate::goal::Goal;
use crate::hierarchy::Tree;
use crate::ids::{GoalId, OwnerId};
use crate::store::{GoalWrite, NotApplied, StoreError};

/// The most operations that happen together.
pub const BULK_MAX: usize = 100;

/// One change among several that happen together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// As [`Goals::create`].
    Create(Box<GoalDraft>),
    /// As [`Goals::update`].
    Update(GoalId, Expected, Box<GoalPatch>),
    /// As [`Goals::delete`].
    Delete(GoalId, Expected),
    /// As [`Goals::restore`].
    Restore(GoalId),
}

/// Why several changes did not happen.
#[derive(Debug, thiserror::Error)]
#[error("operation {at} was refused")]
pub struct BulkError {
    /// Which of them was refused, counted from 0.
    pub at: usize,
    /// Why.
    #[source]
    pub error: Error,
}

impl Goals {
    /// Does all `operations` in their order, or none of them, and gives back the goal of each as it
    /// left it. Each sees what those before it do.
    ///
    /// # Errors
    /// The first that is refused, with what it would be refused with alone;
    /// [`Violation::TooMany`] under `/operations` when there are more than [`BULK_MAX`].
    pub async fn bulk(&self, owner: OwnerId, operations: &[Operation]) -> Result<Vec<Goal>, BulkError> {
        if operations.len() > BULK_MAX {
            let error = Error::field("/operations", Violation::TooMany { max: BULK_MAX });
            return Err(BulkError { at: BULK_MAX, error });
        }
        let now = self.clock.now();
        let ids: Vec<_> = operations.iter().map(|_| GoalId::from_uuid(self.ids.id(now))).collect();
        let mut alone = BTreeSet::new();
        loop {
            let mut plan = Plan::new(self, owner, self.clock.now());
            for (at, operation) in operations.iter().enumerate() {
                plan.at = at;
                let planned = plan.operation(operation, ids[at], alone.contains(&at)).await;
                planned.map_err(|error| BulkError { at, error })?;
            }
            match self.store.apply(owner, &plan.writes, self.max).await {
                Ok(()) => return Ok(plan.results),
                // Somebody was faster: the next round reads what they did, and judges it.
                Err(NotApplied { error: StoreError::Stale | StoreError::HasChildren, .. }) => {}
                Err(NotApplied { at, error }) => {
                    let at = plan.causes.get(at).copied().unwrap_or_default();
                    let is_restored = matches!(operations.get(at), Some(Operation::Restore(_)));
                    let is_below_trash = matches!(error, StoreError::Parent(Violation::InTrash));
                    if !(is_restored && is_below_trash && alone.insert(at)) {
                        return Err(BulkError { at, error: error.into() });
                    }
                }
            }
        }
    }
}

/// What is to be written, and the goals as they will be by then.
struct Plan<'a> {
    goals: &'a Goals,
    owner: OwnerId,
    now: DateTime<Utc>,
    known: BTreeMap<GoalId, Goal>,
    writes: Vec<GoalWrite>,
    /// The operation of each write.
    causes: Vec<usize>,
    results: Vec<Goal>,
    /// The operation that is being planned.
    at: usize,
}

impl<'a> Plan<'a> {
    fn new(goals: &'a Goals, owner: OwnerId, now: DateTime<Utc>) -> Self {
        let (known, writes, causes, results) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
        Self { goals, owner, now, known, writes, causes, results, at: 0 }
    }

    async fn operation(&mut self, operation: &Operation, id: GoalId, is_alone: bool) -> Result<(), Error> {
        let goal = match operation {
            Operation::Create(draft) => self.create((**draft).clone(), id)?,
            Operation::Update(id, expected, patch) => {
                patch.validate()?;
                let goal = self.current(*id, *expected).await?;
                let next = patch.apply(&goal, self.now)?;
                self.change(&goal, next, EventKind::GoalChanged, patch.duplicates)
            }
            Operation::Delete(id, expected) => {
                let goal = self.current(*id, *expected).await?;
                if goal.deleted_at.is_some() { goal } else { self.delete(*id).await? }
            }
            Operation::Restore(id) => {
                let goal = self.current(*id, Expected::Any).await?;
                if goal.deleted_at.is_none() { goal } else { self.restore(*id, is_alone).await? }
            }
        };
        self.results.push(goal);
        Ok(())
    }

    /// A goal as it will be when the operations so far are done.
    async fn current(&mut self, id: GoalId, expected: Expected) -> Result<Goal, Error> {
        let goal = match self.known.get(&id) {
            Some(goal) => goal.clone(),
            None => self.goals.get(self.owner, id).await?,
        };
        if expected.allows(goal.version) { Ok(goal) } else { Err(Error::Stale(Current::Goal(Box::new(goal)))) }
    }

    fn create(&mut self, draft: GoalDraft, id: GoalId) -> Result<Goal, Error> {
        let id = draft.id.unwrap_or(id);
        let duplicates = draft.duplicates.unwrap_or(self.goals.duplicates);
        let goal = draft.into_goal(id, self.owner, self.now)?;
        let event = NewEvent::created(self.goals.event_id(self.now), &goal);
        self.write(goal.clone(), GoalWrite::Insert { goal: goal.clone(), event, duplicates });
        Ok(goal)
    }

    /// Lets `goal` become `next`, when that is another version.
    fn change(&mut self, goal: &Goal, next: Goal, kind: EventKind, duplicates: Option<DuplicatePolicy>) -> Goal {
        if next.version != goal.version {
            let check = duplicate_check(goal, &next, duplicates.unwrap_or(self.goals.duplicates));
            let write = self.goals.changed(goal, next.clone(), kind, check);
            self.write(next.clone(), write);
        }
        next
    }

    async fn delete(&mut self, id: GoalId) -> Result<Goal, Error> {
        let tree = self.tree(id).await?;
        let gone_at = Some(unlike_others(&tree, self.now));
        for goal in tree.together() {
            self.change(goal, in_trash(goal, gone_at, self.now), EventKind::GoalDeleted, None);
        }
        Ok(in_trash(tree.top(), gone_at, self.now))
    }

    async fn restore(&mut self, id: GoalId, is_alone: bool) -> Result<Goal, Error> {
        let tree = self.tree(id).await?;
        let back = in_trash(tree.top(), None, self.now);
        let top = Goal { parent: back.parent.filter(|_| !is_alone), ..back };
        self.change(tree.top(), top.clone(), EventKind::GoalRestored, None);
        for goal in tree.together().skip(1) {
            let write = self.goals.following(goal, None, self.now);
            self.write(in_trash(goal, None, self.now), write);
        }
        Ok(top)
    }

    fn write(&mut self, goal: Goal, write: GoalWrite) {
        self.known.insert(goal.id, goal);
        self.writes.push(write);
        self.causes.push(self.at);
    }

    /// A goal and all that will be below it when the operations so far are done.
    async fn tree(&self, id: GoalId) -> Result<Tree, Error> {
        let mut goals = BTreeMap::new();
        let mut wanted = vec![id];
        while let Some(id) = wanted.pop() {
            for goal in self.goals.store.tree(self.owner, id).await? {
                let goal = self.known.get(&goal.id).cloned().unwrap_or(goal);
                goals.insert(goal.id, goal);
            }
            goals.extend(self.known.get(&id).map(|goal| (id, goal.clone())));
            // What was put below one of these brings along what is below itself.
            let joins = |goal: &&Goal| {
                goal.parent.is_some_and(|parent| goals.contains_key(&parent)) && !goals.contains_key(&goal.id)
            };
            let joining: Vec<_> = self.known.values().filter(joins).cloned().collect();
            wanted.extend(joining.iter().map(|goal| goal.id));
            goals.extend(joining.into_iter().map(|goal| (goal.id, goal)));
        }
        Tree::grown(id, goals).ok_or(Error::NotFound)
    }
}
