//! Goals that are made once, however often they are asked for.

use super::Goals;
use crate::draft::GoalDraft;
use crate::error::Error;
use crate::goal::Goal;
use crate::idempotency::{Answer, IDEMPOTENCY_KEPT, Once};
use crate::ids::OwnerId;

/// How many keys are forgotten in one unit of work.
const KEYS_BATCH: u32 = 1_000;

impl Goals {
    /// Makes a goal, unless an earlier try under the same key did; that one's answer is given
    /// again, whatever has become of its goal since. `answer` says what a caller is told about the
    /// goal, and is asked before anybody knows whether it will be made.
    ///
    /// A try that comes while another one is under way waits for it. A try that is refused leaves
    /// its key free.
    ///
    /// # Errors
    /// As for [`create`](Self::create), [`Error::IdempotencyKeyReused`], and those of `answer`.
    pub async fn create_once<E: From<Error>>(
        &self,
        owner: OwnerId,
        draft: GoalDraft,
        attempt: Once,
        answer: impl FnOnce(&Goal) -> Result<Vec<u8>, E>,
    ) -> Result<Answer, E> {
        let (goal, event, duplicates) = self.new_goal(owner, draft)?;
        let receipt = attempt.receipt(answer(&goal)?, goal.created_at);
        let earlier = self.store.insert_once(&goal, &event, duplicates, self.max, &receipt).await;
        Ok(receipt.settle(earlier.map_err(Error::from)?)?)
    }

    /// Forgets the keys of everybody that stand for nothing any more, and says how many. To be
    /// called once in a while by the host; nothing here runs by itself. It goes in batches: what a
    /// failure leaves behind, the next call forgets.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn forget_keys(&self) -> Result<u64, Error> {
        let before = self.clock.now() - IDEMPOTENCY_KEPT;
        let mut forgotten = 0;
        loop {
            let batch = self.store.forget_receipts(before, KEYS_BATCH).await?;
            forgotten += batch;
            if batch < u64::from(KEYS_BATCH) {
                return Ok(forgotten);
            }
        }
    }
}
