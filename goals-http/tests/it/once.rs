//! A create that is sent again.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, User};

fn create(user: &User, key: &str, body: &Value) -> Ask {
    Ask::post("/api/v1/goals", body).by(user).with("idempotency-key", key)
}

async fn titles(api: &Api, user: &User) -> Vec<String> {
    let page = api.send(Ask::get("/api/v1/goals?sort=title").by(user)).await.is(200);
    page.json["items"].as_array().unwrap().iter().map(|goal| goal["title"].as_str().unwrap().to_owned()).collect()
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

#[tokio::test]
async fn it_gets_the_first_answer_whatever_has_become_of_the_goal() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let ask = create(&ana, "k1", &json!({ "title": "Run \"é\"" }));
    let first = api.send(ask.clone()).await.is(201);
    assert!(!is_replay(&first));
    let path = first.header("location").to_owned();
    let rename = Ask::patch(&path, &json!({ "title": "Walk" })).by(&ana).with("if-match", "*");
    api.send(rename).await.is(200);
    for purge in [false, true] {
        if purge {
            api.send(Ask::new("POST", format!("{path}/purge")).by(&ana)).await.is(204);
        }
        let again = api.send(ask.clone()).await.is(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.bytes, first.bytes);
        for name in ["location", "etag", "content-type", "cache-control"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    assert!(titles(&api, &ana).await.is_empty(), "nothing was made again");
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_owner() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let body = json!({ "title": "Run", "allow_duplicate": true });
    api.send(create(&ana, "k", &body)).await.is(201);
    let other = json!({ "title": "Swim" });
    api.send(create(&ana, "k", &other)).await.refused(422, "idempotency_key_reused");
    assert!(!is_replay(&api.send(create(&rui, "k", &other)).await.is(201)));
    assert!(!is_replay(&api.send(create(&ana, "K", &body)).await.is(201)), "letters are told apart");
    assert_eq!(titles(&api, &ana).await, ["Run", "Run"]);
}

#[tokio::test]
async fn what_was_refused_leaves_the_key_free() {
    let api = Api::new();
    let ana = api.user("ana").await;
    api.goal(&ana, json!({ "title": "Run" })).await;
    api.send(create(&ana, "k", &json!({ "title": "" }))).await.refused(422, "validation_failed");
    api.send(create(&ana, "k", &json!({ "title": "run" }))).await.refused(409, "duplicate_goal");
    assert!(!is_replay(&api.send(create(&ana, "k", &json!({ "title": "Swim" }))).await.is(201)));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({ "title": "Run", "allow_duplicate": true });
    api.send(create(&ana, "k", &body)).await.is(201);
    for (later, replayed) in [(TimeDelta::hours(24), true), (TimeDelta::microseconds(1), false)] {
        api.clock.advance(later);
        let ana = api.sign_in("ana").await;
        assert_eq!(is_replay(&api.send(create(&ana, "k", &body)).await.is(201)), replayed);
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({ "title": "Run" });
    for bad in ["", "a b", "é", &"k".repeat(256)] {
        api.send(create(&ana, bad, &body)).await.refused(400, "bad_request");
    }
    api.send(create(&ana, "a", &body).with("idempotency-key", "a")).await.refused(400, "bad_request");
    api.send(create(&ana, &"k".repeat(255), &body)).await.is(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_the_same_time_one_is_the_first() {
    let api = Arc::new(Api::new());
    let ana = api.user("ana").await;
    let ask = create(&ana, "k", &json!({ "title": "Run", "allow_duplicate": true }));
    let send = |_| {
        let (api, ask) = (Arc::clone(&api), ask.clone());
        tokio::spawn(async move { api.send(ask).await })
    };
    let tasks: Vec<_> = (0..32).map(send).collect();
    let mut replays = 0;
    for task in tasks {
        replays += usize::from(is_replay(&task.await.unwrap().is(201)));
    }
    assert_eq!(replays, 31);
    assert_eq!(titles(&api, &ana).await, ["Run"]);
}
