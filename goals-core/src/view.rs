//! Views: lists of goals that somebody has given a name.

use chrono::{DateTime, Utc};

use crate::draft::Change;
use crate::error::{Error, FieldErrors, Violation};
use crate::ids::ViewId;
use crate::query::{GoalQuery, PAGE_DEFAULT};
use crate::status::Status;
use crate::text::{fold_case, line};
use crate::value::{FieldValue, Recorded};

/// The most views of one owner.
pub const VIEWS_MAX: usize = 50;
/// The most characters of a view's name.
pub const VIEW_NAME_MAX: usize = 60;
/// The most characters of a view's query.
pub const VIEW_QUERY_MAX: usize = 2_000;

/// A list of goals with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Unique together with its owner.
    pub id: ViewId,
    /// 1 to [`VIEW_NAME_MAX`] characters on one line, trimmed and in NFC; unique for its owner but
    /// for case.
    pub name: String,
    /// Which goals, in which order; of any page, so its limit is the default and it has no cursor.
    pub query: GoalQuery,
    /// 1 when new, and 1 more with every change.
    pub version: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A view that somebody would like to have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewDraft {
    /// See [`View::name`].
    pub name: String,
    /// The query of a list as [`GoalQuery`] reads it from text, without `limit` and `cursor`; at
    /// most [`VIEW_QUERY_MAX`] characters.
    pub query: String,
}

impl ViewDraft {
    /// Judges every field.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        self.fields().map(drop)
    }

    pub(crate) fn into_view(self, id: ViewId, now: DateTime<Utc>) -> Result<View, FieldErrors> {
        let (name, query) = self.fields()?;
        Ok(View { id, name, query, version: 1, created_at: now, updated_at: now })
    }

    fn fields(&self) -> Result<(String, GoalQuery), FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = errors.check("/name", line(&self.name, VIEW_NAME_MAX));
        let query = read(&self.query, &mut errors);
        errors.into_result()?;
        Ok((name.unwrap_or_default(), query.unwrap_or_default()))
    }
}

/// A change of some fields of a view; [`default`](Default::default) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewPatch {
    /// See [`ViewDraft::name`]; cannot be cleared.
    pub name: Change<String>,
    /// See [`ViewDraft::query`]; clearing it means all goals in sight.
    pub query: Change<String>,
}

impl ViewPatch {
    /// Judges the fields that this patch changes.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        self.fields().map(drop)
    }

    /// `view` with these changes, made at `now`: the same view, same version, when they change
    /// nothing.
    pub(crate) fn apply(&self, view: &View, now: DateTime<Utc>) -> Result<View, FieldErrors> {
        let (name, query) = self.fields()?;
        let mut next = view.clone();
        next.name = name.unwrap_or(next.name);
        next.query = query.unwrap_or(next.query);
        if next != *view {
            next.version += 1;
            next.updated_at = now;
        }
        Ok(next)
    }

    fn fields(&self) -> Result<(Option<String>, Option<GoalQuery>), FieldErrors> {
        let (mut errors, empty) = (FieldErrors::new(), String::new());
        let name = self.name.or_clear(&empty).and_then(|raw| errors.check("/name", line(raw, VIEW_NAME_MAX)));
        let query = self.query.or_clear(&empty).and_then(|raw| read(raw, &mut errors));
        errors.into_result()?;
        Ok((name, query))
    }
}

/// Reads a query, in its one spelling. What is wrong with a parameter is noted under `/query/` and
/// its name.
fn read(raw: &str, errors: &mut FieldErrors) -> Option<GoalQuery> {
    if raw.chars().count() > VIEW_QUERY_MAX {
        errors.push("/query", Violation::TooLong { max: VIEW_QUERY_MAX });
        return None;
    }
    let refused = match raw.parse::<GoalQuery>() {
        Ok(query) if query.limit == PAGE_DEFAULT && query.cursor.is_none() => return Some(query.spelled_once()),
        Ok(query) => {
            let of_a_page = [("/limit", query.limit != PAGE_DEFAULT), ("/cursor", query.cursor.is_some())];
            let mut refused = FieldErrors::new();
            for (name, _) in of_a_page.into_iter().filter(|(_, is_given)| *is_given) {
                refused.push(name, Violation::UnknownField);
            }
            refused
        }
        Err(refused) => refused,
    };
    for error in &refused {
        errors.push(format!("/query{}", error.pointer), error.violation.clone());
    }
    None
}

