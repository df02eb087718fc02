//! Until when: a civil day or an instant.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, SubsecRound, Utc};

use crate::error::Violation;
use crate::time_zone::TimeZone;

/// The years in which starts and deadlines may lie, both included.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// When a goal is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// A civil day: it is over when that day has ended where the owner lives.
    Day(NaiveDate),
    /// An instant, in whole microseconds.
    Moment(DateTime<Utc>),
}

impl Deadline {
    /// Whether it has passed at `now` for somebody who lives in `zone`.
    #[must_use]
    pub fn has_passed(&self, now: DateTime<Utc>, zone: TimeZone) -> bool {
        match *self {
            Self::Day(day) => zone.day_of(now) > day,
            Self::Moment(moment) => now > moment,
        }
    }

    /// The civil day on which it lies in `zone`.
    #[must_use]
    pub fn day(&self, zone: TimeZone) -> NaiveDate {
        match *self {
            Self::Day(day) => day,
            Self::Moment(moment) => zone.day_of(moment),
        }
    }

    /// Where it stands in a list: a day as the last microsecond of that day in UTC, so that the
    /// order of a list does not hang on the owner's time zone.
    #[must_use]
    pub fn sort_key(&self) -> DateTime<Utc> {
        match *self {
            Self::Day(day) => day.and_time(LAST_MICROSECOND).and_utc(),
            Self::Moment(moment) => moment,
        }
    }

    /// Where a goal without a deadline stands in a list: behind all others.
    #[must_use]
    pub fn sort_key_of_none() -> DateTime<Utc> {
        Self::Day(LAST_DAY).sort_key()
    }
}

/// What may stand as a start or a deadline.
pub(crate) fn check_year(date: &impl Datelike) -> Result<(), Violation> {
    if YEARS.contains(&date.year()) {
        return Ok(());
    }
    Err(Violation::OutOfRange { min: (*YEARS.start()).into(), max: (*YEARS.end()).into() })
}

const LAST_MICROSECOND: NaiveTime = match NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

impl fmt::Display for Deadline {
    /// `YYYY-MM-DD`, or RFC 3339 in UTC with as many decimals as it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Moment(moment) => f.write_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl FromStr for Deadline {
    type Err = Violation;

    /// Reads `YYYY-MM-DD` or an RFC 3339 instant in any offset, with at most six decimals.
    fn from_str(text: &str) -> Result<Self, Violation> {
        if let Some(day) = parse_day(text) {
            return Ok(Self::Day(day));
        }
        // chrono takes a space for the `T`, and keeps leap seconds and nanoseconds, which no store
        // gives back as they were.
        let is_separated = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
        let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| is_separated).map(|moment| moment.to_utc());
        let is_kept = |moment: &DateTime<Utc>| {
            moment.timestamp_subsec_nanos() < 1_000_000_000 && moment.trunc_subsecs(6) == *moment
        };
        moment.filter(is_kept).map(Self::Moment).ok_or(Violation::InvalidDate)
    }
}

/// A day as `YYYY-MM-DD`, strictly: `%Y` alone would take signs, spaces and other widths.
#[must_use]
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let digits_at =
        |range: std::ops::Range<usize>| text.get(range).is_some_and(|s| s.bytes().all(|b| b.is_ascii_digit()));
    let is_shaped = text.len() == 10 && digits_at(0..4) && digits_at(5..7) && digits_at(8..10);
    if is_shaped { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(text: &str) -> Deadline {
        text.parse().unwrap()
    }

    #[test]
    fn reads_days_and_instants() {
        assert_eq!(deadline("2026-02-28").to_string(), "2026-02-28");
        assert_eq!(deadline("2026-02-28T10:00:00-03:00").to_string(), "2026-02-28T13:00:00Z");
        assert_eq!(deadline("2026-02-28T10:00:00.1234560Z").to_string(), "2026-02-28T10:00:00.123456Z");
        for bad in [
            "",
            "2026-02-29",
            "2026-2-1",
            "+2026-02-01",
            "2026-02-01 10:00",
            "tomorrow",
            "2026-02-01T10:00:00",
            " 2026-02-01",
            "２０２６-02-01",
            "2026-02-01 10:00:00Z",
            "2026-12-31T23:59:60Z",
            "2026-02-28T10:00:00.1234567Z",
        ] {
            assert_eq!(bad.parse::<Deadline>(), Err(Violation::InvalidDate), "{bad}");
        }
    }

    #[test]
    #[cfg(feature = "time-zones")]
    fn a_day_ends_where_the_owner_lives() {
        let day = deadline("2026-11-22");
        let sao_paulo = "America/Sao_Paulo".parse().unwrap();
        let Deadline::Moment(before) = deadline("2026-11-23T02:59:59Z") else { panic!() };
        let Deadline::Moment(after) = deadline("2026-11-23T03:00:00Z") else { panic!() };
        assert!(!day.has_passed(before, sao_paulo));
        assert!(day.has_passed(after, sao_paulo));
        assert!(day.has_passed(before, TimeZone::UTC));
    }

    #[test]
    fn none_sorts_last() {
        assert!(deadline("9999-12-30").sort_key() < Deadline::sort_key_of_none());
        assert!(deadline("2026-01-01T23:00:00Z").sort_key() < deadline("2026-01-01").sort_key());
    }
}
