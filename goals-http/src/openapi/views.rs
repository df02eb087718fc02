//! The operations on views.

#![expect(dead_code, reason = "the document is made of their attributes")]

use utoipa::ToSchema;

use crate::wire::views::{ViewOut, ViewsOut};

/// A view to be.
#[derive(ToSchema)]
pub(crate) struct NewView {
    /// Unique but for case.
    name: String,
    /// The query of `GET /goals`, without `limit` and `cursor`; all goals in sight when none is
    /// given. What is wrong with a parameter is told under `/query/` and its name.
    query: Option<String>,
}

/// Changes of a view (RFC 7396).
#[derive(ToSchema)]
pub(crate) struct ViewChange {
    #[schema(nullable = false)]
    name: Option<String>,
    query: Option<String>,
}

/// List one's views.
#[utoipa::path(
    get, path = "/api/v1/views", tag = "views",
    responses((status = 200, description = "The views.", body = ViewsOut)),
)]
pub(super) const fn list_views() {}

/// Give a list of goals a name.
#[utoipa::path(
    post, path = "/api/v1/views", tag = "views", request_body = NewView,
    responses((status = 201, description = "The view.", body = ViewOut, headers(("ETag" = String)))),
)]
pub(super) const fn create_view() {}

/// Change a view.
#[utoipa::path(
    patch, path = "/api/v1/views/{id}", tag = "views",
    params(("id" = String, Path, format = "uuid"),
        ("If-Match" = String, Header, description = "The `ETag` this is based on, or `*`.")),
    request_body(content((ViewChange = "application/merge-patch+json"), (ViewChange = "application/json"))),
    responses((status = 200, description = "The view.", body = ViewOut, headers(("ETag" = String)))),
)]
pub(super) const fn update_view() {}

/// Remove a view.
#[utoipa::path(
    delete, path = "/api/v1/views/{id}", tag = "views",
    params(("id" = String, Path, format = "uuid"),
        ("If-Match" = String, Header, description = "The `ETag` this is based on, or `*`.")),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) const fn delete_view() {}
