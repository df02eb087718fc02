//! Goals as a table ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), UTF-8), both ways.
//!
//! The columns are the members of a goal that its owner sets, and are read as those are. `tags`
//! are separated by `;`, with a backslash before a `;` or a backslash within a tag; `measure` and
//! `attributes` are a JSON object each; an empty cell is a member that is not there.
//!
//! A program for tables takes a text that begins like a formula for one
//! ([OWASP](https://owasp.org/www-community/attacks/CSV_Injection)). So a `'` stands before such a
//! text, and before one that begins with a `'` itself; when a table is read it is taken away again.

use chrono::NaiveDate;
use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use goals_core::{FieldErrors, Goal, ImportGoal, Measure, Violation};
use serde::Serialize;

use super::input;
use super::measure::MeasureOut;
use super::output::AttributesOut;
use crate::fields::{Fields, boolean, pointer};
use crate::json::{self, Json, Object};
use crate::problem::{Code, Problem};

/// The longest table in bytes.
pub(crate) const TABLE_MAX_BYTES: usize = 2 * 1024 * 1024;

/// The parameters of an export: those of the list but for its pages.
pub(crate) const EXPORT_QUERY: &[&str] =
    &["status", "tag", "q", "deadline_before", "deadline_after", "parent", "archived", "trash", "sort"];

/// The parameters of an import.
pub(crate) const IMPORT_QUERY: &[&str] = &["dry_run", "allow_duplicates"];

/// The columns, in their order.
const COLUMNS: &[&str] = &[
    "id",
    "parent",
    "title",
    "description",
    "status",
    "start",
    "deadline",
    "measure",
    "priority",
    "color",
    "icon",
    "tags",
    "attributes",
    "archived",
];

/// Writes goals as a table.
pub(crate) fn write(goals: &[Goal]) -> Result<Vec<u8>, Problem> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut write = |record: &[String]| writer.write_record(record).map_err(|error| Problem::internal(&error));
    write(&COLUMNS.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())?;
    for goal in goals {
        write(&record(goal)?.map(|cell| guarded(&cell)))?;
    }
    writer.into_inner().map_err(|error| Problem::internal(&error))
}

fn record(goal: &Goal) -> Result<[String; 14], Problem> {
    let attributes = json_unless(goal.attributes.is_empty(), &AttributesOut(&goal.attributes))?;
    let measure = json_unless(goal.measure == Measure::Binary, &MeasureOut::from(&goal.measure))?;
    let tag = |tag: &String| tag.replace('\\', "\\\\").replace(';', "\\;");
    Ok([
        goal.id.to_string(),
        goal.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        goal.title.clone(),
        goal.description.clone(),
        goal.status.to_string(),
        goal.start.map(|start| start.to_string()).unwrap_or_default(),
        goal.deadline.map(|deadline| deadline.to_string()).unwrap_or_default(),
        measure,
        goal.priority.to_string(),
        goal.color.map(|color| color.to_string()).unwrap_or_default(),
        goal.icon.clone().unwrap_or_default(),
        goal.tags.iter().map(tag).collect::<Vec<_>>().join(";"),
        attributes,
        goal.archived_at.is_some().to_string(),
    ])
}

/// A value as JSON, or an empty cell when it says nothing.
fn json_unless(is_empty: bool, value: &impl Serialize) -> Result<String, Problem> {
    if is_empty {
        return Ok(String::new());
    }
    serde_json::to_string(value).map_err(|error| Problem::internal(&error))
}

/// Whether a program for tables could take a text for a formula.
fn looks_like_a_formula(text: &str) -> bool {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];
    text.starts_with(begins)
}

fn guarded(text: &str) -> String {
    if looks_like_a_formula(text) || text.starts_with('\'') { format!("'{text}") } else { text.to_owned() }
}

fn unguarded(cell: &str) -> &str {
    let inner = cell.strip_prefix('\'').filter(|inner| looks_like_a_formula(inner) || inner.starts_with('\''));
    inner.unwrap_or(cell)
}

/// Reads a table: what each row under the header says, or what is wrong with it.
pub(crate) fn read(bytes: &[u8], today: NaiveDate) -> Result<Vec<Result<ImportGoal, FieldErrors>>, Problem> {
    let text = str::from_utf8(bytes).map_err(|error| malformed(&error))?;
    // Some programs begin a table with a mark of the encoding.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().transpose().map_err(|error| malformed(&error))?.unwrap_or_default();
    let names = names(&header)?;
    records.map(|record| Ok(row(&names, &record.map_err(|error| malformed(&error))?, today))).collect()
}

