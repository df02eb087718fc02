use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, User};

fn path(goal: &Value) -> String {
    format!("/api/v1/goals/{}", goal["id"].as_str().unwrap())
}

fn change(goal: &Value, body: &Value, user: &User) -> Ask {
    Ask::patch(path(goal), body).by(user).with("if-match", format!("\"{}\"", goal["version"]))
}

async fn titles(api: &Api, user: &User, query: &str) -> Vec<String> {
    let answer = api.send(Ask::get(format!("/api/v1/goals?{query}")).by(user)).await.is(200);
    answer.json["items"].as_array().unwrap().iter().map(|goal| goal["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_title_is_enough() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let made = api.send(Ask::post("/api/v1/goals", &json!({ "title": "  Read 12 books " })).by(&ana)).await.is(201);
    assert_eq!(made.header("location"), path(&made.json));
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.header("content-type"), "application/json");
    let (id, at) = (made.json["id"].clone(), made.json["created_at"].clone());
    let expected = json!({
        "id": id, "title": "Read 12 books", "description": "", "status": "active", "start": null, "deadline": null,
        "priority": "none", "color": null, "icon": null, "tags": [], "attributes": {}, "parent": null, "version": 1,
        "created_at": at, "updated_at": at, "closed_at": null, "archived_at": null, "deleted_at": null,
        "archived": false, "measure": { "kind": "binary" }, "current": null, "check_ins": 0, "progress": 0.0,
        "health": "unknown", "reasons": [{ "code": "nothing_counted", "params": {} }], "days_ahead": null,
        "allowed_transitions": ["paused", "achieved", "missed", "dropped"],
    });
    assert_eq!(made.json, expected);
    let seen = api.send(Ask::get(path(&made.json)).by(&ana)).await.is(200);
    assert_eq!(seen.json, made.json);
}

#[tokio::test]
async fn everything_can_be_said() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "title": "Run", "description": "Two\nlines", "status": "draft",
        "start": "2026-01-31", "deadline": "2026-12-31T10:00:00.123456+02:00", "priority": "high", "color": "teal",
        "icon": "🏃", "tags": ["sport", "2026"],
        "attributes": { "km": 21.0975, "laps": 5, "coach": "Bia", "paid": true, "places": ["park"], "none": null },
    });
    let goal = api.goal(&ana, body.clone()).await;
    for field in ["id", "title", "description", "status", "start", "priority", "color", "icon", "tags"] {
        assert_eq!(goal[field], body[field], "{field}");
    }
    assert_eq!(goal["deadline"], "2026-12-31T08:00:00.123456Z");
    let attributes = json!({ "km": 21.0975, "laps": 5, "coach": "Bia", "paid": true, "places": ["park"] });
    assert_eq!(goal["attributes"], attributes);
    let again = Ask::post("/api/v1/goals", &json!({ "title": "Other", "id": body["id"] })).by(&ana);
    api.send(again).await.refused(409, "id_taken");
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({
        "id": "x", "title": "", "description": 5, "status": "done", "start": "2026-02-30", "deadline": "tomorrow",
        "priority": 3, "color": "pink", "icon": "ab", "tags": ["fine", 5, "", "x".repeat(41)], "version": 7,
        "attributes": { "Bad Key": 1, "a": {}, "b": [1], "c": 0.123_456_7 }, "allow_duplicate": "yes", "parent": "?",
    });
    let refused = api.send(Ask::post("/api/v1/goals", &body).by(&ana)).await.refused(422, "validation_failed");
    let expected = [
        "/allow_duplicate invalid_type",
        "/attributes/Bad Key invalid_format",
        "/attributes/a invalid_type",
        "/attributes/b/0 invalid_type",
        "/attributes/c invalid_number",
        "/color invalid_choice",
        "/deadline invalid_date",
        "/description invalid_type",
        "/icon invalid_format",
        "/id invalid_format",
        "/parent invalid_format",
        "/priority invalid_type",
        "/start invalid_date",
        "/status invalid_choice",
        "/tags/1 invalid_type",
        "/tags/2 required",
        "/tags/3 too_long",
        "/title required",
        "/version unknown_field",
    ];
    assert_eq!(refused.errors(), expected);
    let errors = refused.json["errors"].as_array().unwrap();
    let of = |pointer: &str| errors.iter().find(|error| error["pointer"] == pointer).unwrap();
    assert_eq!(of("/color")["params"]["allowed"][0], "red");
    assert_eq!(of("/priority")["params"], json!({ "expected": "a string" }));
    let late = json!({ "title": "x".repeat(201), "start": "2026-02-02", "deadline": "2026-02-01" });
    let refused = api.send(Ask::post("/api/v1/goals", &late).by(&ana)).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/deadline before_start", "/title too_long"]);
    assert_eq!(titles(&api, &ana, "").await, [""; 0], "nothing is stored by halves");
}

