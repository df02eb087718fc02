//! Time comes in through a port, so that every rule about time can be tested by moving a clock.

use chrono::{DateTime, SubsecRound, Utc};

/// Where the use cases take the time from.
///
/// An implementation MUST answer whole microseconds: PostgreSQL keeps no more, and a value that
/// changes on its way through the store would compare unequal to itself.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant, in UTC and whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
