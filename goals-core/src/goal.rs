//! Goals, and the rules for each of their fields.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use unicode_properties::UnicodeEmoji;
use unicode_segmentation::UnicodeSegmentation;

use crate::deadline::Deadline;
use crate::error::{FieldErrors, Violation};
use crate::ids::{GoalId, OwnerId};
use crate::measure::Measure;
use crate::quantity::Quantity;
use crate::standing::Standing;
use crate::status::Status;
use crate::text::{check_lines, fold, fold_case, line};
use crate::words::words;

/// The most characters of a title.
pub const TITLE_MAX: usize = 200;
/// The most characters of a description.
pub const DESCRIPTION_MAX: usize = 10_000;
/// The most tags of a goal.
pub const TAGS_MAX: usize = 20;
/// The most characters of a tag.
pub const TAG_MAX: usize = 40;
/// The most bytes of an icon.
pub const ICON_MAX_BYTES: usize = 32;
/// The most fields of the owner's own.
pub const ATTRIBUTES_MAX: usize = 32;
/// The most bytes of the owner's own fields, written as JSON.
pub const ATTRIBUTES_MAX_BYTES: usize = 8 * 1024;

/// Something a person wants to reach.
///
/// A goal is plain data. Its values are valid because there are two doors only:
/// [`GoalDraft`](crate::GoalDraft) for a new one and [`GoalPatch`](crate::GoalPatch) for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Unique together with `owner`.
    pub id: GoalId,
    /// Who it belongs to.
    pub owner: OwnerId,
    /// 1 to [`TITLE_MAX`] characters on one line, trimmed and in NFC.
    pub title: String,
    /// At most [`DESCRIPTION_MAX`] characters of plain text, kept to the letter; empty when there
    /// is none.
    pub description: String,
    /// Where it stands.
    pub status: Status,
    /// The first day.
    pub start: Option<NaiveDate>,
    /// When it is due.
    pub deadline: Option<Deadline>,
    /// How "done" is measured.
    pub measure: Measure,
    /// What check-ins have brought so far.
    pub standing: Standing,
    /// How long it has been anything but active before it last became active, without the time
    /// before its start: days that do not count.
    pub idle_for: TimeDelta,
    /// Since when it is not active; none while it is.
    pub idle_since: Option<DateTime<Utc>>,
    /// How much it matters.
    pub priority: Priority,
    /// A colour of the palette.
    pub color: Option<Color>,
    /// One emoji of at most [`ICON_MAX_BYTES`] bytes.
    pub icon: Option<String>,
    /// At most [`TAGS_MAX`] tags of at most [`TAG_MAX`] characters, none twice but for case, in
    /// the order in which they were given.
    pub tags: Vec<String>,
    /// The owner's own fields.
    pub attributes: Attributes,
    /// The goal that this one is a part of: another one of the same owner, not below this one, and
    /// at most [`LEVELS_MAX`](crate::LEVELS_MAX) levels in all.
    pub parent: Option<GoalId>,
    /// 1 when new, and 1 more with every change.
    pub version: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was closed; none while it is open.
    pub closed_at: Option<DateTime<Utc>>,
    /// When it was put away; none while it is in sight.
    pub archived_at: Option<DateTime<Utc>>,
    /// When it was moved to the trash.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Goal {
    /// What a search looks through: title, description and tags, without case and accents.
    #[must_use]
    pub fn search_text(&self) -> String {
        let mut text = fold(&self.title);
        for part in std::iter::once(&self.description).chain(&self.tags) {
            text.push('\n');
            text.push_str(&fold(part));
        }
        text
    }

    /// The tags as they are compared.
    #[must_use]
    pub fn tag_keys(&self) -> Vec<String> {
        self.tags.iter().map(|tag| tag_key(tag)).collect()
    }

    /// Whether it takes part in the duplicate rule: neither closed nor in the trash.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.status.is_closed() && self.deleted_at.is_none()
    }
}

