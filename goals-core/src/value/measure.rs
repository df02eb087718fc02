//! Measures, and what check-ins have brought, as plain values.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};

use super::{FieldValue, Recorded};
use crate::checkin::CheckIn;
use crate::measure::{Bound, Fold, Habit, Item, Measure, MeasureKind, Metric, Per};
use crate::quantity::Quantity;
use crate::standing::Standing;

recorded_as_text! {
    Bound: ToString::to_string, |text: &str| text.parse().ok();
    Fold: ToString::to_string, |text: &str| text.parse().ok();
    MeasureKind: ToString::to_string, |text: &str| text.parse().ok();
    Per: ToString::to_string, |text: &str| text.parse().ok();
}

impl Recorded for Quantity {
    fn to_value(&self) -> FieldValue {
        FieldValue::Number(*self)
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        if let FieldValue::Number(number) = value { Some(*number) } else { None }
    }
}

/// A number of things, below 10¹⁵.
impl Recorded for u64 {
    fn to_value(&self) -> FieldValue {
        FieldValue::Number(self.to_string().parse().unwrap_or_default())
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        Quantity::from_value(value)?.to_string().parse().ok()
    }
}

/// Whole microseconds, as seconds; no time is null.
impl Recorded for TimeDelta {
    fn to_value(&self) -> FieldValue {
        if self.is_zero() {
            return FieldValue::Null;
        }
        let micros = i128::from(self.num_microseconds().unwrap_or(i64::MAX));
        FieldValue::Number(Quantity::from_millionths(micros).unwrap_or_default())
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        if *value == FieldValue::Null {
            return Some(Self::zero());
        }
        let micros = Quantity::from_value(value)?.millionths();
        i64::try_from(micros).ok().filter(|micros| *micros >= 0).map(Self::microseconds)
    }
}

impl From<&Measure> for FieldValue {
    /// The measure as an object: its kind under `kind`, and every field under its name.
    fn from(measure: &Measure) -> Self {
        measure.to_value()
    }
}

impl TryFrom<&FieldValue> for Measure {
    type Error = NotAMeasure;

    fn try_from(value: &FieldValue) -> Result<Self, NotAMeasure> {
        Self::from_value(value).ok_or(NotAMeasure)
    }
}

/// The value is not a [`Measure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a value is not a measure")]
pub struct NotAMeasure;

impl Recorded for Measure {
    fn to_value(&self) -> FieldValue {
        let mut fields = vec![("kind", self.kind().to_value())];
        match self {
            Self::Binary => {}
            Self::Checklist(items) => fields.push(("items", items.to_value())),
            Self::Metric(Metric { unit, start, target, fold }) => fields.extend([
                ("unit", unit.to_value()),
                ("start", start.to_value()),
                ("target", target.to_value()),
                ("fold", fold.to_value()),
            ]),
            Self::Habit(Habit { unit, amount, per, bound }) => fields.extend([
                ("unit", unit.to_value()),
                ("amount", amount.to_value()),
                ("per", per.to_value()),
                ("bound", bound.to_value()),
            ]),
        }
        object(fields)
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        Some(match get(value, "kind")? {
            MeasureKind::Binary => Self::Binary,
            MeasureKind::Checklist => Self::Checklist(get(value, "items")?),
            MeasureKind::Metric => Self::Metric(Metric {
                unit: get(value, "unit")?,
                start: get(value, "start")?,
                target: get(value, "target")?,
                fold: get(value, "fold")?,
            }),
            MeasureKind::Habit => Self::Habit(Habit {
                unit: get(value, "unit")?,
                amount: get(value, "amount")?,
                per: get(value, "per")?,
                bound: get(value, "bound")?,
            }),
        })
    }
}

impl Recorded for Item {
    fn to_value(&self) -> FieldValue {
        object([("id", self.id.to_value()), ("text", self.text.to_value()), ("done_on", self.done_on.to_value())])
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        Some(Self {
            id: get(value, "id")?,
            text: get(value, "text")?,
            done_on: get::<Option<NaiveDate>>(value, "done_on")?,
        })
    }
}

/// Of an empty log it is null.
impl Recorded for Standing {
    fn to_value(&self) -> FieldValue {
        if *self == Self::default() {
            return FieldValue::Null;
        }
        object([
            ("amount", self.amount.to_value()),
            ("day", self.day.to_value()),
            ("check_ins", self.check_ins.to_value()),
        ])
    }

    fn from_value(value: &FieldValue) -> Option<Self> {
        if *value == FieldValue::Null {
            return Some(Self::default());
        }
        Some(Self { amount: get(value, "amount")?, day: get(value, "day")?, check_ins: get(value, "check_ins")? })
    }
}

impl From<&CheckIn> for FieldValue {
    /// The entry as an object, without its owner and its goal.
    fn from(entry: &CheckIn) -> Self {
        object([
            ("id", Self::Text(entry.id.to_string())),
            ("day", entry.day.to_value()),
            ("at", entry.at.to_value()),
            ("value", entry.value.to_value()),
            ("note", entry.note.to_value()),
        ])
    }
}

fn object(fields: impl IntoIterator<Item = (&'static str, FieldValue)>) -> FieldValue {
    FieldValue::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>())
}

fn get<T: Recorded>(value: &FieldValue, name: &str) -> Option<T> {
    let FieldValue::Object(fields) = value else { return None };
    T::from_value(fields.get(name)?)
}

#[cfg(all(test, feature = "test-support"))]
mod tests {
    use super::*;

    #[test]
    fn every_measure_comes_back() {
        for measure in crate::testing::measures() {
            assert_eq!(Measure::try_from(&FieldValue::from(&measure)), Ok(measure));
        }
        assert_eq!(Measure::try_from(&FieldValue::Null), Err(NotAMeasure));
    }
}