impl GoalQuery {
    /// This query as any that asks for the same is spelled.
    fn spelled_once(self) -> Self {
        let statuses = Status::ALL.iter().copied().filter(|status| self.statuses.contains(status)).collect();
        let mut seen = std::collections::BTreeSet::new();
        let tags = self.tag_keys().into_iter().zip(self.tags).filter(|(key, _)| seen.insert(key.clone()));
        Self {
            statuses,
            tags: tags.map(|(_, tag)| tag).collect(),
            text: self.text.filter(|text| !text.trim().is_empty()),
            ..self
        }
    }
}

/// All views of one owner, in the order in which they were made: what is to hold between them is
/// judged here, and a store replaces all of them or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ViewList(pub(crate) Vec<View>);

impl ViewList {
    /// Refuses a view whose name another one has.
    pub(crate) fn check_name(&self, view: &View) -> Result<(), Error> {
        let name = fold_case(&view.name);
        let taken = self.0.iter().find(|other| other.id != view.id && fold_case(&other.name) == name);
        taken.map_or(Ok(()), |other| Err(Error::ViewExists { existing: other.id }))
    }

    pub(crate) fn to_value(&self) -> FieldValue {
        FieldValue::List(self.0.iter().map(View::to_value).collect())
    }

    pub(crate) fn from_value(value: &FieldValue) -> Option<Self> {
        let FieldValue::List(list) = value else { return None };
        list.iter().map(View::from_value).collect::<Option<_>>().map(Self)
    }
}

impl View {
    fn to_value(&self) -> FieldValue {
        let fields = [
            ("id", self.id.to_string().to_value()),
            ("name", self.name.to_value()),
            ("query", self.query.to_string().to_value()),
            ("version", self.version.to_string().to_value()),
            ("created_at", self.created_at.to_value()),
            ("updated_at", self.updated_at.to_value()),
        ];
        FieldValue::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        let FieldValue::Object(fields) = value else { return None };
        let text = |name: &str| fields.get(name).and_then(String::from_value);
        let instant = |name: &str| fields.get(name).and_then(DateTime::from_value);
        Some(Self {
            id: text("id")?.parse().ok()?,
            name: text("name")?,
            query: text("query")?.parse().ok()?,
            version: text("version")?.parse().ok()?,
            created_at: instant("created_at")?,
            updated_at: instant("updated_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn view(name: &str, query: &str) -> Result<View, FieldErrors> {
        let draft = ViewDraft { name: name.to_owned(), query: query.to_owned() };
        draft.into_view(ViewId::from_uuid(Uuid::nil()), DateTime::UNIX_EPOCH)
    }

    fn refused(name: &str, query: &str) -> Vec<String> {
        let errors = view(name, query).unwrap_err();
        errors.iter().map(|error| format!("{} {}", error.pointer, error.violation.code())).collect()
    }

    #[test]
    fn a_query_has_one_spelling() {
        let spelled = |query| view("x", query).unwrap().query.to_string();
        assert_eq!(spelled("sort=deadline&status=paused,active,paused&tag=A&tag=a&q=+"), "status=active,paused&tag=A");
        assert_eq!(spelled("limit=50"), "");
        assert_eq!(spelled("trash=false&archived=false"), "archived=false");
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        assert_eq!(refused("", "status=x&limit=7"), ["/name required", "/query/status invalid_choice"]);
        assert_eq!(refused("x", "limit=7"), ["/query/limit unknown_field"]);
        assert_eq!(refused("x", "nonsense=1"), ["/query/nonsense unknown_field"]);
        assert_eq!(refused("x", &format!("q={}", "a".repeat(VIEW_QUERY_MAX))), ["/query too_long"]);
        assert_eq!(refused(&"x".repeat(VIEW_NAME_MAX + 1), ""), ["/name too_long"]);
    }

    #[test]
    fn views_come_back() {
        let views = ViewList(vec![
            view("Today", "q=a%26b&tag=%C3%A9&sort=-title&deadline_before=2026-03-01T10:00:00Z").unwrap(),
            View { version: 9, ..view("All", "").unwrap() },
        ]);
        assert_eq!(ViewList::from_value(&views.to_value()), Some(views));
        assert_eq!(ViewList::from_value(&FieldValue::Null), None);
    }
}
