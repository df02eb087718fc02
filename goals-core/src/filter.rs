//! The grammar of a list: a [`GoalQuery`] as the parameters of a URL, and back.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{FieldErrors, Violation};
use crate::query::{GoalQuery, PAGE_DEFAULT, PAGE_MAX, Sort};

/// What stands as it is in a value: the unreserved characters of
/// [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3), and those of lists and instants.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',').remove(b':');

impl GoalQuery {
    /// The names of all parameters.
    pub const PARAMETERS: &'static [&'static str] = &[
        "status",
        "tag",
        "q",
        "deadline_before",
        "deadline_after",
        "parent",
        "archived",
        "trash",
        "sort",
        "limit",
        "cursor",
    ];

    /// Reads names and values, decoded, and judges them as [`validate`](Self::validate) does.
    /// `status` is a list with commas, `tag` and `status` may stand several times, everything else
    /// once.
    ///
    /// # Errors
    /// Everything that is wrong, under `/` and the name of the parameter.
    pub fn from_parameters<'a>(given: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FieldErrors> {
        let mut read = Parameters { given: given.into_iter().collect(), errors: FieldErrors::new() };
        for name in read.given.iter().map(|(name, _)| *name).filter(|name| !Self::PARAMETERS.contains(name)) {
            read.errors.push(format!("/{name}"), Violation::UnknownField);
        }
        let words: Vec<_> = read.all("status").flat_map(|value| value.split(',')).collect();
        let words = words.into_iter().filter(|word| !word.is_empty());
        let query = Self {
            statuses: words.filter_map(|word| read.errors.check("/status", word.parse())).collect(),
            tags: read.all("tag").map(str::to_owned).collect(),
            parent: read.parsed("parent"),
            text: read.one("q").map(str::to_owned),
            deadline_before: read.parsed("deadline_before"),
            deadline_after: read.parsed("deadline_after"),
            archived: read.boolean("archived"),
            trash: read.boolean("trash").unwrap_or_default(),
            sort: read.parsed("sort").unwrap_or_default(),
            limit: read.limit(),
            cursor: read.parsed("cursor"),
        };
        let mut errors = read.errors;
        errors.merge(query.validate().err().unwrap_or_default());
        errors.into_result()?;
        Ok(query)
    }

    /// The names and values, in a fixed order, from which [`from_parameters`](Self::from_parameters)
    /// reads this query; what has its default is left out.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let statuses: Vec<_> = self.statuses.iter().map(|status| status.as_str()).collect();
        let tags = self.tags.iter().map(|tag| ("tag", Some(tag.clone())));
        let once = [
            ("q", self.text.clone()),
            ("deadline_before", self.deadline_before.map(|deadline| deadline.to_string())),
            ("deadline_after", self.deadline_after.map(|deadline| deadline.to_string())),
            ("parent", self.parent.map(|parent| parent.to_string())),
            ("archived", self.archived.map(|archived| archived.to_string())),
            ("trash", self.trash.then(|| "true".to_owned())),
            ("sort", (self.sort != Sort::default()).then(|| self.sort.to_string())),
            ("limit", (self.limit != PAGE_DEFAULT).then(|| self.limit.to_string())),
            ("cursor", self.cursor.as_ref().map(ToString::to_string)),
        ];
        let status = ("status", (!statuses.is_empty()).then(|| statuses.join(",")));
        let all = std::iter::once(status).chain(tags).chain(once);
        all.filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Parameters that have been given, and what was wrong with those that have been read.
struct Parameters<'a> {
    given: Vec<(&'a str, &'a str)>,
    errors: FieldErrors,
}

