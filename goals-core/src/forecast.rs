//! When a goal will be reached, if it goes on as it has gone lately.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::checkin::CheckIn;
use crate::error::Param;
use crate::goal::Goal;
use crate::measure::{Fold, Measure};
use crate::pace::millionths;
use crate::progress::Share;
use crate::status::Status;
use crate::time_zone::TimeZone;
use crate::timeline::{Timeline, add};

/// How many days back a forecast looks, today included.
pub const FORECAST_DAYS: i64 = 60;
/// The fewest days that have to say something.
pub const FORECAST_POINTS_MIN: usize = 3;
/// The fewest days from the first of them to the last.
pub const FORECAST_SPAN_MIN: i64 = 7;
/// How many days ahead a forecast goes.
pub const FORECAST_MAX: i64 = 730;

/// When a goal will be reached, if it goes on as it has gone lately.
///
/// Each day of the newest [`FORECAST_DAYS`] gives a point: of readings the days that have one, with
/// the last of that day; of amounts, and of the items of a checklist, every day since the first
/// one of the goal, with the sum at its end. The rate is the median of the slopes between every
/// two points (H. Theil, 1950; P. K. Sen, 1968), so that a few wild days hardly move it; the early
/// and the late date come from the ninth and the first decile of the same slopes, between two of
/// them in proportion (definition 7 of R. J. Hyndman and Y. Fan, 1996). From where it stands today,
/// the way that is left is gone at that rate: `today + ⌈left ÷ rate⌉`.
///
/// Worked by hand, from 90 kg to 80 kg, on 15 March with these readings:
///
/// | 1 March | 8 March | 15 March | slopes a day | rate | left | likely |
/// |---|---|---|---|---|---|---|
/// | 90 | 88.6 | 87.2 | −0.2, −0.2, −0.2 | −0.2 | −7.2 | in 36 days, 20 April |
/// | 90 | 89.3 | 87.2 | −0.1, −0.3, −0.2 | −0.2 | −7.2 | in 36 days, 20 April; early 7.2 ÷ 0.28, in 26 days; late 7.2 ÷ 0.12, in 60 |
/// | 90 | 90.7 | 90.7 | 0.1, 0, 0.05 | 0.05 | | none: it moves away |
///
/// ```
/// use goals_core::{
///     Change, CheckIn, CheckInId, Fold, GoalDraft, GoalId, MeasureKind, MeasurePatch, NoForecast, OwnerId, Standing,
/// };
/// # let id = GoalId::from_uuid(uuid::Uuid::nil());
/// # let owner = OwnerId::from_uuid(uuid::Uuid::nil());
/// # let at = |day: &str| day.parse::<chrono::NaiveDate>().unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
/// let measure = MeasurePatch {
///     kind: Change::Set(MeasureKind::Metric),
///     start: Change::Set(90.into()),
///     target: Change::Set(80.into()),
///     fold: Change::Set(Fold::Last),
///     ..MeasurePatch::default()
/// };
/// let draft = GoalDraft { measure, ..GoalDraft::new("Lose 10 kg") };
/// let goal = draft.into_goal(id, owner, at("2026-03-01"))?;
/// let forecast = |readings: [&str; 3]| {
///     let entry = |(day, reading): (&str, &str)| CheckIn {
///         id: CheckInId::from_uuid(uuid::Uuid::nil()),
///         owner,
///         goal: id,
///         day: day.parse().unwrap(),
///         at: at(day),
///         value: reading.parse().ok(),
///         note: None,
///     };
///     let log: Vec<_> = ["2026-03-01", "2026-03-08", "2026-03-15"].into_iter().zip(readings).map(entry).collect();
///     let mut goal = goal.clone();
///     goal.standing = Standing::of(&goal.measure, &log).unwrap();
///     goal.forecast(&log, at("2026-03-15"), Default::default())
/// };
/// let steady = forecast(["90", "88.6", "87.2"]).unwrap();
/// assert_eq!(steady.likely.to_string(), "2026-04-20");
/// let uneven = forecast(["90", "89.3", "87.2"]).unwrap();
/// assert_eq!(uneven.likely.to_string(), "2026-04-20");
/// assert_eq!(uneven.early.to_string(), "2026-04-10");
/// assert_eq!(uneven.late.map(|day| day.to_string()).as_deref(), Some("2026-05-14"));
/// assert_eq!(forecast(["90", "90.7", "90.7"]), Err(NoForecast::NoMovement));
/// # Ok::<(), goals_core::FieldErrors>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// One in ten that it is earlier.
    pub early: NaiveDate,
    /// As likely earlier as later.
    pub likely: NaiveDate,
    /// One in ten that it is later; none when that is beyond [`FORECAST_MAX`] days.
    pub late: Option<NaiveDate>,
    /// The rate a day, in the unit of the measure; negative when the way leads downwards.
    pub rate: f64,
    /// The first day that was looked at.
    pub from: NaiveDate,
    /// How many points there were.
    pub points: usize,
}

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoForecast {
    /// It is not being worked on.
    NotActive,
    /// It has no target to come nearer to.
    NoTarget,
    /// It is reached.
    Reached,
    /// Fewer than [`FORECAST_POINTS_MIN`] days say something.
    TooFewPoints {
        /// How many do.
        points: usize,
    },
    /// They lie within less than [`FORECAST_SPAN_MIN`] days.
    TooShort {
        /// How many days there are from the first to the last.
        days: i64,
    },
    /// It does not come nearer.
    NoMovement,
    /// It would take more than [`FORECAST_MAX`] days.
    TooFar,
}

