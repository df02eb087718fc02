//! Many changes at once, as people use them.

use std::sync::Arc;

use goals_core::testing::{ManualClock, SequentialIds, now};
use goals_core::{
    BULK_MAX, BulkError, Change, Error, Expected, Goal, GoalDraft, GoalId, GoalPatch, GoalQuery, Goals, MemoryStore,
    Operation, OwnerId,
};
use uuid::Uuid;

fn ana() -> OwnerId {
    OwnerId::from_uuid(Uuid::from_u128(0xA))
}

fn goals() -> Goals {
    let clock = Arc::new(ManualClock::at(now()));
    Goals::new(Arc::new(MemoryStore::new()), clock, Arc::new(SequentialIds::default())).with_max_goals(9)
}

fn id(number: u128) -> GoalId {
    GoalId::from_uuid(Uuid::from_u128(number))
}

fn create(number: u128, title: &str, parent: Option<u128>) -> Operation {
    let draft = GoalDraft { id: Some(id(number)), parent: parent.map(id), ..GoalDraft::new(title) };
    Operation::Create(Box::new(draft))
}

fn update(number: u128, version: u64, patch: GoalPatch) -> Operation {
    Operation::Update(id(number), Expected::Version(version), Box::new(patch))
}

fn moved(parent: u128) -> GoalPatch {
    GoalPatch { parent: Change::Set(id(parent)), ..GoalPatch::default() }
}

async fn titles(goals: &Goals, trash: bool) -> Vec<String> {
    let query = GoalQuery { trash, sort: "title".parse().unwrap(), ..GoalQuery::default() };
    goals.list(ana(), &query).await.unwrap().items.into_iter().map(|goal| goal.title).collect()
}

fn said(goals: &[Goal]) -> Vec<(&str, u64, bool)> {
    goals.iter().map(|goal| (goal.title.as_str(), goal.version, goal.deleted_at.is_some())).collect()
}

#[tokio::test]
async fn each_operation_sees_those_before_it() {
    let goals = goals();
    let renamed = GoalPatch { title: Change::Set("Tome".to_owned()), ..GoalPatch::default() };
    let operations = [
        create(1, "Book", None),
        create(2, "Chapter", Some(1)),
        create(3, "Loose", None),
        create(4, "Below", Some(3)),
        update(1, 1, renamed),
        update(3, 1, moved(2)),
        Operation::Delete(id(1), Expected::Version(2)),
        Operation::Restore(id(3)),
        Operation::Delete(id(4), Expected::Any),
        Operation::Delete(id(4), Expected::Any),
    ];
    let done = goals.bulk(ana(), &operations).await;
    // The goal comes back from below what stays in the trash.
    let done = done.unwrap();
    let expected = [
        ("Book", 1, false),
        ("Chapter", 1, false),
        ("Loose", 1, false),
        ("Below", 1, false),
        ("Tome", 2, false),
        ("Loose", 2, false),
        ("Tome", 3, true),
        ("Loose", 4, false),
        ("Below", 4, true),
        ("Below", 4, true),
    ];
    assert_eq!(said(&done), expected);
    assert_eq!(done[7].parent, None);
    assert_eq!(titles(&goals, false).await, ["Loose"]);
    assert_eq!(titles(&goals, true).await, ["Below", "Chapter", "Tome"]);
    for goal in &done[6..] {
        assert_eq!(goals.get(ana(), goal.id).await.unwrap(), *goal);
    }
    assert_eq!(goals.bulk(ana(), &[]).await.unwrap(), []);
}

#[tokio::test]
async fn the_first_that_is_refused_is_named() {
    type Refusal = fn(&Error) -> bool;

    let goals = goals();
    goals.bulk(ana(), &[create(1, "Read", None), create(2, "Part", Some(1))]).await.unwrap();
    let gone = Operation::Delete(id(1), Expected::Version(7));
    let untitled = GoalPatch { title: Change::Clear, ..GoalPatch::default() };
    let refusals: [(Operation, Refusal); 8] = [
        (create(3, "read!", None), |e| matches!(e, Error::DuplicateGoal { existing } if *existing == id(1))),
        (create(1, "Other", None), |e| matches!(e, Error::IdTaken)),
        (create(3, "", None), |e| matches!(e, Error::Invalid(_))),
        (create(3, "Lost", Some(99)), |e| matches!(e, Error::Invalid(_))),
        (update(1, 1, moved(2)), |e| matches!(e, Error::Invalid(_))),
        (update(1, 1, untitled), |e| matches!(e, Error::Invalid(_))),
        (gone, |e| matches!(e, Error::Stale(_))),
        (Operation::Restore(id(99)), |e| matches!(e, Error::NotFound)),
    ];
    for (operation, is_expected) in refusals {
        let operations = [create(5, "New", None), Operation::Delete(id(2), Expected::Any), operation];
        let refused = goals.bulk(ana(), &operations).await.unwrap_err();
        assert!(refused.at == 2 && is_expected(&refused.error), "{refused:?}");
        assert_eq!(titles(&goals, false).await, ["Part", "Read"]);
    }
    let many: Vec<_> = (10..=20).map(|number| create(number, &number.to_string(), None)).collect();
    let refused = goals.bulk(ana(), &many).await.unwrap_err();
    assert!(matches!(refused, BulkError { at: 7, error: Error::LimitReached { max: 9, .. } }), "{refused:?}");
    let too_many = vec![Operation::Restore(id(1)); BULK_MAX + 1];
    assert!(matches!(goals.bulk(ana(), &too_many).await.unwrap_err().error, Error::Invalid(_)));
}
