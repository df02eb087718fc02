//! The rules of a [`GoalRepository`] about events.

use std::sync::Arc;

use chrono::TimeDelta;
use uuid::Uuid;

use super::goals::{MANY, ana, full, next, put, rui, titled, trashed};
use super::{CALLERS, race};
use crate::duplicate::DuplicatePolicy::Refuse;
use crate::event::{Actor, Event, EventKind, FieldChange, NewEvent};
use crate::goal::Goal;
use crate::ids::{EventId, GoalId, OwnerId};
use crate::store::DuplicateCheck::{Judge, Keep};
use crate::store::GoalRepository;
use crate::testing::{PutGoals as _, event, goal, now, purged};
use crate::value::FieldValue;

async fn log(store: &impl GoalRepository, owner: OwnerId) -> Vec<Event> {
    store.changes(owner, 0, u32::MAX).await.expect("a log").events
}

fn numbers(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}

fn numbered(event: NewEvent, seq: u64, goal: &Goal) -> Event {
    event.numbered(seq, goal.owner, Some(goal.id))
}

/// Each write of a goal leaves its event, numbered from 1 for each owner; they are read from any
/// number on, as many as one likes.
pub async fn every_write_leaves_one_event<S: GoalRepository>(store: Arc<S>) {
    let (first, second, theirs) = (goal(ana(), 1, "One"), goal(ana(), 2, "Two"), goal(rui(), 1, "One"));
    for goal in [&first, &second, &theirs] {
        put(&*store, goal).await;
    }
    let changed = titled(&first, "Three");
    assert!(store.replace(&changed, 1, Keep).await.expect("an answer"));
    let judged = titled(&second, "Four");
    assert!(store.replace(&judged, 1, Judge(Refuse)).await.expect("an answer"));
    let expected = [
        numbered(event(&first), 1, &first),
        numbered(event(&second), 2, &second),
        numbered(event(&changed), 3, &first),
        numbered(event(&judged), 4, &second),
    ];
    assert_eq!(log(&*store, ana()).await, expected);
    assert_eq!(log(&*store, rui()).await, [numbered(event(&theirs), 1, &theirs)]);
    for (after, limit, numbers_there) in [(1, 2, vec![2, 3]), (3, 9, vec![4]), (4, 9, vec![]), (u64::MAX, 9, vec![])] {
        let log = store.changes(ana(), after, limit).await.expect("a log");
        assert_eq!((numbers(&log.events), log.last), (numbers_there, 4));
    }
}

/// A goal's own events, the newest first, from any number down; none when it is gone.
pub async fn a_history_is_of_one_goal<S: GoalRepository>(store: Arc<S>) {
    let (first, second) = (goal(ana(), 1, "One"), goal(ana(), 2, "Two"));
    let changed = [titled(&first, "Three"), next(&titled(&first, "Four"))];
    put(&*store, &first).await;
    put(&*store, &second).await;
    for goal in &changed {
        assert!(store.replace(goal, goal.version - 1, Keep).await.expect("an answer"));
    }
    let history =
        async |owner, before, limit| numbers(&store.history(owner, first.id, before, limit).await.expect("a history"));
    assert_eq!(history(ana(), u64::MAX, 9).await, [4, 3, 1]);
    assert_eq!(history(ana(), u64::MAX, 2).await, [4, 3]);
    assert_eq!(history(ana(), 3, 2).await, [1]);
    assert!(history(ana(), 1, 2).await.is_empty());
    assert!(history(rui(), u64::MAX, 9).await.is_empty());
    assert!(store.remove(ana(), first.id).await.expect("an answer"));
    assert!(history(ana(), u64::MAX, 9).await.is_empty());
    put(&*store, &first).await;
    assert_eq!(history(ana(), u64::MAX, 9).await, [6], "another goal under the same id");
}

/// What is refused, or finds nothing to do, leaves no event and takes no number.
pub async fn what_is_refused_leaves_none<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "One");
    put(&*store, &first).await;
    let (again, same, more) = (goal(ana(), 1, "Two"), goal(ana(), 2, "one"), goal(ana(), 3, "Three"));
    for (goal, max) in [(&again, MANY), (&same, MANY), (&more, 1)] {
        assert!(store.put(goal, Refuse, max).await.is_err());
    }
    put(&*store, &more).await;
    assert!(!store.replace(&next(&first), 9, Keep).await.expect("an answer"));
    assert!(store.replace(&titled(&more, "One"), 1, Judge(Refuse)).await.is_err());
    assert!(!store.replace(&next(&same), 1, Keep).await.expect("an answer"));
    assert!(!store.remove(ana(), same.id).await.expect("an answer"));
    assert!(!store.remove(rui(), first.id).await.expect("an answer"));
    assert_eq!(store.empty_trash(now(), 9).await.expect("a count"), 0);
    assert_eq!(log(&*store, ana()).await, [numbered(event(&first), 1, &first), numbered(event(&more), 2, &more)]);
    assert!(log(&*store, rui()).await.is_empty());
}

