//! The rules of a [`CheckInRepository`](crate::CheckInRepository) and of what is built on it.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::goals::{MANY, ana, put, rui};
use super::{CALLERS, race};
use crate::checkin::{CheckIn, CheckInCursor, CheckInDraft, CheckInPatch, CheckInQuery};
use crate::draft::{Change, GoalDraft};
use crate::duplicate::DuplicatePolicy::Refuse;
use crate::error::Error;
use crate::event::{EventKind, NewEvent};
use crate::goal::Goal;
use crate::goals::Goals;
use crate::ids::{CheckInId, EventId, GoalId};
use crate::measure::{Fold, MeasureKind, MeasurePatch};
use crate::standing::Standing;
use crate::store::{GoalStore, StoreError};
use crate::testing::{ManualClock, PutGoals as _, SequentialIds, goal, now};
use crate::time_zone::TimeZone;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The `number`-th entry in the log of `goal`, on a day of February 2026.
fn entry(goal: &Goal, number: u128, february: u32) -> CheckIn {
    CheckIn {
        id: CheckInId::from_uuid(Uuid::from_u128(number)),
        owner: goal.owner,
        goal: goal.id,
        day: NaiveDate::from_ymd_opt(2026, 2, february).unwrap_or_default(),
        at: now() - TimeDelta::microseconds(1),
        value: None,
        note: None,
    }
}

/// `goal` with one entry more or less, on `day`.
fn with(goal: &Goal, check_ins: u64, day: Option<NaiveDate>) -> Goal {
    let amount = i32::try_from(check_ins).ok().filter(|n| *n > 0).map(Into::into);
    let standing = Standing { amount, day, check_ins };
    Goal { standing, version: goal.version + 1, updated_at: goal.updated_at + TimeDelta::seconds(1), ..goal.clone() }
}

fn event(goal: &Goal, next: &Goal) -> NewEvent {
    let id = EventId::from_uuid(Uuid::from_u128(u128::from(next.version) << 64 | goal.id.as_uuid().as_u128()));
    NewEvent::changed(id, EventKind::CheckInAdded, goal, next)
}

async fn add(store: &impl GoalStore, entry: &CheckIn, goal: &Goal, next: &Goal) -> Result<bool, StoreError> {
    store.add_check_in(entry, next, &event(goal, next), goal.version).await
}

async fn log(store: &impl GoalStore, goal: &Goal) -> Vec<CheckIn> {
    store.check_ins_since(goal.owner, goal.id, NaiveDate::MIN).await.expect("a log")
}

async fn stored(store: &impl GoalStore, goal: &Goal) -> Goal {
    store.find(goal.owner, goal.id).await.expect("an answer").expect("the goal")
}

/// An entry comes back to the letter, with it what its goal carries of it and the event of both.
pub async fn an_entry_comes_back_as_it_was_put_in<S: GoalStore>(store: Arc<S>) {
    let goal = goal(ana(), 1, "Read");
    put(&*store, &goal).await;
    let bare = entry(&goal, 1, 3);
    let full = CheckIn {
        value: "-999999999.999999".parse().ok(),
        note: Some("Ação\n'\\ 👩‍🚀".to_owned()),
        day: day("1900-01-01"),
        ..entry(&goal, 2, 1)
    };
    let (second, third) = (with(&goal, 1, Some(bare.day)), with(&with(&goal, 1, None), 2, Some(bare.day)));
    assert!(add(&*store, &bare, &goal, &second).await.expect("an answer"));
    assert_eq!(stored(&*store, &goal).await, second);
    assert!(add(&*store, &full, &second, &third).await.expect("an answer"));
    assert_eq!(stored(&*store, &goal).await, third);
    for one in [&bare, &full] {
        let found = store.find_check_in(one.owner, one.goal, one.id).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(one));
    }
    assert_eq!(log(&*store, &goal).await, [full.clone(), bare.clone()]);

    let corrected = CheckIn { id: full.id, ..entry(&goal, 9, 4) };
    let fourth = with(&third, 2, Some(corrected.day));
    let said = event(&third, &fourth);
    assert!(store.replace_check_in(&corrected, &fourth, &said, third.version).await.expect("an answer"));
    assert_eq!(log(&*store, &goal).await, [bare.clone(), corrected.clone()]);
    assert_eq!(stored(&*store, &goal).await, fourth);

    let fifth = with(&fourth, 1, Some(corrected.day));
    let said = event(&fourth, &fifth);
    assert!(store.remove_check_in(bare.id, &fifth, &said, fourth.version).await.expect("an answer"));
    assert_eq!(log(&*store, &goal).await, [corrected]);
    assert_eq!(stored(&*store, &goal).await, fifth);
    let changes = store.changes(ana(), 0, 100).await.expect("the events").events;
    let versions: Vec<_> = changes.iter().map(|event| (event.seq, event.version)).collect();
    assert_eq!(versions, (1..=5).map(|n| (n, Some(n))).collect::<Vec<_>>());
    assert_eq!(changes[4].changes, said.changes);
}

