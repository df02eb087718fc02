//! How many streams of events are open, by owner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use goals_core::OwnerId;

/// How many streams one owner may have open: a few devices with a few windows each. Beyond them it
/// is somebody who forgets to close.
const MAX: u32 = 20;

/// The streams that are open in this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<OwnerId, u32>>>);

/// A stream's place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    streams: Streams,
    owner: OwnerId,
}

impl Streams {
    /// A place for one more stream of this owner's, if there is one.
    pub(crate) fn take(&self, owner: OwnerId) -> Option<Slot> {
        self.change(owner, |open| if open < MAX { Some(open + 1) } else { None })?;
        Some(Slot { streams: self.clone(), owner })
    }

    fn change(&self, owner: OwnerId, to: impl FnOnce(u32) -> Option<u32>) -> Option<()> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match to(open.get(&owner).copied().unwrap_or_default())? {
            0 => open.remove(&owner),
            more => open.insert(owner, more),
        };
        Some(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.streams.change(self.owner, |open| open.checked_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_owner_has_so_many() {
        let streams = Streams::default();
        let [ana, rui] = [1, 2].map(|number| OwnerId::from_uuid(Uuid::from_u128(number)));
        let mut slots: Vec<_> = (0..MAX).map(|_| streams.take(ana).unwrap()).collect();
        assert!(streams.take(ana).is_none());
        assert!(streams.take(rui).is_some());
        slots.pop();
        slots.push(streams.take(ana).unwrap());
        drop(slots);
        assert!(streams.0.lock().unwrap().is_empty(), "nothing stays behind");
    }
}
