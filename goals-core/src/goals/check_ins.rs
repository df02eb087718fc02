//! What people do with the logs of their goals.

use chrono::{DateTime, NaiveDate, Utc};

use super::Goals;
use crate::checkin::{CheckIn, CheckInDraft, CheckInPage, CheckInPatch, CheckInQuery};
use crate::error::{Error, Violation};
use crate::event::{EventKind, FieldChange, NewEvent};
use crate::goal::Goal;
use crate::ids::{CheckInId, GoalId, OwnerId};
use crate::limits::LimitKind;
use crate::standing::Standing;
use crate::time_zone::TimeZone;
use crate::value::FieldValue;

impl Goals {
    /// The same with another number of check-ins per goal.
    #[must_use]
    pub fn with_max_check_ins(self, max: u64) -> Self {
        Self { max_check_ins: max, ..self }
    }

    /// How many check-ins a goal may have.
    #[must_use]
    pub fn max_check_ins(&self) -> u64 {
        self.max_check_ins
    }

    /// Writes an entry into the log of a goal, for an owner who lives in `zone`. Sent twice under
    /// an id of the caller's own, it is made once and answered twice.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::GoalClosed`],
    /// [`Error::LimitReached`], [`Error::IdTaken`] when another entry has the id,
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn check_in(
        &self,
        owner: OwnerId,
        goal: GoalId,
        zone: TimeZone,
        draft: CheckInDraft,
    ) -> Result<CheckIn, Error> {
        let id = draft.id.unwrap_or_else(|| CheckInId::from_uuid(self.ids.id(self.clock.now())));
        loop {
            let goal = self.get(owner, goal).await?;
            if draft.id.is_some()
                && let Some(made) = self.store.find_check_in(owner, goal.id, id).await?
            {
                return if draft.describes(&made) { Ok(made) } else { Err(Error::IdTaken) };
            }
            goal.check_log_is_open()?;
            let now = self.clock.now();
            let entry = draft.clone().into_check_in(id, &goal, now, zone)?;
            if goal.standing.check_ins >= self.max_check_ins {
                return Err(Error::LimitReached { limit: LimitKind::CheckIns, max: self.max_check_ins });
            }
            let others = if goal.standing.needs_others(&goal.measure, &entry) {
                self.store.check_ins_since(owner, goal.id, entry.day).await?
            } else {
                Vec::new()
            };
            let next = goal.standing_at(goal.standing.with(&goal.measure, &entry, &others), "/value", now)?;
            let event = self.log_event(EventKind::CheckInAdded, &goal, &next, [None, Some(&entry)]);
            if self.store.add_check_in(&entry, &next, &event, goal.version).await? {
                return Ok(entry);
            }
            // Somebody was faster, as in `change`.
        }
    }

    /// Corrects an entry. What changes nothing leaves no trace.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, [`Error::GoalClosed`],
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn correct_check_in(
        &self,
        owner: OwnerId,
        goal: GoalId,
        zone: TimeZone,
        id: CheckInId,
        patch: &CheckInPatch,
    ) -> Result<CheckIn, Error> {
        loop {
            let goal = self.get(owner, goal).await?;
            let entry = self.find_check_in(&goal, id).await?;
            goal.check_log_is_open()?;
            let now = self.clock.now();
            let corrected = patch.apply(&entry, &goal, now, zone)?;
            if corrected == entry {
                return Ok(entry);
            }
            let mut log = self.log(&goal).await?;
            log.iter_mut().filter(|known| known.id == id).for_each(|known| known.clone_from(&corrected));
            let next = goal.standing_at(Standing::of(&goal.measure, &log), "/value", now)?;
            let event = self.log_event(EventKind::CheckInChanged, &goal, &next, [Some(&entry), Some(&corrected)]);
            if self.store.replace_check_in(&corrected, &next, &event, goal.version).await? {
                return Ok(corrected);
            }
        }
    }

