//! From what somebody says about a measure to a valid one.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Bound, Fold, Habit, ITEM_ID_MAX, ITEM_MAX, ITEMS_MAX, Item, Measure, MeasureKind, Metric, Per, UNIT_MAX};
use crate::deadline::check_year;
use crate::draft::Change;
use crate::error::{FieldErrors, Violation};
use crate::quantity::Quantity;
use crate::text::line;

/// A measure as somebody describes it, or a change of one: what is kept stays as it was, or takes
/// its default when the kind is another.
///
/// Defaults: `unit` none; of a metric `start` 0 and `fold` [`Fold::Sum`], while `target` has to be
/// said; of a habit `amount` 1, `per` [`Per::Day`] and `bound` [`Bound::AtLeast`]; `items` none.
///
/// **Another kind for a goal with check-ins.** The log stays as it is and is read anew by the new
/// measure: a check-in without a value counts as 1 where amounts add up and as no reading where
/// the newest one counts. What the new measure does not read, it leaves in the log, and it counts
/// again when the kind is changed back. Units are words; changing one converts nothing. Ticks
/// belong to their items, so they go when the items go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeasurePatch {
    /// The kind; cleared it is [`MeasureKind::Binary`].
    pub kind: Change<MeasureKind>,
    /// Of a metric and of a habit.
    pub unit: Change<String>,
    /// Of a metric.
    pub start: Change<Quantity>,
    /// Of a metric; cannot be cleared.
    pub target: Change<Quantity>,
    /// Of a metric.
    pub fold: Change<Fold>,
    /// Of a habit.
    pub amount: Change<Quantity>,
    /// Of a habit.
    pub per: Change<Per>,
    /// Of a habit.
    pub bound: Change<Bound>,
    /// Of a checklist: all items anew.
    pub items: Change<Vec<Item>>,
}

impl From<Measure> for MeasurePatch {
    /// Describes a measure in full.
    fn from(measure: Measure) -> Self {
        let kind = Change::Set(measure.kind());
        match measure {
            Measure::Binary => Self { kind, ..Self::default() },
            Measure::Checklist(items) => Self { kind, items: Change::Set(items), ..Self::default() },
            Measure::Metric(Metric { unit, start, target, fold }) => Self {
                kind,
                unit: Change::Set(unit),
                start: Change::Set(start),
                target: Change::Set(target),
                fold: Change::Set(fold),
                ..Self::default()
            },
            Measure::Habit(Habit { unit, amount, per, bound }) => Self {
                kind,
                unit: Change::Set(unit),
                amount: Change::Set(amount),
                per: Change::Set(per),
                bound: Change::Set(bound),
                ..Self::default()
            },
        }
    }
}

impl MeasurePatch {
    /// The measure that comes out when this is done to `present`; says of each bad field why, under
    /// `/measure`. No tick may be after `latest`. Without `present` as much is judged as can be, and
    /// when the kind is not said nothing comes out.
    pub(crate) fn applied(
        &self,
        present: Option<&Measure>,
        latest: NaiveDate,
        errors: &mut FieldErrors,
    ) -> Option<Measure> {
        let unit = set(&self.unit).map(|raw| errors.check("/measure/unit", unit(raw)).unwrap_or_default());
        let items = set(&self.items).map(|raw| items(raw, present, latest, errors));
        let kind = match self.kind {
            Change::Keep => present.map(Measure::kind),
            Change::Set(kind) => Some(kind),
            Change::Clear => Some(MeasureKind::Binary),
        };
        let Some(kind) = kind else {
            if self.target == Change::Clear {
                errors.push("/measure/target", Violation::Required);
            }
            check_way(set(&self.start).copied(), set(&self.target).copied(), errors);
            check_amount(set(&self.amount).copied(), set(&self.bound).copied(), errors);
            return None;
        };
        self.refuse_others(kind, errors);
        Some(match kind {
            MeasureKind::Binary => Measure::Binary,
            MeasureKind::Checklist => {
                let present = if let Some(Measure::Checklist(items)) = present { items.as_slice() } else { &[] };
                Measure::Checklist(after(&self.items, items, present.to_vec(), Vec::new()))
            }
            MeasureKind::Metric => {
                let present = if let Some(Measure::Metric(metric)) = present { Some(metric) } else { None };
                self.metric(present, unit, errors)?
            }
            MeasureKind::Habit => {
                let present = if let Some(Measure::Habit(habit)) = present { Some(habit) } else { None };
                self.habit(present, unit, errors)
            }
        })
    }

