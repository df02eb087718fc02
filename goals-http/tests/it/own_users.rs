//! A host that has users of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use goals_core::testing::{ManualClock, SequentialIds, now};
use goals_core::{BoxError, Goals, MemoryStore, OwnerId};
use goals_http::{Authenticator, Builder, GoalsApi, Identity, async_trait};
use http::request::Parts;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Api, Ask};

/// Whoever the header `x-user` says, which no stranger could send here. A user whose name begins
/// with `token-` proves it with something that browsers do not send by themselves.
fn by_header(request: &Parts) -> Option<Identity> {
    let name = request.headers.get("x-user")?.to_str().ok()?;
    let identity = Identity::new(OwnerId::from_name(Uuid::NAMESPACE_DNS, name)).name(name);
    let identity = identity.time_zone("Pacific/Kiritimati".parse().unwrap()).locale("pt-BR".parse().unwrap());
    Some(if name.starts_with("token-") { identity.from_anywhere() } else { identity })
}

/// A host whose table of sessions is away.
struct Away;

#[async_trait]
impl Authenticator for Away {
    async fn identify(&self, _: &Parts) -> Result<Option<Identity>, BoxError> {
        Err("no connection to 10.1.2.3".into())
    }
}

fn builder(users: impl Authenticator + 'static) -> Builder {
    let (clock, ids) = (Arc::new(ManualClock::at(now())), Arc::new(SequentialIds::default()));
    GoalsApi::with_own_users(users, Goals::new(Arc::new(MemoryStore::new()), clock, ids))
}

fn api() -> GoalsApi {
    builder(by_header).build().unwrap()
}

async fn send(api: &GoalsApi, user: &str, ask: Ask) -> Answer {
    ask.with("x-user", user).send(api.clone()).await
}

fn from_own_page(ask: Ask) -> Ask {
    ask.with("sec-fetch-site", "same-origin")
}

#[tokio::test]
async fn everybody_has_goals_of_their_own() {
    let api = api();
    let ask = from_own_page(Ask::post("/api/v1/goals", &json!({ "title": "Run" })));
    let goal = send(&api, "ana", ask).await.is(201);
    let path = goal.header("location").to_owned();
    assert_eq!(send(&api, "ana", Ask::get(&path)).await.is(200).json, goal.json);
    send(&api, "bob", Ask::get(&path)).await.refused(404, "not_found");
    assert_eq!(send(&api, "bob", Ask::get("/api/v1/goals")).await.is(200).json["items"], json!([]));
    Ask::get(&path).send(api).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn days_end_where_the_host_says_that_the_owner_lives() {
    let api = api();
    // Noon in London is the next day on Kiritimati.
    let today = (now() + chrono::TimeDelta::hours(14)).date_naive();
    assert_ne!(today, now().date_naive());
    let body = json!({ "title": "Run", "deadline": now().date_naive().to_string() });
    let goal = send(&api, "ana", from_own_page(Ask::post("/api/v1/goals", &body))).await.is(201);
    assert_eq!(goal.json["health"], "overdue");
}

#[tokio::test]
async fn the_page_hears_who_is_here() {
    let api = api();
    let nobody = Ask::get("/api/v1/session").send(api.clone()).await.is(200);
    assert_eq!(nobody.json, json!({ "user": null }));
    let ana = send(&api, "ana", Ask::get("/api/v1/session")).await.is(200).json;
    let id = OwnerId::from_name(Uuid::NAMESPACE_DNS, "ana").to_string();
    let expected = json!({ "id": id, "username": "ana", "locale": "pt-BR", "time_zone": "Pacific/Kiritimati" });
    assert_eq!(ana, json!({ "user": expected }));
    let limits = send(&api, "ana", Ask::get("/api/v1/users/me/limits")).await.is(200).json;
    assert_eq!(limits["goals"], json!({ "max": 1000, "used": 0 }));
    assert!(limits["sessions"].is_null(), "there are none: {limits}");
}

#[tokio::test]
async fn a_change_comes_from_a_page_of_the_same_origin() {
    let api = api();
    let create = |title: &str| Ask::post("/api/v1/goals", &json!({ "title": title }));
    send(&api, "ana", create("No word of where")).await.refused(403, "csrf_refused");
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null")] {
        let ask = create("Elsewhere").with(name, value);
        send(&api, "ana", ask).await.refused(403, "csrf_refused");
    }
    let ours = create("Here").with("origin", "https://goals.example").with("host", "goals.example");
    send(&api, "ana", ours).await.is(201);
    send(&api, "ana", Ask::get("/api/v1/goals").with("sec-fetch-site", "cross-site")).await.is(200);
    send(&api, "token-ana", create("From anywhere").with("sec-fetch-site", "cross-site")).await.is(201);
}

