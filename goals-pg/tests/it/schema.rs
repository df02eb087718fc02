//! What the schema itself sees to, whatever a statement does.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::database::{connect, migrated};

async fn names(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// What the server says to a statement that it has to refuse: the SQLSTATE and the constraint.
async fn refusal(client: &Client, sql: &str) -> (SqlState, String) {
    let error = client.batch_execute(sql).await.unwrap_err();
    let error = error.as_db_error().unwrap();
    (error.code().clone(), error.constraint().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_key_begins_with_the_owner() {
    let database = migrated().await;
    let client = connect(database.config()).await;
    let keys = "SELECT relname || ' ' || attname FROM pg_index
            JOIN pg_class ON pg_class.oid = indrelid
            JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indisprimary AND relnamespace = 'goals'::regnamespace ORDER BY 1";
    let expected = [
        "api_tokens user_id",
        "check_ins owner_id",
        "documents owner_id",
        "events owner_id",
        "goals owner_id",
        "idempotency_keys owner_id",
        "links user_id",
        "login_claims claim_key",
        "migrations version",
        "recovery_codes user_id",
        "second_factors user_id",
        "sessions user_id",
        "throttle bucket_key",
        "usage owner_id",
        "users user_id",
    ];
    assert_eq!(names(&client, keys).await, expected);
}

#[tokio::test]
async fn it_can_be_spread_and_stands_behind_a_pooler() {
    let database = migrated().await;
    let client = connect(database.config()).await;
    for (what, sql) in [
        (
            "sequences",
            "SELECT relname::text FROM pg_class WHERE relkind = 'S' AND relnamespace = 'goals'::regnamespace",
        ),
        ("triggers", "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal"),
        ("functions", "SELECT proname::text FROM pg_proc WHERE pronamespace = 'goals'::regnamespace"),
        (
            "enums and domains",
            "SELECT typname::text FROM pg_type
            WHERE typnamespace = 'goals'::regnamespace AND typtype IN ('e', 'd')",
        ),
        (
            "defaults",
            "SELECT column_name::text FROM information_schema.columns
            WHERE table_schema = 'goals' AND (column_default IS NOT NULL OR is_generated = 'ALWAYS')",
        ),
        ("deferrable constraints", "SELECT conname::text FROM pg_constraint WHERE condeferrable"),
        (
            "long names",
            "SELECT relname::text FROM pg_class
            WHERE relnamespace = 'goals'::regnamespace AND length(relname) > 50",
        ),
        (
            "links to users",
            "SELECT conname::text FROM pg_constraint
            WHERE contype = 'f' AND confrelid = 'goals.users'::regclass
              AND conrelid NOT IN ('goals.sessions'::regclass, 'goals.api_tokens'::regclass, 'goals.second_factors'::regclass)",
        ),
    ] {
        assert_eq!(names(&client, sql).await, Vec::<String>::new(), "{what}");
    }
}

const COUNTER: &str = "INSERT INTO goals.usage VALUES ('00000000-0000-0000-0000-000000000001', 0, 0)";

/// A statement that writes the `number`-th goal past all of our own code.
fn goal(number: u8, key: u8, slot: u8, status: &str, deleted_at: &str) -> String {
    format!(
        "INSERT INTO goals.goals (owner_id, goal_id, title, title_key, duplicate_slot, title_sort, search_text,
            description, status, deadline_sort, priority, tags, tag_keys, attributes, version, created_at,
            updated_at, deleted_at, measure, check_ins, idle_for)
         VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000{number:02}', 'a',
            '\\x{key:02}', '00000000-0000-0000-0000-0000000000{slot:02}', '', '', '', '{status}', now(), 0, '{{}}',
            '{{}}', '{{}}', 1, now(), now(), {deleted_at}, '{{}}', 0, 0)"
    )
}

#[tokio::test]
async fn no_goal_is_without_a_counter_and_no_counter_below_zero() {
    let database = migrated().await;
    let client = connect(database.config()).await;
    let uncounted = (SqlState::FOREIGN_KEY_VIOLATION, "goals_usage_fk".to_owned());
    assert_eq!(refusal(&client, &goal(1, 1, 0, "active", "NULL")).await, uncounted);
    client.batch_execute(COUNTER).await.unwrap();
    client.batch_execute(&goal(1, 1, 0, "active", "NULL")).await.unwrap();
    assert_eq!(refusal(&client, "DELETE FROM goals.usage").await, uncounted);
    let below = (SqlState::CHECK_VIOLATION, "usage_goals_ck".to_owned());
    assert_eq!(refusal(&client, "UPDATE goals.usage SET goals = goals - 1").await, below);
}

#[tokio::test]
async fn open_goals_have_their_titles_to_themselves() {
    let database = migrated().await;
    let client = connect(database.config()).await;
    client.batch_execute(COUNTER).await.unwrap();
    client.batch_execute(&goal(1, 1, 0, "active", "NULL")).await.unwrap();
    let taken = (SqlState::UNIQUE_VIOLATION, "goals_open_title_uk".to_owned());
    for status in ["draft", "active", "paused"] {
        assert_eq!(refusal(&client, &goal(2, 1, 0, status, "NULL")).await, taken, "{status}");
    }
    for (number, status) in [(3, "achieved"), (4, "missed"), (5, "dropped")] {
        client.batch_execute(&goal(number, 1, 0, status, "NULL")).await.unwrap();
    }
    client.batch_execute(&goal(6, 1, 0, "active", "now()")).await.unwrap();
    client.batch_execute(&goal(7, 1, 7, "active", "NULL")).await.unwrap();
    client.batch_execute(&goal(8, 2, 0, "active", "NULL")).await.unwrap();
}

#[tokio::test]
async fn a_name_has_one_user_and_a_session_has_one() {
    let database = migrated().await;
    let client = connect(database.config()).await;
    let claim = "INSERT INTO goals.login_claims VALUES ('u:ana', '00000000-0000-0000-0000-000000000001')";
    client.batch_execute(claim).await.unwrap();
    assert_eq!(refusal(&client, claim).await, (SqlState::UNIQUE_VIOLATION, "login_claims_pk".to_owned()));
    let session = "INSERT INTO goals.sessions
        VALUES (gen_random_uuid(), gen_random_uuid(), '', '', NULL, NULL, '', now(), now(), now())";
    let orphan = (SqlState::FOREIGN_KEY_VIOLATION, "sessions_user_fk".to_owned());
    assert_eq!(refusal(&client, session).await, orphan);
}
