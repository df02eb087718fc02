use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Api, Ask, PASSWORD};

async fn document(api: &Api) -> Value {
    api.send(Ask::get("/api/v1/openapi.json")).await.is(200).json
}

/// The shape that a reference leads to, or the shape itself.
fn resolve<'a>(document: &'a Value, shape: &'a Value) -> &'a Value {
    shape["$ref"].as_str().map_or(shape, |path| document.pointer(&path[1..]).unwrap())
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_surface_changes_only_on_purpose() {
    let document = document(&Api::new()).await;
    assert_eq!(document["openapi"], "3.1.0");
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

#[tokio::test]
async fn a_mounted_service_says_where() {
    let api = Api::with(|builder| builder.base_path("/apps/goals").insecure_cookie(true));
    let document = document(&api).await;
    assert_eq!(document["servers"][0]["url"], "/apps/goals");
    assert_eq!(document["components"]["securitySchemes"]["cookie"]["name"], "goals");
}

#[tokio::test]
async fn answers_have_the_shapes_that_the_document_says() {
    let api = Api::new();
    let document = document(&api).await;
    let ana = api.user("ana").await;
    let body = json!({ "title": "Run", "deadline": "2026-12-31", "attributes": { "a": 1 } });
    let goal = api.goal(&ana, body).await;
    let path = format!("/api/v1/goals/{}", goal["id"].as_str().unwrap());
    let log_in = json!({ "login": "ana", "password": PASSWORD });
    let browser = json!({ "login": "ana", "password": PASSWORD, "cookie": true });
    for (ask, template, method, status) in [
        (Ask::get(format!("{path}/history")), "/api/v1/goals/{id}/history", "get", "200"),
        (Ask::get("/api/v1/changes?after=0"), "/api/v1/changes", "get", "200"),
        (Ask::get(path), "/api/v1/goals/{id}", "get", "200"),
        (Ask::get("/api/v1/goals"), "/api/v1/goals", "get", "200"),
        (Ask::get("/api/v1/users/me"), "/api/v1/users/me", "get", "200"),
        (Ask::get("/api/v1/users/me/limits"), "/api/v1/users/me/limits", "get", "200"),
        (Ask::get("/api/v1/sessions"), "/api/v1/sessions", "get", "200"),
        (Ask::get("/api/v1/session"), "/api/v1/session", "get", "200"),
        (Ask::get("/api/v1/views"), "/api/v1/views", "get", "200"),
        (Ask::get("/api/v1/meta"), "/api/v1/meta", "get", "200"),
        (Ask::get("/readyz"), "/readyz", "get", "200"),
        (
            Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": ana.refresh })),
            "/api/v1/sessions/refresh",
            "post",
            "200",
        ),
        (Ask::post("/api/v1/sessions", &log_in), "/api/v1/sessions", "post", "201"),
        (Ask::post("/api/v1/sessions", &browser), "/api/v1/sessions", "post", "201"),
        (Ask::get("/api/v1/tokens"), "/api/v1/tokens", "get", "200"),
        (Ask::post("/api/v1/tokens", &json!({ "name": "sync", "scope": "read" })), "/api/v1/tokens", "post", "201"),
        (Ask::post("/api/v1/two-factor", &json!({ "password": PASSWORD })), "/api/v1/two-factor", "post", "201"),
        (Ask::get("/nothing"), "/readyz", "get", "default"),
        (Ask::post("/api/v1/goals", &json!({ "title": "" })), "/readyz", "get", "default"),
    ] {
        let answer = api.send(ask.by(&ana)).await;
        let response = resolve(&document, &document["paths"][template][method]["responses"][status]);
        let media = answer.header("content-type");
        check(&document, &response["content"][media]["schema"], &answer.json, template);
    }
}

/// Whether `value` has the members that `shape` says, all the way down.
fn check(document: &Value, shape: &Value, value: &Value, at: &str) {
    let shape = resolve(document, shape);
    if let Some(parts) = shape["allOf"].as_array() {
        // Members that were flattened into one object.
        let known: BTreeSet<_> = parts.iter().flat_map(|part| names(&resolve(document, part)["properties"])).collect();
        assert!(names(value).is_subset(&known), "{at}: {value}");
        return;
    }
    if let Some(choices) = shape["oneOf"].as_array() {
        let choice = choices.iter().find(|choice| (choice["type"] == "null") == value.is_null()).unwrap();
        return check(document, choice, value, at);
    }
    let kinds: Vec<_> = shape["type"].as_array().map_or_else(|| vec![&shape["type"]], |kinds| kinds.iter().collect());
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.iter().any(|known| **known == kind), "{at}: {kind} is not {kinds:?}");
    if let Some(words) = shape["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value}");
    }
    if let (Some(items), true) = (value.as_array(), shape["items"].is_object()) {
        for item in items {
            check(document, &shape["items"], item, &format!("{at}/-"));
        }
    }
    let (Some(members), Some(_)) = (value.as_object(), shape["properties"].as_object()) else { return };
    let required: Option<BTreeSet<_>> =
        shape["required"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect());
    assert!(required.unwrap_or_default().is_subset(&names(value)), "{at}: {value}");
    for (name, value) in members {
        let shape = &shape["properties"][name];
        assert!(!shape.is_null(), "{at}: {name} is not in the document");
        check(document, shape, value, &format!("{at}/{name}"));
    }
}

