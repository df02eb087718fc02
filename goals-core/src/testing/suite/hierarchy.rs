//! The rules of a [`GoalRepository`] about goals under goals.

use std::sync::Arc;

use chrono::TimeDelta;
use uuid::Uuid;

use super::goals::{MANY, ana, closed, next, put, rui, titled, trashed};
use super::{CALLERS, race};
use crate::duplicate::DuplicatePolicy::{Allow, Refuse};
use crate::error::Violation;
use crate::goal::Goal;
use crate::hierarchy::LEVELS_MAX;
use crate::ids::GoalId;
use crate::query::{GoalQuery, ParentFilter};
use crate::store::DuplicateCheck::{Judge, Keep};
use crate::store::{GoalRepository, StoreError};
use crate::testing::{PutGoals as _, goal, now};

/// Ana's `number`-th goal, under `parent`.
pub(super) fn child(number: u128, parent: &Goal) -> Goal {
    Goal { parent: Some(parent.id), ..goal(ana(), number, &format!("Goal {number}")) }
}

fn under(goal: &Goal, parent: &Goal) -> Goal {
    Goal { parent: Some(parent.id), ..next(goal) }
}

/// Goals one under the other, numbered from `first`, the first of them under nothing.
pub(super) async fn put_chain(store: &impl GoalRepository, first: u128, levels: u128) -> Vec<Goal> {
    let mut chain = vec![goal(ana(), first, &format!("Goal {first}"))];
    for number in 1..levels {
        chain.push(child(first + number, chain.last().expect("a goal")));
    }
    for goal in &chain {
        put(store, goal).await;
    }
    chain
}

async fn move_under(store: &impl GoalRepository, goal: &Goal, parent: &Goal) -> Result<bool, StoreError> {
    store.replace(&under(goal, parent), goal.version, Judge(Refuse)).await
}

#[track_caller]
fn is_refused<T: std::fmt::Debug>(answer: &Result<T, StoreError>, why: &Violation) {
    assert!(matches!(answer, Err(StoreError::Parent(said)) if said == why), "{why:?}, not {answer:?}");
}

