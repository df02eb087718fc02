//! One function per operation, for its attributes and its words.

#![expect(dead_code, reason = "the document is made of their attributes")]

use super::schemas::{
    Address, Bulk, DeviceCode, GoalChange, GoalQuery, LogIn, NewApiToken, NewGoal, NewPassword, NewUser,
    PasswordChange, Proof, ProofWithCode, Refresh, SignedIn, UserChange,
};
use crate::wire::credentials::{ApiTokensOut, EnrolmentOut, NewApiTokenOut, RecoveryCodesOut};
use crate::wire::events::{ChangesOut, HistoryOut};
use crate::wire::meta::{HealthOut, MetaOut};
use crate::wire::output::{
    BulkOut, GoalOut, GoalsOut, HereOut, LimitsOut, NewGoalOut, SessionsOut, TokensOut, UserOut, WhoOut,
};

/// Register.
#[utoipa::path(
    post, path = "/api/v1/users", tag = "users", request_body = NewUser,
    responses((status = 201, description = "The user.", body = UserOut,
        headers(("Location" = String), ("ETag" = String)))),
)]
pub(super) const fn register() {}

/// Read one's profile.
#[utoipa::path(
    get, path = "/api/v1/users/me", tag = "users",
    responses((status = 200, description = "The user.", body = UserOut, headers(("ETag" = String))),
        (status = 304, description = "The client has it, by `If-None-Match`.")),
)]
pub(super) const fn me() {}

/// Change one's profile.
#[utoipa::path(
    patch, path = "/api/v1/users/me", tag = "users",
    params(("If-Match" = String, Header, description = "The `ETag` this is based on, or `*`.")),
    request_body(content((UserChange = "application/merge-patch+json"), (UserChange = "application/json"))),
    responses((status = 200, description = "The user.", body = UserOut, headers(("ETag" = String)))),
)]
pub(super) const fn update_me() {}

/// Delete one's account, with all its data.
#[utoipa::path(
    delete, path = "/api/v1/users/me", tag = "users", request_body = Proof,
    responses((status = 204, description = "It is gone.")),
)]
pub(super) const fn delete_me() {}

/// See how much of each limit is used.
#[utoipa::path(
    get, path = "/api/v1/users/me/limits", tag = "users",
    responses((status = 200, description = "The limits.", body = LimitsOut)),
)]
pub(super) const fn limits() {}

/// Change one's password; ends all other sessions.
#[utoipa::path(
    put, path = "/api/v1/users/me/password", tag = "users", request_body = PasswordChange,
    responses((status = 204, description = "It is changed.")),
)]
pub(super) const fn change_password() {}

/// Log in.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "sessions", request_body = LogIn,
    responses((status = 201, description = "The session.", body = SignedIn,
        headers(("Set-Cookie" = String, description = "With `cookie` alone.")))),
)]
pub(super) const fn log_in() {}

/// Spend a refresh token for a new pair.
#[utoipa::path(
    post, path = "/api/v1/sessions/refresh", tag = "sessions", request_body = Refresh,
    responses((status = 200, description = "The new pair.", body = TokensOut)),
)]
pub(super) const fn refresh() {}

/// List one's sessions.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "sessions",
    responses((status = 200, description = "The sessions.", body = SessionsOut)),
)]
pub(super) const fn sessions() {}

/// End one session.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", tag = "sessions",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "It is over.")),
)]
pub(super) const fn end_session() {}

/// Log out.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "sessions",
    responses((status = 204, description = "This session is over.")),
)]
pub(super) const fn log_out() {}

/// Log out everywhere.
#[utoipa::path(
    delete, path = "/api/v1/sessions", tag = "sessions",
    responses((status = 204, description = "All sessions are over.")),
)]
pub(super) const fn end_all_sessions() {}

/// Ask who one is.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "sessions",
    responses((status = 200, description = "Who asks, also when that is nobody.", body = WhoOut)),
)]
pub(super) const fn who_am_i() {}

/// Ask who one is.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "sessions",
    responses((status = 200, description = "Who asks, also when that is nobody.", body = HereOut)),
)]
pub(super) const fn who_is_here() {}

/// List one's API tokens.
#[utoipa::path(
    get, path = "/api/v1/tokens", tag = "tokens",
    responses((status = 200, description = "The tokens.", body = ApiTokensOut)),
)]
pub(super) const fn api_tokens() {}