/// Of another version than the stored one, or of an entry that is not there, nothing happens.
pub async fn a_log_is_written_for_its_version_only<S: GoalStore>(store: Arc<S>) {
    let goal = goal(ana(), 1, "Read");
    let (first, next) = (entry(&goal, 1, 3), with(&goal, 1, None));
    assert!(!add(&*store, &first, &goal, &next).await.expect("there is no goal yet"));
    put(&*store, &goal).await;
    for stale in [0, 2] {
        let said = event(&goal, &next);
        assert!(!store.add_check_in(&first, &next, &said, stale).await.expect("an answer"));
        assert!(!store.replace_check_in(&first, &next, &said, stale).await.expect("an answer"));
        assert!(!store.remove_check_in(first.id, &next, &said, stale).await.expect("an answer"));
    }
    let said = event(&goal, &next);
    assert!(!store.replace_check_in(&first, &next, &said, 1).await.expect("there is no such entry"));
    assert!(!store.remove_check_in(first.id, &next, &said, 1).await.expect("there is no such entry"));
    assert_eq!(stored(&*store, &goal).await, goal);
    assert!(add(&*store, &first, &goal, &next).await.expect("an answer"));
    let again = with(&next, 2, None);
    let refused = add(&*store, &CheckIn { note: Some("other".to_owned()), ..first.clone() }, &next, &again).await;
    assert!(matches!(refused, Err(StoreError::IdTaken)), "{refused:?}");
    assert_eq!(stored(&*store, &goal).await, next, "a refusal changes nothing");
    assert_eq!(log(&*store, &goal).await, [first]);
    assert_eq!(store.changes(ana(), 0, 100).await.expect("the events").last, 2);
}

/// Nothing of another owner's log, or another goal's, is seen or touched, not even under its ids.
pub async fn a_log_is_of_its_goal_alone<S: GoalStore>(store: Arc<S>) {
    let (anas, other, ruis) = (goal(ana(), 1, "Read"), goal(ana(), 2, "Write"), goal(rui(), 1, "Read"));
    for goal in [&anas, &other, &ruis] {
        put(&*store, goal).await;
        assert!(add(&*store, &entry(goal, 1, 3), goal, &with(goal, 1, None)).await.expect("an id for each goal"));
    }
    let mut next = with(&with(&ruis, 1, None), 0, None);
    let said = event(&ruis, &next);
    assert!(store.remove_check_in(CheckInId::from_uuid(Uuid::from_u128(1)), &next, &said, 2).await.expect("removed"));
    next.version = 9;
    assert_eq!(log(&*store, &anas).await, [entry(&anas, 1, 3)]);
    assert_eq!(log(&*store, &other).await, [entry(&other, 1, 3)]);
    assert_eq!(log(&*store, &ruis).await, []);
    let nobody = GoalId::from_uuid(Uuid::from_u128(7));
    assert!(store.check_ins(ana(), nobody, &CheckInQuery::default()).await.expect("a page").items.is_empty());
    assert_eq!(store.check_in_days(rui(), NaiveDate::MIN).await.expect("days"), []);
    assert_eq!(store.check_in_days(ana(), NaiveDate::MIN).await.expect("days"), [(day("2026-02-03"), 2)]);
}