/// All of Ana's goals, after the rules about parents were found to hold among them.
pub(super) async fn sound(store: &impl GoalRepository) -> Vec<Goal> {
    let mut goals = Vec::new();
    for trash in [false, true] {
        let mut query = GoalQuery { trash, limit: 200, ..GoalQuery::default() };
        loop {
            let page = store.list(ana(), &query).await.expect("a page");
            goals.extend(page.items);
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
    }
    for goal in &goals {
        let mut levels = 1;
        let mut place = goal;
        while let Some(parent) = place.parent {
            let parent = goals.iter().find(|goal| goal.id == parent).expect("the parent is there");
            assert!(parent.deleted_at.is_none() || place.deleted_at.is_some(), "{place:?} under the trash");
            levels += 1;
            assert!(levels <= LEVELS_MAX, "{goal:?} is too deep, or above itself");
            place = parent;
        }
    }
    goals
}

/// A parent comes back as it was put in, and lists show the children of one goal, or the goals
/// without a parent.
pub async fn children_are_found<S: GoalRepository>(store: Arc<S>) {
    let chain = put_chain(&*store, 1, 3).await;
    let (second, theirs) = (child(9, &chain[0]), goal(rui(), 1, "Goal"));
    put(&*store, &second).await;
    put(&*store, &theirs).await;
    put(&*store, &Goal { parent: Some(theirs.id), ..goal(rui(), 2, "Other") }).await;
    assert_eq!(store.find(ana(), chain[2].id).await.expect("an answer").as_ref(), chain.last());
    let loose = Goal { parent: None, ..next(&second) };
    for (parent, found) in [
        (ParentFilter::None, vec![&chain[0]]),
        (ParentFilter::Goal(chain[0].id), vec![&chain[1], &second]),
        (ParentFilter::Goal(chain[1].id), vec![&chain[2]]),
        (ParentFilter::Goal(chain[2].id), vec![]),
    ] {
        for limit in [1, 9] {
            let mut query = GoalQuery { parent: Some(parent), limit, ..GoalQuery::default() };
            let mut shown = Vec::new();
            loop {
                let page = store.list(ana(), &query).await.expect("a page");
                shown.extend(page.items);
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(shown.iter().collect::<Vec<_>>(), found, "{parent:?}");
        }
    }
    assert!(store.replace(&loose, 1, Judge(Refuse)).await.expect("an answer"));
    assert_eq!(store.find(ana(), second.id).await.expect("an answer"), Some(loose));
}

/// The titles of open goals are found by their length in characters, among the children of one
/// parent or those of none, the newest first.
pub async fn open_titles_are_found<S: GoalRepository>(store: Arc<S>) {
    let parent = goal(ana(), 1, "Éé🏃");
    let said = |number, title: &str| goal(ana(), number, title);
    let below = |number, title: &str| Goal { parent: Some(parent.id), ..said(number, title) };
    let (gone, done) = (trashed(&said(8, "gone")), closed(&said(9, "done")));
    for goal in [&parent, &said(2, "four"), &said(3, "fifth"), &below(4, "four"), &below(5, "six"), &gone, &done] {
        put(&*store, goal).await;
    }
    put(&*store, &goal(rui(), 2, "four")).await;
    for (parent, least, most, limit, found) in [
        (None, 3, 4, 9, vec![(2, "four"), (1, "Éé🏃")]),
        (None, 4, 5, 9, vec![(3, "fifth"), (2, "four")]),
        (None, 0, usize::MAX, 1, vec![(3, "fifth")]),
        (Some(parent.id), 0, 9, 9, vec![(5, "six"), (4, "four")]),
        (Some(gone.id), 0, 9, 9, vec![]),
    ] {
        let titles = store.open_titles(ana(), parent, least, most, limit).await.expect("an answer");
        let titles: Vec<_> = titles.iter().map(|goal| (goal.id.as_uuid().as_u128(), goal.title.as_str())).collect();
        assert_eq!(titles, found, "{least} to {most}");
    }
}

/// A parent is a goal of the same owner; a refusal changes nothing and leaves no event.
pub async fn a_parent_is_a_goal_of_the_owner<S: GoalRepository>(store: Arc<S>) {
    let (anas, ruis) = (goal(ana(), 1, "Ana's"), goal(rui(), 2, "Rui's"));
    put(&*store, &anas).await;
    put(&*store, &ruis).await;
    for parent in [ruis.id, GoalId::from_uuid(Uuid::max()), GoalId::from_uuid(Uuid::from_u128(3))] {
        let lost = Goal { parent: Some(parent), ..goal(ana(), 3, "Lost") };
        is_refused(&store.put(&lost, Refuse, MANY).await, &Violation::UnknownGoal);
        let lost = Goal { parent: Some(parent), ..next(&anas) };
        is_refused(&store.replace(&lost, 1, Judge(Refuse)).await, &Violation::UnknownGoal);
        assert!(!store.replace(&lost, 7, Judge(Refuse)).await.expect("an answer"), "the version comes first");
        let taken = store.put(&Goal { version: 1, ..lost }, Refuse, MANY).await;
        assert!(matches!(taken, Err(StoreError::IdTaken)), "the id comes first: {taken:?}");
    }
    let first = Goal { parent: Some(anas.id), ..goal(rui(), 9, "First") };
    is_refused(&store.put(&first, Refuse, MANY).await, &Violation::UnknownGoal);
    assert_eq!(store.find(ana(), anas.id).await.expect("an answer"), Some(anas));
    assert_eq!(store.count(ana()).await.expect("a count"), 1);
    assert_eq!(store.changes(ana(), 0, 9).await.expect("a log").events.len(), 1);
}

/// No goal stands above itself, and no tree has more levels than allowed, whichever end grows.
pub async fn trees_are_trees_and_not_too_high<S: GoalRepository>(store: Arc<S>) {
    let chain = put_chain(&*store, 1, 5).await;
    let three = put_chain(&*store, 11, 3).await;
    for below in &chain {
        is_refused(&move_under(&*store, &chain[0], below).await, &Violation::Cycle);
    }
    is_refused(&move_under(&*store, &chain[3], &chain[4]).await, &Violation::Cycle);
    let deep = Violation::TooDeep { max: 5 };
    is_refused(&store.put(&child(6, &chain[4]), Refuse, MANY).await, &deep);
    is_refused(&move_under(&*store, &three[0], &chain[2]).await, &deep);
    is_refused(&move_under(&*store, &three[2], &chain[4]).await, &deep);
    assert!(move_under(&*store, &three[0], &chain[1]).await.expect("it fits"));
    assert!(move_under(&*store, &three[2], &chain[3]).await.expect("it fits"));
    is_refused(&move_under(&*store, &chain[0], &three[1]).await, &Violation::Cycle);
    assert_eq!(sound(&*store).await.len(), 8);
}

/// Goals that say the same are duplicates under one parent, or under none, and nowhere else.
pub async fn duplicates_stand_side_by_side<S: GoalRepository>(store: Arc<S>) {
    let (a, b) = (goal(ana(), 1, "A"), goal(ana(), 2, "B"));
    let says =
        |number, parent: Option<&Goal>| Goal { parent: parent.map(|parent| parent.id), ..goal(ana(), number, "Read") };
    let (loose, under_a, under_b) = (says(3, None), says(4, Some(&a)), says(5, Some(&b)));
    for goal in [&a, &b, &loose, &under_a, &under_b] {
        put(&*store, goal).await;
    }
    let is_duplicate_of = |answer: Result<(), _>, of: &Goal| {
        assert!(matches!(answer, Err(StoreError::DuplicateGoal { existing }) if existing == of.id), "{answer:?}");
    };
    is_duplicate_of(store.put(&says(6, None), Refuse, MANY).await, &loose);
    is_duplicate_of(store.put(&says(6, Some(&a)), Refuse, MANY).await, &under_a);
    is_duplicate_of(move_under(&*store, &loose, &b).await.map(drop), &under_b);
    is_duplicate_of(move_under(&*store, &under_a, &b).await.map(drop), &under_b);
    let out = Goal { parent: None, ..next(&under_b) };
    is_duplicate_of(store.replace(&out, 1, Judge(Refuse)).await.map(drop), &loose);
    assert!(store.replace(&under(&under_a, &b), 1, Judge(Allow)).await.expect("allowed"));
    assert!(store.replace(&closed(&loose), 1, Keep).await.expect("an answer"));
    assert!(store.replace(&out, 1, Judge(Refuse)).await.expect("it has gone"));
}

/// A goal that is not in the trash has a parent that is not, either.
pub async fn nobody_stays_under_the_trash<S: GoalRepository>(store: Arc<S>) {
    let chain = put_chain(&*store, 1, 3).await;
    for parent in &chain[..2] {
        let refused = store.replace(&trashed(parent), 1, Keep).await;
        assert!(matches!(refused, Err(StoreError::HasChildren)), "{refused:?}");
        assert!(!store.replace(&trashed(parent), 5, Keep).await.expect("the version comes first"));
    }
    for goal in [&chain[2], &chain[1]] {
        assert!(store.replace(&trashed(goal), 1, Keep).await.expect("an answer"));
    }
    is_refused(&store.put(&child(4, &chain[1]), Refuse, MANY).await, &Violation::InTrash);
    let restored = Goal { deleted_at: None, version: 3, ..chain[2].clone() };
    is_refused(&store.replace(&restored, 2, Judge(Refuse)).await, &Violation::InTrash);
    let lower = Goal { deleted_at: Some(now()), ..child(5, &chain[2]) };
    put(&*store, &lower).await;
    assert!(
        store.replace(&Goal { deleted_at: None, ..under(&lower, &chain[0]) }, 1, Judge(Refuse)).await.expect("out")
    );
    assert_eq!(sound(&*store).await.len(), 4);
}

/// What has a goal below it cannot be removed for good, alone or by its age, before that one is.
pub async fn the_lowest_go_first<S: GoalRepository>(store: Arc<S>) {
    let chain = put_chain(&*store, 1, 2).await;
    let refused = store.remove(ana(), chain[0].id).await;
    assert!(matches!(refused, Err(StoreError::HasChildren)), "{refused:?}");
    assert_eq!(store.changes(ana(), 0, 9).await.expect("a log").events.len(), 2);
    let old = |goal: &Goal| Goal { deleted_at: Some(now() - TimeDelta::days(2)), ..next(goal) };
    for goal in [&chain[1], &chain[0]] {
        assert!(store.replace(&old(goal), 1, Keep).await.expect("an answer"));
    }
    let mut batches = Vec::new();
    for _ in 0..3 {
        batches.push(store.empty_trash(now(), 9).await.expect("a count"));
    }
    assert_eq!(batches, [1, 1, 0]);
    assert_eq!(store.count(ana()).await.expect("a count"), 0);
}

/// Of callers who put one goal under another and that under the first, one succeeds.
pub async fn racing_parents_make_no_circle<S: GoalRepository + 'static>(store: Arc<S>) {
    let pair = [goal(ana(), 1, "One"), goal(ana(), 2, "Two")];
    for goal in &pair {
        put(&*store, goal).await;
    }
    let answers = race(|n| {
        let (store, pair) = (Arc::clone(&store), pair.clone());
        async move { move_under(&*store, &pair[n % 2], &pair[1 - n % 2]).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(true))).count(), 1, "{answers:?}");
    let is_expected = |answer: &Result<bool, _>| matches!(answer, Ok(_) | Err(StoreError::Parent(Violation::Cycle)));
    assert!(answers.iter().all(is_expected), "{answers:?}");
    sound(&*store).await;
}

/// Goals in a ring, each of which somebody puts under the next, end as trees of few levels.
pub async fn racing_parents_leave_trees<S: GoalRepository + 'static>(store: Arc<S>) {
    let ring: Arc<Vec<_>> = Arc::new((0..CALLERS).map(|n| goal(ana(), n as u128, &format!("Goal {n}"))).collect());
    for goal in &*ring {
        put(&*store, goal).await;
    }
    let answers = race(|n| {
        let (store, ring) = (Arc::clone(&store), Arc::clone(&ring));
        async move { move_under(&*store, &ring[n], &ring[(n + 1) % CALLERS]).await }
    })
    .await;
    let moved = answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
    assert!(moved >= CALLERS / 2, "{answers:?}");
    let is_expected = |answer: &Result<bool, _>| matches!(answer, Ok(true) | Err(StoreError::Parent(_)));
    assert!(answers.iter().all(is_expected), "{answers:?}");
    assert_eq!(sound(&*store).await.iter().filter(|goal| goal.parent.is_some()).count(), moved);
}

