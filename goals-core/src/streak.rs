//! Streaks: how many periods in a row a habit was kept.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::checkin::CheckIn;
use crate::goal::Goal;
use crate::measure::{Bound, Measure};
use crate::quantity::Quantity;
use crate::time_zone::TimeZone;
use crate::timeline::Timeline;

/// How many periods in a row a habit was kept.
///
/// The periods are those from the one of the first day of the goal, or of the oldest entry when
/// that is earlier, to the present one; weeks begin on Monday (ISO 8601), months are those of the
/// calendar. A period is kept when its amounts add up to what is wanted: an empty one is kept when
/// there is an upper bound. The present period is not over: it counts when it is kept and can no
/// longer be lost, it breaks the streak when it is lost and can no longer be kept, and else the
/// streak is the one that stood before it. While a goal is not active time stands still.
///
/// Worked by hand, on Thursday 12 March 2026:
///
/// | habit | entries | judged | current | longest |
/// |---|---|---|---|---|
/// | once a day, from 5 March | 5, 6, 7, 9, 10, 11 March | 8 days | 3, for today is not over | 3 |
/// | twice a week, from 16 February | two in each week but that of 23 February | 4 weeks | 2 | 2 |
/// | at most 1 a day, from 8 March | 2 on 10 March | 5 days | 1, the 11th | 2, the 8th and 9th |
///
/// ```
/// use goals_core::{Bound, Change, CheckIn, CheckInId, GoalDraft, GoalId, MeasureKind, MeasurePatch, OwnerId, Per};
/// # let id = GoalId::from_uuid(uuid::Uuid::nil());
/// # let owner = OwnerId::from_uuid(uuid::Uuid::nil());
/// # let at = |day: &str| day.parse::<chrono::NaiveDate>().unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
/// let streak = |start: &str, measure: MeasurePatch, days: &[&str]| {
///     let measure = MeasurePatch { kind: Change::Set(MeasureKind::Habit), ..measure };
///     let draft = GoalDraft { start: start.parse().ok(), measure, ..GoalDraft::new("Run") };
///     let goal = draft.into_goal(id, owner, at(start)).unwrap();
///     let entry = |day: &&str| CheckIn {
///         id: CheckInId::from_uuid(uuid::Uuid::nil()),
///         owner,
///         goal: id,
///         day: day.parse().unwrap(),
///         at: at(day),
///         value: None,
///         note: None,
///     };
///     let log: Vec<_> = days.iter().map(entry).collect();
///     let streak = goal.streak(&log, at("2026-03-12"), Default::default()).unwrap();
///     (streak.periods, streak.current, streak.longest)
/// };
/// let daily = ["2026-03-05", "2026-03-06", "2026-03-07", "2026-03-09", "2026-03-10", "2026-03-11"];
/// assert_eq!(streak("2026-03-05", MeasurePatch::default(), &daily), (8, 3, 3));
/// let twice_a_week =
///     MeasurePatch { amount: Change::Set(2.into()), per: Change::Set(Per::Week), ..MeasurePatch::default() };
/// let weekly = ["2026-02-16", "2026-02-17", "2026-02-23", "2026-03-02", "2026-03-08", "2026-03-09", "2026-03-10"];
/// assert_eq!(streak("2026-02-16", twice_a_week, &weekly), (4, 2, 2));
/// let at_most_one = MeasurePatch { bound: Change::Set(Bound::AtMost), ..MeasurePatch::default() };
/// assert_eq!(streak("2026-03-08", at_most_one, &["2026-03-10", "2026-03-10"]), (5, 1, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// The streak that stands.
    pub current: u32,
    /// The longest one in the window.
    pub longest: u32,
    /// The first day that was judged.
    pub from: NaiveDate,
    /// The last day that was judged, on which it was.
    pub to: NaiveDate,
    /// How many periods were judged, the present one included.
    pub periods: u32,
    /// In how many of them the habit was kept.
    pub kept: u32,
}