    fn metric(&self, present: Option<&Metric>, unit: Option<String>, errors: &mut FieldErrors) -> Option<Measure> {
        let start = present.map_or(Quantity::ZERO, |p| p.start);
        let start = after(&self.start, set(&self.start).copied(), start, Quantity::ZERO);
        let target = match self.target {
            Change::Set(target) => Some(target),
            Change::Keep => present.map(|p| p.target),
            Change::Clear => None,
        };
        if target.is_none() {
            errors.push("/measure/target", Violation::Required);
        }
        check_way(Some(start), target, errors);
        let unit = after(&self.unit, unit, present.map(|p| p.unit.clone()).unwrap_or_default(), String::new());
        let fold = present.map_or(Fold::Sum, |p| p.fold);
        let fold = after(&self.fold, set(&self.fold).copied(), fold, Fold::Sum);
        Some(Measure::Metric(Metric { unit, start, target: target?, fold }))
    }

    fn habit(&self, present: Option<&Habit>, unit: Option<String>, errors: &mut FieldErrors) -> Measure {
        let amount = present.map_or(Quantity::ONE, |p| p.amount);
        let amount = after(&self.amount, set(&self.amount).copied(), amount, Quantity::ONE);
        let bound = present.map_or(Bound::AtLeast, |p| p.bound);
        let bound = after(&self.bound, set(&self.bound).copied(), bound, Bound::AtLeast);
        check_amount(Some(amount), Some(bound), errors);
        let unit = after(&self.unit, unit, present.map(|p| p.unit.clone()).unwrap_or_default(), String::new());
        let per = present.map_or(Per::Day, |p| p.per);
        let per = after(&self.per, set(&self.per).copied(), per, Per::Day);
        Measure::Habit(Habit { unit, amount, per, bound })
    }

    /// Refuses the fields that a measure of `kind` does not have.
    fn refuse_others(&self, kind: MeasureKind, errors: &mut FieldErrors) {
        use MeasureKind::{Checklist, Habit, Metric};
        for (field, is_given, kinds) in [
            ("unit", self.unit != Change::Keep, &[Metric, Habit][..]),
            ("start", self.start != Change::Keep, &[Metric]),
            ("target", self.target != Change::Keep, &[Metric]),
            ("fold", self.fold != Change::Keep, &[Metric]),
            ("amount", self.amount != Change::Keep, &[Habit]),
            ("per", self.per != Change::Keep, &[Habit]),
            ("bound", self.bound != Change::Keep, &[Habit]),
            ("items", self.items != Change::Keep, &[Checklist]),
        ] {
            if is_given && !kinds.contains(&kind) {
                errors.push(format!("/measure/{field}"), Violation::NotApplicable);
            }
        }
    }
}

/// The new value that a change gives.
fn set<T>(change: &Change<T>) -> Option<&T> {
    if let Change::Set(value) = change { Some(value) } else { None }
}

/// What a field is after `change`, whose value has been judged and is `new`.
fn after<T, U>(change: &Change<U>, new: Option<T>, present: T, default: T) -> T {
    match change {
        Change::Keep => present,
        Change::Set(_) => new.unwrap_or(default),
        Change::Clear => default,
    }
}

