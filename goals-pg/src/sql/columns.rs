//! A goal as a row, and back.

use std::any::type_name;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use goals_core::{
    AttributeValue, Attributes, BoxError, Deadline, Fingerprint, Goal, GoalId, OwnerId, Priority, SortKey, Standing,
    fold,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::numeric::Numeric;
use super::{Param, events};

/// The columns that [`goal`] reads, in its order.
pub(super) const READ: &str = "goal_id, title, description, status, start_on, deadline_on, deadline_at, priority, \
     color, icon, tags, attributes, version, created_at, updated_at, closed_at, archived_at, deleted_at, \
     parent_id, measure, amount, amount_on, check_ins, idle_for, idle_since";

/// The columns that [`Record::params`] writes, in its order.
pub(super) const WRITTEN: &[&str] = &[
    "owner_id",
    "goal_id",
    "title_key",
    "parent_id",
    "title",
    "title_sort",
    "search_text",
    "description",
    "status",
    "start_on",
    "deadline_on",
    "deadline_at",
    "deadline_sort",
    "priority",
    "color",
    "icon",
    "tags",
    "tag_keys",
    "attributes",
    "version",
    "created_at",
    "updated_at",
    "closed_at",
    "archived_at",
    "deleted_at",
    "measure",
    "amount",
    "amount_on",
    "check_ins",
    "idle_for",
    "idle_since",
];

/// What is written of a goal beyond what it borrows from it.
pub(super) struct Record<'a> {
    goal: &'a Goal,
    owner: Uuid,
    id: Uuid,
    title_key: Vec<u8>,
    parent: Option<Uuid>,
    title_sort: String,
    search_text: String,
    status: &'static str,
    deadline_on: Option<NaiveDate>,
    deadline_at: Option<DateTime<Utc>>,
    deadline_sort: DateTime<Utc>,
    priority: i16,
    color: Option<&'static str>,
    tag_keys: Vec<String>,
    attributes: Value,
    version: i64,
    measure: Value,
    amount: Option<Numeric>,
    check_ins: i64,
    idle_for: i64,
}

impl<'a> Record<'a> {
    pub(super) fn of(goal: &'a Goal) -> Self {
        let (deadline_on, deadline_at) = match goal.deadline {
            None => (None, None),
            Some(Deadline::Day(day)) => (Some(day), None),
            Some(Deadline::Moment(moment)) => (None, Some(moment)),
        };
        Self {
            goal,
            owner: goal.owner.as_uuid(),
            id: goal.id.as_uuid(),
            title_key: title_key(&goal.title),
            parent: goal.parent.as_ref().map(GoalId::as_uuid),
            title_sort: fold(&goal.title),
            search_text: goal.search_text(),
            status: goal.status.as_str(),
            deadline_on,
            deadline_at,
            deadline_sort: goal.deadline.map_or_else(Deadline::sort_key_of_none, |deadline| deadline.sort_key()),
            priority: goal.priority as i16,
            color: goal.color.map(goals_core::Color::as_str),
            tag_keys: goal.tag_keys(),
            attributes: goal.attributes.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
            version: stored_version(goal.version),
            measure: events::json(&(&goal.measure).into()),
            amount: goal.standing.amount.map(Numeric),
            check_ins: stored_version(goal.standing.check_ins),
            idle_for: goal.idle_for.num_microseconds().unwrap_or(i64::MAX),
        }
    }

    /// The values of [`WRITTEN`], with room for what a statement needs beyond them.
    pub(super) fn params(&self) -> Vec<Param<'_>> {
        let goal = self.goal;
        let mut params: Vec<Param<'_>> = Vec::with_capacity(WRITTEN.len() + 3);
        params.extend([
            (&self.owner as _, Type::UUID),
            (&self.id as _, Type::UUID),
            (&self.title_key as _, Type::BYTEA),
            (&self.parent as _, Type::UUID),
            (&goal.title as _, Type::TEXT),
            (&self.title_sort as _, Type::TEXT),
            (&self.search_text as _, Type::TEXT),
            (&goal.description as _, Type::TEXT),
            (&self.status as _, Type::TEXT),
            (&goal.start as _, Type::DATE),
            (&self.deadline_on as _, Type::DATE),
            (&self.deadline_at as _, Type::TIMESTAMPTZ),
            (&self.deadline_sort as _, Type::TIMESTAMPTZ),
            (&self.priority as _, Type::INT2),
            (&self.color as _, Type::TEXT),
            (&goal.icon as _, Type::TEXT),
            (&goal.tags as _, Type::TEXT_ARRAY),
            (&self.tag_keys as _, Type::TEXT_ARRAY),
            (&self.attributes as _, Type::JSONB),
            (&self.version as _, Type::INT8),
            (&goal.created_at as _, Type::TIMESTAMPTZ),
            (&goal.updated_at as _, Type::TIMESTAMPTZ),
            (&goal.closed_at as _, Type::TIMESTAMPTZ),
            (&goal.archived_at as _, Type::TIMESTAMPTZ),
            (&goal.deleted_at as _, Type::TIMESTAMPTZ),
            (&self.measure as _, Type::JSONB),
            (&self.amount as _, Type::NUMERIC),
            (&goal.standing.day as _, Type::DATE),
            (&self.check_ins as _, Type::INT8),
            (&self.idle_for as _, Type::INT8),
            (&goal.idle_since as _, Type::TIMESTAMPTZ),
        ]);
        params
    }
}