#[tokio::test]
async fn a_patch_keeps_sets_and_clears() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body =
        json!({ "title": "Run", "description": "d", "deadline": "2027-01-01", "attributes": { "a": 1, "b": 2 } });
    let goal = api.goal(&ana, body).await;
    api.clock.advance(TimeDelta::seconds(1));
    let patch = json!({ "title": "Walk", "deadline": null, "attributes": { "a": null, "c": "x" } });
    let ask = change(&goal, &patch, &ana);
    let changed = api.send(ask.clone().with("content-type", "application/json")).await;
    changed.refused(415, "unsupported_media_type");
    let changed = api.send(ask).await.is(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.json["title"], "Walk");
    assert_eq!(changed.json["description"], "d");
    assert_eq!(changed.json["deadline"], Value::Null);
    assert_eq!(changed.json["attributes"], json!({ "b": 2, "c": "x" }));
    let same = api.send(change(&changed.json, &json!({ "title": "Walk" }), &ana)).await.is(200);
    assert_eq!(same.json, changed.json, "a change that changes nothing is no new version");
    let bad = api.send(change(&same.json, &json!({ "title": null, "status": null, "id": "x" }), &ana)).await;
    let bad = bad.refused(422, "validation_failed");
    assert_eq!(bad.errors(), ["/id unknown_field", "/status required", "/title required"]);
}

#[tokio::test]
async fn a_merge_patch_has_a_media_type_of_its_own() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let ask = Ask::new("PATCH", path(&goal)).body(r#"{"color":"red"}"#).by(&ana).with("if-match", "*");
    let changed = api.send(ask.with("content-type", "application/merge-patch+json")).await.is(200);
    assert_eq!(changed.json["color"], "red");
}

#[tokio::test]
async fn a_change_says_which_version_it_is_based_on() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let newer = api.send(change(&goal, &json!({ "title": "Walk" }), &ana)).await.is(200).json;
    for ask in
        [change(&goal, &json!({ "title": "Swim" }), &ana), Ask::delete(path(&goal)).by(&ana).with("if-match", "\"1\"")]
    {
        let stale = api.send(ask).await.refused(412, "stale_version");
        assert_eq!(stale.json["current"], newer);
        assert_eq!(stale.header("etag"), "\"2\"");
    }
    for tag in ["2", "\"02\"", "W/\"2\"", "\"0\"", "\"x\"", "\"2\", \"3\"", "\"99999999999999999999\"", ""] {
        let ask = Ask::patch(path(&goal), &json!({ "title": "Swim" })).by(&ana).with("if-match", tag);
        api.send(ask).await.refused(412, "stale_version");
    }
    for ask in [Ask::patch(path(&goal), &json!({})).by(&ana), Ask::delete(path(&goal)).by(&ana)] {
        api.send(ask).await.refused(428, "precondition_required");
    }
    let forced = Ask::patch(path(&goal), &json!({ "title": "Swim" })).by(&ana).with("if-match", "*");
    assert_eq!(api.send(forced).await.is(200).json["version"], 3);
}

#[tokio::test]
async fn what_a_client_knows_is_not_sent_again() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let ask = |tags: &str| Ask::get(path(&goal)).by(&ana).with("if-none-match", tags);
    for tags in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let answer = api.send(ask(tags)).await.is(304);
        assert!(answer.bytes.is_empty() && answer.header("etag") == "\"1\"", "{tags}");
    }
    api.send(ask("\"2\"")).await.is(200);
}

#[tokio::test]
async fn statuses_go_the_ways_of_the_machine() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run", "deadline": "2026-01-01" })).await;
    let done = api.send(change(&goal, &json!({ "status": "achieved" }), &ana)).await.is(200).json;
    assert_eq!((&done["health"], &done["progress"]), (&json!("done"), &json!(1.0)));
    assert!(done["closed_at"].is_string());
    let refused = api.send(change(&done, &json!({ "status": "paused" }), &ana)).await;
    let refused = refused.refused(409, "invalid_transition");
    assert_eq!((&refused.json["from"], &refused.json["to"]), (&json!("achieved"), &json!("paused")));
    let reopened = api.send(change(&done, &json!({ "status": "active" }), &ana)).await.is(200).json;
    assert_eq!(reopened["closed_at"], Value::Null);
    assert_eq!(reopened["health"], "overdue");
    assert!(reopened["days_ahead"].as_i64().unwrap() < 0);
}