/// All that an event says comes back to the letter, exact numbers and microseconds included.
pub async fn an_event_comes_back_as_it_was_put_in<S: GoalRepository>(store: Arc<S>) {
    let (full, bare) = (full(1), goal(ana(), 2, "Bare"));
    put(&*store, &bare).await;
    store
        .insert(&full, &NewEvent::created(EventId::from_uuid(Uuid::from_u128(1)), &full), Refuse, MANY)
        .await
        .expect("taken in");
    let odd = NewEvent {
        id: EventId::from_uuid(Uuid::from_u128(2)),
        version: Some(8),
        kind: EventKind::GoalRestored,
        at: now() + TimeDelta::microseconds(1),
        actor: Actor::System,
        changes: bare.changes_to(&full),
    };
    assert!(store.update(&next(&full), &odd, 7, Keep).await.expect("an answer"));
    let nested = FieldValue::Object([("é".to_owned(), FieldValue::List(vec![FieldValue::Null]))].into());
    let number = FieldValue::Number("999999999.000001".parse().expect("a number"));
    let change = FieldChange { from: number, to: nested };
    let free = NewEvent { changes: [("any \"name\"".to_owned(), change)].into(), version: None, ..odd.clone() };
    assert!(store.update(&next(&next(&full)), &free, 8, Keep).await.expect("an answer"));
    let events = log(&*store, ana()).await;
    assert_eq!(events[1].changes.len(), 17, "a goal with all fields begins with them");
    assert_eq!(events[2..], [numbered(odd, 3, &full), numbered(free, 4, &full)]);
}

/// With a goal goes its history, and the event that says so stays, under a number of its own.
pub async fn a_purge_leaves_itself_alone<S: GoalRepository>(store: Arc<S>) {
    let (first, second) = (goal(ana(), 1, "One"), goal(ana(), 2, "Two"));
    put(&*store, &first).await;
    put(&*store, &second).await;
    assert!(store.replace(&trashed(&first), 1, Keep).await.expect("an answer"));
    assert!(store.remove(ana(), first.id).await.expect("an answer"));
    let left = [numbered(event(&second), 2, &second), numbered(purged(first.id), 4, &first)];
    assert_eq!(log(&*store, ana()).await, left);
    put(&*store, &first).await;
    assert_eq!(numbers(&log(&*store, ana()).await), [2, 4, 5], "no number is given twice");
}

/// As a purge does, for every goal that goes, numbered for its owner; at most so many at a time.
pub async fn emptying_the_trash_leaves_an_event_each<S: GoalRepository>(store: Arc<S>) {
    let old = |owner, number: u128| Goal {
        deleted_at: Some(now() - TimeDelta::days(1)),
        ..goal(owner, number, &number.to_string())
    };
    for goal in [old(ana(), 1), old(ana(), 2), goal(ana(), 3, "Kept"), old(rui(), 1)] {
        put(&*store, &goal).await;
    }
    let mut batches = Vec::new();
    for _ in 0..3 {
        batches.push(store.empty_trash(now(), 2).await.expect("a count"));
    }
    assert_eq!(batches, [2, 1, 0]);
    let anas = log(&*store, ana()).await;
    assert_eq!(numbers(&anas), [3, 4, 5]);
    let mut gone: Vec<_> = anas[1..].iter().filter_map(|event| event.goal).collect();
    gone.sort_unstable();
    assert_eq!(gone, [1, 2].map(|number| GoalId::from_uuid(Uuid::from_u128(number))));
    let ruis = log(&*store, rui()).await;
    assert_eq!(numbers(&ruis), [2]);
    for event in anas[1..].iter().chain(&ruis) {
        let said = (event.kind, event.actor, event.at, event.version, event.changes.len());
        assert_eq!(said, (EventKind::GoalPurged, Actor::System, now(), None, 0));
    }
}

/// Nothing that is asked for one owner shows another's events, not even of a goal with one id.
pub async fn another_owner_sees_no_event<S: GoalRepository>(store: Arc<S>) {
    let anas = goal(ana(), 1, "Ana's");
    put(&*store, &anas).await;
    assert!(log(&*store, rui()).await.is_empty());
    let ruis = Goal { owner: rui(), ..anas.clone() };
    put(&*store, &ruis).await;
    assert!(store.remove(rui(), ruis.id).await.expect("an answer"));
    assert_eq!(log(&*store, ana()).await, [numbered(event(&anas), 1, &anas)]);
}

/// Of many writers at once, creating, changing and removing, each leaves one event, numbered
/// without a gap; and what a goal's own events say is in the order in which it happened.
pub async fn racing_writers_leave_no_gap<S: GoalRepository + 'static>(store: Arc<S>) {
    let shared = goal(ana(), 1_000, "Shared");
    put(&*store, &shared).await;
    let answers = race(|n| {
        let (store, shared) = (Arc::clone(&store), shared.clone());
        let own = goal(ana(), n as u128, &format!("Goal {n}"));
        async move {
            put(&*store, &own).await;
            let mut wins = 0;
            for version in 1..=3 {
                let changed = Goal { version: version + 1, ..shared.clone() };
                wins += u64::from(store.replace(&changed, version, Keep).await.expect("an answer"));
            }
            if n % 2 == 0 {
                assert!(store.remove(ana(), own.id).await.expect("an answer"));
            }
            wins
        }
    })
    .await;
    let wins: u64 = answers.iter().sum();
    let events = log(&*store, ana()).await;
    let (created, purges) = (CALLERS as u64, CALLERS as u64 / 2);
    let total = 1 + created + wins + purges;
    assert_eq!(events.last().map(|event| event.seq), Some(total));
    assert_eq!(events.len() as u64, total - purges, "what was created and purged has left one event of its two");
    assert!(events.is_sorted_by(|a, b| a.seq < b.seq));
    let versions: Vec<_> = events.iter().filter(|e| e.goal == Some(shared.id)).filter_map(|e| e.version).collect();
    assert_eq!(versions, (1..=1 + wins).collect::<Vec<_>>());
}
