//! Use cases of goals in a transaction of the host's own.

use std::sync::Arc;
use std::time::Duration;

use goals_core::testing::{ManualClock, SequentialIds, now};
use goals_core::{Change, Error, Expected, GoalDraft, GoalPatch, GoalQuery, Goals, OwnerId, Status};
use goals_pg::local::TestDatabase;
use goals_pg::{PgStore, StatementMode};
use uuid::Uuid;

use crate::database::{SOMEBODY_WAITS, connect, store, until};

fn owner() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(7))
}

async fn shop(mode: StatementMode) -> (Arc<PgStore>, Goals, TestDatabase) {
    let (store, database) = store(mode).await;
    let (clock, ids) = (Arc::new(ManualClock::at(now())), Arc::new(SequentialIds::default()));
    connect(database.config()).await.batch_execute("CREATE TABLE orders (course text)").await.unwrap();
    (Arc::clone(&store), Goals::new(store, clock, ids).with_max_goals(2), database)
}

const ORDER: &str = "INSERT INTO orders VALUES ('course')";

/// How many orders and goals there are for everybody to see.
async fn seen(goals: &Goals, database: &TestDatabase) -> (i64, usize) {
    let orders = connect(database.config()).await.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get(0);
    (orders, goals.list(owner(), &GoalQuery::default()).await.unwrap().items.len())
}

#[tokio::test]
async fn both_are_there_or_neither() {
    for mode in [StatementMode::Named, StatementMode::Unnamed] {
        let (store, goals, database) = shop(mode).await;
        for end in ["drop", "roll back", "commit"] {
            let transaction = store.begin().await.unwrap();
            transaction.client().await.unwrap().execute(ORDER, &[]).await.unwrap();
            let within = transaction.goals(&goals);
            let goal = within.create(owner(), GoalDraft::new("Finish")).await.unwrap();
            let done = GoalPatch { status: Change::Set(Status::Achieved), ..GoalPatch::default() };
            let goal = within.update(owner(), goal.id, Expected::Version(1), &done).await.unwrap();
            assert_eq!(within.get(owner(), goal.id).await.unwrap(), goal, "it sees its own work");
            assert_eq!(seen(&goals, &database).await, (0, 0), "and nobody else does");
            let expected = match end {
                "commit" => transaction.commit().await.map(|()| (1, 1)).unwrap(),
                "roll back" => transaction.rollback().await.map(|()| (0, 0)).unwrap(),
                _ => {
                    drop(transaction);
                    (0, 0)
                }
            };
            // What was dropped is undone when the server notices.
            drop(within);
            until(&connect(database.config()).await, NOBODY_IS_IN_A_TRANSACTION).await;
            assert_eq!(seen(&goals, &database).await, expected, "{mode:?} {end}");
        }
    }
}

const NOBODY_IS_IN_A_TRANSACTION: &str = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%')";

#[tokio::test]
async fn what_goals_refuse_leaves_it_alive() {
    let (store, goals, database) = shop(StatementMode::Named).await;
    let transaction = store.begin().await.unwrap();
    transaction.client().await.unwrap().execute(ORDER, &[]).await.unwrap();
    let within = transaction.goals(&goals);
    within.create(owner(), GoalDraft::new("One")).await.unwrap();
    assert!(matches!(within.create(owner(), GoalDraft::new("one!")).await, Err(Error::DuplicateGoal { .. })));
    within.create(owner(), GoalDraft::new("Two")).await.unwrap();
    assert!(matches!(within.create(owner(), GoalDraft::new("Three")).await, Err(Error::LimitReached { max: 2, .. })));
    transaction.commit().await.unwrap();
    assert_eq!(seen(&goals, &database).await, (1, 2));
    let log = goals.changes(owner(), Some(0), 9).await.unwrap();
    assert_eq!(log.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2], "and no number is missing");
}

#[tokio::test]
async fn what_the_host_got_wrong_is_not_committed() {
    let (store, goals, database) = shop(StatementMode::Named).await;
    let transaction = store.begin().await.unwrap();
    transaction.goals(&goals).create(owner(), GoalDraft::new("One")).await.unwrap();
    let client = transaction.client().await.unwrap();
    client.execute("INSERT INTO nowhere VALUES (1)", &[]).await.unwrap_err();
    drop(client);
    assert_eq!(transaction.commit().await.unwrap_err().to_string(), "the store failed");
    assert_eq!(seen(&goals, &database).await, (0, 0));
}

#[tokio::test]
async fn it_is_over_when_it_is_over() {
    let (store, goals, database) = shop(StatementMode::Named).await;
    let transaction = store.begin().await.unwrap();
    let within = transaction.goals(&goals);
    transaction.commit().await.unwrap();
    assert!(matches!(within.create(owner(), GoalDraft::new("Late")).await, Err(Error::Unavailable(_))));
    // Neither is a connection that the host keeps given to anybody else while it is open.
    let transaction = store.begin().await.unwrap();
    let client = transaction.client().await.unwrap();
    client.execute(ORDER, &[]).await.unwrap();
    drop(transaction);
    drop(client);
    until(&connect(database.config()).await, NOBODY_IS_IN_A_TRANSACTION).await;
    assert_eq!(seen(&goals, &database).await, (0, 0));
}

#[tokio::test]
async fn who_writes_the_same_owner_waits_for_it() {
    let (store, goals, database) = shop(StatementMode::Named).await;
    goals.create(owner(), GoalDraft::new("One")).await.unwrap();
    let transaction = store.begin().await.unwrap();
    transaction.goals(&goals).create(owner(), GoalDraft::new("Two")).await.unwrap();
    let other = tokio::spawn({
        let goals = goals.clone();
        async move { goals.create(owner(), GoalDraft::new("Three")).await }
    });
    let watcher = connect(database.config()).await;
    until(&watcher, SOMEBODY_WAITS).await;
    transaction.commit().await.unwrap();
    let refused = tokio::time::timeout(Duration::from_secs(20), other).await.unwrap().unwrap();
    assert!(matches!(refused, Err(Error::LimitReached { .. })), "{refused:?}");
    assert_eq!(seen(&goals, &database).await, (0, 2));
}
