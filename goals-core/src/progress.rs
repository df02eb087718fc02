//! How much of a goal is done.

use chrono::NaiveDate;

use crate::goal::Goal;
use crate::measure::{Bound, Fold, Habit, Measure, Metric};
use crate::quantity::Quantity;
use crate::standing::Standing;
use crate::status::Status;

/// A share as an exact fraction: `0 <= done <= whole` and `whole > 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) done: i128,
    pub(crate) whole: i128,
}

impl Share {
    fn new(done: i128, whole: i128) -> Self {
        if whole == 0 {
            return Self { done: 0, whole: 1 };
        }
        // Both of one sign, so that a way downwards is as good as one upwards.
        let (done, whole) = if whole < 0 { (-done, -whole) } else { (done, whole) };
        Self { done: done.clamp(0, whole), whole }
    }

    pub(crate) const fn is_whole(self) -> bool {
        self.done == self.whole
    }

    #[expect(clippy::cast_precision_loss, reason = "a ratio for people, of numbers that are exact until here")]
    pub(crate) fn ratio(self) -> f64 {
        self.done as f64 / self.whole as f64
    }
}

impl Measure {
    /// Where `standing` has brought a metric: its newest reading, or its start and all amounts;
    /// its start while there is none. `None` for other measures, and when the sum is no
    /// [`Quantity`].
    pub(crate) fn reading(&self, standing: &Standing) -> Option<Quantity> {
        let Self::Metric(metric) = self else { return None };
        match (metric.fold, standing.amount) {
            (_, None) => Some(metric.start),
            (Fold::Last, amount) => amount,
            (Fold::Sum, Some(amount)) => metric.start.checked_add(amount),
        }
    }
}

impl Goal {
    /// Whether what its log adds up to is a [`Quantity`].
    pub(crate) fn is_countable(&self) -> bool {
        !matches!(self.measure, Measure::Metric(_)) || self.measure.reading(&self.standing).is_some()
    }

    /// Where it stands on `today`: the reading of a metric, the amount of a habit in the present
    /// period, the number of items that are done. `None` when there is nothing to count.
    #[must_use]
    pub fn current(&self, today: NaiveDate) -> Option<Quantity> {
        match &self.measure {
            Measure::Binary => None,
            Measure::Checklist(_) => i32::try_from(self.measure.done_items()).ok().map(Quantity::from),
            Measure::Metric(_) => self.measure.reading(&self.standing),
            Measure::Habit(habit) => Some(habit.amount_on(today, &self.standing)),
        }
    }

    /// How much is done, 0 to 1. A goal that was achieved is done, whatever was counted.
    ///
    /// | measure | progress |
    /// |---|---|
    /// | binary | 0 |
    /// | checklist | items done ÷ items |
    /// | metric | (current − start) ÷ (target − start) |
    /// | habit, at least | amount of the present period ÷ amount wanted |
    /// | habit, at most | 1 within the bound, beyond it bound ÷ amount |
    ///
    /// Worked by hand: from 0 to 12 books with 3 read is 3 ÷ 12 = 0.25; from 90 to 80 kg at 84 kg
    /// is (84 − 90) ÷ (80 − 90) = 0.6; three runs a week with 2 run is 2 ÷ 3.
    ///
    /// ```
    /// use goals_core::{Change, GoalDraft, GoalId, MeasureKind, MeasurePatch, OwnerId, Quantity, Standing};
    /// # use goals_core::{Bound, Fold, Per};
    /// # let id = GoalId::from_uuid(uuid::Uuid::nil());
    /// # let owner = OwnerId::from_uuid(uuid::Uuid::nil());
    /// # let now = chrono::DateTime::UNIX_EPOCH;
    /// let today = now.date_naive();
    /// let progress = |measure, amount: i32| {
    ///     let draft = GoalDraft { measure, ..GoalDraft::new("Something") };
    ///     let mut goal = draft.into_goal(id, owner, now).unwrap();
    ///     goal.standing = Standing { amount: Some(amount.into()), day: Some(today), check_ins: 1 };
    ///     goal.progress(today)
    /// };
    /// let of = |kind| MeasurePatch { kind: Change::Set(kind), ..MeasurePatch::default() };
    /// let books = MeasurePatch { target: Change::Set(12.into()), ..of(MeasureKind::Metric) };
    /// assert_eq!(progress(books, 3), 0.25);
    /// let weight = MeasurePatch {
    ///     start: Change::Set(90.into()),
    ///     target: Change::Set(80.into()),
    ///     fold: Change::Set(Fold::Last),
    ///     ..of(MeasureKind::Metric)
    /// };
    /// assert_eq!(progress(weight, 84), 0.6);
    /// let runs =
    ///     MeasurePatch { amount: Change::Set(3.into()), per: Change::Set(Per::Week), ..of(MeasureKind::Habit) };
    /// assert_eq!(progress(runs, 2), 2.0 / 3.0);
    /// ```
    #[must_use]
    pub fn progress(&self, today: NaiveDate) -> f64 {
        if self.status == Status::Achieved {
            return 1.0;
        }
        self.share(today).map_or(0.0, Share::ratio)
    }

