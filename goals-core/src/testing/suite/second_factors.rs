//! The rules of a [`SecondFactorRepository`].

use std::sync::Arc;

use super::accounts::{Store, after, hash, put};
use super::{CALLERS, race};
use crate::second_factor::{RecoveryCode, SecondFactor, SecondFactorRepository, Spend};
use crate::store::{Credentials, UserRepository};
use crate::testing::user;
use crate::user::User;

const SEALED: &[u8] = b"\x00sealed";

fn recovery(number: u8) -> RecoveryCode {
    RecoveryCode::new([number; 32])
}

/// Puts the first user, and confirms a second factor with the recovery codes 1 and 2.
async fn two_factor(store: &impl Store) -> User {
    let ana = user(1, "ana");
    put(store, &ana).await;
    assert!(store.enrol(ana.id, SEALED).await.expect("an answer"));
    assert!(store.confirm(ana.id, SEALED, 100, &[recovery(1), recovery(2)], after(5)).await.expect("an answer"));
    ana
}

async fn found(store: &impl Store, user: &User) -> Option<SecondFactor> {
    SecondFactorRepository::find(store, user.id).await.expect("an answer")
}

async fn known(store: &impl Store, user: &User) -> Option<User> {
    let known = UserRepository::find(store, user.id).await.expect("an answer");
    known.map(|Credentials { user, .. }| user)
}

async fn spend(store: &impl Store, user: &User, code: Spend) -> bool {
    store.spend(user.id, &code).await.expect("an answer")
}

/// A secret waits until it is confirmed, and a newer one takes its place; then the user has a
/// second factor and one version more.
pub async fn a_secret_is_confirmed(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    assert!(!store.enrol(ana.id, SEALED).await.expect("an answer"), "nobody is there");
    put(&*store, &ana).await;
    assert_eq!(found(&*store, &ana).await, None);
    assert!(store.enrol(ana.id, b"older").await.expect("an answer"));
    assert!(store.enrol(ana.id, SEALED).await.expect("an answer"));
    let waiting = SecondFactor { sealed: SEALED.to_vec(), is_confirmed: false, last_step: 0 };
    assert_eq!(found(&*store, &ana).await, Some(waiting.clone()));
    assert_eq!(known(&*store, &ana).await, Some(ana.clone()), "nothing is asked of them yet");
    assert!(!spend(&*store, &ana, Spend::Step(100)).await);
    let confirm =
        async |sealed: &[u8]| store.confirm(ana.id, sealed, 100, &[recovery(1)], after(5)).await.expect("an answer");
    assert!(!confirm(b"older").await);
    assert!(confirm(SEALED).await);
    assert!(!confirm(SEALED).await, "once");
    let confirmed = SecondFactor { is_confirmed: true, last_step: 100, ..waiting };
    assert_eq!(found(&*store, &ana).await, Some(confirmed.clone()));
    let with = User { two_factor: true, version: 2, updated_at: after(5), ..ana.clone() };
    assert_eq!(known(&*store, &ana).await, Some(with));
    assert!(!store.enrol(ana.id, b"newer").await.expect("an answer"), "it is in force");
    assert_eq!(found(&*store, &ana).await, Some(confirmed));
}

/// A step is used once, and none before it is any more; a recovery code is used once.
pub async fn a_code_is_used_once(store: Arc<impl Store>) {
    let ana = two_factor(&*store).await;
    let rui = user(2, "rui");
    put(&*store, &rui).await;
    for (step, is_good) in [(100, false), (99, false), (102, true), (102, false), (101, false), (103, true)] {
        assert_eq!(spend(&*store, &ana, Spend::Step(step)).await, is_good, "{step}");
    }
    assert!(!spend(&*store, &rui, Spend::Step(200)).await);
    assert!(!spend(&*store, &rui, Spend::Recovery(recovery(1))).await, "somebody else's");
    assert!(!spend(&*store, &ana, Spend::Recovery(recovery(3))).await);
    assert!(spend(&*store, &ana, Spend::Recovery(recovery(1))).await);
    assert!(!spend(&*store, &ana, Spend::Recovery(recovery(1))).await);
    assert!(spend(&*store, &ana, Spend::Recovery(recovery(2))).await);
}

/// Turned off, nothing of it is left, and another can be set up; with the account it goes too.
pub async fn a_second_factor_is_turned_off(store: Arc<impl Store>) {
    let ana = two_factor(&*store).await;
    assert!(store.remove(ana.id, after(9)).await.expect("an answer"));
    assert!(!store.remove(ana.id, after(9)).await.expect("an answer"));
    assert_eq!(known(&*store, &ana).await, Some(User { version: 3, updated_at: after(9), ..ana.clone() }));
    assert_eq!(found(&*store, &ana).await, None);
    assert!(!spend(&*store, &ana, Spend::Step(200)).await);
    assert!(!spend(&*store, &ana, Spend::Recovery(recovery(1))).await);
    assert!(store.enrol(ana.id, SEALED).await.expect("an answer"));
    assert!(!store.remove(ana.id, after(9)).await.expect("an answer"), "it waits");
    assert!(store.confirm(ana.id, SEALED, 1, &[recovery(9)], after(10)).await.expect("an answer"));
    assert!(UserRepository::delete(&*store, ana.id, &hash("first")).await.expect("an answer"));
    assert_eq!(found(&*store, &ana).await, None);
    assert!(!spend(&*store, &ana, Spend::Recovery(recovery(9))).await);
}

/// A change that somebody based on the version before is refused, and takes nothing away.
pub async fn a_stale_profile_turns_nothing_off(store: Arc<impl Store>) {
    let ana = two_factor(&*store).await;
    let stale = User { locale: "de".parse().expect("a locale"), version: 2, ..ana.clone() };
    assert!(!UserRepository::update(&*store, &stale, 1).await.expect("an answer"));
    let fresh = User { two_factor: true, version: 3, ..stale };
    assert!(UserRepository::update(&*store, &fresh, 2).await.expect("an answer"));
    assert_eq!(known(&*store, &ana).await, Some(fresh));
}

/// Of many who use one code at once exactly one gets in, whichever kind it is.
pub async fn racing_codes_let_one_in(store: Arc<impl Store>) {
    let ana = two_factor(&*store).await;
    for code in [Spend::Step(101), Spend::Recovery(recovery(1))] {
        let answers = race(|_| {
            let (store, ana, code) = (Arc::clone(&store), ana.clone(), code.clone());
            async move { spend(&*store, &ana, code).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|is_in| **is_in).count(), 1, "{code:?}");
    }
}

/// Of many who confirm one secret at once exactly one gets recovery codes.
pub async fn racing_confirmations_leave_one(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    put(&*store, &ana).await;
    assert!(store.enrol(ana.id, SEALED).await.expect("an answer"));
    let answers = race(|n| {
        let (store, id) = (Arc::clone(&store), ana.id);
        let code = recovery(u8::try_from(n).unwrap_or_default());
        async move { store.confirm(id, SEALED, 7, &[code], after(5)).await.expect("an answer") }
    })
    .await;
    assert_eq!(answers.iter().filter(|is_on| **is_on).count(), 1, "{answers:?}");
    let mut good = 0;
    for number in 0..CALLERS {
        let code = recovery(u8::try_from(number).unwrap_or_default());
        good += usize::from(spend(&*store, &ana, Spend::Recovery(code)).await);
    }
    assert_eq!(good, 1, "of the one who did it");
    assert_eq!(known(&*store, &ana).await.map(|user| user.version), Some(2));
}
