//! The use cases of goals.

mod bulk;
mod check_ins;
mod history;
mod import;
mod once;
mod outlook;
mod similar;
mod trash;
mod views;

pub use bulk::{BULK_MAX, BulkError, Operation};

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::outlook::{PAUSE_MAX, STATS_DAYS, Stats, TRIAL_MAX, Trial};
use crate::clock::Clock;
use crate::draft::{GoalDraft, GoalPatch};
use crate::duplicate::{DuplicatePolicy, Fingerprint};
use crate::error::{Current, Error};
use crate::event::{EventKind, NewEvent};
use crate::goal::Goal;
use crate::ids::{EventId, GoalId, IdSource, OwnerId};
use crate::limits::Usage;
use crate::query::{GoalQuery, Page};
use crate::store::{DuplicateCheck, GoalStore};

pub use self::import::{Fate, IMPORT_MAX, ImportGoal, Imported};

/// How many goals an owner may have when nothing else is said.
const GOALS_DEFAULT: u64 = 1_000;
/// How many check-ins a goal may have when nothing else is said.
const CHECK_INS_DEFAULT: u64 = 10_000;
/// How long the trash keeps goals when nothing else is said.
const TRASH_DEFAULT: TimeDelta = TimeDelta::days(30);

/// Which version a change is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This one; the change is refused when there is a newer one.
    Version(u64),
    /// Whichever there is: the change is forced.
    Any,
}

impl Expected {
    pub(crate) fn allows(self, version: u64) -> bool {
        match self {
            Self::Version(expected) => expected == version,
            Self::Any => true,
        }
    }
}

/// Everything that people do with their goals.
///
/// Cheap to clone; clones share the store and the settings.
#[derive(Debug, Clone)]
pub struct Goals {
    store: Arc<dyn GoalStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    max: u64,
    max_check_ins: u64,
    duplicates: DuplicatePolicy,
    trash: TimeDelta,
}

impl Goals {
    /// Goals in a store, with the default settings.
    pub fn new(store: Arc<dyn GoalStore>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            store,
            clock,
            ids,
            max: GOALS_DEFAULT,
            max_check_ins: CHECK_INS_DEFAULT,
            duplicates: DuplicatePolicy::default(),
            trash: TRASH_DEFAULT,
        }
    }

    /// The same in another store: in a transaction of the host's, for example.
    #[must_use]
    pub fn with_store(self, store: Arc<dyn GoalStore>) -> Self {
        Self { store, ..self }
    }

    /// The same with another number of goals per owner.
    #[must_use]
    pub fn with_max_goals(self, max: u64) -> Self {
        Self { max, ..self }
    }

    /// The same with another policy for goals that say the same.
    #[must_use]
    pub fn with_duplicates(self, duplicates: DuplicatePolicy) -> Self {
        Self { duplicates, ..self }
    }

    /// The same with another time for which the trash keeps goals.
    #[must_use]
    pub fn with_trash(self, trash: TimeDelta) -> Self {
        Self { trash, ..self }
    }

    /// How many goals an owner may have.
    #[must_use]
    pub fn max_goals(&self) -> u64 {
        self.max
    }

    /// The present instant as these use cases see it, for [`Goal::pace`].
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Makes a goal.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::DuplicateGoal`],
    /// [`Error::LimitReached`], [`Error::IdTaken`], [`Error::Unavailable`].
    pub async fn create(&self, owner: OwnerId, draft: GoalDraft) -> Result<Goal, Error> {
        let (goal, event, duplicates) = self.new_goal(owner, draft)?;
        self.store.insert(&goal, &event, duplicates, self.max).await?;
        Ok(goal)
    }

    /// The goal that is to be made, with its event.
    fn new_goal(&self, owner: OwnerId, draft: GoalDraft) -> Result<(Goal, NewEvent, DuplicatePolicy), Error> {
        let now = self.clock.now();
        let id = draft.id.unwrap_or_else(|| GoalId::from_uuid(self.ids.id(now)));
        let duplicates = draft.duplicates.unwrap_or(self.duplicates);
        let goal = draft.into_goal(id, owner, now)?;
        let event = NewEvent::created(self.event_id(now), &goal);
        Ok((goal, event, duplicates))
    }

    /// One goal, in the trash or not.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn get(&self, owner: OwnerId, id: GoalId) -> Result<Goal, Error> {
        self.store.find(owner, id).await?.ok_or(Error::NotFound)
    }

    /// A page of goals.
    ///
    /// # Errors
    /// [`Error::Invalid`] by parameter, [`Error::Unavailable`].
    pub async fn list(&self, owner: OwnerId, query: &GoalQuery) -> Result<Page<Goal>, Error> {
        query.validate()?;
        Ok(self.store.list(owner, query).await?)
    }

    /// Changes a goal.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::InvalidTransition`],
    /// [`Error::DuplicateGoal`], [`Error::Stale`] with the goal as it is now, [`Error::NotFound`],
    /// [`Error::Unavailable`].
    pub async fn update(
        &self,
        owner: OwnerId,
        id: GoalId,
        expected: Expected,
        patch: &GoalPatch,
    ) -> Result<Goal, Error> {
        patch.validate()?;
        let duplicates = patch.duplicates.unwrap_or(self.duplicates);
        loop {
            let goal = self.get(owner, id).await?;
            if !expected.allows(goal.version) {
                return Err(Error::Stale(Current::Goal(Box::new(goal))));
            }
            let now = self.clock.now();
            let next = patch.apply(&goal, now)?;
            if next.version == goal.version {
                return Ok(next);
            }
            let next = self.recounted(&goal, next).await?;
            let check = duplicate_check(&goal, &next, duplicates);
            let event = NewEvent::changed(self.event_id(now), EventKind::GoalChanged, &goal, &next);
            if self.store.update(&next, &event, goal.version, check).await? {
                return Ok(next);
            }
            // Somebody was faster: the next round reads their version and judges it. Each round
            // that fails is one that another caller won, so the loop ends.
        }
    }

    /// How many goals an owner may have, and has, those in the trash counted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn usage(&self, owner: OwnerId) -> Result<Usage, Error> {
        Ok(Usage { max: self.max, used: self.store.count(owner).await? })
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.store.ping().await?)
    }

    fn event_id(&self, now: DateTime<Utc>) -> EventId {
        EventId::from_uuid(self.ids.id(now))
    }
}

fn duplicate_check(goal: &Goal, next: &Goal, policy: DuplicatePolicy) -> DuplicateCheck {
    let says_the_same = goal.title == next.title || Fingerprint::of(&goal.title) == Fingerprint::of(&next.title);
    if goal.is_open() && says_the_same && goal.parent == next.parent {
        DuplicateCheck::Keep
    } else {
        DuplicateCheck::Judge(policy)
    }
}
