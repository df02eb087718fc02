//! How "done" is measured.

mod patch;

use chrono::NaiveDate;

pub use self::patch::MeasurePatch;
pub(crate) use self::patch::{check_done_on, latest_day};
use crate::quantity::Quantity;
use crate::words::words;

/// The most items of a checklist.
pub const ITEMS_MAX: usize = 100;
/// The most characters of an item of a checklist.
pub const ITEM_MAX: usize = 200;
/// The most characters of the id of an item.
pub const ITEM_ID_MAX: usize = 36;
/// The most characters of a unit.
pub const UNIT_MAX: usize = 20;

words! {
    /// The kinds of [`Measure`].
    pub enum MeasureKind {
        /// Done or not.
        Binary = "binary",
        /// Items that are ticked.
        Checklist = "checklist",
        /// A number on its way to a target.
        Metric = "metric",
        /// An amount in every period.
        Habit = "habit",
    }
}

words! {
    /// What the values of check-ins are.
    pub enum Fold {
        /// Amounts that add up: pages read, money saved.
        Sum = "sum",
        /// Readings, of which the newest counts: a weight, a balance.
        Last = "last",
    }
}

words! {
    /// The periods of a habit.
    pub enum Per {
        /// A civil day.
        Day = "day",
        /// A week that begins on Monday (ISO 8601).
        Week = "week",
        /// A calendar month.
        Month = "month",
    }
}

words! {
    /// On which side of its amount a habit is kept.
    pub enum Bound {
        /// The amount or more.
        AtLeast = "at_least",
        /// The amount or less.
        AtMost = "at_most",
    }
}

/// How "done" is measured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Measure {
    /// Done or not, as the status says.
    #[default]
    Binary,
    /// The share of the items that are done; at most [`ITEMS_MAX`].
    Checklist(Vec<Item>),
    /// The way from a start to a target.
    Metric(Metric),
    /// An amount in every period.
    Habit(Habit),
}

/// One item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// 1 to [`ITEM_ID_MAX`] letters, digits, `-` and `_`, unique in its list. In a draft or a patch
    /// it may be empty, and the item gets a number that is free.
    pub id: String,
    /// 1 to [`ITEM_MAX`] characters on one line.
    pub text: String,
    /// The day on which it was done.
    pub done_on: Option<NaiveDate>,
}

/// A number on its way from `start` to `target`, upwards or downwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// What is counted: at most [`UNIT_MAX`] characters, such as `km`, `%` or an ISO 4217 code;
    /// empty when nothing is said.
    pub unit: String,
    /// Where it begins.
    pub start: Quantity,
    /// Where it is to go; never the same as `start`.
    pub target: Quantity,
    /// What the values of check-ins are.
    pub fold: Fold,
}

/// An amount in every period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    /// See [`Metric::unit`].
    pub unit: String,
    /// How much: more than 0 when it is to be at least that much, else 0 or more.
    pub amount: Quantity,
    /// In which time.
    pub per: Per,
    /// Whether that is the least or the most.
    pub bound: Bound,
}

impl Measure {
    /// What kind it is.
    #[must_use]
    pub const fn kind(&self) -> MeasureKind {
        match self {
            Self::Binary => MeasureKind::Binary,
            Self::Checklist(_) => MeasureKind::Checklist,
            Self::Metric(_) => MeasureKind::Metric,
            Self::Habit(_) => MeasureKind::Habit,
        }
    }

    /// How many items are done; 0 when it has none.
    #[must_use]
    pub fn done_items(&self) -> usize {
        if let Self::Checklist(items) = self { items.iter().filter(|item| item.done_on.is_some()).count() } else { 0 }
    }

    /// Whether two measures read the same log in the same way, so that what was derived from it
    /// under one holds under the other.
    #[must_use]
    pub fn reads_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Metric(a), Self::Metric(b)) => a.fold == b.fold,
            (Self::Habit(a), Self::Habit(b)) => a.per == b.per,
            (a, b) => a.kind() == b.kind(),
        }
    }
}
