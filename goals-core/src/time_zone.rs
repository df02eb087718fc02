//! Where a person lives, as far as days are concerned.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

use crate::error::Violation;

#[cfg(feature = "time-zones")]
type Zone = chrono_tz::Tz;
#[cfg(not(feature = "time-zones"))]
type Zone = Utc;

/// A zone of the IANA time zone database, such as `America/Sao_Paulo`.
///
/// Without the feature `time-zones` only `UTC` is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(Zone);

impl TimeZone {
    /// Coordinated universal time, the default.
    #[cfg(feature = "time-zones")]
    pub const UTC: Self = Self(chrono_tz::UTC);
    /// Coordinated universal time, the default.
    #[cfg(not(feature = "time-zones"))]
    pub const UTC: Self = Self(Utc);

    /// The civil day at `instant` in this zone.
    #[must_use]
    pub fn day_of(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "time-zones")]
        return f.write_str(self.0.name());
        #[cfg(not(feature = "time-zones"))]
        f.write_str("UTC")
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeZone({self})")
    }
}

impl FromStr for TimeZone {
    type Err = Violation;

    fn from_str(name: &str) -> Result<Self, Violation> {
        #[cfg(feature = "time-zones")]
        let zone = name.parse().ok();
        #[cfg(not(feature = "time-zones"))]
        let zone = (name == "UTC").then_some(Utc);
        zone.map(Self).ok_or(Violation::InvalidFormat { expected: "an IANA time zone such as Europe/Lisbon" })
    }
}
