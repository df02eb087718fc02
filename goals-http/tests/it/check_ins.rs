use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, User};

fn path(goal: &Value) -> String {
    format!("/api/v1/goals/{}", goal["id"].as_str().unwrap())
}

fn log(goal: &Value) -> String {
    format!("{}/check-ins", path(goal))
}

async fn book(api: &Api, user: &User) -> Value {
    let measure = json!({ "kind": "metric", "unit": "pages", "target": 20 });
    let body = json!({ "title": "Read", "start": "2026-03-01", "deadline": "2026-03-10", "measure": measure });
    api.goal(user, body).await
}

async fn check_in(api: &Api, user: &User, goal: &Value, body: Value) -> Value {
    api.send(Ask::post(log(goal), &body).by(user)).await.is(201).json
}

async fn shown(api: &Api, user: &User, path: impl Into<String>) -> Value {
    api.send(Ask::get(path).by(user)).await.is(200).json
}

#[tokio::test]
async fn a_check_in_moves_its_goal_on() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    let made =
        api.send(Ask::post(log(&goal), &json!({ "value": 2.5, "note": "On the\ntrain" })).by(&ana)).await.is(201);
    let expected = json!({
        "id": made.json["id"], "day": "2026-03-01", "at": "2026-03-01T12:00:00Z", "value": 2.5,
        "note": "On the\ntrain",
    });
    assert_eq!(made.json, expected);
    assert_eq!(made.header("location"), format!("{}/{}", log(&goal), made.json["id"].as_str().unwrap()));
    assert_eq!(shown(&api, &ana, made.header("location")).await, expected);
    // Without a value it is one.
    let bare = check_in(&api, &ana, &goal, json!({})).await;
    assert_eq!((&bare["value"], &bare["note"]), (&Value::Null, &Value::Null));
    let moved = shown(&api, &ana, path(&goal)).await;
    assert_eq!((&moved["current"], &moved["check_ins"], &moved["version"]), (&json!(3.5), &json!(2), &json!(3)));
    assert_eq!((&moved["progress"], &moved["health"]), (&json!(0.175), &json!("ahead")));
    let listed = shown(&api, &ana, "/api/v1/goals").await;
    assert_eq!(listed["items"][0], moved, "a list says the same");
    let page = shown(&api, &ana, log(&goal)).await;
    assert_eq!(page, json!({ "items": [bare, made.json], "next_cursor": null }));
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    let refused = async |goal: &Value, body: Value| {
        api.send(Ask::post(log(goal), &body).by(&ana)).await.refused(422, "validation_failed").errors()
    };
    let body = json!({ "id": "x", "day": "2026-02-30", "at": "2026-03-01", "value": "2", "note": 5, "mood": 1 });
    assert_eq!(
        refused(&goal, body).await,
        [
            "/at invalid_date",
            "/day invalid_date",
            "/id invalid_format",
            "/mood unknown_field",
            "/note invalid_type",
            "/value invalid_type",
        ]
    );
    let body = json!({ "day": "2026-03-02", "at": "2026-03-02T00:00:00Z", "note": "\u{0}" });
    assert_eq!(refused(&goal, body).await, ["/at in_future", "/day in_future", "/note invalid_characters"]);
    let body = json!({ "day": "1899-12-31", "note": "x".repeat(1001) });
    assert_eq!(refused(&goal, body).await, ["/day out_of_range", "/note too_long"]);
    let great = json!({ "value": 999_999_999_999_999_i64 });
    check_in(&api, &ana, &goal, great).await;
    assert_eq!(refused(&goal, json!({})).await, ["/value invalid_number"], "the sum has sixteen digits");
    let weight = json!({ "kind": "metric", "start": 90, "target": 80, "fold": "last" });
    let weight = api.goal(&ana, json!({ "title": "Lose", "measure": weight })).await;
    assert_eq!(refused(&weight, json!({})).await, ["/value required"]);
    let habit = api.goal(&ana, json!({ "title": "Run", "measure": { "kind": "habit" } })).await;
    assert_eq!(refused(&habit, json!({ "value": -1 })).await, ["/value too_small"]);
    let plain = api.goal(&ana, json!({ "title": "Paint" })).await;
    assert_eq!(refused(&plain, json!({ "value": 1 })).await, ["/value not_applicable"]);
    check_in(&api, &ana, &plain, json!({ "note": "Bought a brush" })).await;
}

