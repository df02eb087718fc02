//! Races that are lost for certain: one side is held where it hurts, and let go when the other has
//! run into it.

use std::sync::Arc;

use chrono::TimeDelta;
use goals_core::DuplicatePolicy::{Allow, Refuse};
use goals_core::testing::{PutGoals as _, goal, now, session, user};
use goals_core::{
    DuplicateCheck, EventKind, Goal, GoalQuery, GoalRepository, OwnerId, PasswordHash, SessionId, SessionRepository,
    SessionSecret, Status, StoreError, UserRepository,
};
use goals_pg::local::TestDatabase;
use goals_pg::{PgStore, StatementMode};
use tokio::task::JoinHandle;
use tokio_postgres::Transaction;
use uuid::Uuid;

use crate::database::{SOMEBODY_WAITS, connect, sql, store, until};

fn owner() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(1))
}

fn inserting(store: &Arc<PgStore>, goal: Goal, max: u64) -> JoinHandle<Result<(), StoreError>> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.put(&goal, Refuse, max).await })
}

async fn until_somebody_waits(database: &TestDatabase) {
    until(&connect(database.config()).await, SOMEBODY_WAITS).await;
}

async fn end(transaction: Transaction<'_>, is_committed: bool) {
    let ended = if is_committed { transaction.commit().await } else { transaction.rollback().await };
    ended.unwrap();
}

