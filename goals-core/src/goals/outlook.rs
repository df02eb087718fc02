//! How goals stand, and how they would.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Goals;
use crate::checkin::CheckInDraft;
use crate::deadline::Deadline;
use crate::draft::{Change, GoalPatch};
use crate::error::{Error, FieldErrors, Violation};
use crate::ids::{CheckInId, GoalId, OwnerId};
use crate::measure::MeasurePatch;
use crate::outlook::Outlook;
use crate::pace::Health;
use crate::quantity::Quantity;
use crate::query::{GoalQuery, PAGE_MAX};
use crate::standing::Standing;
use crate::status::Status;
use crate::streak::days_in_a_row;
use crate::time_zone::TimeZone;
use crate::timeline::add;

/// How many days ahead a pause may be tried out.
pub const PAUSE_MAX: u32 = 3_660;
/// How many check-ins may be tried out at once.
pub const TRIAL_MAX: usize = 100;
/// How many days the statistics look back, today included.
pub const STATS_DAYS: i64 = 366;

/// What somebody would like to try out; [`default`](Default::default) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trial {
    /// Another deadline, or none.
    pub deadline: Change<Deadline>,
    /// Another target of a metric.
    pub target: Option<Quantity>,
    /// A pause from today on, of so many days; at most [`PAUSE_MAX`].
    pub pause_days: u32,
    /// Check-ins more; at most [`TRIAL_MAX`]. Their ids are not looked at.
    pub check_ins: Vec<CheckInDraft>,
}

/// How the goals of an owner stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// How many goals have each status; those in the trash are left out.
    pub statuses: BTreeMap<Status, u64>,
    /// How many goals have each health; those in the trash are left out.
    pub health: BTreeMap<Health, u64>,
    /// On how many days in a row, up to today or yesterday, there was a check-in.
    pub current_streak: u32,
    /// On how many days in a row at most.
    pub longest_streak: u32,
    /// The first of the days that were looked at; there are [`STATS_DAYS`].
    pub from: NaiveDate,
    /// The last of them: the day it is where the owner lives.
    pub to: NaiveDate,
    /// The days with check-ins, and how many, in order.
    pub days: Vec<(NaiveDate, u64)>,
}

impl Goals {
    /// How a goal stands, for an owner who lives in `zone`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn outlook(&self, owner: OwnerId, goal: GoalId, zone: TimeZone) -> Result<Outlook, Error> {
        let goal = self.get(owner, goal).await?;
        Ok(goal.outlook(&self.log(&goal).await?, self.clock.now(), zone))
    }

    /// How a goal would stand; nothing is written.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong, by field of the trial;
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn simulate(
        &self,
        owner: OwnerId,
        goal: GoalId,
        zone: TimeZone,
        trial: &Trial,
    ) -> Result<Outlook, Error> {
        let goal = self.get(owner, goal).await?;
        let now = self.clock.now();
        let mut errors = FieldErrors::new();
        if trial.pause_days > PAUSE_MAX {
            errors.push("/pause_days", Violation::OutOfRange { min: 0, max: PAUSE_MAX.into() });
        }
        if trial.check_ins.len() > TRIAL_MAX {
            errors.push("/check_ins", Violation::TooMany { max: TRIAL_MAX });
        }
        let target = trial.target.map_or(Change::Keep, Change::Set);
        let measure = Change::Set(MeasurePatch { target, ..MeasurePatch::default() });
        let patch = GoalPatch { deadline: trial.deadline.clone(), measure, ..GoalPatch::default() };
        let changed = match patch.apply(&goal, now) {
            Err(Error::Invalid(refused)) => {
                for error in &refused {
                    errors.push(error.pointer.trim_start_matches("/measure"), error.violation.clone());
                }
                None
            }
            changed => Some(changed?),
        };
        let mut tried = changed.unwrap_or_else(|| goal.clone());
        let mut log = self.log(&goal).await?;
        for (n, draft) in trial.check_ins.iter().take(TRIAL_MAX).enumerate() {
            match draft.clone().into_check_in(CheckInId::from_uuid(uuid::Uuid::max()), &tried, now, zone) {
                Ok(entry) => log.push(entry),
                Err(refused) => {
                    for error in &refused {
                        errors.push(format!("/check_ins/{n}{}", error.pointer), error.violation.clone());
                    }
                }
            }
        }
        errors.into_result()?;
        log.sort_by_key(|entry| (entry.day, entry.at));
        tried = tried.standing_at(Standing::of(&tried.measure, &log), "/check_ins", now)?;
        Ok(tried.outlook_with(&log, now, zone, trial.pause_days.into()))
    }

    /// How the goals of an owner who lives in `zone` stand together.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn stats(&self, owner: OwnerId, zone: TimeZone) -> Result<Stats, Error> {
        let now = self.clock.now();
        let to = zone.day_of(now);
        let from = add(to, 1 - STATS_DAYS);
        let mut days = self.store.check_in_days(owner, from).await?;
        // Whoever has moved westwards may have been at tomorrow already.
        days.retain(|(day, _)| *day <= to);
        let with_any: Vec<_> = days.iter().map(|(day, _)| *day).collect();
        let (current_streak, longest_streak) = days_in_a_row(&with_any, to);
        let (mut statuses, mut health) = (BTreeMap::new(), BTreeMap::new());
        for archived in [false, true] {
            let mut query = GoalQuery { archived: Some(archived), limit: PAGE_MAX, ..GoalQuery::default() };
            loop {
                let page = self.store.list(owner, &query).await?;
                for goal in &page.items {
                    *statuses.entry(goal.status).or_default() += 1;
                    *health.entry(goal.pace(now, zone).health).or_default() += 1;
                }
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
            }
        }
        Ok(Stats { statuses, health, current_streak, longest_streak, from, to, days })
    }
}
