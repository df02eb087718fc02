//! The schema that everything lives in.

use std::fmt;
use std::str::FromStr;

/// The most bytes of a name in `PostgreSQL`; it cuts longer ones without a word.
const NAME_MAX_BYTES: usize = 63;

/// The name of the schema in which the tables are: a lower-case ASCII letter or `_`, then letters,
/// digits and `_`, at most 63 in all. `goals` by default.
///
/// ```
/// use goals_pg::Schema;
///
/// let schema: Schema = "tenant_7".parse()?;
/// assert_eq!(schema.as_str(), "tenant_7");
/// assert!("x; DROP TABLE users".parse::<Schema>().is_err());
/// # Ok::<(), goals_pg::NotASchema>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Schema(String);

impl Schema {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `sql` with every `:schema` replaced by the quoted name. Quoted, because a reserved word is
    /// a good name too.
    pub(crate) fn put_into(&self, sql: &str) -> String {
        sql.replace(":schema", &format!("\"{}\"", self.0))
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self("goals".to_owned())
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a schema is named by at most {NAME_MAX_BYTES} characters a-z, 0-9 and _, the first not a digit")]
pub struct NotASchema;

impl FromStr for Schema {
    type Err = NotASchema;

    fn from_str(name: &str) -> Result<Self, NotASchema> {
        let is_first = |b: u8| b.is_ascii_lowercase() || b == b'_';
        let is_named = name.bytes().next().is_some_and(is_first)
            && name.bytes().all(|b| is_first(b) || b.is_ascii_digit())
            && name.len() <= NAME_MAX_BYTES;
        if is_named { Ok(Self(name.to_owned())) } else { Err(NotASchema) }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotASchema, Schema};

    #[test]
    fn only_plain_names_are_schemas() {
        for good in ["goals", "_g", "user", "a1_b", &"a".repeat(63)] {
            assert_eq!(good.parse::<Schema>().unwrap().as_str(), good);
        }
        for bad in ["", "1a", "Goals", "a-b", "a b", "a\"b", "a.b", "é", "a\0", &"a".repeat(64)] {
            assert_eq!(bad.parse::<Schema>(), Err(NotASchema), "{bad:?}");
        }
    }

    #[test]
    fn the_name_is_put_in_quoted() {
        let schema: Schema = "user".parse().unwrap();
        assert_eq!(schema.put_into("SELECT FROM :schema.users"), "SELECT FROM \"user\".users");
    }
}
