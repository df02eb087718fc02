//! One small function per route: read, call the use case, answer.

pub(crate) mod api_tokens;
pub(crate) mod changes;
pub(crate) mod check_ins;
pub(crate) mod events;
pub(crate) mod goals;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod meta;
pub(crate) mod pace;
pub(crate) mod page;
pub(crate) mod people;
pub(crate) mod recovery;
pub(crate) mod second_factor;
pub(crate) mod sessions;
pub(crate) mod table;
pub(crate) mod users;
pub(crate) mod views;

use goals_core::{Current, Error, Expected, TimeZone};
use http::HeaderMap;
use http::header::IF_MATCH;

use crate::GoalsApi;
use crate::problem::{Code, Problem};
use crate::wire::output::{GoalOut, UserOut};
use crate::wire::views::ViewOut;

/// The strong entity tag of a version.
fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Which version a change is based on, as `If-Match` says.
fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let Some(tag) = headers.get(IF_MATCH) else {
        let words = "say with If-Match which version this is based on, or * to force it";
        return Err(Problem::new(Code::PreconditionRequired).detail(words));
    };
    if tag == "*" {
        return Ok(Expected::Any);
    }
    let digits = tag.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    // Tags are compared letter by letter: "01" is not "1".
    let version = digits.and_then(|digits| digits.parse().ok().filter(|version: &u64| version.to_string() == digits));
    // A tag that is none of ours belongs to no version, and versions begin at 1.
    Ok(Expected::Version(version.unwrap_or(0)))
}

/// A refused change; a stale one comes with what stands there now.
fn refused(api: &GoalsApi, zone: TimeZone, error: Error) -> Problem {
    let (current, version) = match &error {
        Error::Stale(Current::Goal(goal)) => {
            (serde_json::to_value(GoalOut::new(goal, api.0.goals.now(), zone)), goal.version)
        }
        Error::Stale(Current::User(user)) => (serde_json::to_value(UserOut::from(&**user)), user.version),
        Error::Stale(Current::View(view)) => (serde_json::to_value(ViewOut::from(&**view)), view.version),
        _ => return error.into(),
    };
    let (Ok(current), Ok(tag)) = (current, etag(version).try_into()) else { return error.into() };
    Problem::from(error).with("current", current).header(http::header::ETAG, tag)
}