#[tokio::test]
async fn what_the_document_says_is_read_and_nothing_else() {
    let api = Api::new();
    let document = document(&api).await;
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let path = format!("/api/v1/goals/{}", goal["id"].as_str().unwrap());
    let view = api.send(Ask::post("/api/v1/views", &json!({ "name": "x" })).by(&ana)).await.is(201);
    let view = format!("/api/v1/views/{}", view.json["id"].as_str().unwrap());
    let all: BTreeSet<_> = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|shape| shape["properties"].as_object())
        .flat_map(|members| members.keys())
        .collect();
    for (method, path, shape) in [
        ("POST", "/api/v1/goals", "NewGoal"),
        ("PATCH", &path, "GoalChange"),
        ("POST", "/api/v1/users", "NewUser"),
        ("PATCH", "/api/v1/users/me", "UserChange"),
        ("DELETE", "/api/v1/users/me", "Proof"),
        ("PUT", "/api/v1/users/me/password", "PasswordChange"),
        ("POST", "/api/v1/sessions/refresh", "Refresh"),
        ("POST", "/api/v1/tokens", "NewApiToken"),
        ("POST", "/api/v1/password-resets", "Address"),
        ("PUT", "/api/v1/password-resets/x", "NewPassword"),
        ("POST", "/api/v1/two-factor", "Proof"),
        ("PUT", "/api/v1/two-factor", "DeviceCode"),
        ("DELETE", "/api/v1/two-factor", "ProofWithCode"),
        ("POST", "/api/v1/views", "NewView"),
        ("PATCH", &view, "ViewChange"),
    ] {
        let mut read = BTreeSet::new();
        // A problem names no more than a hundred values, so not all at once.
        for some in all.iter().copied().collect::<Vec<_>>().chunks(50) {
            // No member is both a list of lists and valid, so every member that is read is refused.
            let body: Value = some.iter().map(|name| ((*name).clone(), json!([[1]]))).collect();
            let refused = api.send(Ask::new(method, path).json(&body).by(&ana)).await.refused(422, "validation_failed");
            let errors = refused.json["errors"].as_array().unwrap();
            let unknown: BTreeSet<_> = errors
                .iter()
                .filter(|error| error["code"] == "unknown_field")
                .map(|error| error["pointer"].as_str().unwrap()[1..].to_owned())
                .collect();
            read.extend(some.iter().filter(|name| !unknown.contains(**name)).map(|name| name.as_str()));
        }
        assert_eq!(read, names(&document["components"]["schemas"][shape]["properties"]), "{shape}");
    }
}
