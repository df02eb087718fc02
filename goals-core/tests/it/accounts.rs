//! The use cases of accounts.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use goals_core::testing::{ManualClock, MockPasswordHasher, PlainHasher, SequentialIds, now};
use goals_core::{
    Accounts, Authenticated, Change, Client, Clock, Current, Error, ErrorKind, Expected, HashError, JwtCodec, JwtKey,
    MemoryStore, OwnerId, Password, PasswordHash, PasswordHasher, Registration, SignIn, UserPatch, Verdict,
};
use goals_core::{
    GoalRepository,
    testing::{PutGoals as _, goal},
};

const GOOD: &str = "tr0ub4dour&3xyz";

struct Fixture {
    accounts: Accounts,
    clock: Arc<ManualClock>,
    hasher: Arc<PlainHasher>,
    store: Arc<MemoryStore>,
}

fn accounts_with(hasher: Arc<dyn PasswordHasher>, store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Accounts {
    let tokens =
        Arc::new(JwtCodec::new(JwtKey::secret(b"0123456789abcdef0123456789abcdef").unwrap(), "goals", "goals"));
    let (clock, ids) = (Arc::clone(clock) as Arc<dyn Clock>, Arc::new(SequentialIds::default()));
    Accounts::new(Arc::clone(store), hasher, tokens, clock, ids)
}

fn fixture() -> Fixture {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(now())));
    let hasher = Arc::new(PlainHasher::default());
    let accounts = accounts_with(Arc::clone(&hasher) as Arc<dyn PasswordHasher>, &store, &clock);
    Fixture { accounts, clock, hasher, store }
}

fn client() -> Client {
    Client::new([192, 0, 2, 1].into(), "a browser\r\nand more")
}

fn password(raw: &str) -> Password {
    Password::new(raw.to_owned())
}

fn registration(username: &str) -> Registration {
    Registration {
        username: username.to_owned(),
        email: format!("{username}@example.org"),
        password: password(GOOD),
        locale: Some("pt-br".to_owned()),
        time_zone: Some("America/Sao_Paulo".to_owned()),
    }
}

impl Fixture {
    async fn signed_in(&self) -> SignIn {
        self.accounts.register(registration("ana"), &client()).await.unwrap();
        self.log_in("ana").await
    }

    async fn log_in(&self, login: &str) -> SignIn {
        self.accounts.log_in(login, password(GOOD), &client()).await.unwrap()
    }

    async fn is_alive(&self, sign_in: &SignIn) -> bool {
        self.accounts.authenticate(&sign_in.access.token).await.is_ok()
    }
}

#[tokio::test]
async fn somebody_registers_and_logs_in_by_both_names() {
    let fixture = fixture();
    let user = fixture.accounts.register(registration("Ana"), &client()).await.unwrap();
    assert_eq!((user.locale.as_str(), user.time_zone.to_string().as_str()), ("pt-BR", "America/Sao_Paulo"));
    for login in ["Ana", " ANA ", "ana@EXAMPLE.org"] {
        let sign_in = fixture.log_in(login).await;
        assert_eq!(sign_in.user, user);
        assert_eq!(sign_in.session.client, "a browserand more", "a log line stays one line");
        let who = fixture.accounts.authenticate(&sign_in.access.token).await.unwrap();
        assert_eq!(who, Authenticated { user: user.clone(), session: sign_in.session });
    }
}

#[tokio::test]
async fn a_bad_registration_says_everything_and_hashes_nothing() {
    let fixture = fixture();
    let bad = Registration {
        username: "a b".to_owned(),
        email: "ana".to_owned(),
        password: password("short"),
        locale: Some("pt_BR".to_owned()),
        time_zone: Some("Sao Paulo".to_owned()),
    };
    let Error::Invalid(errors) = fixture.accounts.register(bad, &client()).await.unwrap_err() else { panic!() };
    let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/username", "/email", "/password", "/locale", "/time_zone"]);
    let own_words = Registration { password: password("mariasilva"), ..registration("mariasilva") };
    let Error::Invalid(errors) = fixture.accounts.register(own_words, &client()).await.unwrap_err() else { panic!() };
    assert_eq!(errors.to_string(), "/password is too easy to guess; longer, or less usual, words help");
    assert_eq!(fixture.hasher.calls(), 0);
}