fn check_way(start: Option<Quantity>, target: Option<Quantity>, errors: &mut FieldErrors) {
    if target.is_some() && start == target {
        errors.push("/measure/target", Violation::SameAsStart);
    }
}

fn check_amount(amount: Option<Quantity>, bound: Option<Bound>, errors: &mut FieldErrors) {
    let least = if bound == Some(Bound::AtLeast) { Quantity::from_millionths(1) } else { Some(Quantity::ZERO) };
    if amount < least && amount.is_some() {
        errors.push("/measure/amount", Violation::TooSmall { above: bound == Some(Bound::AtLeast) });
    }
}

fn unit(raw: &str) -> Result<String, Violation> {
    if raw.is_empty() { Ok(String::new()) } else { line(raw, UNIT_MAX) }
}

/// The items as they are kept; those without an id get the numbers behind the greatest that is in
/// use, so that no number comes to mean something else while somebody looks at an older list.
fn items(raw: &[Item], present: Option<&Measure>, latest: NaiveDate, errors: &mut FieldErrors) -> Vec<Item> {
    if raw.len() > ITEMS_MAX {
        errors.push("/measure/items", Violation::TooMany { max: ITEMS_MAX });
        return Vec::new();
    }
    let before = if let Some(Measure::Checklist(items)) = present { items.as_slice() } else { &[] };
    let numbers = before.iter().chain(raw).filter_map(|item| item.id.parse::<u32>().ok());
    let mut free = numbers.max().map_or(1, |greatest| u64::from(greatest) + 1)..;
    let mut seen = BTreeSet::new();
    let mut items = Vec::with_capacity(raw.len());
    for (n, item) in raw.iter().enumerate() {
        let at = |field: &str| format!("/measure/items/{n}/{field}");
        let number = if item.id.is_empty() { free.next() } else { None };
        let id = number.map_or_else(|| item.id.clone(), |number| number.to_string());
        if !is_item_id(&id) {
            let expected = "at most 36 characters a-z, A-Z, 0-9, - and _";
            errors.push(at("id"), Violation::InvalidFormat { expected });
        } else if !seen.insert(id.clone()) {
            errors.push(at("id"), Violation::Duplicate);
        }
        if let Some(day) = item.done_on {
            errors.check(&at("done_on"), check_done_on(day, latest));
        }
        let text = errors.check(&at("text"), line(&item.text, ITEM_MAX)).unwrap_or_default();
        items.push(Item { id, text, done_on: item.done_on });
    }
    items
}

