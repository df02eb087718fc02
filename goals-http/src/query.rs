//! Reading a query string: every parameter known, every value valid UTF-8.

use goals_core::{FieldErrors, Violation};
use percent_encoding::percent_decode_str;

use crate::fields::pointer;
use crate::problem::{Code, Problem};

/// The parameters of a request, in the order in which they stand.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `text`, in which only `known` names may stand.
    pub(crate) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs = Vec::new();
        let mut errors = FieldErrors::new();
        for pair in text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                return Err(Problem::new(Code::InvalidQuery).detail("the query is not valid UTF-8"));
            };
            if !known.contains(&&*name) {
                errors.push(pointer(&name), Violation::UnknownField);
            } else if value.chars().any(char::is_control) {
                // No parameter has a use for them, and no store takes a NUL in a text.
                errors.push(pointer(&name), Violation::InvalidCharacters);
            }
            pairs.push((name, value));
        }
        errors.into_result().map_err(|errors| Problem::fields(Code::InvalidQuery, &errors))?;
        Ok(Self(pairs))
    }

    /// The value of a parameter that stands once; the second is noted as a duplicate.
    pub(crate) fn one(&self, name: &str, errors: &mut FieldErrors) -> Option<&str> {
        let mut values = self.pairs().filter(|(known, _)| *known == name).map(|(_, value)| value);
        let value = values.next();
        if values.next().is_some() {
            errors.push(format!("/{name}"), Violation::Duplicate);
        }
        value
    }

    /// Whether a parameter that stands once says `true`; `false` when it does not stand.
    pub(crate) fn flag(&self, name: &str, errors: &mut FieldErrors) -> bool {
        let allowed = Violation::InvalidChoice { allowed: &["true", "false"] };
        let value = self.one(name, errors).unwrap_or("false").parse().map_err(|_| allowed);
        errors.check(&format!("/{name}"), value).unwrap_or_default()
    }

    /// Every name with its value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        let query = Query::parse(Some("a=x,y&b=1%2B1+%C3%A9&a=z&&a"), &["a", "b"]).unwrap();
        assert_eq!(query.pairs().collect::<Vec<_>>(), [("a", "x,y"), ("b", "1+1 é"), ("a", "z"), ("a", "")]);
    }

    #[test]
    fn notes_what_stands_twice() {
        let (query, mut errors) = (Query::parse(Some("a=1&a=2"), &["a"]).unwrap(), FieldErrors::new());
        assert_eq!(query.one("a", &mut errors), Some("1"));
        assert_eq!(errors.to_string(), "/a must not be given twice");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in ["c=1", "a=1&c", "a=%ff", "%ff=1", "A=1", "a=%00", "b=x%0d%0ay"] {
            let problem = Query::parse(Some(text), &["a", "b"]).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidQuery, "{text}");
        }
    }
}