impl Goal {
    /// How many periods in a row this habit was kept, by its whole `log`, as of `now` for an owner
    /// who lives in `zone`; `None` when it is no habit.
    #[must_use]
    pub fn streak(&self, log: &[CheckIn], now: DateTime<Utc>, zone: TimeZone) -> Option<Streak> {
        let Measure::Habit(habit) = &self.measure else { return None };
        let mut amounts = BTreeMap::new();
        for entry in log {
            *amounts.entry(habit.per.number(entry.day)).or_insert(0) += entry.amount().millionths();
        }
        let first_entry = log.iter().map(|entry| entry.day).min();
        let days = Timeline::of(self, now, zone, 0);
        let idle = self.idle_since.map(|since| zone.day_of(since));
        let to = idle.map_or(days.today, |idle| idle.min(days.today)).max(first_entry.unwrap_or(NaiveDate::MIN));
        let from = first_entry.map_or(days.first, |day| day.min(days.first)).min(to);
        let (first, present) = (habit.per.number(from), habit.per.number(to));
        let mut runs = Runs::default();
        for period in first..=present {
            let is_kept = habit.is_kept_by(amounts.get(&period).copied().unwrap_or(0));
            // What is so far within a bound may be lost, and what is not reached may be.
            let is_settled = is_kept == (habit.bound == Bound::AtLeast);
            if period < present || is_settled {
                runs.go_on(is_kept);
            }
        }
        let periods = u32::try_from(present - first + 1).unwrap_or(u32::MAX);
        Some(Streak { current: runs.current, longest: runs.longest, from, to, periods, kept: runs.kept })
    }
}

impl crate::measure::Habit {
    fn is_kept_by(&self, millionths: i128) -> bool {
        match self.bound {
            Bound::AtLeast => millionths >= self.amount.millionths(),
            Bound::AtMost => millionths <= self.amount.millionths(),
        }
    }

    /// Whether a period with this amount in it is kept.
    pub(crate) fn is_kept(&self, amount: Quantity) -> bool {
        self.is_kept_by(amount.millionths())
    }
}

/// What is counted of one period after another.
#[derive(Debug, Default)]
struct Runs {
    current: u32,
    longest: u32,
    kept: u32,
}

impl Runs {
    fn go_on(&mut self, is_kept: bool) {
        self.current = if is_kept { self.current + 1 } else { 0 };
        self.longest = self.longest.max(self.current);
        self.kept += u32::from(is_kept);
    }
}

