//! What happened, as JSON; and the parameters that ask for it.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use goals_core::{Deadline, Event, EventLog, FieldChange, FieldErrors, FieldValue, PAGE_DEFAULT, Page, Violation};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::input::limit;
use super::output::{instant, shown, shown_or_null};
use crate::openapi::choices;
use crate::problem::{Code, Problem};
use crate::query::Query;

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventOut<'a> {
    /// Its number: every event of an owner has one that is greater than those before.
    seq: u64,
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: goals_core::EventId,
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = "uuid", required)]
    goal_id: Option<goals_core::GoalId>,
    /// The version of the goal that it made; null when the goal is gone.
    #[schema(required)]
    version: Option<u64>,
    #[schema(value_type = choices::EventKind)]
    kind: &'static str,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    at: DateTime<Utc>,
    #[schema(value_type = choices::Actor)]
    actor: &'static str,
    /// What became of the fields that changed, by name: `{"from": …, "to": …}` each.
    #[schema(value_type = Object)]
    changes: BTreeMap<&'a str, ChangeOut<'a>>,
}

impl<'a> From<&'a Event> for EventOut<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            seq: event.seq,
            id: event.id,
            goal_id: event.goal,
            version: event.version,
            kind: event.kind.as_str(),
            at: event.at,
            actor: event.actor.as_str(),
            changes: event.changes.iter().map(|(name, change)| (name.as_str(), change.into())).collect(),
        }
    }
}

/// What became of one field.
#[derive(Debug, Serialize)]
struct ChangeOut<'a> {
    from: ValueOut<'a>,
    to: ValueOut<'a>,
}

impl<'a> From<&'a FieldChange> for ChangeOut<'a> {
    fn from(change: &'a FieldChange) -> Self {
        Self { from: ValueOut(&change.from), to: ValueOut(&change.to) }
    }
}

#[derive(Debug)]
struct ValueOut<'a>(&'a FieldValue);

impl Serialize for ValueOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            FieldValue::Null => serializer.serialize_none(),
            FieldValue::Boolean(yes) => serializer.serialize_bool(*yes),
            // As it was given: `5` and not `5.0`.
            FieldValue::Number(number) => {
                serde_json::Number::from_str(&number.to_string()).map_err(S::Error::custom)?.serialize(serializer)
            }
            FieldValue::Text(text) => serializer.serialize_str(text),
            FieldValue::List(list) => serializer.collect_seq(list.iter().map(ValueOut)),
            FieldValue::Object(object) => {
                serializer.collect_map(object.iter().map(|(name, value)| (name, ValueOut(value))))
            }
        }
    }
}

/// What happened to one goal, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryOut<'a> {
    items: Vec<EventOut<'a>>,
    /// For the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<'a> From<&'a Page<Event, u64>> for HistoryOut<'a> {
    fn from(page: &'a Page<Event, u64>) -> Self {
        let items = page.items.iter().map(EventOut::from).collect();
        Self { items, next_cursor: page.next.map(|seq| seq.to_string()) }
    }
}

/// What happened to all goals, in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Changes)]
pub(crate) struct ChangesOut<'a> {
    items: Vec<EventOut<'a>>,
    /// To ask with for what happens next, at once or later.
    next_cursor: String,
    /// Whether there is more behind these already.
    has_more: bool,
}

impl<'a> ChangesOut<'a> {
    /// What lies behind `after`.
    pub(crate) fn new(log: &'a EventLog, after: Option<u64>) -> Self {
        let next = log.events.last().map_or(after.unwrap_or(log.last), |last| last.seq);
        let items = log.events.iter().map(EventOut::from).collect();
        Self { items, next_cursor: next.to_string(), has_more: next < log.last }
    }
}

/// The parameters of a history.
pub(crate) const HISTORY_QUERY: &[&str] = &["limit", "cursor"];

/// Reads which page of a history is wanted: before which number, and how long.
pub(crate) fn history_query(query: &Query) -> Result<(Option<u64>, u32), Problem> {
    numbered_page(query, "cursor")
}

/// The parameters of the changes.
pub(crate) const CHANGES_QUERY: &[&str] = &["after", "limit"];

/// Reads which changes are wanted: behind which number, and how many.
pub(crate) fn changes_query(query: &Query) -> Result<(Option<u64>, u32), Problem> {
    numbered_page(query, "after")
}

/// The parameter of a stream.
pub(crate) const STREAM_QUERY: &[&str] = &["after"];

/// Reads behind which event a stream is to begin.
pub(crate) fn stream_query(query: &Query) -> Result<Option<u64>, Problem> {
    numbered_page(query, "after").map(|(after, _)| after)
}

fn numbered_page(query: &Query, name: &str) -> Result<(Option<u64>, u32), Problem> {
    let mut errors = FieldErrors::new();
    let number = query.one(name, &mut errors).map(number);
    let number = number.and_then(|number| errors.check(&format!("/{name}"), number));
    let limit = limit(query, &mut errors).unwrap_or(PAGE_DEFAULT);
    refuse(errors)?;
    Ok((number, limit))
}

/// The number that an event goes by outside.
pub(crate) fn number(text: &str) -> Result<u64, Violation> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number);
    number.ok_or(Violation::InvalidFormat { expected: "a cursor from an earlier answer" })
}

/// The parameter that asks for a state of the past.
pub(crate) const AS_OF_QUERY: &[&str] = &["as_of"];

/// Reads the instant whose state is wanted.
pub(crate) fn as_of(query: &Query) -> Result<Option<DateTime<Utc>>, Problem> {
    let mut errors = FieldErrors::new();
    let instant = |text: &str| match text.parse() {
        Ok(Deadline::Moment(moment)) => Ok(moment),
        _ => Err(Violation::InvalidFormat { expected: "an RFC 3339 instant" }),
    };
    let at = query.one("as_of", &mut errors).and_then(|text| errors.check("/as_of", instant(text)));
    refuse(errors)?;
    Ok(at)
}

/// The parameters of taking back.
pub(crate) const UNDO_QUERY: &[&str] = &["version"];

/// Reads which change is to be taken back: the one that made this version.
pub(crate) fn undo_query(query: &Query) -> Result<Option<u64>, Problem> {
    let mut errors = FieldErrors::new();
    let version = query.one("version", &mut errors).and_then(|text| {
        errors.check("/version", text.parse().map_err(|_| Violation::InvalidType { expected: "a version" }))
    });
    refuse(errors)?;
    Ok(version)
}

fn refuse(errors: FieldErrors) -> Result<(), Problem> {
    errors.into_result().map_err(|errors| Problem::fields(Code::InvalidQuery, &errors))
}