/// A version, or a number of things, as it is stored; none gets so great that it does not fit.
pub(super) fn stored_version(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// What a title says, in 16 bytes: a text can be longer than an index row may be.
pub(super) fn title_key(title: &str) -> Vec<u8> {
    Sha256::digest(Fingerprint::of(title).as_str())[..16].to_vec()
}

/// The column that `key` sorts by, and the type of its values.
pub(super) fn sort_column(key: SortKey) -> (&'static str, Type) {
    match key {
        SortKey::Deadline => ("deadline_sort", Type::TIMESTAMPTZ),
        SortKey::Priority => ("priority", Type::INT2),
        SortKey::CreatedAt => ("created_at", Type::TIMESTAMPTZ),
        SortKey::UpdatedAt => ("updated_at", Type::TIMESTAMPTZ),
        SortKey::Title => ("title_sort", Type::TEXT),
    }
}

/// Reads a row of the columns [`READ`].
pub(super) fn goal(owner: OwnerId, row: &Row) -> Result<Goal, BoxError> {
    let deadline_on: Option<NaiveDate> = row.try_get(5)?;
    let deadline_at: Option<DateTime<Utc>> = row.try_get(6)?;
    let priority: i16 = row.try_get(7)?;
    let color: Option<&str> = row.try_get(8)?;
    let attributes: Value = row.try_get(11)?;
    Ok(Goal {
        id: GoalId::from_uuid(row.try_get(0)?),
        owner,
        title: row.try_get(1)?,
        description: row.try_get(2)?,
        status: word(row.try_get(3)?)?,
        start: row.try_get(4)?,
        deadline: deadline_on.map(Deadline::Day).or(deadline_at.map(Deadline::Moment)),
        priority: usize::try_from(priority).ok().and_then(|n| Priority::ALL.get(n)).copied().ok_or("a priority")?,
        color: color.map(word).transpose()?,
        icon: row.try_get(9)?,
        tags: row.try_get(10)?,
        attributes: read_attributes(attributes)?,
        version: u64::try_from(row.try_get::<_, i64>(12)?)?,
        created_at: row.try_get(13)?,
        updated_at: row.try_get(14)?,
        closed_at: row.try_get(15)?,
        archived_at: row.try_get(16)?,
        deleted_at: row.try_get(17)?,
        parent: row.try_get::<_, Option<Uuid>>(18)?.map(GoalId::from_uuid),
        measure: (&events::value(row.try_get(19)?)?).try_into()?,
        standing: Standing {
            amount: row.try_get::<_, Option<Numeric>>(20)?.map(|amount| amount.0),
            day: row.try_get(21)?,
            check_ins: u64::try_from(row.try_get::<_, i64>(22)?)?,
        },
        idle_for: TimeDelta::microseconds(row.try_get(23)?),
        idle_since: row.try_get(24)?,
    })
}

/// A stored word. A failure says what it was to be, and not what it is: errors are logged.
pub(super) fn word<T: FromStr>(text: &str) -> Result<T, BoxError> {
    text.parse().map_err(|_| format!("what is stored is no {}", type_name::<T>()).into())
}

fn json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => text.as_str().into(),
        // The text of a quantity is a JSON number, so the other arm is never taken.
        AttributeValue::Number(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
        AttributeValue::Boolean(yes) => (*yes).into(),
        AttributeValue::Texts(texts) => texts.as_slice().into(),
    }
}

fn read_attributes(stored: Value) -> Result<Attributes, BoxError> {
    let Value::Object(fields) = stored else { return Err("the own fields are not an object".into()) };
    fields.into_iter().map(|(key, value)| Ok((key, attribute(value)?))).collect()
}

fn attribute(stored: Value) -> Result<AttributeValue, BoxError> {
    Ok(match stored {
        Value::String(text) => AttributeValue::Text(text),
        Value::Number(number) => AttributeValue::Number(number.to_string().parse()?),
        Value::Bool(yes) => AttributeValue::Boolean(yes),
        Value::Array(texts) => AttributeValue::Texts(texts.into_iter().map(text).collect::<Result<_, _>>()?),
        Value::Null | Value::Object(_) => return Err("an own field is of no known type".into()),
    })
}

fn text(stored: Value) -> Result<String, BoxError> {
    if let Value::String(text) = stored { Ok(text) } else { Err("a list holds something other than texts".into()) }
}
