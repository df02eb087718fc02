//! Which goals to list, in which order, a page at a time.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveTime, Utc};
use data_encoding::BASE64URL_NOPAD;

use crate::deadline::Deadline;
use crate::error::{FieldErrors, Violation};
use crate::goal::{Goal, TAG_MAX, TITLE_MAX, tag_key};
use crate::ids::GoalId;
use crate::status::Status;
use crate::text::{check_lines, fold};
use crate::words::words;

/// The most goals on a page.
pub const PAGE_MAX: u32 = 200;
/// How many goals are on a page when nothing else is said.
pub const PAGE_DEFAULT: u32 = 50;

words! {
    /// What a list is sorted by; equal goals stand in the order of their ids.
    pub enum SortKey {
        /// The deadline; goals without one last.
        Deadline = "deadline",
        /// The priority; none is the least.
        Priority = "priority",
        /// When it was made.
        CreatedAt = "created_at",
        /// When it was last changed.
        UpdatedAt = "updated_at",
        /// The title, without case and accents.
        Title = "title",
    }
}

/// An order: a key, and which end comes first.
///
/// ```
/// use goals_core::{Sort, SortKey};
///
/// let sort: Sort = "-priority".parse()?;
/// assert_eq!(sort, Sort { key: SortKey::Priority, descending: true });
/// # Ok::<(), goals_core::Violation>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// What is compared.
    pub key: SortKey,
    /// Greatest first; ids too, so that the reversed order is the exact reverse.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { key: SortKey::Deadline, descending: false }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.key)
    }
}

impl FromStr for Sort {
    type Err = Violation;

    /// Reads a key, with `-` before it for the greatest first.
    fn from_str(text: &str) -> Result<Self, Violation> {
        let (descending, key) = text.strip_prefix('-').map_or((false, text), |key| (true, key));
        Ok(Self { key: key.parse()?, descending })
    }
}

/// Whose parts to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParentFilter {
    /// The goals that have no parent.
    None,
    /// The goals that have this one as their parent.
    Goal(GoalId),
}

impl fmt::Display for ParentFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Goal(id) => id.fmt(f),
        }
    }
}

impl FromStr for ParentFilter {
    type Err = Violation;

    /// Reads an id, or `none`.
    fn from_str(text: &str) -> Result<Self, Violation> {
        if text == "none" {
            return Ok(Self::None);
        }
        text.parse().map(Self::Goal).map_err(|_| Violation::InvalidFormat { expected: "a UUID or none" })
    }
}

/// Which goals to list. [`default`](Default::default) lists everything that is neither archived
/// nor in the trash, by deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalQuery {
    /// Any of these; all when empty.
    pub statuses: Vec<Status>,
    /// Every one of these, compared without case.
    pub tags: Vec<String>,
    /// Every word of this in title, description or tags, without case and accents.
    pub text: Option<String>,
    /// Due before this day or instant.
    pub deadline_before: Option<Deadline>,
    /// Due after this day or instant.
    pub deadline_after: Option<Deadline>,
    /// Those with this parent, or with none; all when nothing is said.
    pub parent: Option<ParentFilter>,
    /// Archived goals alone, or those in sight alone. When none is given: those in sight, and in
    /// the trash both.
    pub archived: Option<bool>,
    /// What is in the trash, instead of what is not.
    pub trash: bool,
    /// The order.
    pub sort: Sort,
    /// How many at most, 1 to [`PAGE_MAX`].
    pub limit: u32,
    /// Where the page before ended; of the same sort.
    pub cursor: Option<Cursor>,
}

impl Default for GoalQuery {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            tags: Vec::new(),
            text: None,
            deadline_before: None,
            deadline_after: None,
            parent: None,
            archived: None,
            trash: false,
            sort: Sort::default(),
            limit: PAGE_DEFAULT,
            cursor: None,
        }
    }
}

