//! The rules of a [`GoalRepository`].

use std::sync::Arc;

use chrono::TimeDelta;
use uuid::Uuid;

use super::{CALLERS, race};
use crate::draft::GoalDraft;
use crate::duplicate::DuplicatePolicy::{Allow, Refuse};
use crate::goal::{AttributeValue, Color, Goal, Priority};
use crate::ids::{GoalId, OwnerId};
use crate::query::{Cursor, GoalQuery, Sort, SortKey};
use crate::standing::Standing;
use crate::status::Status;
use crate::store::DuplicateCheck::{Judge, Keep};
use crate::store::{GoalRepository, StoreError};
use crate::testing::{PutGoals as _, goal, measures, now};

pub(super) const MANY: u64 = 1_000;

pub(super) fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

pub(super) fn rui() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xB))
}

pub(super) fn next(goal: &Goal) -> Goal {
    Goal { version: goal.version + 1, updated_at: goal.updated_at + TimeDelta::seconds(1), ..goal.clone() }
}

pub(super) fn titled(goal: &Goal, title: &str) -> Goal {
    Goal { title: title.to_owned(), ..next(goal) }
}

pub(super) fn closed(goal: &Goal) -> Goal {
    Goal { status: Status::Achieved, closed_at: Some(now()), ..next(goal) }
}

fn reopened(goal: &Goal) -> Goal {
    Goal { status: Status::Active, closed_at: None, ..next(goal) }
}

pub(super) fn trashed(goal: &Goal) -> Goal {
    Goal { deleted_at: Some(now()), ..next(goal) }
}

fn restored(goal: &Goal) -> Goal {
    Goal { deleted_at: None, ..next(goal) }
}

/// A goal with a value in every field, at the bounds of what is allowed.
pub(super) fn full(number: u128) -> Goal {
    let draft = GoalDraft {
        description: "Ação\n\t— ‘tudo’ 👩‍🚀".repeat(400),
        status: Some(Status::Missed),
        start: "2026-02-28".parse().ok(),
        deadline: "2026-03-01T23:59:59.999999Z".parse().ok(),
        measure: measures().pop().unwrap_or_default().into(),
        priority: Priority::High,
        color: Some(Color::Teal),
        icon: Some("👩‍🚀".to_owned()),
        tags: vec!["Saúde".to_owned(), "100% \\ _ '".to_owned()],
        attributes: [
            ("text".to_owned(), AttributeValue::Text("linha\n\"aspas\" \\".to_owned())),
            ("number".to_owned(), AttributeValue::Number("-999999999.999999".parse().expect("a number"))),
            ("boolean".to_owned(), AttributeValue::Boolean(true)),
            ("texts".to_owned(), AttributeValue::Texts(vec!["a".to_owned(), String::new()])),
        ]
        .into(),
        ..GoalDraft::new(format!("{}{number}", "É".repeat(200 - number.to_string().len())))
    };
    let id = GoalId::from_uuid(Uuid::from_u128(number));
    let made = draft.into_goal(id, ana(), now()).expect("a valid draft");
    Goal {
        archived_at: Some(now() + TimeDelta::microseconds(1)),
        deleted_at: Some(now()),
        version: 7,
        standing: Standing { amount: "-0.000001".parse().ok(), day: "2024-02-29".parse().ok(), check_ins: 10_000 },
        idle_for: TimeDelta::microseconds(86_400_000_001),
        idle_since: Some(now() - TimeDelta::microseconds(1)),
        ..made
    }
}

pub(super) async fn put(store: &impl GoalRepository, goal: &Goal) {
    store.put(goal, Refuse, MANY).await.expect("the goal is taken in");
}

async fn stored(store: &impl GoalRepository, goal: &Goal) -> Option<Goal> {
    store.find(goal.owner, goal.id).await.expect("the store answers")
}

