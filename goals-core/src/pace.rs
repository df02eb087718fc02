//! How a goal is doing, and why: derived from the goal alone, and never stored.

use chrono::{DateTime, NaiveDate, Utc};

use crate::error::Param;
use crate::goal::Goal;
use crate::measure::{Bound, Habit, Measure};
use crate::progress::Share;
use crate::quantity::Quantity;
use crate::status::Status;
use crate::time_zone::TimeZone;
use crate::timeline::Timeline;
use crate::words::words;

/// How many times faster than planned one may still have to be for a goal to be at risk and not
/// off track, as a fraction.
const STILL_POSSIBLE: (i128, i128) = (3, 2);
/// After how many periods in a row in which a habit was not kept it is off track.
const NEGLECTED: i64 = 3;

words! {
    /// How a goal is doing.
    ///
    /// A goal with parts, a deadline and some of it left is judged by its distance from the plan,
    /// which is to do the same on every day that counts ([`Pace::days_ahead`]), and by how much
    /// faster than planned the rest has to go to make it in time:
    ///
    /// | distance | faster by | health |
    /// |---|---|---|
    /// | a day ahead or more | | ahead |
    /// | less than a day either way | | on track |
    /// | a day behind or more | at most 1.5 times | at risk |
    /// | a day behind or more | more than 1.5 times | off track |
    ///
    /// These are the schedule variance in time, and the to-complete performance index, of earned
    /// schedule (W. Lipke, "Schedule is Different", 2003); the bound of 1.5 is ours.
    ///
    /// A habit of at least an amount is on track when its newest period with an entry is the
    /// present one or was kept just before it; at risk when the last period was not kept, and off
    /// track when the last three were not. A habit of at most an amount is off track while it is
    /// over its bound, and at risk in the period after.
    pub enum Health {
        /// Nothing can be said: no deadline, nothing to count, or not active.
        Unknown = "unknown",
        /// It is reached.
        Done = "done",
        /// Better than planned.
        Ahead = "ahead",
        /// As planned.
        OnTrack = "on_track",
        /// Behind, and it can be made up for.
        AtRisk = "at_risk",
        /// So far behind that it takes another plan.
        OffTrack = "off_track",
        /// It is being worked on and its deadline has passed.
        Overdue = "overdue",
    }
}

/// Why a goal has the health that it has.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// It was achieved.
    Achieved,
    /// All that is counted is done, whatever its status says.
    TargetReached,
    /// It is not being worked on.
    NotActive {
        /// What it is instead.
        status: Status,
    },
    /// There is no time by which to judge it.
    NoDeadline,
    /// There is nothing by which to judge it.
    NothingCounted,
    /// Its deadline has passed.
    DeadlinePassed {
        /// The day of the deadline.
        deadline: NaiveDate,
        /// How many days ago that was.
        days: i64,
    },
    /// It has not begun.
    NotStarted {
        /// Its first day.
        start: NaiveDate,
    },
    /// More is done than planned.
    AheadOfPlan {
        /// How many days' work more, in whole days.
        days: i64,
    },
    /// As much is done as planned, give or take less than a day's work.
    AsPlanned,
    /// Less is done than planned.
    BehindPlan {
        /// How many days' work less, in whole days.
        days: i64,
    },
    /// The rest has to go faster than planned.
    Faster {
        /// So many times as fast; none when there is no day left.
        times: Option<f64>,
    },
    /// The habit is kept in the present period.
    QuotaMet,
    /// The habit can still be kept in the present period.
    QuotaOpen {
        /// How much is missing.
        missing: Quantity,
        /// The last day of the period.
        until: NaiveDate,
    },
    /// The habit was not kept in the last periods.
    PeriodsMissed {
        /// In how many of them in a row.
        periods: i64,
    },
    /// The habit is within its bound in the present period.
    WithinBound {
        /// How much is left.
        left: Quantity,
    },
    /// The habit is over its bound.
    OverBound {
        /// By how much.
        over: Quantity,
    },
}

