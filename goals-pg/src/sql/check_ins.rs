//! The statements of check-ins.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use goals_core::{
    BoxError, CheckIn, CheckInId, CheckInPage, CheckInQuery, Goal, GoalId, NewEvent, OwnerId, StoreError,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::columns::stored_version;
use super::events::{self, EventRecord};
use super::numeric::Numeric;
use super::{Executor, Param};
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

/// The columns that [`check_in`] reads, in its order.
const READ: &str = "check_in_id, day, at, value, note";

/// The statements of check-ins in one schema; see [`sql`](crate::sql).
///
/// Each method keeps what the method of
/// [`CheckInRepository`](goals_core::CheckInRepository) of that name promises, in a transaction
/// under READ COMMITTED.
#[derive(Debug, Clone)]
pub struct CheckInSql {
    add: String,
    replace: String,
    remove: String,
    find: String,
    first_page: String,
    later_page: String,
    since: String,
    days: String,
}

impl CheckInSql {
    /// The statements for the tables in `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let sql = |text: String| schema.put_into(&text);
        let page = |after: &str| {
            format!(
                "SELECT {READ} FROM :schema.check_ins WHERE owner_id = $1 AND goal_id = $2 {after}
                 ORDER BY day DESC, at DESC, check_in_id DESC LIMIT $3"
            )
        };
        Self {
            add: sql(change(
                "",
                "INSERT INTO :schema.check_ins (owner_id, goal_id, check_in_id, day, at, value, note)
                 SELECT $1, $2, $9, $10, $11, $12, $13 FROM stood",
                14,
            )),
            replace: sql(change(
                IS_THERE,
                "UPDATE :schema.check_ins SET day = $10, at = $11, value = $12, note = $13
                 FROM stood WHERE owner_id = $1 AND goal_id = $2 AND check_in_id = $9",
                14,
            )),
            remove: sql(change(
                IS_THERE,
                "DELETE FROM :schema.check_ins USING stood
                 WHERE owner_id = $1 AND goal_id = $2 AND check_in_id = $9",
                10,
            )),
            find: sql(format!(
                "SELECT {READ} FROM :schema.check_ins WHERE owner_id = $1 AND goal_id = $2 AND check_in_id = $3"
            )),
            first_page: sql(page("")),
            later_page: sql(page("AND (day, at, check_in_id) < ($4, $5, $6)")),
            since: sql(format!(
                "SELECT {READ} FROM :schema.check_ins WHERE owner_id = $1 AND goal_id = $2 AND day >= $3
                 ORDER BY day, at, check_in_id"
            )),
            days: sql(
                "SELECT day, count(*) FROM :schema.check_ins WHERE owner_id = $1 AND day >= $2 GROUP BY day ORDER BY day"
                    .to_owned(),
            ),
        }
    }

    /// Adds an entry; `false` when the version is another or the goal is gone.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`], [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn add<E: Executor>(
        &self,
        mut on: E,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let (standing, entry, event) = (Stood::of(goal, expected), Entry::of(entry), EventRecord::of(event));
        let mut params = standing.params();
        params.extend(entry.params());
        params.extend(event.params());
        match on.write(&self.add, &params).await {
            Ok(rows) => Ok(!rows.is_empty()),
            Err(error) if violated(&error) == Some(Constraint::Id) => Err(StoreError::IdTaken),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Puts an entry in the place of the one with its id; `false` when the version is another, or
    /// the goal or the entry is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn replace<E: Executor>(
        &self,
        mut on: E,
        entry: &CheckIn,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let (standing, entry, event) = (Stood::of(goal, expected), Entry::of(entry), EventRecord::of(event));
        let mut params = standing.params();
        params.extend(entry.params());
        params.extend(event.params());
        Ok(!on.write(&self.replace, &params).await.map_err(store_error)?.is_empty())
    }

    /// Removes an entry; `false` when the version is another, or the goal or the entry is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn remove<E: Executor>(
        &self,
        mut on: E,
        entry: CheckInId,
        goal: &Goal,
        event: &NewEvent,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let (standing, entry, event) = (Stood::of(goal, expected), entry.as_uuid(), EventRecord::of(event));
        let mut params = standing.params();
        params.push((&entry, Type::UUID));
        params.extend(event.params());
        Ok(!on.write(&self.remove, &params).await.map_err(store_error)?.is_empty())
    }

    /// One entry.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn find<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        goal: GoalId,
        id: CheckInId,
    ) -> Result<Option<CheckIn>, StoreError> {
        let params: [Param<'_>; 3] =
            [(&owner.as_uuid(), Type::UUID), (&goal.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID)];
        let rows = on.read(&self.find, &params).await.map_err(store_error)?;
        Ok(check_ins(owner, goal, &rows)?.pop())
    }

    /// A page of entries, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn page<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        goal: GoalId,
        query: &CheckInQuery,
    ) -> Result<CheckInPage, StoreError> {
        let (owner_id, goal_id, limit) = (owner.as_uuid(), goal.as_uuid(), i64::from(query.limit) + 1);
        let after = query.cursor.map(|cursor| (cursor.day, in_range(cursor.at), cursor.id.as_uuid()));
        let mut params: Vec<Param<'_>> = vec![(&owner_id, Type::UUID), (&goal_id, Type::UUID), (&limit, Type::INT8)];
        let statement = match &after {
            None => &self.first_page,
            Some((day, at, id)) => {
                params.extend([(day as _, Type::DATE), (at as _, Type::TIMESTAMPTZ), (id as _, Type::UUID)]);
                &self.later_page
            }
        };
        let rows = on.read(statement, &params).await.map_err(store_error)?;
        Ok(query.page(check_ins(owner, goal, &rows)?))
    }

    /// All entries that count for `since` or a later day, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn since<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        goal: GoalId,
        since: NaiveDate,
    ) -> Result<Vec<CheckIn>, StoreError> {
        let since = since.max(first_day());
        let params: [Param<'_>; 3] =
            [(&owner.as_uuid(), Type::UUID), (&goal.as_uuid(), Type::UUID), (&since, Type::DATE)];
        check_ins(owner, goal, &on.read(&self.since, &params).await.map_err(store_error)?)
    }

    /// How many entries all goals of an owner have on each day since `since` that has any.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn days<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        since: NaiveDate,
    ) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        let since = since.max(first_day());
        let params: [Param<'_>; 2] = [(&owner.as_uuid(), Type::UUID), (&since, Type::DATE)];
        let rows = on.read(&self.days, &params).await.map_err(store_error)?;
        let day = |row: &Row| -> Result<_, BoxError> { Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?.try_into()?)) };
        rows.iter().map(|row| day(row).map_err(unreadable)).collect()
    }
}

