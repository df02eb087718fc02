use chrono::TimeDelta;
use goals_core::testing::now;
use serde_json::{Value, json};

use crate::harness::{Api, Ask, User};

fn path(goal: &Value, rest: &str) -> String {
    format!("/api/v1/goals/{}{rest}", goal["id"].as_str().unwrap())
}

async fn patched(api: &Api, user: &User, goal: &Value, body: Value) -> Value {
    api.clock.advance(TimeDelta::seconds(1));
    api.send(Ask::patch(path(goal, ""), &body).by(user).with("if-match", "*")).await.is(200).json
}

async fn feed(api: &Api, user: &User, query: &str) -> Value {
    api.send(Ask::get(format!("/api/v1/changes{query}")).by(user)).await.is(200).json
}

#[tokio::test]
async fn a_history_says_what_each_field_was_and_is() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let goal = api.goal(&ana, json!({ "title": "Run", "attributes": { "km": 5 } })).await;
    let body = json!({ "title": "Walk", "deadline": "2026-12-31", "attributes": { "km": 2.5 } });
    patched(&api, &ana, &goal, body).await;
    patched(&api, &ana, &goal, json!({ "archived": true })).await;
    let history = api.send(Ask::get(path(&goal, "/history?limit=2")).by(&ana)).await.is(200).json;
    assert_eq!(
        history["items"][0]["changes"],
        json!({ "archived_at": { "from": null, "to": "2026-03-01T12:00:02Z" } })
    );
    let changed = &history["items"][1];
    let expected = json!({
        "title": { "from": "Run", "to": "Walk" },
        "deadline": { "from": null, "to": "2026-12-31" },
        "attributes": { "from": { "km": 5 }, "to": { "km": 2.5 } },
    });
    assert_eq!(changed["changes"], expected);
    assert_eq!((&changed["kind"], &changed["actor"]), (&json!("goal_changed"), &json!("owner")));
    assert_eq!((&changed["version"], &changed["at"]), (&json!(2), &json!("2026-03-01T12:00:01Z")));
    assert_eq!(changed["goal_id"], goal["id"]);
    let cursor = history["next_cursor"].as_str().unwrap();
    let rest = api.send(Ask::get(path(&goal, &format!("/history?cursor={cursor}"))).by(&ana)).await.is(200).json;
    assert_eq!(rest["items"][0]["kind"], "goal_created");
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    api.send(Ask::get(path(&goal, "/history")).by(&rui)).await.refused(404, "not_found");
    api.send(Ask::get("/api/v1/goals/x/history").by(&ana)).await.refused(404, "not_found");
    for bad in
        ["limit=0", "limit=201", "cursor=x", "cursor=-1", "cursor=%2B1", "cursor=", "after=1", "cursor=1&cursor=2"]
    {
        let ask = Ask::get(path(&goal, &format!("/history?{bad}"))).by(&ana);
        api.send(ask).await.refused(400, "invalid_query");
    }
}

#[tokio::test]
async fn changes_are_followed() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let empty = feed(&api, &ana, "").await;
    assert_eq!(empty, json!({ "items": [], "next_cursor": "0", "has_more": false }));
    let first = api.goal(&ana, json!({ "title": "One" })).await;
    api.goal(&rui, json!({ "title": "Theirs" })).await;
    api.goal(&ana, json!({ "title": "Two" })).await;
    let page = feed(&api, &ana, "?after=0&limit=1").await;
    assert_eq!((&page["items"][0]["goal_id"], &page["has_more"]), (&first["id"], &json!(true)));
    assert_eq!(page["next_cursor"], "1");
    let now = feed(&api, &ana, "").await["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(now, "2");
    assert_eq!(feed(&api, &ana, "?after=2").await, json!({ "items": [], "next_cursor": "2", "has_more": false }));
    api.send(Ask::new("POST", path(&first, "/purge")).by(&ana)).await.is(204);
    let gone = feed(&api, &ana, "?after=2").await;
    let tombstone = &gone["items"][0];
    assert_eq!((&tombstone["kind"], &tombstone["goal_id"]), (&json!("goal_purged"), &first["id"]));
    assert_eq!((&tombstone["version"], &tombstone["changes"]), (&Value::Null, &json!({})));
    assert_eq!(gone["next_cursor"], "3");
    api.send(Ask::get("/api/v1/changes?after=4").by(&ana)).await.refused(410, "cursor_too_old");
    api.send(Ask::get("/api/v1/changes?after=99999999999999999999").by(&ana)).await.refused(400, "invalid_query");
    api.send(Ask::get("/api/v1/changes")).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_change_is_taken_back() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let undo = |rest: &str| Ask::new("POST", path(&goal, &format!("/undo{rest}"))).by(&ana);
    api.send(undo("")).await.refused(409, "nothing_to_undo");
    patched(&api, &ana, &goal, json!({ "title": "Walk" })).await;
    patched(&api, &ana, &goal, json!({ "priority": "high" })).await;
    let undone = api.send(undo("")).await.is(200);
    assert_eq!((undone.header("etag"), &undone.json["priority"]), ("\"4\"", &json!("none")));
    let older = api.send(undo("?version=2")).await.is(200);
    assert_eq!(older.json["title"], "Run");
    let refused = api.send(undo("?version=2")).await.refused(409, "undo_conflict");
    assert_eq!(refused.json["field"], "title");
    for bad in ["?version=x", "?version=-1", "?version=", "?v=1"] {
        api.send(undo(bad)).await.refused(400, "invalid_query");
    }
    let rui = api.user("rui").await;
    api.send(Ask::new("POST", path(&goal, "/undo")).by(&rui)).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_goal_is_read_as_it_was() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run", "deadline": "2026-02-28" })).await;
    patched(&api, &ana, &goal, json!({ "title": "Walk", "deadline": "2026-03-05" })).await;
    let as_of = |at: &str| Ask::get(path(&goal, &format!("?as_of={at}"))).by(&ana);
    let then = api.send(as_of("2026-03-01T12:00:00Z")).await.is(200);
    assert_eq!(then.json, goal, "its pace too is the one of then");
    assert_eq!(then.json["health"], "overdue");
    assert_eq!(then.header("etag"), "", "nothing can be based on it");
    let now_shown = api.send(Ask::get(path(&goal, "")).by(&ana)).await.is(200);
    assert_eq!(api.send(as_of("2026-03-01T12:00:01Z")).await.is(200).json, now_shown.json);
    api.send(as_of("2026-03-01T11:59:59.999999Z")).await.refused(404, "not_found");
    for bad in ["2026-03-01", "yesterday", "", "2026-03-01T12:00:00"] {
        api.send(as_of(bad)).await.refused(400, "invalid_query");
    }
    assert_eq!(now().to_rfc3339(), "2026-03-01T12:00:00+00:00");
}