/// The JSON pointer of a member of an object of many, escaped as RFC 6901 says.
pub(crate) fn member_pointer(object: &str, key: &str) -> String {
    format!("{object}/{}", key.replace('~', "~0").replace('/', "~1"))
}

words! {
    /// How much a goal matters.
    pub enum Priority {
        /// Not said, the default.
        None = "none",
        /// When there is time.
        Low = "low",
        /// As most things.
        Medium = "medium",
        /// Before the others.
        High = "high",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro that declares it marks no default")]
impl Default for Priority {
    fn default() -> Self {
        Self::None
    }
}

words! {
    /// The palette. A client maps each name to a pair of accessible light and dark colours.
    pub enum Color {
        /// Red.
        Red = "red",
        /// Orange.
        Orange = "orange",
        /// Yellow.
        Yellow = "yellow",
        /// Green.
        Green = "green",
        /// Teal.
        Teal = "teal",
        /// Blue.
        Blue = "blue",
        /// Purple.
        Purple = "purple",
        /// Gray.
        Gray = "gray",
    }
}

/// Fields of the owner's own: at most [`ATTRIBUTES_MAX`] keys `[a-z][a-z0-9_]{0,31}`, in all at
/// most [`ATTRIBUTES_MAX_BYTES`] as JSON.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// A value of an owner's own field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text, taken as it is.
    Text(String),
    /// An exact decimal number.
    Number(Quantity),
    /// Yes or no.
    Boolean(bool),
    /// Several texts.
    Texts(Vec<String>),
}

/// A tag as it is compared.
pub(crate) fn tag_key(tag: &str) -> String {
    fold_case(tag)
}

pub(crate) fn title(raw: &str) -> Result<String, Violation> {
    line(raw, TITLE_MAX)
}

pub(crate) fn description(raw: &str) -> Result<String, Violation> {
    check_lines(raw, DESCRIPTION_MAX).map(|()| raw.to_owned())
}

pub(crate) fn icon(raw: &str) -> Result<String, Violation> {
    let is_one_emoji = raw.graphemes(true).count() == 1 && raw.chars().any(is_pictured) && raw.len() <= ICON_MAX_BYTES;
    let text = line(raw, ICON_MAX_BYTES).ok().filter(|_| is_one_emoji);
    text.ok_or(Violation::InvalidFormat { expected: "one emoji" })
}

/// Digits, `#` and `*` are emoji to Unicode too, but only the enclosing keycap makes them look so.
fn is_pictured(c: char) -> bool {
    c == '\u{20E3}' || (c.is_emoji_char() && !c.is_ascii())
}

/// The tags as they are kept; says of each bad one why, under `/tags/N`.
pub(crate) fn tags(raw: &[String], errors: &mut FieldErrors) -> Vec<String> {
    if raw.len() > TAGS_MAX {
        errors.push("/tags", Violation::TooMany { max: TAGS_MAX });
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut tags = Vec::with_capacity(raw.len());
    for (n, raw) in raw.iter().enumerate() {
        // A set: the same tag again is no mistake, it just adds nothing.
        match line(raw, TAG_MAX) {
            Ok(tag) if seen.insert(tag_key(&tag)) => tags.push(tag),
            Ok(_) => {}
            Err(violation) => errors.push(format!("/tags/{n}"), violation),
        }
    }
    tags
}

/// Judges the owner's own fields; says of each bad one why, under `/attributes/KEY`.
pub(crate) fn check_attributes(attributes: &Attributes, errors: &mut FieldErrors) {
    if attributes.len() > ATTRIBUTES_MAX {
        errors.push("/attributes", Violation::TooMany { max: ATTRIBUTES_MAX });
        return;
    }
    for (key, value) in attributes {
        if !is_attribute_key(key) {
            let expected = "a name of at most 32 characters a-z, 0-9 and _, the first a letter";
            errors.push(attribute_pointer(key), Violation::InvalidFormat { expected });
        } else if has_forbidden_text(value) {
            errors.push(attribute_pointer(key), Violation::InvalidCharacters);
        }
    }
    if json_bytes(attributes) > ATTRIBUTES_MAX_BYTES {
        errors.push("/attributes", Violation::TooLarge { max: ATTRIBUTES_MAX_BYTES });
    }
}

/// The JSON pointer of an own field, escaped as RFC 6901 says.
#[must_use]
pub fn attribute_pointer(key: &str) -> String {
    member_pointer("/attributes", key)
}

fn is_attribute_key(key: &str) -> bool {
    key.len() <= 32
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn has_forbidden_text(value: &AttributeValue) -> bool {
    let is_bad = |text: &String| check_lines(text, ATTRIBUTES_MAX_BYTES) == Err(Violation::InvalidCharacters);
    match value {
        AttributeValue::Text(text) => is_bad(text),
        AttributeValue::Texts(texts) => texts.iter().any(is_bad),
        AttributeValue::Number(_) | AttributeValue::Boolean(_) => false,
    }
}

/// The length of `attributes` as compact JSON.
fn json_bytes(attributes: &Attributes) -> usize {
    let text = |s: &str| s.chars().map(json_char_bytes).sum::<usize>() + 2;
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(s) => text(s),
        AttributeValue::Number(number) => number.to_string().len(),
        AttributeValue::Boolean(yes) => yes.to_string().len(),
        AttributeValue::Texts(texts) => texts.iter().map(|s| text(s) + 1).sum::<usize>().max(1) + 1,
    };
    attributes.iter().map(|(k, v)| text(k) + value(v) + 2).sum::<usize>().max(1) + 1
}

fn json_char_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if c.is_ascii_control() => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_one_emoji() {
        for good in ["🏃", "👩‍🚀", "🇧🇷", "❤️", "1️⃣", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
        {
            assert!(icon(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "1", "🏃🏃", "é", "ok", " ", "#", "\u{200D}", "日"] {
            assert!(icon(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn tags_are_a_set() {
        let mut errors = FieldErrors::new();
        let raw = ["Saúde".into(), "saúde".into(), " casa ".into(), String::new()];
        assert_eq!(tags(&raw, &mut errors), ["Saúde", "casa"]);
        assert_eq!(errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), ["/tags/3"]);
    }

    #[test]
    fn own_fields_are_bounded() {
        let check = |key: &str, value: AttributeValue| {
            let mut errors = FieldErrors::new();
            check_attributes(&[(key.to_owned(), value)].into(), &mut errors);
            errors.iter().map(|e| (e.pointer.clone(), e.violation.code())).collect::<Vec<_>>()
        };
        assert!(check("mood_1", AttributeValue::Boolean(true)).is_empty());
        assert_eq!(check("Mood/x", AttributeValue::Boolean(true)), [("/attributes/Mood~1x".into(), "invalid_format")]);
        assert_eq!(check("a", AttributeValue::Text("\u{0}".into())), [("/attributes/a".into(), "invalid_characters")]);
        let fits = ATTRIBUTES_MAX_BYTES - r#"{"a":""}"#.len();
        assert!(check("a", AttributeValue::Text("x".repeat(fits))).is_empty());
        assert_eq!(check("a", AttributeValue::Text("x".repeat(fits + 1))), [("/attributes".into(), "too_large")]);
        let texts = AttributeValue::Texts(vec!["x".repeat(fits - 4), String::new()]);
        assert_eq!(check("a", texts), [("/attributes".into(), "too_large")]);
    }

    #[test]
    fn the_length_as_json_is_exact() {
        let attributes: Attributes = [
            ("a".to_owned(), AttributeValue::Text("é\"\\\n".into())),
            ("b".to_owned(), AttributeValue::Texts(vec!["x".into(), String::new()])),
            ("c".to_owned(), AttributeValue::Texts(vec![])),
            ("d".to_owned(), AttributeValue::Boolean(false)),
        ]
        .into();
        let json = r#"{"a":"é\"\\\n","b":["x",""],"c":[],"d":false}"#;
        assert_eq!(json_bytes(&attributes), json.len());
        assert_eq!(json_bytes(&Attributes::new()), 2);
    }
}