#[tokio::test]
async fn a_retry_makes_nothing_again() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let made = check_in(&api, &ana, &goal, json!({ "id": id, "value": 2 })).await;
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(check_in(&api, &ana, &goal, json!({ "id": id, "value": 2 })).await, made);
    let other = Ask::post(log(&goal), &json!({ "id": id, "value": 3 })).by(&ana);
    api.send(other).await.refused(409, "id_taken");
    assert_eq!(shown(&api, &ana, path(&goal)).await["check_ins"], 1);
    let close = json!({ "status": "achieved" });
    api.send(Ask::patch(path(&goal), &close).by(&ana).with("if-match", "*")).await.is(200);
    assert_eq!(check_in(&api, &ana, &goal, json!({ "id": id, "value": 2 })).await, made, "its answer was lost");
    for ask in [
        Ask::post(log(&goal), &json!({})),
        Ask::patch(format!("{}/{id}", log(&goal)), &json!({ "value": 1 })),
        Ask::delete(format!("{}/{id}", log(&goal))),
    ] {
        api.send(ask.by(&ana)).await.refused(409, "goal_closed");
    }
}

#[tokio::test]
async fn a_log_is_corrected() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let weight = json!({ "kind": "metric", "start": 90, "target": 80, "fold": "last" });
    let goal = api.goal(&ana, json!({ "title": "Lose", "measure": weight })).await;
    let first = check_in(&api, &ana, &goal, json!({ "value": 88, "day": "2026-02-27" })).await;
    let newest = check_in(&api, &ana, &goal, json!({ "value": 85 })).await;
    let older = check_in(&api, &ana, &goal, json!({ "value": 89, "day": "2026-02-20" })).await;
    let current = async || shown(&api, &ana, path(&goal)).await["current"].clone();
    assert_eq!(current().await, 85, "what is written later for an earlier day is no newer reading");
    let entry = |entry: &Value| format!("{}/{}", log(&goal), entry["id"].as_str().unwrap());
    let patch = json!({ "value": 86, "note": "before breakfast" });
    let corrected = api.send(Ask::patch(entry(&newest), &patch).by(&ana)).await.is(200).json;
    assert_eq!((&corrected["value"], &corrected["day"]), (&json!(86), &newest["day"]));
    assert_eq!(current().await, 86);
    api.send(Ask::delete(entry(&newest)).by(&ana)).await.is(204);
    assert_eq!(current().await, 88);
    let moved = json!({ "day": "2026-02-28" });
    api.send(Ask::patch(entry(&older), &moved).by(&ana)).await.is(200);
    assert_eq!(current().await, 89);
    let bad = json!({ "day": null, "at": null, "value": null, "id": "x" });
    let refused = api.send(Ask::patch(entry(&first), &bad).by(&ana)).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/id unknown_field"]);
    let bad = json!({ "day": null, "at": null, "value": null });
    let refused = api.send(Ask::patch(entry(&first), &bad).by(&ana)).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/at required", "/day required", "/value required"]);
    let history = shown(&api, &ana, format!("{}/history", path(&goal))).await;
    let kinds: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let wanted = [
        "check_in_changed",
        "check_in_removed",
        "check_in_changed",
        "check_in_added",
        "check_in_added",
        "check_in_added",
        "goal_created",
    ];
    assert_eq!(kinds, wanted);
}

#[tokio::test]
async fn another_kind_reads_the_log_anew() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    for body in [json!({ "value": 4, "day": "2026-02-28" }), json!({ "value": 3 }), json!({})] {
        check_in(&api, &ana, &goal, body).await;
    }
    let change = async |measure: Value| {
        let ask = Ask::patch(path(&goal), &json!({ "measure": measure })).by(&ana).with("if-match", "*");
        let changed = api.send(ask).await.is(200).json;
        (changed["current"].clone(), changed["check_ins"].clone())
    };
    assert_eq!(change(json!({ "target": 40 })).await, (json!(8), json!(3)));
    assert_eq!(change(json!({ "fold": "last" })).await, (json!(3), json!(3)), "the newest that has a value");
    assert_eq!(change(json!({ "kind": "habit" })).await, (json!(4), json!(3)), "what was done today");
    assert_eq!(change(json!({ "per": "month" })).await, (json!(4), json!(3)), "and in March");
    assert_eq!(change(json!(null)).await, (Value::Null, json!(3)));
    assert_eq!(change(json!({ "kind": "metric", "target": 20 })).await, (json!(8), json!(3)), "nothing was lost");
}