async fn is_duplicate_of(store: &impl GoalRepository, goal: &Goal, of: &Goal) -> bool {
    match store.put(goal, Refuse, MANY).await {
        Ok(()) => false,
        Err(StoreError::DuplicateGoal { existing }) => {
            assert_eq!(existing, of.id, "the refusal names the goal that says the same");
            true
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// What is put in comes back to the letter, from `find` and from `list`, after `insert` and after
/// `update`.
pub async fn a_goal_comes_back_as_it_was_put_in<S: GoalRepository>(store: Arc<S>) {
    for (number, measure) in (100..).zip(measures()) {
        let goal = Goal { measure, deleted_at: None, ..full(number) };
        put(&*store, &goal).await;
        assert_eq!(stored(&*store, &goal).await.as_ref(), Some(&goal));
    }
    let (full, bare) = (full(1), goal(ana(), 2, "Bare"));
    for goal in [&full, &bare] {
        put(&*store, goal).await;
        assert_eq!(stored(&*store, goal).await.as_ref(), Some(goal));
    }
    let trash = GoalQuery { trash: true, ..GoalQuery::default() };
    assert_eq!(store.list(ana(), &trash).await.expect("a page").items, std::slice::from_ref(&full));

    let emptied = Goal { id: full.id, version: 8, ..bare.clone() };
    assert!(store.replace(&Goal { title: "Other".to_owned(), ..emptied.clone() }, 7, Keep).await.expect("updated"));
    let filled = Goal { id: bare.id, version: 2, ..full.clone() };
    assert!(store.replace(&filled, 1, Keep).await.expect("updated"));
    assert_eq!(stored(&*store, &filled).await, Some(filled));
    assert_eq!(stored(&*store, &emptied).await, Some(Goal { title: "Other".to_owned(), ..emptied }));
}

/// Nothing that is asked for one owner shows or touches another's goal, not even under its id.
pub async fn another_owner_finds_nothing<S: GoalRepository>(store: Arc<S>) {
    let anas = goal(ana(), 1, "Ana's");
    put(&*store, &anas).await;
    assert_eq!(store.find(rui(), anas.id).await.expect("an answer"), None);
    assert!(!store.replace(&Goal { owner: rui(), ..next(&anas) }, 1, Keep).await.expect("an answer"));
    assert!(!store.remove(rui(), anas.id).await.expect("an answer"));
    assert!(store.list(rui(), &GoalQuery::default()).await.expect("a page").items.is_empty());
    assert_eq!(store.count(rui()).await.expect("a count"), 0);

    let ruis = Goal { owner: rui(), ..anas.clone() };
    put(&*store, &ruis).await;
    assert!(store.remove(rui(), ruis.id).await.expect("an answer"));
    assert_eq!(stored(&*store, &anas).await, Some(anas));
}

/// A second goal under an id is refused as that, whatever else is wrong with it.
pub async fn an_id_is_used_once<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "One");
    put(&*store, &first).await;
    for again in [first.clone(), Goal { title: "Two".to_owned(), ..first.clone() }] {
        for policy in [Refuse, Allow] {
            let refused = store.put(&again, policy, MANY).await;
            assert!(matches!(refused, Err(StoreError::IdTaken)), "{refused:?}");
        }
    }
    assert_eq!(stored(&*store, &first).await, Some(first));
    assert_eq!(store.count(ana()).await.expect("a count"), 1);
}

/// An update of another version than the stored one, or of nothing, changes nothing.
pub async fn an_update_replaces_its_version_only<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "One");
    assert!(!store.replace(&next(&first), 1, Keep).await.expect("an answer"), "there is nothing yet");
    assert_eq!(stored(&*store, &first).await, None, "an update never inserts");
    put(&*store, &first).await;
    let second = titled(&first, "Two");
    assert!(store.replace(&second, 1, Keep).await.expect("an answer"));
    for stale in [0, 1, 3] {
        assert!(!store.replace(&titled(&second, "Three"), stale, Keep).await.expect("an answer"));
    }
    assert_eq!(stored(&*store, &second).await, Some(second));
}