/// A log is shown from its newest entry back, by day, then by instant, then by id, a page at a time.
pub async fn a_log_is_shown_in_pages<S: GoalStore>(store: Arc<S>) {
    let mut goal = goal(ana(), 1, "Read");
    put(&*store, &goal).await;
    let mut entries = Vec::new();
    for n in 0..25_u8 {
        let made = entry(&goal, 100 - u128::from(n), 1 + u32::from(n % 3));
        let entry = CheckIn { at: now() - TimeDelta::seconds(i64::from(n / 9)), ..made };
        let next = with(&goal, u64::from(n) + 1, None);
        assert!(add(&*store, &entry, &goal, &next).await.expect("an answer"));
        entries.push(entry);
        goal = next;
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.position()));
    for limit in [1, 7, 25, 200] {
        let (mut query, mut shown) = (CheckInQuery { limit, cursor: None }, Vec::new());
        loop {
            let page = store.check_ins(ana(), goal.id, &query).await.expect("a page");
            assert!(page.items.len() <= limit as usize);
            shown.extend(page.items);
            let Some(next) = page.next else { break };
            query.cursor = Some(next.to_string().parse::<CheckInCursor>().expect("a cursor is read back"));
        }
        assert_eq!(shown, entries, "pages of {limit}");
    }
    let since = store.check_ins_since(ana(), goal.id, day("2026-02-02")).await.expect("a log");
    assert_eq!(since.iter().rev().cloned().collect::<Vec<_>>(), entries[..since.len()]);
    assert!(since.iter().all(|entry| entry.day >= day("2026-02-02")) && since.len() == 16);
    let days = store.check_in_days(ana(), day("2026-02-02")).await.expect("days");
    assert_eq!(days, [(day("2026-02-02"), 8), (day("2026-02-03"), 8)]);
}

/// What is removed for good takes its log with it; the trash keeps it.
pub async fn a_log_goes_with_its_goal<S: GoalStore>(store: Arc<S>) {
    let made = goal(ana(), 1, "Read");
    put(&*store, &made).await;
    let next = with(&made, 1, None);
    assert!(add(&*store, &entry(&made, 1, 3), &made, &next).await.expect("an answer"));
    let trashed = Goal { deleted_at: Some(now()), version: 3, ..next };
    assert!(store.replace(&trashed, 2, crate::store::DuplicateCheck::Keep).await.expect("an answer"));
    assert_eq!(log(&*store, &made).await.len(), 1);
    assert!(store.remove(ana(), made.id).await.expect("an answer"));
    store.put(&made, Refuse, MANY).await.expect("the id is free again");
    assert_eq!(log(&*store, &made).await, []);
}

fn goals<S: GoalStore + 'static>(store: &Arc<S>) -> Goals {
    let clock = Arc::new(ManualClock::at(now()));
    Goals::new(Arc::clone(store) as Arc<dyn GoalStore>, clock, Arc::new(SequentialIds::default()))
}

async fn metric(goals: &Goals, fold: Fold) -> Goal {
    let measure = MeasurePatch {
        kind: Change::Set(MeasureKind::Metric),
        target: Change::Set(1_000.into()),
        fold: Change::Set(fold),
        ..MeasurePatch::default()
    };
    goals.create(ana(), GoalDraft { measure, ..GoalDraft::new("Read") }).await.expect("a goal")
}

fn draft(value: usize) -> CheckInDraft {
    CheckInDraft { value: i32::try_from(value).ok().map(Into::into), ..CheckInDraft::default() }
}