    /// The same as an exact fraction; `None` when the measure counts nothing.
    pub(crate) fn share(&self, today: NaiveDate) -> Option<Share> {
        match &self.measure {
            Measure::Binary => None,
            Measure::Checklist(items) if items.is_empty() => None,
            Measure::Checklist(items) => Some(Share::new(self.measure.done_items() as i128, items.len() as i128)),
            Measure::Metric(Metric { start, target, .. }) => {
                let reading = self.measure.reading(&self.standing)?;
                let (start, target) = (start.millionths(), target.millionths());
                Some(Share::new(reading.millionths() - start, target - start))
            }
            Measure::Habit(habit) => Some(habit.share(habit.amount_on(today, &self.standing))),
        }
    }
}

impl Habit {
    /// The amount in the period of `day`, which is that of the newest entry or a later one.
    pub(crate) fn amount_on(&self, day: NaiveDate, standing: &Standing) -> Quantity {
        let is_present = standing.day.is_some_and(|newest| self.per.number(newest) == self.per.number(day));
        standing.amount.filter(|_| is_present).unwrap_or(Quantity::ZERO)
    }

    fn share(&self, amount: Quantity) -> Share {
        let (done, wanted) = (amount.millionths(), self.amount.millionths());
        match self.bound {
            Bound::AtLeast => Share::new(done, wanted),
            Bound::AtMost if done <= wanted => Share { done: 1, whole: 1 },
            Bound::AtMost => Share::new(wanted, done),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_share_is_from_0_to_1_and_grows_with_what_is_done(
            start in -1_000_000_i128..1_000_000,
            way in prop_oneof![-1_000_000_i128..0, 1..1_000_000_i128],
            a in -3_000_000_i128..3_000_000,
            b in -3_000_000_i128..3_000_000,
        ) {
            let share = |reading: i128| Share::new(reading - start, way);
            prop_assert!((0.0..=1.0).contains(&share(a).ratio()));
            let (near, far) = if way > 0 { (a.min(b), a.max(b)) } else { (a.max(b), a.min(b)) };
            prop_assert!(share(near).ratio() <= share(far).ratio());
            prop_assert_eq!(share(start).done, 0);
            prop_assert!(share(start + way).is_whole());
        }

        #[test]
        fn a_habit_grows_or_shrinks_with_its_amount(wanted in 1_i32..100, a in 0_i32..300, b in 0_i32..300) {
            let (less, more) = (a.min(b), a.max(b));
            for bound in Bound::ALL {
                let habit = Habit {
                    unit: String::new(), amount: wanted.into(), per: crate::measure::Per::Day, bound: *bound,
                };
                let [less, more] = [less, more].map(|amount| habit.share(amount.into()).ratio());
                prop_assert!((0.0..=1.0).contains(&less) && (0.0..=1.0).contains(&more));
                let grows = if *bound == Bound::AtLeast { less <= more } else { less >= more };
                prop_assert!(grows);
                prop_assert_eq!(habit.is_kept(a.into()), habit.share(a.into()).is_whole());
            }
        }
    }
}
