//! Links in letters.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use goals_core::testing::{ManualClock, PlainHasher, now};
use goals_core::{Letter, Mailer, MemoryStore};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, PASSWORD, User, accounts, builder};

const NEW: &str = "another-tr0ub4dour";

/// Keeps letters.
#[derive(Debug, Default)]
struct Postbox(Mutex<Vec<Letter>>);

impl Mailer for Postbox {
    fn post(&self, letter: Letter) {
        self.0.lock().unwrap().push(letter);
    }
}

impl Postbox {
    /// The letters that have come since the last time.
    fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The token in the one letter that has come.
    fn token(&self, to: &str, path: &str) -> String {
        let letters = self.take();
        assert_eq!(letters.len(), 1, "{letters:?}");
        token(&letters[0], to, path)
    }
}

fn token(letter: &Letter, to: &str, path: &str) -> String {
    assert_eq!(letter.to.as_str(), to);
    let link = letter.text.lines().find(|line| line.starts_with("https://")).unwrap();
    link.strip_prefix(&format!("https://goals.example/app/#/{path}/")).unwrap().to_owned()
}

/// An API that writes to people, and where the letters arrive.
fn api() -> (Api, Arc<Postbox>) {
    let (clock, hasher) = (Arc::new(ManualClock::at(now())), Arc::new(PlainHasher::default()));
    let post = Arc::new(Postbox::default());
    let accounts = accounts(&clock, &hasher).with_rate_limiter(None);
    let accounts = accounts.with_mailer(post.clone(), "https://goals.example/app/");
    let service = builder(accounts, &clock, Arc::new(MemoryStore::new()), 9).build().unwrap();
    (Api { service, clock, hasher }, post)
}

async fn request(api: &Api, email: &str) -> Answer {
    api.send(Ask::post("/api/v1/password-resets", &json!({ "email": email }))).await
}

async fn reset(api: &Api, token: &str, new: &str) -> Answer {
    api.send(Ask::put(format!("/api/v1/password-resets/{token}"), &json!({ "new_password": new }))).await
}

async fn verify(api: &Api, token: &str) -> Answer {
    api.send(Ask::new("PUT", format!("/api/v1/email-verifications/{token}"))).await
}

async fn me(api: &Api, user: &User) -> Value {
    api.send(Ask::get("/api/v1/users/me").by(user)).await.is(200).json
}

#[tokio::test]
async fn a_lost_password_is_replaced() {
    let (api, post) = api();
    let ana = api.user("ana").await;
    let made = api.send(Ask::post("/api/v1/tokens", &json!({ "name": "a", "scope": "read" })).by(&ana)).await.is(201);
    let script = User { access: made.json["token"].as_str().unwrap().to_owned(), refresh: String::new() };
    post.take();
    request(&api, "ANA@example.org").await.is(202);
    let token = post.token("ana@example.org", "reset");
    let weak = reset(&api, &token, "short").await.refused(422, "validation_failed");
    assert_eq!(weak.errors(), ["/new_password too_short"]);
    reset(&api, &token, NEW).await.is(204);
    reset(&api, &token, NEW).await.refused(404, "link_spent");
    for gone in [&ana, &script] {
        api.send(Ask::get("/api/v1/goals").by(gone)).await.refused(401, "unauthenticated");
    }
    let log_in = |password: &str| Ask::post("/api/v1/sessions", &json!({ "login": "ana", "password": password }));
    api.send(log_in(PASSWORD)).await.refused(401, "bad_credentials");
    api.send(log_in(NEW)).await.is(201);
}

