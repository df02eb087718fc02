//! Goals as a table, out and in.

use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, User};

fn import(user: &User, query: &str, table: impl Into<bytes::Bytes>) -> Ask {
    let ask = Ask::new("POST", format!("/api/v1/goals/import{query}")).body(table);
    ask.with("content-type", "text/csv").by(user)
}

async fn export(api: &Api, user: &User, query: &str) -> Answer {
    api.send(Ask::get(format!("/api/v1/goals.csv{query}")).by(user)).await.is(200)
}

fn fates(answer: &Answer) -> Vec<&str> {
    answer.json["rows"].as_array().unwrap().iter().map(|row| row["fate"].as_str().unwrap()).collect()
}

/// What was refused, as `row pointer code`.
fn errors(answer: &Answer) -> Vec<String> {
    let rows = answer.json["rows"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |row: &Value| {
        let errors = row["errors"].as_array().unwrap();
        let named = |error: &Value| format!("{} {} {}", row["row"], text(&error["pointer"]), text(&error["code"]));
        errors.iter().map(named).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of).collect()
}

/// An account with every kind of goal in it.
async fn filled(api: &Api, user: &User) {
    let parent = api.goal(user, json!({ "title": "=1+1", "description": "- one\r\n- \"two\", three\n\ttab" })).await;
    for body in [
        json!({ "title": "Ação, ‘tudo’ 👩‍🚀", "parent": parent["id"], "deadline": "2026-03-09T10:00:00.000001Z" }),
        json!({ "title": "'quoted", "start": "2026-01-01", "deadline": "2026-02-01", "priority": "high" }),
        json!({ "title": "@home", "tags": ["a;b", "c\\d", "x, y"], "color": "teal", "icon": "🏃", "status": "draft" }),
        json!({ "title": "a", "attributes": { "n": -1.5, "t": "=x\n", "l": ["a", ""], "b": true } }),
        json!({ "title": "Save", "measure": { "kind": "metric", "unit": "BRL", "start": 0, "target": 1000.5, "fold": "sum" } }),
        json!({ "title": "Pack", "measure": { "kind": "checklist", "items": [{ "text": "a" }, { "text": "b", "done_on": "2026-02-01" }] } }),
        json!({ "title": "Walk", "measure": { "kind": "habit", "amount": 3, "per": "week", "bound": "at_least" } }),
        json!({ "title": "a", "allow_duplicate": true, "status": "achieved" }),
        json!({ "title": "A", "allow_duplicate": true, "parent": parent["id"] }),
    ] {
        api.goal(user, body).await;
    }
    let put_away = api.goal(user, json!({ "title": "Old" })).await;
    let path = format!("/api/v1/goals/{}", put_away["id"].as_str().unwrap());
    api.send(Ask::patch(path, &json!({ "archived": true })).by(user).with("if-match", "*")).await.is(200);
}

#[tokio::test]
async fn what_is_exported_makes_the_same_goals_again() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    filled(&api, &ana).await;
    let table = export(&api, &ana, "").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    let imported = api.send(import(&rui, "", table.bytes.clone())).await.is(200);
    assert_eq!(fates(&imported), ["created"; 11]);
    assert_eq!(export(&api, &rui, "").await.bytes, table.bytes);
    let again = api.send(import(&rui, "", table.bytes.clone())).await.is(200);
    assert_eq!((fates(&again), &again.json["done"]), (vec!["unchanged"; 11], &json!(true)));
    let one = export(&api, &rui, "?q=old&archived=true").await;
    assert_eq!(String::from_utf8_lossy(&one.bytes).lines().count(), 2);
}

#[tokio::test]
async fn no_cell_begins_like_a_formula() {
    let api = Api::new();
    let ana = api.user("ana").await;
    filled(&api, &ana).await;
    let table = String::from_utf8(export(&api, &ana, "").await.bytes.to_vec()).unwrap();
    for cell in ["'=1+1", "''quoted", "'@home", "\"'- one\r\n"] {
        assert!(table.contains(&format!(",{cell}")), "{cell}: {table}");
    }
}

