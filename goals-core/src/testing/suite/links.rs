//! The rules of a [`LinkRepository`].

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::accounts::{Store, after, hash, put, signed_in};
use super::{CALLERS, race};
use crate::ids::UserId;
use crate::recovery::{Link, LinkRepository, Purpose};
use crate::store::{SessionRepository, StoreError, UserRepository};
use crate::testing::{now, user};
use crate::ticket::{Ticket, TicketSecret};
use crate::user::{LoginName, User};

/// The `number`-th link of `user`, good for a minute.
fn link(user: UserId, number: u8, purpose: Purpose) -> Link {
    let secret = TicketSecret::new([number; 32]);
    // No id of a user in these tests: a store may keep a link of nobody under its own.
    let ticket = Ticket { user, id: Uuid::from_u128(1_000 + u128::from(number)), secret };
    Link { ticket, purpose, email: None, expires_at: after(60) }
}

fn reset(user: UserId, number: u8) -> Link {
    link(user, number, Purpose::PasswordReset)
}

fn verification(user: UserId, number: u8, email: &str) -> Link {
    Link { email: email.parse().ok(), ..link(user, number, Purpose::EmailVerification) }
}

async fn issue(store: &impl Store, link: &Link, at: DateTime<Utc>) -> bool {
    store.issue(link, at, 3).await.expect("an answer")
}

async fn holder(store: &impl Store, link: &Link, at: DateTime<Utc>) -> Option<User> {
    LinkRepository::find(store, &link.ticket, at).await.expect("an answer")
}

async fn spend(store: &impl Store, link: &Link, new: &str, at: DateTime<Utc>) -> bool {
    LinkRepository::reset_password(store, &link.ticket, &hash(new), at).await.expect("an answer")
}

async fn known_hash(store: &impl Store, user: UserId) -> Option<String> {
    let known = UserRepository::find(store, user).await.expect("an answer");
    known.map(|known| known.hash.expose().to_owned())
}

/// A link to another password is good until it expires, for whoever has its secret, and once; with
/// it end all sessions and all other such links.
pub async fn a_reset_is_good_once(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let (first, second) = (reset(ana.id, 1), reset(ana.id, 2));
    let verification = verification(ana.id, 3, "ana@example.org");
    for link in [&first, &second, &verification] {
        assert!(issue(&*store, link, now()).await);
    }
    assert_eq!(holder(&*store, &first, now()).await, Some(ana.clone()));
    assert_eq!(holder(&*store, &first, after(60)).await, None);
    assert_eq!(holder(&*store, &verification, now()).await, None, "for another purpose");
    let guess = Ticket { secret: TicketSecret::new([9; 32]), ..first.ticket.clone() };
    let guess = Link { ticket: guess, ..first.clone() };
    let foreign = Link {
        ticket: Ticket { user: UserId::from_uuid(Uuid::from_u128(9)), ..first.ticket.clone() },
        ..first.clone()
    };
    for bad in [&guess, &foreign, &verification] {
        assert!(!spend(&*store, bad, "second", now()).await);
    }
    assert!(!spend(&*store, &first, "second", after(60)).await, "it has expired");
    assert_eq!(known_hash(&*store, ana.id).await.as_deref(), Some("first"));
    assert!(spend(&*store, &first, "second", after(59)).await);
    assert_eq!(known_hash(&*store, ana.id).await.as_deref(), Some("second"));
    assert!(!spend(&*store, &first, "third", now()).await);
    assert!(!spend(&*store, &second, "third", now()).await);
    let list = SessionRepository::list(&*store, session.user, now()).await.expect("a list");
    assert!(list.is_empty(), "they are signed out everywhere");
    assert!(store.confirm_email(&verification.ticket, now()).await.expect("an answer").is_some());
}

/// A new password in the usual way ends links to another one.
pub async fn a_new_password_ends_the_links(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let first = reset(ana.id, 1);
    assert!(issue(&*store, &first, now()).await);
    let change = store.change_password(ana.id, &hash("first"), &hash("second"), session.id).await;
    assert!(change.expect("an answer"));
    assert!(!spend(&*store, &first, "third", now()).await);
}

