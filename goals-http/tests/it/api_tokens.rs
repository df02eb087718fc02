//! API tokens of scripts.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, PASSWORD, User};

/// Makes a token and gives it as a script that carries it.
async fn script(api: &Api, user: &User, scope: &str) -> (User, Value) {
    let made = make(api, user, json!({ "name": "sync", "scope": scope })).await.is(201);
    let token = made.json["token"].as_str().unwrap().to_owned();
    (User { access: token, refresh: String::new() }, made.json)
}

async fn make(api: &Api, user: &User, body: Value) -> Answer {
    api.send(Ask::post("/api/v1/tokens", &body).by(user)).await
}

#[tokio::test]
async fn a_token_is_shown_once_and_listed() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({ "name": "  Backup at night ", "scope": "read", "expires_in_days": 7 });
    let made = make(&api, &ana, body).await.is(201);
    let id = made.json["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/api/v1/tokens/{id}"));
    assert_eq!(made.json["name"], "Backup at night");
    assert_eq!(made.json["expires_at"], "2026-03-08T12:00:00Z");
    assert_eq!(made.json["last_used_at"], Value::Null);
    let token = made.json["token"].as_str().unwrap();
    assert!(token.starts_with("goals_") && token.len() == 86, "{token}");
    let list = api.send(Ask::get("/api/v1/tokens").by(&ana)).await.is(200);
    let mut listed = made.json.clone();
    listed.as_object_mut().unwrap().remove("token");
    assert_eq!(list.json, json!({ "items": [listed] }));
    let limits = api.send(Ask::get("/api/v1/users/me/limits").by(&ana)).await.is(200);
    assert_eq!(limits.json["api_tokens"], json!({ "max": 50, "used": 1 }));
}

#[tokio::test]
async fn everything_wrong_with_a_token_is_said_at_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let wrong = json!({ "name": " ", "scope": "admin", "expires_in_days": 367, "user": "rui" });
    let wrong = make(&api, &ana, wrong).await.refused(422, "validation_failed");
    let expected = ["/expires_in_days out_of_range", "/name required", "/scope invalid_choice", "/user unknown_field"];
    assert_eq!(wrong.errors(), expected);
    let empty = make(&api, &ana, json!({ "expires_in_days": 1.5 })).await.refused(422, "validation_failed");
    assert_eq!(empty.errors(), ["/expires_in_days invalid_type", "/name required", "/scope required"]);
}

#[tokio::test]
async fn a_script_reads_and_writes_as_far_as_its_scope_goes() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let ((reader, _), (writer, _)) = (script(&api, &ana, "read").await, script(&api, &ana, "write").await);
    let goal = api.goal(&writer, json!({ "title": "Read" })).await;
    let path = format!("/api/v1/goals/{}", goal["id"].as_str().unwrap());
    for script in [&reader, &writer] {
        assert_eq!(api.send(Ask::get(&path).by(script)).await.is(200).json, goal);
        api.send(Ask::new("HEAD", "/api/v1/goals").by(script)).await.is(200);
        api.send(Ask::get("/api/v1/users/me").by(script)).await.is(200);
        let who = api.send(Ask::get("/api/v1/session").by(script)).await.is(200);
        assert_eq!((&who.json["user"]["username"], &who.json["session"]), (&json!("ana"), &Value::Null));
    }
    for ask in [
        Ask::post("/api/v1/goals", &json!({ "title": "Run" })),
        Ask::patch(&path, &json!({ "title": "Run" })).with("if-match", "*"),
        Ask::delete(&path).with("if-match", "*"),
        Ask::post(format!("{path}/restore"), &json!({})),
        Ask::post(format!("{path}/purge"), &json!({})),
    ] {
        let refused = api.send(ask.by(&reader)).await.refused(403, "insufficient_scope");
        assert_eq!(refused.header("www-authenticate"), "Bearer error=\"insufficient_scope\"");
    }
}

