//! The operations on logs, on how goals stand, and the shapes of what they take.

#![expect(dead_code, reason = "the document is made of their attributes")]

use utoipa::{IntoParams, ToSchema};

use crate::wire::check_ins::{CheckInOut, CheckInsOut};
use crate::wire::pace::{OutlookOut, StatsOut};

/// A check-in to be.
#[derive(ToSchema)]
pub(crate) struct NewCheckIn {
    /// An id of the client's own, so that a check-in that is sent twice is made once.
    #[schema(format = "uuid")]
    id: Option<String>,
    /// The civil day it counts for; where `at` lies when none is given. Not in the future.
    #[schema(format = Date)]
    day: Option<String>,
    /// Now when none is given.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// The reading, or the amount; where amounts add up, none is one. Only of metrics and habits.
    value: Option<f64>,
    /// At most 1,000 characters.
    note: Option<String>,
}

/// Corrections of a check-in (RFC 7396).
#[derive(ToSchema)]
pub(crate) struct CheckInChange {
    #[schema(format = Date, nullable = false)]
    day: Option<String>,
    #[schema(format = DateTime, nullable = false)]
    at: Option<String>,
    value: Option<f64>,
    note: Option<String>,
}

/// What is to be tried out; all of it at once.
#[derive(ToSchema)]
pub(crate) struct Trial {
    /// Another deadline; null is none.
    deadline: Option<String>,
    /// Another target of a metric.
    target: Option<f64>,
    /// A pause from today on, of so many days.
    #[schema(minimum = 0, maximum = 3660)]
    pause_days: Option<u32>,
    /// Check-ins more; at most 100.
    check_ins: Option<Vec<NewCheckIn>>,
}

/// Which check-ins to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckInQuery {
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the check-ins of a goal, the newest first, a page at a time.
#[utoipa::path(
    get, path = "/api/v1/goals/{id}/check-ins", tag = "check-ins",
    params(("id" = String, Path, format = "uuid"), CheckInQuery),
    responses((status = 200, description = "A page.", body = CheckInsOut)),
)]
pub(super) const fn list() {}

/// Check in. Refused as `goal_closed` while the goal is closed or in the trash.
#[utoipa::path(
    post, path = "/api/v1/goals/{id}/check-ins", tag = "check-ins", params(("id" = String, Path, format = "uuid")),
    request_body = NewCheckIn,
    responses((status = 201, description = "The check-in.", body = CheckInOut, headers(("Location" = String)))),
)]
pub(super) const fn create() {}

/// Read a check-in.
#[utoipa::path(
    get, path = "/api/v1/goals/{id}/check-ins/{check_in}", tag = "check-ins",
    params(("id" = String, Path, format = "uuid"), ("check_in" = String, Path, format = "uuid")),
    responses((status = 200, description = "The check-in.", body = CheckInOut)),
)]
pub(super) const fn get() {}

/// Correct a check-in.
#[utoipa::path(
    patch, path = "/api/v1/goals/{id}/check-ins/{check_in}", tag = "check-ins",
    params(("id" = String, Path, format = "uuid"), ("check_in" = String, Path, format = "uuid")),
    request_body(content((CheckInChange = "application/merge-patch+json"), (CheckInChange = "application/json"))),
    responses((status = 200, description = "The check-in.", body = CheckInOut)),
)]
pub(super) const fn update() {}

/// Take a check-in back.
#[utoipa::path(
    delete, path = "/api/v1/goals/{id}/check-ins/{check_in}", tag = "check-ins",
    params(("id" = String, Path, format = "uuid"), ("check_in" = String, Path, format = "uuid")),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) const fn delete() {}

/// See how a goal stands, and why.
#[utoipa::path(
    get, path = "/api/v1/goals/{id}/pace", tag = "check-ins", params(("id" = String, Path, format = "uuid")),
    responses((status = 200, description = "How it stands.", body = OutlookOut)),
)]
pub(super) const fn pace() {}

/// See how a goal would stand; nothing is written.
#[utoipa::path(
    post, path = "/api/v1/goals/{id}/simulations", tag = "check-ins",
    params(("id" = String, Path, format = "uuid")), request_body = Trial,
    responses((status = 200, description = "How it would stand.", body = OutlookOut)),
)]
pub(super) const fn simulate() {}

/// See how one's goals stand together.
#[utoipa::path(
    get, path = "/api/v1/stats", tag = "check-ins",
    responses((status = 200, description = "Counts, a streak, and a year of check-ins.", body = StatsOut)),
)]
pub(super) const fn stats() {}
