//! Goals that nearly say what a new one says.

use super::Goals;
use crate::draft::GoalDraft;
use crate::duplicate::Fingerprint;
use crate::error::Error;
use crate::ids::OwnerId;
use crate::similar::{SIMILAR_MAX, TitledGoal, lengths_like};

/// How many titles are looked at, so that the look costs little however many goals there are.
const TITLES_MAX: u32 = 1_000;

impl Goals {
    /// The open goals that nearly say what `draft` says and have the same parent, the newest first
    /// and at most [`SIMILAR_MAX`]: what a person may want to know before they have two of a kind.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn similar(&self, owner: OwnerId, draft: &GoalDraft) -> Result<Vec<TitledGoal>, Error> {
        let said = Fingerprint::of(&draft.title);
        let (least, most) = lengths_like(draft.title.trim().chars().count());
        let found = self.store.open_titles(owner, draft.parent, least, most, TITLES_MAX).await?;
        let is_similar = |goal: &TitledGoal| Fingerprint::of(&goal.title).nearly_says(&said);
        Ok(found.into_iter().filter(is_similar).take(SIMILAR_MAX).collect())
    }
}
