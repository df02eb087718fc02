//! Measures as JSON, both ways.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use goals_core::{FieldErrors, Item, Measure, MeasurePatch, Quantity, Reason};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::output::quantity_or_null;
use crate::fields::{self, Fields, refuse};
use crate::json::Json;
use crate::openapi::choices;
use crate::problem::param;

/// Reads a measure, or the fields of one that are to change.
pub(crate) fn measure(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<MeasurePatch> {
    let mut fields = Fields::within(json, pointer, errors)?;
    let patch = MeasurePatch {
        kind: fields.change("kind", fields::named),
        unit: fields.change("unit", fields::text),
        start: fields.change("start", fields::quantity),
        target: fields.change("target", fields::quantity),
        fold: fields.change("fold", fields::named),
        amount: fields.change("amount", fields::quantity),
        per: fields.change("per", fields::named),
        bound: fields.change("bound", fields::named),
        items: fields.change("items", items),
    };
    fields.end(errors);
    Some(patch)
}

fn items(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Vec<Item>> {
    let Json::List(list) = json else { return refuse("a list of objects", pointer, errors) };
    // A harmless item stands in for what was refused; see `fields::texts`.
    let harmless = || Item { text: "-".to_owned(), ..Item::default() };
    let mut read = |(n, json)| item(json, &format!("{pointer}/{n}"), errors).unwrap_or_else(harmless);
    Some(list.into_iter().enumerate().map(&mut read).collect())
}

fn item(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Item> {
    let mut fields = Fields::within(json, pointer, errors)?;
    let item = Item {
        id: fields.get("id", fields::text).unwrap_or_default(),
        text: fields.get("text", fields::text).unwrap_or_default(),
        done_on: fields.get("done_on", fields::day),
    };
    fields.end(errors);
    Some(item)
}

/// Reads which items to tick, and which not.
pub(crate) fn ticks(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<BTreeMap<String, bool>> {
    let Json::Object(object) = json else { return refuse("an object", pointer, errors) };
    let mut read = |(id, json): (String, Json)| {
        let ticked = fields::boolean(json, &format!("{pointer}{}", fields::pointer(&id)), errors);
        (id, ticked.unwrap_or_default())
    };
    Some(object.into_iter().map(&mut read).collect())
}

/// How "done" is measured; which members there are depends on the kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Measure)]
pub(crate) struct MeasureOut<'a> {
    #[schema(value_type = choices::MeasureKind)]
    kind: &'static str,
    /// Of a metric and a habit: what is counted, such as `km`, `%` or an ISO 4217 code; may be
    /// empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unit: Option<&'a str>,
    /// Of a metric.
    #[serde(serialize_with = "quantity_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, nullable = false)]
    start: Option<Quantity>,
    /// Of a metric.
    #[serde(serialize_with = "quantity_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, nullable = false)]
    target: Option<Quantity>,
    /// Of a metric: whether values add up, or the newest one counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<choices::Fold>, nullable = false)]
    fold: Option<&'static str>,
    /// Of a habit.
    #[serde(serialize_with = "quantity_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, nullable = false)]
    amount: Option<Quantity>,
    /// Of a habit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<choices::Per>, nullable = false)]
    per: Option<&'static str>,
    /// Of a habit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<choices::Bound>, nullable = false)]
    bound: Option<&'static str>,
    /// Of a checklist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    items: Option<Vec<ItemOut<'a>>>,
}

/// One item of a checklist.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChecklistItem)]
pub(crate) struct ItemOut<'a> {
    id: &'a str,
    text: &'a str,
    /// The day on which it was done.
    #[serde(serialize_with = "super::output::shown_or_null")]
    #[schema(value_type = Option<String>, format = Date, required)]
    done_on: Option<NaiveDate>,
}

impl<'a> From<&'a Measure> for MeasureOut<'a> {
    fn from(measure: &'a Measure) -> Self {
        let bare = Self {
            kind: measure.kind().as_str(),
            unit: None,
            start: None,
            target: None,
            fold: None,
            amount: None,
            per: None,
            bound: None,
            items: None,
        };
        match measure {
            Measure::Checklist(items) => {
                let item = |item: &'a Item| ItemOut { id: &item.id, text: &item.text, done_on: item.done_on };
                Self { items: Some(items.iter().map(item).collect()), ..bare }
            }
            Measure::Metric(metric) => Self {
                unit: Some(&metric.unit),
                start: Some(metric.start),
                target: Some(metric.target),
                fold: Some(metric.fold.as_str()),
                ..bare
            },
            Measure::Habit(habit) => Self {
                unit: Some(&habit.unit),
                amount: Some(habit.amount),
                per: Some(habit.per.as_str()),
                bound: Some(habit.bound.as_str()),
                ..bare
            },
            _ => bare,
        }
    }
}

/// Something that has a stable name, and what there is to know about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Coded)]
pub(crate) struct CodedOut {
    pub(crate) code: &'static str,
    /// By name; days are `YYYY-MM-DD`.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
}

impl CodedOut {
    pub(crate) fn new(code: &'static str, params: &[(&'static str, goals_core::Param)]) -> Self {
        Self { code, params: params.iter().map(|(name, value)| ((*name).to_owned(), param(value))).collect() }
    }
}

impl From<&Reason> for CodedOut {
    fn from(reason: &Reason) -> Self {
        Self::new(reason.code(), &reason.params())
    }
}