/// Make an API token for a script.
#[utoipa::path(
    post, path = "/api/v1/tokens", tag = "tokens", request_body = NewApiToken,
    responses((status = 201, description = "The token, this once with what the script shows.", body = NewApiTokenOut,
        headers(("Location" = String)))),
)]
pub(super) const fn create_api_token() {}

/// Revoke an API token.
#[utoipa::path(
    delete, path = "/api/v1/tokens/{id}", tag = "tokens",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "It is over.")),
)]
pub(super) const fn revoke_api_token() {}

/// Ask for a letter with a link to another password.
#[utoipa::path(
    post, path = "/api/v1/password-resets", tag = "recovery", request_body = Address,
    responses((status = 202, description = "Whoever has this address gets a letter; if somebody has.")),
)]
pub(super) const fn request_reset() {}

/// Set another password by a link; ends all sessions and API tokens.
#[utoipa::path(
    put, path = "/api/v1/password-resets/{token}", tag = "recovery", params(("token" = String, Path)),
    request_body = NewPassword,
    responses((status = 204, description = "It is set.")),
)]
pub(super) const fn reset() {}

/// Ask for a letter with a link that verifies one's address.
#[utoipa::path(
    post, path = "/api/v1/email-verifications", tag = "recovery",
    responses((status = 202, description = "It is on its way, unless there is nothing to verify.")),
)]
pub(super) const fn request_verification() {}

/// Verify an address by a link.
#[utoipa::path(
    put, path = "/api/v1/email-verifications/{token}", tag = "recovery", params(("token" = String, Path)),
    responses((status = 204, description = "It is verified.")),
)]
pub(super) const fn verify() {}

/// Begin to set up a second factor.
#[utoipa::path(
    post, path = "/api/v1/two-factor", tag = "two-factor", request_body = Proof,
    responses((status = 201, description = "What the device needs.", body = EnrolmentOut)),
)]
pub(super) const fn enrol_second_factor() {}

/// Turn the second factor on, with a code of the device.
#[utoipa::path(
    put, path = "/api/v1/two-factor", tag = "two-factor", request_body = DeviceCode,
    responses((status = 200, description = "It is on. What lets somebody in without the device, this once.",
        body = RecoveryCodesOut)),
)]
pub(super) const fn confirm_second_factor() {}

/// Turn the second factor off.
#[utoipa::path(
    delete, path = "/api/v1/two-factor", tag = "two-factor", request_body = ProofWithCode,
    responses((status = 204, description = "It is off.")),
)]
pub(super) const fn remove_second_factor() {}

/// List one's goals, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/goals", tag = "goals", params(GoalQuery),
    responses((status = 200, description = "A page.", body = GoalsOut)),
)]
pub(super) const fn list_goals() {}

/// Create a goal.
#[utoipa::path(
    post, path = "/api/v1/goals", tag = "goals", request_body = NewGoal,
    responses((status = 201, description = "The goal.", body = NewGoalOut,
        headers(("Location" = String), ("ETag" = String)))),
)]
pub(super) const fn create_goal() {}

/// Do up to 100 things to goals, all of them or nothing; each sees what those before it do.
#[utoipa::path(
    post, path = "/api/v1/goals/bulk", tag = "goals", request_body = Bulk,
    responses((status = 200, description = "What was made of the goals.", body = BulkOut)),
)]
pub(super) const fn bulk_goals() {}

/// Read a goal.
#[utoipa::path(
    get, path = "/api/v1/goals/{id}", tag = "goals",
    params(("id" = String, Path, format = "uuid"),
        ("as_of" = Option<String>, Query, format = DateTime,
            description = "The goal as it was at this instant; then there is no `ETag`.")),
    responses((status = 200, description = "The goal.", body = GoalOut, headers(("ETag" = String))),
        (status = 304, description = "The client has it, by `If-None-Match`.")),
)]
pub(super) const fn get_goal() {}

/// Change a goal.
#[utoipa::path(
    patch, path = "/api/v1/goals/{id}", tag = "goals",
    params(("id" = String, Path, format = "uuid"),
        ("If-Match" = String, Header, description = "The `ETag` this is based on, or `*`.")),
    request_body(content((GoalChange = "application/merge-patch+json"), (GoalChange = "application/json"))),
    responses((status = 200, description = "The goal.", body = GoalOut, headers(("ETag" = String)))),
)]
pub(super) const fn update_goal() {}