/// An open goal with the same fingerprint is refused and the first one named.
pub async fn what_says_the_same_is_refused<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "Read 12 books");
    put(&*store, &first).await;
    assert!(is_duplicate_of(&*store, &goal(ana(), 2, "  read 12   BOOKS!"), &first).await);
    assert!(!is_duplicate_of(&*store, &goal(ana(), 3, "Read 121 books"), &first).await);
    assert!(!is_duplicate_of(&*store, &goal(rui(), 4, "Read 12 books"), &first).await);
    let (archived, draft) = (
        Goal { archived_at: Some(now()), ..next(&first) },
        Goal { status: Status::Draft, archived_at: None, version: 3, ..first.clone() },
    );
    for (number, open) in [(5, archived), (6, draft)] {
        assert!(store.replace(&open, open.version - 1, Keep).await.expect("an answer"));
        assert!(is_duplicate_of(&*store, &goal(ana(), number, "Read 12 books"), &first).await, "{open:?}");
    }
    assert_eq!(store.count(ana()).await.expect("a count"), 2, "a refusal is not counted");
}

/// Neither a closed goal nor one in the trash stands in the way, and neither is stopped by an open
/// one.
pub async fn what_is_not_open_is_no_duplicate<S: GoalRepository>(store: Arc<S>) {
    let (first, second) = (goal(ana(), 1, "Read"), goal(ana(), 2, "Read"));
    put(&*store, &first).await;
    assert!(store.replace(&closed(&first), 1, Keep).await.expect("an answer"));
    assert!(!is_duplicate_of(&*store, &second, &first).await);
    assert!(store.replace(&trashed(&second), 1, Keep).await.expect("an answer"));
    let third = goal(ana(), 3, "Read");
    assert!(!is_duplicate_of(&*store, &third, &second).await);
    let done = Goal { status: Status::Dropped, ..goal(ana(), 4, "Read") };
    assert!(!is_duplicate_of(&*store, &done, &third).await);
}

/// What is allowed stands beside the first, can be changed, and still refuses a later one.
pub async fn duplicates_may_be_allowed<S: GoalRepository>(store: Arc<S>) {
    let (first, second) = (goal(ana(), 1, "Read"), goal(ana(), 2, "Read"));
    put(&*store, &first).await;
    store.put(&second, Allow, MANY).await.expect("allowed");
    store.put(&goal(ana(), 3, "Read"), Allow, MANY).await.expect("allowed");
    let moved = Goal { description: "More".to_owned(), ..next(&second) };
    assert!(store.replace(&moved, 1, Keep).await.expect("a duplicate can be changed"));
    assert!(store.replace(&closed(&first), 1, Keep).await.expect("an answer"));
    let refused = store.put(&goal(ana(), 4, "Read"), Refuse, MANY).await;
    assert!(matches!(refused, Err(StoreError::DuplicateGoal { .. })), "{refused:?}");
    let reopening = reopened(&closed(&first));
    let refused = store.replace(&reopening, 2, Judge(Refuse)).await;
    assert!(matches!(refused, Err(StoreError::DuplicateGoal { .. })), "{refused:?}");
}

/// Renaming, reopening and restoring are judged as creating is; what is kept is not.
pub async fn an_update_is_judged_when_asked<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "Read");
    put(&*store, &first).await;
    let (renamed, reopened_one, restored_one) =
        (goal(ana(), 2, "Write"), closed(&goal(ana(), 3, "Read")), trashed(&goal(ana(), 4, "Read")));
    for other in [&renamed, &reopened_one, &restored_one] {
        put(&*store, other).await;
    }
    for (was, wanted) in [
        (&renamed, titled(&renamed, "READ")),
        (&reopened_one, reopened(&reopened_one)),
        (&restored_one, restored(&restored_one)),
    ] {
        let refused = store.replace(&wanted, was.version, Judge(Refuse)).await;
        assert!(matches!(refused, Err(StoreError::DuplicateGoal { existing }) if existing == first.id), "{refused:?}");
        assert_eq!(stored(&*store, was).await.as_ref(), Some(was), "a refusal changes nothing");
        let stale = store.replace(&wanted, was.version + 5, Judge(Refuse)).await;
        assert!(matches!(stale, Ok(false) | Err(StoreError::DuplicateGoal { .. })), "{stale:?}");
        assert!(store.replace(&wanted, was.version, Judge(Allow)).await.expect("allowed"));
    }
    let itself = titled(&first, "read!");
    assert!(store.replace(&itself, 1, Keep).await.expect("its place is kept"));
    let elsewhere = titled(&itself, "Swim");
    assert!(store.replace(&elsewhere, 2, Judge(Refuse)).await.expect("nobody says that"));
}

