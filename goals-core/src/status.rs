//! Where a goal stands, and how it may get elsewhere.

use crate::words::words;

words! {
    /// The status of a goal. Only a person changes it, never a clock: that a deadline has passed is
    /// derived (see [`Health`](crate::Health)).
    pub enum Status {
        /// Thought of, not begun.
        Draft = "draft",
        /// Being worked on.
        Active = "active",
        /// Set aside for a while.
        Paused = "paused",
        /// Closed: it was reached.
        Achieved = "achieved",
        /// Closed: it was not reached.
        Missed = "missed",
        /// Closed: it is not wanted any more.
        Dropped = "dropped",
    }
}

impl Status {
    /// Whether the goal is over, one way or another.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Achieved | Self::Missed | Self::Dropped)
    }

    /// The statuses that may follow. A closed goal may be opened again, or its outcome corrected.
    ///
    /// Staying the same is always allowed and changes nothing, so it is not listed.
    #[must_use]
    #[expect(clippy::match_same_arms, reason = "a table, one line a status")]
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Active, Self::Achieved, Self::Dropped],
            Self::Active => &[Self::Paused, Self::Achieved, Self::Missed, Self::Dropped],
            Self::Paused => &[Self::Active, Self::Achieved, Self::Missed, Self::Dropped],
            Self::Achieved => &[Self::Active, Self::Missed, Self::Dropped],
            Self::Missed => &[Self::Active, Self::Achieved, Self::Dropped],
            Self::Dropped => &[Self::Active, Self::Achieved, Self::Missed],
        }
    }

    /// Whether a goal may go from this status to `to`, which may be the same.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self == to || self.transitions().contains(&to)
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{self, *};

    #[test]
    fn the_machine_is_the_one_of_the_domain() {
        let table: [(Status, &[Status]); 6] = [
            (Draft, &[Draft, Active, Achieved, Dropped]),
            (Active, &[Active, Paused, Achieved, Missed, Dropped]),
            (Paused, &[Active, Paused, Achieved, Missed, Dropped]),
            (Achieved, &[Active, Achieved, Missed, Dropped]),
            (Missed, &[Active, Achieved, Missed, Dropped]),
            (Dropped, &[Active, Achieved, Missed, Dropped]),
        ];
        for (from, allowed) in table {
            let reached: Vec<_> = Status::ALL.iter().copied().filter(|to| from.may_become(*to)).collect();
            assert_eq!(reached, allowed, "from {from}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
        assert!("Active".parse::<Status>().is_err());
    }
}
