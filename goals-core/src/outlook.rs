//! How a goal stands in full: its pace, its forecast, its streak, and what would mend it.

use chrono::{DateTime, NaiveDate, Utc};

use crate::checkin::CheckIn;
use crate::error::Param;
use crate::forecast::{Forecast, NoForecast};
use crate::goal::Goal;
use crate::pace::{Health, Pace, ratio};
use crate::quantity::Quantity;
use crate::streak::Streak;
use crate::time_zone::TimeZone;
use crate::timeline::{Timeline, add};

/// What would bring a goal that is behind back on track.
///
/// Worked by hand, 20 pages to read from 1 to 10 March, 6 of them read by 6 March (5 days left):
/// the rest at 14 ÷ 5 = 2.8 pages a day, which is 0.8 more than the 2 of the plan; or, as planned,
/// 14 ÷ 2 = 7 days more from today on, which ends on 12 March.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Repair {
    /// More on each of the days that are left.
    RaiseRate {
        /// How much a day, in the unit of the measure; negative downwards.
        rate: f64,
        /// How much more than planned a day.
        more: f64,
        /// For how many days that count, today included.
        days: i64,
    },
    /// A later deadline.
    MoveDeadline {
        /// The first day that will do.
        to: NaiveDate,
        /// Whether it is so by the forecast, or by going on as was planned.
        by_forecast: bool,
    },
}

impl Repair {
    /// The stable name of this way out, in `snake_case`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RaiseRate { .. } => "raise_rate",
            Self::MoveDeadline { .. } => "move_deadline",
        }
    }

    /// What there is to know, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, Param)> {
        match *self {
            Self::RaiseRate { rate, more, days } => {
                vec![("rate", Param::Ratio(rate)), ("more", Param::Ratio(more)), ("days", Param::Number(days))]
            }
            Self::MoveDeadline { to, by_forecast } => {
                let basis = if by_forecast { "forecast" } else { "plan" };
                vec![("to", Param::Day(to)), ("basis", Param::Text(basis))]
            }
        }
    }
}

/// How a goal stands in full at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The day it is where the owner lives; of a closed goal the day on which it was closed.
    pub today: NaiveDate,
    /// See [`Goal::current`].
    pub current: Option<Quantity>,
    /// How it is doing.
    pub pace: Pace,
    /// When it will be reached, or why that cannot be said.
    pub forecast: Result<Forecast, NoForecast>,
    /// What would mend it, when it is behind.
    pub repairs: Vec<Repair>,
    /// Of a habit.
    pub streak: Option<Streak>,
}

impl Goal {
    /// How this goal stands at `now`, by its whole `log`, for an owner who lives in `zone`.
    #[must_use]
    pub fn outlook(&self, log: &[CheckIn], now: DateTime<Utc>, zone: TimeZone) -> Outlook {
        self.outlook_with(log, now, zone, 0)
    }

    /// How it would stand if the next `pause` days did not count.
    pub(crate) fn outlook_with(&self, log: &[CheckIn], now: DateTime<Utc>, zone: TimeZone, pause: i64) -> Outlook {
        let days = Timeline::of(self, now, zone, pause);
        let pace = self.pace_with(now, zone, pause);
        let forecast = self.forecast(log, now, zone);
        Outlook {
            today: days.today,
            current: self.current(days.today),
            repairs: self.repairs(&pace, forecast.as_ref().ok(), &days),
            streak: self.streak(log, now, zone),
            forecast,
            pace,
        }
    }

    fn repairs(&self, pace: &Pace, forecast: Option<&Forecast>, days: &Timeline) -> Vec<Repair> {
        let mut repairs = Vec::new();
        if !matches!(pace.health, Health::AtRisk | Health::OffTrack | Health::Overdue) {
            return repairs;
        }
        let (Some(share), Some(last), Some(way)) = (self.share(days.today), days.last, self.way_left()) else {
            return repairs;
        };
        if let Some(rate) = pace.required_rate {
            // The part that is left was planned for its part of the days.
            let left = share.whole - share.done;
            let planned = way * ratio(share.whole, left) / ratio(days.total.into(), 1);
            repairs.push(Repair::RaiseRate { rate, more: rate - planned, days: days.left() });
        }
        let needed = (share.whole - share.done) * i128::from(days.total);
        let needed = i64::try_from((needed + share.whole - 1) / share.whole).unwrap_or(i64::MAX);
        let to = forecast.map_or_else(|| add(days.today, needed - 1), |forecast| forecast.likely);
        if to > last {
            repairs.push(Repair::MoveDeadline { to, by_forecast: forecast.is_some() });
        }
        repairs
    }
}
