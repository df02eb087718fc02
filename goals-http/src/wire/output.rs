//! What a client gets: goals, users and sessions as JSON.

use std::fmt::Display;
use std::str::FromStr as _;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use goals_core::{
    AttributeValue, Attributes, Deadline, Goal, GoalId, Page, Quantity, Session, SessionId, TimeZone, TitledGoal,
    Usage, User,
};
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap as _, Serializer};
use utoipa::ToSchema;

use super::measure::{CodedOut, MeasureOut};
use crate::identity::Identity;
use crate::openapi::choices;

/// A goal as its owner sees it at one instant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Goal)]
pub(crate) struct GoalOut<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: GoalId,
    title: &'a str,
    description: &'a str,
    #[schema(value_type = choices::Status)]
    status: &'static str,
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = Date, required)]
    start: Option<NaiveDate>,
    /// A day (`YYYY-MM-DD`) or an instant (RFC 3339).
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, required)]
    deadline: Option<Deadline>,
    measure: MeasureOut<'a>,
    /// Where it stands: the reading of a metric, the amount of a habit in the present period, the
    /// number of items that are done. Null when there is nothing to count.
    #[serde(serialize_with = "quantity_or_null")]
    #[schema(value_type = Option<f64>, required)]
    current: Option<Quantity>,
    /// How many check-ins it has.
    check_ins: u64,
    #[schema(value_type = choices::Priority)]
    priority: &'static str,
    #[schema(value_type = Option<choices::Color>, required)]
    color: Option<&'static str>,
    #[schema(required)]
    icon: Option<&'a str>,
    tags: &'a [String],
    /// Each a string, a number, a boolean or a list of strings.
    #[schema(value_type = Object)]
    attributes: AttributesOut<'a>,
    /// The goal that this one is a part of.
    #[serde(serialize_with = "shown_or_null")]
    #[schema(value_type = Option<String>, format = "uuid", required)]
    parent: Option<GoalId>,
    version: u64,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: DateTime<Utc>,
    #[serde(serialize_with = "instant_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    closed_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    archived_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    deleted_at: Option<DateTime<Utc>>,
    archived: bool,
    /// 0 to 1.
    progress: f64,
    #[schema(value_type = choices::Health)]
    health: &'static str,
    /// Why its health is what it is.
    reasons: Vec<CodedOut>,
    /// Days of work ahead of the plan, or negative behind it; once the deadline has passed the days
    /// since then, negative.
    #[schema(required)]
    days_ahead: Option<i64>,
    #[schema(value_type = Vec<choices::Status>)]
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
            measure: (&goal.measure).into(),
            current: goal.current(zone.day_of(now)),
            check_ins: goal.standing.check_ins,
            priority: goal.priority.as_str(),
            color: goal.color.map(goals_core::Color::as_str),
            icon: goal.icon.as_deref(),
            tags: &goal.tags,
            attributes: AttributesOut(&goal.attributes),
            parent: goal.parent,
            version: goal.version,
            created_at: goal.created_at,
            updated_at: goal.updated_at,
            closed_at: goal.closed_at,
            archived_at: goal.archived_at,
            deleted_at: goal.deleted_at,
            archived: goal.archived_at.is_some(),
            progress: pace.progress,
            health: pace.health.as_str(),
            reasons: pace.reasons.iter().map(Into::into).collect(),
            days_ahead: pace.days_ahead,
            allowed_transitions: goal.status.transitions().iter().map(|status| status.as_str()).collect(),
        }
    }
}

/// A page of goals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GoalPage)]
pub(crate) struct GoalsOut<'a> {
    items: Vec<GoalOut<'a>>,
    /// For the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<'a> GoalsOut<'a> {
    /// `page` at `now` for an owner who lives in `zone`.
    pub(crate) fn new(page: &'a Page<Goal>, now: DateTime<Utc>, zone: TimeZone) -> Self {
        let items = page.items.iter().map(|goal| GoalOut::new(goal, now, zone)).collect();
        Self { items, next_cursor: page.next.as_ref().map(ToString::to_string) }
    }
}

/// A goal that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedGoal)]
pub(crate) struct NewGoalOut<'a> {
    #[serde(flatten)]
    goal: GoalOut<'a>,
    /// Absent when there is nothing to warn of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningOut<'a>>,
}

/// Something that is no mistake but may be one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Warning)]
pub(crate) struct WarningOut<'a> {
    /// `similar_goal`: an open goal nearly says the same.
    code: &'static str,
    /// That goal.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    existing_id: GoalId,
    /// Its title.
    title: &'a str,
}

impl<'a> NewGoalOut<'a> {
    /// `goal` beside those that are `similar`, at `now` for an owner who lives in `zone`.
    pub(crate) fn new(goal: &'a Goal, similar: &'a [TitledGoal], now: DateTime<Utc>, zone: TimeZone) -> Self {
        let warning =
            |goal: &'a TitledGoal| WarningOut { code: "similar_goal", existing_id: goal.id, title: &goal.title };
        Self { goal: GoalOut::new(goal, now, zone), warnings: similar.iter().map(warning).collect() }
    }
}

