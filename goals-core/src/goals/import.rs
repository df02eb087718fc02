//! Many goals at once, all of them or none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Goals, duplicate_check};
use crate::draft::{GoalDraft, GoalPatch};
use crate::duplicate::{DuplicatePolicy, Fingerprint};
use crate::error::{Error, FieldError, FieldErrors, Violation};
use crate::event::{EventKind, NewEvent};
use crate::goal::Goal;
use crate::hierarchy::{Ancestor, LEVELS_MAX};
use crate::ids::{GoalId, OwnerId};
use crate::limits::LimitKind;
use crate::query::{GoalQuery, PAGE_MAX};
use crate::store::{DuplicateCheck, GoalWrite, StoreError};

/// The most goals of one import.
pub const IMPORT_MAX: usize = 1_000;

/// How often an import is planned anew because somebody else was faster.
const ROUNDS: usize = 8;

/// A goal as another program knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportGoal {
    /// What is made of it when the owner has no goal with its id.
    pub draft: GoalDraft,
    /// What becomes of the goal with that id when they have one.
    pub patch: GoalPatch,
    /// Whether a new goal is put away at once.
    pub archived: bool,
}

/// What becomes of one goal of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is made.
    Created(GoalId),
    /// The owner's goal with its id is changed.
    Updated(GoalId),
    /// The owner's goal with its id says all of it already.
    Unchanged(GoalId),
    /// An open goal of the owner, or an earlier one of the import, says the same.
    Duplicate {
        /// The goal that says the same.
        existing: GoalId,
    },
    /// It is refused, for everything that is said here.
    Invalid(FieldErrors),
}

impl Fate {
    /// Whether it stands in the way of the import.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !matches!(self, Self::Created(_) | Self::Updated(_) | Self::Unchanged(_))
    }
}

/// What an import does, goal by goal, and whether it has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The fate of each goal, in the order of the import.
    pub fates: Vec<Fate>,
    /// Whether anything was written: not when it was but tried, nor when one goal was refused.
    pub done: bool,
}

impl Goals {
    /// Takes in goals, each of which is made or changes the owner's goal with its id: all of them,
    /// or none when one is refused or when it is only to be `tried`. What was wrong with a goal
    /// before it came here is its `Err`, and its fate.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there are more than [`IMPORT_MAX`], [`Error::LimitReached`],
    /// [`Error::Unavailable`].
    pub async fn import(
        &self,
        owner: OwnerId,
        goals: &[Result<ImportGoal, FieldErrors>],
        duplicates: DuplicatePolicy,
        tried: bool,
    ) -> Result<Imported, Error> {
        if goals.len() > IMPORT_MAX {
            return Err(Error::field("", Violation::TooMany { max: IMPORT_MAX }));
        }
        for _ in 0..ROUNDS {
            let known = self.every_goal(owner).await?;
            let mut plan = Plan::new(owner, self.clock.now(), duplicates, known);
            let fates = plan.judge_all(goals, self)?;
            if fates.iter().any(Fate::is_refused) {
                return Ok(Imported { fates, done: false });
            }
            if plan.count > self.max {
                return Err(Error::LimitReached { limit: LimitKind::Goals, max: self.max });
            }
            if tried {
                return Ok(Imported { fates, done: false });
            }
            let refused = match self.store.apply(owner, &plan.writes, self.max).await {
                Ok(()) => return Ok(Imported { fates, done: true }),
                Err(refused) => refused.error,
            };
            if !is_outdated(&refused) {
                return Err(refused.into());
            }
            // Somebody changed a goal since: the next round judges what it is now.
        }
        Err(Error::Unavailable("the goals of this owner are being changed too fast".into()))
    }

    /// Every goal of an owner, wherever it is.
    async fn every_goal(&self, owner: OwnerId) -> Result<Vec<Goal>, Error> {
        let mut goals = Vec::new();
        for (archived, trash) in [(Some(false), false), (Some(true), false), (None, true)] {
            goals.extend(self.list_all(owner, GoalQuery { archived, trash, ..GoalQuery::default() }).await?);
        }
        Ok(goals)
    }

