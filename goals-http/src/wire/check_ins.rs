//! Check-ins as JSON, both ways.

use chrono::{DateTime, NaiveDate, Utc};
use goals_core::{CheckIn, CheckInDraft, CheckInId, CheckInPage, CheckInPatch, CheckInQuery, FieldErrors, Quantity};
use serde::Serialize;
use utoipa::ToSchema;

use super::input::limit;
use super::output::{instant, quantity_or_null, shown};
use crate::fields::{self, Fields};
use crate::json::{Json, Object};
use crate::problem::{Code, Problem};
use crate::query::Query;

/// Reads a check-in to be made.
pub(crate) fn draft(body: Object) -> Result<CheckInDraft, Problem> {
    let mut fields = Fields::new(body);
    let draft = read(&mut fields);
    fields.finish(Ok(()))?;
    Ok(draft)
}

/// Reads check-ins that are only tried out.
pub(super) fn drafts(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Vec<CheckInDraft>> {
    let Json::List(list) = json else { return fields::refuse("a list of objects", pointer, errors) };
    let mut drafts = Vec::with_capacity(list.len());
    for (n, json) in list.into_iter().enumerate() {
        if let Some(mut fields) = Fields::within(json, &format!("{pointer}/{n}"), errors) {
            drafts.push(read(&mut fields));
            fields.end(errors);
        }
    }
    Some(drafts)
}

fn read(fields: &mut Fields) -> CheckInDraft {
    CheckInDraft {
        id: fields.get("id", fields::id),
        day: fields.get("day", fields::day),
        at: fields.get("at", fields::instant),
        value: fields.get("value", fields::quantity),
        note: fields.get("note", fields::text),
    }
}

/// Reads a correction of a check-in.
pub(crate) fn patch(body: Object) -> Result<CheckInPatch, Problem> {
    let mut fields = Fields::new(body);
    let patch = CheckInPatch {
        day: fields.change("day", fields::day),
        at: fields.change("at", fields::instant),
        value: fields.change("value", fields::quantity),
        note: fields.change("note", fields::text),
    };
    fields.finish(Ok(()))?;
    Ok(patch)
}

/// The parameters of a list of check-ins.
pub(crate) const CHECK_IN_QUERY: &[&str] = &["limit", "cursor"];

/// Reads which check-ins to list.
pub(crate) fn query(query: &Query) -> Result<CheckInQuery, Problem> {
    let mut errors = FieldErrors::new();
    let cursor = query.one("cursor", &mut errors);
    let cursor = cursor.and_then(|text| errors.check("/cursor", text.parse()));
    let mut wanted = CheckInQuery { cursor, ..CheckInQuery::default() };
    if let Some(limit) = limit(query, &mut errors) {
        wanted.limit = limit;
    }
    errors.merge(wanted.validate().err().unwrap_or_default());
    errors.into_result().map_err(|errors| Problem::fields(Code::InvalidQuery, &errors))?;
    Ok(wanted)
}

/// One entry in the log of a goal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckIn)]
pub(crate) struct CheckInOut<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: CheckInId,
    /// The civil day it counts for.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    at: DateTime<Utc>,
    /// The reading, or the amount; where amounts add up, none is one.
    #[serde(serialize_with = "quantity_or_null")]
    #[schema(value_type = Option<f64>, required)]
    value: Option<Quantity>,
    #[schema(required)]
    note: Option<&'a str>,
}

impl<'a> From<&'a CheckIn> for CheckInOut<'a> {
    fn from(entry: &'a CheckIn) -> Self {
        Self { id: entry.id, day: entry.day, at: entry.at, value: entry.value, note: entry.note.as_deref() }
    }
}

/// A page of check-ins, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckInPage)]
pub(crate) struct CheckInsOut<'a> {
    items: Vec<CheckInOut<'a>>,
    /// For the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<'a> From<&'a CheckInPage> for CheckInsOut<'a> {
    fn from(page: &'a CheckInPage) -> Self {
        let next_cursor = page.next.as_ref().map(ToString::to_string);
        Self { items: page.items.iter().map(Into::into).collect(), next_cursor }
    }
}
