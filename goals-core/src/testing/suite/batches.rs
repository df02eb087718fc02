//! The rules of a [`GoalStore`] about several writes at once.

use std::sync::Arc;

use super::goals::{MANY, ana, next, put, rui, titled, trashed};
use super::hierarchy::{child, put_chain, sound};
use super::race;
use crate::draft::GoalDraft;
use crate::duplicate::DuplicatePolicy::{self, Refuse};
use crate::error::{Error, Violation};
use crate::goal::Goal;
use crate::goals::{Expected, Goals};
use crate::ids::GoalId;
use crate::store::DuplicateCheck::{self, Judge, Keep};
use crate::store::{GoalStore, GoalWrite, NotApplied, StoreError};
use crate::testing::{ManualClock, PutGoals as _, SequentialIds, event, goal, now, purged};

fn insert(goal: &Goal, duplicates: DuplicatePolicy) -> GoalWrite {
    GoalWrite::Insert { goal: goal.clone(), event: event(goal), duplicates }
}

/// That the version before becomes `goal`.
fn update(goal: &Goal, check: DuplicateCheck) -> GoalWrite {
    GoalWrite::Update { goal: goal.clone(), event: event(goal), expected: goal.version - 1, check }
}

fn purge(id: GoalId) -> GoalWrite {
    GoalWrite::Purge { id, event: purged(id) }
}

/// Several writes happen in their order, each with its event.
pub async fn several_writes_are_one<S: GoalStore>(store: Arc<S>) {
    let (first, second) = (goal(ana(), 1, "One"), goal(ana(), 2, "Two"));
    put(&*store, &first).await;
    put(&*store, &second).await;
    let (below, renamed) = (child(3, &first), titled(&first, "Three"));
    let again = Goal { description: "Again".to_owned(), ..next(&renamed) };
    let writes = [insert(&below, Refuse), update(&renamed, Judge(Refuse)), purge(second.id), update(&again, Keep)];
    store.apply(ana(), &writes, 3).await.expect("there is room while it lasts");
    let mut goals = sound(&*store).await;
    goals.sort_by_key(|goal| goal.id);
    assert_eq!(goals, [again, below]);
    assert_eq!(store.count(ana()).await.expect("a count"), 2);
    let events = store.changes(ana(), 2, 9).await.expect("a log").events;
    let found: Vec<_> = events.iter().map(|event| (event.seq, event.goal.map(|id| id.as_uuid().as_u128()))).collect();
    assert_eq!(found, [(3, Some(3)), (4, Some(1)), (5, Some(2)), (6, Some(1))]);
    store.apply(ana(), &[], 0).await.expect("nothing is soon done");
}

type Refusal = fn(&StoreError) -> bool;

/// When one write is refused, it is named, and nothing has happened.
pub async fn a_refused_write_undoes_the_others<S: GoalStore>(store: Arc<S>) {
    let (first, second) = (goal(ana(), 1, "One"), goal(ana(), 2, "Two"));
    put(&*store, &first).await;
    put(&*store, &second).await;
    let before = store.changes(ana(), 0, 9).await.expect("a log").events;
    let renamed = titled(&first, "New");
    let third = goal(ana(), 3, "Three");
    let stale = Goal { version: 9, ..second.clone() };
    let lost = Goal { parent: Some(GoalId::from_uuid(uuid::Uuid::max())), ..goal(ana(), 4, "Lost") };
    let refusals: [(GoalWrite, Refusal); 7] = [
        (insert(&goal(ana(), 4, "new"), Refuse), |e| matches!(e, StoreError::DuplicateGoal { .. })),
        (insert(&second, Refuse), |e| matches!(e, StoreError::IdTaken)),
        (insert(&goal(ana(), 4, "Four"), Refuse), |e| matches!(e, StoreError::LimitReached { max: 3, .. })),
        (insert(&lost, Refuse), |e| matches!(e, StoreError::Parent(Violation::UnknownGoal))),
        (update(&stale, Keep), |e| matches!(e, StoreError::Stale)),
        (update(&titled(&second, "new"), Judge(Refuse)), |e| matches!(e, StoreError::DuplicateGoal { .. })),
        (purge(lost.id), |e| matches!(e, StoreError::Stale)),
    ];
    for (write, is_expected) in refusals {
        let writes = [update(&renamed, Judge(Refuse)), insert(&third, Refuse), write, purge(second.id)];
        let refused = store.apply(ana(), &writes, 3).await.expect_err("it is refused");
        assert!(refused.at == 2 && is_expected(&refused.error), "{refused:?}");
        assert_eq!(store.find(ana(), first.id).await.expect("an answer").as_ref(), Some(&first));
        assert_eq!(store.count(ana()).await.expect("a count"), 2);
        assert_eq!(store.changes(ana(), 0, 9).await.expect("a log").events, before);
    }
    store.apply(ana(), &[insert(&third, Refuse)], 3).await.expect("there is room");
    assert_eq!(store.changes(ana(), 2, 9).await.expect("a log").events[0].seq, 3, "no number was spent");
}

