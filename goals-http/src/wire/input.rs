//! What a client sends: JSON and queries to what the use cases take.

use chrono::NaiveDate;
use goals_core::{
    DuplicatePolicy, FieldErrors, GoalDraft, GoalPatch, GoalQuery, PAGE_MAX, Password, Registration, UserPatch,
    Violation,
};

use super::measure;
use crate::fields::{self, Fields};
use crate::json::Object;
use crate::problem::{Code, Problem};
use crate::query::Query;

/// Reads a goal to be made.
pub(crate) fn goal_draft(body: Object) -> Result<GoalDraft, FieldErrors> {
    let mut fields = Fields::new(body);
    let draft = draft_in(&mut fields);
    fields.judge(draft.validate())?;
    Ok(draft)
}

/// The goal that `fields` describe.
pub(super) fn draft_in(fields: &mut Fields) -> GoalDraft {
    GoalDraft {
        id: fields.get("id", fields::id),
        title: fields.get("title", fields::text).unwrap_or_default(),
        description: fields.get("description", fields::text).unwrap_or_default(),
        status: fields.get("status", fields::named),
        start: fields.get("start", fields::day),
        deadline: fields.get("deadline", fields::named),
        measure: fields.get("measure", measure::measure).unwrap_or_default(),
        priority: fields.get("priority", fields::named).unwrap_or_default(),
        color: fields.get("color", fields::named),
        icon: fields.get("icon", fields::text),
        tags: fields.get("tags", fields::texts).unwrap_or_default(),
        attributes: fields.get("attributes", fields::attributes).unwrap_or_default(),
        parent: fields.get("parent", fields::id),
        duplicates: duplicates(fields),
    }
}

/// Reads a change of a goal; what it ticks is done `today`.
pub(crate) fn goal_patch(body: Object, today: NaiveDate) -> Result<GoalPatch, FieldErrors> {
    let mut fields = Fields::new(body);
    let patch = patch_in(&mut fields, today);
    fields.judge(patch.validate())?;
    Ok(patch)
}

/// The change that `fields` describe.
pub(super) fn patch_in(fields: &mut Fields, today: NaiveDate) -> GoalPatch {
    let ticks = fields.get("ticks", measure::ticks).unwrap_or_default();
    GoalPatch {
        title: fields.change("title", fields::text),
        description: fields.change("description", fields::text),
        status: fields.change("status", fields::named),
        start: fields.change("start", fields::day),
        deadline: fields.change("deadline", fields::named),
        measure: fields.change("measure", measure::measure),
        ticks: ticks.into_iter().map(|(id, ticked)| (id, ticked.then_some(today))).collect(),
        priority: fields.change("priority", fields::named),
        color: fields.change("color", fields::named),
        icon: fields.change("icon", fields::text),
        tags: fields.change("tags", fields::texts),
        attributes: fields.change("attributes", fields::attribute_changes),
        parent: fields.change("parent", fields::id),
        archived: fields.change("archived", fields::boolean),
        duplicates: duplicates(fields),
    }
}

fn duplicates(fields: &mut Fields) -> Option<DuplicatePolicy> {
    let allow = fields.get("allow_duplicate", fields::boolean).unwrap_or_default();
    allow.then_some(DuplicatePolicy::Allow)
}

/// Reads a registration; `judge` says what the accounts think of it.
pub(crate) fn registration(
    body: Object,
    judge: impl FnOnce(&Registration) -> Result<(), FieldErrors>,
) -> Result<Registration, Problem> {
    let mut fields = Fields::new(body);
    let registration = Registration {
        username: fields.get("username", fields::text).unwrap_or_default(),
        email: fields.get("email", fields::text).unwrap_or_default(),
        password: Password::new(fields.get("password", fields::text).unwrap_or_default()),
        locale: fields.get("locale", fields::text),
        time_zone: fields.get("time_zone", fields::text),
    };
    fields.finish(judge(&registration))?;
    Ok(registration)
}

/// Reads a change of a user, and the password that confirms it.
pub(crate) fn user_patch(body: Object) -> Result<(UserPatch, Option<Password>), Problem> {
    let mut fields = Fields::new(body);
    let patch = UserPatch {
        username: fields.change("username", fields::text),
        email: fields.change("email", fields::text),
        locale: fields.change("locale", fields::text),
        time_zone: fields.change("time_zone", fields::text),
    };
    let password = fields.get("password", fields::text).map(Password::new);
    fields.finish(patch.validate())?;
    Ok((patch, password))
}

/// Reads members that all have to be there and be texts.
pub(crate) fn texts<const N: usize>(body: Object, names: [&str; N]) -> Result<[String; N], Problem> {
    let mut fields = Fields::new(body);
    let texts = names.map(|name| fields.required(name, fields::text).unwrap_or_default());
    fields.finish(Ok(()))?;
    Ok(texts)
}

/// A log-in: who, what proves it, and whether a browser keeps it.
pub(crate) struct LogIn {
    pub(crate) login: String,
    pub(crate) password: Password,
    pub(crate) code: Option<String>,
    pub(crate) cookie: bool,
}

/// Reads a log-in.
pub(crate) fn log_in(body: Object) -> Result<LogIn, Problem> {
    let mut fields = Fields::new(body);
    // What stands under a second of these names is left over, and so refused.
    let name = ["login", "username", "email"].into_iter().find(|name| fields.has(name)).unwrap_or("login");
    let login = fields.required(name, fields::text).unwrap_or_default();
    let password = Password::new(fields.required("password", fields::text).unwrap_or_default());
    let code = fields.get("code", fields::text);
    let cookie = fields.get("cookie", fields::boolean).unwrap_or_default();
    fields.finish(Ok(()))?;
    Ok(LogIn { login, password, code, cookie })
}

/// Reads which goals to list.
pub(crate) fn goal_query(query: &Query) -> Result<GoalQuery, Problem> {
    GoalQuery::from_parameters(query.pairs()).map_err(|errors| Problem::fields(Code::InvalidQuery, &errors))
}

/// How many entries a page is to have, if that is said.
pub(super) fn limit(query: &Query, errors: &mut FieldErrors) -> Option<u32> {
    let limit = query.one("limit", errors)?.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    errors.check("/limit", limit.ok_or(Violation::OutOfRange { min: 1, max: PAGE_MAX.into() }))
}