#[tokio::test]
async fn one_open_goal_says_a_thing() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let first = api.goal(&ana, json!({ "title": "Read 12 books" })).await;
    let twice = json!({ "title": "read 12 BOOKS!" });
    let refused = api.send(Ask::post("/api/v1/goals", &twice).by(&ana)).await.refused(409, "duplicate_goal");
    assert_eq!(refused.json["existing_id"], first["id"]);
    let second = api.goal(&ana, json!({ "title": "read 12 BOOKS!", "allow_duplicate": true })).await;
    let third = api.goal(&ana, json!({ "title": "Swim" })).await;
    let rename = |allow| json!({ "title": "Read 12 books", "allow_duplicate": allow });
    api.send(change(&third, &rename(false), &ana)).await.refused(409, "duplicate_goal");
    api.send(change(&third, &rename(true), &ana)).await.is(200);
    api.send(change(&second, &json!({ "color": "red" }), &ana)).await.is(200);
}

#[tokio::test]
async fn there_are_no_more_than_the_limit() {
    let api = Api::limited(2, |builder| builder);
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "1" })).await;
    api.goal(&ana, json!({ "title": "2" })).await;
    let third = Ask::post("/api/v1/goals", &json!({ "title": "3" })).by(&ana);
    let refused = api.send(third.clone()).await.refused(409, "limit_reached");
    assert_eq!((&refused.json["max"], &refused.json["limit"]), (&json!(2), &json!("goals")));
    api.send(Ask::delete(path(&goal)).by(&ana).with("if-match", "*")).await.is(204);
    api.send(third.clone()).await.refused(409, "limit_reached");
    api.send(Ask::new("POST", format!("{}/purge", path(&goal))).by(&ana)).await.is(204);
    api.send(third).await.is(201);
}

#[tokio::test]
async fn the_trash_gives_back() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let deleted = api.send(Ask::delete(path(&goal)).by(&ana).with("if-match", "\"1\"")).await.is(204);
    assert_eq!(deleted.header("etag"), "\"2\"");
    assert!(deleted.bytes.is_empty() && !deleted.headers.contains_key("content-length"));
    assert_eq!(titles(&api, &ana, "").await, [""; 0]);
    assert_eq!(titles(&api, &ana, "trash=true").await, ["Run"]);
    let again = api.goal(&ana, json!({ "title": "Run" })).await;
    let restore = Ask::new("POST", format!("{}/restore", path(&goal))).by(&ana);
    let refused = api.send(restore.clone()).await.refused(409, "duplicate_goal");
    assert_eq!(refused.json["existing_id"], again["id"]);
    api.send(Ask::new("POST", format!("{}/purge", path(&again))).by(&ana)).await.is(204);
    let restored = api.send(restore).await.is(200);
    assert_eq!(restored.json["deleted_at"], Value::Null);
    assert_eq!(restored.header("etag"), "\"3\"");
    api.send(Ask::get(path(&again)).by(&ana)).await.refused(404, "not_found");
}