    /// Every goal of a query, whatever its page.
    ///
    /// # Errors
    /// [`Error::Invalid`] by parameter, [`Error::Unavailable`].
    pub async fn list_all(&self, owner: OwnerId, query: GoalQuery) -> Result<Vec<Goal>, Error> {
        let (mut query, mut goals) = (GoalQuery { limit: PAGE_MAX, cursor: None, ..query }, Vec::new());
        loop {
            let page = self.list(owner, &query).await?;
            goals.extend(page.items);
            if page.next.is_none() {
                return Ok(goals);
            }
            query.cursor = page.next;
        }
    }
}

/// Whether what was planned cannot be done because a goal has changed since.
fn is_outdated(refused: &StoreError) -> bool {
    matches!(
        refused,
        StoreError::Stale
            | StoreError::IdTaken
            | StoreError::DuplicateGoal { .. }
            | StoreError::Parent(_)
            | StoreError::HasChildren
    )
}

/// What is to be written, and what is there when it will have been.
struct Plan {
    owner: OwnerId,
    now: DateTime<Utc>,
    duplicates: DuplicatePolicy,
    known: BTreeMap<GoalId, Goal>,
    /// The open goals by their parent and what they say.
    open: BTreeMap<(Option<GoalId>, Fingerprint), BTreeSet<GoalId>>,
    judged: BTreeSet<GoalId>,
    count: u64,
    writes: Vec<GoalWrite>,
}

impl Plan {
    fn new(owner: OwnerId, now: DateTime<Utc>, duplicates: DuplicatePolicy, goals: Vec<Goal>) -> Self {
        let mut plan = Self {
            owner,
            now,
            duplicates,
            known: BTreeMap::new(),
            open: BTreeMap::new(),
            judged: BTreeSet::new(),
            count: goals.len() as u64,
            writes: Vec::new(),
        };
        for goal in goals {
            plan.note(goal);
        }
        plan
    }

    /// Takes `goal` for what is there under its id.
    fn note(&mut self, goal: Goal) {
        if let Some(before) = self.known.get(&goal.id)
            && let Some(others) = self.open.get_mut(&(before.parent, Fingerprint::of(&before.title)))
        {
            others.remove(&before.id);
        }
        if goal.is_open() {
            self.open.entry((goal.parent, Fingerprint::of(&goal.title))).or_default().insert(goal.id);
        }
        self.known.insert(goal.id, goal);
    }

    /// Judges every goal, a parent before the goals under it wherever it stands.
    fn judge_all(&mut self, goals: &[Result<ImportGoal, FieldErrors>], at: &Goals) -> Result<Vec<Fate>, Error> {
        let places = goals.iter().enumerate().filter_map(|(n, goal)| Some((goal.as_ref().ok()?.draft.id?, n)));
        let places: BTreeMap<_, _> = places.collect();
        let above = |n: usize| goals[n].as_ref().ok()?.draft.parent.and_then(|parent| places.get(&parent).copied());
        let mut fates = vec![None; goals.len()];
        for n in 0..goals.len() {
            // Up to the first one that is judged already; a circle ends where it is too deep.
            let waiting = std::iter::successors(Some(n), |n| above(*n)).take(goals.len().min(LEVELS_MAX + 1));
            let waiting: Vec<_> = waiting.take_while(|n| fates[*n].is_none()).collect();
            for n in waiting.into_iter().rev() {
                if fates[n].is_none() {
                    fates[n] = Some(self.judge(goals[n].as_ref(), at)?);
                }
            }
        }
        Ok(fates.into_iter().flatten().collect())
    }

