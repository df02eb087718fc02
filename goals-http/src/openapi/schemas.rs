//! The shapes of what a client sends, and of problems. They are read field by field (see
//! `wire::input`), so these types are for the document alone.

#![expect(dead_code, reason = "the document is made of their declarations")]

use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::choices::{Bound, Color, Fold, MeasureKind, Per, Priority, Scope, Status};
use crate::wire::output::{SessionOut, UserOut};

/// Why a request was refused (RFC 9457).
#[derive(ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: `code` says more.
    #[schema(rename = "type")]
    r#type: String,
    /// The status in words.
    title: String,
    status: u16,
    /// What happened, in English.
    detail: Option<String>,
    /// The stable name of the problem; `/meta` lists all of them.
    code: String,
    /// Under which this request is in the log.
    request_id: String,
    /// With `validation_failed` and `invalid_query`: every value that was refused.
    errors: Option<Vec<FieldProblem>>,
    /// With `stale_version`: what stands there now.
    current: Option<Value>,
    /// With `duplicate_goal`: the goal that says the same. With `view_exists`: the view of that name.
    #[schema(format = "uuid")]
    existing_id: Option<String>,
    /// Of many operations: the one that was refused.
    pointer: Option<String>,
    /// With `limit_reached`: which limit.
    limit: Option<String>,
    /// With `limit_reached` and `body_too_large`: how much is allowed.
    max: Option<u64>,
    /// With `invalid_transition`: the present status.
    from: Option<String>,
    /// With `invalid_transition`: the status that was asked for.
    to: Option<String>,
}

/// Why one value was refused.
#[derive(ToSchema)]
pub(crate) struct FieldProblem {
    /// A JSON pointer into the body, or `/` and the name of a query parameter.
    pointer: String,
    /// The stable name of the reason.
    code: String,
    /// The bounds that were in force, by name.
    #[schema(value_type = Object)]
    params: Value,
    /// The reason in English.
    detail: String,
}

/// An account to be.
#[derive(ToSchema)]
pub(crate) struct NewUser {
    username: String,
    #[schema(format = Email)]
    email: String,
    #[schema(format = Password)]
    password: String,
    /// A language tag; `en` when none is given.
    locale: Option<String>,
    /// A zone of the IANA time zone database; `UTC` when none is given.
    time_zone: Option<String>,
}

/// Changes of a user (RFC 7396).
#[derive(ToSchema)]
pub(crate) struct UserChange {
    #[schema(nullable = false)]
    username: Option<String>,
    /// Where people are written to, it waits until it is verified.
    #[schema(format = Email, nullable = false)]
    email: Option<String>,
    locale: Option<String>,
    time_zone: Option<String>,
    /// Needed with `email`, unless the session is younger than 15 minutes.
    #[schema(format = Password)]
    password: Option<String>,
}

/// What proves that it is the user themselves.
#[derive(ToSchema)]
pub(crate) struct Proof {
    #[schema(format = Password)]
    password: String,
}

/// To whom a letter is to go.
#[derive(ToSchema)]
pub(crate) struct Address {
    #[schema(format = Email)]
    email: String,
}

/// A password to be.
#[derive(ToSchema)]
pub(crate) struct NewPassword {
    #[schema(format = Password)]
    new_password: String,
}

/// A code of the device that is being set up.
#[derive(ToSchema)]
pub(crate) struct DeviceCode {
    code: String,
}

/// What proves that it is the user themselves who turns their second factor off.
#[derive(ToSchema)]
pub(crate) struct ProofWithCode {
    #[schema(format = Password)]
    password: String,
    /// Of the device, or a recovery code.
    code: String,
}

/// A password for another.
#[derive(ToSchema)]
pub(crate) struct PasswordChange {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password)]
    new_password: String,
}

/// Who, and what proves it. One of `login`, `username` and `email` is given.
#[derive(ToSchema)]
pub(crate) struct LogIn {
    /// A username or an e-mail address.
    login: Option<String>,
    /// Another name of `login`.
    username: Option<String>,
    /// Another name of `login`.
    email: Option<String>,
    #[schema(format = Password)]
    password: String,
    /// With a second factor: a code of the device, or a recovery code.
    code: Option<String>,
    /// Whether a browser is to keep the session in its cookie; then no tokens are answered.
    cookie: Option<bool>,
}

/// Who signed in, and tokens unless a browser keeps the session in its cookie.
#[derive(ToSchema)]
pub(crate) struct SignedIn {
    user: UserOut<'static>,
    session: SessionOut<'static>,
    #[schema(nullable = false)]
    access_token: Option<String>,
    /// Always `Bearer`.
    #[schema(nullable = false)]
    token_type: Option<String>,
    /// For how many seconds the access token is good.
    #[schema(nullable = false)]
    expires_in: Option<i64>,
    /// Good for one new pair.
    #[schema(nullable = false)]
    refresh_token: Option<String>,
}

/// A refresh token to be spent.
#[derive(ToSchema)]
pub(crate) struct Refresh {
    refresh_token: String,
}

/// An API token to be.
#[derive(ToSchema)]
pub(crate) struct NewApiToken {
    /// What its user calls it.
    name: String,
    scope: Scope,
    /// 90 when nothing is said.
    #[schema(minimum = 1, maximum = 366)]
    expires_in_days: Option<i64>,
    /// Needed unless the session is younger than 15 minutes.
    #[schema(format = Password)]
    password: Option<String>,
}