/// Nothing that is asked for one owner touches another's goals.
pub async fn another_owner_is_not_touched<S: GoalStore>(store: Arc<S>) {
    let anas = goal(ana(), 1, "Ana's");
    put(&*store, &anas).await;
    put(&*store, &goal(rui(), 9, "Rui's")).await;
    let theirs = Goal { owner: rui(), ..titled(&anas, "Rui's") };
    for write in [update(&theirs, Keep), purge(anas.id)] {
        let refused = store.apply(rui(), &[write], MANY).await.expect_err("it is refused");
        assert!(matches!(refused, NotApplied { at: 0, error: StoreError::Stale }), "{refused:?}");
    }
    assert!(store.tree(rui(), anas.id).await.expect("an answer").is_empty());
    assert_eq!(store.tree(ana(), anas.id).await.expect("an answer"), [anas]);
}

/// A tree comes with each goal after its parent, those in the trash too, and without its parents.
pub async fn a_tree_begins_at_its_top<S: GoalStore>(store: Arc<S>) {
    let chain = put_chain(&*store, 11, 5).await;
    let twig = child(1, &chain[1]);
    put(&*store, &twig).await;
    let gone = trashed(&chain[4]);
    assert!(store.replace(&gone, 1, Keep).await.expect("an answer"));
    let found = store.tree(ana(), chain[1].id).await.expect("a tree");
    assert_eq!(found[0], chain[1]);
    let mut others = found[1..].to_vec();
    others.sort_by_key(|goal| goal.id);
    assert_eq!(others, [twig, chain[2].clone(), chain[3].clone(), gone]);
    for (at, goal) in found.iter().enumerate().skip(1) {
        assert!(found[..at].iter().any(|above| Some(above.id) == goal.parent), "{goal:?} comes too soon");
    }
}

/// Parents go to the trash together with their children, in any order, and not without them.
pub async fn trees_go_to_the_trash_whole<S: GoalStore>(store: Arc<S>) {
    let chain = put_chain(&*store, 1, 3).await;
    let gone: Vec<_> = chain.iter().map(|goal| update(&trashed(goal), Keep)).collect();
    for (writes, at) in [(&gone[..2], 1), (&gone[1..2], 0), (&[gone[2].clone(), gone[0].clone()], 1)] {
        let refused = store.apply(ana(), writes, MANY).await.expect_err("it is refused");
        assert!(refused.at == at && matches!(refused.error, StoreError::HasChildren), "{refused:?}");
    }
    store.apply(ana(), &gone, MANY).await.expect("all go");
    let refused = store.apply(ana(), &[purge(chain[1].id), purge(chain[2].id)], MANY).await.expect_err("it is refused");
    assert!(matches!(refused, NotApplied { at: 0, error: StoreError::HasChildren }), "{refused:?}");
    store.apply(ana(), &[purge(chain[2].id), purge(chain[1].id)], MANY).await.expect("the lowest first");
    assert_eq!(sound(&*store).await, [trashed(&chain[0])]);
}

/// Whatever many callers do with one tree at once: put goals into it, move them, take them to the
/// trash, out of it and away for good. The tree is sound in the end, and the books are right.
pub async fn racing_hands_leave_a_sound_tree<S: GoalStore + 'static>(store: Arc<S>) {
    // Far from the ids that are made meanwhile.
    let chain = Arc::new(put_chain(&*store, 1 << 64, 4).await);
    let ids = Arc::new(SequentialIds::default());
    let goals = Goals::new(Arc::clone(&store) as Arc<dyn GoalStore>, Arc::new(ManualClock::at(now())), ids);
    let answers = race(|n| {
        let (goals, chain) = (goals.clone(), Arc::clone(&chain));
        async move {
            let mut answers = Vec::new();
            for step in 0..4 {
                let target = &chain[(n + step) % chain.len()];
                let answer = match (n / 2 + step) % 4 {
                    0 => goals.delete(ana(), target.id, Expected::Any).await.map(drop),
                    1 => goals.restore(ana(), target.id).await.map(drop),
                    2 if n == 30 => goals.purge(ana(), chain[2].id).await,
                    _ => {
                        let parent = Some(target.id);
                        let draft = GoalDraft { parent, ..GoalDraft::new(format!("Goal {n} {step}")) };
                        goals.create(ana(), draft).await.map(drop)
                    }
                };
                answers.push(answer);
            }
            answers
        }
    })
    .await;
    let is_expected = |answer: &Result<(), Error>| matches!(answer, Ok(()) | Err(Error::NotFound | Error::Invalid(_)));
    assert!(answers.iter().flatten().all(is_expected), "{answers:?}");
    let left = sound(&*store).await;
    assert_eq!(store.count(ana()).await.expect("a count"), left.len() as u64);
    let events = store.changes(ana(), 0, 10_000).await.expect("a log").events;
    assert!(events.is_sorted_by(|a, b| a.seq < b.seq));
    for goal in left {
        let versions: Vec<_> = events.iter().filter(|e| e.goal == Some(goal.id)).filter_map(|e| e.version).collect();
        assert_eq!(versions, (1..=goal.version).collect::<Vec<_>>(), "one event a version");
    }
}