/// Of many check-ins at once all are written, and none is lost from the sum.
pub async fn racing_check_ins_all_count<S: GoalStore + 'static>(store: Arc<S>) {
    let goals = goals(&store);
    let goal = metric(&goals, Fold::Sum).await;
    let answers = race(|n| {
        let goals = goals.clone();
        async move { goals.check_in(ana(), goal.id, TimeZone::UTC, draft(n)).await.map(drop) }
    })
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let kept = goals.get(ana(), goal.id).await.expect("the goal");
    let log = log(&*store, &kept).await;
    assert_eq!(log.len(), CALLERS);
    assert_eq!(Standing::of(&kept.measure, &log), Some(kept.standing));
    assert_eq!(kept.standing.amount, Some(496.into()), "0 and 1 and so on to 31");
    assert_eq!(kept.version, 1 + CALLERS as u64);
}

/// Of many check-ins at once exactly as many are written as there is room for.
pub async fn racing_check_ins_stop_at_the_limit<S: GoalStore + 'static>(store: Arc<S>) {
    let goals = goals(&store).with_max_check_ins(10);
    let goal = metric(&goals, Fold::Last).await;
    let answers = race(|n| {
        let goals = goals.clone();
        async move { goals.check_in(ana(), goal.id, TimeZone::UTC, draft(n)).await.map(drop) }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    let is_told = |answer: &Result<(), Error>| matches!(answer, Ok(()) | Err(Error::LimitReached { max: 10, .. }));
    assert!(answers.iter().all(is_told), "{answers:?}");
    assert_eq!(goals.get(ana(), goal.id).await.expect("the goal").standing.check_ins, 10);
}

/// One check-in that is sent by many at once is made once, and all get it.
pub async fn racing_retries_make_one<S: GoalStore + 'static>(store: Arc<S>) {
    let goals = goals(&store);
    let goal = metric(&goals, Fold::Sum).await;
    let id = Some(CheckInId::from_uuid(Uuid::from_u128(7)));
    let answers = race(|_| {
        let goals = goals.clone();
        async move { goals.check_in(ana(), goal.id, TimeZone::UTC, CheckInDraft { id, ..draft(5) }).await }
    })
    .await;
    let made = answers[0].as_ref().expect("an entry");
    assert!(answers.iter().all(|answer| answer.as_ref().ok() == Some(made)), "{answers:?}");
    let other = goals.check_in(ana(), goal.id, TimeZone::UTC, CheckInDraft { id, ..draft(6) }).await;
    assert!(matches!(other, Err(Error::IdTaken)), "{other:?}");
    let kept = goals.get(ana(), goal.id).await.expect("the goal");
    assert_eq!((kept.standing.check_ins, kept.standing.amount), (1, Some(5.into())));
}

/// Of corrections, removals and new entries at once none is lost: in the end the goal carries what
/// its log says.
pub async fn racing_corrections_leave_what_the_log_says<S: GoalStore + 'static>(store: Arc<S>) {
    let goals = goals(&store);
    for fold in [Fold::Sum, Fold::Last] {
        let goal = metric(&goals, fold).await;
        let mut ids = Vec::new();
        for n in 0..CALLERS {
            let entry = goals.check_in(ana(), goal.id, TimeZone::UTC, draft(n)).await;
            ids.push(entry.expect("an entry").id);
        }
        let answers = race(|n| {
            let (goals, id) = (goals.clone(), ids[n - n % 2]);
            async move {
                match n % 4 {
                    0 => {
                        let patch = CheckInPatch { value: Change::Set(900.into()), ..CheckInPatch::default() };
                        goals.correct_check_in(ana(), goal.id, TimeZone::UTC, id, &patch).await.map(drop)
                    }
                    2 => goals.remove_check_in(ana(), goal.id, id).await,
                    _ => goals.check_in(ana(), goal.id, TimeZone::UTC, draft(n)).await.map(drop),
                }
            }
        })
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let kept = goals.get(ana(), goal.id).await.expect("the goal");
        let log = log(&*store, &kept).await;
        assert_eq!(Standing::of(&kept.measure, &log), Some(kept.standing), "{fold}");
        assert_eq!(log.len(), CALLERS - CALLERS / 4 + CALLERS / 2);
        goals.purge(ana(), goal.id).await.expect("purged");
    }
}
