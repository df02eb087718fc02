//! Waking whoever waits for something to happen.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::ids::OwnerId;

/// How long to wait at most when every event is told.
const TOLD: Duration = Duration::from_secs(20);
/// How long to wait at most when others may write without telling.
const UNTOLD: Duration = Duration::from_secs(2);

/// Tells readers of the log that there may be something new of an owner's. A speed-up and nothing
/// that may be relied on: who was told finds out by reading, and who was not reads once in a while.
///
/// Cheap to clone; clones are one.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// By owner and a number of each listener's own.
    waiting: Mutex<BTreeMap<(OwnerId, u64), Waiting>>,
    count: AtomicU64,
    is_complete: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    is_told: bool,
    waker: Option<Waker>,
}

impl Notices {
    /// Tells everybody who listens for `owner`.
    pub fn tell(&self, owner: OwnerId) {
        for waiting in self.0.waiting().range_mut((owner, 0)..=(owner, u64::MAX)).map(|(_, waiting)| waiting) {
            waiting.tell();
        }
    }

    /// Tells everybody: something may have been missed.
    pub fn tell_all(&self) {
        self.0.waiting().values_mut().for_each(Waiting::tell);
    }

    /// Whether whatever happens is told from now on, wherever it was written.
    pub fn set_complete(&self, is_complete: bool) {
        self.0.is_complete.store(is_complete, Ordering::Relaxed);
    }

    /// Listens for `owner` until it is dropped.
    #[must_use]
    pub fn listen(&self, owner: OwnerId) -> Listener {
        let key = (owner, self.0.count.fetch_add(1, Ordering::Relaxed));
        self.0.waiting().insert(key, Waiting::default());
        Listener { notices: self.clone(), key }
    }
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<(OwnerId, u64), Waiting>> {
        // Nothing here panics half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn tell(&mut self) {
        self.is_told = true;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Listens for one owner; see [`Notices`].
#[derive(Debug)]
pub struct Listener {
    notices: Notices,
    key: (OwnerId, u64),
}

impl Listener {
    /// Completes when something was told since this was made, or since it last completed. Listen
    /// first and read then, and nothing is missed in between.
    pub async fn told(&mut self) {
        poll_fn(|cx| {
            let mut waiting = self.notices.0.waiting();
            let Some(waiting) = waiting.get_mut(&self.key) else { return Poll::Pending };
            if std::mem::take(&mut waiting.is_told) {
                return Poll::Ready(());
            }
            waiting.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// After how long to read anyway: others may write without a word, and words get lost.
    #[must_use]
    pub fn patience(&self) -> Duration {
        if self.notices.0.is_complete.load(Ordering::Relaxed) { TOLD } else { UNTOLD }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.notices.0.waiting().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Context;

    use uuid::Uuid;

    use super::*;

    fn is_told(listener: &mut Listener) -> bool {
        let told = pin!(listener.told());
        told.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn each_is_told_once_of_what_concerns_them() {
        let notices = Notices::default();
        let [ana, rui] = [1, 2].map(|number| OwnerId::from_uuid(Uuid::from_u128(number)));
        notices.tell(ana);
        let (mut first, mut second, mut other) = (notices.listen(ana), notices.listen(ana), notices.listen(rui));
        assert!(!is_told(&mut first), "that was before");
        notices.tell(ana);
        notices.tell(ana);
        assert_eq!([is_told(&mut first), is_told(&mut first)], [true, false]);
        assert!(is_told(&mut second) && !is_told(&mut other));
        notices.tell_all();
        assert!(is_told(&mut first) && is_told(&mut other));
        drop((first, second, other));
        assert!(notices.0.waiting().is_empty(), "nothing stays behind");
    }

    #[test]
    fn patience_is_for_those_who_are_told() {
        let notices = Notices::default();
        let listener = notices.listen(OwnerId::from_uuid(Uuid::nil()));
        assert_eq!(listener.patience(), UNTOLD);
        notices.set_complete(true);
        assert_eq!(listener.patience(), TOLD);
    }
}