impl Reason {
    /// The stable name of this reason, in `snake_case`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Achieved => "achieved",
            Self::TargetReached => "target_reached",
            Self::NotActive { .. } => "not_active",
            Self::NoDeadline => "no_deadline",
            Self::NothingCounted => "nothing_counted",
            Self::DeadlinePassed { .. } => "deadline_passed",
            Self::NotStarted { .. } => "not_started",
            Self::AheadOfPlan { .. } => "ahead_of_plan",
            Self::AsPlanned => "as_planned",
            Self::BehindPlan { .. } => "behind_plan",
            Self::Faster { .. } => "faster",
            Self::QuotaMet => "quota_met",
            Self::QuotaOpen { .. } => "quota_open",
            Self::PeriodsMissed { .. } => "periods_missed",
            Self::WithinBound { .. } => "within_bound",
            Self::OverBound { .. } => "over_bound",
        }
    }

    /// What there is to know, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, Param)> {
        match *self {
            Self::NotActive { status } => vec![("status", Param::Text(status.as_str()))],
            Self::DeadlinePassed { deadline, days } => {
                vec![("deadline", Param::Day(deadline)), ("days", Param::Number(days))]
            }
            Self::NotStarted { start } => vec![("start", Param::Day(start))],
            Self::AheadOfPlan { days } | Self::BehindPlan { days } => vec![("days", Param::Number(days))],
            Self::Faster { times } => times.map(|times| ("times", Param::Ratio(times))).into_iter().collect(),
            Self::QuotaOpen { missing, until } => {
                vec![("missing", Param::Quantity(missing)), ("until", Param::Day(until))]
            }
            Self::PeriodsMissed { periods } => vec![("periods", Param::Number(periods))],
            Self::WithinBound { left } => vec![("left", Param::Quantity(left))],
            Self::OverBound { over } => vec![("over", Param::Quantity(over))],
            Self::Achieved
            | Self::TargetReached
            | Self::NoDeadline
            | Self::NothingCounted
            | Self::AsPlanned
            | Self::QuotaMet => Vec::new(),
        }
    }
}

/// How a goal is doing at one instant.
///
/// With `gone` of `total` days over, today not counted among them, and the share `p` done:
///
/// - expected: `gone ÷ total`;
/// - days ahead: `p × total − gone`, cut to whole days;
/// - required rate: what is left ÷ the days that are left, today included;
/// - next safe day: the last day that leaves the goal on track when nothing is done until it is
///   over: day number `⌈p × total⌉` of those that count.
///
/// Worked by hand, 20 pages to read from 1 to 10 March (10 days, 2 pages a day), on 6 March (5 days
/// gone, 5 left):
///
/// | read | expected | days ahead | health | required a day | next safe day |
/// |---|---|---|---|---|---|
/// | 13 | 0.5 | 0.65 × 10 − 5 = 1.5, so 1 | ahead | 7 ÷ 5 = 1.4 | day 7, 7 March |
/// | 9 | 0.5 | 0.45 × 10 − 5 = −0.5, so 0 | on track | 11 ÷ 5 = 2.2 | day 5, which is over: none |
/// | 6 | 0.5 | 0.3 × 10 − 5 = −2 | at risk, 2.8 ÷ 2 = 1.4 times as fast | 14 ÷ 5 = 2.8 | none |
/// | 2 | 0.5 | 0.1 × 10 − 5 = −4 | off track, 3.6 ÷ 2 = 1.8 times as fast | 18 ÷ 5 = 3.6 | none |
///
/// ```
/// use goals_core::{Change, GoalDraft, GoalId, Health, MeasureKind, MeasurePatch, OwnerId, Standing, TimeZone};
/// # let id = GoalId::from_uuid(uuid::Uuid::nil());
/// # let owner = OwnerId::from_uuid(uuid::Uuid::nil());
/// # let at = |day: &str| day.parse::<chrono::NaiveDate>().unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
/// let kind = Change::Set(MeasureKind::Metric);
/// let draft = GoalDraft {
///     start: "2026-03-01".parse().ok(),
///     deadline: "2026-03-10".parse().ok(),
///     measure: MeasurePatch { kind, target: Change::Set(20.into()), ..MeasurePatch::default() },
///     ..GoalDraft::new("Read 20 pages")
/// };
/// let mut goal = draft.into_goal(id, owner, at("2026-03-01"))?;
/// for (read, days, health, required, safe) in [
///     (13, 1, Health::Ahead, 1.4, "2026-03-07".parse().ok()),
///     (9, 0, Health::OnTrack, 2.2, None),
///     (6, -2, Health::AtRisk, 2.8, None),
///     (2, -4, Health::OffTrack, 3.6, None),
/// ] {
///     goal.standing = Standing { amount: Some(read.into()), day: "2026-03-05".parse().ok(), check_ins: 1 };
///     let pace = goal.pace(at("2026-03-06"), TimeZone::UTC);
///     assert_eq!((pace.expected, pace.days_ahead), (Some(0.5), Some(days)));
///     assert_eq!((pace.health, pace.required_rate, pace.next_safe_day), (health, Some(required), safe));
/// }
/// # Ok::<(), goals_core::FieldErrors>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// 0 to 1: how much is done; see [`Goal::progress`].
    pub progress: f64,
    /// 0 to 1: how much is to be done by now; none without a deadline, and for a habit.
    pub expected: Option<f64>,
    /// The verdict.
    pub health: Health,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
    /// How many days' work ahead of the plan, negative behind it. When the deadline has passed, the
    /// days since then, negative: 0 on its day. None while nothing can be said.
    pub days_ahead: Option<i64>,
    /// How much a day, in the unit of the measure, brings it to its target in time; negative when
    /// the way leads downwards. Of a habit: how much a day keeps the present period.
    pub required_rate: Option<f64>,
    /// The last day until whose end one may do nothing and be on track.
    pub next_safe_day: Option<NaiveDate>,
}