impl GoalQuery {
    /// Judges the bounds and whether the cursor belongs to the sort.
    ///
    /// # Errors
    /// Everything that is wrong, by parameter.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        if !(1..=PAGE_MAX).contains(&self.limit) {
            errors.push("/limit", Violation::OutOfRange { min: 1, max: PAGE_MAX.into() });
        }
        if let Some(text) = &self.text {
            errors.check("/q", check_lines(text, TITLE_MAX));
        }
        for tag in &self.tags {
            errors.check("/tag", check_lines(tag, TAG_MAX));
        }
        if self.cursor.as_ref().is_some_and(|cursor| cursor.sort != self.sort) {
            errors.push("/cursor", Violation::InvalidFormat { expected: "a cursor of the same sort" });
        }
        errors.into_result()
    }

    /// The words to search for, as they are compared.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let folded = self.text.as_deref().map(fold).unwrap_or_default();
        folded.split_whitespace().map(str::to_owned).collect()
    }

    /// The tags to look for, as they are compared.
    #[must_use]
    pub fn tag_keys(&self) -> Vec<String> {
        self.tags.iter().map(|tag| tag_key(tag)).collect()
    }

    /// Whether only archived goals are wanted, only those in sight, or both.
    #[must_use]
    pub fn archived(&self) -> Option<bool> {
        self.archived.or((!self.trash).then_some(false))
    }

    /// A deadline's sort key must be less than this; a goal without a deadline never is.
    #[must_use]
    pub fn before(&self) -> Option<DateTime<Utc>> {
        self.deadline_before.map(|before| match before {
            Deadline::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
            Deadline::Moment(moment) => moment,
        })
    }

    /// A deadline's sort key must be greater than this, and there must be a deadline.
    #[must_use]
    pub fn after(&self) -> Option<DateTime<Utc>> {
        self.deadline_after.map(|after| after.sort_key())
    }

    /// Whether `goal` is wanted, wherever it stands: what a store without a query language of its
    /// own filters by.
    #[must_use]
    pub fn matches(&self, goal: &Goal) -> bool {
        let due = goal.deadline.map(|deadline| deadline.sort_key());
        let text = goal.search_text();
        let tags = goal.tag_keys();
        (self.statuses.is_empty() || self.statuses.contains(&goal.status))
            && self.tag_keys().iter().all(|tag| tags.contains(tag))
            && self.words().iter().all(|word| text.contains(word))
            && self.before().is_none_or(|before| due.is_some_and(|due| due < before))
            && self.after().is_none_or(|after| due.is_some_and(|due| due > after))
            && self.parent.is_none_or(|parent| match parent {
                ParentFilter::None => goal.parent.is_none(),
                ParentFilter::Goal(id) => goal.parent == Some(id),
            })
            && self.archived().is_none_or(|archived| archived == goal.archived_at.is_some())
            && self.trash == goal.deleted_at.is_some()
    }
}

/// What a goal is sorted by, as a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SortValue {
    /// Of the keys that are instants.
    Instant(DateTime<Utc>),
    /// Of the priority: 0 to 3.
    Number(i16),
    /// Of the title.
    Text(String),
}

impl Sort {
    /// What `goal` is sorted by in this order.
    #[must_use]
    pub fn value_of(self, goal: &Goal) -> SortValue {
        match self.key {
            SortKey::Deadline => {
                SortValue::Instant(goal.deadline.map_or_else(Deadline::sort_key_of_none, |d| d.sort_key()))
            }
            SortKey::Priority => SortValue::Number(goal.priority as i16),
            SortKey::CreatedAt => SortValue::Instant(goal.created_at),
            SortKey::UpdatedAt => SortValue::Instant(goal.updated_at),
            SortKey::Title => SortValue::Text(fold(&goal.title)),
        }
    }

    /// How two positions compare in this order.
    #[must_use]
    pub fn compare(self, a: &Cursor, b: &Cursor) -> Ordering {
        let ascending = (&a.value, a.id).cmp(&(&b.value, b.id));
        if self.descending { ascending.reverse() } else { ascending }
    }
}

/// A position in a sorted list: the last goal of a page. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The order in which the position lies.
    pub sort: Sort,
    /// What the goal is sorted by.
    pub value: SortValue,
    /// The goal, which settles equal values.
    pub id: GoalId,
}

impl Cursor {
    /// The position of `goal`.
    #[must_use]
    pub fn of(goal: &Goal, sort: Sort) -> Self {
        Self { sort, value: sort.value_of(goal), id: goal.id }
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (sort, rest) = text.split_once(' ')?;
        let (id, value) = rest.split_once(' ')?;
        let (sort, id) = (Sort::from_str(sort).ok()?, id.parse().ok()?);
        let value = match sort.key {
            SortKey::Priority => SortValue::Number(value.parse().ok()?),
            SortKey::Title if !value.contains('\0') => SortValue::Text(value.to_owned()),
            SortKey::Title => return None,
            SortKey::Deadline | SortKey::CreatedAt | SortKey::UpdatedAt => {
                SortValue::Instant(DateTime::from_timestamp_micros(value.parse().ok()?)?)
            }
        };
        Some(Self { sort, value, id })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match &self.value {
            SortValue::Instant(instant) => instant.timestamp_micros().to_string(),
            SortValue::Number(number) => number.to_string(),
            SortValue::Text(text) => text.clone(),
        };
        let text = format!("{} {} {value}", self.sort, self.id);
        f.write_str(&BASE64URL_NOPAD.encode(text.as_bytes()))
    }
}

impl FromStr for Cursor {
    type Err = Violation;

    /// Reads what `Display` wrote. A forged cursor is harmless: it is a position, and the owner is
    /// never taken from it.
    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::read(text).ok_or(Violation::InvalidFormat { expected: "a cursor from an earlier answer" })
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C = Cursor> {
    /// The entries, in order.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last one.
    pub next: Option<C>,
}
