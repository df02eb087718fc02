//! From raw input to a valid goal, with everything that is wrong said at once.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::deadline::{Deadline, check_year};
use crate::duplicate::DuplicatePolicy;
use crate::error::{Error, FieldErrors, Violation};
use crate::goal::{self, AttributeValue, Attributes, Color, Goal, Priority, member_pointer};
use crate::ids::{GoalId, OwnerId};
use crate::measure::{Measure, MeasurePatch, check_done_on, latest_day};
use crate::standing::Standing;
use crate::status::Status;

/// A goal that somebody would like to have.
///
/// ```
/// use goals_core::{GoalDraft, Priority};
///
/// let draft = GoalDraft { priority: Priority::High, ..GoalDraft::new("Run a half marathon") };
/// assert!(draft.validate().is_ok());
/// assert!(GoalDraft::new("  ").validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoalDraft {
    /// An id of the caller's own, so that a create that is sent twice makes one goal.
    pub id: Option<GoalId>,
    /// See [`Goal::title`].
    pub title: String,
    /// See [`Goal::description`].
    pub description: String,
    /// [`Status::Active`] when none is given.
    pub status: Option<Status>,
    /// See [`Goal::start`].
    pub start: Option<NaiveDate>,
    /// See [`Goal::deadline`].
    pub deadline: Option<Deadline>,
    /// See [`Goal::measure`].
    pub measure: MeasurePatch,
    /// See [`Goal::priority`].
    pub priority: Priority,
    /// See [`Goal::color`].
    pub color: Option<Color>,
    /// See [`Goal::icon`].
    pub icon: Option<String>,
    /// See [`Goal::tags`].
    pub tags: Vec<String>,
    /// See [`Goal::attributes`].
    pub attributes: Attributes,
    /// See [`Goal::parent`].
    pub parent: Option<GoalId>,
    /// Overrides the policy of [`Goals`](crate::Goals) for this goal.
    pub duplicates: Option<DuplicatePolicy>,
}

impl GoalDraft {
    /// A goal with a title and nothing else.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Judges every field.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        self.fields(NaiveDate::MAX).map(|_| ())
    }

    /// The goal that this draft describes, made at `now`.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn into_goal(self, id: GoalId, owner: OwnerId, now: DateTime<Utc>) -> Result<Goal, FieldErrors> {
        let (title, description, icon, tags, measure) = self.fields(latest_day(now))?;
        let status = self.status.unwrap_or(Status::Active);
        Ok(Goal {
            id,
            owner,
            title,
            description,
            status,
            start: self.start,
            deadline: self.deadline,
            measure,
            standing: Standing::default(),
            idle_for: TimeDelta::zero(),
            idle_since: (status != Status::Active).then_some(now),
            priority: self.priority,
            color: self.color,
            icon,
            tags,
            attributes: self.attributes,
            parent: self.parent,
            version: 1,
            created_at: now,
            updated_at: now,
            closed_at: status.is_closed().then_some(now),
            archived_at: None,
            deleted_at: None,
        })
    }

    #[expect(clippy::type_complexity, reason = "the fields that are not taken as they are")]
    fn fields(&self, latest: NaiveDate) -> Result<(String, String, Option<String>, Vec<String>, Measure), FieldErrors> {
        let mut errors = FieldErrors::new();
        let title = errors.check("/title", goal::title(&self.title));
        let description = errors.check("/description", goal::description(&self.description));
        check_dates(self.start, self.deadline, &mut errors);
        let measure = self.measure.applied(Some(&Measure::Binary), latest, &mut errors).unwrap_or_default();
        let icon = self.icon.as_deref().and_then(|raw| errors.check("/icon", goal::icon(raw)));
        let tags = goal::tags(&self.tags, &mut errors);
        goal::check_attributes(&self.attributes, &mut errors);
        errors.into_result()?;
        Ok((title.unwrap_or_default(), description.unwrap_or_default(), icon, tags, measure))
    }
}

/// What a patch does to one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Puts a new value.
    Set(T),
    /// Takes the value away, or back to its default.
    Clear,
}