fn malformed(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(Code::MalformedCsv).detail(error.to_string())
}

/// The columns of a table: any of ours, in any order, none twice.
fn names(header: &StringRecord) -> Result<Vec<&str>, Problem> {
    let mut errors = FieldErrors::new();
    for (n, name) in header.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            errors.push(pointer(name), Violation::UnknownField);
        } else if header.iter().take(n).any(|before| before == name) {
            errors.push(pointer(name), Violation::Duplicate);
        }
    }
    if header.is_empty() {
        errors.push("", Violation::Required);
    }
    errors.into_result()?;
    Ok(header.iter().collect())
}

fn row(names: &[&str], record: &StringRecord, today: NaiveDate) -> Result<ImportGoal, FieldErrors> {
    let mut errors = FieldErrors::new();
    if record.len() != names.len() {
        errors.push("", Violation::InvalidFormat { expected: "as many cells as the header has" });
    }
    let mut members = Object::new();
    for (name, cell) in names.iter().zip(record) {
        let cell = unguarded(cell);
        if *name == "status" && cell.is_empty() {
            // A goal always has one: a new one begins as any does, and another stays as it is.
            continue;
        }
        let member = match *name {
            _ if cell.is_empty() => Ok(Json::Null),
            "tags" => Ok(Json::List(tags(cell).into_iter().map(Json::Text).collect())),
            "attributes" | "measure" => json::parse(cell.as_bytes()).map(Json::Object).map_err(|_| "a JSON object"),
            "archived" => cell.parse().map(Json::Boolean).map_err(|_| "true or false"),
            _ => Ok(Json::Text(cell.to_owned())),
        };
        let member = member.map_err(|expected| Violation::InvalidFormat { expected });
        if let Some(member) = errors.check(&pointer(name), member) {
            members.insert((*name).to_owned(), member);
        }
    }
    import(members, today, errors)
}

/// A goal of an import from the members that it has on the wire.
fn import(members: Object, today: NaiveDate, mut errors: FieldErrors) -> Result<ImportGoal, FieldErrors> {
    let mut archived = Fields::new(members.iter().filter(|(name, _)| *name == "archived").map(owned).collect());
    let archived = archived.get("archived", boolean).unwrap_or_default();
    let draft = input::goal_draft(members.iter().filter(|(name, _)| *name != "archived").map(owned).collect());
    let patch = input::goal_patch(members.into_iter().filter(|(name, _)| name != "id").collect(), today);
    let (draft, patch) = match (draft, patch) {
        (Ok(draft), Ok(patch)) => (draft, patch),
        (draft, patch) => {
            errors.merge(draft.err().unwrap_or_default());
            errors.merge(patch.err().unwrap_or_default());
            return Err(errors);
        }
    };
    errors.into_result()?;
    Ok(ImportGoal { draft, patch, archived })
}

fn owned((name, member): (&String, &Json)) -> (String, Json) {
    (name.clone(), member.clone())
}

/// The tags in a cell.
fn tags(cell: &str) -> Vec<String> {
    let (mut tags, mut tag, mut is_escaped) = (Vec::new(), String::new(), false);
    for c in cell.chars() {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            ';' if !is_escaped => tags.push(std::mem::take(&mut tag)),
            c => {
                tag.push(c);
                is_escaped = false;
            }
        }
    }
    tags.push(tag);
    tags.retain(|tag| !tag.trim().is_empty());
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_taken_for_a_formula_and_none_is_changed() {
        for text in ["=1+1", "+1", "-x", "@a", "\ta", "\ra", "\na", "＝1", "'", "'=1", "''", "a", "", "a=1", "'a"] {
            let cell = guarded(text);
            assert!(!looks_like_a_formula(&cell), "{text:?}");
            assert_eq!(unguarded(&cell), text);
        }
        assert_eq!(unguarded("'tis"), "'tis", "as somebody typed it");
    }

    #[test]
    fn tags_may_hold_what_separates_them() {
        assert_eq!(tags(r"a;b c; ;d\;e\\;f"), ["a", "b c", r"d;e\", "f"]);
    }
}