impl<'a> Parameters<'a> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.given.iter().filter(move |(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn one(&mut self, name: &str) -> Option<&'a str> {
        let mut values = self.all(name);
        let (value, second) = (values.next(), values.next());
        drop(values);
        if second.is_some() {
            self.errors.push(format!("/{name}"), Violation::Duplicate);
        }
        value
    }

    fn parsed<T: FromStr<Err = Violation>>(&mut self, name: &str) -> Option<T> {
        let text = self.one(name)?;
        self.errors.check(&format!("/{name}"), text.parse())
    }

    fn boolean(&mut self, name: &str) -> Option<bool> {
        let text = self.one(name)?;
        let allowed = Violation::InvalidChoice { allowed: &["true", "false"] };
        self.errors.check(&format!("/{name}"), text.parse().map_err(|_| allowed))
    }

    fn limit(&mut self) -> u32 {
        let Some(text) = self.one("limit") else { return PAGE_DEFAULT };
        let range = Violation::OutOfRange { min: 1, max: PAGE_MAX.into() };
        self.errors.check("/limit", text.parse().map_err(|_| range)).unwrap_or(PAGE_DEFAULT)
    }
}

impl fmt::Display for GoalQuery {
    /// As the query of a URL, without the `?`: see [`parameters`](Self::parameters).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (name, value)) in self.parameters().iter().enumerate() {
            let separator = if n == 0 { "" } else { "&" };
            write!(f, "{separator}{name}={}", utf8_percent_encode(value, ENCODED))?;
        }
        Ok(())
    }
}

impl FromStr for GoalQuery {
    type Err = FieldErrors;

    /// Reads the query of a URL, as browsers write it: `+` is a space.
    fn from_str(text: &str) -> Result<Self, FieldErrors> {
        let mut pairs = Vec::new();
        let mut errors = FieldErrors::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => pairs.push((name, value)),
                _ => errors.push("", Violation::InvalidFormat { expected: "percent-encoded UTF-8" }),
            }
        }
        errors.into_result()?;
        Self::from_parameters(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::GoalId;
    use crate::query::{ParentFilter, SortKey};
    use crate::status::Status;

    fn refusal(text: &str) -> String {
        text.parse::<GoalQuery>().unwrap_err().to_string()
    }

    #[test]
    fn a_query_is_written_as_it_is_read() {
        let text = "status=active,paused&tag=a%20b&tag=c&q=%26%3D%2B%25%20%C3%A9&deadline_before=2026-03-01\
                    &archived=false&trash=true&sort=-priority&limit=7";
        let query: GoalQuery = text.parse().unwrap();
        assert_eq!(query.statuses, [Status::Active, Status::Paused]);
        assert_eq!(query.tags, ["a b", "c"]);
        assert_eq!(query.text.as_deref(), Some("&=+% é"));
        assert_eq!(query.to_string(), text);
        assert_eq!("q=a+b&&status=".parse::<GoalQuery>().unwrap().to_string(), "q=a%20b");
        assert_eq!(GoalQuery::default().to_string(), "");
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        assert!(refusal("a=1&status=x&q=a&q=b&limit=0&trash=1").starts_with("/a is not a known field; "));
        for (text, pointer) in [
            ("status=active,x", "/status"),
            ("q=a&q=b", "/q"),
            ("limit=201", "/limit"),
            ("trash=yes", "/trash"),
            ("sort=x", "/sort"),
            ("deadline_after=x", "/deadline_after"),
            ("cursor=x", "/cursor"),
            ("q=%00", "/q"),
        ] {
            assert!(refusal(text).starts_with(pointer), "{text}: {}", refusal(text));
        }
        assert!("q=%ff".parse::<GoalQuery>().is_err());
    }

    proptest! {
        #[test]
        fn every_query_survives(
            statuses in proptest::sample::subsequence(Status::ALL, 0..=6),
            parent in proptest::option::of(proptest::sample::select(vec![ParentFilter::None, ParentFilter::Goal(GoalId::from_uuid(Uuid::max()))])),
            tags in proptest::collection::vec("[^\\p{C}]{1,9}", 0..3),
            text in proptest::option::of("[^\\p{C}]{1,20}"),
            archived in any::<Option<bool>>(),
            descending in any::<bool>(),
            limit in 1..=PAGE_MAX,
        ) {
            let sort = Sort { key: SortKey::Title, descending };
            let query = GoalQuery { statuses, tags, text, parent, archived, sort, limit, ..GoalQuery::default() };
            if query.validate().is_ok() {
                prop_assert_eq!(query.to_string().parse::<GoalQuery>(), Ok(query));
            }
        }
    }
}