impl NoForecast {
    /// The stable name of this reason, in `snake_case`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotActive => "not_active",
            Self::NoTarget => "no_target",
            Self::Reached => "reached",
            Self::TooFewPoints { .. } => "too_few_points",
            Self::TooShort { .. } => "too_short",
            Self::NoMovement => "no_movement",
            Self::TooFar => "too_far",
        }
    }

    /// What there is to know, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, Param)> {
        let number = |n: usize| Param::Number(i64::try_from(n).unwrap_or(i64::MAX));
        match *self {
            Self::TooFewPoints { points } => vec![("points", number(points)), ("min", number(FORECAST_POINTS_MIN))],
            Self::TooShort { days } => vec![("days", Param::Number(days)), ("min", Param::Number(FORECAST_SPAN_MIN))],
            Self::TooFar => vec![("max_days", Param::Number(FORECAST_MAX))],
            Self::NotActive | Self::NoTarget | Self::Reached | Self::NoMovement => Vec::new(),
        }
    }
}

impl Goal {
    /// When this goal will be reached, by its whole `log`, as of `now` for an owner who lives in
    /// `zone`.
    ///
    /// # Errors
    /// Why nothing can be said.
    pub fn forecast(&self, log: &[CheckIn], now: DateTime<Utc>, zone: TimeZone) -> Result<Forecast, NoForecast> {
        let days = Timeline::of(self, now, zone, 0);
        if matches!(self.measure, Measure::Habit(_)) {
            return Err(NoForecast::NoTarget);
        }
        let share = self.share(days.today).ok_or(NoForecast::NoTarget)?;
        if self.status != Status::Active {
            return Err(NoForecast::NotActive);
        }
        if share.is_whole() {
            return Err(NoForecast::Reached);
        }
        let (from, points) = self.points(log, &days)?;
        self.fit(share, from, &points, days.today)
    }

