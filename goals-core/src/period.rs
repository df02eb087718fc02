//! The periods of a habit, as numbers that follow one another.

use chrono::{Datelike, NaiveDate};

use crate::measure::Per;

impl Per {
    /// The number of the period in which `day` lies; the next period has the next number.
    pub(crate) fn number(self, day: NaiveDate) -> i64 {
        // Day 1 of the common era, proleptic, is a Monday.
        let days = i64::from(day.num_days_from_ce());
        match self {
            Self::Day => days,
            Self::Week => (days - 1).div_euclid(7),
            Self::Month => i64::from(day.year()) * 12 + i64::from(day.month0()),
        }
    }

    /// The first day of a period; beyond the calendar of chrono its last day.
    pub(crate) fn first(self, number: i64) -> NaiveDate {
        let day = |days: i64| i32::try_from(days).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
        let month =
            |year: i64, month0: i64| NaiveDate::from_ymd_opt(year.try_into().ok()?, u32::try_from(month0).ok()? + 1, 1);
        let first = match self {
            Self::Day => day(number),
            Self::Week => day(number * 7 + 1),
            Self::Month => month(number.div_euclid(12), number.rem_euclid(12)),
        };
        first.unwrap_or(NaiveDate::MAX)
    }

    /// The last day of a period.
    pub(crate) fn last(self, number: i64) -> NaiveDate {
        self.first(number + 1).pred_opt().unwrap_or(NaiveDate::MIN)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(per: Per, day: &str) -> (String, String) {
        let number = per.number(day.parse().unwrap());
        (per.first(number).to_string(), per.last(number).to_string())
    }

    fn pair(first: &str, last: &str) -> (String, String) {
        (first.to_owned(), last.to_owned())
    }

    #[test]
    fn periods_are_those_of_the_calendar() {
        assert_eq!(bounds(Per::Week, "2026-11-22"), pair("2026-11-16", "2026-11-22"), "a Sunday");
        assert_eq!(bounds(Per::Week, "2026-11-23"), pair("2026-11-23", "2026-11-29"), "a Monday");
        assert_eq!(bounds(Per::Week, "2027-01-01"), pair("2026-12-28", "2027-01-03"), "a year's end");
        assert_eq!(bounds(Per::Month, "2024-02-29"), pair("2024-02-01", "2024-02-29"), "a leap day");
        assert_eq!(bounds(Per::Month, "2026-01-31"), pair("2026-01-01", "2026-01-31"));
        assert_eq!(bounds(Per::Day, "2026-12-31"), pair("2026-12-31", "2026-12-31"));
    }

    proptest! {
        #[test]
        fn every_day_lies_in_one_period(days in 690_000..3_652_059_i32) {
            let day = NaiveDate::from_num_days_from_ce_opt(days).unwrap();
            for per in Per::ALL {
                let number = per.number(day);
                prop_assert!(per.first(number) <= day && day <= per.last(number));
                prop_assert_eq!(per.number(per.first(number)), number);
                let next = per.last(number).succ_opt().unwrap();
                prop_assert_eq!(per.number(next), number + 1);
            }
            prop_assert_eq!(Per::Week.first(Per::Week.number(day)).weekday(), chrono::Weekday::Mon);
        }
    }
}