#[tokio::test]
async fn a_trial_tells_every_fate_and_writes_nothing() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let known = api.goal(&ana, json!({ "title": "Known", "description": "kept", "status": "achieved" })).await;
    let other = api.goal(&ana, json!({ "title": "Other" })).await;
    let (known, other) = (known["id"].as_str().unwrap(), other["id"].as_str().unwrap());
    let table = format!(
        "\u{feff}id,title,priority,status\n{known},New name,high,active\n{other},Other,,active\n,Fresh,low,\n\
         ,OTHER,,\n,fresh!,,\n{known},Twice,,\n,,x,y\n,a,b\nx,z,,\n"
    );
    let tried = api.send(import(&ana, "?dry_run=true", table.clone())).await.is(200);
    let expected =
        ["updated", "unchanged", "created", "duplicate", "duplicate", "invalid", "invalid", "invalid", "invalid"];
    assert_eq!(fates(&tried), expected);
    assert_eq!(tried.json["rows"][3]["existing_id"], json!(other));
    let mut said = errors(&tried);
    said.sort();
    let all = [
        "10 /id invalid_format",
        "7 /id duplicate",
        "8 /priority invalid_choice",
        "8 /status invalid_choice",
        "8 /title required",
        "9  invalid_format",
        "9 /priority invalid_choice",
    ];
    assert_eq!(said, all);
    assert_eq!((&tried.json["done"], &tried.json["refused"]), (&json!(false), &json!(6)));
    let refused = api.send(import(&ana, "", table)).await.refused(422, "import_refused");
    assert_eq!(fates(&refused), expected[3..], "those that stand in the way");
    let goals = api.send(Ask::get("/api/v1/goals").by(&ana)).await.is(200);
    assert_eq!(goals.json["items"].as_array().unwrap().len(), 2);

    let good = format!("title,id,priority\nNew name,{known},high\n");
    api.send(import(&ana, "", good)).await.is(200);
    let goal = api.send(Ask::get(format!("/api/v1/goals/{known}")).by(&ana)).await.is(200).json;
    assert_eq!((&goal["title"], &goal["description"]), (&json!("New name"), &json!("kept")), "no column, no change");
    assert_eq!((&goal["version"], &goal["status"]), (&json!(2), &json!("achieved")));
    let back = format!("title,id,status\nNew name,{known},draft\n");
    let refused = api.send(import(&ana, "", back)).await.refused(422, "import_refused");
    assert_eq!(errors(&refused), ["2 /status invalid_transition"]);
}

#[tokio::test]
async fn duplicates_may_be_allowed_and_parents_come_later() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let id = |n: u8| format!("00000000-0000-0000-0000-0000000000{n:02}");
    let below = format!("id,parent,title\n{},{},Child\n{},,Parent\n,{},child\n", id(1), id(2), id(2), id(2));
    let refused = api.send(import(&ana, "", below.clone())).await.refused(422, "import_refused");
    assert_eq!(fates(&refused), ["duplicate"]);
    api.send(import(&ana, "?allow_duplicates=true", below)).await.is(200);
    let list = api.send(Ask::get(format!("/api/v1/goals?parent={}", id(2))).by(&ana)).await.is(200);
    assert_eq!(list.json["items"].as_array().unwrap().len(), 2);
    for (table, said) in [
        (format!("id,parent,title\n{0},{1},a\n{1},{0},b\n", id(3), id(4)), "2 /parent unknown_goal"),
        (format!("id,parent,title\n{0},{0},a\n", id(3)), "2 /parent"),
        (format!("parent,title\n{},a\n", id(9)), "2 /parent unknown_goal"),
        (format!("id,parent,title\n{},{},Parent\n", id(2), id(1)), "2 /parent cycle"),
    ] {
        let refused = api.send(import(&ana, "", table.clone())).await.refused(422, "import_refused");
        assert!(errors(&refused)[0].starts_with(said), "{:?}", errors(&refused));
    }
}

#[tokio::test]
async fn what_is_no_table_of_ours_is_refused() {
    let api = Api::limited(3, |builder| builder);
    let ana = api.user("ana").await;
    for (table, status, code) in [
        ("title,size\na,1\n", 422, "validation_failed"),
        ("title,title\na,b\n", 422, "validation_failed"),
        ("", 422, "validation_failed"),
        ("title\na\nb\nc\nd\n", 409, "limit_reached"),
    ] {
        api.send(import(&ana, "", table)).await.refused(status, code);
    }
    api.send(import(&ana, "", &b"title\n\xff\n"[..])).await.refused(400, "malformed_csv");
    api.send(import(&ana, "?dry_run=1", "title\na\n")).await.refused(400, "invalid_query");
    api.send(import(&ana, "?x=1", "title\na\n")).await.refused(400, "invalid_query");
    let many = format!("title\n{}", "a\n".repeat(1_001));
    api.send(import(&ana, "", many)).await.refused(422, "validation_failed");
    api.send(import(&ana, "", vec![b'a'; 2 * 1024 * 1024 + 1])).await.refused(413, "body_too_large");
    let json = Ask::post("/api/v1/goals/import", &json!({ "title": "a" })).by(&ana);
    api.send(json).await.refused(415, "unsupported_media_type");
    let goals = api.send(Ask::get("/api/v1/goals").by(&ana)).await.is(200);
    assert!(goals.json["items"].as_array().unwrap().is_empty());
    api.send(import(&ana, "", "title\n")).await.is(200);
}