/// Move a goal to the trash, and those below it with it.
#[utoipa::path(
    delete, path = "/api/v1/goals/{id}", tag = "goals",
    params(("id" = String, Path, format = "uuid"),
        ("If-Match" = String, Header, description = "The `ETag` this is based on, or `*`.")),
    responses((status = 204, description = "It is in the trash.", headers(("ETag" = String)))),
)]
pub(super) const fn delete_goal() {}

/// Take a goal out of the trash, and those below it that went there with it.
///
/// When its parent stays in the trash, it comes back without one.
#[utoipa::path(
    post, path = "/api/v1/goals/{id}/restore", tag = "goals", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, description = "The goal.", body = GoalOut, headers(("ETag" = String)))),
)]
pub(super) const fn restore_goal() {}

/// Remove a goal for good, and those below it that are there with it; others lose their parent.
#[utoipa::path(
    post, path = "/api/v1/goals/{id}/purge", tag = "goals", params(("id" = String, Path, format = "uuid")),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) const fn purge_goal() {}

/// See what happened to a goal, the newest first and field by field.
#[utoipa::path(
    get, path = "/api/v1/goals/{id}/history", tag = "goals",
    params(("id" = String, Path, format = "uuid"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before.")),
    responses((status = 200, description = "A page.", body = HistoryOut)),
)]
pub(super) const fn history() {}

/// Take back one's last change of a goal, as a new change; what is taken back twice is done again.
#[utoipa::path(
    post, path = "/api/v1/goals/{id}/undo", tag = "goals",
    params(("id" = String, Path, format = "uuid"),
        ("version" = Option<u64>, Query, description = "Take back the change that made this version instead.")),
    responses((status = 200, description = "The goal.", body = GoalOut, headers(("ETag" = String)))),
)]
pub(super) const fn undo() {}

/// Follow what happens to one's goals, in order, nothing skipped and nothing twice.
///
/// Ask without `after` first: that answers the cursor of now and no events. Read the goals, and
/// then follow from there.
#[utoipa::path(
    get, path = "/api/v1/changes", tag = "goals",
    params(("after" = Option<String>, Query, description = "The `next_cursor` of the answer before; `0` for all."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200)),
    responses((status = 200, description = "What happened since.", body = ChangesOut)),
)]
pub(super) const fn changes() {}

/// Hear what happens to one's goals as it happens, as server-sent events.
///
/// Each has the `kind` of an event as its `event`, its `seq` as its `id` and the event as its
/// `data`. It begins behind `Last-Event-ID`, which browsers send when they come again, or `after`,
/// or else with what happens next; a comment comes every 20 seconds. The stream ends with the
/// session.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "goals",
    params(("after" = Option<String>, Query, description = "The `next_cursor` of an answer of `/changes`."),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that has come.")),
    responses((status = 200, description = "The stream.", content_type = "text/event-stream", body = String)),
)]
pub(super) const fn events() {}

/// See bounds, statuses, the palette and the problem codes.
#[utoipa::path(
    get, path = "/api/v1/meta", tag = "service",
    responses((status = 200, description = "What the service is like.", body = MetaOut)),
)]
pub(super) const fn meta() {}

/// Read this document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "service",
    responses((status = 200, description = "This document.", content_type = "application/json")),
)]
pub(super) const fn openapi() {}

/// Get the public keys with which access tokens can be checked.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "service",
    responses(
        (status = 200, description = "A JSON Web Key Set.", content_type = "application/jwk-set+json"),
        (status = 404, description = "They are checked with a secret."),
    ),
)]
pub(super) const fn keys() {}

/// Ask whether the process is up.
#[utoipa::path(
    get, path = "/healthz", tag = "service",
    responses((status = 200, description = "It is.", body = HealthOut)),
)]
pub(super) const fn alive() {}

/// Ask whether the store answers.
#[utoipa::path(
    get, path = "/readyz", tag = "service",
    responses((status = 200, description = "It does.", body = HealthOut)),
)]
pub(super) const fn ready() {}

/// Read what a monitor wants to know.
#[utoipa::path(
    get, path = "/metrics", tag = "service",
    responses((status = 200, description = "Counts and times, as Prometheus reads them.", content_type = "text/plain")),
)]
pub(super) const fn metrics() {}
