//! How often a stranger may try: log-ins, registrations, refreshes.
//!
//! A permit is taken *before* a password is hashed and given back when it was right, so that a
//! burst of parallel guesses cannot get past it and a person who knows the password never meets it.
//! Memory is bounded by construction: states live in tables of a fixed size, where a key takes the
//! slot of its hash. Two keys may share a slot, then they share its permits; the hash is seeded
//! afresh in every process, so nobody can choose whom to collide with.

use std::fmt;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use crate::problem::{Code, Problem};

const SLOTS: usize = 1 << 16;

const fn times(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// Wrong passwords for one account from one address: 10 at once, then 40 an hour.
const PAIR: Quota = Quota::per_hour(times(40)).allow_burst(times(10));
/// Wrong passwords for one account from anywhere. An owner shares this with an attacker who has
/// many addresses, so it is wide; it is what ends a distributed guess.
const ACCOUNT: Quota = Quota::per_hour(times(100));
/// Wrong passwords from one address for any account.
const ADDRESS: Quota = Quota::per_hour(times(100));
/// Registrations from one address.
const REGISTRATION: Quota = Quota::per_hour(times(30));
/// Refreshes from one address, behind which may be many people.
const REFRESH: Quota = Quota::per_minute(times(120));

/// All throttles of one service.
#[derive(Debug)]
pub(crate) struct Limiter<C: Clock = MonotonicClock> {
    pair: Throttle<C>,
    account: Throttle<C>,
    address: Throttle<C>,
    registration: Throttle<C>,
    refresh: Throttle<C>,
}

impl<C: Clock + Clone> Limiter<C> {
    pub(crate) fn new(clock: &C) -> Self {
        let throttle = |quota| Throttle::new(quota, clock.clone());
        Self {
            pair: throttle(PAIR),
            account: throttle(ACCOUNT),
            address: throttle(ADDRESS),
            registration: throttle(REGISTRATION),
            refresh: throttle(REFRESH),
        }
    }

    /// A permit to try one password for `account`, to be given back when it was right.
    pub(crate) fn password(&self, address: IpAddr, account: &str) -> Result<Permit<'_, C>, Problem> {
        let address = network(address);
        let account = account.to_lowercase();
        let taken = [
            (&self.pair, self.pair.slot(&(address, &account))),
            (&self.address, self.address.slot(&address)),
            (&self.account, self.account.slot(&account)),
        ];
        for (n, (throttle, slot)) in taken.iter().enumerate() {
            if let Err(problem) = throttle.take(*slot) {
                taken.iter().take(n).for_each(|(throttle, slot)| throttle.give_back(*slot));
                return Err(problem);
            }
        }
        Ok(Permit { taken })
    }

    pub(crate) fn registration(&self, address: IpAddr) -> Result<(), Problem> {
        self.registration.take(self.registration.slot(&network(address)))
    }

    pub(crate) fn refresh(&self, address: IpAddr) -> Result<(), Problem> {
        self.refresh.take(self.refresh.slot(&network(address)))
    }
}

/// One try.
#[derive(Debug)]
pub(crate) struct Permit<'a, C: Clock> {
    taken: [(&'a Throttle<C>, usize); 3],
}

impl<C: Clock> Permit<'_, C> {
    /// The password was right: this was no guess.
    pub(crate) fn give_back(self) {
        self.taken.iter().for_each(|(throttle, slot)| throttle.give_back(*slot));
    }
}

/// What one subscriber of an access provider holds: an IPv4 address or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

struct Throttle<C: Clock> {
    limiter: RateLimiter<usize, Table, C, NoOpMiddleware<C::Instant>>,
    table: Table,
    quota: Quota,
    seed: RandomState,
}

impl<C: Clock> Throttle<C> {
    fn new(quota: Quota, clock: C) -> Self {
        let table = Table((0..SLOTS).map(|_| InMemoryState::default()).collect());
        let limiter = RateLimiter::new(quota, table.clone(), clock);
        Self { limiter, table, quota, seed: RandomState::new() }
    }

    #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
    fn slot(&self, key: &impl Hash) -> usize {
        self.seed.hash_one(key) as usize % SLOTS
    }

