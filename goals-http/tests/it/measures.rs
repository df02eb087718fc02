use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Api, Ask, User};

fn path(goal: &Value) -> String {
    format!("/api/v1/goals/{}", goal["id"].as_str().unwrap())
}

async fn change(api: &Api, goal: &Value, body: &Value, user: &User) -> Value {
    api.send(Ask::patch(path(goal), body).by(user).with("if-match", "*")).await.is(200).json
}

#[tokio::test]
async fn every_measure_comes_back_as_it_was_given() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for (n, (given, kept)) in [
        (json!({}), json!({ "kind": "binary" })),
        (
            json!({ "kind": "metric", "target": 12 }),
            json!({ "kind": "metric", "unit": "", "start": 0, "target": 12, "fold": "sum" }),
        ),
        (
            json!({ "kind": "metric", "unit": " kg ", "start": 90.5, "target": 80, "fold": "last" }),
            json!({ "kind": "metric", "unit": "kg", "start": 90.5, "target": 80, "fold": "last" }),
        ),
        (
            json!({ "kind": "habit" }),
            json!({ "kind": "habit", "unit": "", "amount": 1, "per": "day", "bound": "at_least" }),
        ),
        (
            json!({ "kind": "habit", "unit": "EUR", "amount": 0, "per": "month", "bound": "at_most" }),
            json!({ "kind": "habit", "unit": "EUR", "amount": 0, "per": "month", "bound": "at_most" }),
        ),
        (
            json!({ "kind": "checklist", "items": [{ "text": " a " }, { "id": "x", "text": "b", "done_on": "2026-02-28" }] }),
            json!({ "kind": "checklist", "items": [
                { "id": "1", "text": "a", "done_on": null }, { "id": "x", "text": "b", "done_on": "2026-02-28" },
            ] }),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let goal = api.goal(&ana, json!({ "title": format!("Goal {n}"), "measure": given })).await;
        assert_eq!(goal["measure"], kept);
        assert_eq!(api.send(Ask::get(path(&goal)).by(&ana)).await.is(200).json, goal);
        // What comes back can be sent again.
        assert_eq!(change(&api, &goal, &json!({ "measure": kept }), &ana).await, goal);
    }
}

#[tokio::test]
async fn everything_wrong_with_a_measure_is_said_at_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let refused = async |measure: Value| {
        let body = json!({ "title": "Run", "measure": measure });
        api.send(Ask::post("/api/v1/goals", &body).by(&ana)).await.refused(422, "validation_failed").errors()
    };
    assert_eq!(refused(json!(5)).await, ["/measure invalid_type"]);
    assert_eq!(refused(json!({ "kind": "rollup" })).await, ["/measure/kind invalid_choice"]);
    assert_eq!(refused(json!({ "kind": "metric" })).await, ["/measure/target required"]);
    assert_eq!(
        refused(json!({ "kind": "metric", "target": "12", "start": 0.123_456_7, "fold": "max", "size": 1 })).await,
        [
            "/measure/fold invalid_choice",
            "/measure/size unknown_field",
            "/measure/start invalid_number",
            "/measure/target invalid_type",
        ]
    );
    assert_eq!(
        refused(json!({ "kind": "metric", "start": 3, "target": 3.0 })).await,
        ["/measure/target same_as_start"]
    );
    assert_eq!(
        refused(json!({ "kind": "habit", "amount": 0, "target": 3, "unit": "x".repeat(21), "items": [] })).await,
        [
            "/measure/amount too_small",
            "/measure/items not_applicable",
            "/measure/target not_applicable",
            "/measure/unit too_long",
        ]
    );
    let items = json!([
        { "text": "a", "id": "1" }, 5, { "text": 5 }, { "text": "", "id": "1", "done_on": "1899-12-31", "x": 1 },
    ]);
    assert_eq!(
        refused(json!({ "kind": "checklist", "items": items })).await,
        [
            "/measure/items/1 invalid_type",
            "/measure/items/2/text invalid_type",
            "/measure/items/3/done_on out_of_range",
            "/measure/items/3/id duplicate",
            "/measure/items/3/text required",
            "/measure/items/3/x unknown_field",
        ]
    );
    let items = json!([{ "text": "a", "done_on": "2026-03-03" }]);
    assert_eq!(
        refused(json!({ "kind": "checklist", "items": items })).await,
        ["/measure/items/0/done_on in_future"],
        "the first of March, noon in UTC, is the second in some places, and the third in none"
    );
    let many: Vec<_> = (0..101).map(|n| json!({ "text": n.to_string() })).collect();
    assert_eq!(refused(json!({ "kind": "checklist", "items": many })).await, ["/measure/items too_many"]);
}

