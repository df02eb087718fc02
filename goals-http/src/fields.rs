//! Reading the members of a JSON object, with everything that is wrong said at once.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use goals_core::{
    AttributeValue, Attributes, Change, Deadline, FieldErrors, Quantity, Violation, attribute_pointer, parse_day,
};

use crate::json::{Json, Object};
use crate::problem::Problem;

/// The members of an object that have not been read yet, and what was wrong with those that have.
#[derive(Debug)]
pub(crate) struct Fields {
    object: Object,
    errors: FieldErrors,
    /// The pointer of the object itself.
    at: String,
}

/// Reads a value that is not `null`, or notes under the pointer why it cannot.
type Read<T> = fn(Json, &str, &mut FieldErrors) -> Option<T>;

impl Fields {
    pub(crate) const fn new(object: Object) -> Self {
        Self { object, errors: FieldErrors::new(), at: String::new() }
    }

    /// The members of an object that is itself the value at `pointer`; `None` when it is none.
    pub(crate) fn within(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Self> {
        match json {
            Json::Object(object) => Some(Self { object, errors: FieldErrors::new(), at: pointer.to_owned() }),
            _ => refuse("an object", pointer, errors),
        }
    }

    /// The value of a member; `None` when it is absent or `null`, or wrong.
    pub(crate) fn get<T>(&mut self, name: &str, read: Read<T>) -> Option<T> {
        match self.object.remove(name)? {
            Json::Null => None,
            json => read(json, &format!("{}/{name}", self.at), &mut self.errors),
        }
    }

    /// The value of a member that has to be there.
    pub(crate) fn required<T>(&mut self, name: &str, read: Read<T>) -> Option<T> {
        if self.object.get(name).is_none_or(|json| *json == Json::Null) {
            self.errors.push(format!("{}/{name}", self.at), Violation::Required);
        }
        self.get(name, read)
    }

    /// What a merge patch does to a member.
    pub(crate) fn change<T>(&mut self, name: &str, read: Read<T>) -> Change<T> {
        match self.object.remove(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(json) => {
                let pointer = format!("{}/{name}", self.at);
                read(json, &pointer, &mut self.errors).map_or(Change::Keep, Change::Set)
            }
        }
    }

    /// Whether there is such a member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Refuses the object when a member was wrong or is left over, or when `judged` says that the
    /// domain refuses a value; everything at once.
    pub(crate) fn finish(self, judged: Result<(), FieldErrors>) -> Result<(), Problem> {
        Ok(self.judge(judged)?)
    }

    /// As [`finish`](Self::finish), for an object that is one of many.
    pub(crate) fn judge(self, judged: Result<(), FieldErrors>) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        self.end(&mut errors);
        errors.merge(judged.err().unwrap_or_default());
        errors.into_result()
    }

    /// Hands over what was wrong, also that a member is left over.
    pub(crate) fn end(self, errors: &mut FieldErrors) {
        errors.merge(self.errors);
        for name in self.object.keys() {
            errors.push(format!("{}{}", self.at, pointer(name)), Violation::UnknownField);
        }
    }
}

/// The JSON pointer of a member.
pub(crate) fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

pub(crate) fn refuse<T>(expected: &'static str, pointer: &str, errors: &mut FieldErrors) -> Option<T> {
    errors.push(pointer, Violation::InvalidType { expected });
    None
}

pub(crate) fn text(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<String> {
    match json {
        Json::Text(text) => Some(text),
        _ => refuse("a string", pointer, errors),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "all readers have one shape")]
pub(crate) fn boolean(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<bool> {
    match json {
        Json::Boolean(value) => Some(value),
        _ => refuse("a boolean", pointer, errors),
    }
}

/// A whole number, written without a point or an exponent.
#[expect(clippy::needless_pass_by_value, reason = "all readers have one shape")]
pub(crate) fn integer(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<i64> {
    match &json {
        Json::Number(number) if number.parse::<i64>().is_ok() => number.parse().ok(),
        _ => refuse("a whole number", pointer, errors),
    }
}

/// A value that a text names: a status, a deadline.
pub(crate) fn named<T: FromStr<Err = Violation>>(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<T> {
    let text = text(json, pointer, errors)?;
    errors.check(pointer, text.parse())
}

/// An id; any of the usual ways to write a UUID.
pub(crate) fn id<T: FromStr>(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<T> {
    let text = text(json, pointer, errors)?;
    errors.check(pointer, text.parse().map_err(|_| Violation::InvalidFormat { expected: "a UUID" }))
}

pub(crate) fn day(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<NaiveDate> {
    let text = text(json, pointer, errors)?;
    errors.check(pointer, parse_day(&text).ok_or(Violation::InvalidDate))
}

pub(crate) fn texts(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Vec<String>> {
    let Json::List(list) = json else { return refuse("a list of strings", pointer, errors) };
    // A harmless text stands in for what was refused, so that the domain judges the others at their
    // places and says everything at once; nothing comes of a body that was refused anywhere.
    let mut read = |(n, json)| text(json, &format!("{pointer}/{n}"), errors).unwrap_or_else(|| "-".to_owned());
    Some(list.into_iter().enumerate().map(&mut read).collect())
}

/// The owner's own fields.
pub(crate) fn attributes(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Attributes> {
    let changes = attribute_changes(json, pointer, errors)?;
    // A field that is null is a field that is not there.
    Some(changes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}

/// The owner's own fields as a merge patch: `null` takes one away.
pub(crate) fn attribute_changes(
    json: Json,
    pointer: &str,
    errors: &mut FieldErrors,
) -> Option<BTreeMap<String, Option<AttributeValue>>> {
    let Json::Object(object) = json else { return refuse("an object", pointer, errors) };
    let mut changes = BTreeMap::new();
    for (key, json) in object {
        let value = attribute(json, &attribute_pointer(&key), errors);
        changes.insert(key, value);
    }
    Some(changes)
}

/// An RFC 3339 instant.
pub(crate) fn instant(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<DateTime<Utc>> {
    match named(json, pointer, errors)? {
        Deadline::Moment(instant) => Some(instant),
        Deadline::Day(_) => {
            errors.push(pointer, Violation::InvalidDate);
            None
        }
    }
}

pub(crate) fn quantity(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Quantity> {
    match json {
        Json::Number(number) => errors.check(pointer, number.parse()),
        _ => refuse("a number", pointer, errors),
    }
}

fn attribute(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<AttributeValue> {
    match json {
        Json::Null => None,
        Json::Text(text) => Some(AttributeValue::Text(text)),
        Json::Boolean(value) => Some(AttributeValue::Boolean(value)),
        Json::Number(number) => errors.check(pointer, number.parse::<Quantity>()).map(AttributeValue::Number),
        list @ Json::List(_) => texts(list, pointer, errors).map(AttributeValue::Texts),
        Json::Object(_) => refuse("a string, a number, a boolean or a list of strings", pointer, errors),
    }
}
