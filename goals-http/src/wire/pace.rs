//! How goals stand, as JSON.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use goals_core::{Forecast, Outlook, PAUSE_MAX, Quantity, Stats, Streak, Trial, Violation};
use serde::Serialize;
use utoipa::ToSchema;

use super::check_ins;
use super::measure::CodedOut;
use super::output::{quantity_or_null, shown, shown_or_null};
use crate::fields::{self, Fields};
use crate::json::{Json, Object};
use crate::openapi::choices;
use crate::problem::Problem;

/// Reads what is to be tried out.
pub(crate) fn trial(body: Object) -> Result<Trial, Problem> {
    let mut fields = Fields::new(body);
    let trial = Trial {
        deadline: fields.change("deadline", fields::named),
        target: fields.get("target", fields::quantity),
        pause_days: fields.get("pause_days", days).unwrap_or_default(),
        check_ins: fields.get("check_ins", check_ins::drafts).unwrap_or_default(),
    };
    fields.finish(Ok(()))?;
    Ok(trial)
}

fn days(json: Json, pointer: &str, errors: &mut goals_core::FieldErrors) -> Option<u32> {
    let Json::Number(number) = json else { return fields::refuse("a number", pointer, errors) };
    errors.check(pointer, number.parse().map_err(|_| Violation::OutOfRange { min: 0, max: PAUSE_MAX.into() }))
}

/// How a goal stands, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pace)]
pub(crate) struct OutlookOut {
    /// The day it is where the owner lives; of a closed goal the day on which it was closed.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    today: NaiveDate,
    /// Where it stands; null when there is nothing to count.
    #[serde(serialize_with = "quantity_or_null")]
    #[schema(value_type = Option<f64>, required)]
    current: Option<Quantity>,
    /// 0 to 1.
    progress: f64,
    /// 0 to 1: how much was to be done by now; null without a deadline, and for a habit.
    #[schema(required)]
    expected: Option<f64>,
    #[schema(value_type = choices::Health)]
    health: &'static str,
    /// Why its health is what it is.
    reasons: Vec<CodedOut>,
    /// Days of work ahead of the plan, or negative behind it; once the deadline has passed the days
    /// since then, negative.
    #[schema(required)]
    days_ahead: Option<i64>,
    /// How much a day brings it to its target in time, or keeps the present period of a habit;
    /// negative when the way leads downwards.
    #[schema(required)]
    required_rate: Option<f64>,
    /// The last day until whose end one may do nothing and be on track.
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = Date, required)]
    next_safe_day: Option<NaiveDate>,
    /// When it will be reached if it goes on as it has gone lately.
    #[schema(required)]
    forecast: Option<ForecastOut>,
    /// Why there is no forecast; null when there is one.
    #[schema(required)]
    no_forecast: Option<CodedOut>,
    /// What would mend it, when it is behind.
    repairs: Vec<CodedOut>,
    /// Of a habit.
    #[schema(required)]
    streak: Option<StreakOut>,
}

impl From<&Outlook> for OutlookOut {
    fn from(outlook: &Outlook) -> Self {
        let pace = &outlook.pace;
        Self {
            today: outlook.today,
            current: outlook.current,
            progress: pace.progress,
            expected: pace.expected,
            health: pace.health.as_str(),
            reasons: pace.reasons.iter().map(Into::into).collect(),
            days_ahead: pace.days_ahead,
            required_rate: pace.required_rate,
            next_safe_day: pace.next_safe_day,
            forecast: outlook.forecast.as_ref().ok().map(Into::into),
            no_forecast: outlook.forecast.as_ref().err().map(|why| CodedOut::new(why.code(), &why.params())),
            repairs: outlook.repairs.iter().map(|repair| CodedOut::new(repair.code(), &repair.params())).collect(),
            streak: outlook.streak.as_ref().map(Into::into),
        }
    }
}

/// When a goal will be reached, by the median of the slopes of its newest 60 days.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub(crate) struct ForecastOut {
    /// One in ten that it is earlier.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    early: NaiveDate,
    /// As likely earlier as later.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    likely: NaiveDate,
    /// One in ten that it is later; null when that is more than two years away.
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = Date, required)]
    late: Option<NaiveDate>,
    /// A day, in the unit of the measure; negative when the way leads downwards.
    rate: f64,
    /// The first day that was looked at.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    from: NaiveDate,
    /// How many days said something.
    points: usize,
}

impl From<&Forecast> for ForecastOut {
    fn from(forecast: &Forecast) -> Self {
        let Forecast { early, likely, late, rate, from, points } = *forecast;
        Self { early, likely, late, rate, from, points }
    }
}

/// How many periods in a row a habit was kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Streak)]
pub(crate) struct StreakOut {
    current: u32,
    longest: u32,
    /// The first day that was judged.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    from: NaiveDate,
    /// The last day that was judged.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    to: NaiveDate,
    /// How many periods were judged, the present one included.
    periods: u32,
    /// In how many of them it was kept.
    kept: u32,
}

impl From<&Streak> for StreakOut {
    fn from(streak: &Streak) -> Self {
        let Streak { current, longest, from, to, periods, kept } = *streak;
        Self { current, longest, from, to, periods, kept }
    }
}

/// How one's goals stand together; those in the trash are left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(crate) struct StatsOut {
    /// How many goals have each status; 0 is left out.
    #[schema(value_type = Object)]
    statuses: BTreeMap<&'static str, u64>,
    /// How many goals have each health; 0 is left out.
    #[schema(value_type = Object)]
    health: BTreeMap<&'static str, u64>,
    /// On how many days in a row there was a check-in, up to today or yesterday.
    current_streak: u32,
    /// On how many days in a row at most.
    longest_streak: u32,
    /// The first of the days that were looked at: a year.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    from: NaiveDate,
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    to: NaiveDate,
    /// The days with check-ins, in order.
    days: Vec<DayOut>,
}

/// A day, and how many check-ins it has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DayOfCheckIns)]
pub(crate) struct DayOut {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    check_ins: u64,
}

impl From<&Stats> for StatsOut {
    fn from(stats: &Stats) -> Self {
        Self {
            statuses: stats.statuses.iter().map(|(status, count)| (status.as_str(), *count)).collect(),
            health: stats.health.iter().map(|(health, count)| (health.as_str(), *count)).collect(),
            current_streak: stats.current_streak,
            longest_streak: stats.longest_streak,
            from: stats.from,
            to: stats.to,
            days: stats.days.iter().map(|(day, check_ins)| DayOut { day: *day, check_ins: *check_ins }).collect(),
        }
    }
}