fn is_item_id(id: &str) -> bool {
    (1..=ITEM_ID_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The latest day that it is anywhere at `now`: a day begins first at UTC+14.
pub(crate) fn latest_day(now: DateTime<Utc>) -> NaiveDate {
    now.checked_add_signed(TimeDelta::hours(14)).unwrap_or(now).date_naive()
}

/// What may stand as the day of a tick.
pub(crate) fn check_done_on(day: NaiveDate, latest: NaiveDate) -> Result<(), Violation> {
    check_year(&day)?;
    if day > latest { Err(Violation::InFuture) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 March 2026, noon in UTC: the second is a day somewhere.
    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400, 0).unwrap()
    }

    fn applied(
        patch: &MeasurePatch,
        present: Option<&Measure>,
    ) -> Result<Option<Measure>, Vec<(String, &'static str)>> {
        let mut errors = FieldErrors::new();
        let measure = patch.applied(present, latest_day(now()), &mut errors);
        if errors.is_empty() {
            return Ok(measure);
        }
        Err(errors.iter().map(|error| (error.pointer.clone(), error.violation.code())).collect())
    }

    fn of(kind: MeasureKind) -> MeasurePatch {
        MeasurePatch { kind: Change::Set(kind), ..MeasurePatch::default() }
    }

    #[test]
    fn every_kind_has_its_defaults() {
        let metric = MeasurePatch { target: Change::Set(12.into()), ..of(MeasureKind::Metric) };
        let start = Quantity::ZERO;
        let wanted = Metric { unit: String::new(), start, target: 12.into(), fold: Fold::Sum };
        assert_eq!(applied(&metric, None), Ok(Some(Measure::Metric(wanted))));
        let daily = Habit { unit: String::new(), amount: Quantity::ONE, per: Per::Day, bound: Bound::AtLeast };
        assert_eq!(applied(&of(MeasureKind::Habit), None), Ok(Some(Measure::Habit(daily))));
        assert_eq!(applied(&of(MeasureKind::Checklist), None), Ok(Some(Measure::Checklist(vec![]))));
        assert_eq!(applied(&of(MeasureKind::Binary), None), Ok(Some(Measure::Binary)));
        assert_eq!(applied(&MeasurePatch::default(), None), Ok(None));
    }

    #[test]
    fn a_patch_keeps_what_it_does_not_name() {
        let present =
            Measure::Metric(Metric { unit: "kg".into(), start: 90.into(), target: 80.into(), fold: Fold::Last });
        let lower = MeasurePatch { target: Change::Set(75.into()), ..MeasurePatch::default() };
        let Ok(Some(Measure::Metric(metric))) = applied(&lower, Some(&present)) else { panic!() };
        assert_eq!((metric.unit.as_str(), metric.start, metric.fold), ("kg", 90.into(), Fold::Last));
        let back = MeasurePatch { target: Change::Set(90.into()), ..MeasurePatch::default() };
        assert_eq!(applied(&back, Some(&present)), Err(vec![("/measure/target".into(), "same_as_start")]));
        assert_eq!(applied(&present.clone().into(), None), Ok(Some(present)));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let bad = MeasurePatch {
            unit: Change::Set("x".repeat(21)),
            amount: Change::Set(0.into()),
            target: Change::Set(1.into()),
            items: Change::Set(vec![
                Item { id: "a b".into(), text: String::new(), done_on: parse("2026-03-03") },
                Item { id: "a".into(), text: "x".into(), done_on: None },
                Item { id: "a".into(), text: "y".into(), done_on: parse("2026-03-02") },
            ]),
            ..of(MeasureKind::Habit)
        };
        let mut errors = applied(&bad, None).unwrap_err();
        errors.sort();
        let wanted = [
            ("/measure/amount", "too_small"),
            ("/measure/items", "not_applicable"),
            ("/measure/items/0/done_on", "in_future"),
            ("/measure/items/0/id", "invalid_format"),
            ("/measure/items/0/text", "required"),
            ("/measure/items/2/id", "duplicate"),
            ("/measure/target", "not_applicable"),
            ("/measure/unit", "too_long"),
        ];
        assert_eq!(errors, wanted.map(|(pointer, code)| (pointer.to_owned(), code)));
        assert_eq!(applied(&of(MeasureKind::Metric), None), Err(vec![("/measure/target".into(), "required")]));
        let negative = MeasurePatch { amount: Change::Set((-1).into()), ..MeasurePatch::default() };
        assert_eq!(applied(&negative, None), Err(vec![("/measure/amount".into(), "too_small")]));
    }

    fn parse(day: &str) -> Option<NaiveDate> {
        crate::deadline::parse_day(day)
    }

    #[test]
    fn items_without_an_id_get_numbers_that_nobody_had() {
        let item = |id: &str, text: &str| Item { id: id.into(), text: text.into(), done_on: None };
        let present = Measure::Checklist(vec![item("1", "a"), item("7", "b")]);
        let items = vec![item("", "c"), item("x", "d"), item("", "e")];
        let patch = MeasurePatch { items: Change::Set(items), ..MeasurePatch::default() };
        let Ok(Some(Measure::Checklist(items))) = applied(&patch, Some(&present)) else { panic!() };
        assert_eq!(items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["8", "x", "9"]);
    }
}