impl Goal {
    /// How this goal is doing at `now` for an owner who lives in `zone`. Of a closed goal: how it
    /// was doing when it was closed.
    #[must_use]
    pub fn pace(&self, now: DateTime<Utc>, zone: TimeZone) -> Pace {
        self.pace_with(now, zone, 0)
    }

    /// How it would do if the next `pause` days did not count.
    pub(crate) fn pace_with(&self, now: DateTime<Utc>, zone: TimeZone, pause: i64) -> Pace {
        let days = Timeline::of(self, now, zone, pause);
        let share = self.share(days.today);
        let mut pace = Pace {
            progress: self.progress(days.today),
            expected: None,
            health: Health::Unknown,
            reasons: Vec::new(),
            days_ahead: None,
            required_rate: None,
            next_safe_day: None,
        };
        if let (Some(_), false) = (days.last, matches!(self.measure, Measure::Habit(_))) {
            pace.expected = Some(ratio(days.gone.into(), days.total.into()));
        }
        if self.status == Status::Achieved {
            return pace.judged(Health::Done, [Reason::Achieved]);
        }
        if self.status != Status::Active {
            return pace.judged(Health::Unknown, [Reason::NotActive { status: self.status }]);
        }
        let habit = if let Measure::Habit(habit) = &self.measure { Some(habit) } else { None };
        if habit.is_none() && share.is_some_and(Share::is_whole) {
            return pace.judged(Health::Done, [Reason::TargetReached]);
        }
        if let Some(deadline) = self.deadline.filter(|deadline| deadline.has_passed(now, zone)) {
            let deadline = deadline.day(zone);
            let over = (days.today - deadline).num_days();
            pace.days_ahead = Some(-over);
            return pace.judged(Health::Overdue, [Reason::DeadlinePassed { deadline, days: over }]);
        }
        match (habit, share) {
            (Some(habit), _) => self.judge_habit(habit, &days, pace),
            (None, None) => pace.judged(Health::Unknown, [Reason::NothingCounted]),
            (None, Some(_)) if days.last.is_none() => pace.judged(Health::Unknown, [Reason::NoDeadline]),
            (None, Some(share)) => self.judge_share(share, &days, pace),
        }
    }

