//! What a goal carries of its log.

use chrono::NaiveDate;

use crate::checkin::CheckIn;
use crate::measure::{Fold, Habit, Measure, Metric};
use crate::quantity::Quantity;

/// What a goal carries of its log, so that a list need not read the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Of a metric the newest reading, or the sum of all amounts; of a habit the sum in the period
    /// of `day`. None while there is none, and of other measures.
    pub amount: Option<Quantity>,
    /// The day of the newest entry.
    pub day: Option<NaiveDate>,
    /// How many entries there are.
    pub check_ins: u64,
}

impl Standing {
    /// What a goal carries of `log`: the rule, of which [`with`](Self::with) is the quick way.
    ///
    /// `None` when a sum is no [`Quantity`].
    #[must_use]
    pub fn of(measure: &Measure, log: &[CheckIn]) -> Option<Self> {
        let day = log.iter().map(|entry| entry.day).max();
        let sum = |entries: &mut dyn Iterator<Item = &CheckIn>| {
            let total = entries.map(|entry| entry.amount().millionths()).sum();
            Quantity::from_millionths(total).map(Some)
        };
        let amount = match measure {
            Measure::Metric(Metric { fold: Fold::Sum, .. }) if !log.is_empty() => sum(&mut log.iter())?,
            Measure::Metric(Metric { fold: Fold::Last, .. }) => newest_reading(log).and_then(|entry| entry.value),
            Measure::Habit(Habit { per, .. }) if !log.is_empty() => {
                let period = day.map(|day| per.number(day));
                sum(&mut log.iter().filter(|entry| Some(per.number(entry.day)) == period))?
            }
            _ => None,
        };
        Some(Self { amount, day, check_ins: log.len() as u64 })
    }

    /// This with one entry more. `others` are the other entries since its day; they are looked at
    /// only where [`needs_others`](Self::needs_others) says so.
    ///
    /// `None` when a sum is no [`Quantity`].
    #[must_use]
    pub fn with(self, measure: &Measure, entry: &CheckIn, others: &[CheckIn]) -> Option<Self> {
        let add = |amount: Option<Quantity>| amount.unwrap_or(Quantity::ZERO).checked_add(entry.amount()).map(Some);
        let amount = match measure {
            Measure::Binary | Measure::Checklist(_) => None,
            Measure::Metric(Metric { fold: Fold::Sum, .. }) => add(self.amount)?,
            Measure::Metric(Metric { fold: Fold::Last, .. }) => {
                let newest = newest_reading(others.iter().chain([entry]));
                if newest == Some(entry) { entry.value } else { self.amount }
            }
            Measure::Habit(Habit { per, .. }) => {
                let (period, newest) = (per.number(entry.day), self.day.map(|day| per.number(day)));
                if newest.is_none_or(|newest| period > newest) {
                    Some(entry.amount())
                } else if newest == Some(period) {
                    add(self.amount)?
                } else {
                    self.amount
                }
            }
        };
        Some(Self { amount, day: self.day.max(Some(entry.day)), check_ins: self.check_ins + 1 })
    }

    /// Whether it takes the entries around `entry` to tell what this is with it.
    #[must_use]
    pub fn needs_others(&self, measure: &Measure, entry: &CheckIn) -> bool {
        matches!(measure, Measure::Metric(Metric { fold: Fold::Last, .. })) && self.day >= Some(entry.day)
    }
}

fn newest_reading<'a>(log: impl IntoIterator<Item = &'a CheckIn>) -> Option<&'a CheckIn> {
    log.into_iter().filter(|entry| entry.value.is_some()).max_by_key(|entry| entry.position())
}