impl<T> Change<T> {
    /// The new value, or `clear` when it is taken away; `None` when it is kept.
    pub(crate) fn or_clear<'a>(&'a self, clear: &'a T) -> Option<&'a T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
            Self::Clear => Some(clear),
        }
    }

    /// Changes a field that may be empty.
    pub(crate) fn apply(&self, field: &mut Option<T>)
    where
        T: Clone,
    {
        match self {
            Self::Keep => {}
            Self::Set(value) => *field = Some(value.clone()),
            Self::Clear => *field = None,
        }
    }
}

/// A change of some fields of a goal; [`default`](Default::default) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoalPatch {
    /// See [`Goal::title`]; cannot be cleared.
    pub title: Change<String>,
    /// See [`Goal::description`].
    pub description: Change<String>,
    /// See [`Status::transitions`]; cannot be cleared.
    pub status: Change<Status>,
    /// See [`Goal::start`].
    pub start: Change<NaiveDate>,
    /// See [`Goal::deadline`].
    pub deadline: Change<Deadline>,
    /// Fields of the measure to change; cleared it is [`Measure::Binary`]. See [`MeasurePatch`].
    pub measure: Change<MeasurePatch>,
    /// Items of a checklist to tick on a day, or with `None` to untick, by their ids; the others
    /// stay. Made for callers who do not know the newest version: ticks of two of them both stay.
    pub ticks: BTreeMap<String, Option<NaiveDate>>,
    /// See [`Goal::priority`].
    pub priority: Change<Priority>,
    /// See [`Goal::color`].
    pub color: Change<Color>,
    /// See [`Goal::icon`].
    pub icon: Change<String>,
    /// All tags anew; see [`Goal::tags`].
    pub tags: Change<Vec<String>>,
    /// Own fields to set, or with `None` to take away; the others stay
    /// ([RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)).
    pub attributes: Change<BTreeMap<String, Option<AttributeValue>>>,
    /// See [`Goal::parent`]; a goal in the trash stays where it is.
    pub parent: Change<GoalId>,
    /// Puts the goal away, or brings it back in sight.
    pub archived: Change<bool>,
    /// Overrides the policy of [`Goals`](crate::Goals) for this change.
    pub duplicates: Option<DuplicatePolicy>,
}

