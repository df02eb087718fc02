//! The use cases of goals: on the memory store for what they do, on mocks for what a store will
//! not do at will.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use goals_core::testing::{ManualClock, MockGoalRepository, SequentialIds, goal, now};
use goals_core::{
    AttributeValue, Change, Clock, Color, Current, DuplicatePolicy, Error, ErrorKind, Expected, Goal, GoalDraft,
    GoalId, GoalPatch, GoalQuery, GoalStore, Goals, Health, MemoryStore, OwnerId, Priority, Status, StoreError,
    TimeZone,
};
use proptest::prelude::*;
use uuid::Uuid;

fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

fn goals_on(store: impl GoalStore + 'static) -> (Goals, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(now()));
    let ids = Arc::new(SequentialIds::default());
    (Goals::new(Arc::new(store), Arc::clone(&clock) as Arc<dyn Clock>, ids), clock)
}

fn goals() -> (Goals, Arc<ManualClock>) {
    goals_on(MemoryStore::new())
}

fn codes(error: Error) -> Vec<(String, &'static str)> {
    let Error::Invalid(errors) = error else { panic!("{error:?}") };
    errors.iter().map(|error| (error.pointer.clone(), error.violation.code())).collect()
}

fn named(pairs: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    pairs.iter().map(|(pointer, code)| ((*pointer).to_owned(), *code)).collect()
}

/// A draft in which every field that can be wrong is.
fn bad_draft() -> GoalDraft {
    GoalDraft {
        description: "a\u{0}".to_owned(),
        start: "2026-03-02".parse().ok(),
        deadline: "2026-03-01".parse().ok(),
        icon: Some("no".to_owned()),
        tags: vec!["ok".to_owned(), "x".repeat(41)],
        attributes: [("Bad".to_owned(), AttributeValue::Boolean(true))].into(),
        ..GoalDraft::new("\u{202E}")
    }
}

const ALL_WRONG: &[(&str, &str)] = &[
    ("/title", "invalid_characters"),
    ("/description", "invalid_characters"),
    ("/deadline", "before_start"),
    ("/icon", "invalid_format"),
    ("/tags/1", "too_long"),
    ("/attributes/Bad", "invalid_format"),
];

