//! What an error says of the data: nothing, for errors are logged.

use std::error::Error;

use goals_core::DuplicatePolicy::Refuse;
use goals_core::testing::{PutGoals as _, goal, user};
use goals_core::{Goal, OwnerId, PasswordHash, StoreError, UserRepository};
use goals_pg::{MigrateError, Migrations, Schema, StatementMode};
use uuid::Uuid;

use crate::database::{connect, empty, store};

/// What must not be said.
const SECRET: &str = "sesame";

/// An error and all its sources, in every form.
fn said(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(|error| format!("{error} {error:?}")).collect::<Vec<_>>().join("; ")
}

/// Asserts that this is one line which names the violated rule and no more.
fn assert_discreet(error: &(dyn Error + 'static)) {
    let said = said(error);
    assert!(said.contains("ERROR 23514: ") && said.contains("(constraint strange_ck)"), "{said}");
    assert!(!said.contains(SECRET) && !said.contains('\n'), "{said}");
}

#[tokio::test]
async fn a_violated_rule_is_named_without_the_row() {
    let (store, database) = store(StatementMode::Named).await;
    let client = connect(database.config()).await;
    let strange = "ALTER TABLE goals.goals ADD CONSTRAINT strange_ck CHECK (description = '');
        ALTER TABLE goals.users ADD CONSTRAINT strange_ck CHECK (version > 1)";
    client.batch_execute(strange).await.unwrap();

    let plain = goal(OwnerId::from_uuid(Uuid::from_u128(1)), 1, "Read");
    store.put(&plain, Refuse, 9).await.unwrap();
    let raw = client.execute("UPDATE goals.goals SET description = $1", &[&SECRET]).await.unwrap_err();
    assert!(said(&raw).contains(SECRET), "the server itself does repeat the row");

    let secret = Goal { id: goal(plain.owner, 2, "x").id, title: "Swim".to_owned(), ..plain };
    let secret = Goal { description: SECRET.to_owned(), ..secret };
    let refused = store.put(&secret, Refuse, 9).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backend(_)), "{refused:?}");
    assert_discreet(&refused);

    let hash = PasswordHash::new(SECRET.to_owned());
    let refused = UserRepository::insert(&*store, &user(1, SECRET), &hash).await.unwrap_err();
    assert!(matches!(refused, StoreError::Backend(_)), "{refused:?}");
    assert_discreet(&refused);
}

#[tokio::test]
async fn a_refused_migration_is_told_without_the_row() {
    let database = empty().await;
    let mut client = connect(database.config()).await;
    let strange = format!(
        "CREATE SCHEMA goals; CREATE TABLE goals.migrations (version integer, name text, checksum bytea,
            applied_at timestamptz, note text DEFAULT '{SECRET}', CONSTRAINT strange_ck CHECK (version > 9))"
    );
    client.batch_execute(&strange).await.unwrap();
    let refused = Migrations::all(&Schema::default()).migrate(&mut client).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Database(_)), "{refused:?}");
    assert_discreet(&refused);
}

#[tokio::test]
async fn what_cannot_be_read_is_not_repeated() {
    let (store, database) = store(StatementMode::Named).await;
    let ana = user(1, "ana");
    UserRepository::insert(&*store, &ana, &PasswordHash::new("x".to_owned())).await.unwrap();
    let client = connect(database.config()).await;
    client.execute("UPDATE goals.users SET email = $1", &[&SECRET]).await.unwrap();
    let unreadable = UserRepository::find(&*store, ana.id).await.unwrap_err();
    let said = said(&unreadable);
    assert!(matches!(unreadable, StoreError::Backend(_)) && said.contains("EmailAddress"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}
