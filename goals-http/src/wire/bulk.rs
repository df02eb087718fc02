//! Many operations in one body.

use chrono::NaiveDate;
use goals_core::{BULK_MAX, Expected, FieldErrors, Operation, Violation};

use super::input::{draft_in, patch_in};
use crate::fields::{self, Fields, refuse};
use crate::json::{Json, Object};
use crate::problem::Problem;

/// What an operation may be.
const OPERATIONS: &[&str] = &["create", "update", "delete", "restore"];

/// Reads operations, and says of each bad value in them where it stands; what they tick is done
/// `today`.
pub(crate) fn operations(body: Object, today: NaiveDate) -> Result<Vec<Operation>, Problem> {
    let mut body = Fields::new(body);
    let list = body.required("operations", list).unwrap_or_default();
    let mut errors = FieldErrors::new();
    if list.len() > BULK_MAX {
        errors.push("/operations", Violation::TooMany { max: BULK_MAX });
    }
    let read = |(at, json)| operation(json, &format!("/operations/{at}"), today, &mut errors);
    let operations = list.into_iter().take(BULK_MAX).enumerate().filter_map(read).collect();
    body.finish(errors.into_result())?;
    Ok(operations)
}

/// Where in its operation the fields stand that the domain judges.
pub(crate) const fn place(operation: &Operation) -> &'static str {
    match operation {
        Operation::Create(_) => "/goal",
        Operation::Update(..) => "/changes",
        Operation::Delete(..) | Operation::Restore(_) => "",
    }
}

fn list(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Vec<Json>> {
    if let Json::List(list) = json { Some(list) } else { refuse("a list of objects", pointer, errors) }
}

fn operation(json: Json, at: &str, today: NaiveDate, errors: &mut FieldErrors) -> Option<Operation> {
    let mut fields = Fields::within(json, at, errors)?;
    let kind = fields.required("op", fields::text);
    let operation = match kind.as_deref() {
        Some("create") => fields.required("goal", any).and_then(|goal| {
            let mut goal = Fields::within(goal, &format!("{at}/goal"), errors)?;
            let draft = draft_in(&mut goal);
            goal.end(errors);
            errors.merge(draft.validate().err().unwrap_or_default().under(&format!("{at}/goal")));
            Some(Operation::Create(Box::new(draft)))
        }),
        Some("update") => {
            let (id, expected) = (fields.required("id", fields::id), fields.required("version", version));
            let patch = fields.required("changes", any).and_then(|changes| {
                let mut changes = Fields::within(changes, &format!("{at}/changes"), errors)?;
                let patch = patch_in(&mut changes, today);
                changes.end(errors);
                errors.merge(patch.validate().err().unwrap_or_default().under(&format!("{at}/changes")));
                Some(Box::new(patch))
            });
            id.zip(expected).zip(patch).map(|((id, expected), patch)| Operation::Update(id, expected, patch))
        }
        Some("delete") => {
            let (id, expected) = (fields.required("id", fields::id), fields.required("version", version));
            id.zip(expected).map(|(id, expected)| Operation::Delete(id, expected))
        }
        Some("restore") => fields.required("id", fields::id).map(Operation::Restore),
        // What else it may have depends on what it is.
        Some(_) => {
            errors.push(format!("{at}/op"), Violation::InvalidChoice { allowed: OPERATIONS });
            return None;
        }
        None => None,
    };
    fields.end(errors);
    operation
}

#[expect(clippy::unnecessary_wraps, reason = "all readers have one shape")]
fn any(json: Json, _: &str, _: &mut FieldErrors) -> Option<Json> {
    Some(json)
}

/// The version that a change is based on, or `*` for whichever there is.
#[expect(clippy::needless_pass_by_value, reason = "all readers have one shape")]
fn version(json: Json, pointer: &str, errors: &mut FieldErrors) -> Option<Expected> {
    let read = match &json {
        Json::Text(text) if text == "*" => Some(Expected::Any),
        Json::Number(number) => number.parse().ok().map(Expected::Version),
        _ => None,
    };
    read.or_else(|| refuse("a version or \"*\"", pointer, errors))
}
