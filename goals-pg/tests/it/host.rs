//! Goals in a transaction of the host's own.

use goals_core::DuplicatePolicy::{Allow, Refuse};
use goals_core::testing::goal;
use goals_core::{DuplicateCheck, EventId, Goal, GoalQuery, OwnerId, StoreError};
use tokio_postgres::{Client, IsolationLevel};
use uuid::Uuid;

use crate::database::{connect, migrated, sql};

fn owner() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(7))
}

async fn orders(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn both_are_there_or_neither() {
    let database = migrated().await;
    let mut client = connect(database.config()).await;
    client.batch_execute("CREATE TABLE orders (number bigint)").await.unwrap();
    for (is_committed, expected) in [(false, 0), (true, 1)] {
        let mut transaction = client.transaction().await.unwrap();
        transaction.execute("INSERT INTO orders VALUES (1)", &[]).await.unwrap();
        sql().put(&mut transaction, &goal(owner(), 1, "Read"), Refuse, 9).await.unwrap();
        assert_eq!(sql().count(&mut transaction, owner()).await.unwrap(), 1, "it sees its own work");
        if is_committed {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        assert_eq!(orders(&client).await, i64::from(is_committed));
        assert_eq!(sql().count(&mut client, owner()).await.unwrap(), expected);
        let page = sql().list(&mut client, owner(), &GoalQuery::default()).await.unwrap();
        assert_eq!(page.items.len() as u64, expected);
    }
}

#[tokio::test]
async fn a_refusal_leaves_the_transaction_alive() {
    let database = migrated().await;
    let mut client = connect(database.config()).await;
    client.batch_execute("CREATE TABLE orders (number bigint)").await.unwrap();
    let first = goal(owner(), 1, "Read");
    let mut transaction = client.transaction().await.unwrap();
    transaction.execute("INSERT INTO orders VALUES (1)", &[]).await.unwrap();
    sql().put(&mut transaction, &first, Refuse, 2).await.unwrap();
    let refused = sql().put(&mut transaction, &goal(owner(), 2, "read!"), Refuse, 2).await;
    assert!(matches!(refused, Err(StoreError::DuplicateGoal { existing }) if existing == first.id), "{refused:?}");
    let refused = sql().put(&mut transaction, &goal(owner(), 1, "Swim"), Refuse, 2).await;
    assert!(matches!(refused, Err(StoreError::IdTaken)), "{refused:?}");
    sql().put(&mut transaction, &goal(owner(), 2, "Read"), Allow, 2).await.unwrap();
    let refused = sql().put(&mut transaction, &goal(owner(), 3, "Swim"), Refuse, 2).await;
    assert!(matches!(refused, Err(StoreError::LimitReached { max: 2, .. })), "{refused:?}");
    let next = Goal { description: "daily".to_owned(), version: 2, ..first.clone() };
    assert!(sql().replace(&mut transaction, &next, 1, DuplicateCheck::Keep).await.unwrap());
    assert!(sql().remove(&mut transaction, owner(), goal(owner(), 2, "Read").id).await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(orders(&client).await, 1);
    assert_eq!(sql().find(&mut client, owner(), first.id).await.unwrap(), Some(next));
    assert_eq!(sql().count(&mut client, owner()).await.unwrap(), 1);
}

#[tokio::test]
async fn an_allowed_duplicate_stands_in_the_way_of_later_ones() {
    let database = migrated().await;
    let mut client = connect(database.config()).await;
    let (first, allowed, other) = (goal(owner(), 1, "Read"), goal(owner(), 2, "Read"), goal(owner(), 3, "Swim"));
    sql().put(&mut client, &first, Refuse, 9).await.unwrap();
    sql().put(&mut client, &allowed, Allow, 9).await.unwrap();
    sql().put(&mut client, &other, Refuse, 9).await.unwrap();
    assert!(sql().remove(&mut client, owner(), first.id).await.unwrap());
    let refused = sql().put(&mut client, &goal(owner(), 4, "Read"), Refuse, 9).await;
    assert!(matches!(refused, Err(StoreError::DuplicateGoal { existing }) if existing == allowed.id), "{refused:?}");
    let renamed = Goal { title: "Read".to_owned(), version: 2, ..other };
    let refused = sql().replace(&mut client, &renamed, 1, DuplicateCheck::Judge(Refuse)).await;
    assert!(matches!(refused, Err(StoreError::DuplicateGoal { existing }) if existing == allowed.id), "{refused:?}");
    assert!(sql().replace(&mut client, &renamed, 1, DuplicateCheck::Judge(Allow)).await.unwrap());
}

#[tokio::test]
async fn what_a_snapshot_does_not_see_is_not_waited_for() {
    let database = migrated().await;
    let (mut client, mut other) = (connect(database.config()).await, connect(database.config()).await);
    let swim = goal(owner(), 1, "Swim");
    sql().put(&mut client, &swim, Refuse, 9).await.unwrap();
    let mut old = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().await.unwrap();
    assert_eq!(sql().count(&mut old, owner()).await.unwrap(), 1, "the snapshot is taken");
    sql().put(&mut other, &goal(owner(), 2, "Read"), Refuse, 9).await.unwrap();
    let refused = sql().put(&mut old, &goal(owner(), 3, "Read"), Refuse, 9).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let renamed = Goal { title: "Read".to_owned(), version: 2, ..swim };
    let refused = sql().replace(&mut old, &renamed, 1, DuplicateCheck::Judge(Refuse)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(sql().count(&mut old, owner()).await.unwrap(), 1, "and the transaction is alive");
}

#[tokio::test]
async fn the_trash_is_emptied_in_batches() {
    let database = migrated().await;
    let mut client = connect(database.config()).await;
    let at = goals_core::testing::now();
    for number in 1..=5 {
        let trashed = Goal { deleted_at: Some(at), ..goal(owner(), number, &format!("Goal {number}")) };
        sql().put(&mut client, &trashed, Refuse, 9).await.unwrap();
    }
    let ids: Vec<_> = (0..9).map(|number| EventId::from_uuid(Uuid::from_u128(number))).collect();
    let later = at + chrono::TimeDelta::microseconds(1);
    assert_eq!(sql().purge_expired(&mut client, at, at, &ids[..9]).await.unwrap(), 0);
    // One that somebody is changing is left for the next time.
    let mut other = connect(database.config()).await;
    let held = other.transaction().await.unwrap();
    held.execute("SELECT FROM goals.goals ORDER BY goal_id LIMIT 1 FOR UPDATE", &[]).await.unwrap();
    let mut purged = Vec::new();
    for _ in 0..3 {
        purged.push(sql().purge_expired(&mut client, later, at, &ids[..3]).await.unwrap());
    }
    assert_eq!(purged, [3, 1, 0]);
    held.rollback().await.unwrap();
    assert_eq!(sql().purge_expired(&mut client, later, at, &ids[..3]).await.unwrap(), 1);
    assert_eq!(sql().count(&mut client, owner()).await.unwrap(), 0);
}