    /// Takes an entry out of the log.
    ///
    /// # Errors
    /// [`Error::GoalClosed`], [`Error::NotFound`], [`Error::Unavailable`]; [`Error::Invalid`] when
    /// what is left adds up to more digits than a [`Quantity`](crate::Quantity) holds.
    pub async fn remove_check_in(&self, owner: OwnerId, goal: GoalId, id: CheckInId) -> Result<(), Error> {
        loop {
            let goal = self.get(owner, goal).await?;
            let entry = self.find_check_in(&goal, id).await?;
            goal.check_log_is_open()?;
            let mut log = self.log(&goal).await?;
            log.retain(|known| known.id != id);
            let next = goal.standing_at(Standing::of(&goal.measure, &log), "", self.clock.now())?;
            let event = self.log_event(EventKind::CheckInRemoved, &goal, &next, [Some(&entry), None]);
            if self.store.remove_check_in(id, &next, &event, goal.version).await? {
                return Ok(());
            }
        }
    }

    /// One entry.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn get_check_in(&self, owner: OwnerId, goal: GoalId, id: CheckInId) -> Result<CheckIn, Error> {
        self.store.find_check_in(owner, goal, id).await?.ok_or(Error::NotFound)
    }

    /// A page of the log of a goal, the newest entry first.
    ///
    /// # Errors
    /// [`Error::Invalid`] by parameter, [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn check_ins(&self, owner: OwnerId, goal: GoalId, query: &CheckInQuery) -> Result<CheckInPage, Error> {
        query.validate()?;
        let page = self.store.check_ins(owner, goal, query).await?;
        if page.items.is_empty() {
            self.get(owner, goal).await?;
        }
        Ok(page)
    }

    /// `next`, which `goal` is to become, with what its measure reads in the log.
    pub(super) async fn recounted(&self, goal: &Goal, mut next: Goal) -> Result<Goal, Error> {
        let too_many = || Error::field("/measure", Violation::too_many_digits());
        if next.standing.check_ins > 0 && !next.measure.reads_as(&goal.measure) {
            next.standing = Standing::of(&next.measure, &self.log(goal).await?).ok_or_else(too_many)?;
        }
        if next.is_countable() { Ok(next) } else { Err(too_many()) }
    }

    /// The whole log of a goal, in order.
    pub(super) async fn log(&self, goal: &Goal) -> Result<Vec<CheckIn>, Error> {
        Ok(self.store.check_ins_since(goal.owner, goal.id, NaiveDate::MIN).await?)
    }

    async fn find_check_in(&self, goal: &Goal, id: CheckInId) -> Result<CheckIn, Error> {
        self.store.find_check_in(goal.owner, goal.id, id).await?.ok_or(Error::NotFound)
    }

    /// What was changed of `goal`, and of the entry that did it.
    fn log_event(&self, kind: EventKind, goal: &Goal, next: &Goal, entry: [Option<&CheckIn>; 2]) -> NewEvent {
        let mut event = NewEvent::changed(self.event_id(next.updated_at), kind, goal, next);
        let [from, to] = entry.map(|entry| entry.map_or(FieldValue::Null, FieldValue::from));
        event.changes.insert("check_in".to_owned(), FieldChange { from, to });
        event
    }
}

impl Goal {
    /// Whether its log may be written to: neither closed nor in the trash.
    fn check_log_is_open(&self) -> Result<(), Error> {
        if self.is_open() { Ok(()) } else { Err(Error::GoalClosed) }
    }

    /// Its next version, with another standing. What has too many digits is the fault of `pointer`.
    pub(super) fn standing_at(
        &self,
        standing: Option<Standing>,
        pointer: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let next =
            standing.map(|standing| Self { standing, version: self.version + 1, updated_at: now, ..self.clone() });
        next.filter(Self::is_countable).ok_or_else(|| Error::field(pointer, Violation::too_many_digits()))
    }
}