/// What many operations made of their goals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkResult)]
pub(crate) struct BulkOut<'a> {
    /// The goal of each operation, as it left it.
    items: Vec<GoalOut<'a>>,
}

impl<'a> BulkOut<'a> {
    /// `goals` at `now` for an owner who lives in `zone`.
    pub(crate) fn new(goals: &'a [Goal], now: DateTime<Utc>, zone: TimeZone) -> Self {
        Self { items: goals.iter().map(|goal| GoalOut::new(goal, now, zone)).collect() }
    }
}

/// A user as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserOut<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: goals_core::UserId,
    username: &'a str,
    email: &'a str,
    /// Whether they have shown that they read the mail of `email`.
    email_verified: bool,
    /// What takes the place of `email` once they have shown that they read its mail.
    #[schema(required)]
    pending_email: Option<&'a str>,
    /// Whether a code is asked for besides the password.
    two_factor: bool,
    locale: &'a str,
    /// A zone of the IANA time zone database.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    time_zone: TimeZone,
    version: u64,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: DateTime<Utc>,
}

impl<'a> From<&'a User> for UserOut<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: user.id,
            username: user.username.as_str(),
            email: user.email.as_str(),
            email_verified: user.email_verified_at.is_some(),
            pending_email: user.pending_email.as_ref().map(goals_core::EmailAddress::as_str),
            two_factor: user.two_factor,
            locale: user.locale.as_str(),
            time_zone: user.time_zone,
            version: user.version,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A session in its user's list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionOut<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: SessionId,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: DateTime<Utc>,
    /// The program in use, as it calls itself.
    client: &'a str,
    /// Whether it is the one that asks.
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageOut {
    max: u64,
    used: u64,
}

impl From<Usage> for UsageOut {
    fn from(usage: Usage) -> Self {
        Self { max: usage.max, used: usage.used }
    }
}

/// How much of each limit is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(crate) struct LimitsOut {
    /// Those in the trash counted.
    pub(crate) goals: UsageOut,
    pub(crate) views: UsageOut,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) sessions: Option<UsageOut>,
    /// Where people have accounts; those that have expired not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) api_tokens: Option<UsageOut>,
}

/// The sessions of a user, the last used first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(crate) struct SessionsOut<'a> {
    pub(crate) items: Vec<SessionOut<'a>>,
}

/// Who asks; `user` is null, and `session` not there, when nobody is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhoAmI)]
pub(crate) struct WhoOut<'a> {
    #[schema(required)]
    pub(crate) user: Option<UserOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) session: Option<SessionOut<'a>>,
}

impl<'a> WhoOut<'a> {
    /// `user`, in `session`.
    pub(crate) fn new(user: &'a User, session: &'a Session) -> Self {
        Self { user: Some(user.into()), session: Some(SessionOut::new(session, session.id)) }
    }
}

/// A user of the program that goals are a part of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(crate) struct PersonOut<'a> {
    /// As an owner of goals.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: goals_core::OwnerId,
    /// What to call them, if that is known.
    #[schema(required)]
    username: Option<&'a str>,
    locale: &'a str,
    /// A zone of the IANA time zone database.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    time_zone: TimeZone,
}

impl<'a> From<&'a Identity> for PersonOut<'a> {
    fn from(identity: &'a Identity) -> Self {
        Self {
            id: identity.owner,
            username: identity.name.as_deref(),
            locale: identity.locale.as_str(),
            time_zone: identity.time_zone,
        }
    }
}

/// Who asks, as the program knows them that goals are a part of; null when that is nobody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Here)]
pub(crate) struct HereOut<'a> {
    #[schema(required)]
    pub(crate) user: Option<PersonOut<'a>>,
}

/// A pair of tokens, and whose they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensOut<'a> {
    pub(crate) access_token: &'a str,
    /// Always `Bearer`.
    pub(crate) token_type: &'static str,
    /// For how many seconds the access token is good.
    pub(crate) expires_in: i64,
    /// Good for one new pair.
    pub(crate) refresh_token: String,
    #[serde(flatten)]
    pub(crate) who: WhoOut<'a>,
}

/// Writes a value as its text.
pub(super) fn shown<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::ref_option, reason = "what `serialize_with` hands over")]
pub(super) fn shown_or_null<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

pub(super) fn instant<S: Serializer>(value: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[expect(clippy::ref_option, reason = "what `serialize_with` hands over")]
pub(super) fn instant_or_null<S: Serializer>(value: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => instant(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// A number as it was given: `5` and not `5.0`.
pub(super) fn quantity<S: Serializer>(number: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::Number::from_str(&number.to_string()).map_err(S::Error::custom)?.serialize(serializer)
}

#[expect(clippy::ref_option, reason = "what `serialize_with` hands over")]
pub(super) fn quantity_or_null<S: Serializer>(value: &Option<Quantity>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => quantity(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// The owner's own fields.
#[derive(Debug)]
pub(super) struct AttributesOut<'a>(pub(super) &'a Attributes);

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
            AttributeValue::Number(number) => quantity(number, serializer),
        }
    }
}