#[tokio::test]
async fn lists_filter_sort_and_page() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for (title, tag, deadline, status) in [
        ("Metas de leitura", "a", Some("2026-03-01"), "active"),
        ("Métas do ano", "b", Some("2026-01-01"), "paused"),
        ("Swim, a lot", "a,b", None, "active"),
    ] {
        let body = json!({ "title": title, "tags": [tag], "deadline": deadline, "status": status });
        api.goal(&ana, body).await;
        api.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(titles(&api, &ana, "").await, ["Métas do ano", "Metas de leitura", "Swim, a lot"]);
    assert_eq!(titles(&api, &ana, "sort=-created_at&limit=1").await, ["Swim, a lot"]);
    assert_eq!(titles(&api, &ana, "q=metas").await.len(), 2);
    assert_eq!(titles(&api, &ana, "q=").await.len(), 3);
    assert_eq!(titles(&api, &ana, "tag=a%2Cb").await, ["Swim, a lot"]);
    assert_eq!(titles(&api, &ana, "status=paused,draft").await, ["Métas do ano"]);
    assert_eq!(titles(&api, &ana, "status=paused&status=active").await.len(), 3);
    assert_eq!(titles(&api, &ana, "deadline_before=2026-02-01").await, ["Métas do ano"]);
    assert_eq!(titles(&api, &ana, "deadline_after=2026-02-01T00:00:00Z").await, ["Metas de leitura"]);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.send(Ask::get(format!("/api/v1/goals?sort=title&limit=2{cursor}")).by(&ana)).await.is(200).json;
        seen.extend(page["items"].as_array().unwrap().iter().map(|goal| goal["title"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["Metas de leitura", "Métas do ano", "Swim, a lot"]);
}

#[tokio::test]
async fn archived_goals_are_out_of_sight() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let archived = api.send(change(&goal, &json!({ "archived": true }), &ana)).await.is(200).json;
    assert!(archived["archived"] == true && archived["archived_at"].is_string());
    assert_eq!(titles(&api, &ana, "").await, [""; 0]);
    assert_eq!(titles(&api, &ana, "archived=true").await, ["Run"]);
    let back = api.send(change(&archived, &json!({ "archived": false }), &ana)).await.is(200).json;
    assert_eq!((&back["archived"], &back["archived_at"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn a_bad_query_is_said_parameter_by_parameter() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let query = "status=done&deadline_before=x&deadline_after=&archived=1&trash=yes&sort=size&limit=0&cursor=x";
    let refused = api.send(Ask::get(format!("/api/v1/goals?{query}")).by(&ana)).await.refused(400, "invalid_query");
    let expected = [
        "/archived invalid_choice",
        "/cursor invalid_format",
        "/deadline_after invalid_date",
        "/deadline_before invalid_date",
        "/limit out_of_range",
        "/sort invalid_choice",
        "/status invalid_choice",
        "/trash invalid_choice",
    ];
    assert_eq!(refused.errors(), expected);
    for (query, error) in [
        ("limit=201", "/limit out_of_range"),
        ("limit=-1", "/limit out_of_range"),
        ("limit=1&limit=2", "/limit duplicate"),
        ("page=2", "/page unknown_field"),
        ("q=%00", "/q invalid_characters"),
        ("tag=%0a", "/tag invalid_characters"),
    ] {
        let refused = api.send(Ask::get(format!("/api/v1/goals?{query}")).by(&ana)).await;
        assert_eq!(refused.refused(400, "invalid_query").errors(), [error], "{query}");
    }
    api.send(Ask::get("/api/v1/users/me?x=1").by(&ana)).await.refused(400, "invalid_query");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for title in ["1", "2"] {
        api.goal(&ana, json!({ "title": title })).await;
    }
    let page = api.send(Ask::get("/api/v1/goals?limit=1").by(&ana)).await.is(200).json;
    let cursor = page["next_cursor"].as_str().unwrap();
    let other = api.send(Ask::get(format!("/api/v1/goals?sort=title&cursor={cursor}")).by(&ana)).await;
    assert_eq!(other.refused(400, "invalid_query").errors(), ["/cursor invalid_format"]);
}

#[tokio::test]
async fn a_foreign_goal_is_like_no_goal() {
    let api = Api::new();
    let (ana, bob) = (api.user("ana").await, api.user("bob").await);
    let goal = api.goal(&ana, json!({ "title": "Run" })).await;
    let nothing = json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8057" });
    let told = async |goal: &Value| -> Vec<(u16, Value)> {
        let asks = [
            Ask::get(path(goal)),
            Ask::get(path(goal)).with("if-none-match", "\"1\""),
            Ask::patch(path(goal), &json!({ "title": "Mine" })).with("if-match", "\"1\""),
            Ask::patch(path(goal), &json!({ "title": "Mine" })).with("if-match", "\"9\""),
            Ask::delete(path(goal)).with("if-match", "*"),
            Ask::new("POST", format!("{}/restore", path(goal))),
            Ask::new("POST", format!("{}/purge", path(goal))),
        ];
        let mut told = Vec::new();
        for ask in asks {
            let Answer { status, mut json, .. } = api.send(ask.by(&bob)).await;
            json["request_id"] = Value::Null;
            told.push((status.as_u16(), json));
        }
        told
    };
    let (foreign, unknown) = (told(&goal).await, told(&nothing).await);
    assert_eq!(foreign, unknown);
    assert!(foreign.iter().all(|(status, _)| *status == 404));
    api.send(Ask::get("/api/v1/goals/not-an-id").by(&bob)).await.refused(404, "not_found");
    assert_eq!(api.send(Ask::get(path(&goal)).by(&ana)).await.is(200).json, goal);
    let same_id = json!({ "title": "Mine", "id": goal["id"] });
    api.send(Ask::post("/api/v1/goals", &same_id).by(&bob)).await.is(201);
}