/// Exactly as many goals as the limit says; a refusal carries it.
pub async fn the_limit_is_exact<S: GoalRepository>(store: Arc<S>) {
    for number in 1..=3 {
        store.put(&goal(ana(), number, &format!("Goal {number}")), Refuse, 3).await.expect("below the limit");
    }
    for max in [3, 2, 0] {
        let refused = store.put(&goal(ana(), 4, "Goal 4"), Refuse, max).await;
        assert!(matches!(refused, Err(StoreError::LimitReached { max: told, .. }) if told == max), "{refused:?}");
    }
    store.put(&goal(rui(), 4, "Goal 4"), Refuse, 3).await.expect("another owner has room");
    let none = store.put(&goal(OwnerId::from_uuid(Uuid::from_u128(0xC)), 1, "Goal"), Refuse, 0).await;
    assert!(matches!(none, Err(StoreError::LimitReached { max: 0, .. })), "{none:?}");
    assert_eq!(store.count(ana()).await.expect("a count"), 3);
}

/// The trash counts; what is purged does not.
pub async fn purging_makes_room<S: GoalRepository>(store: Arc<S>) {
    let first = goal(ana(), 1, "One");
    put(&*store, &first).await;
    assert!(store.replace(&trashed(&first), 1, Keep).await.expect("an answer"));
    let second = goal(ana(), 2, "Two");
    let refused = store.put(&second, Refuse, 1).await;
    assert!(matches!(refused, Err(StoreError::LimitReached { max: 1, .. })), "{refused:?}");
    assert!(store.remove(ana(), first.id).await.expect("an answer"));
    assert!(!store.remove(ana(), first.id).await.expect("an answer"), "it is gone");
    assert_eq!(stored(&*store, &first).await, None);
    store.put(&second, Refuse, 1).await.expect("there is room");
}

/// What went to the trash before a given time goes for good, of every owner; nothing else does.
pub async fn the_trash_is_emptied_by_age<S: GoalRepository>(store: Arc<S>) {
    let at = |goal: Goal, days| Goal { deleted_at: Some(now() + TimeDelta::days(days)), ..goal };
    let (old, olds, fresh) =
        (at(goal(ana(), 1, "Old"), -2), at(goal(rui(), 1, "Old"), -3), at(goal(ana(), 2, "Fresh"), 0));
    let kept = goal(ana(), 3, "Kept");
    for goal in [&old, &olds, &fresh, &kept] {
        put(&*store, goal).await;
    }
    assert_eq!(store.empty_trash(now() - TimeDelta::days(1), 9).await.expect("a count"), 2);
    assert_eq!(store.empty_trash(now(), 9).await.expect("a count"), 0, "not what went at that very moment");
    for (goal, is_there) in [(&old, false), (&olds, false), (&fresh, true), (&kept, true)] {
        assert_eq!(stored(&*store, goal).await.is_some(), is_there, "{}", goal.title);
    }
    assert_eq!(store.count(ana()).await.expect("a count"), 2);
    assert_eq!(store.count(rui()).await.expect("a count"), 0);
}

/// Goals that differ in everything a list looks at.
fn various() -> Vec<Goal> {
    let deadlines = [None, Some("2026-03-01"), Some("2026-03-01T10:00:00Z"), Some("2026-02-28"), Some("9999-12-31")];
    let tags: [&[&str]; 3] = [&[], &["Saúde"], &["saúde", "casa"]];
    let titles = ["Correr", "ÁRVORE", "arvore 2", "correr_%", "100% \\ sério", "Zebra", "Éclair"];
    (0..70_u8)
        .map(|n| {
            let i = usize::from(n);
            let made = goal(ana(), 1_000 - u128::from(n), &format!("{} {}", titles[i % titles.len()], i / 10));
            let status = Status::ALL[i % Status::ALL.len()];
            Goal {
                status,
                deadline: deadlines[i % deadlines.len()].and_then(|text| text.parse().ok()),
                priority: Priority::ALL[i % Priority::ALL.len()],
                tags: tags[i % tags.len()].iter().map(ToString::to_string).collect(),
                description: if n % 9 == 0 { "Ao ar livre".to_owned() } else { String::new() },
                created_at: now() + TimeDelta::seconds(i64::from(n / 4)),
                updated_at: now() - TimeDelta::seconds(i64::from(n % 8)),
                closed_at: status.is_closed().then(now),
                archived_at: (n % 5 == 0).then(now),
                deleted_at: (n % 11 == 0).then(now),
                ..made
            }
        })
        .collect()
}

