//! How often somebody may try.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use chrono::TimeDelta;
use goals_core::testing::{ManualClock, MockRateLimiter, PlainHasher, SequentialIds, now};
use goals_core::{
    Accounts, Attempt, Client, Error, ErrorKind, JwtCodec, JwtKey, MemoryStore, Password, Registration, StoreError,
};

const GOOD: &str = "tr0ub4dour&3xyz";

struct Fixture {
    accounts: Accounts,
    clock: Arc<ManualClock>,
    hasher: Arc<PlainHasher>,
}

async fn fixture() -> Fixture {
    let (clock, hasher) = (Arc::new(ManualClock::at(now())), Arc::new(PlainHasher::default()));
    let tokens =
        Arc::new(JwtCodec::new(JwtKey::secret(b"0123456789abcdef0123456789abcdef").unwrap(), "goals", "goals"));
    let ids = Arc::new(SequentialIds::default());
    let accounts = Accounts::new(Arc::new(MemoryStore::new()), hasher.clone(), tokens, clock.clone(), ids);
    let fixture = Fixture { accounts, clock, hasher };
    for name in ["ana", "rui"] {
        let registration = Registration {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: password(GOOD),
            locale: None,
            time_zone: None,
        };
        fixture.accounts.register(registration, &from(9_999)).await.unwrap();
    }
    fixture
}

fn password(raw: &str) -> Password {
    Password::new(raw.to_owned())
}

/// Somebody at the `number`-th address.
fn from(number: u32) -> Client {
    Client::new(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number)), "")
}

impl Fixture {
    async fn log_in(&self, login: &str, tried: &str, client: &Client) -> Result<(), Error> {
        self.accounts.log_in(login, password(tried), client).await.map(drop)
    }

    /// Whether a wrong password was compared.
    async fn guess(&self, login: &str, client: &Client) -> bool {
        let before = self.hasher.calls();
        match self.log_in(login, "wrong", client).await.unwrap_err() {
            Error::BadCredentials => assert_eq!(self.hasher.calls(), before + 1),
            Error::Throttled { attempt: Attempt::Password, .. } => {
                assert_eq!(self.hasher.calls(), before, "nothing is hashed for who is throttled");
                return false;
            }
            other => panic!("{other:?}"),
        }
        true
    }

    async fn guesses(&self, tries: u32, login: impl Fn(u32) -> String, client: impl Fn(u32) -> Client) -> usize {
        let mut count = 0;
        for n in 0..tries {
            count += usize::from(self.guess(&login(n), &client(n)).await);
        }
        count
    }
}

#[tokio::test]
async fn ten_wrong_passwords_and_the_owner_still_gets_in_from_elsewhere() {
    let fixture = fixture().await;
    assert_eq!(fixture.guesses(50, |_| "ana".into(), |_| from(1)).await, 10);
    let refused = fixture.log_in("ana", GOOD, &from(1)).await.unwrap_err();
    let Error::Throttled { attempt: Attempt::Password, wait } = refused else { panic!("{refused:?}") };
    assert_eq!((wait, refused.kind()), (TimeDelta::seconds(90), ErrorKind::Throttled));
    fixture.log_in("ana", GOOD, &from(2)).await.unwrap();
    fixture.log_in("rui", GOOD, &from(1)).await.unwrap();
    fixture.clock.advance(wait);
    assert_eq!(fixture.guesses(9, |_| "ana".into(), |_| from(1)).await, 1);
}

#[tokio::test]
async fn one_account_is_one_however_it_is_called() {
    let fixture = fixture().await;
    let names = ["ana", " ANA ", "ana@example.org", "Ana@Example.ORG"];
    assert_eq!(fixture.guesses(40, |n| names[n as usize % 4].into(), |_| from(1)).await, 10);
}

#[tokio::test]
async fn a_hundred_per_account_from_anywhere() {
    let fixture = fixture().await;
    assert_eq!(fixture.guesses(300, |_| "ana".into(), from).await, 100);
    fixture.clock.advance(TimeDelta::seconds(36));
    fixture.log_in("ana", GOOD, &from(500)).await.unwrap();
}

#[tokio::test]
async fn spraying_counts_and_so_do_unknown_accounts() {
    let fixture = fixture().await;
    assert_eq!(fixture.guesses(300, |n| format!("user{n}"), |_| from(1)).await, 100);
    assert_eq!(fixture.guesses(50, |_| "nobody".into(), |_| from(2)).await, 10);
    assert_eq!(fixture.guesses(300, |_| "nobody".into(), |n| from(n + 9)).await, 90);
}

#[tokio::test]
async fn who_knows_the_password_is_never_refused() {
    let fixture = fixture().await;
    for _ in 0..300 {
        fixture.log_in("ana", GOOD, &from(1)).await.unwrap();
    }
    assert_eq!(fixture.guesses(50, |_| "ana".into(), |_| from(1)).await, 10);
}

#[tokio::test]
async fn every_proof_of_a_password_counts() {
    let fixture = fixture().await;
    let here = from(1);
    let signed_in = fixture.accounts.log_in("ana", password(GOOD), &here).await.unwrap();
    let who = fixture.accounts.authenticate(&signed_in.access.token).await.unwrap();
    for _ in 0..5 {
        let change = fixture.accounts.change_password(&who, password("wrong"), password("an0ther&g00d1"), &here).await;
        assert!(matches!(change, Err(Error::BadCredentials)), "{change:?}");
        let deletion = fixture.accounts.delete(who.user.id, password("wrong"), &here).await;
        assert!(matches!(deletion, Err(Error::BadCredentials)), "{deletion:?}");
    }
    let change = fixture.accounts.change_password(&who, password(GOOD), password("an0ther&g00d1"), &here).await;
    assert!(matches!(change, Err(Error::Throttled { .. })), "{change:?}");
    let deletion = fixture.accounts.delete(who.user.id, password(GOOD), &here).await;
    assert!(matches!(deletion, Err(Error::Throttled { .. })), "{deletion:?}");
    assert!(!fixture.guess("ana@example.org", &here).await);
}

#[tokio::test]
async fn a_parallel_burst_gets_no_more() {
    let fixture = Arc::new(fixture().await);
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { fixture.log_in("ana", "wrong", &from(1)).await })
        })
        .collect();
    let mut compared = 0;
    for task in tasks {
        compared += usize::from(matches!(task.await.unwrap(), Err(Error::BadCredentials)));
    }
    assert_eq!(compared, 10);
}

#[tokio::test]
async fn refreshes_are_bounded_by_address() {
    let fixture = fixture().await;
    let mut refused = 0;
    for _ in 0..150 {
        let answer = fixture.accounts.refresh("x", &from(1)).await;
        refused += u32::from(matches!(answer, Err(Error::Throttled { attempt: Attempt::Token, .. })));
    }
    assert_eq!(refused, 30);
    assert!(matches!(fixture.accounts.refresh("x", &from(2)).await, Err(Error::Unauthenticated)));
}

/// A limiter that does not answer lets nobody guess.
#[tokio::test]
async fn without_an_answer_nothing_is_compared() {
    let fixture = fixture().await;
    let mut limiter = MockRateLimiter::new();
    limiter.expect_take().returning(|_, _| Err(StoreError::Unavailable("away".into())));
    let accounts = fixture.accounts.clone().with_rate_limiter(Some(Arc::new(limiter)));
    let before = fixture.hasher.calls();
    let refused = accounts.log_in("ana", password(GOOD), &from(1)).await.unwrap_err();
    assert_eq!((refused.kind(), fixture.hasher.calls()), (ErrorKind::Unavailable, before));
}
