//! Things to put into a store.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::draft::GoalDraft;
use crate::duplicate::DuplicatePolicy;
use crate::event::{Actor, EventKind, NewEvent};
use crate::goal::Goal;
use crate::idempotency::{Once, Receipt};
use crate::ids::{EventId, GoalId, OwnerId, SessionId, UserId};
use crate::measure::{Bound, Fold, Habit, Item, Measure, Metric, Per};
use crate::session::Session;
use crate::store::{DuplicateCheck, GoalRepository, GoalWrite, StoreError};
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

/// The event that makes this version of `goal`: that it was made, or that it changed.
#[must_use]
pub fn event(goal: &Goal) -> NewEvent {
    let number = goal.id.as_uuid().as_u128() << 64 | u128::from(goal.version);
    let id = EventId::from_uuid(Uuid::from_u128(number));
    if goal.version == 1 {
        return NewEvent::created(id, goal);
    }
    NewEvent::changed(id, EventKind::GoalChanged, goal, goal)
}

/// The event that a goal was removed for good.
#[must_use]
pub fn purged(goal: GoalId) -> NewEvent {
    NewEvent::purged(EventId::from_uuid(goal.as_uuid()), now(), Actor::Owner)
}

/// A receipt under `key` from [`now`], of an answer that is the byte `answer`.
///
/// # Panics
/// When the key is not valid.
#[must_use]
#[expect(clippy::panic, reason = "a test that gives a bad key is to fail")]
pub fn receipt(key: &str, answer: u8) -> Receipt {
    let key = key.parse().unwrap_or_else(|violation| panic!("{key}: {violation}"));
    Once { key, fingerprint: [answer; 32] }.receipt(vec![answer], now())
}

/// Writes that are about a goal and not about its event: they bring one that says what they do.
#[async_trait]
pub trait PutGoals: GoalRepository {
    /// [`insert`](GoalRepository::insert) with its event.
    ///
    /// # Errors
    /// As there.
    async fn put(&self, goal: &Goal, duplicates: DuplicatePolicy, max: u64) -> Result<(), StoreError> {
        self.insert(goal, &event(goal), duplicates, max).await
    }

    /// [`insert_once`](GoalRepository::insert_once) with its event.
    ///
    /// # Errors
    /// As there.
    async fn put_once(
        &self,
        goal: &Goal,
        duplicates: DuplicatePolicy,
        max: u64,
        receipt: &Receipt,
    ) -> Result<Option<Receipt>, StoreError> {
        self.insert_once(goal, &event(goal), duplicates, max, receipt).await
    }

    /// [`update`](GoalRepository::update) with its event.
    ///
    /// # Errors
    /// As there.
    async fn replace(&self, goal: &Goal, expected: u64, check: DuplicateCheck) -> Result<bool, StoreError> {
        self.update(goal, &event(goal), expected, check).await
    }

    /// [`GoalWrite::Purge`] with its event; `false` when there is no such goal.
    ///
    /// # Errors
    /// As there.
    async fn remove(&self, owner: OwnerId, id: GoalId) -> Result<bool, StoreError> {
        let purge = GoalWrite::Purge { id, event: purged(id) };
        match self.apply(owner, &[purge], 0).await.map_err(|refused| refused.error) {
            Err(StoreError::Stale) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    /// [`purge_expired`](GoalRepository::purge_expired) of at most `at_most` goals.
    ///
    /// # Errors
    /// As there.
    async fn empty_trash(&self, deleted_before: DateTime<Utc>, at_most: u128) -> Result<u64, StoreError> {
        let ids: Vec<_> = (0..at_most).map(|number| EventId::from_uuid(Uuid::from_u128(number))).collect();
        self.purge_expired(deleted_before, now(), &ids).await
    }
}

impl<S: GoalRepository + ?Sized> PutGoals for S {}

/// One measure of every kind, with every choice and the greatest numbers.
///
/// # Panics
/// Never: the numbers are valid.
#[must_use]
#[expect(clippy::panic, reason = "a test that gives a bad number is to fail")]
pub fn measures() -> Vec<Measure> {
    let great = |text: &str| text.parse().unwrap_or_else(|violation| panic!("{text}: {violation}"));
    let (unit, item) =
        ("páginas \\ '".to_owned(), |id: &str| Item { id: id.to_owned(), text: "Ação '".to_owned(), done_on: None });
    let done = Item { done_on: "2024-02-29".parse().ok(), ..item("b_-1") };
    let mut measures = vec![Measure::Binary, Measure::Checklist(vec![]), Measure::Checklist(vec![item("a"), done])];
    for fold in Fold::ALL.iter().copied() {
        let (start, target) = (great("-999999999.999999"), great("999999999999999"));
        measures.push(Measure::Metric(Metric { unit: unit.clone(), start, target, fold }));
    }
    for (per, bound) in Per::ALL.iter().flat_map(|per| Bound::ALL.iter().map(|bound| (*per, *bound))) {
        measures.push(Measure::Habit(Habit { unit: String::new(), amount: great("0.000001"), per, bound }));
    }
    measures
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
        email_verified_at: None,
        pending_email: None,
        two_factor: false,
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
