//! Input that was made to break things: it is kept exactly, or finds nothing, and is never an
//! error of the store.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use goals_core::DuplicatePolicy::{Allow, Refuse};
use goals_core::testing::{PutGoals as _, goal, session, user};
use goals_core::{
    AttributeValue, Attributes, Cursor, Deadline, Goal, GoalId, GoalQuery, GoalRepository, LoginName, OwnerId,
    PasswordHash, Quantity, SessionRepository, SessionSecret, Sort, SortKey, SortValue, UserRepository,
};
use goals_pg::{PgStore, StatementMode};
use uuid::Uuid;

use crate::database::{connect, store};

fn owner() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(1))
}

async fn titles(store: &PgStore, query: &GoalQuery) -> Vec<String> {
    let page = GoalRepository::list(store, owner(), query).await.unwrap();
    page.items.into_iter().map(|goal| goal.title).collect()
}

async fn stored(titles: &[&str]) -> (Arc<PgStore>, goals_pg::local::TestDatabase) {
    let (store, database) = store(StatementMode::Named).await;
    for (number, title) in (1..).zip(titles) {
        store.put(&goal(owner(), number, title), Allow, 99).await.unwrap();
    }
    (store, database)
}

#[tokio::test]
async fn text_is_data() {
    let quotes = "'; DROP TABLE goals.goals; -- $1 \\' \" {} % _ \\ \u{1F9D8}";
    let (store, _database) = stored(&[]).await;
    let attributes: Attributes = [
        ("a".to_owned(), AttributeValue::Text("\"\\u0000\\ \u{FFFD}\n\t".to_owned())),
        ("b".to_owned(), AttributeValue::Texts(vec![String::new(), "{NULL,\"}".to_owned()])),
        ("c".to_owned(), AttributeValue::Texts(Vec::new())),
        ("d".to_owned(), AttributeValue::Boolean(false)),
    ]
    .into();
    let goal = Goal {
        description: quotes.repeat(50),
        tags: vec![quotes.to_owned(), "NULL".to_owned(), "{}".to_owned(), "a,b".to_owned(), "\\".to_owned()],
        attributes,
        ..goal(owner(), 1, quotes)
    };
    store.put(&goal, Refuse, 9).await.unwrap();
    assert_eq!(GoalRepository::find(&*store, owner(), goal.id).await.unwrap(), Some(goal.clone()));
    let query = GoalQuery { tags: goal.tags.clone(), text: Some(quotes.to_owned()), ..GoalQuery::default() };
    assert_eq!(titles(&store, &query).await, [quotes]);
}

#[tokio::test]
async fn numbers_are_kept_to_the_last_digit() {
    let (store, _database) = stored(&[]).await;
    let texts = ["0", "-1", "0.1", "-0.000001", "999999999999999", "-999999999.999999", "123456789.012345", "1e14"];
    let number = |text: &str| AttributeValue::Number(text.parse::<Quantity>().unwrap());
    let attributes: Attributes = (0..).map(|n: u8| format!("n{n}")).zip(texts.map(number)).collect();
    let goal = Goal { attributes, ..goal(owner(), 1, "Count") };
    store.put(&goal, Refuse, 9).await.unwrap();
    assert_eq!(GoalRepository::find(&*store, owner(), goal.id).await.unwrap(), Some(goal));
}

#[tokio::test]
async fn signs_of_patterns_stand_for_themselves() {
    let (store, _database) = stored(&["100 %", "100 x", "a_b", "axb", "back\\slash", "backslash"]).await;
    for (text, expected) in [("%", "100 %"), ("a_b", "a_b"), ("\\", "back\\slash"), ("0 %", "100 %")] {
        let query = GoalQuery { text: Some(text.to_owned()), ..GoalQuery::default() };
        assert_eq!(titles(&store, &query).await, [expected], "{text}");
    }
}

