use serde_json::json;

use crate::harness::{Answer, Api, Ask, PASSWORD};

async fn register(api: &Api, body: serde_json::Value) -> Answer {
    api.send(Ask::post("/api/v1/users", &body)).await
}

#[tokio::test]
async fn a_person_registers_and_sees_themselves() {
    let api = Api::new();
    let body = json!({
        "username": "Ana", "email": "ana@example.org", "password": PASSWORD,
        "locale": "pt-br", "time_zone": "America/Sao_Paulo",
    });
    let made = register(&api, body).await.is(201);
    assert_eq!(made.header("location"), "/api/v1/users/me");
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.json["locale"], "pt-BR");
    assert!(!made.bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    let ana = api.sign_in("ana").await;
    let seen = api.send(Ask::get("/api/v1/users/me").by(&ana)).await.is(200);
    assert_eq!(seen.json, made.json);
    let known = Ask::get("/api/v1/users/me").by(&ana).with("if-none-match", seen.header("etag"));
    let answer = api.send(known).await.is(304);
    assert!(answer.bytes.is_empty());
}

#[tokio::test]
async fn everything_wrong_with_a_registration_is_said_at_once() {
    let api = Api::new();
    let body = json!({
        "username": 1, "email": "nobody", "password": "short", "locale": "??", "time_zone": "Mars/Base", "admin": true,
    });
    let refused = register(&api, body).await.refused(422, "validation_failed");
    let expected = [
        "/admin unknown_field",
        "/email invalid_format",
        "/locale invalid_format",
        "/password too_short",
        "/time_zone invalid_format",
        "/username invalid_type",
    ];
    assert_eq!(refused.errors(), expected);
    let refused = register(&api, json!({})).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/email required", "/password required", "/username required"]);
    assert_eq!(api.hasher.calls(), 0);
}

#[tokio::test]
async fn names_are_taken_once() {
    let api = Api::new();
    api.user("ana").await;
    let body = |username: &str, email: &str| json!({ "username": username, "email": email, "password": PASSWORD });
    register(&api, body("ANA", "other@example.org")).await.refused(409, "username_taken");
    register(&api, body("other", "Ana@Example.org")).await.refused(409, "email_taken");
}

#[tokio::test]
async fn a_profile_changes_by_merge_patch() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let patch = |body, tag: &str| Ask::patch("/api/v1/users/me", &body).by(&ana).with("if-match", tag);
    let changed = api.send(patch(json!({ "locale": "de", "email": "a@example.org" }), "\"1\"")).await.is(200);
    assert_eq!((changed.header("etag"), &changed.json["locale"]), ("\"2\"", &json!("de")));
    let stale = api.send(patch(json!({ "locale": "fr" }), "\"1\"")).await.refused(412, "stale_version");
    assert_eq!(stale.json["current"], changed.json);
    assert_eq!(stale.header("etag"), "\"2\"");
    let cleared = api.send(patch(json!({ "locale": null }), "*")).await.is(200);
    assert_eq!(cleared.json["locale"], "en");
    let bad = api.send(patch(json!({ "username": null, "email": [], "version": 9 }), "*")).await;
    let bad = bad.refused(422, "validation_failed");
    assert_eq!(bad.errors(), ["/email invalid_type", "/username required", "/version unknown_field"]);
    let unconditional = Ask::patch("/api/v1/users/me", &json!({ "locale": "fr" })).by(&ana);
    api.send(unconditional).await.refused(428, "precondition_required");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let api = Api::new();
    let (here, elsewhere) = (api.user("ana").await, api.sign_in("ana").await);
    let change = |present: &str, new: &str| {
        let body = json!({ "current_password": present, "new_password": new });
        Ask::put("/api/v1/users/me/password", &body).by(&here)
    };
    api.send(change("wrong", "another-tr0ub4dour")).await.refused(401, "bad_credentials");
    let weak = api.send(change(PASSWORD, "short")).await.refused(422, "validation_failed");
    assert_eq!(weak.errors(), ["/new_password too_short"]);
    let empty = Ask::put("/api/v1/users/me/password", &json!({ "new_password": 1 })).by(&here);
    let empty = api.send(empty).await.refused(422, "validation_failed");
    assert_eq!(empty.errors(), ["/current_password required", "/new_password invalid_type"]);
    api.send(change(PASSWORD, "another-tr0ub4dour")).await.is(204);
    api.send(Ask::get("/api/v1/users/me").by(&here)).await.is(200);
    api.send(Ask::get("/api/v1/users/me").by(&elsewhere)).await.refused(401, "unauthenticated");
    let refresh = Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": elsewhere.refresh }));
    api.send(refresh).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn an_account_goes_with_everything_and_at_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    api.goal(&ana, json!({ "title": "Read" })).await;
    let delete = |password| Ask::delete("/api/v1/users/me").json(&json!({ "password": password })).by(&ana);
    api.send(delete("wrong")).await.refused(401, "bad_credentials");
    api.send(delete(PASSWORD)).await.is(204);
    api.send(Ask::get("/api/v1/goals").by(&ana)).await.refused(401, "unauthenticated");
    let again = api.user("ana").await;
    let goals = api.send(Ask::get("/api/v1/goals").by(&again)).await.is(200);
    assert_eq!(goals.json["items"], json!([]));
}

#[tokio::test]
async fn limits_say_what_is_used() {
    let api = Api::limited(7, |builder| builder);
    let ana = api.user("ana").await;
    api.sign_in("ana").await;
    api.goal(&ana, json!({ "title": "Read" })).await;
    let limits = api.send(Ask::get("/api/v1/users/me/limits").by(&ana)).await.is(200);
    assert_eq!(limits.json["goals"], json!({ "max": 7, "used": 1 }));
    assert_eq!(limits.json["sessions"]["used"], 2);
}