#[tokio::test]
async fn a_measure_is_merged() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let measure = json!({ "kind": "metric", "unit": "kg", "start": 90, "target": 80, "fold": "last" });
    let goal = api.goal(&ana, json!({ "title": "Lose", "measure": measure })).await;
    let changed = change(&api, &goal, &json!({ "measure": { "target": 75, "unit": null } }), &ana).await;
    let wanted = json!({ "kind": "metric", "unit": "", "start": 90, "target": 75, "fold": "last" });
    assert_eq!((&changed["measure"], &changed["current"]), (&wanted, &json!(90)));
    for (measure, error) in [
        (json!({ "target": 90 }), "/measure/target same_as_start"),
        (json!({ "target": null }), "/measure/target required"),
        (json!({ "per": "day" }), "/measure/per not_applicable"),
    ] {
        let ask = Ask::patch(path(&goal), &json!({ "measure": measure })).by(&ana).with("if-match", "*");
        assert_eq!(api.send(ask).await.refused(422, "validation_failed").errors(), [error]);
    }
    let habit = change(&api, &goal, &json!({ "measure": { "kind": "habit", "amount": 2 } }), &ana).await;
    let wanted = json!({ "kind": "habit", "unit": "", "amount": 2, "per": "day", "bound": "at_least" });
    assert_eq!(habit["measure"], wanted);
    let binary = change(&api, &goal, &json!({ "measure": null }), &ana).await;
    assert_eq!((&binary["measure"], &binary["current"]), (&json!({ "kind": "binary" }), &Value::Null));
}

#[tokio::test]
async fn items_are_ticked_one_by_one() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let measure =
        json!({ "kind": "checklist", "items": [{ "text": "a" }, { "text": "b" }, { "text": "c" }, { "text": "d" }] });
    let goal = api.goal(&ana, json!({ "title": "Move", "deadline": "2026-03-04", "measure": measure })).await;
    assert_eq!((&goal["health"], &goal["progress"]), (&json!("on_track"), &json!(0.0)));
    // Neither knows of the other's tick.
    change(&api, &goal, &json!({ "ticks": { "1": true } }), &ana).await;
    let ticked = change(&api, &goal, &json!({ "ticks": { "3": true, "4": false } }), &ana).await;
    let days: Vec<_> = ticked["measure"]["items"].as_array().unwrap().iter().map(|item| &item["done_on"]).collect();
    assert_eq!(days, [&json!("2026-03-01"), &Value::Null, &json!("2026-03-01"), &Value::Null]);
    assert_eq!((&ticked["progress"], &ticked["current"], &ticked["health"]), (&json!(0.5), &json!(2), &json!("ahead")));
    let ahead = json!([{ "code": "ahead_of_plan", "params": { "days": 2 } }]);
    assert_eq!((&ticked["reasons"], &ticked["days_ahead"]), (&ahead, &json!(2)));
    api.clock.advance(TimeDelta::days(3));
    let ana = api.sign_in("ana").await;
    let late = change(&api, &goal, &json!({ "ticks": { "1": false } }), &ana).await;
    assert_eq!(
        (&late["progress"], &late["health"], &late["days_ahead"]),
        (&json!(0.25), &json!("off_track"), &json!(-2))
    );
    let bad = json!({ "ticks": { "9": true, "a/b": false, "1": 5 } });
    let refused = api.send(Ask::patch(path(&goal), &bad).by(&ana).with("if-match", "*")).await;
    assert_eq!(refused.refused(422, "validation_failed").errors(), ["/ticks/1 invalid_type"]);
    let bad = json!({ "ticks": { "9": true, "a/b": false } });
    let refused = api.send(Ask::patch(path(&goal), &bad).by(&ana).with("if-match", "*")).await;
    assert_eq!(
        refused.refused(422, "validation_failed").errors(),
        ["/ticks/9 unknown_field", "/ticks/a~1b unknown_field"]
    );
    let plain = api.goal(&ana, json!({ "title": "Run" })).await;
    let refused = api.send(Ask::patch(path(&plain), &json!({ "ticks": { "1": true } })).by(&ana).with("if-match", "*"));
    assert_eq!(refused.await.refused(422, "validation_failed").errors(), ["/ticks/1 not_applicable"]);
}

#[tokio::test]
async fn paused_days_do_not_count() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let measure = json!({ "kind": "metric", "target": 10 });
    let goal = api.goal(&ana, json!({ "title": "Read", "deadline": "2026-03-10", "measure": measure })).await;
    change(&api, &goal, &json!({ "status": "paused" }), &ana).await;
    api.clock.advance(TimeDelta::days(2));
    let ana = api.sign_in("ana").await;
    let paused = api.send(Ask::get(path(&goal)).by(&ana)).await.is(200).json;
    assert_eq!((&paused["health"], &paused["reasons"][0]["code"]), (&json!("unknown"), &json!("not_active")));
    let active = change(&api, &goal, &json!({ "status": "active" }), &ana).await;
    assert_eq!((&active["health"], &active["days_ahead"]), (&json!("on_track"), &json!(0)));
    api.clock.advance(TimeDelta::days(2));
    let ana = api.sign_in("ana").await;
    let behind = api.send(Ask::get(path(&goal)).by(&ana)).await.is(200).json;
    assert_eq!((&behind["health"], &behind["days_ahead"]), (&json!("at_risk"), &json!(-2)));
}