#[tokio::test]
async fn no_script_manages_the_account() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let (writer, made) = script(&api, &ana, "write").await;
    let token = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    for (method, path) in [
        ("PATCH", "/api/v1/users/me"),
        ("DELETE", "/api/v1/users/me"),
        ("PUT", "/api/v1/users/me/password"),
        ("GET", "/api/v1/sessions"),
        ("DELETE", "/api/v1/sessions"),
        ("DELETE", "/api/v1/sessions/current"),
        ("GET", "/api/v1/tokens"),
        ("POST", "/api/v1/tokens"),
        ("DELETE", &token),
    ] {
        let ask = Ask::new(method, path).json(&json!({})).by(&writer);
        api.send(ask).await.refused(403, "insufficient_scope");
    }
}

#[tokio::test]
async fn a_token_is_over_at_once_and_at_its_time() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let ((first, made), (second, _)) = (script(&api, &ana, "read").await, script(&api, &ana, "read").await);
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    let rui = api.user("rui").await;
    api.send(Ask::delete(&path).by(&rui)).await.refused(404, "not_found");
    api.send(Ask::delete("/api/v1/tokens/nothing").by(&ana)).await.refused(404, "not_found");
    api.send(Ask::get("/api/v1/goals").by(&first)).await.is(200);
    api.send(Ask::delete(&path).by(&ana)).await.is(204);
    api.send(Ask::get("/api/v1/goals").by(&first)).await.refused(401, "unauthenticated");
    api.send(Ask::delete(&path).by(&ana)).await.refused(404, "not_found");
    api.clock.advance(TimeDelta::days(90));
    api.send(Ask::get("/api/v1/goals").by(&second)).await.refused(401, "unauthenticated");
    for garbage in ["goals_", "goals_0", &format!("goals_{}", "0".repeat(80)), &"goals_".repeat(900)] {
        let nobody = User { access: garbage.to_owned(), refresh: String::new() };
        api.send(Ask::get("/api/v1/goals").by(&nobody)).await.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_token_lives_on_behind_a_new_password_and_goes_with_the_account() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let (script, _) = script(&api, &ana, "read").await;
    let body = json!({ "current_password": PASSWORD, "new_password": "another-tr0ub4dour" });
    api.send(Ask::put("/api/v1/users/me/password", &body).by(&ana)).await.is(204);
    api.send(Ask::get("/api/v1/goals").by(&script)).await.is(200);
    let body = json!({ "password": "another-tr0ub4dour" });
    api.send(Ask::delete("/api/v1/users/me").json(&body).by(&ana)).await.is(204);
    api.send(Ask::get("/api/v1/goals").by(&script)).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn an_old_session_needs_the_password_for_it() {
    let api = Api::new();
    let ana = api.user("ana").await;
    api.clock.advance(TimeDelta::minutes(14));
    make(&api, &ana, json!({ "name": "a", "scope": "read", "password": "wrong" }))
        .await
        .refused(401, "bad_credentials");
    make(&api, &ana, json!({ "name": "a", "scope": "read" })).await.is(201);
    let refresh = json!({ "refresh_token": ana.refresh });
    api.clock.advance(TimeDelta::hours(1));
    let renewed = api.send(Ask::post("/api/v1/sessions/refresh", &refresh)).await.is(200);
    let ana = User { access: renewed.json["access_token"].as_str().unwrap().to_owned(), refresh: String::new() };
    let bare = make(&api, &ana, json!({ "name": "b", "scope": "read" })).await.refused(422, "validation_failed");
    assert_eq!(bare.errors(), ["/password required"]);
    make(&api, &ana, json!({ "name": "b", "scope": "read", "password": PASSWORD })).await.is(201);
}

#[tokio::test]
async fn a_user_has_so_many_tokens_and_no_more() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for number in 0..50 {
        make(&api, &ana, json!({ "name": number.to_string(), "scope": "read" })).await.is(201);
    }
    let refused = make(&api, &ana, json!({ "name": "more", "scope": "read" })).await.refused(409, "limit_reached");
    assert_eq!((&refused.json["limit"], &refused.json["max"]), (&json!("api_tokens"), &json!(50)));
}
