//! The rules of a [`GoalRepository`] about goals that are made once.

use std::sync::Arc;

use chrono::TimeDelta;
use uuid::Uuid;

use super::goals::{MANY, ana, put, rui};
use super::race;
use crate::duplicate::DuplicatePolicy::{Allow, Refuse};
use crate::goal::Goal;
use crate::idempotency::{IDEMPOTENCY_KEPT, Receipt};
use crate::ids::GoalId;
use crate::store::{GoalRepository, StoreError};
use crate::testing::{PutGoals as _, goal, receipt};

async fn put_once(store: &impl GoalRepository, goal: &Goal, receipt: &Receipt) -> Option<Receipt> {
    store.put_once(goal, Allow, MANY, receipt).await.expect("an answer")
}

async fn count(store: &impl GoalRepository) -> u64 {
    store.count(ana()).await.expect("a count")
}

/// Under one key one goal is made, and every later caller gets the first receipt to the letter,
/// whatever else is wrong: the id is taken, the title is, there is no room, the goal is gone.
pub async fn a_key_makes_one_goal<S: GoalRepository>(store: Arc<S>) {
    let (first, kept) = (goal(ana(), 1, "Read"), receipt("key", 1));
    let kept = Receipt { answer: (0..=255).collect(), ..kept };
    assert_eq!(put_once(&*store, &first, &kept).await, None);
    let (other, again) = (goal(ana(), 2, "Swim"), receipt("key", 2));
    for (goal, policy, max) in [(&first, Allow, MANY), (&goal(ana(), 2, "Read"), Refuse, MANY), (&other, Refuse, 1)] {
        assert_eq!(store.put_once(goal, policy, max, &again).await.expect("an answer").as_ref(), Some(&kept));
    }
    assert_eq!(put_once(&*store, &other, &again).await.as_ref(), Some(&kept));
    assert!(store.remove(ana(), first.id).await.expect("an answer"));
    assert_eq!(put_once(&*store, &first, &again).await.as_ref(), Some(&kept));
    assert_eq!(count(&*store).await, 0);
    assert_eq!(store.changes(ana(), 0, 9).await.expect("a log").events.len(), 1, "nothing but the removal");
}

/// Another key and another owner's key are other keys.
pub async fn a_key_is_one_owners<S: GoalRepository>(store: Arc<S>) {
    assert_eq!(put_once(&*store, &goal(ana(), 1, "Read"), &receipt("key", 1)).await, None);
    assert_eq!(put_once(&*store, &goal(ana(), 2, "Read"), &receipt("KEY", 2)).await, None);
    assert_eq!(put_once(&*store, &goal(rui(), 1, "Read"), &receipt("key", 3)).await, None);
    assert_eq!(put_once(&*store, &goal(rui(), 2, "Read"), &receipt("key", 4)).await, Some(receipt("key", 3)));
}

/// What is refused leaves no receipt.
pub async fn a_refusal_leaves_the_key_free<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "Read");
    put(&*store, &first).await;
    let kept = receipt("key", 1);
    let refused = store.put_once(&goal(ana(), 2, "Read"), Refuse, MANY, &kept).await;
    assert!(matches!(refused, Err(StoreError::DuplicateGoal { existing }) if existing == first.id), "{refused:?}");
    let refused = store.put_once(&first, Allow, MANY, &kept).await;
    assert!(matches!(refused, Err(StoreError::IdTaken)), "{refused:?}");
    let refused = store.put_once(&goal(ana(), 2, "Swim"), Refuse, 1, &kept).await;
    assert!(matches!(refused, Err(StoreError::LimitReached { max: 1, .. })), "{refused:?}");
    assert_eq!(put_once(&*store, &goal(ana(), 2, "Swim"), &kept).await, None);
    assert_eq!(count(&*store).await, 2);
}

/// A receipt stands in the way for [`IDEMPOTENCY_KEPT`] and no longer, and can be removed.
pub async fn a_key_is_forgotten<S: GoalRepository>(store: Arc<S>) {
    let first = receipt("key", 1);
    assert_eq!(put_once(&*store, &goal(ana(), 1, "One"), &first).await, None);
    let last = Receipt { at: first.at + IDEMPOTENCY_KEPT, ..receipt("key", 2) };
    assert_eq!(put_once(&*store, &goal(ana(), 2, "Two"), &last).await, Some(first.clone()));
    assert_eq!(store.forget_receipts(last.outlives(), 9).await.expect("an answer"), 0);
    let later = Receipt { at: last.at + TimeDelta::microseconds(1), ..last };
    assert_eq!(put_once(&*store, &goal(ana(), 2, "Two"), &later).await, None);
    assert_eq!(put_once(&*store, &goal(ana(), 3, "Three"), &later).await, Some(later.clone()));
    for (n, key) in ["a", "b", "c"].into_iter().enumerate() {
        assert_eq!(put_once(&*store, &goal(rui(), n as u128, key), &receipt(key, 0)).await, None);
    }
    for gone in [2, 1, 0] {
        assert_eq!(store.forget_receipts(later.outlives(), 2).await.expect("an answer"), gone);
    }
    assert_eq!(put_once(&*store, &goal(ana(), 3, "Three"), &later).await, Some(later), "it lives still");
}

/// A goal under another one is made once too, also when its parent is gone by the time of a retry.
pub async fn a_key_makes_one_child<S: GoalRepository>(store: Arc<S>) {
    let parent = goal(ana(), 1, "Read");
    put(&*store, &parent).await;
    let child = Goal { parent: Some(parent.id), ..goal(ana(), 2, "Read more") };
    assert_eq!(put_once(&*store, &child, &receipt("key", 1)).await, None);
    for gone in [child.id, parent.id] {
        let again = Goal { id: GoalId::from_uuid(Uuid::from_u128(9)), ..child.clone() };
        assert_eq!(put_once(&*store, &again, &receipt("key", 2)).await, Some(receipt("key", 1)));
        assert!(store.remove(ana(), gone).await.expect("an answer"));
    }
    assert_eq!(put_once(&*store, &child, &receipt("key", 3)).await, Some(receipt("key", 1)));
    assert_eq!(count(&*store).await, 0);
    let full = store.put_once(&goal(ana(), 3, "x"), Refuse, 0, &receipt("other", 1)).await;
    assert!(matches!(full, Err(StoreError::LimitReached { max: 0, .. })), "{full:?}");
}

/// Of callers with one key at the same time one makes its goal, and the others get its receipt.
pub async fn racing_tries_leave_one<S: GoalRepository + 'static>(store: Arc<S>) {
    for (policy, title) in [(Allow, "Read"), (Refuse, "Swim")] {
        let try_once = |n: usize| {
            let store = Arc::clone(&store);
            let id = GoalId::from_uuid(Uuid::new_v5(&Uuid::nil(), format!("{title} {n}").as_bytes()));
            let goal = Goal { id, ..goal(ana(), 0, title) };
            let receipt = Receipt { answer: n.to_be_bytes().to_vec(), ..receipt(title, 1) };
            async move { (store.put_once(&goal, policy, MANY, &receipt).await.expect("an answer"), receipt) }
        };
        let (firsts, others): (Vec<_>, Vec<_>) = race(try_once).await.into_iter().partition(|(got, _)| got.is_none());
        let [(None, first)] = &firsts[..] else { panic!("{} goals were made", firsts.len()) };
        assert!(others.iter().all(|(got, _)| got.as_ref() == Some(first)), "everybody gets the first receipt");
    }
    assert_eq!(count(&*store).await, 2);
    assert_eq!(store.changes(ana(), 0, 9).await.expect("a log").events.len(), 2);
}
