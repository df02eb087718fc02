//! A log, a page at a time.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;

use super::CheckIn;
use crate::deadline::parse_day;
use crate::error::{FieldErrors, Violation};
use crate::ids::CheckInId;
use crate::query::{PAGE_DEFAULT, PAGE_MAX, Page};

/// Which entries of a log to list; [`default`](Default::default) lists the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInQuery {
    /// How many at most, 1 to [`PAGE_MAX`].
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<CheckInCursor>,
}

impl Default for CheckInQuery {
    fn default() -> Self {
        Self { limit: PAGE_DEFAULT, cursor: None }
    }
}

impl CheckInQuery {
    /// Judges the bounds.
    ///
    /// # Errors
    /// What is wrong, by parameter.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        if !(1..=PAGE_MAX).contains(&self.limit) {
            errors.push("/limit", Violation::OutOfRange { min: 1, max: PAGE_MAX.into() });
        }
        errors.into_result()
    }

    /// The page that begins with `items`, of which one more than fits was looked for.
    #[must_use]
    pub fn page(&self, mut items: Vec<CheckIn>) -> CheckInPage {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(CheckInCursor::of);
        Page { items, next }
    }
}

/// A page of a log, the newest entry first.
pub type CheckInPage = Page<CheckIn, CheckInCursor>;

/// A position in a log: the last entry of a page. Opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInCursor {
    /// See [`CheckIn::day`].
    pub day: NaiveDate,
    /// See [`CheckIn::at`].
    pub at: DateTime<Utc>,
    /// Which entry.
    pub id: CheckInId,
}

impl CheckInCursor {
    /// The position of `entry`.
    #[must_use]
    pub const fn of(entry: &CheckIn) -> Self {
        Self { day: entry.day, at: entry.at, id: entry.id }
    }

    fn read(text: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let mut parts = text.split(' ');
        let (day, at, id) = (parts.next()?, parts.next()?, parts.next()?);
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
        let is_whole = parts.next().is_none();
        Some(Self { day: parse_day(day)?, at, id: id.parse().ok()? }).filter(|_| is_whole)
    }
}

impl fmt::Display for CheckInCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{} {} {}", self.day, self.at.timestamp_micros(), self.id);
        f.write_str(&BASE64URL_NOPAD.encode(text.as_bytes()))
    }
}

impl FromStr for CheckInCursor {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::read(text).ok_or(Violation::InvalidFormat { expected: "a cursor from an earlier answer" })
    }
}
