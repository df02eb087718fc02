//! Goals as a table.

#![expect(dead_code, reason = "the document is made of their attributes")]

use utoipa::IntoParams;

use crate::wire::import::ImportOut;

/// Which goals to export.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
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
    /// The id of a goal, or `none`.
    parent: Option<String>,
    /// Archived goals alone, or those in sight alone; both when nothing is said.
    archived: Option<bool>,
    /// What is in the trash, instead of what is not.
    trash: Option<bool>,
    /// As in the list.
    sort: Option<String>,
}

/// How to import.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Whether only to tell the fate of every row.
    dry_run: Option<bool>,
    /// Whether goals may say the same as open ones.
    allow_duplicates: Option<bool>,
}

/// Read one's goals as a table.
///
/// RFC 4180 in UTF-8, with a header: `id`, `parent`, `title`, `description`, `status`, `start`,
/// `deadline`, `measure` (a JSON object; empty for done or not), `priority`, `color`, `icon`, `tags`
/// (separated by `;`, a backslash before a `;` or a backslash within one), `attributes` (a JSON
/// object), `archived`. A cell that would begin like a
/// formula has a `'` before it. An import of the whole table makes the same goals again.
#[utoipa::path(
    get, path = "/api/v1/goals.csv", tag = "goals", params(ExportQuery),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv")),
)]
pub(super) const fn export() {}

/// Make and change goals from a table.
///
/// `title` and any other columns of the export, in any order; at most 1,000 rows and 2 MiB. A row
/// whose `id` is that of a goal changes it, by the rules of `PATCH`: a column that is not there
/// keeps, an empty cell clears, but for the status. Any other row makes a goal. All rows are imported, or none when one
/// is refused.
#[utoipa::path(
    post, path = "/api/v1/goals/import", tag = "goals", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What became, or would become, of every row.", body = ImportOut)),
)]
pub(super) const fn import() {}