impl GoalPatch {
    /// Judges the fields that this patch changes, as far as they can be judged without the goal.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        self.set_texts(None, &mut errors);
        let given = |change: &Change<_>| if let Change::Set(day) = change { Some(*day) } else { None };
        let deadline = if let Change::Set(deadline) = self.deadline { Some(deadline) } else { None };
        check_dates(given(&self.start), deadline, &mut errors);
        if let Change::Set(measure) = &self.measure {
            measure.applied(None, NaiveDate::MAX, &mut errors);
        }
        errors.into_result()
    }

    /// `goal` with these changes, made at `now`: the same goal, same version, when they change
    /// nothing, else its next version.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, and [`Error::InvalidTransition`].
    pub fn apply(&self, goal: &Goal, now: DateTime<Utc>) -> Result<Goal, Error> {
        let mut next = goal.clone();
        let mut errors = FieldErrors::new();
        self.set_texts(Some(&mut next), &mut errors);
        self.start.apply(&mut next.start);
        self.deadline.apply(&mut next.deadline);
        if (next.start, next.deadline) != (goal.start, goal.deadline) {
            check_dates(next.start, next.deadline, &mut errors);
        }
        self.parent.apply(&mut next.parent);
        if next.parent != goal.parent && goal.deleted_at.is_some() {
            errors.push("/parent", Violation::InTrash);
        }
        self.set_measure(&mut next, latest_day(now), &mut errors);
        errors.into_result()?;
        self.color.apply(&mut next.color);
        self.priority.or_clear(&Priority::None).clone_into_field(&mut next.priority);
        self.set_status(&mut next, now)?;
        match self.archived {
            Change::Keep => {}
            Change::Set(true) => next.archived_at = next.archived_at.or(Some(now)),
            Change::Set(false) | Change::Clear => next.archived_at = None,
        }
        if next != *goal {
            next.version += 1;
            next.updated_at = now;
        }
        Ok(next)
    }

    fn set_status(&self, goal: &mut Goal, now: DateTime<Utc>) -> Result<(), Error> {
        let Change::Set(to) = self.status else { return Ok(()) };
        if !goal.status.may_become(to) {
            return Err(Error::InvalidTransition { from: goal.status, to });
        }
        goal.count_idle(to, now);
        goal.status = to;
        goal.closed_at = if to.is_closed() { goal.closed_at.or(Some(now)) } else { None };
        Ok(())
    }

    /// Puts the measure and its ticks into `goal`. What it carries of its log stays as it is.
    fn set_measure(&self, goal: &mut Goal, latest: NaiveDate, errors: &mut FieldErrors) {
        match &self.measure {
            Change::Keep => {}
            Change::Clear => goal.measure = Measure::Binary,
            Change::Set(patch) => {
                patch.applied(Some(&goal.measure), latest, errors).as_ref().clone_into_field(&mut goal.measure);
            }
        }
        if !goal.is_countable() {
            errors.push("/measure/start", Violation::too_many_digits());
        }
        for (id, done_on) in &self.ticks {
            let pointer = member_pointer("/ticks", id);
            let Measure::Checklist(items) = &mut goal.measure else {
                errors.push(pointer, Violation::NotApplicable);
                continue;
            };
            if let Some(day) = done_on {
                errors.check(&pointer, check_done_on(*day, latest));
            }
            match items.iter_mut().find(|item| item.id == *id) {
                Some(item) => item.done_on = *done_on,
                None => errors.push(pointer, Violation::UnknownField),
            }
        }
    }

    /// Judges texts, tags and own fields, and puts them into `goal` when there is one.
    fn set_texts(&self, goal: Option<&mut Goal>, errors: &mut FieldErrors) {
        let empty = String::new();
        let title = self.title.or_clear(&empty).and_then(|raw| errors.check("/title", goal::title(raw)));
        let description =
            self.description.or_clear(&empty).and_then(|raw| errors.check("/description", goal::description(raw)));
        if self.status == Change::Clear {
            errors.push("/status", Violation::Required);
        }
        let icon = match &self.icon {
            Change::Set(raw) => errors.check("/icon", goal::icon(raw)).map_or(Change::Keep, Change::Set),
            other => other.clone(),
        };
        let tags = self.tags.or_clear(&Vec::new()).map(|raw| goal::tags(raw, errors));
        let attributes = self.merged_attributes(goal.as_deref().map(|goal| &goal.attributes));
        if let Some(attributes) = &attributes {
            goal::check_attributes(attributes, errors);
        }
        let Some(goal) = goal else { return };
        icon.apply(&mut goal.icon);
        title.as_ref().clone_into_field(&mut goal.title);
        description.as_ref().clone_into_field(&mut goal.description);
        tags.as_ref().clone_into_field(&mut goal.tags);
        attributes.as_ref().clone_into_field(&mut goal.attributes);
    }

    fn merged_attributes(&self, present: Option<&Attributes>) -> Option<Attributes> {
        let changes = match &self.attributes {
            Change::Keep => return None,
            Change::Clear => return Some(Attributes::new()),
            Change::Set(changes) => changes,
        };
        let mut attributes = present.cloned().unwrap_or_default();
        for (key, value) in changes {
            match value {
                Some(value) => attributes.insert(key.clone(), value.clone()),
                None => attributes.remove(key),
            };
        }
        Some(attributes)
    }
}

/// Puts a value, when there is one, into a field that is never empty.
trait CloneIntoField<T> {
    fn clone_into_field(self, field: &mut T);
}

impl<T: Clone> CloneIntoField<T> for Option<&T> {
    fn clone_into_field(self, field: &mut T) {
        if let Some(value) = self {
            field.clone_from(value);
        }
    }
}

pub(crate) fn check_dates(start: Option<NaiveDate>, deadline: Option<Deadline>, errors: &mut FieldErrors) {
    if let Some(start) = start {
        errors.check("/start", check_year(&start));
    }
    let Some(deadline) = deadline else { return };
    let year = match deadline {
        Deadline::Day(day) => check_year(&day),
        Deadline::Moment(moment) => check_year(&moment),
    };
    errors.check("/deadline", year);
    let is_before = match deadline {
        Deadline::Day(day) => start.is_some_and(|start| day < start),
        // A day begins first at UTC+14; a moment before that is before it in every zone.
        Deadline::Moment(moment) => {
            start.is_some_and(|start| moment < start.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(14))
        }
    };
    if is_before {
        errors.push("/deadline", Violation::BeforeStart);
    }
}