#[tokio::test]
async fn unknown_and_wrong_are_the_same_and_cost_the_same() {
    let fixture = fixture();
    fixture.accounts.register(registration("ana"), &client()).await.unwrap();
    for (login, tried) in [("ana", "wrong"), ("nobody", GOOD), ("no\u{0}body", GOOD), ("", ""), ("a@b", GOOD)] {
        let before = fixture.hasher.calls();
        let refused = fixture.accounts.log_in(login, password(tried), &client()).await.unwrap_err();
        assert!(matches!(refused, Error::BadCredentials), "{refused:?}");
        assert_eq!(fixture.hasher.calls(), before + 1, "{login:?}");
    }
}

#[tokio::test]
async fn an_access_token_lives_its_time_and_dies_with_its_session() {
    let fixture = fixture();
    let sign_in = fixture.signed_in().await;
    assert_eq!(sign_in.access.expires_at, now() + TimeDelta::minutes(15));
    fixture.clock.advance(TimeDelta::minutes(16));
    assert!(!fixture.is_alive(&sign_in).await);
    let sign_in = fixture.log_in("ana").await;
    fixture.accounts.end_session(sign_in.user.id, sign_in.session.id).await.unwrap();
    assert!(!fixture.is_alive(&sign_in).await);
    let again = fixture.accounts.end_session(sign_in.user.id, sign_in.session.id).await;
    assert!(matches!(again, Err(Error::NotFound)));
    assert!(matches!(fixture.accounts.authenticate("x").await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_refresh_token_is_spent_for_a_new_pair() {
    let fixture = fixture();
    let first = fixture.signed_in().await;
    fixture.clock.advance(TimeDelta::hours(1));
    let second = fixture.accounts.refresh(&first.refresh.expose(), &client()).await.unwrap();
    assert_eq!(second.session.expires_at, now() + TimeDelta::hours(1) + TimeDelta::days(14));
    assert!(fixture.is_alive(&second).await);
    let twice = fixture.accounts.refresh(&first.refresh.expose(), &client()).await;
    assert!(matches!(twice, Err(Error::RefreshInProgress)), "{twice:?}");
    fixture.clock.advance(TimeDelta::minutes(1));
    let stolen = fixture.accounts.refresh(&first.refresh.expose(), &client()).await;
    assert!(matches!(stolen, Err(Error::RefreshReused)), "{stolen:?}");
    assert!(!fixture.is_alive(&second).await, "the session has been ended");
    assert!(matches!(fixture.accounts.refresh("..", &client()).await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_browser_stays_signed_in_while_it_is_used() {
    let fixture = fixture();
    let sign_in = fixture.signed_in().await;
    let token = fixture.accounts.browser_token(&sign_in.session).unwrap();
    assert_eq!(token.expires_at, now() + TimeDelta::days(14));
    let who = fixture.accounts.authenticate(&token.token).await.unwrap();
    assert_eq!(fixture.accounts.renew(&who).await.unwrap(), None, "not yet");
    fixture.clock.advance(TimeDelta::days(13));
    let who = fixture.accounts.authenticate(&token.token).await.unwrap();
    let renewed = fixture.accounts.renew(&who).await.unwrap().unwrap();
    assert_eq!(renewed.expires_at, now() + TimeDelta::days(27));
    assert_eq!(fixture.accounts.sessions(who.user.id).await.unwrap()[0].last_used_at, now() + TimeDelta::days(13));
    fixture.accounts.end_all_sessions(who.user.id).await.unwrap();
    assert_eq!(fixture.accounts.renew(&who).await.unwrap(), None, "an ended session is not brought back");
}

#[tokio::test]
async fn a_profile_is_changed_by_version() {
    let fixture = fixture();
    let user = fixture.accounts.register(registration("ana"), &client()).await.unwrap();
    fixture.accounts.register(registration("rui"), &client()).await.unwrap();
    let named = |name: &str| UserPatch { username: Change::Set(name.to_owned()), ..UserPatch::default() };
    let changed = fixture.accounts.update(user.id, Expected::Version(1), &named("anita")).await.unwrap();
    assert_eq!((changed.username.as_str(), changed.version), ("anita", 2));
    let same = fixture.accounts.update(user.id, Expected::Version(2), &named("anita")).await.unwrap();
    assert_eq!(same, changed, "nothing changed, no version");
    let stale = fixture.accounts.update(user.id, Expected::Version(1), &named("other")).await.unwrap_err();
    let Error::Stale(Current::User(current)) = stale else { panic!("{stale:?}") };
    assert_eq!(*current, changed);
    let taken = fixture.accounts.update(user.id, Expected::Any, &named("RUI")).await.unwrap_err();
    assert!(matches!(taken, Error::UsernameTaken), "{taken:?}");
    let cleared = UserPatch { username: Change::Clear, email: Change::Set("x".into()), ..UserPatch::default() };
    let Error::Invalid(errors) = fixture.accounts.update(user.id, Expected::Any, &cleared).await.unwrap_err() else {
        panic!()
    };
    assert_eq!(errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), ["/username", "/email"]);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let fixture = fixture();
    let there = fixture.signed_in().await;
    let here = fixture.log_in("ana").await;
    let who = fixture.accounts.authenticate(&here.access.token).await.unwrap();
    let change = |present: &str, new: &str| {
        let (accounts, who) = (fixture.accounts.clone(), who.clone());
        let (present, new) = (password(present), password(new));
        async move { accounts.change_password(&who, present, new, &client()).await }
    };
    assert!(matches!(change("wrong", "another g00d 0ne").await, Err(Error::BadCredentials)));
    assert!(matches!(change(GOOD, "weak").await, Err(Error::Invalid(_))));
    change(GOOD, "another g00d 0ne").await.unwrap();
    assert!(fixture.is_alive(&here).await && !fixture.is_alive(&there).await);
    assert!(matches!(fixture.accounts.log_in("ana", password(GOOD), &client()).await, Err(Error::BadCredentials)));
}

#[tokio::test]
async fn deleting_asks_for_the_password_and_takes_everything() {
    let fixture = fixture();
    let sign_in = fixture.signed_in().await;
    let (id, owner) = (sign_in.user.id, OwnerId::from(sign_in.user.id));
    let policy = goals_core::DuplicatePolicy::Refuse;
    fixture.store.put(&goal(owner, 1, "Read"), policy, 9).await.unwrap();
    assert!(matches!(fixture.accounts.delete(id, password("wrong"), &client()).await, Err(Error::BadCredentials)));
    assert!(fixture.is_alive(&sign_in).await);
    fixture.accounts.delete(id, password(GOOD), &client()).await.unwrap();
    assert!(!fixture.is_alive(&sign_in).await);
    assert_eq!(fixture.store.count(owner).await.unwrap(), 0);
    assert!(matches!(fixture.accounts.delete(id, password(GOOD), &client()).await, Err(Error::NotFound)));
}

/// A hasher whose hashes are all outdated.
#[derive(Debug)]
struct Outdated;

#[async_trait]
impl PasswordHasher for Outdated {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::new(format!("new:{}", password.expose())))
    }

    async fn verify(&self, _: Password, _: Option<PasswordHash>) -> Result<Verdict, HashError> {
        Ok(Verdict::RightButOutdated)
    }
}

#[tokio::test]
async fn an_outdated_hash_is_renewed_at_log_in() {
    let fixture = fixture();
    let user = fixture.accounts.register(registration("ana"), &client()).await.unwrap();
    let upgrading = accounts_with(Arc::new(Outdated), &fixture.store, &fixture.clock);
    upgrading.log_in("ana", password(GOOD), &client()).await.unwrap();
    let known = goals_core::UserRepository::find(&*fixture.store, user.id).await.unwrap().unwrap();
    assert_eq!(known.hash, PasswordHash::new(format!("new:{GOOD}")));
}

#[tokio::test]
async fn a_hash_that_cannot_be_renewed_locks_nobody_out() {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| Ok(Verdict::RightButOutdated));
    hasher.expect_hash().times(1).returning(|_| Err(HashError::Busy));
    let fixture = fixture();
    let user = fixture.accounts.register(registration("ana"), &client()).await.unwrap();
    let busy = accounts_with(Arc::new(hasher), &fixture.store, &fixture.clock);
    assert_eq!(busy.log_in("ana", password(GOOD), &client()).await.unwrap().user, user);
}

#[tokio::test]
async fn no_permit_to_hash_is_told_as_busy() {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_verify().returning(|_, _| Err(HashError::Busy));
    let fixture = fixture();
    let busy = accounts_with(Arc::new(hasher), &fixture.store, &fixture.clock);
    let refused = busy.log_in("ana", password(GOOD), &client()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
}