/// What keeps a statement from moving a goal on when the entry is gone.
const IS_THERE: &str =
    "AND EXISTS (SELECT FROM :schema.check_ins WHERE owner_id = $1 AND goal_id = $2 AND check_in_id = $9)";

/// The goal first, whose row is what all who write to its log wait for, then the entry, then the
/// counter and the event. The version that is expected makes what is seen of the log and what was
/// seen before it the same: every change of a log is one of the version.
///
/// No row comes back when the version is another, and then nothing is done.
fn change(condition: &str, entry: &str, event: usize) -> String {
    let event = events::insert("goal_id", event);
    format!(
        "WITH stood AS (
             UPDATE :schema.goals
             SET amount = $3, amount_on = $4, check_ins = $5, version = $6, updated_at = $7
             WHERE owner_id = $1 AND goal_id = $2 AND version = $8 {condition} RETURNING 1),
         entry AS ({entry} RETURNING 1),
         counted AS (
             UPDATE :schema.usage SET last_seq = last_seq + 1
             WHERE owner_id = $1 AND EXISTS (SELECT FROM entry) RETURNING last_seq)
         {event}"
    )
}

/// What is written of the goal: parameters 1 to 8.
struct Stood<'a> {
    goal: &'a Goal,
    owner: Uuid,
    id: Uuid,
    amount: Option<Numeric>,
    check_ins: i64,
    version: i64,
    expected: i64,
}

impl<'a> Stood<'a> {
    fn of(goal: &'a Goal, expected: u64) -> Self {
        Self {
            goal,
            owner: goal.owner.as_uuid(),
            id: goal.id.as_uuid(),
            amount: goal.standing.amount.map(Numeric),
            check_ins: stored_version(goal.standing.check_ins),
            version: stored_version(goal.version),
            expected: stored_version(expected),
        }
    }

    fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.owner, Type::UUID),
            (&self.id, Type::UUID),
            (&self.amount, Type::NUMERIC),
            (&self.goal.standing.day, Type::DATE),
            (&self.check_ins, Type::INT8),
            (&self.version, Type::INT8),
            (&self.goal.updated_at, Type::TIMESTAMPTZ),
            (&self.expected, Type::INT8),
        ]
    }
}

/// What is written of an entry: parameters 9 to 13.
struct Entry<'a> {
    written: &'a CheckIn,
    id: Uuid,
    value: Option<Numeric>,
}

impl<'a> Entry<'a> {
    fn of(entry: &'a CheckIn) -> Self {
        Self { written: entry, id: entry.id.as_uuid(), value: entry.value.map(Numeric) }
    }

    fn params(&self) -> [Param<'_>; 5] {
        [
            (&self.id, Type::UUID),
            (&self.written.day, Type::DATE),
            (&self.written.at, Type::TIMESTAMPTZ),
            (&self.value, Type::NUMERIC),
            (&self.written.note, Type::TEXT),
        ]
    }
}

fn check_ins(owner: OwnerId, goal: GoalId, rows: &[Row]) -> Result<Vec<CheckIn>, StoreError> {
    rows.iter().map(|row| check_in(owner, goal, row).map_err(unreadable)).collect()
}

/// Reads a row of the columns [`READ`].
fn check_in(owner: OwnerId, goal: GoalId, row: &Row) -> Result<CheckIn, BoxError> {
    Ok(CheckIn {
        id: CheckInId::from_uuid(row.try_get(0)?),
        owner,
        goal,
        day: row.try_get(1)?,
        at: row.try_get(2)?,
        value: row.try_get::<_, Option<Numeric>>(3)?.map(|value| value.0),
        note: row.try_get(4)?,
    })
}

/// The first day that the server is asked for: before anything that is stored, and in its range.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(-4_700, 1, 1).unwrap_or_default()
}

/// `instant`, or the first one that the server is asked for.
fn in_range(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.max(first_day().and_time(NaiveTime::MIN).and_utc())
}
