//! The fields of a goal as plain values, so that what is said about a field (what changed, what it
//! was, what it is to be again) is said once for all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use crate::deadline::{Deadline, parse_day};
use crate::goal::{AttributeValue, Attributes, Goal};
use crate::quantity::Quantity;

/// The value of a field, whatever the field: what JSON can say, with exact numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// Nothing is there.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// An exact decimal number.
    Number(Quantity),
    /// A text; days and instants are texts too, as they go over the wire.
    Text(String),
    /// Several values, in order.
    List(Vec<Self>),
    /// Named values.
    Object(BTreeMap<String, Self>),
}

impl FieldValue {
    /// Whether it says nothing: null, an empty text, list or object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Object(object) => object.is_empty(),
            Self::Boolean(_) | Self::Number(_) => false,
        }
    }
}

/// A type of which a field can be.
pub(crate) trait Recorded: Sized {
    fn to_value(&self) -> FieldValue;

    /// `None` when it is no such value.
    fn from_value(value: &FieldValue) -> Option<Self>;
}

/// A field of [`Goal`] that can change.
pub(crate) struct GoalField {
    /// Its name, in the type and on the wire.
    pub(crate) name: &'static str,
    pub(crate) get: fn(&Goal) -> FieldValue,
    /// Puts a value there; `false`, with nothing done, when it is none of this field's.
    pub(crate) set: fn(&mut Goal, &FieldValue) -> bool,
}

macro_rules! goal_fields {
    ($($name:ident)+) => {
        /// Every field that can change, but for `version` and `updated_at`, which every change
        /// changes.
        pub(crate) const GOAL_FIELDS: &[GoalField] = &[$(GoalField {
            name: stringify!($name),
            get: |goal| goal.$name.to_value(),
            set: |goal, value| Recorded::from_value(value).map(|value| goal.$name = value).is_some(),
        }),+];
    };
}

goal_fields! {
    title
    description
    status
    start
    deadline
    measure
    standing
    idle_for
    idle_since
    priority
    color
    icon
    tags
    attributes
    parent
    closed_at
    archived_at
    deleted_at
}

/// A type that is a text in a field.
macro_rules! recorded_as_text {
    ($($type:ty: $to:expr, $from:expr;)+) => {$(
        impl Recorded for $type {
            fn to_value(&self) -> FieldValue {
                FieldValue::Text($to(self))
            }

            fn from_value(value: &FieldValue) -> Option<Self> {
                if let FieldValue::Text(text) = value { $from(text) } else { None }
            }
        }
    )+};
}

pub use self::measure::NotAMeasure;

mod measure;

recorded_as_text! {
    String: String::clone, |text: &String| Some(text.clone());
    NaiveDate: ToString::to_string, |text: &str| parse_day(text);
    Deadline: ToString::to_string, |text: &str| text.parse().ok();
    DateTime<Utc>:
        |at: &Self| at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    crate::status::Status: ToString::to_string, |text: &str| text.parse().ok();
    crate::goal::Priority: ToString::to_string, |text: &str| text.parse().ok();
    crate::ids::GoalId: ToString::to_string, |text: &str| text.parse().ok();
    crate::goal::Color: ToString::to_string, |text: &str| text.parse().ok();
}

impl<T: Recorded> Recorded for Option<T> {
    fn to_value(&self) -> FieldValue {
        self.as_ref().map_or(FieldValue::Null, Recorded::to_value)
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        if *value == FieldValue::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: Recorded> Recorded for Vec<T> {
    fn to_value(&self) -> FieldValue {
        FieldValue::List(self.iter().map(Recorded::to_value).collect())
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        if let FieldValue::List(list) = value { list.iter().map(T::from_value).collect() } else { None }
    }
}

impl Recorded for Attributes {
    fn to_value(&self) -> FieldValue {
        FieldValue::Object(self.iter().map(|(key, value)| (key.clone(), value.to_value())).collect())
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        let FieldValue::Object(object) = value else { return None };
        object.iter().map(|(key, value)| Some((key.clone(), AttributeValue::from_value(value)?))).collect()
    }
}

impl Recorded for AttributeValue {
    fn to_value(&self) -> FieldValue {
        match self {
            Self::Text(text) => FieldValue::Text(text.clone()),
            Self::Number(number) => FieldValue::Number(*number),
            Self::Boolean(yes) => FieldValue::Boolean(*yes),
            Self::Texts(texts) => texts.to_value(),
        }
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        Some(match value {
            FieldValue::Text(text) => Self::Text(text.clone()),
            FieldValue::Number(number) => Self::Number(*number),
            FieldValue::Boolean(yes) => Self::Boolean(*yes),
            list @ FieldValue::List(_) => Self::Texts(Vec::from_value(list)?),
            FieldValue::Null | FieldValue::Object(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::draft::GoalDraft;
    use crate::ids::{GoalId, OwnerId};
    use crate::measure::Measure;
    use crate::standing::Standing;

    fn made(draft: GoalDraft) -> Goal {
        let (id, owner) = (GoalId::from_uuid(Uuid::nil()), OwnerId::from_uuid(Uuid::nil()));
        draft.into_goal(id, owner, DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn every_field_comes_back() {
        let full = Goal {
            archived_at: DateTime::from_timestamp_micros(1_772_366_400_000_001),
            deleted_at: DateTime::from_timestamp_micros(0),
            measure: Measure::Checklist(vec![]),
            standing: Standing { amount: "-0.5".parse().ok(), day: "2026-02-28".parse().ok(), check_ins: 7 },
            idle_for: TimeDelta::microseconds(1),
            idle_since: DateTime::from_timestamp_micros(1),
            ..made(GoalDraft {
                description: "a\n".to_owned(),
                status: "missed".parse().ok(),
                start: "2026-02-28".parse().ok(),
                deadline: "2026-03-01T23:59:59.999999Z".parse().ok(),
                priority: crate::goal::Priority::High,
                color: "teal".parse().ok(),
                icon: Some("🏃".to_owned()),
                tags: vec!["a".to_owned()],
                parent: Some(GoalId::from_uuid(Uuid::max())),
                attributes: [
                    ("n".to_owned(), AttributeValue::Number("-0.5".parse().unwrap())),
                    ("b".to_owned(), AttributeValue::Boolean(false)),
                    ("t".to_owned(), AttributeValue::Text(String::new())),
                    ("l".to_owned(), AttributeValue::Texts(vec![String::new()])),
                ]
                .into(),
                ..GoalDraft::new("Read")
            })
        };
        let bare = made(GoalDraft::new("x"));
        for (from, onto) in [(&full, &bare), (&bare, &full)] {
            let mut copy = onto.clone();
            for field in GOAL_FIELDS {
                assert!((field.set)(&mut copy, &(field.get)(from)), "{}", field.name);
            }
            assert_eq!(copy, *from, "no field is forgotten");
        }
    }

    #[test]
    fn a_value_of_another_type_is_not_taken() {
        let goal = made(GoalDraft::new("x"));
        for field in GOAL_FIELDS {
            let mut copy = goal.clone();
            assert!(!(field.set)(&mut copy, &FieldValue::Number((-7).into())), "{}", field.name);
            assert_eq!(copy, goal);
        }
    }
}