async fn put_various(store: &impl GoalRepository) -> Vec<Goal> {
    let goals = various();
    for goal in &goals {
        store.put(goal, Allow, MANY).await.expect("taken in");
    }
    put(store, &Goal { owner: rui(), ..goal(rui(), 1, "Correr") }).await;
    goals
}

/// The goals that a list is to show, in order, judged by the rules of the core.
fn expected(goals: &[Goal], query: &GoalQuery) -> Vec<String> {
    let mut wanted: Vec<_> = goals.iter().filter(|goal| query.matches(goal)).collect();
    wanted.sort_by(|a, b| query.sort.compare(&Cursor::of(a, query.sort), &Cursor::of(b, query.sort)));
    wanted.into_iter().map(|goal| format!("{} {}", goal.title, goal.id)).collect()
}

async fn shown(store: &impl GoalRepository, query: &GoalQuery) -> Vec<String> {
    let mut query = query.clone();
    let mut shown = Vec::new();
    loop {
        let page = store.list(ana(), &query).await.expect("a page");
        assert!(page.items.len() <= query.limit as usize, "a page is no longer than its limit");
        shown.extend(page.items.into_iter().map(|goal| format!("{} {}", goal.title, goal.id)));
        let Some(next) = page.next else { return shown };
        // As a client would: the cursor goes out as text and comes back.
        query.cursor = Some(next.to_string().parse().expect("a cursor is read back"));
    }
}

/// Every filter shows what [`GoalQuery::matches`] says, alone and together with others.
pub async fn lists_are_filtered<S: GoalRepository>(store: Arc<S>) {
    let goals = put_various(&*store).await;
    let text = |text: &str| GoalQuery { text: Some(text.to_owned()), ..GoalQuery::default() };
    let before = |at: &str| GoalQuery { deadline_before: at.parse().ok(), ..GoalQuery::default() };
    let after = |at: &str| GoalQuery { deadline_after: at.parse().ok(), ..GoalQuery::default() };
    let tagged =
        |tags: &[&str]| GoalQuery { tags: tags.iter().map(ToString::to_string).collect(), ..GoalQuery::default() };
    let queries = [
        GoalQuery::default(),
        GoalQuery { statuses: vec![Status::Active, Status::Paused], ..GoalQuery::default() },
        GoalQuery { archived: Some(true), ..GoalQuery::default() },
        GoalQuery { trash: true, ..GoalQuery::default() },
        GoalQuery { trash: true, archived: Some(false), ..GoalQuery::default() },
        tagged(&["SAÚDE"]),
        tagged(&["saúde", "Casa"]),
        tagged(&["nenhuma"]),
        text("arvore"),
        text("  LIVRE  correr "),
        text("correr_%"),
        text("100% \\"),
        text("casa"),
        text(" "),
        before("2026-03-01"),
        before("2026-03-01T10:00:00.000001Z"),
        after("2026-02-28"),
        after("2026-03-01"),
        after("2026-03-01T10:00:00Z"),
        GoalQuery { statuses: vec![Status::Draft], trash: true, ..text("a") },
        GoalQuery { deadline_before: "2027-01-01".parse().ok(), ..tagged(&["saúde"]) },
    ];
    let mut hits = 0;
    for query in &queries {
        let wanted = expected(&goals, query);
        hits += usize::from(!wanted.is_empty());
        assert_eq!(shown(&*store, query).await, wanted, "{query:?}");
    }
    assert_eq!(hits, queries.len() - 1, "the queries are worth asking");
}

/// Every order is the one of [`Sort::compare`], whatever the length of a page; no goal is skipped
/// or shown twice, also when goals are equal in what they are sorted by.
pub async fn lists_are_sorted_and_paged<S: GoalRepository>(store: Arc<S>) {
    let goals = put_various(&*store).await;
    for key in SortKey::ALL {
        for descending in [false, true] {
            for limit in [1, 7, 200] {
                let query = GoalQuery { sort: Sort { key: *key, descending }, limit, ..GoalQuery::default() };
                assert_eq!(shown(&*store, &query).await, expected(&goals, &query), "{query:?}");
            }
        }
    }
}