    fn fit(
        &self,
        share: Share,
        from: NaiveDate,
        points: &[(i64, i128)],
        today: NaiveDate,
    ) -> Result<Forecast, NoForecast> {
        let span = points.last().zip(points.first()).map_or(0, |(last, first)| last.0 - first.0);
        if span < FORECAST_SPAN_MIN {
            return Err(NoForecast::TooShort { days: span });
        }
        let way = self.way_left().ok_or(NoForecast::NoTarget)?;
        // A way upwards for all: slopes towards the target are positive.
        let sign = if way < 0.0 { -1.0 } else { 1.0 };
        let slopes = slopes(points, sign);
        let finish = |rate: f64| days_to_go(way.abs(), rate).map(|days| add(today, days));
        let rate = quantile(&slopes, 0.5);
        if rate <= 0.0 || share.whole == 0 {
            return Err(NoForecast::NoMovement);
        }
        Ok(Forecast {
            early: finish(quantile(&slopes, 0.9)).ok_or(NoForecast::TooFar)?,
            likely: finish(rate).ok_or(NoForecast::TooFar)?,
            late: finish(quantile(&slopes, 0.1)),
            rate: sign * rate,
            from,
            points: points.len(),
        })
    }

    /// The first day that is looked at, and the points: days since then, and millionths.
    fn points(&self, log: &[CheckIn], days: &Timeline) -> Result<(NaiveDate, Vec<(i64, i128)>), NoForecast> {
        let window = add(days.today, 1 - FORECAST_DAYS);
        let mut by_day = BTreeMap::<NaiveDate, i128>::new();
        let is_sum = match &self.measure {
            Measure::Metric(metric) if metric.fold == Fold::Last => {
                let mut readings: Vec<_> = log.iter().filter(|entry| entry.value.is_some()).collect();
                readings.sort_unstable_by_key(|entry| entry.position());
                by_day.extend(readings.iter().map(|entry| (entry.day, entry.amount().millionths())));
                false
            }
            Measure::Checklist(items) => {
                for day in items.iter().filter_map(|item| item.done_on) {
                    *by_day.entry(day).or_default() += 1_000_000;
                }
                true
            }
            _ => {
                for entry in log {
                    *by_day.entry(entry.day).or_default() += entry.amount().millionths();
                }
                true
            }
        };
        let said = by_day.range(window..=days.today).count();
        if said < FORECAST_POINTS_MIN {
            return Err(NoForecast::TooFewPoints { points: said });
        }
        let first = if is_sum { days.first.clamp(window, days.today) } else { window };
        let number = |day: NaiveDate| (day - first).num_days();
        if !is_sum {
            return Ok((
                first,
                by_day.range(first..=days.today).map(|(day, reading)| (number(*day), *reading)).collect(),
            ));
        }
        let mut sum: i128 = by_day.range(..first).map(|(_, amount)| amount).sum();
        let mut points = Vec::new();
        for day in first.iter_days().take_while(|day| *day <= days.today) {
            sum += by_day.get(&day).copied().unwrap_or(0);
            points.push((number(day), sum));
        }
        Ok((first, points))
    }
}

/// The slopes between every two points, in order, in units a day.
#[expect(clippy::cast_precision_loss, reason = "at most 60 days")]
fn slopes(points: &[(i64, i128)], sign: f64) -> Vec<f64> {
    let pairs = points.iter().enumerate().flat_map(|(n, a)| points[n + 1..].iter().map(move |b| (a, b)));
    let mut slopes: Vec<_> = pairs.map(|(a, b)| sign * millionths(b.1 - a.1) / (b.0 - a.0) as f64).collect();
    slopes.sort_unstable_by(f64::total_cmp);
    slopes
}

/// The value below which the share `p` of `sorted` lies, between two of them in proportion.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list of at most 1,770"
)]
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * sorted.len().saturating_sub(1) as f64;
    let at = |n: usize| sorted.get(n).or(sorted.last()).copied().unwrap_or_default();
    let below = place.floor() as usize;
    at(below) + (at(below + 1) - at(below)) * place.fract()
}

/// How many days the way takes; `None` when it is more than [`FORECAST_MAX`].
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "at most 730")]
fn days_to_go(way: f64, rate: f64) -> Option<i64> {
    // So that 7.2 ÷ 0.2, which is a hair more than 36 in doubles, is 36.
    let days = (way / rate - 1e-9).ceil();
    (rate > 0.0 && days <= FORECAST_MAX as f64).then_some(days as i64)
}
