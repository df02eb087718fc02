//! The rules of an [`ApiTokenRepository`].

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::accounts::{Store, after, hash, put, signed_in};
use super::{CALLERS, race};
use crate::api_token::{ApiToken, ApiTokenRepository, Scope, USE_NOTED_EVERY};
use crate::ids::{ApiTokenId, SessionId, UserId};
use crate::limits::LimitKind;
use crate::session::Session;
use crate::store::{StoreError, UserRepository};
use crate::testing::{now, user};
use crate::ticket::{Ticket, TicketSecret};
use crate::user::User;

fn secret(number: u8) -> TicketSecret {
    TicketSecret::new([number; 32])
}

/// The `number`-th token of `user`, made at [`now`] and good for a minute.
fn token(user: &User, number: u8) -> ApiToken {
    ApiToken {
        id: ApiTokenId::from_uuid(Uuid::from_u128(number.into())),
        user: user.id,
        name: format!("token {number}"),
        scope: Scope::Write,
        created_at: now(),
        expires_at: after(60),
        last_used_at: None,
    }
}

/// Puts a token whose secret has the number of its id.
async fn put_token(store: &impl Store, session: &Session, token: &ApiToken) -> Result<bool, StoreError> {
    let number = token.id.as_uuid().as_bytes()[15];
    ApiTokenRepository::insert(store, token, &secret(number), session.id, 3).await
}

async fn show(store: &impl Store, user: UserId, id: u8, proof: u8, at: DateTime<Utc>) -> Option<(User, ApiToken)> {
    let ticket = Ticket { user, id: Uuid::from_u128(id.into()), secret: secret(proof) };
    ApiTokenRepository::authenticate(store, &ticket, at).await.expect("an answer")
}

async fn names(store: &impl Store, user: UserId, at: DateTime<Utc>) -> Vec<String> {
    let tokens = ApiTokenRepository::list(store, user, at).await.expect("a list");
    tokens.into_iter().map(|token| token.name).collect()
}

/// A token is found by its secret alone, with its user, until the moment it expires.
pub async fn a_token_lives_until_it_expires(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let reader = ApiToken { scope: Scope::Read, name: "лента 📈".to_owned(), ..token(&ana, 1) };
    assert!(put_token(&*store, &session, &reader).await.expect("taken in"));
    let used = ApiToken { last_used_at: Some(after(1)), ..reader.clone() };
    assert_eq!(show(&*store, ana.id, 1, 1, after(1)).await, Some((ana.clone(), used.clone())));
    assert_eq!(ApiTokenRepository::list(&*store, ana.id, after(59)).await.expect("a list"), [used]);
    for (id, proof) in [(1, 2), (2, 1), (2, 2)] {
        assert_eq!(show(&*store, ana.id, id, proof, after(1)).await, None, "{id} {proof}");
    }
    assert_eq!(show(&*store, ana.id, 1, 1, reader.expires_at).await, None);
    assert!(names(&*store, ana.id, reader.expires_at).await.is_empty());
}

/// The last use is noted at once, and then once in a while.
pub async fn a_last_use_is_noted_now_and_then(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let long = ApiToken { expires_at: after(9_000), ..token(&ana, 1) };
    assert!(put_token(&*store, &session, &long).await.expect("taken in"));
    let noted = async |at| show(&*store, ana.id, 1, 1, at).await.and_then(|(_, token)| token.last_used_at);
    assert_eq!(noted(after(5)).await, Some(after(5)));
    let next = after(5) + USE_NOTED_EVERY;
    assert_eq!(noted(next - TimeDelta::microseconds(1)).await, Some(after(5)));
    assert_eq!(noted(next).await, Some(next));
    assert_eq!(show(&*store, ana.id, 1, 2, after(8_000)).await, None, "a guess is no use");
    let list = ApiTokenRepository::list(&*store, ana.id, after(8_000)).await.expect("a list");
    assert_eq!(list[0].last_used_at, Some(next));
}