/// Of many creates at once exactly as many succeed as there is room for.
pub async fn racing_creates_stop_at_the_limit<S: GoalRepository + 'static>(store: Arc<S>) {
    let answers = race(|n| {
        let (store, goal) = (Arc::clone(&store), goal(ana(), n as u128, &format!("Goal {n}")));
        async move { store.put(&goal, Refuse, 10).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    let is_refusal = |a: &Result<(), _>| matches!(a, Ok(()) | Err(StoreError::LimitReached { max: 10, .. }));
    assert!(answers.iter().all(is_refusal), "{answers:?}");
    assert_eq!(store.count(ana()).await.expect("a count"), 10);
    assert_eq!(store.list(ana(), &GoalQuery::default()).await.expect("a page").items.len(), 10);
}

/// Of many duplicates at once exactly one is taken, and the others are told which.
pub async fn racing_duplicates_leave_one<S: GoalRepository + 'static>(store: Arc<S>) {
    let answers = race(|n| {
        let (store, goal) = (Arc::clone(&store), goal(ana(), n as u128, "Read"));
        async move { store.put(&goal, Refuse, MANY).await }
    })
    .await;
    let page = store.list(ana(), &GoalQuery::default()).await.expect("a page");
    assert_eq!(page.items.len(), 1);
    let winner = page.items[0].id;
    let told = |a: &&Result<(), _>| matches!(a, Err(StoreError::DuplicateGoal { existing }) if *existing == winner);
    assert_eq!(answers.iter().filter(told).count(), CALLERS - 1, "{answers:?}");
    assert_eq!(store.count(ana()).await.expect("a count"), 1);
}

/// Of many goals that say the same and are reopened at once, one is open in the end.
pub async fn racing_reopenings_leave_one<S: GoalRepository + 'static>(store: Arc<S>) {
    for n in 0..CALLERS {
        put(&*store, &closed(&goal(ana(), n as u128, "Read"))).await;
    }
    let answers = race(|n| {
        let (store, goal) = (Arc::clone(&store), reopened(&closed(&goal(ana(), n as u128, "Read"))));
        async move { store.replace(&goal, goal.version - 1, Judge(Refuse)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(true))).count(), 1, "{answers:?}");
    let open = GoalQuery { statuses: vec![Status::Active], ..GoalQuery::default() };
    assert_eq!(store.list(ana(), &open).await.expect("a page").items.len(), 1);
}

/// Of many updates of one version exactly one succeeds, and it is the one that is stored.
pub async fn racing_updates_leave_one<S: GoalRepository + 'static>(store: Arc<S>) {
    let first = goal(ana(), 1, "Read");
    put(&*store, &first).await;
    let answers = race(|n| {
        let (store, goal) = (Arc::clone(&store), Goal { description: n.to_string(), ..next(&first) });
        async move { store.replace(&goal, 1, Keep).await.expect("an answer") }
    })
    .await;
    let winners: Vec<_> = (0..CALLERS).filter(|n| answers[*n]).collect();
    assert_eq!(winners.len(), 1);
    let kept = stored(&*store, &first).await.expect("it is there");
    assert_eq!((kept.description, kept.version), (winners[0].to_string(), 2));
}

/// Of many purges of one goal one removes it, and it is counted once.
pub async fn racing_purges_count_once<S: GoalRepository + 'static>(store: Arc<S>) {
    put(&*store, &goal(ana(), 1, "One")).await;
    put(&*store, &goal(ana(), 2, "Two")).await;
    let answers = race(|_| {
        let store = Arc::clone(&store);
        async move { store.remove(ana(), GoalId::from_uuid(Uuid::from_u128(1))).await.expect("an answer") }
    })
    .await;
    assert_eq!(answers.into_iter().filter(|purged| *purged).count(), 1);
    assert_eq!(store.count(ana()).await.expect("a count"), 1);
}

/// A store that works says so.
pub async fn it_answers<S: GoalRepository>(store: Arc<S>) {
    store.ping().await.expect("the store answers");
}
