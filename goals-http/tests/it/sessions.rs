use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, PASSWORD};

async fn log_in(api: &Api, body: Value) -> Answer {
    api.send(Ask::post("/api/v1/sessions", &body)).await
}

async fn refresh(api: &Api, token: &str) -> Answer {
    api.send(Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": token }))).await
}

/// Signs in as a browser and gives the cookie as it comes back, `name=value`.
async fn cookie(api: &Api) -> String {
    let body = json!({ "login": "ana", "password": PASSWORD, "cookie": true });
    let answer = log_in(api, body).await.is(201);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn logging_in_by_any_name() {
    let api = Api::new();
    api.user("ana").await;
    for (name, value) in
        [("login", "ana"), ("login", "Ana@Example.org"), ("username", " ANA "), ("email", "ana@example.org")]
    {
        let answer = log_in(&api, json!({ name: value, "password": PASSWORD })).await.is(201);
        assert_eq!(answer.json["token_type"], "Bearer");
        assert_eq!(answer.json["expires_in"], 900);
        assert_eq!(answer.json["user"]["username"], "ana");
        assert_eq!(answer.json["session"]["current"], true);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn unknown_and_wrong_look_the_same() {
    let api = Api::new();
    api.user("ana").await;
    let before = api.hasher.calls();
    let mut answers = Vec::new();
    for login in ["ana", "nobody", "", "\u{0}", "a@b", "x".repeat(10_000).as_str()] {
        let answer = log_in(&api, json!({ "login": login, "password": "wrong" })).await;
        let mut answer = answer.refused(401, "bad_credentials");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.json["request_id"] = Value::Null;
        answer.headers.remove("x-request-id");
        answers.push((answer.json, answer.headers));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    assert_eq!(api.hasher.calls() - before, answers.len() as u64, "the same work, too");
}

#[tokio::test]
async fn a_log_in_is_read_strictly() {
    let api = Api::new();
    let refused = log_in(&api, json!({ "cookie": "yes", "remember": 1 })).await.refused(422, "validation_failed");
    let expected = ["/cookie invalid_type", "/login required", "/password required", "/remember unknown_field"];
    assert_eq!(refused.errors(), expected);
    let refused = log_in(&api, json!({ "login": "a", "email": "b", "password": "c" })).await;
    assert_eq!(refused.refused(422, "validation_failed").errors(), ["/email unknown_field"]);
}

#[tokio::test]
async fn a_refresh_token_is_spent_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let renewed = refresh(&api, &ana.refresh).await.is(200);
    assert_ne!(renewed.json["refresh_token"], ana.refresh);
    refresh(&api, &ana.refresh).await.refused(409, "refresh_in_progress");
    api.clock.advance(TimeDelta::seconds(30));
    refresh(&api, &ana.refresh).await.refused(401, "unauthenticated");
    let next = renewed.json["refresh_token"].as_str().unwrap();
    refresh(&api, next).await.refused(401, "unauthenticated");
    api.send(Ask::get("/api/v1/goals").by(&ana)).await.refused(401, "unauthenticated");
    for garbage in ["", "a.b.c", &"x".repeat(5000)] {
        refresh(&api, garbage).await.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn an_access_token_dies_with_its_time_and_its_session() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let elsewhere = api.sign_in("ana").await;
    api.send(Ask::delete("/api/v1/sessions/current").by(&ana)).await.is(204);
    api.send(Ask::get("/api/v1/goals").by(&ana)).await.refused(401, "unauthenticated");
    api.send(Ask::get("/api/v1/goals").by(&elsewhere)).await.is(200);
    api.clock.advance(TimeDelta::minutes(16));
    let late = api.send(Ask::get("/api/v1/goals").by(&elsewhere)).await.refused(401, "unauthenticated");
    assert_eq!(late.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let bob = api.user("bob").await;
    let agent = "Browser/1.0 (tests)";
    let body = json!({ "login": "ana", "password": PASSWORD });
    api.send(Ask::post("/api/v1/sessions", &body).with("user-agent", agent)).await.is(201);
    let list = api.send(Ask::get("/api/v1/sessions").by(&ana)).await.is(200).json;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let other = items.iter().find(|session| session["client"] == agent).unwrap();
    assert_eq!(other["current"], false);
    let path = format!("/api/v1/sessions/{}", other["id"].as_str().unwrap());
    api.send(Ask::delete(&path).by(&bob)).await.refused(404, "not_found");
    api.send(Ask::delete(&path).by(&ana)).await.is(204);
    api.send(Ask::delete(&path).by(&ana)).await.refused(404, "not_found");
    api.send(Ask::delete("/api/v1/sessions/x").by(&ana)).await.refused(404, "not_found");
    let third = api.sign_in("ana").await;
    api.send(Ask::delete("/api/v1/sessions").by(&ana)).await.is(204);
    for user in [&ana, &third] {
        api.send(Ask::get("/api/v1/sessions").by(user)).await.refused(401, "unauthenticated");
    }
    api.send(Ask::get("/api/v1/sessions").by(&bob)).await.is(200);
}

#[tokio::test]
async fn who_am_i_is_always_answered() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let who = async |ask: Ask| api.send(ask).await.is(200).json;
    let path = "/api/v1/session";
    assert_eq!(who(Ask::get(path)).await, json!({ "user": null }));
    assert_eq!(who(Ask::get(path).with("cookie", "__Host-goals=garbage")).await, json!({ "user": null }));
    assert_eq!(who(Ask::get(path).with("authorization", "Bearer garbage")).await, json!({ "user": null }));
    assert_eq!(who(Ask::get(path).by(&ana)).await["user"]["username"], "ana");
    let both = Ask::get(path).by(&ana).with("cookie", "__Host-goals=garbage");
    assert_eq!(who(both).await, json!({ "user": null }));
}

#[tokio::test]
async fn a_browser_gets_a_cookie_and_no_token() {
    let api = Api::new();
    api.user("ana").await;
    let body = json!({ "login": "ana", "password": PASSWORD, "cookie": true });
    let answer = log_in(&api, body).await.is(201);
    let cookie = answer.header("set-cookie");
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("__Host-goals=ey"), "{cookie}");
    assert_eq!(attributes, ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1209600", "Secure"]);
    let members: Vec<_> = answer.json.as_object().unwrap().keys().collect();
    assert_eq!(members, ["session", "user"]);
}

#[tokio::test]
async fn on_a_plain_network_the_cookie_is_plain() {
    let api = Api::with(|builder| builder.insecure_cookie(true));
    api.user("ana").await;
    let body = json!({ "login": "ana", "password": PASSWORD, "cookie": true });
    let answer = log_in(&api, body).await.is(201);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("goals=ey") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn a_cookie_works_only_from_our_own_pages() {
    let api = Api::new();
    api.user("ana").await;
    let cookie = cookie(&api).await;
    let ask = |n: u32| Ask::post("/api/v1/goals", &json!({ "title": n.to_string() })).with("cookie", &cookie);
    api.send(Ask::get("/api/v1/goals").with("cookie", &cookie)).await.is(200);
    api.send(ask(1)).await.refused(403, "csrf_refused");
    api.send(ask(1).with("sec-fetch-site", "same-site")).await.refused(403, "csrf_refused");
    let foreign = ask(1).with("host", "goals.example").with("origin", "https://evil.example");
    api.send(foreign).await.refused(403, "csrf_refused");
    api.send(ask(1).with("sec-fetch-site", "same-origin")).await.is(201);
    api.send(ask(2).with("host", "goals.example").with("origin", "https://goals.example")).await.is(201);
    let listed = api.send(Ask::get("/api/v1/goals").with("cookie", &cookie)).await;
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 2);
    let logout = Ask::delete("/api/v1/sessions/current").with("cookie", &cookie);
    api.send(logout.clone()).await.refused(403, "csrf_refused");
    let gone = api.send(logout.with("sec-fetch-site", "same-origin")).await.is(204);
    assert!(
        gone.header("set-cookie").starts_with("__Host-goals=; ") && gone.header("set-cookie").contains("Max-Age=0")
    );
    api.send(Ask::get("/api/v1/goals").with("cookie", &cookie)).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn another_site_cannot_log_a_browser_in() {
    let api = Api::new();
    api.user("ana").await;
    let body = json!({ "login": "ana", "password": PASSWORD, "cookie": true });
    let foreign = Ask::post("/api/v1/sessions", &body).with("sec-fetch-site", "cross-site");
    api.send(foreign).await.refused(403, "csrf_refused");
}

#[tokio::test]
async fn a_bearer_and_a_cookie_at_once_are_ambiguous() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let cookie = cookie(&api).await;
    api.send(Ask::get("/api/v1/goals").by(&ana).with("cookie", &cookie)).await.refused(400, "bad_request");
    let twice = Ask::get("/api/v1/goals").by(&ana).by(&ana);
    api.send(twice).await.refused(400, "bad_request");
    api.send(Ask::get("/api/v1/goals").by(&ana).with("cookie", "theme=dark")).await.is(200);
}

#[tokio::test]
async fn a_browser_stays_signed_in_while_it_is_used() {
    let api = Api::new();
    api.user("ana").await;
    let mut jar = cookie(&api).await;
    let first = api.send(Ask::get("/api/v1/goals").with("cookie", &jar)).await.is(200);
    assert!(!first.headers.contains_key("set-cookie"));
    for _ in 0..4 {
        api.clock.advance(TimeDelta::days(10));
        let answer = api.send(Ask::get("/api/v1/goals").with("cookie", &jar)).await.is(200);
        let renewed = answer.header("set-cookie").split(';').next().unwrap();
        assert!(renewed.starts_with("__Host-goals=ey"));
        jar = renewed.to_owned();
    }
    api.clock.advance(TimeDelta::days(15));
    api.send(Ask::get("/api/v1/goals").with("cookie", &jar)).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn logging_out_is_not_undone_by_a_renewal() {
    let api = Api::new();
    api.user("ana").await;
    let cookie = cookie(&api).await;
    api.clock.advance(TimeDelta::days(1));
    let logout = Ask::delete("/api/v1/sessions/current").with("cookie", &cookie).with("sec-fetch-site", "same-origin");
    let answer = api.send(logout).await.is(204);
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1);
    assert!(answer.header("set-cookie").starts_with("__Host-goals=;"));
}

#[tokio::test]
async fn ending_the_session_one_is_in_is_logging_out() {
    let api = Api::new();
    api.user("ana").await;
    let cookie = cookie(&api).await;
    let by = |ask: Ask| ask.with("cookie", &cookie).with("sec-fetch-site", "same-origin");
    let who = api.send(by(Ask::get("/api/v1/session"))).await.is(200).json;
    let path = format!("/api/v1/sessions/{}", who["session"]["id"].as_str().unwrap());
    let answer = api.send(by(Ask::delete(path))).await.is(204);
    assert!(answer.header("set-cookie").starts_with("__Host-goals=;"));
    api.send(by(Ask::get("/api/v1/goals"))).await.refused(401, "unauthenticated");
}
