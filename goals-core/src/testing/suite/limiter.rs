//! The rules of a [`RateLimiter`].

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{CALLERS, race};
use crate::limiter::{Bucket, Quota, RateLimiter, Taken};
use crate::testing::now;

/// `burst` at once, and one more every ten seconds.
fn bucket(key: &str, burst: u32) -> Bucket {
    Bucket { key: key.to_owned(), quota: Quota { burst, every: TimeDelta::seconds(10) } }
}

fn after(milliseconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::milliseconds(milliseconds)
}

async fn take(limiter: &impl RateLimiter, buckets: &[Bucket], at: DateTime<Utc>) -> Taken {
    limiter.take(buckets, at).await.expect("an answer")
}

async fn give_back(limiter: &impl RateLimiter, buckets: &[Bucket], at: DateTime<Utc>) {
    limiter.give_back(buckets, at).await.expect("an answer");
}

/// How many of a hundred get through at once.
async fn drain(limiter: &impl RateLimiter, buckets: &[Bucket], at: DateTime<Utc>) -> usize {
    let mut count = 0;
    for _ in 0..100 {
        count += usize::from(take(limiter, buckets, at).await == Taken::All);
    }
    count
}

const fn wait(milliseconds: i64) -> Taken {
    Taken::Nothing { wait: TimeDelta::milliseconds(milliseconds) }
}

/// A bucket holds its burst, then one more for each interval, and never more than its burst.
pub async fn a_bucket_empties_and_fills_up(limiter: Arc<impl RateLimiter + 'static>) {
    let three = [bucket("ana", 3)];
    assert_eq!(drain(&*limiter, &three, now()).await, 3);
    assert_eq!(take(&*limiter, &three, now()).await, wait(10_000));
    assert_eq!(take(&*limiter, &three, after(9_999)).await, wait(1));
    assert_eq!(take(&*limiter, &three, after(10_000)).await, Taken::All);
    assert_eq!(take(&*limiter, &three, after(10_000)).await, wait(10_000));
    assert_eq!(drain(&*limiter, &three, after(900_000)).await, 3);
}

/// One empty bucket refuses all, and the others keep what they have; the longest wait is told.
pub async fn a_refusal_takes_nothing(limiter: Arc<impl RateLimiter + 'static>) {
    let (one, three) = (bucket("one", 1), bucket("three", 3));
    let both = [three.clone(), one];
    assert_eq!(take(&*limiter, &both, now()).await, Taken::All);
    for _ in 0..9 {
        assert_eq!(take(&*limiter, &both, after(2_000)).await, wait(8_000));
    }
    assert_eq!(drain(&*limiter, &[three], after(2_000)).await, 2);
    assert_eq!(take(&*limiter, &both, after(4_000)).await, wait(6_000));
}

/// What is taken of one is not taken of another, however alike their keys, long or strange.
pub async fn buckets_are_apart(limiter: Arc<impl RateLimiter + 'static>) {
    let keys = ["ana", "Ana", "ana ", "", "a\0b", "\u{202e}\u{10ffff}", &"x".repeat(10_000), &"x".repeat(10_001)];
    for key in keys {
        assert_eq!(drain(&*limiter, &[bucket(key, 2)], now()).await, 2, "{key:?}");
    }
}

/// A permit that is given back can be taken again.
pub async fn what_is_given_back_is_there_again(limiter: Arc<impl RateLimiter + 'static>) {
    let both = [bucket("ana", 3), bucket("here", 9)];
    for _ in 0..20 {
        assert_eq!(take(&*limiter, &both, now()).await, Taken::All);
        give_back(&*limiter, &both, now()).await;
    }
    assert_eq!(drain(&*limiter, &both, now()).await, 3);
    give_back(&*limiter, &both, after(1)).await;
    assert_eq!(drain(&*limiter, &both, after(1)).await, 1);
}

/// Giving back fills no bucket beyond its burst, not even one that nobody has used.
pub async fn nothing_is_more_than_full(limiter: Arc<impl RateLimiter + 'static>) {
    let three = [bucket("ana", 3)];
    give_back(&*limiter, &three, now()).await;
    assert_eq!(drain(&*limiter, &three, now()).await, 3);
    for _ in 0..9 {
        give_back(&*limiter, &three, after(25_000)).await;
    }
    assert_eq!(drain(&*limiter, &three, after(25_000)).await, 3);
}

/// Forgetting what is full forgives nobody.
pub async fn full_buckets_may_be_forgotten(limiter: Arc<impl RateLimiter + 'static>) {
    let (ana, rui) = ([bucket("ana", 3)], [bucket("rui", 3)]);
    assert_eq!(drain(&*limiter, &ana, now()).await, 3);
    assert_eq!(take(&*limiter, &rui, now()).await, Taken::All);
    limiter.forget_full(after(29_999)).await.expect("an answer");
    assert_eq!(drain(&*limiter, &ana, after(29_999)).await, 2, "two and no third have come back");
    limiter.forget_full(after(900_000)).await.expect("an answer");
    assert_eq!(drain(&*limiter, &rui, after(900_000)).await, 3);
}

/// Clocks of two instances differ: who is behind gets nothing extra, and loses no more than that.
pub async fn a_clock_that_is_late_takes_its_share(limiter: Arc<impl RateLimiter + 'static>) {
    let three = [bucket("ana", 3)];
    assert_eq!(take(&*limiter, &three, after(5_000)).await, Taken::All);
    assert_eq!(drain(&*limiter, &three, now()).await, 1);
    assert_eq!(drain(&*limiter, &three, after(5_000)).await, 1);
}

/// Of many at once exactly as many get through as there are permits, whatever the order of their
/// buckets, and refusals among them take nothing.
pub async fn racing_callers_take_what_there_is(limiter: Arc<impl RateLimiter + 'static>) {
    let answers = race(|n| {
        let mut buckets = vec![bucket("ana", 7), bucket("here", 90), bucket(&format!("caller {n}"), 2)];
        if n % 2 == 0 {
            buckets.reverse();
        }
        let limiter = Arc::clone(&limiter);
        async move { take(&*limiter, &buckets, now()).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|taken| **taken == Taken::All).count(), 7, "{answers:?}");
    assert_eq!(drain(&*limiter, &[bucket("here", 90)], now()).await, 90 - 7);
    let fresh = |n: usize| [bucket(&format!("caller {n}"), 2)];
    let mut left = 0;
    for n in 0..CALLERS {
        left += drain(&*limiter, &fresh(n), now()).await;
    }
    assert_eq!(left, 2 * CALLERS - 7);
}

/// Those who give back leave everything as it was.
pub async fn racing_callers_who_give_back_lose_nothing(limiter: Arc<impl RateLimiter + 'static>) {
    let both = [bucket("ana", 50), bucket("here", 60)];
    race(|n| {
        let (limiter, mut both) = (Arc::clone(&limiter), both.clone());
        if n % 2 == 0 {
            both.reverse();
        }
        async move {
            assert_eq!(take(&*limiter, &both, now()).await, Taken::All);
            give_back(&*limiter, &both, now()).await;
        }
    })
    .await;
    assert_eq!(drain(&*limiter, &both, now()).await, 50);
}
