//! Check-ins: the log of what was done.

mod page;

use chrono::{DateTime, NaiveDate, Utc};

pub use self::page::{CheckInCursor, CheckInPage, CheckInQuery};
use crate::deadline::check_year;
use crate::draft::Change;
use crate::error::{FieldErrors, Violation};
use crate::goal::Goal;
use crate::ids::{CheckInId, GoalId, OwnerId};
use crate::measure::{Fold, Measure, Metric};
use crate::quantity::Quantity;
use crate::text::check_lines;
use crate::time_zone::TimeZone;

/// The most characters of a note.
pub const NOTE_MAX: usize = 1_000;

/// One entry in the log of a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// Unique together with `owner` and `goal`.
    pub id: CheckInId,
    /// Who it belongs to.
    pub owner: OwnerId,
    /// What it is about.
    pub goal: GoalId,
    /// The civil day it counts for. Settled when it is written, so that an owner who moves to
    /// another time zone moves nothing in their history.
    pub day: NaiveDate,
    /// When it was, in whole microseconds; settles the order within a day.
    pub at: DateTime<Utc>,
    /// The reading, or the amount. Where amounts add up, none is one.
    pub value: Option<Quantity>,
    /// 1 to [`NOTE_MAX`] characters, kept to the letter.
    pub note: Option<String>,
}

impl CheckIn {
    /// What the log is ordered by: the day, then the instant, then the id.
    #[must_use]
    pub fn position(&self) -> (NaiveDate, DateTime<Utc>, CheckInId) {
        (self.day, self.at, self.id)
    }

    /// How much it adds where amounts add up.
    pub(crate) fn amount(&self) -> Quantity {
        self.value.unwrap_or(Quantity::ONE)
    }
}

/// An entry that somebody would like to make.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckInDraft {
    /// An id of the caller's own, so that an entry that is sent twice is made once.
    pub id: Option<CheckInId>,
    /// The day of `at` where the owner lives, when none is given. Not in the future.
    pub day: Option<NaiveDate>,
    /// Now, when none is given. Not on a day in the future.
    pub at: Option<DateTime<Utc>>,
    /// Needed for a metric of readings; not for measures without numbers; not below 0 for a habit.
    pub value: Option<Quantity>,
    /// See [`CheckIn::note`]; an empty one is none.
    pub note: Option<String>,
}

impl CheckInDraft {
    /// The entry that this draft describes, for `goal`, made at `now` by somebody in `zone`.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn into_check_in(
        self,
        id: CheckInId,
        goal: &Goal,
        now: DateTime<Utc>,
        zone: TimeZone,
    ) -> Result<CheckIn, FieldErrors> {
        let at = self.at.unwrap_or(now);
        let day = self.day.unwrap_or_else(|| zone.day_of(at));
        let note = self.note.filter(|note| !note.is_empty());
        let check_in = CheckIn { id, owner: goal.owner, goal: goal.id, day, at, value: self.value, note };
        judge(&check_in, &goal.measure, zone.day_of(now), zone)?;
        Ok(check_in)
    }

    /// Whether `made` is what this draft asks for, as far as it says what it wants: how a retry is
    /// told from another entry under the same id.
    #[must_use]
    pub fn describes(&self, made: &CheckIn) -> bool {
        self.day.is_none_or(|day| day == made.day)
            && self.at.is_none_or(|at| at == made.at)
            && self.value == made.value
            && self.note.as_ref().filter(|note| !note.is_empty()) == made.note.as_ref()
    }
}

/// A correction of an entry; [`default`](Default::default) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckInPatch {
    /// See [`CheckIn::day`]; cannot be cleared.
    pub day: Change<NaiveDate>,
    /// See [`CheckIn::at`]; cannot be cleared.
    pub at: Change<DateTime<Utc>>,
    /// See [`CheckIn::value`].
    pub value: Change<Quantity>,
    /// See [`CheckIn::note`].
    pub note: Change<String>,
}

impl CheckInPatch {
    /// `check_in`, which is of `goal`, with these changes, made at `now` by somebody in `zone`.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn apply(
        &self,
        check_in: &CheckIn,
        goal: &Goal,
        now: DateTime<Utc>,
        zone: TimeZone,
    ) -> Result<CheckIn, FieldErrors> {
        let mut next = check_in.clone();
        let mut errors = FieldErrors::new();
        match self.day {
            Change::Keep => {}
            Change::Set(day) => next.day = day,
            Change::Clear => errors.push("/day", Violation::Required),
        }
        match self.at {
            Change::Keep => {}
            Change::Set(at) => next.at = at,
            Change::Clear => errors.push("/at", Violation::Required),
        }
        self.value.apply(&mut next.value);
        self.note.apply(&mut next.note);
        next.note = next.note.filter(|note| !note.is_empty());
        errors.merge(judge(&next, &goal.measure, zone.day_of(now), zone).err().unwrap_or_default());
        errors.into_result()?;
        Ok(next)
    }
}

fn judge(check_in: &CheckIn, measure: &Measure, today: NaiveDate, zone: TimeZone) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    for (pointer, day) in [("/day", check_in.day), ("/at", zone.day_of(check_in.at))] {
        errors.check(pointer, check_year(&day));
        if day > today {
            errors.push(pointer, Violation::InFuture);
        }
    }
    errors.check("/value", judge_value(check_in.value, measure));
    if let Some(note) = &check_in.note {
        errors.check("/note", check_lines(note, NOTE_MAX));
    }
    errors.into_result()
}

fn judge_value(value: Option<Quantity>, measure: &Measure) -> Result<(), Violation> {
    match (measure, value) {
        (Measure::Binary | Measure::Checklist(_), Some(_)) => Err(Violation::NotApplicable),
        (Measure::Metric(Metric { fold: Fold::Last, .. }), None) => Err(Violation::Required),
        (Measure::Habit(_), Some(value)) if value < Quantity::ZERO => Err(Violation::TooSmall { above: false }),
        _ => Ok(()),
    }
}
