//! The days of a goal: which count, and how many of them are gone.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::goal::Goal;
use crate::status::Status;
use crate::time_zone::TimeZone;

/// The days of a goal as they stand at one instant where its owner lives.
///
/// It lasts from its first day, which is its start or the day on which it was made, to the day of
/// its deadline, both included. Days on which it was not active do not count: of the time that it
/// was idle, every 24 hours are one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// The day it is; of a closed goal the day on which it was closed.
    pub(crate) today: NaiveDate,
    pub(crate) first: NaiveDate,
    /// The day of the deadline.
    pub(crate) last: Option<NaiveDate>,
    /// How many days that count are over. Today is not.
    pub(crate) gone: i64,
    /// How many days count, at least 1; of a goal without a deadline 0.
    pub(crate) total: i64,
}

impl Timeline {
    /// The days of `goal`, of which the next `pause` days will not count either.
    pub(crate) fn of(goal: &Goal, now: DateTime<Utc>, zone: TimeZone, pause: i64) -> Self {
        let now = goal.closed_at.unwrap_or(now);
        let today = zone.day_of(now);
        let last = goal.deadline.map(|deadline| deadline.day(zone));
        let made = goal.start.unwrap_or_else(|| zone.day_of(goal.created_at));
        let first = last.map_or(made, |last| made.min(last));
        let all = last.map(|last| (last - first).num_days() + 1);
        let over = (today - first).num_days().clamp(0, all.unwrap_or(i64::MAX));
        let gone = over - goal.idle_at(now).num_days().clamp(0, over);
        let ahead = all.map_or(0, |all| all - over);
        let total = if all.is_some() { (gone + ahead - pause.clamp(0, ahead)).max(1) } else { 0 };
        Self { today, first, last, gone, total }
    }

    /// How many days that count are left, today included.
    pub(crate) const fn left(&self) -> i64 {
        self.total - self.gone
    }

    /// The day that is number `n` of those that count, when nothing is idle from today on.
    pub(crate) fn day(&self, n: i64) -> NaiveDate {
        add(self.today, n - self.gone - 1)
    }
}

/// A day so many days later, or earlier; at the ends of the calendar of chrono its last or first.
pub(crate) fn add(day: NaiveDate, days: i64) -> NaiveDate {
    let distance = Days::new(days.unsigned_abs());
    if days < 0 {
        day.checked_sub_days(distance).unwrap_or(NaiveDate::MIN)
    } else {
        day.checked_add_days(distance).unwrap_or(NaiveDate::MAX)
    }
}

impl Goal {
    /// Keeps count of the time in which it is not active, when it becomes `to` at `now`.
    pub(crate) fn count_idle(&mut self, to: Status, now: DateTime<Utc>) {
        if to == Status::Active {
            self.idle_for = self.idle_at(now);
            self.idle_since = None;
        } else {
            self.idle_since = self.idle_since.or(Some(now));
        }
    }

    /// How long it has not been active until `now`. Time before the start is not counted: the goal
    /// has not begun by then.
    fn idle_at(&self, now: DateTime<Utc>) -> TimeDelta {
        let Some(since) = self.idle_since else { return self.idle_for };
        let begun = self.start.map_or(since, |start| start.and_time(NaiveTime::MIN).and_utc().max(since));
        self.idle_for + (now - begun).max(TimeDelta::zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::GoalDraft;
    use crate::ids::{GoalId, OwnerId};

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn goal(start: &str, deadline: &str) -> Goal {
        let draft = GoalDraft { start: start.parse().ok(), deadline: deadline.parse().ok(), ..GoalDraft::new("Read") };
        let (id, owner) = (GoalId::from_uuid(uuid::Uuid::nil()), OwnerId::from_uuid(uuid::Uuid::nil()));
        draft.into_goal(id, owner, at("2026-02-20T12:00:00Z")).unwrap()
    }

    fn gone_of(goal: &Goal, now: &str) -> (i64, i64) {
        let days = Timeline::of(goal, at(now), TimeZone::UTC, 0);
        (days.gone, days.total)
    }

    #[test]
    fn days_go_from_midnight_to_midnight() {
        let goal = goal("2026-03-01", "2026-03-10");
        for (now, gone) in [
            ("2026-02-25T00:00:00Z", 0),
            ("2026-03-01T00:00:00Z", 0),
            ("2026-03-01T23:59:59Z", 0),
            ("2026-03-02T00:00:00Z", 1),
            ("2026-03-10T23:59:59Z", 9),
            ("2026-03-11T00:00:00Z", 10),
            ("2027-03-11T00:00:00Z", 10),
        ] {
            assert_eq!(gone_of(&goal, now), (gone, 10), "{now}");
        }
    }

    #[test]
    fn idle_days_do_not_count() {
        let mut goal = goal("2026-03-01", "2026-03-10");
        goal.count_idle(Status::Paused, at("2026-03-03T09:00:00Z"));
        goal.status = Status::Paused;
        assert_eq!(gone_of(&goal, "2026-03-03T10:00:00Z"), (2, 10));
        assert_eq!(gone_of(&goal, "2026-03-05T10:00:00Z"), (2, 8), "two days went by in the pause");
        goal.count_idle(Status::Active, at("2026-03-05T10:00:00Z"));
        assert_eq!(gone_of(&goal, "2026-03-07T10:00:00Z"), (4, 8));
        goal.count_idle(Status::Active, at("2026-03-08T10:00:00Z"));
        assert_eq!(gone_of(&goal, "2026-03-08T10:00:00Z"), (5, 8), "nothing is counted twice");
    }

    #[test]
    fn before_the_start_nobody_is_idle() {
        let mut goal = goal("2026-03-01", "2026-03-10");
        goal.count_idle(Status::Paused, at("2026-02-20T12:00:00Z"));
        goal.count_idle(Status::Active, at("2026-02-27T12:00:00Z"));
        assert_eq!(gone_of(&goal, "2026-03-05T00:00:00Z"), (4, 10));
    }

    #[test]
    #[cfg(feature = "time-zones")]
    fn days_of_23_and_of_25_hours_are_days() {
        // Clocks go forward on 29 March 2026 in Lisbon, and back on 25 October.
        let lisbon = "Europe/Lisbon".parse().unwrap();
        for (start, deadline, now) in
            [("2026-03-28", "2026-03-31", "2026-03-29T23:00:00Z"), ("2026-10-24", "2026-10-27", "2026-10-26T00:00:00Z")]
        {
            let goal = goal(start, deadline);
            let days = |now| Timeline::of(&goal, now, lisbon, 0).gone;
            assert_eq!((days(at(now) - TimeDelta::seconds(1)), days(at(now))), (1, 2), "{start}");
        }
    }

    #[test]
    fn a_leap_day_is_a_day() {
        assert_eq!(gone_of(&goal("2028-02-01", "2028-03-01"), "2028-03-01T00:00:00Z"), (29, 30));
        assert_eq!(gone_of(&goal("2026-02-01", "2026-03-01"), "2026-03-01T00:00:00Z"), (28, 29));
    }
}