/// A goal to be. What is absent or null takes its default.
#[derive(ToSchema)]
pub(crate) struct NewGoal {
    /// An id of the client's own, so that a create that is sent twice makes one goal.
    #[schema(format = "uuid")]
    id: Option<String>,
    title: String,
    description: Option<String>,
    status: Option<Status>,
    #[schema(format = Date)]
    start: Option<String>,
    /// A day (`YYYY-MM-DD`) or an instant (RFC 3339).
    deadline: Option<String>,
    measure: Option<NewMeasure>,
    priority: Option<Priority>,
    color: Option<Color>,
    /// One emoji.
    icon: Option<String>,
    tags: Option<Vec<String>>,
    /// Each a string, a number, a boolean or a list of strings.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Value>,
    /// The goal that it is a part of.
    #[schema(format = "uuid")]
    parent: Option<String>,
    /// Whether it may say the same as an open goal.
    allow_duplicate: Option<bool>,
}

/// Changes of a goal (RFC 7396): absent keeps, null clears.
#[derive(ToSchema)]
pub(crate) struct GoalChange {
    #[schema(nullable = false)]
    title: Option<String>,
    description: Option<String>,
    #[schema(nullable = false)]
    status: Option<Status>,
    #[schema(format = Date)]
    start: Option<String>,
    /// A day (`YYYY-MM-DD`) or an instant (RFC 3339).
    deadline: Option<String>,
    /// Merged: what is absent stays. Null is a binary measure.
    measure: Option<NewMeasure>,
    /// Items of a checklist to tick (true: done today) or untick (false), by id; the others stay.
    /// Safe with `If-Match: *`: of two clients that tick at the same time none undoes the other.
    #[schema(value_type = Option<Object>)]
    ticks: Option<Value>,
    priority: Option<Priority>,
    color: Option<Color>,
    /// One emoji.
    icon: Option<String>,
    tags: Option<Vec<String>>,
    /// Merged: null takes one field away.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Value>,
    /// The goal that it is a part of; null makes it stand by itself.
    #[schema(format = "uuid")]
    parent: Option<String>,
    archived: Option<bool>,
    /// Whether it may say the same as an open goal.
    allow_duplicate: Option<bool>,
}

/// How "done" is to be measured. Members of another kind are refused; another kind than the present
/// one takes its defaults for what is not given.
#[derive(ToSchema)]
pub(crate) struct NewMeasure {
    /// `binary` when none is given.
    kind: Option<MeasureKind>,
    /// Of a metric and a habit: at most 20 characters, such as `km`, `%` or an ISO 4217 code.
    unit: Option<String>,
    /// Of a metric; 0 when none is given.
    start: Option<f64>,
    /// Of a metric, which needs it; not the same as the start.
    #[schema(nullable = false)]
    target: Option<f64>,
    /// Of a metric; `sum` when none is given.
    fold: Option<Fold>,
    /// Of a habit; 1 when none is given.
    amount: Option<f64>,
    /// Of a habit; `day` when none is given.
    per: Option<Per>,
    /// Of a habit; `at_least` when none is given.
    bound: Option<Bound>,
    /// Of a checklist; at most 100.
    items: Option<Vec<NewItem>>,
}

/// One item of a checklist to be.
#[derive(ToSchema)]
pub(crate) struct NewItem {
    /// At most 36 letters, digits, `-` and `_`; the next free number when none is given.
    id: Option<String>,
    text: String,
    /// The day on which it was done.
    #[schema(format = Date)]
    done_on: Option<String>,
}

/// Up to 100 operations.
#[derive(ToSchema)]
pub(crate) struct Bulk {
    #[schema(max_items = 100)]
    operations: Vec<Operation>,
}

/// One thing to do. `create` takes `goal`; `update` takes `id`, `version` and `changes`; `delete`
/// takes `id` and `version`; `restore` takes `id`.
#[derive(ToSchema)]
pub(crate) struct Operation {
    /// `create`, `update`, `delete` or `restore`.
    op: String,
    #[schema(format = "uuid", nullable = false)]
    id: Option<String>,
    /// The version this is based on, or `*` to force it.
    #[schema(nullable = false)]
    version: Option<Value>,
    #[schema(nullable = false)]
    goal: Option<NewGoal>,
    #[schema(nullable = false)]
    changes: Option<GoalChange>,
}

/// Which goals to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GoalQuery {
    /// Any of these, separated by commas.
    status: Option<String>,
    /// Every one of these; the parameter is repeated.
    tag: Option<Vec<String>>,
    /// Every word of this, in title, description or tags.
    q: Option<String>,
    /// A day or an instant.
    deadline_before: Option<String>,
    /// A day or an instant.
    deadline_after: Option<String>,
    /// The id of a goal for its parts, or `none` for goals that are part of nothing.
    parent: Option<String>,
    /// Archived goals alone, or those in sight alone.
    archived: Option<bool>,
    /// What is in the trash, instead of what is not.
    trash: Option<bool>,
    /// `deadline`, `priority`, `created_at`, `updated_at` or `title`; with `-` before it the
    /// greatest first.
    sort: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}