    fn take(&self, slot: usize) -> Result<(), Problem> {
        self.limiter.check_key(&slot).map_err(|until| {
            let wait = until.wait_time_from(self.limiter.clock().now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            tracing::warn!(seconds, "throttled");
            Problem::new(Code::Throttled).detail("too many tries; wait a while").retry_after(seconds.max(1))
        })
    }

    fn give_back(&self, slot: usize) {
        let interval = Nanos::from(self.quota.replenish_interval());
        let earlier = |arrival: Option<Nanos>| {
            Ok::<_, std::convert::Infallible>(((), arrival.unwrap_or_default().saturating_sub(interval)))
        };
        let Ok(()) = self.table.measure_and_replace(&slot, earlier);
    }
}

impl<C: Clock> fmt::Debug for Throttle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("quota", &self.quota).finish_non_exhaustive()
    }
}

/// A fixed number of states.
#[derive(Clone)]
struct Table(Arc<[InMemoryState]>);

impl StateStore for Table {
    type Key = usize;

    fn measure_and_replace<T, F, E>(&self, slot: &usize, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        match self.0.get(*slot) {
            Some(state) => state.measure_and_replace(&NotKeyed::NonKey, f),
            None => f(None).map(|(outcome, _)| outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0a00_0000 + n))
    }

    fn limiter() -> (Limiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::new(&clock), clock)
    }

    #[test]
    fn ten_wrong_passwords_and_the_owner_still_gets_in_from_elsewhere() {
        let (limiter, clock) = limiter();
        let guesses = (0..50).filter(|_| limiter.password(HERE, "ana").is_ok()).count();
        assert_eq!(guesses, 10);
        assert!(limiter.password(HERE, "ANA").is_err(), "the case of the name is no way around");
        assert!(limiter.password(address(1), "ana").is_ok());
        assert!(limiter.password(HERE, "bob").is_ok());
        clock.advance(Duration::from_secs(91));
        assert!(limiter.password(HERE, "ana").is_ok());
        assert!(limiter.password(HERE, "ana").is_err());
    }

    #[test]
    fn a_hundred_per_account_from_anywhere() {
        let (limiter, _clock) = limiter();
        let guesses = (0..300).filter(|n| limiter.password(address(*n), "ana").is_ok()).count();
        assert_eq!(guesses, 100);
    }

    #[test]
    fn spraying_many_accounts_counts() {
        let (limiter, _clock) = limiter();
        let guesses = (0..300).filter(|n| limiter.password(HERE, &format!("user{n}")).is_ok()).count();
        assert_eq!(guesses, 100);
    }

    #[test]
    fn a_right_password_costs_nothing() {
        let (limiter, _clock) = limiter();
        for _ in 0..1000 {
            limiter.password(HERE, "ana").unwrap().give_back();
        }
        assert_eq!((0..50).filter(|_| limiter.password(HERE, "ana").is_ok()).count(), 10);
    }

    #[test]
    fn a_refusal_takes_nothing() {
        let (limiter, clock) = limiter();
        let sprayed = |n: u32| limiter.password(HERE, &format!("user{n}")).is_ok();
        assert_eq!((0..100).filter(|n| sprayed(*n)).count(), 100);
        for _ in 0..500 {
            assert!(limiter.password(HERE, "ana").is_err());
        }
        clock.advance(Duration::from_secs(36));
        assert!(limiter.password(HERE, "ana").is_ok(), "of the pair nothing was taken");
    }

    #[test]
    fn one_subscriber_is_one_address() {
        let (limiter, _clock) = limiter();
        let guess = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, n));
        assert_eq!((0..50).filter(|n| limiter.password(guess(*n), "ana").is_ok()).count(), 10);
        let mapped = "::ffff:192.0.2.1".parse().unwrap();
        assert_eq!(network(mapped), HERE);
    }

    #[test]
    fn says_how_long_to_wait() {
        let (limiter, clock) = limiter();
        while limiter.registration(HERE).is_ok() {}
        let wait = |limiter: &Limiter<_>| {
            let response = limiter.registration(HERE).unwrap_err().into_response("");
            response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(wait(&limiter), 120);
        clock.advance(Duration::from_millis(119_500));
        assert_eq!(wait(&limiter), 1);
        clock.advance(Duration::from_millis(500));
        assert!(limiter.registration(HERE).is_ok());
    }

    #[test]
    fn a_parallel_burst_gets_no_more() {
        let (limiter, _clock) = limiter();
        let won: usize = std::thread::scope(|scope| {
            let burst = || (0..100).filter(|_| limiter.password(HERE, "ana").is_ok()).count();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(burst)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(won, 10);
    }
}
