//! The statements of lists: one for every order, for a first and for a later page, for the trash
//! and for what is not in it, for goals with any parent, with none and with one. The other filters
//! are parameters of all of them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use goals_core::{Cursor, Goal, GoalQuery, OwnerId, Page, ParentFilter, Sort, SortKey, SortValue, StoreError};
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::columns::{self, sort_column};
use super::{Executor, Param};
use crate::error::{store_error, unreadable};
use crate::schema::Schema;

/// What distinguishes the statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    sort: Sort,
    is_later_page: bool,
    is_trash: bool,
    parent: Branch,
}

/// Which parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Branch {
    Any,
    None,
    One,
}

impl Branch {
    const ALL: [Self; 3] = [Self::Any, Self::None, Self::One];

    const fn of(parent: Option<ParentFilter>) -> Self {
        match parent {
            None => Self::Any,
            Some(ParentFilter::None) => Self::None,
            Some(ParentFilter::Goal(_)) => Self::One,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct ListSql(HashMap<Shape, String>);

impl ListSql {
    pub(super) fn new(schema: &Schema) -> Self {
        let sorts = SortKey::ALL.iter().flat_map(|&key| [false, true].map(|descending| Sort { key, descending }));
        let pages = sorts.flat_map(|sort| [false, true].map(|is_later_page| (sort, is_later_page)));
        let pages = pages.flat_map(|page| Branch::ALL.map(|parent| (page, parent)));
        let shapes = pages.flat_map(|((sort, is_later_page), parent)| {
            [false, true].map(|is_trash| Shape { sort, is_later_page, is_trash, parent })
        });
        Self(shapes.map(|shape| (shape, schema.put_into(&statement(shape)))).collect())
    }

    pub(super) async fn run<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        query: &GoalQuery,
    ) -> Result<Page<Goal>, StoreError> {
        let nothing = Page { items: Vec::new(), next: None };
        let Some(filters) = Filters::of(owner, query) else { return Ok(nothing) };
        let shape = Shape {
            sort: query.sort,
            is_later_page: query.cursor.is_some(),
            is_trash: query.trash,
            parent: Branch::of(query.parent),
        };
        let Some(statement) = self.0.get(&shape) else { return Ok(nothing) };
        let position = query.cursor.as_ref().map(position);
        let mut params = filters.params();
        params.extend(filters.parent.as_ref().map(|parent| (parent as _, Type::UUID)));
        if let Some((value, id)) = &position {
            params.extend([(&**value as _, sort_column(query.sort.key).1), (id as _, Type::UUID)]);
        }
        let rows = on.read(statement, &params).await.map_err(store_error)?;
        let goals = rows.iter().map(|row| columns::goal(owner, row).map_err(unreadable));
        Ok(page(goals.collect::<Result<_, _>>()?, query))
    }
}

/// Cuts off the goal that was read only to know whether there is another page.
fn page(mut items: Vec<Goal>, query: &GoalQuery) -> Page<Goal> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|last| Cursor::of(last, query.sort));
    Page { items, next }
}

fn statement(shape: Shape) -> String {
    let Shape { sort, is_later_page, is_trash, parent } = shape;
    let (column, read) = (sort_column(sort.key).0, columns::READ);
    let trash = if is_trash { "IS NOT NULL" } else { "IS NULL" };
    let (order, beyond) = if sort.descending { ("DESC", "<") } else { ("ASC", ">") };
    let (branch, next) = match parent {
        Branch::Any => ("", 9),
        Branch::None => ("AND parent_id IS NULL", 9),
        Branch::One => ("AND parent_id = $9", 10),
    };
    let after = format!("AND ({column}, goal_id) {beyond} (${next}, ${})", next + 1);
    let after = if is_later_page { &after } else { "" };
    format!(
        "SELECT {read} FROM :schema.goals
         WHERE owner_id = $1 AND deleted_at {trash}
           AND ($2::text[] IS NULL OR status = ANY ($2))
           AND ($3::text[] IS NULL OR tag_keys @> $3)
           AND ($4::text[] IS NULL OR search_text LIKE ALL ($4))
           AND ($5::timestamptz IS NULL OR deadline_sort < $5 AND coalesce(deadline_on, deadline_at) IS NOT NULL)
           AND ($6::timestamptz IS NULL OR deadline_sort > $6 AND coalesce(deadline_on, deadline_at) IS NOT NULL)
           AND ($7::boolean IS NULL OR (archived_at IS NOT NULL) = $7)
           {branch}
           {after}
         ORDER BY {column} {order}, goal_id {order}
         LIMIT $8"
    )
}