#[tokio::test]
async fn whether_an_address_is_known_is_not_told() {
    let (api, post) = api();
    api.user("ana").await;
    post.take();
    let mut answers = Vec::new();
    for email in ["ana@example.org", "nobody@example.org"] {
        let mut answer = request(&api, email).await.is(202);
        answer.headers.remove("x-request-id");
        answers.push((answer.bytes, answer.headers));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(post.take().len(), 1);
    let bad = request(&api, "nobody").await.refused(422, "validation_failed");
    assert_eq!(bad.errors(), ["/email invalid_format"]);
}

#[tokio::test]
async fn a_link_ends_and_there_are_few() {
    let (api, post) = api();
    api.user("ana").await;
    post.take();
    for _ in 0..5 {
        request(&api, "ana@example.org").await.is(202);
    }
    let letters = post.take();
    assert_eq!(letters.len(), 3, "and the first ones stay good");
    let hashed = api.hasher.calls();
    api.clock.advance(TimeDelta::hours(1));
    let expired = token(&letters[0], "ana@example.org", "reset");
    for bad in [&expired, "nothing", &"v".repeat(80), &"v".repeat(9_000)] {
        reset(&api, bad, NEW).await.refused(404, "link_spent");
        verify(&api, bad).await.refused(404, "link_spent");
    }
    assert_eq!(api.hasher.calls(), hashed, "guessing costs no hash");
}

#[tokio::test]
async fn letters_are_throttled_known_or_not() {
    for email in ["ana@example.org", "nobody@example.org"] {
        let api = Api::throttled(|builder| builder);
        api.user("ana").await;
        for _ in 0..5 {
            request(&api, email).await.is(202);
        }
        request(&api, email).await.refused(429, "throttled");
    }
}

#[tokio::test]
async fn an_address_is_verified() {
    let (api, post) = api();
    let ana = api.user("ana").await;
    assert_eq!(me(&api, &ana).await["email_verified"], false);
    let first = post.token("ana@example.org", "verify");
    api.send(Ask::new("POST", "/api/v1/email-verifications").by(&ana)).await.is(202);
    let second = post.token("ana@example.org", "verify");
    assert_ne!(first, second);
    verify(&api, &first).await.is(204);
    verify(&api, &first).await.refused(404, "link_spent");
    reset(&api, &second, NEW).await.refused(404, "link_spent");
    assert_eq!(me(&api, &ana).await["email_verified"], true);
    api.send(Ask::new("POST", "/api/v1/email-verifications").by(&ana)).await.is(202);
    assert!(post.take().is_empty(), "there is nothing to verify");
}

#[tokio::test]
async fn a_new_address_waits_until_it_is_verified() {
    let (api, post) = api();
    let ana = api.user("ana").await;
    api.user("rui").await;
    post.take();
    let patch = |body: &Value| Ask::patch("/api/v1/users/me", body).by(&ana).with("if-match", "*");
    api.send(patch(&json!({ "email": "RUI@example.org" }))).await.refused(409, "email_taken");
    let changed = api.send(patch(&json!({ "email": "ana@neu.example.org", "locale": "pt-BR" }))).await.is(200);
    assert_eq!(
        (&changed.json["email"], &changed.json["pending_email"]),
        (&json!("ana@example.org"), &json!("ana@neu.example.org"))
    );
    let letters = post.take();
    assert_eq!(letters.iter().map(|l| l.to.as_str()).collect::<Vec<_>>(), ["ana@neu.example.org", "ana@example.org"]);
    assert_eq!(letters[0].subject, "Confirme seu e-mail");
    assert!(!letters[1].text.contains("http"), "the old address is told and gets no link");
    let log_in = |email: &str| Ask::post("/api/v1/sessions", &json!({ "login": email, "password": PASSWORD }));
    api.send(log_in("ana@neu.example.org")).await.refused(401, "bad_credentials");
    api.send(log_in("ana@example.org")).await.is(201);
    verify(&api, &token(&letters[0], "ana@neu.example.org", "verify")).await.is(204);
    let after = me(&api, &ana).await;
    assert_eq!((&after["email"], &after["pending_email"]), (&json!("ana@neu.example.org"), &Value::Null));
    assert_eq!(after["email_verified"], true);
    api.send(log_in("ana@example.org")).await.refused(401, "bad_credentials");
    api.send(log_in("ana@neu.example.org")).await.is(201);
}

#[tokio::test]
async fn a_change_of_address_can_be_taken_back() {
    let (api, post) = api();
    let ana = api.user("ana").await;
    let patch = |email: &str| Ask::patch("/api/v1/users/me", &json!({ "email": email })).by(&ana).with("if-match", "*");
    post.take();
    api.send(patch("ana@neu.example.org")).await.is(200);
    let waiting = token(&post.take()[0], "ana@neu.example.org", "verify");
    let back = api.send(patch("ana@example.org")).await.is(200);
    assert_eq!(back.json["pending_email"], Value::Null);
    verify(&api, &waiting).await.refused(404, "link_spent");
}

#[tokio::test]
async fn an_old_session_needs_the_password_for_another_address() {
    let (api, _) = api();
    let ana = api.user("ana").await;
    api.clock.advance(TimeDelta::minutes(16));
    let renewed = Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": ana.refresh }));
    let renewed = api.send(renewed).await.is(200);
    let ana = User { access: renewed.json["access_token"].as_str().unwrap().to_owned(), refresh: String::new() };
    let patch = |body: &Value| Ask::patch("/api/v1/users/me", body).by(&ana).with("if-match", "*");
    let bare = api.send(patch(&json!({ "email": "a@neu.example.org" }))).await.refused(422, "validation_failed");
    assert_eq!(bare.errors(), ["/password required"]);
    let wrong = json!({ "email": "a@neu.example.org", "password": "wrong" });
    api.send(patch(&wrong)).await.refused(401, "bad_credentials");
    api.send(patch(&json!({ "locale": "de" }))).await.is(200);
    api.send(patch(&json!({ "email": "a@neu.example.org", "password": PASSWORD }))).await.is(200);
}