/// There are as many links of a purpose as there may be, and nobody's are nobody's.
pub async fn links_stop_at_the_limit(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    assert!(!issue(&*store, &reset(ana.id, 9), now()).await, "nobody is there");
    put(&*store, &ana).await;
    assert!(!spend(&*store, &reset(ana.id, 9), "second", now()).await);
    for number in [1, 2, 3] {
        assert!(issue(&*store, &reset(ana.id, number), now()).await);
    }
    let fourth = reset(ana.id, 4);
    assert!(!issue(&*store, &fourth, now()).await);
    assert_eq!(holder(&*store, &fourth, now()).await, None);
    assert!(issue(&*store, &verification(ana.id, 5, "ana@example.org"), now()).await, "another purpose");
    let later = Link { expires_at: after(120), ..reset(ana.id, 6) };
    assert!(issue(&*store, &later, after(60)).await, "the others have expired");
    assert!(store.forget_expired(after(60)).await.expect("a count") >= 4);
    assert_eq!(holder(&*store, &later, after(61)).await, Some(ana.clone()));
    assert!(UserRepository::delete(&*store, ana.id, &hash("first")).await.expect("an answer"));
    assert_eq!(holder(&*store, &later, after(61)).await, None);
}

/// The address that waits takes the place of the present one, and its name is theirs; the old one
/// is free.
pub async fn an_address_is_verified(store: Arc<impl Store>) {
    let ana = User { pending_email: "Ana@neu.example.org".parse().ok(), ..user(1, "ana") };
    put(&*store, &ana).await;
    let confirm = async |link: &Link| store.confirm_email(&link.ticket, after(5)).await.expect("an answer");
    let present = verification(ana.id, 1, "ana@example.org");
    assert!(issue(&*store, &present, now()).await);
    let verified = User { email_verified_at: Some(after(5)), version: 2, updated_at: after(5), ..ana.clone() };
    assert_eq!(confirm(&present).await, Some(verified.clone()));
    assert_eq!(confirm(&present).await, None, "once");
    let (waiting, other) = (verification(ana.id, 2, "Ana@neu.example.org"), verification(ana.id, 3, "x@example.org"));
    assert!(issue(&*store, &waiting, now()).await && issue(&*store, &other, now()).await);
    assert_eq!(confirm(&other).await, None, "neither of theirs");
    let moved =
        User { email: "Ana@neu.example.org".parse().expect("an address"), pending_email: None, version: 3, ..verified };
    assert_eq!(confirm(&waiting).await, Some(moved.clone()));
    let by_name = async |name: &str| {
        let known = store.find_by_login(&LoginName::parse(name)).await.expect("an answer");
        known.map(|known| known.user)
    };
    assert_eq!(by_name("ana@neu.example.org").await, Some(moved));
    assert_eq!(by_name("ana@example.org").await, None);
}

/// An address that somebody else has taken in the meantime stays theirs.
pub async fn an_address_that_is_taken_is_not_verified(store: Arc<impl Store>) {
    let ana = User { pending_email: "rui@example.org".parse().ok(), ..user(1, "ana") };
    put(&*store, &ana).await;
    put(&*store, &user(2, "rui")).await;
    let waiting = verification(ana.id, 1, "rui@example.org");
    assert!(issue(&*store, &waiting, now()).await);
    let refused = store.confirm_email(&waiting.ticket, now()).await;
    assert!(matches!(refused, Err(StoreError::EmailTaken)), "{refused:?}");
    let known = UserRepository::find(&*store, ana.id).await.expect("an answer");
    assert_eq!(known.map(|known| known.user), Some(ana));
}

/// Of many who use one link at once exactly one sets a password.
pub async fn racing_resets_leave_one(store: Arc<impl Store>) {
    let (ana, _) = signed_in(&*store).await;
    let first = reset(ana.id, 1);
    assert!(issue(&*store, &first, now()).await);
    let answers = race(|n| {
        let (store, first) = (Arc::clone(&store), first.clone());
        async move { spend(&*store, &first, &format!("new {n}"), now()).await }
    })
    .await;
    let winners: Vec<_> = (0..CALLERS).filter(|n| answers[*n]).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    assert_eq!(known_hash(&*store, ana.id).await, Some(format!("new {}", winners[0])));
}

/// Of many who ask at once as many get a link as there is room for.
pub async fn racing_requests_stop_at_the_limit(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    put(&*store, &ana).await;
    let answers = race(|n| {
        let (store, link) = (Arc::clone(&store), reset(ana.id, u8::try_from(n + 1).unwrap_or_default()));
        async move { issue(&*store, &link, now()).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|is_issued| **is_issued).count(), 3, "{answers:?}");
}