struct Filters {
    owner: Uuid,
    statuses: Option<Vec<&'static str>>,
    tags: Option<Vec<String>>,
    patterns: Option<Vec<String>>,
    before: Option<DateTime<Utc>>,
    after: Option<DateTime<Utc>>,
    is_archived: Option<bool>,
    limit: i64,
    parent: Option<Uuid>,
}

impl Filters {
    /// The filters as parameters; `None` when nothing can pass them, for no text that is stored
    /// holds a NUL, and none may be sent.
    fn of(owner: OwnerId, query: &GoalQuery) -> Option<Self> {
        let (tags, words) = (query.tag_keys(), query.words());
        if tags.iter().chain(&words).any(|text| text.contains('\0')) {
            return None;
        }
        let some = |texts: Vec<String>| Some(texts).filter(|texts| !texts.is_empty());
        let statuses: Vec<_> = query.statuses.iter().map(|status| status.as_str()).collect();
        Some(Self {
            owner: owner.as_uuid(),
            statuses: Some(statuses).filter(|statuses| !statuses.is_empty()),
            tags: some(tags),
            patterns: some(words.iter().map(|word| pattern(word)).collect()),
            before: query.before().map(in_range),
            after: query.after().map(in_range),
            is_archived: query.archived(),
            limit: i64::from(query.limit) + 1,
            parent: if let Some(ParentFilter::Goal(id)) = query.parent { Some(id.as_uuid()) } else { None },
        })
    }

    fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.owner, Type::UUID),
            (&self.statuses, Type::TEXT_ARRAY),
            (&self.tags, Type::TEXT_ARRAY),
            (&self.patterns, Type::TEXT_ARRAY),
            (&self.before, Type::TIMESTAMPTZ),
            (&self.after, Type::TIMESTAMPTZ),
            (&self.is_archived, Type::BOOL),
            (&self.limit, Type::INT8),
        ]
    }
}

/// Matches what contains `word`.
fn pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Where a page begins, in values that the server takes.
fn position(cursor: &Cursor) -> (Box<dyn ToSql + Sync + Send>, Uuid) {
    let id = cursor.id.as_uuid();
    match &cursor.value {
        SortValue::Number(number) => (Box::new(*number), id),
        SortValue::Instant(instant) => (Box::new(in_range(*instant)), id),
        SortValue::Text(text) => match text.split_once('\0') {
            None => (Box::new(text.clone()), id),
            // No text may hold a NUL. Such a position lies behind every goal that has what is
            // before the NUL as its title, and before whatever comes after that.
            Some((text, _)) => (Box::new(text.to_owned()), Uuid::max()),
        },
        _ => (Box::new(None::<&str>), id),
    }
}

/// `instant`, or the first one that the server knows, which is before anything that is stored.
fn in_range(instant: DateTime<Utc>) -> DateTime<Utc> {
    let first = NaiveDate::from_ymd_opt(-4_700, 1, 1).unwrap_or_default();
    instant.max(first.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use goals_core::{GoalId, Priority};

    use super::*;

    #[test]
    fn a_word_matches_itself_alone() {
        assert_eq!(pattern("50%_\\"), "%50\\%\\_\\\\%");
        assert_eq!(pattern("café"), "%café%");
    }

    #[test]
    fn every_list_has_a_statement_of_its_own() {
        let list = ListSql::new(&Schema::default());
        let distinct: std::collections::HashSet<_> = list.0.values().collect();
        assert_eq!(distinct.len(), SortKey::ALL.len() * 24);
    }

    #[test]
    fn instants_stay_in_the_range_of_the_server() {
        assert!(in_range(DateTime::<Utc>::MIN_UTC) > DateTime::<Utc>::MIN_UTC);
        assert_eq!(in_range(DateTime::UNIX_EPOCH), DateTime::UNIX_EPOCH);
    }

    #[test]
    fn a_priority_is_sent_as_its_rank() {
        let cursor = Cursor {
            sort: Sort::default(),
            value: SortValue::Number(Priority::High as i16),
            id: GoalId::from_uuid(Uuid::nil()),
        };
        assert_eq!(format!("{:?}", position(&cursor)), format!("({:?}, {:?})", 3, Uuid::nil()));
    }
}