/// How many days in a row, up to `today`, are among `days`, which are in order and none after
/// `today`, and how many at most. Today need not be among them: it is not over.
pub(crate) fn days_in_a_row(days: &[NaiveDate], today: NaiveDate) -> (u32, u32) {
    let mut runs = Runs::default();
    let mut before = None;
    for day in days {
        if before.is_some_and(|before: NaiveDate| before.succ_opt() != Some(*day)) {
            runs.go_on(false);
        }
        runs.go_on(true);
        before = Some(*day);
    }
    let stands = before.is_some_and(|last| last == today || last.succ_opt() == Some(today));
    (if stands { runs.current } else { 0 }, runs.longest)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days, NaiveTime, Weekday};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::draft::{Change, GoalDraft};
    use crate::ids::{CheckInId, GoalId, OwnerId};
    use crate::measure::{MeasureKind, MeasurePatch, Per};

    fn day(offset: u64) -> NaiveDate {
        // Two leap days within reach: in 2024 and in 2028.
        NaiveDate::from_ymd_opt(2024, 1, 30).unwrap() + Days::new(offset)
    }

    fn midnight(day: NaiveDate) -> DateTime<Utc> {
        day.and_time(NaiveTime::MIN).and_utc()
    }

    fn habit(start: NaiveDate, amount: i32, per: Per, bound: Bound) -> Goal {
        let measure = MeasurePatch {
            kind: Change::Set(MeasureKind::Habit),
            amount: Change::Set(amount.into()),
            per: Change::Set(per),
            bound: Change::Set(bound),
            ..MeasurePatch::default()
        };
        let (id, owner) = (GoalId::from_uuid(Uuid::nil()), OwnerId::from_uuid(Uuid::nil()));
        let draft = GoalDraft { start: Some(start), measure, ..GoalDraft::new("Run") };
        draft.into_goal(id, owner, midnight(start)).unwrap()
    }

    fn entry(day: NaiveDate, value: i32) -> CheckIn {
        let (goal, owner) = (GoalId::from_uuid(Uuid::nil()), OwnerId::from_uuid(Uuid::nil()));
        let id = CheckInId::from_uuid(Uuid::nil());
        CheckIn { id, owner, goal, day, at: midnight(day), value: Some(value.into()), note: None }
    }

    /// Day after day, with nothing but the calendar.
    fn slowly(goal: &Goal, log: &[CheckIn], today: NaiveDate) -> (u32, u32) {
        let Measure::Habit(habit) = &goal.measure else { panic!() };
        let mut date = log.iter().map(|e| e.day).chain(goal.start).min().unwrap().min(today);
        let (mut current, mut longest, mut sum, mut is_open) = (0, 0, Quantity::ZERO, true);
        while date <= today {
            let of_day = log.iter().filter(|e| e.day == date).map(|e| e.value.unwrap());
            sum = of_day.fold(sum, |sum, value| sum.checked_add(value).unwrap());
            let next = date.succ_opt().unwrap();
            let ends = match habit.per {
                Per::Day => true,
                Per::Week => date.weekday() == Weekday::Sun,
                Per::Month => date.month() != next.month(),
            };
            let is_kept = if habit.bound == Bound::AtLeast { sum >= habit.amount } else { sum <= habit.amount };
            is_open = !(ends && date < today);
            if !is_open || (date == today && is_kept == (habit.bound == Bound::AtLeast)) {
                current = if is_kept { current + 1 } else { 0 };
                longest = longest.max(current);
            }
            if ends {
                sum = Quantity::ZERO;
            }
            date = next;
        }
        assert!(is_open);
        (current, longest)
    }

    proptest! {
        #[test]
        fn streaks_are_those_of_the_slow_way(
            start in 0_u64..900,
            today in 0_u64..1_600,
            amount in 1_i32..4,
            per in prop::sample::select(Per::ALL),
            bound in prop::sample::select(Bound::ALL),
            entries in prop::collection::vec((0_u64..1_600, 0_i32..4), 0..120),
        ) {
            let goal = habit(day(start), amount, per, bound);
            let entries = entries.into_iter().filter(|(at, _)| *at <= today);
            let log: Vec<_> = entries.map(|(at, value)| entry(day(at), value)).collect();
            let streak = goal.streak(&log, midnight(day(today)), TimeZone::UTC).unwrap();
            prop_assert_eq!((streak.current, streak.longest), slowly(&goal, &log, day(today)));
            prop_assert!(streak.current <= streak.longest && streak.longest <= streak.kept);
            prop_assert!(streak.kept <= streak.periods && streak.from <= streak.to);
        }
    }

    #[test]
    fn a_pause_stops_the_time() {
        let mut goal = habit(day(0), 1, Per::Day, Bound::AtLeast);
        goal.idle_since = Some(midnight(day(3)));
        let log: Vec<_> = (0..3).map(|n| entry(day(n), 1)).collect();
        let streak = goal.streak(&log, midnight(day(90)), TimeZone::UTC).unwrap();
        assert_eq!((streak.current, streak.to), (3, day(3)));
    }

    #[test]
    fn days_in_a_row_end_today_or_yesterday() {
        let days: Vec<_> = [1, 2, 3, 7, 8].map(day).to_vec();
        assert_eq!(days_in_a_row(&days, day(8)), (2, 3));
        assert_eq!(days_in_a_row(&days, day(9)), (2, 3));
        assert_eq!(days_in_a_row(&days, day(10)), (0, 3));
        assert_eq!(days_in_a_row(&[], day(10)), (0, 0));
    }
}