    fn judge(&mut self, goal: Result<&ImportGoal, &FieldErrors>, goals: &Goals) -> Result<Fate, Error> {
        let goal = match goal {
            Ok(goal) => goal,
            Err(errors) => return Ok(Fate::Invalid(errors.clone())),
        };
        let id = goal.draft.id.unwrap_or_else(|| GoalId::from_uuid(goals.ids.id(self.now)));
        if !self.judged.insert(id) {
            let twice = FieldError { pointer: "/id".to_owned(), violation: Violation::Duplicate };
            return Ok(Fate::Invalid(twice.into()));
        }
        let planned = match self.known.get(&id) {
            Some(known) => goal.patch.apply(known, self.now),
            None => goal.draft.clone().into_goal(id, self.owner, self.now).map_err(Error::from),
        };
        let next = match planned {
            Ok(next) => next,
            Err(Error::Invalid(errors)) => return Ok(Fate::Invalid(errors)),
            Err(Error::InvalidTransition { from, .. }) => {
                let violation = Violation::InvalidTransition { from: from.as_str() };
                return Ok(Fate::Invalid(FieldError { pointer: "/status".to_owned(), violation }.into()));
            }
            Err(other) => return Err(other),
        };
        let known = self.known.get(&id).cloned();
        if known.as_ref().is_none_or(|known| known.parent != next.parent)
            && let Err(violation) = self.check_parent(&next)
        {
            return Ok(Fate::Invalid(FieldError { pointer: "/parent".to_owned(), violation }.into()));
        }
        Ok(match known {
            Some(known) if known.version == next.version => Fate::Unchanged(id),
            Some(known) => self.update(&known, next, goals),
            None => {
                let archived_at = goal.archived.then_some(self.now);
                self.create(Goal { archived_at, ..next }, goals)
            }
        })
    }

    fn create(&mut self, goal: Goal, goals: &Goals) -> Fate {
        if let Some(existing) = self.duplicate_of(&goal) {
            return Fate::Duplicate { existing };
        }
        let event = NewEvent::created(goals.event_id(self.now), &goal);
        self.writes.push(GoalWrite::Insert { goal: goal.clone(), event, duplicates: self.duplicates });
        self.count += 1;
        let id = goal.id;
        self.note(goal);
        Fate::Created(id)
    }

    fn update(&mut self, known: &Goal, next: Goal, goals: &Goals) -> Fate {
        let check = duplicate_check(known, &next, self.duplicates);
        if check != DuplicateCheck::Keep
            && let Some(existing) = self.duplicate_of(&next)
        {
            return Fate::Duplicate { existing };
        }
        let event = NewEvent::changed(goals.event_id(self.now), EventKind::GoalChanged, known, &next);
        self.writes.push(GoalWrite::Update { goal: next.clone(), event, expected: known.version, check });
        let id = next.id;
        self.note(next);
        Fate::Updated(id)
    }

    fn check_parent(&self, goal: &Goal) -> Result<(), Violation> {
        let find = |id: GoalId| self.known.get(&id);
        let above = std::iter::successors(goal.parent.and_then(find), |goal| goal.parent.and_then(find));
        let above: Vec<_> = above
            .take(LEVELS_MAX)
            .map(|goal| Ancestor { id: goal.id, is_in_trash: goal.deleted_at.is_some() })
            .collect();
        goal.check_parent(&above, self.levels(goal.id))
    }

    /// How many levels a goal makes with those below it.
    fn levels(&self, id: GoalId) -> usize {
        let children = self.known.values().filter(|goal| goal.parent == Some(id));
        1 + children.map(|child| self.levels(child.id)).max().unwrap_or_default()
    }

    fn duplicate_of(&self, goal: &Goal) -> Option<GoalId> {
        if self.duplicates == DuplicatePolicy::Allow || !goal.is_open() {
            return None;
        }
        let others = self.open.get(&(goal.parent, Fingerprint::of(&goal.title)))?;
        others.iter().copied().find(|other| *other != goal.id)
    }
}
