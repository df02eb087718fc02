//! Things to put into a store.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::draft::GoalDraft;
use crate::goal::Goal;
use crate::ids::{GoalId, OwnerId, SessionId, UserId};
use crate::session::Session;
use crate::time_zone::TimeZone;
use crate::user::{Locale, User};

/// The instant at which fixtures are made: 1 March 2026, noon.
#[must_use]
pub fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_772_366_400)
}

/// The `number`-th goal of `owner`: active, with this title and nothing else.
///
/// # Panics
/// When the title is not valid.
#[must_use]
#[expect(clippy::panic, reason = "a test that gives a bad title is to fail")]
pub fn goal(owner: OwnerId, number: u128, title: &str) -> Goal {
    let id = GoalId::from_uuid(Uuid::from_u128(number));
    GoalDraft::new(title).into_goal(id, owner, now()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The `number`-th user, called `username`.
///
/// # Panics
/// When the username is not valid.
#[must_use]
#[expect(clippy::panic, reason = "a test that gives a bad name is to fail")]
pub fn user(number: u128, username: &str) -> User {
    let email = format!("{username}@example.org");
    User {
        id: UserId::from_uuid(Uuid::from_u128(number)),
        username: username.parse().unwrap_or_else(|violation| panic!("{username}: {violation}")),
        email: email.parse().unwrap_or_else(|violation| panic!("{email}: {violation}")),
        locale: Locale::default(),
        time_zone: TimeZone::UTC,
        version: 1,
        created_at: now(),
        updated_at: now(),
    }
}

/// The `number`-th session of `user`, begun at [`now`] and good for a day.
#[must_use]
pub fn session(user: &User, number: u128) -> Session {
    Session {
        id: SessionId::from_uuid(Uuid::from_u128(number)),
        user: user.id,
        created_at: now(),
        last_used_at: now(),
        expires_at: now() + TimeDelta::days(1),
        client: "a browser".to_owned(),
    }
}