/// While some move a goal to the trash, others put goals under it: it goes alone, or not at all.
pub async fn racing_children_do_not_follow_to_the_trash<S: GoalRepository + 'static>(store: Arc<S>) {
    let parent = goal(ana(), 1_000, "Parent");
    put(&*store, &parent).await;
    let answers = race(|n| {
        let (store, parent) = (Arc::clone(&store), parent.clone());
        async move {
            if n % 8 == 0 {
                store.replace(&trashed(&parent), 1, Keep).await
            } else {
                store.put(&child(n as u128, &parent), Refuse, MANY).await.map(|()| true)
            }
        }
    })
    .await;
    let is_expected = |answer: &Result<bool, _>| {
        matches!(answer, Ok(_) | Err(StoreError::HasChildren | StoreError::Parent(Violation::InTrash)))
    };
    assert!(answers.iter().all(is_expected), "{answers:?}");
    let goals = sound(&*store).await;
    let events = store.changes(ana(), 0, 99).await.expect("a log").events;
    assert_eq!(events.len(), 1 + answers.iter().filter(|answer| matches!(answer, Ok(true))).count());
    assert_eq!(store.count(ana()).await.expect("a count"), goals.len() as u64);
}

/// Of many who put the same goal under one parent at once, one succeeds.
pub async fn racing_children_are_no_duplicates<S: GoalRepository + 'static>(store: Arc<S>) {
    let parent = goal(ana(), 1_000, "Parent");
    put(&*store, &parent).await;
    let answers = race(|n| {
        let (store, same) = (Arc::clone(&store), titled(&child(n as u128, &parent), "Read"));
        async move { store.put(&Goal { version: 1, ..same }, Refuse, MANY).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let is_told = |answer: &Result<(), _>| matches!(answer, Ok(()) | Err(StoreError::DuplicateGoal { .. }));
    assert!(answers.iter().all(is_told), "{answers:?}");
    assert_eq!(sound(&*store).await.len(), 2);
}