#[tokio::test]
async fn a_duplicate_that_is_being_written_is_waited_for() {
    for is_committed in [true, false] {
        let (store, database) = store(StatementMode::Named).await;
        store.put(&goal(owner(), 9, "Swim"), Refuse, 9).await.unwrap();
        let mut other = connect(database.config()).await;
        let mut other = other.transaction().await.unwrap();
        let first = goal(owner(), 1, "Read");
        sql().put(&mut other, &first, Refuse, 9).await.unwrap();
        let second = inserting(&store, goal(owner(), 2, "read"), 9);
        until_somebody_waits(&database).await;
        end(other, is_committed).await;
        match second.await.unwrap() {
            Err(StoreError::DuplicateGoal { existing }) => assert!(is_committed && existing == first.id),
            answer => assert!(!is_committed && answer.is_ok(), "{answer:?}"),
        }
        assert_eq!(store.count(owner()).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_goal_that_is_being_reopened_is_waited_for() {
    for is_committed in [true, false] {
        let (store, database) = store(StatementMode::Named).await;
        let closed = Goal { status: Status::Achieved, closed_at: Some(now()), ..goal(owner(), 1, "Read") };
        store.put(&closed, Refuse, 9).await.unwrap();
        let mut other = connect(database.config()).await;
        let mut other = other.transaction().await.unwrap();
        let open = Goal { version: 2, ..goal(owner(), 1, "Read") };
        assert!(sql().replace(&mut other, &open, 1, DuplicateCheck::Judge(Refuse)).await.unwrap());
        let second = inserting(&store, goal(owner(), 2, "Read"), 9);
        until_somebody_waits(&database).await;
        end(other, is_committed).await;
        match second.await.unwrap() {
            Err(StoreError::DuplicateGoal { existing }) => assert!(is_committed && existing == open.id),
            answer => assert!(!is_committed && answer.is_ok(), "{answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_goal_that_is_being_counted_is_waited_for() {
    for is_committed in [true, false] {
        let (store, database) = store(StatementMode::Named).await;
        store.put(&goal(owner(), 9, "Swim"), Refuse, 2).await.unwrap();
        let mut other = connect(database.config()).await;
        let mut other = other.transaction().await.unwrap();
        sql().put(&mut other, &goal(owner(), 1, "Read"), Refuse, 2).await.unwrap();
        let second = inserting(&store, goal(owner(), 2, "Write"), 2);
        until_somebody_waits(&database).await;
        end(other, is_committed).await;
        match second.await.unwrap() {
            Err(StoreError::LimitReached { max: 2, .. }) => assert!(is_committed),
            answer => assert!(!is_committed && answer.is_ok(), "{answer:?}"),
        }
        assert_eq!(store.count(owner()).await.unwrap(), 2);
    }
}

/// An owner's first goal, while another caller brings the counter and takes a goal away again that
/// had the same id: a counter that a statement has not seen does not count it.
#[tokio::test]
async fn the_first_goal_is_counted_whoever_brings_the_counter() {
    let (store, database) = store(StatementMode::Named).await;
    let mut other = connect(database.config()).await;
    let mut other = other.transaction().await.unwrap();
    let first = goal(owner(), 1, "Read");
    sql().put(&mut other, &first, Refuse, 9).await.unwrap();
    let second = inserting(&store, first.clone(), 9);
    until_somebody_waits(&database).await;
    assert!(sql().remove(&mut other, owner(), first.id).await.unwrap());
    other.commit().await.unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(store.count(owner()).await.unwrap(), 1);
}

/// What is written of a goal while its removal waits goes with it, and the removal comes last.
#[tokio::test]
async fn a_change_that_is_being_written_leaves_no_history_of_a_purged_goal() {
    let (store, database) = store(StatementMode::Named).await;
    let first = goal(owner(), 1, "Read");
    store.put(&first, Refuse, 9).await.unwrap();
    let mut other = connect(database.config()).await;
    let mut other = other.transaction().await.unwrap();
    let changed = Goal { title: "Secret".to_owned(), version: 2, ..first.clone() };
    assert!(sql().replace(&mut other, &changed, 1, DuplicateCheck::Keep).await.unwrap());
    let purging = {
        let (store, id) = (Arc::clone(&store), first.id);
        tokio::spawn(async move { store.remove(owner(), id).await })
    };
    until_somebody_waits(&database).await;
    other.commit().await.unwrap();
    assert!(purging.await.unwrap().unwrap());
    let left = store.changes(owner(), 0, 9).await.unwrap().events;
    assert_eq!(left.iter().map(|event| (event.seq, event.kind)).collect::<Vec<_>>(), [(3, EventKind::GoalPurged)]);
}

/// Nobody signs in with a password while it is being changed and stays.
#[tokio::test]
async fn a_session_that_is_being_begun_ends_with_the_old_password() {
    let (store, database) = store(StatementMode::Named).await;
    let (ana, old, new) = (user(1, "ana"), PasswordHash::new("old".into()), PasswordHash::new("new".into()));
    UserRepository::insert(&*store, &ana, &old).await.unwrap();
    let mut other = connect(database.config()).await;
    let other = other.transaction().await.unwrap();
    other.execute("SELECT FROM goals.users FOR UPDATE", &[]).await.unwrap();
    let begun = "INSERT INTO goals.sessions VALUES ($1, gen_random_uuid(), '', '', NULL, NULL, '', $2, $2, $2)";
    other.execute(begun, &[&ana.id.as_uuid(), &(now() + TimeDelta::days(9))]).await.unwrap();
    let changing = {
        let (store, id, nobody) = (Arc::clone(&store), ana.id, SessionId::from_uuid(Uuid::nil()));
        tokio::spawn(async move { store.change_password(id, &old, &new, nobody).await })
    };
    until_somebody_waits(&database).await;
    other.commit().await.unwrap();
    assert!(changing.await.unwrap().unwrap());
    assert!(SessionRepository::list(&*store, ana.id, now()).await.unwrap().is_empty());
}

/// Sessions that began while a caller waited for its turn are counted too.
#[tokio::test]
async fn a_session_that_is_being_begun_takes_its_place() {
    let (store, database) = store(StatementMode::Named).await;
    let ana = user(1, "ana");
    UserRepository::insert(&*store, &ana, &PasswordHash::new("x".into())).await.unwrap();
    let mut other = connect(database.config()).await;
    let other = other.transaction().await.unwrap();
    other.execute("SELECT FROM goals.users FOR UPDATE", &[]).await.unwrap();
    let begun = "INSERT INTO goals.sessions VALUES ($1, gen_random_uuid(), '', '', NULL, NULL, '', $2, $2, $2)";
    other.execute(begun, &[&ana.id.as_uuid(), &(now() + TimeDelta::days(9))]).await.unwrap();
    let second = {
        let (store, session) = (Arc::clone(&store), session(&ana, 2));
        let (secret, proven) = (SessionSecret::new([2; 32]), PasswordHash::new("x".into()));
        tokio::spawn(async move { SessionRepository::insert(&*store, &session, &secret, &proven, 1).await })
    };
    until_somebody_waits(&database).await;
    other.commit().await.unwrap();
    assert!(second.await.unwrap().unwrap());
    assert_eq!(SessionRepository::list(&*store, ana.id, now()).await.unwrap().len(), 1);
}

/// Who has proven the old password does not get in behind the new one.
#[tokio::test]
async fn a_session_that_was_proven_by_the_old_password_comes_too_late() {
    let (store, database) = store(StatementMode::Named).await;
    let (ana, old) = (user(1, "ana"), PasswordHash::new("old".into()));
    UserRepository::insert(&*store, &ana, &old).await.unwrap();
    let mut other = connect(database.config()).await;
    let other = other.transaction().await.unwrap();
    other.execute("UPDATE goals.users SET password_hash = 'new'", &[]).await.unwrap();
    let beginning = {
        let (store, session) = (Arc::clone(&store), session(&ana, 2));
        let secret = SessionSecret::new([2; 32]);
        tokio::spawn(async move { SessionRepository::insert(&*store, &session, &secret, &old, 9).await })
    };
    until_somebody_waits(&database).await;
    other.commit().await.unwrap();
    assert!(!beginning.await.unwrap().unwrap());
    assert!(SessionRepository::list(&*store, ana.id, now()).await.unwrap().is_empty());
}

/// A goal that comes in while its owner is removed goes with them.
#[tokio::test]
async fn a_goal_that_is_being_written_goes_with_its_owner() {
    let (store, database) = store(StatementMode::Named).await;
    let ana = user(1, "ana");
    UserRepository::insert(&*store, &ana, &PasswordHash::new("x".into())).await.unwrap();
    store.put(&goal(ana.id.into(), 1, "Read"), Refuse, 9).await.unwrap();
    let mut other = connect(database.config()).await;
    let mut other = other.transaction().await.unwrap();
    sql().put(&mut other, &goal(ana.id.into(), 2, "Swim"), Allow, 9).await.unwrap();
    let deleting = {
        let (store, id) = (Arc::clone(&store), ana.id);
        tokio::spawn(async move { UserRepository::delete(&*store, id, &PasswordHash::new("x".into())).await })
    };
    until_somebody_waits(&database).await;
    other.commit().await.unwrap();
    assert!(deleting.await.unwrap().unwrap());
    assert_eq!(store.count(ana.id.into()).await.unwrap(), 0);
    let page = GoalRepository::list(&*store, ana.id.into(), &GoalQuery::default()).await.unwrap();
    assert!(page.items.is_empty());
}
