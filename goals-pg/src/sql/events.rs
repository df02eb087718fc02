//! The statements of events, and an event as a row.

use goals_core::{
    BoxError, Changes, Event, EventId, EventLog, FieldChange, FieldValue, GoalId, NewEvent, OwnerId, StoreError,
};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::columns::{stored_version, word};
use super::{Executor, Param};
use crate::error::{store_error, unreadable};
use crate::schema::Schema;

/// The columns that [`event`] reads, in its order.
const READ: &str = "seq, event_id, coalesce(goal_id, purged_id), version, kind, at, actor, changes";
/// How many they are.
const READ_COUNT: usize = 8;

/// The statements that read events in one schema; see [`sql`](crate::sql).
#[derive(Debug, Clone)]
pub struct EventSql {
    changes: String,
    history: String,
}

impl EventSql {
    /// The statements for the tables in `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            // One row at least, so that the last number is of the same moment as the events.
            changes: schema.put_into(&format!(
                "SELECT {READ}, usage.last_seq FROM :schema.usage LEFT JOIN LATERAL (
                     SELECT * FROM :schema.events
                     WHERE events.owner_id = $1 AND events.seq > $2 ORDER BY events.seq LIMIT $3
                 ) events ON true
                 WHERE usage.owner_id = $1 ORDER BY seq"
            )),
            history: schema.put_into(&format!(
                "SELECT {READ} FROM :schema.events WHERE owner_id = $1 AND goal_id = $2 AND seq < $3
                 ORDER BY seq DESC LIMIT $4"
            )),
        }
    }

    /// The owner's events behind number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn changes<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        after: u64,
        limit: u32,
    ) -> Result<EventLog, StoreError> {
        let (after, limit) = (stored_version(after), i64::from(limit));
        let params: [Param<'_>; 3] = [(&owner.as_uuid(), Type::UUID), (&after, Type::INT8), (&limit, Type::INT8)];
        let rows = on.read(&self.changes, &params).await.map_err(store_error)?;
        let last = rows.first().map_or(Ok(0), last_number).map_err(unreadable)?;
        // The one row of an owner who has nothing behind `after` has no number.
        let numbered = rows.iter().filter(|row| !matches!(row.try_get::<_, Option<i64>>(0), Ok(None)));
        let events = numbered.map(|row| event(owner, row).map_err(unreadable)).collect::<Result<_, _>>()?;
        Ok(EventLog { events, last })
    }

    /// The events of one goal with numbers below `before`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn history<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        id: GoalId,
        before: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let (before, limit) = (stored_version(before), i64::from(limit));
        let params: [Param<'_>; 4] =
            [(&owner.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID), (&before, Type::INT8), (&limit, Type::INT8)];
        let rows = on.read(&self.history, &params).await.map_err(store_error)?;
        rows.iter().map(|row| event(owner, row).map_err(unreadable)).collect()
    }
}

/// The end of a statement that has numbered an event: `counted` has its `last_seq`, `$1` is the
/// owner, `$2` the goal, whose id goes into the column `goal`, and from `$first` on come
/// [`EventRecord::params`].
pub(super) fn insert(goal: &str, first: usize) -> String {
    let values = (first..).take(6).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO :schema.events (owner_id, {goal}, seq, event_id, version, kind, at, actor, changes)
         SELECT $1, $2, last_seq, {values} FROM counted RETURNING 1"
    )
}

/// What is written of an event beyond what it borrows from it.
pub(super) struct EventRecord<'a> {
    event: &'a NewEvent,
    id: Uuid,
    version: Option<i64>,
    kind: &'static str,
    actor: &'static str,
    changes: Value,
}

impl<'a> EventRecord<'a> {
    pub(super) fn of(event: &'a NewEvent) -> Self {
        let change = |change: &FieldChange| Value::Array(vec![json(&change.from), json(&change.to)]);
        Self {
            event,
            id: event.id.as_uuid(),
            version: event.version.map(stored_version),
            kind: event.kind.as_str(),
            actor: event.actor.as_str(),
            changes: event.changes.iter().map(|(name, changed)| (name.clone(), change(changed))).collect(),
        }
    }

    pub(super) fn params(&self) -> [Param<'_>; 6] {
        [
            (&self.id, Type::UUID),
            (&self.version, Type::INT8),
            (&self.kind, Type::TEXT),
            (&self.event.at, Type::TIMESTAMPTZ),
            (&self.actor, Type::TEXT),
            (&self.changes, Type::JSONB),
        ]
    }
}

/// Reads a row of the columns [`READ`].
fn event(owner: OwnerId, row: &Row) -> Result<Event, BoxError> {
    let version: Option<i64> = row.try_get(3)?;
    Ok(Event {
        seq: u64::try_from(row.try_get::<_, i64>(0)?)?,
        id: EventId::from_uuid(row.try_get(1)?),
        owner,
        goal: row.try_get::<_, Option<Uuid>>(2)?.map(GoalId::from_uuid),
        version: version.map(u64::try_from).transpose()?,
        kind: word(row.try_get(4)?)?,
        at: row.try_get(5)?,
        actor: word(row.try_get(6)?)?,
        changes: changes(row.try_get(7)?)?,
    })
}

/// Reads the number behind the columns [`READ`].
fn last_number(row: &Row) -> Result<u64, BoxError> {
    Ok(u64::try_from(row.try_get::<_, i64>(READ_COUNT)?)?)
}

/// Reads `{name: [from, to]}`.
fn changes(stored: Value) -> Result<Changes, BoxError> {
    let Value::Object(fields) = stored else { return Err("the changes are not an object".into()) };
    fields.into_iter().map(|(name, stored)| Ok((name, change(stored)?))).collect()
}

fn change(stored: Value) -> Result<FieldChange, BoxError> {
    let Value::Array(pair) = stored else { return Err("a change is not a pair".into()) };
    let [from, to] = <[Value; 2]>::try_from(pair).map_err(|_| "a change is not a pair")?;
    Ok(FieldChange { from: value(from)?, to: value(to)? })
}

/// A plain value as JSON.
pub(super) fn json(value: &FieldValue) -> Value {
    match value {
        FieldValue::Null => Value::Null,
        FieldValue::Boolean(yes) => (*yes).into(),
        // The text of a quantity is a JSON number, so the other arm is never taken.
        FieldValue::Number(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::List(list) => list.iter().map(json).collect(),
        FieldValue::Object(object) => object.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
    }
}

/// A plain value out of JSON.
pub(super) fn value(stored: Value) -> Result<FieldValue, BoxError> {
    Ok(match stored {
        Value::Null => FieldValue::Null,
        Value::Bool(yes) => FieldValue::Boolean(yes),
        Value::Number(number) => FieldValue::Number(number.to_string().parse()?),
        Value::String(text) => FieldValue::Text(text),
        Value::Array(list) => FieldValue::List(list.into_iter().map(value).collect::<Result<_, _>>()?),
        Value::Object(object) => {
            let named = object.into_iter().map(|(name, stored)| Ok((name, value(stored)?)));
            FieldValue::Object(named.collect::<Result<_, BoxError>>()?)
        }
    })
}
