//! JSON from outside, read strictly: no key twice, no deep nesting, numbers as they are written.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How deep arrays and objects may be nested.
const DEPTH: usize = 32;

/// A JSON object.
pub(crate) type Object = BTreeMap<String, Json>;

/// A JSON value. A number keeps its text: a double would silently round it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// Reads one JSON text that is an object.
pub(crate) fn parse(bytes: &[u8]) -> Result<Object, serde_json::Error> {
    let text = str::from_utf8(bytes).map_err(serde_json::Error::custom)?;
    match value(serde_json::from_str(text)?, DEPTH)? {
        Json::Object(object) => Ok(object),
        _ => Err(serde_json::Error::custom("the body must be a JSON object")),
    }
}

fn value(raw: &RawValue, depth: usize) -> Result<Json, serde_json::Error> {
    let text = raw.get();
    let deeper = depth.checked_sub(1).ok_or_else(|| serde_json::Error::custom("nested too deeply"));
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(text)?;
            let depth = deeper?;
            let members = members.0.into_iter().map(|(key, raw)| Ok((key, value(raw, depth)?)));
            Json::Object(members.collect::<Result<_, serde_json::Error>>()?)
        }
        Some(b'[') => {
            let entries: Vec<&RawValue> = serde_json::from_str(text)?;
            let depth = deeper?;
            Json::List(entries.into_iter().map(|raw| value(raw, depth)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Json::Text(serde_json::from_str(text)?),
        Some(b't' | b'f') => Json::Boolean(serde_json::from_str(text)?),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

/// The members of an object, none of them twice.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((key, raw)) = map.next_entry::<String, &RawValue>()? {
            if members.insert(key, raw).is_some() {
                return Err(A::Error::custom("a key is given twice"));
            }
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: impl AsRef<[u8]>) -> String {
        parse(text.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn keeps_what_is_written() {
        let object = parse(r#" {"a": 1.0000000000000000001, "b": ["é\n", true, null, {}]} "#.as_bytes()).unwrap();
        assert_eq!(object["a"], Json::Number("1.0000000000000000001".into()));
        let list = vec![Json::Text("é\n".into()), Json::Boolean(true), Json::Null, Json::Object(Object::new())];
        assert_eq!(object["b"], Json::List(list));
    }

    #[test]
    fn refuses_what_is_not_strict_json() {
        for text in [
            "",
            "{",
            "{}{}",
            "{} x",
            r#"{"a":NaN}"#,
            r#"{"a":01}"#,
            r#"{"a":.5}"#,
            r#"{"a":1,}"#,
            "{a:1}",
            "{'a':1}",
            r#"{"a":Infinity}"#,
            "\u{feff}{}",
            r#"{"a":"\ud800"}"#,
            r#"{"\udc00":1}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":truex}"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"{\"a\":\"\xff\"}").is_err());
        assert!(parse(b"{\"a\":\"\xed\xa0\x80\"}").is_err());
    }

    #[test]
    fn refuses_a_key_twice_at_any_depth_and_however_it_is_spelled() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":[{"a":1,"\u0061":2}]}"#] {
            assert!(refused(text).contains("twice"), "{text}");
        }
    }

    #[test]
    fn is_an_object_at_the_top() {
        for text in ["[]", "1", "null", "\"a\"", "true"] {
            assert!(refused(text).contains("object"), "{text}");
        }
    }

    #[test]
    fn nests_to_32() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(parse(nested(32).as_bytes()).is_ok());
        assert!(refused(nested(33)).contains("deep"));
        assert!(parse(nested(30_000).as_bytes()).is_err());
    }
}