#[tokio::test]
async fn a_nul_is_never_sent() {
    let (store, _database) = stored(&["a", "b"]).await;
    let nul = "a\0".to_owned();
    let filters = [
        GoalQuery { text: Some(nul.clone()), ..GoalQuery::default() },
        GoalQuery { tags: vec![nul.clone()], ..GoalQuery::default() },
    ];
    for query in filters {
        assert!(titles(&store, &query).await.is_empty());
    }
    for (descending, expected) in [(false, ["b"]), (true, ["a"])] {
        let sort = Sort { key: SortKey::Title, descending };
        let cursor = Cursor { sort, value: SortValue::Text(nul.clone()), id: GoalId::from_uuid(Uuid::nil()) };
        let query = GoalQuery { sort, cursor: Some(cursor), ..GoalQuery::default() };
        assert_eq!(titles(&store, &query).await, expected, "as it would stand among them");
    }
    let login = store.find_by_login(&LoginName::parse("ana\0@example.org")).await.unwrap();
    assert_eq!(login, None);
    assert_eq!(store.find_by_login(&LoginName::parse("\0")).await.unwrap(), None);
}

#[tokio::test]
async fn positions_beyond_everything_are_positions() {
    let (store, _database) = stored(&["a"]).await;
    let instants = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC].map(SortValue::Instant);
    let numbers = [i16::MIN, i16::MAX].map(SortValue::Number);
    let texts = [String::new(), "\u{10FFFF}".repeat(10_000)].map(SortValue::Text);
    for key in SortKey::ALL.iter().copied() {
        let [first, last] = match key {
            SortKey::Priority => numbers.clone(),
            SortKey::Title => texts.clone(),
            _ => instants.clone(),
        };
        for (value, descending, is_there) in
            [(&first, false, true), (&last, false, false), (&first, true, false), (&last, true, true)]
        {
            let sort = Sort { key, descending };
            let cursor = Cursor { sort, value: value.clone(), id: GoalId::from_uuid(Uuid::nil()) };
            let query = GoalQuery { sort, cursor: Some(cursor), ..GoalQuery::default() };
            assert_eq!(titles(&store, &query).await.len(), usize::from(is_there), "{sort}");
        }
    }
    for bound in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC].map(Deadline::Moment) {
        let before = GoalQuery { deadline_before: Some(bound), ..GoalQuery::default() };
        let after = GoalQuery { deadline_after: Some(bound), ..GoalQuery::default() };
        assert!(titles(&store, &before).await.is_empty() && titles(&store, &after).await.is_empty());
    }
}

#[tokio::test]
async fn what_grows_when_it_is_folded_still_fits() {
    // U+FDFA becomes eighteen characters; an index row has an end.
    let (store, _database) = stored(&[]).await;
    let long = goal(owner(), 1, &"\u{FDFA}".repeat(200));
    store.put(&long, Refuse, 9).await.unwrap();
    assert_eq!(GoalRepository::find(&*store, owner(), long.id).await.unwrap(), Some(long));
    let label = ["\u{FDFA}", "\u{FDFB}", "\u{FB03}"].concat();
    let longest = (1..).map(|n| format!("a@{}.org", vec![label.as_str(); n].join("."))).take_while(|a| a.len() <= 254);
    let longest = longest.filter_map(|address| address.parse().ok()).last().expect("an address of such letters");
    let ana = goals_core::User { email: longest, ..user(1, "ana") };
    UserRepository::insert(&*store, &ana, &PasswordHash::new("x".to_owned())).await.unwrap();
    let found = store.find_by_login(&LoginName::parse(ana.email.as_str())).await.unwrap();
    assert_eq!(found.map(|known| known.user), Some(ana));
}

#[tokio::test]
async fn of_a_secret_nothing_is_kept_but_a_hash() {
    let (store, database) = stored(&[]).await;
    let ana = user(1, "ana");
    UserRepository::insert(&*store, &ana, &PasswordHash::new("x".to_owned())).await.unwrap();
    let secret = SessionSecret::new([0xA5; 32]);
    SessionRepository::insert(&*store, &session(&ana, 1), &secret, &PasswordHash::new("x".to_owned()), 9)
        .await
        .unwrap();
    let client = connect(database.config()).await;
    let hashed = "SELECT sha256($1) = token_hash AND NOT sessions::text LIKE '%' || encode($1, 'hex') || '%'
        FROM goals.sessions";
    let row = client.query_one(hashed, &[&&secret.expose()[..]]).await.unwrap();
    assert!(row.get::<_, bool>(0));
}
