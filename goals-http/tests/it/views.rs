//! Views.

use serde_json::json;

use crate::harness::{Answer, Api, Ask, User};

async fn create(api: &Api, user: &User, name: &str, query: &str) -> Answer {
    api.send(Ask::post("/api/v1/views", &json!({ "name": name, "query": query })).by(user)).await
}

fn change(user: &User, view: &Answer, tag: &str, body: &serde_json::Value) -> Ask {
    Ask::patch(path(view), body).by(user).with("if-match", tag)
}

fn path(view: &Answer) -> String {
    format!("/api/v1/views/{}", view.json["id"].as_str().unwrap())
}

async fn names(api: &Api, user: &User) -> Vec<String> {
    let list = api.send(Ask::get("/api/v1/views").by(user)).await.is(200);
    list.json["items"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_view_asks_for_what_it_says() {
    let api = Api::new();
    let ana = api.user("ana").await;
    api.goal(&ana, json!({ "title": "Run", "tags": ["a&b"] })).await;
    api.goal(&ana, json!({ "title": "Swim" })).await;
    let view = create(&api, &ana, " Tagged ", "status=active,draft&tag=A%26B&sort=-title").await.is(201);
    assert_eq!(view.header("etag"), "\"1\"");
    assert_eq!(view.json["name"], "Tagged");
    assert_eq!(view.json["query"], "status=draft,active&tag=A%26B&sort=-title");
    let list = format!("/api/v1/goals?{}", view.json["query"].as_str().unwrap());
    let goals = api.send(Ask::get(list).by(&ana)).await.is(200);
    assert_eq!(goals.json["items"].as_array().unwrap().len(), 1);
    let list = api.send(Ask::get("/api/v1/views").by(&ana)).await.is(200);
    assert_eq!(list.json["items"], json!([view.json]));
}

#[tokio::test]
async fn a_view_is_changed_and_removed_by_its_version() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let view = create(&api, &ana, "Old", "trash=true").await.is(201);
    api.send(Ask::patch(path(&view), &json!({})).by(&ana)).await.refused(428, "precondition_required");
    let changed = api.send(change(&ana, &view, "\"1\"", &json!({ "name": "New", "query": null }))).await.is(200);
    assert_eq!((changed.header("etag"), &changed.json["query"]), ("\"2\"", &json!("")));
    let same = api.send(change(&ana, &view, "\"2\"", &json!({ "name": "New" }))).await.is(200);
    assert_eq!(same.header("etag"), "\"2\"", "nothing was changed");
    let stale = api.send(change(&ana, &view, "\"1\"", &json!({ "name": "x" }))).await.refused(412, "stale_version");
    assert_eq!((stale.header("etag"), &stale.json["current"]), ("\"2\"", &changed.json));
    api.send(change(&rui, &view, "*", &json!({ "name": "x" }))).await.refused(404, "not_found");
    api.send(Ask::delete(path(&view)).by(&rui).with("if-match", "*")).await.refused(404, "not_found");
    api.send(Ask::delete(path(&view)).by(&ana).with("if-match", "\"1\"")).await.refused(412, "stale_version");
    api.send(Ask::delete(path(&view)).by(&ana).with("if-match", "\"2\"")).await.is(204);
    api.send(Ask::delete(path(&view)).by(&ana).with("if-match", "*")).await.refused(404, "not_found");
    api.send(Ask::delete("/api/v1/views/x").by(&ana).with("if-match", "*")).await.refused(404, "not_found");
    assert!(names(&api, &ana).await.is_empty());
}

#[tokio::test]
async fn names_are_unique_but_for_case() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let first = create(&api, &ana, "Straße", "").await.is(201);
    let second = create(&api, &ana, "Other", "").await.is(201);
    create(&api, &rui, "STRASSE", "").await.is(201);
    let taken = create(&api, &ana, "STRASSE", "").await.refused(409, "view_exists");
    assert_eq!(taken.json["existing_id"], first.json["id"]);
    api.send(change(&ana, &second, "*", &json!({ "name": "strasse" }))).await.refused(409, "view_exists");
    api.send(change(&ana, &first, "*", &json!({ "name": "strasse" }))).await.is(200);
    assert_eq!(names(&api, &ana).await, ["strasse", "Other"]);
}

#[tokio::test]
async fn there_are_fifty_at_most() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let mut last = None;
    for n in 0..50 {
        last = Some(create(&api, &ana, &n.to_string(), "").await.is(201));
    }
    let refused = create(&api, &ana, "one more", "").await.refused(409, "limit_reached");
    assert_eq!((&refused.json["limit"], &refused.json["max"]), (&json!("views"), &json!(50)));
    let limits = api.send(Ask::get("/api/v1/users/me/limits").by(&ana)).await.is(200);
    assert_eq!(limits.json["views"], json!({ "max": 50, "used": 50 }));
    api.send(Ask::delete(path(&last.unwrap())).by(&ana).with("if-match", "*")).await.is(204);
    create(&api, &ana, "one more", "").await.is(201);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for (body, errors) in [
        (json!({}), vec!["/name required"]),
        (json!({ "name": "x", "query": 7, "sort": "title" }), vec!["/query invalid_type", "/sort unknown_field"]),
        (
            json!({ "name": "x".repeat(61), "query": "status=x&trash=1&y=1" }),
            vec![
                "/name too_long",
                "/query/status invalid_choice",
                "/query/trash invalid_choice",
                "/query/y unknown_field",
            ],
        ),
        (json!({ "name": "x", "query": "limit=3&cursor=x" }), vec!["/query/cursor invalid_format"]),
        (json!({ "name": "x", "query": "q=%ff" }), vec!["/query invalid_format"]),
        (json!({ "name": "x", "query": "q=%00" }), vec!["/query/q invalid_characters"]),
        (json!({ "name": "x", "query": "a".repeat(2_001) }), vec!["/query too_long"]),
    ] {
        let refused = api.send(Ask::post("/api/v1/views", &body).by(&ana)).await.refused(422, "validation_failed");
        assert_eq!(refused.errors(), errors, "{body}");
    }
    assert!(names(&api, &ana).await.is_empty());
}
