//! What a client gets: goals, users and sessions as JSON.

use std::fmt::Display;
use std::str::FromStr as _;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use goals_core::{AttributeValue, Attributes, Deadline, Goal, GoalId, Page, Session, SessionId, TimeZone, Usage, User};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};

/// A goal as its owner sees it at one instant.
#[derive(Debug, serde::Serialize)]
pub(crate) struct GoalOut<'a> {
    #[serde(serialize_with = "shown")]
    id: GoalId,
    title: &'a str,
    description: &'a str,
    status: &'static str,
    #[serde(serialize_with = "shown_or_null")]
    start: Option<NaiveDate>,
    #[serde(serialize_with = "shown_or_null")]
    deadline: Option<Deadline>,
    priority: &'static str,
    color: Option<&'static str>,
    icon: Option<&'a str>,
    tags: &'a [String],
    attributes: AttributesOut<'a>,
    version: u64,
    #[serde(serialize_with = "instant")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    updated_at: DateTime<Utc>,
    #[serde(serialize_with = "instant_or_null")]
    closed_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant_or_null")]
    archived_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant_or_null")]
    deleted_at: Option<DateTime<Utc>>,
    archived: bool,
    progress: f64,
    health: &'static str,
    days_ahead: Option<i64>,
    allowed_transitions: Vec<&'static str>,
}

impl<'a> GoalOut<'a> {
    /// `goal` at `now` for an owner who lives in `zone`.
    pub(crate) fn new(goal: &'a Goal, now: DateTime<Utc>, zone: TimeZone) -> Self {
        let pace = goal.pace(now, zone);
        Self {
            id: goal.id,
            title: &goal.title,
            description: &goal.description,
            status: goal.status.as_str(),
            start: goal.start,
            deadline: goal.deadline,
            priority: goal.priority.as_str(),
            color: goal.color.map(goals_core::Color::as_str),
            icon: goal.icon.as_deref(),
            tags: &goal.tags,
            attributes: AttributesOut(&goal.attributes),
            version: goal.version,
            created_at: goal.created_at,
            updated_at: goal.updated_at,
            closed_at: goal.closed_at,
            archived_at: goal.archived_at,
            deleted_at: goal.deleted_at,
            archived: goal.archived_at.is_some(),
            progress: pace.progress,
            health: pace.health.as_str(),
            days_ahead: pace.days_ahead,
            allowed_transitions: goal.status.transitions().iter().map(|status| status.as_str()).collect(),
        }
    }
}

/// A page of goals.
#[derive(Debug, serde::Serialize)]
pub(crate) struct GoalsOut<'a> {
    items: Vec<GoalOut<'a>>,
    next_cursor: Option<String>,
}

impl<'a> GoalsOut<'a> {
    /// `page` at `now` for an owner who lives in `zone`.
    pub(crate) fn new(page: &'a Page<Goal>, now: DateTime<Utc>, zone: TimeZone) -> Self {
        let items = page.items.iter().map(|goal| GoalOut::new(goal, now, zone)).collect();
        Self { items, next_cursor: page.next.as_ref().map(ToString::to_string) }
    }
}

/// A user as they see themselves.
#[derive(Debug, serde::Serialize)]
pub(crate) struct UserOut<'a> {
    #[serde(serialize_with = "shown")]
    id: goals_core::UserId,
    username: &'a str,
    email: &'a str,
    locale: &'a str,
    #[serde(serialize_with = "shown")]
    time_zone: TimeZone,
    version: u64,
    #[serde(serialize_with = "instant")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    updated_at: DateTime<Utc>,
}

impl<'a> From<&'a User> for UserOut<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            username: user.username.as_str(),
            email: user.email.as_str(),
            locale: user.locale.as_str(),
            time_zone: user.time_zone,
            version: user.version,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A session in its user's list.
#[derive(Debug, serde::Serialize)]
pub(crate) struct SessionOut<'a> {
    #[serde(serialize_with = "shown")]
    id: SessionId,
    #[serde(serialize_with = "instant")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    last_used_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    expires_at: DateTime<Utc>,
    client: &'a str,
    current: bool,
}

impl<'a> SessionOut<'a> {
    /// `session` as seen from the session `current`.
    pub(crate) fn new(session: &'a Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            client: &session.client,
            current: session.id == current,
        }
    }
}

/// How much of something there may be, and is.
#[derive(Debug, serde::Serialize)]
pub(crate) struct UsageOut {
    max: u64,
    used: u64,
}

impl From<Usage> for UsageOut {
    fn from(usage: Usage) -> Self {
        Self { max: usage.max, used: usage.used }
    }
}

/// Writes a value as its text.
fn shown<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::ref_option, reason = "what `serialize_with` hands over")]
fn shown_or_null<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

fn instant<S: Serializer>(value: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[expect(clippy::ref_option, reason = "what `serialize_with` hands over")]
fn instant_or_null<S: Serializer>(value: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => instant(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// The owner's own fields.
#[derive(Debug)]
struct AttributesOut<'a>(&'a Attributes);

impl Serialize for AttributesOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, &AttributeOut(value))?;
        }
        map.end()
    }
}

struct AttributeOut<'a>(&'a AttributeValue);

impl Serialize for AttributeOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            AttributeValue::Text(text) => serializer.serialize_str(text),
            AttributeValue::Boolean(value) => serializer.serialize_bool(*value),
            AttributeValue::Texts(texts) => texts.serialize(serializer),
            // As it was given: `5` and not `5.0`.
            AttributeValue::Number(number) => {
                serde_json::Number::from_str(&number.to_string()).map_err(S::Error::custom)?.serialize(serializer)
            }
        }
    }
}