#[tokio::test]
async fn pages_are_turned() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    for value in 1..=5 {
        api.clock.advance(TimeDelta::seconds(1));
        check_in(&api, &ana, &goal, json!({ "value": value })).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shown(&api, &ana, format!("{}?limit=2{cursor}", log(&goal))).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|entry| entry["value"].as_i64().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    let refused = api.send(Ask::get(format!("{}?limit=0&cursor=x", log(&goal))).by(&ana)).await;
    assert_eq!(refused.refused(400, "invalid_query").errors(), ["/cursor invalid_format", "/limit out_of_range"]);
}

#[tokio::test]
async fn a_pace_explains_itself() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    for day in ["2026-02-27", "2026-02-28", "2026-03-01"] {
        check_in(&api, &ana, &goal, json!({ "value": 2, "day": day })).await;
    }
    api.clock.advance(TimeDelta::days(5));
    let ana = api.sign_in("ana").await;
    let pace = shown(&api, &ana, format!("{}/pace", path(&goal))).await;
    let expected = json!({
        "today": "2026-03-06", "current": 6, "progress": 0.3, "expected": 0.5, "health": "at_risk",
        "reasons": [
            { "code": "behind_plan", "params": { "days": 2 } }, { "code": "faster", "params": { "times": 1.4 } },
        ],
        "days_ahead": -2, "required_rate": 2.8, "next_safe_day": null, "forecast": null,
        "no_forecast": { "code": "too_short", "params": { "days": 5, "min": 7 } },
        "repairs": pace["repairs"], "streak": null,
    });
    assert_eq!(pace, expected);
    let raise = &pace["repairs"][0];
    assert_eq!((&raise["code"], &raise["params"]["rate"]), (&json!("raise_rate"), &json!(2.8)));
    assert_eq!(raise["params"]["days"], 5);
    assert!((raise["params"]["more"].as_f64().unwrap() - 0.8).abs() < 1e-9);
    let later = json!({ "code": "move_deadline", "params": { "to": "2026-03-12", "basis": "plan" } });
    assert_eq!(pace["repairs"][1], later);

    let tried = json!({ "deadline": "2026-03-12", "check_ins": [{ "value": 1 }] });
    let simulations = format!("{}/simulations", path(&goal));
    let after = api.send(Ask::post(&simulations, &tried).by(&ana)).await.is(200).json;
    assert_eq!((&after["health"], &after["current"], &after["days_ahead"]), (&json!("on_track"), &json!(7), &json!(0)));
    let paused = json!({ "pause_days": 2 });
    let after = api.send(Ask::post(&simulations, &paused).by(&ana)).await.is(200).json;
    assert_eq!((&after["health"], &after["required_rate"]), (&json!("off_track"), &json!(14.0 / 3.0)));
    let target = api.send(Ask::post(&simulations, &json!({ "target": 12 })).by(&ana)).await.is(200).json;
    assert_eq!((&target["health"], &target["progress"]), (&json!("on_track"), &json!(0.5)));
    assert_eq!(shown(&api, &ana, format!("{}/pace", path(&goal))).await, expected, "nothing was written");
    let bad = json!({
        "deadline": "2026-02-01", "target": 0, "pause_days": 9999, "check_ins": [{}, { "day": "2026-03-07" }],
    });
    let refused = api.send(Ask::post(&simulations, &bad).by(&ana)).await.refused(422, "validation_failed");
    assert_eq!(
        refused.errors(),
        ["/check_ins/1/day in_future", "/deadline before_start", "/pause_days out_of_range", "/target same_as_start"]
    );
}

