//! What the server has to read.

use deadpool_postgres::{Manager, Pool, Runtime};
use goals_core::DuplicatePolicy::Refuse;
use goals_core::testing::{PutGoals as _, goal};
use goals_core::{Deadline, DuplicateCheck, Goal, GoalQuery, GoalRepository, OwnerId};
use goals_pg::{PgConfig, PgStore, StatementMode};
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::database::migrated;

/// A page in the order of the deadlines is one range of the index, as long as the page, however
/// many goals there are. Counted by the server itself, so that it is the statement in use, with
/// the plan in use, that is judged.
#[tokio::test]
async fn a_page_by_deadline_reads_no_more_than_the_page() {
    for mode in [StatementMode::Named, StatementMode::Unnamed] {
        let database = migrated().await;
        let pool = Pool::builder(Manager::new(database.config().clone(), NoTls)).max_size(1).runtime(Runtime::Tokio1);
        let pool = pool.build().unwrap();
        let config = PgConfig { mode, ..PgConfig::new(database.config().clone()) };
        let store = PgStore::new(pool.clone(), &config);
        let owner = OwnerId::from_uuid(Uuid::from_u128(1));
        for number in 0..600 {
            let day = chrono::NaiveDate::default() + chrono::Days::new(number % 300);
            let goal = goal(owner, number.into(), &format!("Goal {number}"));
            let goal = Goal { deadline: (number % 3 > 0).then_some(Deadline::Day(day)), ..goal };
            store.put(&goal, Refuse, 999).await.unwrap();
        }
        let client = pool.get().await.unwrap();
        client.batch_execute("VACUUM ANALYZE goals.goals").await.unwrap();
        let counted = async |client: &deadpool_postgres::Client| -> [i64; 2] {
            client.batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
            let counted = "SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes
                WHERE indexrelname = 'goals_deadline_ix'";
            let row = client.query_one(counted, &[]).await.unwrap();
            [row.get(0), row.get(1)]
        };
        let before = counted(&client).await;
        drop(client);
        // More than five times: from then on the server uses one plan for all values.
        let (mut query, mut pages) = (GoalQuery { limit: 20, ..GoalQuery::default() }, 0);
        loop {
            let page = store.list(owner, &query).await.unwrap();
            pages += 1;
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, 30);
        let after = counted(&pool.get().await.unwrap()).await;
        assert_eq!(after[0] - before[0], pages, "{mode:?}: each page by one range of the index");
        assert_eq!(after[1] - before[1], 600 + pages - 1, "{mode:?}: each of one goal more than it shows");
    }
}

/// A page of the changes, or of a goal's history, reads the events that it shows and no others.
#[tokio::test]
async fn a_page_of_events_reads_no_more_than_the_page() {
    let database = migrated().await;
    let pool = Pool::builder(Manager::new(database.config().clone(), NoTls)).max_size(1).runtime(Runtime::Tokio1);
    let pool = pool.build().unwrap();
    let store = PgStore::new(pool.clone(), &PgConfig::new(database.config().clone()));
    let owner = OwnerId::from_uuid(Uuid::from_u128(1));
    for number in 0..600 {
        store.put(&goal(owner, number, &format!("Goal {number}")), Refuse, 999).await.unwrap();
    }
    let busy = goal(owner, 9_999, "Busy");
    store.put(&busy, Refuse, 999).await.unwrap();
    for version in 1..=200 {
        let next = Goal { version: version + 1, ..busy.clone() };
        assert!(store.replace(&next, version, DuplicateCheck::Keep).await.unwrap());
    }
    pool.get().await.unwrap().batch_execute("VACUUM ANALYZE goals.events").await.unwrap();
    let counted = async || -> [i64; 2] {
        let client = pool.get().await.unwrap();
        client.batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
        let mut read = [0; 2];
        for (n, index) in ["events_pk", "events_goal_ix"].iter().enumerate() {
            let counted = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = $1";
            read[n] = client.query_one(counted, &[index]).await.unwrap().get(0);
        }
        read
    };
    let before = counted().await;
    for round in 0..10 {
        assert_eq!(store.changes(owner, round * 20, 20).await.unwrap().events.len(), 20);
        assert_eq!(store.history(owner, busy.id, 800 - round * 5, 20).await.unwrap().len(), 20);
    }
    let after = counted().await;
    assert_eq!([after[0] - before[0], after[1] - before[1]], [200, 200]);
}
