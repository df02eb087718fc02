//! What is derived from a goal, and never stored.

use chrono::{DateTime, Utc};

use crate::goal::Goal;
use crate::status::Status;
use crate::time_zone::TimeZone;
use crate::words::words;

words! {
    /// How a goal is doing.
    pub enum Health {
        /// Nothing can be said.
        Unknown = "unknown",
        /// It is reached.
        Done = "done",
        /// It is being worked on and its deadline has passed.
        Overdue = "overdue",
    }
}

/// How a goal is doing at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// 0 to 1: how much is done. A goal without parts is done or not.
    pub progress: f64,
    /// The verdict.
    pub health: Health,
    /// Days ahead of the deadline that has passed: 0 on its day, then negative. None while nothing
    /// can be said.
    pub days_ahead: Option<i64>,
}

impl Goal {
    /// How this goal is doing at `now` for an owner who lives in `zone`.
    #[must_use]
    pub fn pace(&self, now: DateTime<Utc>, zone: TimeZone) -> Pace {
        if self.status == Status::Achieved {
            return Pace { progress: 1.0, health: Health::Done, days_ahead: None };
        }
        let passed = self.deadline.filter(|d| self.status == Status::Active && d.has_passed(now, zone));
        Pace {
            progress: 0.0,
            health: if passed.is_some() { Health::Overdue } else { Health::Unknown },
            days_ahead: passed.map(|d| (d.day(zone) - zone.day_of(now)).num_days()),
        }
    }
}
