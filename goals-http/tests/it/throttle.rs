use serde_json::json;

use crate::harness::{Answer, Api, Ask, PASSWORD};

const ELSEWHERE: [u8; 4] = [198, 51, 100, 7];

fn guess(login: &str, password: &str) -> Ask {
    Ask::post("/api/v1/sessions", &json!({ "login": login, "password": password }))
}

async fn exhaust(api: &Api, ask: &Ask) -> (usize, Answer) {
    for n in 0..500 {
        let answer = api.send(ask.clone()).await;
        if answer.status == 429 {
            return (n, answer);
        }
    }
    panic!("never throttled");
}

#[tokio::test]
async fn guessing_ends_before_hashing_and_the_owner_gets_in_from_elsewhere() {
    let api = Api::throttled(|builder| builder);
    let ana = api.user("ana").await;
    let before = api.hasher.calls();
    let (tries, refused) = exhaust(&api, &guess("ana", "wrong")).await;
    assert_eq!((tries, api.hasher.calls() - before), (10, 10));
    let refused = refused.refused(429, "throttled");
    assert!((1..=90).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    api.send(guess(" ANA ", PASSWORD)).await.refused(429, "throttled");
    api.send(guess("ana", PASSWORD).from(ELSEWHERE)).await.is(201);
    api.send(Ask::get("/api/v1/goals").by(&ana)).await.is(200);
}

#[tokio::test]
async fn who_knows_the_password_is_never_throttled() {
    let api = Api::throttled(|builder| builder);
    api.user("ana").await;
    for _ in 0..150 {
        api.send(guess("ana", PASSWORD)).await.is(201);
    }
}

#[tokio::test]
async fn unknown_accounts_count_like_known_ones() {
    let api = Api::throttled(|builder| builder);
    assert_eq!(exhaust(&api, &guess("nobody", "wrong")).await.0, 10);
}

#[tokio::test]
async fn guessing_with_a_stolen_session_is_throttled() {
    let api = Api::throttled(|builder| builder);
    let ana = api.user("ana").await;
    let body = json!({ "current_password": "wrong", "new_password": "another-tr0ub4dour" });
    let change = Ask::put("/api/v1/users/me/password", &body).by(&ana);
    assert_eq!(exhaust(&api, &change).await.0, 10);
    let delete = Ask::delete("/api/v1/users/me").json(&json!({ "password": "wrong" })).by(&ana);
    api.send(delete).await.refused(429, "throttled");
}

#[tokio::test]
async fn a_bad_form_costs_no_permit() {
    let api = Api::throttled(|builder| builder);
    for _ in 0..200 {
        api.send(guess("", "").json(&json!({ "login": 1 })).from(ELSEWHERE)).await;
        let answer = api.send(Ask::post("/api/v1/users", &json!({ "username": "x" }))).await;
        answer.refused(422, "validation_failed");
    }
    api.user("ana").await;
}

#[tokio::test]
async fn registrations_and_refreshes_are_bounded_by_address() {
    let api = Api::throttled(|builder| builder);
    api.user("ana").await;
    let taken = json!({ "username": "ana", "email": "ana@example.org", "password": PASSWORD });
    assert_eq!(exhaust(&api, &Ask::post("/api/v1/users", &taken)).await.0, 29);
    api.send(Ask::post("/api/v1/users", &taken).from(ELSEWHERE)).await.refused(409, "username_taken");
    let refresh = Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": "x" }));
    assert!(exhaust(&api, &refresh).await.0 >= 120);
    api.send(refresh.from(ELSEWHERE)).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let forwarded = |n: u8| guess("ana", "wrong").with("x-forwarded-for", format!("203.0.113.{n}"));
    let trusting = Api::throttled(|builder| builder.trusted_proxies(["192.0.2.0/24".parse().unwrap()]));
    let strict = Api::throttled(|builder| builder);
    for n in 0..20 {
        trusting.send(forwarded(n)).await.refused(401, "bad_credentials");
        let code = if n < 10 { (401, "bad_credentials") } else { (429, "throttled") };
        strict.send(forwarded(n)).await.refused(code.0, code.1);
    }
}

#[tokio::test]
async fn behind_tls_browsers_are_told_to_stay_there() {
    let api = Api::throttled(|builder| builder.trusted_proxies(["192.0.2.0/24".parse().unwrap()]));
    let ask = Ask::get("/healthz").with("x-forwarded-proto", "https");
    let answer = api.send(ask.clone()).await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    let answer = api.send(ask.from(ELSEWHERE)).await;
    assert!(!answer.headers.contains_key("strict-transport-security"));
}