#[tokio::test]
async fn everything_wrong_is_said_at_once_and_the_store_never_asked() {
    // A mock without expectations fails the test at the first call.
    let (goals, _) = goals_on(MockGoalRepository::new());
    assert_eq!(codes(goals.create(ana(), bad_draft()).await.unwrap_err()), named(ALL_WRONG));

    let draft = bad_draft();
    let patch = GoalPatch {
        title: Change::Set(draft.title),
        description: Change::Set(draft.description),
        start: Change::Set(draft.start.unwrap()),
        deadline: Change::Set(draft.deadline.unwrap()),
        icon: Change::Set("no".to_owned()),
        tags: Change::Set(draft.tags),
        attributes: Change::Set([("Bad".to_owned(), Some(AttributeValue::Boolean(true)))].into()),
        ..GoalPatch::default()
    };
    let refused = goals.update(ana(), GoalId::from_uuid(Uuid::nil()), Expected::Any, &patch).await.unwrap_err();
    let mut found = codes(refused);
    found.sort();
    let mut wanted = named(ALL_WRONG);
    wanted.sort();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_title_is_all_it_takes() {
    let (goals, _) = goals();
    let made = goals.create(ana(), GoalDraft::new("  Read 12 books ")).await.unwrap();
    assert_eq!(made, goal(ana(), 1, "Read 12 books"));
    assert_eq!(goals.get(ana(), made.id).await.unwrap(), made);
    assert_eq!(goals.usage(ana()).await.unwrap().used, 1);
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let (goals, clock) = goals();
    let draft = GoalDraft {
        priority: Priority::High,
        color: Some(Color::Red),
        tags: vec!["a".to_owned()],
        attributes: [("a".to_owned(), AttributeValue::Boolean(true)), ("b".to_owned(), AttributeValue::Boolean(true))]
            .into(),
        ..GoalDraft::new("Read")
    };
    let made = goals.create(ana(), draft).await.unwrap();
    clock.advance(TimeDelta::seconds(9));
    let patch = GoalPatch {
        description: Change::Set("Every day".to_owned()),
        priority: Change::Clear,
        color: Change::Clear,
        icon: Change::Set("📚".to_owned()),
        attributes: Change::Set(
            [("a".to_owned(), None), ("c".to_owned(), Some(AttributeValue::Boolean(false)))].into(),
        ),
        archived: Change::Set(true),
        ..GoalPatch::default()
    };
    let changed = goals.update(ana(), made.id, Expected::Version(1), &patch).await.unwrap();
    let later = now() + TimeDelta::seconds(9);
    let wanted = Goal {
        description: "Every day".to_owned(),
        priority: Priority::None,
        color: None,
        icon: Some("📚".to_owned()),
        attributes: [("b".to_owned(), AttributeValue::Boolean(true)), ("c".to_owned(), AttributeValue::Boolean(false))]
            .into(),
        version: 2,
        updated_at: later,
        archived_at: Some(later),
        ..made
    };
    assert_eq!(changed, wanted);
    let cleared = GoalPatch {
        description: Change::Clear,
        tags: Change::Clear,
        attributes: Change::Clear,
        archived: Change::Clear,
        ..GoalPatch::default()
    };
    let cleared = goals.update(ana(), wanted.id, Expected::Any, &cleared).await.unwrap();
    assert!(cleared.description.is_empty() && cleared.tags.is_empty() && cleared.attributes.is_empty());
    assert_eq!(cleared.archived_at, None);
}

#[tokio::test]
async fn what_cannot_be_empty_cannot_be_cleared() {
    let (goals, _) = goals();
    let patch = GoalPatch { title: Change::Clear, status: Change::Clear, ..GoalPatch::default() };
    let refused = goals.update(ana(), GoalId::from_uuid(Uuid::nil()), Expected::Any, &patch).await.unwrap_err();
    assert_eq!(codes(refused), named(&[("/title", "required"), ("/status", "required")]));
}

#[tokio::test]
async fn a_deadline_is_judged_against_the_stored_start() {
    let (goals, _) = goals();
    let draft = GoalDraft { start: "2026-03-10".parse().ok(), ..GoalDraft::new("Read") };
    let made = goals.create(ana(), draft).await.unwrap();
    let due = |day: &str| GoalPatch { deadline: Change::Set(day.parse().unwrap()), ..GoalPatch::default() };
    let refused = goals.update(ana(), made.id, Expected::Any, &due("2026-03-09")).await.unwrap_err();
    assert_eq!(codes(refused), named(&[("/deadline", "before_start")]));
    assert!(goals.update(ana(), made.id, Expected::Any, &due("2026-03-10")).await.is_ok());
    let refused = goals.update(ana(), made.id, Expected::Any, &due("2026-03-09T09:59:59Z")).await.unwrap_err();
    assert_eq!(codes(refused), named(&[("/deadline", "before_start")]));
    assert!(goals.update(ana(), made.id, Expected::Any, &due("2026-03-09T10:00:00Z")).await.is_ok());
    let refused = goals.update(ana(), made.id, Expected::Any, &due("1899-12-31")).await.unwrap_err();
    assert_eq!(codes(refused)[0], ("/deadline".to_owned(), "out_of_range"));
}

#[tokio::test]
async fn a_change_that_changes_nothing_makes_no_version() {
    let (goals, clock) = goals();
    let made = goals.create(ana(), GoalDraft::new("Read")).await.unwrap();
    clock.advance(TimeDelta::seconds(1));
    let patch = GoalPatch {
        title: Change::Set(" Read".to_owned()),
        status: Change::Set(Status::Active),
        archived: Change::Set(false),
        ..GoalPatch::default()
    };
    assert_eq!(goals.update(ana(), made.id, Expected::Any, &patch).await.unwrap(), made);
}

#[tokio::test]
async fn closing_and_reopening_keep_the_books() {
    let (goals, clock) = goals();
    let made = goals.create(ana(), GoalDraft::new("Read")).await.unwrap();
    let step = async |to| {
        clock.advance(TimeDelta::seconds(1));
        let patch = GoalPatch { status: Change::Set(to), ..GoalPatch::default() };
        goals.update(ana(), made.id, Expected::Any, &patch).await
    };
    let closed_at = Some(now() + TimeDelta::seconds(1));
    assert_eq!(step(Status::Achieved).await.unwrap().closed_at, closed_at);
    assert_eq!(step(Status::Missed).await.unwrap().closed_at, closed_at, "correcting the outcome is not closing again");
    let refused = step(Status::Paused).await.unwrap_err();
    assert!(matches!(refused, Error::InvalidTransition { from: Status::Missed, to: Status::Paused }), "{refused:?}");
    assert_eq!(step(Status::Active).await.unwrap().closed_at, None);
}

#[tokio::test]
async fn an_old_version_is_answered_with_the_present_one() {
    let (goals, _) = goals();
    let made = goals.create(ana(), GoalDraft::new("Read")).await.unwrap();
    let patch = |text: &str| GoalPatch { description: Change::Set(text.to_owned()), ..GoalPatch::default() };
    let second = goals.update(ana(), made.id, Expected::Version(1), &patch("one")).await.unwrap();
    for refused in [
        goals.update(ana(), made.id, Expected::Version(1), &patch("two")).await,
        goals.delete(ana(), made.id, Expected::Version(1)).await,
    ] {
        let Err(Error::Stale(Current::Goal(current))) = refused else { panic!("{refused:?}") };
        assert_eq!(*current, second);
    }
    assert!(goals.update(ana(), made.id, Expected::Any, &patch("three")).await.is_ok());
}

#[tokio::test]
async fn the_trash_gives_back_what_it_took() {
    let (goals, clock) = goals();
    let made = goals.create(ana(), GoalDraft::new("Read")).await.unwrap();
    let gone = goals.delete(ana(), made.id, Expected::Version(1)).await.unwrap();
    assert_eq!((gone.deleted_at, gone.version), (Some(now()), 2));
    assert_eq!(goals.delete(ana(), made.id, Expected::Any).await.unwrap(), gone, "once is enough");
    let listed = goals.list(ana(), &GoalQuery::default()).await.unwrap();
    assert!(listed.items.is_empty());
    let back = goals.restore(ana(), made.id).await.unwrap();
    assert_eq!((back.deleted_at, back.version), (None, 3));
    assert_eq!(goals.restore(ana(), made.id).await.unwrap(), back);

    goals.delete(ana(), made.id, Expected::Any).await.unwrap();
    let rival = goals.create(ana(), GoalDraft::new("READ")).await.unwrap();
    let refused = goals.restore(ana(), made.id).await.unwrap_err();
    assert!(matches!(refused, Error::DuplicateGoal { existing } if existing == rival.id), "{refused:?}");

    clock.advance(TimeDelta::days(30));
    assert_eq!(goals.purge_expired().await.unwrap(), 0);
    clock.advance(TimeDelta::microseconds(1));
    assert_eq!(goals.purge_expired().await.unwrap(), 1);
    assert!(matches!(goals.get(ana(), made.id).await, Err(Error::NotFound)));
    goals.purge(ana(), rival.id).await.unwrap();
    assert!(matches!(goals.purge(ana(), rival.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn duplicates_are_refused_unless_somebody_allows_them() {
    let (goals, _) = goals();
    let first = goals.create(ana(), GoalDraft::new("Read 12 books")).await.unwrap();
    let refused = goals.create(ana(), GoalDraft::new("READ 12 books!")).await.unwrap_err();
    assert!(matches!(refused, Error::DuplicateGoal { existing } if existing == first.id), "{refused:?}");
    let allowed = GoalDraft { duplicates: Some(DuplicatePolicy::Allow), ..GoalDraft::new("Read 12 books") };
    let second = goals.create(ana(), allowed).await.unwrap();
    let patch = GoalPatch { description: Change::Set("again".to_owned()), ..GoalPatch::default() };
    goals.update(ana(), second.id, Expected::Any, &patch).await.expect("what stands may be edited");

    let lenient = goals.clone().with_duplicates(DuplicatePolicy::Allow);
    assert!(lenient.create(ana(), GoalDraft::new("Read 12 books")).await.is_ok());
    let strict = GoalDraft { duplicates: Some(DuplicatePolicy::Refuse), ..GoalDraft::new("Read 12 books") };
    assert!(matches!(lenient.create(ana(), strict).await, Err(Error::DuplicateGoal { .. })));
}

#[tokio::test]
async fn the_limit_is_told() {
    let (goals, _) = goals();
    let goals = goals.with_max_goals(1);
    goals.create(ana(), GoalDraft::new("One")).await.unwrap();
    let refused = goals.create(ana(), GoalDraft::new("Two")).await.unwrap_err();
    assert_eq!((refused.code(), refused.to_string()), ("limit_reached", "the limit of 1 goals is reached".to_owned()));
}

#[tokio::test]
async fn a_list_is_judged_before_it_is_asked_for() {
    let (goals, _) = goals_on(MockGoalRepository::new());
    let cursor = goals_core::Cursor::of(&goal(ana(), 1, "Read"), "title".parse().unwrap());
    for (query, code) in [
        (GoalQuery { limit: 0, ..GoalQuery::default() }, "/limit"),
        (GoalQuery { limit: 201, ..GoalQuery::default() }, "/limit"),
        (GoalQuery { text: Some("x".repeat(201)), ..GoalQuery::default() }, "/q"),
        (GoalQuery { text: Some("\0".to_owned()), ..GoalQuery::default() }, "/q"),
        (GoalQuery { tags: vec!["\0".to_owned()], ..GoalQuery::default() }, "/tag"),
        (GoalQuery { cursor: Some(cursor), ..GoalQuery::default() }, "/cursor"),
    ] {
        assert_eq!(codes(goals.list(ana(), &query).await.unwrap_err())[0].0, code);
    }
}

#[tokio::test]
async fn a_list_stands_in_the_order_that_was_asked_for() {
    let (goals, clock) = goals();
    for (title, deadline, priority) in [
        ("Zebra", Some("2026-05-01"), Priority::Low),
        ("árvore", None, Priority::High),
        ("Bread", Some("2026-04-01T10:00:00Z"), Priority::None),
        ("arvore 2", Some("2026-04-01"), Priority::Medium),
    ] {
        clock.advance(TimeDelta::seconds(1));
        let deadline = deadline.map(|text| text.parse().unwrap());
        goals.create(ana(), GoalDraft { deadline, priority, ..GoalDraft::new(title) }).await.unwrap();
    }
    for (sort, order) in [
        ("deadline", ["Bread", "arvore 2", "Zebra", "árvore"]),
        ("-deadline", ["árvore", "Zebra", "arvore 2", "Bread"]),
        ("priority", ["Bread", "Zebra", "arvore 2", "árvore"]),
        ("-priority", ["árvore", "arvore 2", "Zebra", "Bread"]),
        ("created_at", ["Zebra", "árvore", "Bread", "arvore 2"]),
        ("-updated_at", ["arvore 2", "Bread", "árvore", "Zebra"]),
        ("title", ["árvore", "arvore 2", "Bread", "Zebra"]),
        ("-title", ["Zebra", "Bread", "arvore 2", "árvore"]),
    ] {
        let query = GoalQuery { sort: sort.parse().unwrap(), ..GoalQuery::default() };
        let page = goals.list(ana(), &query).await.unwrap();
        assert_eq!(page.items.iter().map(|goal| goal.title.as_str()).collect::<Vec<_>>(), order, "{sort}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be() {
    let mut store = MockGoalRepository::new();
    store.expect_insert().returning(|_, _, _, _| Err(StoreError::Unavailable("timed out".into())));
    store.expect_find().returning(|_, _| Err(StoreError::Backend("secret detail".into())));
    let (goals, _) = goals_on(store);
    let away = goals.create(ana(), GoalDraft::new("Read")).await.unwrap_err();
    assert_eq!(away.kind(), ErrorKind::Unavailable);
    let failed = goals.get(ana(), GoalId::from_uuid(Uuid::nil())).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Internal);
    assert!(!failed.to_string().contains("secret"), "the cause is for logs");
}

#[tokio::test]
async fn who_loses_a_race_is_judged_again() {
    // The first update loses against somebody who renamed the goal in between; the forced change
    // goes on top of theirs.
    let first = goal(ana(), 1, "Read");
    let renamed = Goal { title: "Write".to_owned(), version: 2, ..first.clone() };
    let mut store = MockGoalRepository::new();
    let mut order = mockall::Sequence::new();
    let mut stored = vec![first, renamed.clone()].into_iter();
    for wins in [false, true] {
        let found = stored.next();
        store.expect_find().times(1).in_sequence(&mut order).returning(move |_, _| Ok(found.clone()));
        store.expect_update().times(1).in_sequence(&mut order).returning(move |_, _, _, _| Ok(wins));
    }
    let (goals, _) = goals_on(store);
    let patch = GoalPatch { description: Change::Set("x".to_owned()), ..GoalPatch::default() };
    let changed = goals.update(ana(), renamed.id, Expected::Any, &patch).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.version), ("Write", 3));
}

#[test]
fn overdue_is_derived() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let due = |deadline: &str| Goal { deadline: deadline.parse().ok(), ..goal(ana(), 1, "Read") };
    let sao_paulo: TimeZone = "America/Sao_Paulo".parse().unwrap();
    let pace = due("2026-03-01").pace(at("2026-03-02T02:59:59Z"), sao_paulo);
    assert_eq!((pace.health, pace.days_ahead), (Health::Unknown, None), "it is still that day there");
    let pace = due("2026-03-01").pace(at("2026-03-02T03:00:00Z"), sao_paulo);
    assert_eq!((pace.health, pace.days_ahead), (Health::Overdue, Some(-1)));
    let pace = due("2026-03-01T12:00:00Z").pace(at("2026-03-01T13:00:00Z"), TimeZone::UTC);
    assert_eq!((pace.health, pace.days_ahead), (Health::Overdue, Some(0)));
    for status in [Status::Draft, Status::Paused, Status::Missed, Status::Dropped] {
        let other = Goal { status, ..due("2026-03-01") };
        assert_eq!(other.pace(at("2027-01-01T00:00:00Z"), TimeZone::UTC).health, Health::Unknown, "{status}");
    }
    let done = Goal { status: Status::Achieved, ..due("2026-03-01") }.pace(at("2027-01-01T00:00:00Z"), sao_paulo);
    assert_eq!((done.health, done.progress.to_string().as_str()), (Health::Done, "1"));
}

proptest! {
    /// Whatever text is given, it is refused or kept as it was, but for NFC and the spaces around.
    #[test]
    fn text_is_kept_or_refused(title in any::<String>(), description in any::<String>()) {
        let draft = GoalDraft { description, ..GoalDraft::new(title) };
        let (id, owner) = (GoalId::from_uuid(Uuid::nil()), ana());
        if let Ok(goal) = draft.clone().into_goal(id, owner, now()) {
            prop_assert!(!goal.title.is_empty() && goal.title.chars().count() <= 200);
            prop_assert!(!goal.title.chars().chain(goal.description.chars()).any(|c| c == '\0'));
            let again = GoalDraft { description: goal.description.clone(), ..GoalDraft::new(goal.title.clone()) };
            prop_assert_eq!(again.into_goal(id, owner, now()), Ok(goal), "what is kept is valid");
        }
    }

    /// A search finds every goal by any part of its own title.
    #[test]
    fn a_goal_is_found_by_its_words(title in "[\\PC]{1,40}") {
        let draft = GoalDraft::new(title);
        if let Ok(goal) = draft.into_goal(GoalId::from_uuid(Uuid::nil()), ana(), now()) {
            for word in goal.title.split_whitespace() {
                let query = GoalQuery { text: Some(word.to_uppercase()), ..GoalQuery::default() };
                prop_assert!(query.matches(&goal), "{:?} in {:?}", word, goal.title);
            }
        }
    }

    /// No walk through the statuses leaves the machine, and the books are right after every step.
    #[test]
    fn the_status_machine_is_closed(steps in prop::collection::vec(prop::sample::select(Status::ALL), 0..20)) {
        let mut goal = goal(ana(), 1, "Read");
        for to in steps {
            let patch = GoalPatch { status: Change::Set(to), ..GoalPatch::default() };
            match patch.apply(&goal, now()) {
                Ok(next) => {
                    prop_assert!(goal.status.may_become(to));
                    prop_assert_eq!(next.version, goal.version + u64::from(goal.status != to));
                    goal = next;
                }
                Err(_) => prop_assert!(!goal.status.may_become(to)),
            }
            prop_assert_eq!(goal.closed_at.is_some(), goal.status.is_closed());
        }
    }

    /// A cursor is read back as it was written, and no text makes the reader panic.
    #[test]
    fn cursors_are_read_back(title in "[\\PC]{1,60}", text in any::<String>(), sort in 0..10_usize) {
        let _ = text.parse::<goals_core::Cursor>();
        let key = goals_core::SortKey::ALL[sort / 2];
        let sort = goals_core::Sort { key, descending: sort % 2 == 1 };
        if let Ok(goal) = GoalDraft::new(title).into_goal(GoalId::from_uuid(Uuid::nil()), ana(), now()) {
            let cursor = goals_core::Cursor::of(&goal, sort);
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }
}