#[tokio::test]
async fn nothing_of_accounts_is_there() {
    let api = builder(by_header).sign_in_url("/login").build().unwrap();
    for (method, path) in [
        ("POST", "/api/v1/users"),
        ("GET", "/api/v1/users/me"),
        ("PUT", "/api/v1/users/me/password"),
        ("POST", "/api/v1/sessions"),
        ("GET", "/api/v1/sessions"),
        ("POST", "/api/v1/sessions/refresh"),
        ("DELETE", "/api/v1/sessions/current"),
    ] {
        send(&api, "ana", Ask::new(method, path)).await.refused(404, "not_found");
    }
    let meta = Ask::get("/api/v1/meta").send(api.clone()).await.is(200).json;
    assert_eq!((&meta["accounts"], &meta["sign_in_url"]), (&json!(false), &json!("/login")));
    assert!(meta["limits"].as_object().unwrap().keys().all(|name| !name.contains("password")), "{meta}");

    let document = Ask::get("/api/v1/openapi.json").send(api).await.is(200).json;
    let text = document.to_string();
    for word in ["new_password", "refresh_token", "securitySchemes", "\"email\"", "sessions/"] {
        assert!(!text.contains(word), "{word}");
    }
    let known: BTreeSet<_> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    let named: BTreeSet<_> = known.iter().filter(|name| text.contains(&format!("schemas/{name}\""))).copied().collect();
    assert_eq!(known, named);
    assert!(known.iter().any(|name| *name == "Here") && !known.iter().any(|name| *name == "User"), "{known:?}");
}

#[tokio::test]
async fn with_accounts_the_page_hears_that_too() {
    let meta = Api::new().send(Ask::get("/api/v1/meta")).await.is(200).json;
    assert_eq!((&meta["accounts"], &meta["sign_in_url"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn a_host_that_cannot_tell_is_asked_again_later() {
    let api = builder(Away).build().unwrap();
    for path in ["/api/v1/goals", "/api/v1/session"] {
        let refused = Ask::get(path).send(api.clone()).await.refused(503, "store_unavailable");
        assert_eq!(refused.header("retry-after"), "2");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains("10.1.2.3"));
    }
    Ask::get("/api/v1/meta").send(api).await.is(200);
}

#[tokio::test]
async fn parts_can_be_left_out() {
    let api = builder(by_header).page(false).docs(false).build().unwrap();
    for path in ["/", "/api/v1/openapi.json"] {
        Ask::get(path).send(api.clone()).await.refused(404, "not_found");
    }
    Ask::get("/api/v1/meta").send(api).await.is(200);
}

#[tokio::test]
async fn a_monitor_reads_what_the_program_writes() {
    let api = builder(by_header).metrics(|| "goals 7\n".to_owned()).build().unwrap();
    let text = Ask::get("/metrics").send(api.clone()).await.is(200);
    assert_eq!(text.bytes, "goals 7\n");
    assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(Ask::get("/api/v1/openapi.json").send(api).await.json["paths"]["/metrics"].is_object());
    Api::new().send(Ask::get("/metrics")).await.refused(404, "not_found");
}

#[test]
fn what_makes_no_sense_is_no_api() {
    let refused = |builder: Builder| builder.build().unwrap_err().to_string();
    assert!(refused(builder(by_header).insecure_cookie(true)).contains("no cookie"));
    for url in ["login", "//elsewhere.example", "javascript:alert(1)", ""] {
        assert!(refused(builder(by_header).sign_in_url(url)).contains("neither a path nor a URL"), "{url}");
    }
    for url in ["/login", "https://example.org/login"] {
        builder(by_header).sign_in_url(url).build().unwrap();
    }
}
