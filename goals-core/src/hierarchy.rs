//! Goals under goals.

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
}