#[tokio::test]
async fn a_habit_has_a_streak() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({ "title": "Run", "start": "2026-02-20", "measure": { "kind": "habit" } });
    let goal = api.goal(&ana, body).await;
    for day in ["2026-02-20", "2026-02-21", "2026-02-27", "2026-02-28"] {
        check_in(&api, &ana, &goal, json!({ "day": day })).await;
    }
    let pace = shown(&api, &ana, format!("{}/pace", path(&goal))).await;
    let streak = json!({
        "current": 2, "longest": 2, "from": "2026-02-20", "to": "2026-03-01", "periods": 10, "kept": 4,
    });
    assert_eq!(pace["streak"], streak);
    assert_eq!(
        (&pace["health"], &pace["progress"], &pace["no_forecast"]["code"]),
        (&json!("on_track"), &json!(0.0), &json!("no_target"))
    );
    let open = json!([{ "code": "quota_open", "params": { "missing": 1, "until": "2026-03-01" } }]);
    assert_eq!(pace["reasons"], open);
    api.clock.advance(TimeDelta::days(1));
    let ana = api.sign_in("ana").await;
    let late = shown(&api, &ana, path(&goal)).await;
    assert_eq!((&late["health"], &late["reasons"][1]["params"]), (&json!("at_risk"), &json!({ "periods": 1 })));
}

#[tokio::test]
async fn stats_count() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = book(&api, &ana).await;
    api.goal(&ana, json!({ "title": "Paint", "status": "achieved" })).await;
    let gone = api.goal(&ana, json!({ "title": "Sing" })).await;
    api.send(Ask::delete(path(&gone)).by(&ana).with("if-match", "*")).await.is(204);
    for day in ["2024-12-31", "2026-02-20", "2026-02-28", "2026-03-01", "2026-03-01"] {
        check_in(&api, &ana, &goal, json!({ "day": day })).await;
    }
    let stats = shown(&api, &ana, "/api/v1/stats").await;
    let expected = json!({
        "statuses": { "active": 1, "achieved": 1 }, "health": { "done": 1, "ahead": 1 }, "current_streak": 2,
        "longest_streak": 2, "from": "2025-03-01", "to": "2026-03-01",
        "days": [
            { "day": "2026-02-20", "check_ins": 1 }, { "day": "2026-02-28", "check_ins": 1 },
            { "day": "2026-03-01", "check_ins": 2 },
        ],
    });
    assert_eq!(stats, expected);
}

#[tokio::test]
async fn there_are_no_more_than_the_limit() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let meta = shown(&api, &ana, "/api/v1/meta").await;
    assert_eq!(meta["limits"]["check_ins_per_goal"], 10_000);
}

#[tokio::test]
async fn a_foreign_log_is_like_no_log() {
    let api = Api::new();
    let (ana, bob) = (api.user("ana").await, api.user("bob").await);
    let goal = book(&api, &ana).await;
    let entry = check_in(&api, &ana, &goal, json!({})).await;
    let nothing = json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8057" });
    let told = async |goal: &Value, entry: &Value| -> Vec<(u16, Value)> {
        let entry = format!("{}/{}", log(goal), entry["id"].as_str().unwrap());
        let mut told = Vec::new();
        for ask in [
            Ask::get(log(goal)),
            Ask::post(log(goal), &json!({})),
            Ask::get(&entry),
            Ask::patch(&entry, &json!({ "value": 1 })),
            Ask::delete(&entry),
            Ask::get(format!("{}/pace", path(goal))),
            Ask::post(format!("{}/simulations", path(goal)), &json!({})),
        ] {
            let Answer { status, mut json, .. } = api.send(ask.by(&bob)).await;
            json["request_id"] = Value::Null;
            told.push((status.as_u16(), json));
        }
        told
    };
    let foreign = told(&goal, &entry).await;
    assert_eq!(foreign, told(&nothing, &nothing).await);
    assert!(foreign.iter().all(|(status, _)| *status == 404), "{foreign:?}");
    api.send(Ask::get(format!("{}/x", log(&goal))).by(&ana)).await.refused(404, "not_found");
    assert_eq!(shown(&api, &ana, log(&goal)).await["items"], json!([entry]));
}