    fn judge_share(&self, share: Share, days: &Timeline, mut pace: Pace) -> Pace {
        let (gone, total, left) = (i128::from(days.gone), i128::from(days.total), i128::from(days.left()));
        // The distance from the plan in days, times `whole`.
        let ahead = share.done * total - gone * share.whole;
        let whole_days = i64::try_from(ahead / share.whole).unwrap_or(i64::MIN);
        pace.days_ahead = Some(whole_days);
        pace.required_rate = self.way_left().filter(|_| left > 0).map(|way| way / ratio(left, 1));
        let safe = i64::try_from((share.done * total + share.whole - 1) / share.whole).unwrap_or(days.total);
        pace.next_safe_day = Some(days.day(safe)).filter(|day| *day >= days.today);
        if days.today < days.first {
            return pace.judged(Health::OnTrack, [Reason::NotStarted { start: days.first }]);
        }
        if ahead >= share.whole {
            return pace.judged(Health::Ahead, [Reason::AheadOfPlan { days: whole_days }]);
        }
        if ahead > -share.whole {
            return pace.judged(Health::OnTrack, [Reason::AsPlanned]);
        }
        // What is left a day, against what was planned a day.
        let (needed, planned) = ((share.whole - share.done) * total, share.whole * left);
        let health =
            if needed * STILL_POSSIBLE.1 <= planned * STILL_POSSIBLE.0 { Health::AtRisk } else { Health::OffTrack };
        let times = (planned > 0).then(|| ratio(needed, planned));
        pace.judged(health, [Reason::BehindPlan { days: -whole_days }, Reason::Faster { times }])
    }

    fn judge_habit(&self, habit: &Habit, days: &Timeline, mut pace: Pace) -> Pace {
        let present = habit.per.number(days.today);
        let newest = self.standing.day.map(|day| habit.per.number(day));
        let amount = habit.amount_on(days.today, &self.standing);
        let was_kept = self.standing.amount.is_some_and(|amount| habit.is_kept(amount));
        if habit.bound == Bound::AtMost {
            let difference = habit.amount.checked_sub(amount).unwrap_or(Quantity::ZERO);
            if difference < Quantity::ZERO {
                let over = Quantity::ZERO.checked_sub(difference).unwrap_or_default();
                return pace.judged(Health::OffTrack, [Reason::OverBound { over }]);
            }
            let within = Reason::WithinBound { left: difference };
            if newest == Some(present - 1) && !was_kept {
                return pace.judged(Health::AtRisk, [within, Reason::PeriodsMissed { periods: 1 }]);
            }
            return pace.judged(Health::OnTrack, [within]);
        }
        if habit.is_kept(amount) {
            return pace.judged(Health::OnTrack, [Reason::QuotaMet]);
        }
        let until = habit.per.last(present);
        let missing = habit.amount.checked_sub(amount).unwrap_or(habit.amount);
        let left = (until - days.today).num_days() + 1;
        pace.required_rate = Some(missing.to_f64() / ratio(left.into(), 1));
        let open = Reason::QuotaOpen { missing, until };
        if days.today < days.first {
            return pace.judged(Health::OnTrack, [Reason::NotStarted { start: days.first }, open]);
        }
        // The first period that was not kept: behind the newest one that was, and none before the
        // first one that was there from its first day on.
        let begun = habit.per.number(days.first);
        let begun = if habit.per.first(begun) < days.first { begun + 1 } else { begun };
        let missed_since = newest.map_or(begun, |newest| if was_kept { newest + 1 } else { newest });
        let periods = present - missed_since.min(present);
        match periods {
            0 => pace.judged(Health::OnTrack, [open]),
            1..NEGLECTED => pace.judged(Health::AtRisk, [open, Reason::PeriodsMissed { periods }]),
            _ => pace.judged(Health::OffTrack, [open, Reason::PeriodsMissed { periods }]),
        }
    }

    /// How far it is from here to the target, in the unit of the measure; negative downwards.
    pub(crate) fn way_left(&self) -> Option<f64> {
        match &self.measure {
            Measure::Metric(metric) => {
                let reading = self.measure.reading(&self.standing)?;
                Some(millionths(metric.target.millionths() - reading.millionths()))
            }
            Measure::Checklist(items) => Some(ratio((items.len() - self.measure.done_items()) as i128, 1)),
            _ => None,
        }
    }
}

impl Pace {
    fn judged(self, health: Health, reasons: impl Into<Vec<Reason>>) -> Self {
        Self { health, reasons: reasons.into(), ..self }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people, of numbers that are exact until here")]
pub(crate) fn ratio(part: i128, whole: i128) -> f64 {
    part as f64 / whole as f64
}

/// A number of millionths as units.
pub(crate) fn millionths(number: i128) -> f64 {
    ratio(number, 1_000_000)
}
