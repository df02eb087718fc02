//! Goals under goals.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Violation;
use crate::goal::Goal;
use crate::ids::GoalId;

/// The most levels of goals under goals; one without a parent stands on the first.
pub const LEVELS_MAX: usize = 5;

/// A goal above another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ancestor {
    /// Which goal.
    pub id: GoalId,
    /// Whether it is in the trash.
    pub is_in_trash: bool,
}

impl Goal {
    /// Judges whether this goal may stand where it says. `above` are its parent, the parent of that
    /// and so on, as they are stored; `levels` is how many levels it makes together with what
    /// stands below it, 1 when nothing does.
    ///
    /// # Errors
    /// [`Violation::UnknownGoal`], [`Violation::Cycle`], [`Violation::TooDeep`], and
    /// [`Violation::InTrash`] when the parent is there and the goal is not.
    pub fn check_parent(&self, above: &[Ancestor], levels: usize) -> Result<(), Violation> {
        if self.parent.is_none() {
            return Ok(());
        }
        let Some(parent) = above.first() else { return Err(Violation::UnknownGoal) };
        if above.iter().any(|ancestor| ancestor.id == self.id) {
            return Err(Violation::Cycle);
        }
        if above.len() + levels > LEVELS_MAX {
            return Err(Violation::TooDeep { max: LEVELS_MAX });
        }
        if parent.is_in_trash && self.deleted_at.is_none() { Err(Violation::InTrash) } else { Ok(()) }
    }
}

/// A goal and all below it, each after its parent.
#[derive(Debug)]
pub(crate) struct Tree(Vec<Goal>);

impl Tree {
    /// `None` when there is not even the goal.
    pub(crate) fn new(goals: Vec<Goal>) -> Option<Self> {
        if goals.is_empty() { None } else { Some(Self(goals)) }
    }

    /// The goal `top` and what is below it among `goals`; `None` when it is not there.
    pub(crate) fn grown(top: GoalId, mut goals: BTreeMap<GoalId, Goal>) -> Option<Self> {
        let mut tree = vec![goals.remove(&top)?];
        let mut met = 0;
        while let Some(parent) = tree.get(met).map(|goal| goal.id) {
            let (children, others) = goals.into_iter().partition(|(_, goal)| goal.parent == Some(parent));
            goals = others;
            tree.extend(BTreeMap::into_values(children));
            met += 1;
        }
        Some(Self(tree))
    }

    pub(crate) fn top(&self) -> &Goal {
        &self.0[0]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Goal> {
        self.0.iter()
    }

    /// The goal and those below it that are not in the trash, either, or went there at the same
    /// time; not what is below others.
    pub(crate) fn together(&self) -> impl Iterator<Item = &Goal> {
        let mut met = BTreeSet::new();
        self.all().filter(move |goal| {
            let is_met = met.is_empty()
                || goal.deleted_at == self.top().deleted_at && goal.parent.is_some_and(|parent| met.contains(&parent));
            is_met && met.insert(goal.id)
        })
    }

    /// The uppermost goals that are not [`together`](Self::together) with the first.
    pub(crate) fn left_behind(&self) -> impl Iterator<Item = &Goal> {
        let together: BTreeSet<_> = self.together().map(|goal| goal.id).collect();
        self.all().filter(move |goal| {
            !together.contains(&goal.id) && goal.parent.is_some_and(|parent| together.contains(&parent))
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::draft::GoalDraft;
    use crate::ids::OwnerId;

    fn id(number: u128) -> GoalId {
        GoalId::from_uuid(Uuid::from_u128(number))
    }

    /// Judges goal 1 under the goals `above` it.
    fn judged(above: &[u128], levels: usize) -> Result<(), Violation> {
        let owner = OwnerId::from_uuid(Uuid::nil());
        let goal = GoalDraft::new("Read").into_goal(id(1), owner, DateTime::UNIX_EPOCH).unwrap();
        let goal = Goal { parent: Some(id(2)), ..goal };
        let above: Vec<_> = above.iter().map(|n| Ancestor { id: id(*n), is_in_trash: *n > 9 }).collect();
        assert_eq!(Goal { parent: None, ..goal.clone() }.check_parent(&above, levels), Ok(()));
        assert!(
            Goal { deleted_at: Some(DateTime::UNIX_EPOCH), ..goal.clone() }.check_parent(&above, levels)
                != Err(Violation::InTrash)
        );
        goal.check_parent(&above, levels)
    }

    #[test]
    fn a_parent_is_another_goal_and_not_too_deep() {
        assert_eq!(judged(&[2], 1), Ok(()));
        assert_eq!(judged(&[], 1), Err(Violation::UnknownGoal));
        assert_eq!(judged(&[1], 1), Err(Violation::Cycle));
        assert_eq!(judged(&[2, 3, 1], 3), Err(Violation::Cycle));
        assert_eq!(judged(&[2, 3, 4, 5], 1), Ok(()));
        assert_eq!(judged(&[2, 3, 4, 5, 6], 1), Err(Violation::TooDeep { max: 5 }));
        assert_eq!(judged(&[2, 3], 3), Ok(()));
        assert_eq!(judged(&[2, 3], 4), Err(Violation::TooDeep { max: 5 }));
        assert_eq!(judged(&[10], 1), Err(Violation::InTrash));
        assert_eq!(judged(&[2, 10], 1), Ok(()), "the parent alone is looked at: it stands right itself");
    }

    #[test]
    fn what_left_together_is_together() {
        let owner = OwnerId::from_uuid(Uuid::nil());
        let goal = |number: u128, parent: u128, left: Option<i64>| Goal {
            parent: (parent > 0).then(|| id(parent)),
            deleted_at: left.and_then(DateTime::from_timestamp_micros),
            ..GoalDraft::new("Read").into_goal(id(number), owner, DateTime::UNIX_EPOCH).unwrap()
        };
        let found = |goals: &[Goal]| {
            let tree = Tree::new(goals.to_vec()).unwrap();
            let numbers = |goals: Vec<&Goal>| goals.iter().map(|goal| goal.id.as_uuid().as_u128()).collect::<Vec<_>>();
            (numbers(tree.together().collect()), numbers(tree.left_behind().collect()))
        };
        // 1 ─ 2 ─ 4 ─ 6
        //   └ 3 ─ 5
        let tree = |times: [Option<i64>; 6]| {
            [(1, 0), (2, 1), (3, 1), (4, 2), (5, 3), (6, 4)]
                .into_iter()
                .zip(times)
                .map(|((number, parent), left)| goal(number, parent, left))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&tree([None; 6])), (vec![1, 2, 3, 4, 5, 6], vec![]));
        assert_eq!(found(&tree([None, Some(1), None, Some(1), None, Some(1)])), (vec![1, 3, 5], vec![2]));
        let twice = tree([Some(2), Some(1), Some(2), Some(1), Some(2), Some(2)]);
        assert_eq!(found(&twice), (vec![1, 3, 5], vec![2]), "6 left on its own, below what had left before");
        assert_eq!(found(&twice[1..2]), (vec![2], vec![]));
        assert!(Tree::new(vec![]).is_none());
    }
}