/// Nothing that is asked for one user shows or touches another's token.
pub async fn tokens_are_of_their_user_alone(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let rui = user(2, "rui");
    put(&*store, &rui).await;
    assert!(put_token(&*store, &session, &token(&ana, 1)).await.expect("taken in"));
    assert_eq!(show(&*store, rui.id, 1, 1, now()).await, None);
    assert!(names(&*store, rui.id, now()).await.is_empty());
    assert!(!store.revoke(rui.id, token(&ana, 1).id).await.expect("an answer"));
    assert!(!put_token(&*store, &session, &token(&rui, 2)).await.expect("an answer"), "a foreign session");
    assert!(show(&*store, ana.id, 1, 1, now()).await.is_some());
}

/// A revoked token is over at once.
pub async fn tokens_are_revoked(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    for number in [1, 2] {
        let token = ApiToken { created_at: after(number.into()), ..token(&ana, number) };
        assert!(put_token(&*store, &session, &token).await.expect("taken in"));
    }
    assert_eq!(names(&*store, ana.id, after(3)).await, ["token 2", "token 1"], "the newest first");
    assert!(store.revoke(ana.id, token(&ana, 1).id).await.expect("an answer"));
    assert!(!store.revoke(ana.id, token(&ana, 1).id).await.expect("an answer"));
    assert_eq!(show(&*store, ana.id, 1, 1, after(3)).await, None);
    assert_eq!(names(&*store, ana.id, after(3)).await, ["token 2"]);
}

/// At the limit nothing is added, until one has expired or is revoked.
pub async fn tokens_stop_at_the_limit(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    for number in [1, 2, 3] {
        assert!(put_token(&*store, &session, &token(&ana, number)).await.expect("taken in"));
    }
    let again = put_token(&*store, &session, &token(&ana, 3)).await;
    assert!(matches!(again, Err(StoreError::IdTaken | StoreError::LimitReached { .. })), "{again:?}");
    let fourth = put_token(&*store, &session, &token(&ana, 4)).await;
    assert!(matches!(fourth, Err(StoreError::LimitReached { limit: LimitKind::ApiTokens, max: 3 })), "{fourth:?}");
    assert!(store.revoke(ana.id, token(&ana, 2).id).await.expect("an answer"));
    assert!(put_token(&*store, &session, &token(&ana, 4)).await.expect("taken in"));
    let later = ApiToken { created_at: after(60), expires_at: after(90), ..token(&ana, 5) };
    assert!(put_token(&*store, &session, &later).await.expect("the others have expired"));
    assert_eq!(names(&*store, ana.id, after(60)).await, ["token 5"]);
    let again = put_token(&*store, &session, &later).await;
    assert!(matches!(again, Err(StoreError::IdTaken)), "{again:?}");
}

/// Who has been thrown out makes no token, and with the account go its tokens.
pub async fn no_token_without_a_session(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let nowhere = Session { id: SessionId::from_uuid(Uuid::from_u128(9)), ..session.clone() };
    assert!(!put_token(&*store, &nowhere, &token(&ana, 1)).await.expect("an answer"));
    let late = ApiToken { created_at: session.expires_at, ..token(&ana, 1) };
    assert!(!put_token(&*store, &session, &late).await.expect("an answer"), "it has expired");
    assert!(put_token(&*store, &session, &token(&ana, 1)).await.expect("taken in"));
    assert_eq!(store.end_all(ana.id).await.expect("a count"), 1);
    assert!(!put_token(&*store, &session, &token(&ana, 2)).await.expect("an answer"));
    assert!(show(&*store, ana.id, 1, 1, now()).await.is_some(), "those that are there live on");
    assert!(UserRepository::delete(&*store, ana.id, &hash("first")).await.expect("an answer"));
    assert_eq!(show(&*store, ana.id, 1, 1, now()).await, None);
    assert!(names(&*store, ana.id, now()).await.is_empty());
}

/// Of many who ask at once as many get a token as there is room for.
pub async fn racing_tokens_stop_at_the_limit(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let answers = race(|n| {
        let (store, session) = (Arc::clone(&store), session.clone());
        let token = token(&ana, u8::try_from(n + 1).unwrap_or(u8::MAX));
        async move { put_token(&*store, &session, &token).await }
    })
    .await;
    let made = answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
    let refused = answers.iter().filter(|answer| matches!(answer, Err(StoreError::LimitReached { .. }))).count();
    assert_eq!((made, refused), (3, CALLERS - 3), "{answers:?}");
    assert_eq!(names(&*store, ana.id, now()).await.len(), 3);
}
