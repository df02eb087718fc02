//! Many operations in one body.

use serde_json::{Value, json};

use crate::harness::{Answer, Api, Ask, User};

async fn bulk(api: &Api, user: &User, operations: Value) -> Answer {
    api.send(Ask::post("/api/v1/goals/bulk", &json!({ "operations": operations })).by(user)).await
}

async fn titles(api: &Api, user: &User) -> Vec<String> {
    let answer = api.send(Ask::get("/api/v1/goals?sort=title").by(user)).await.is(200);
    answer.json["items"].as_array().unwrap().iter().map(|goal| goal["title"].as_str().unwrap().to_owned()).collect()
}

const BOOK: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn many_things_happen_together() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let old = api.goal(&ana, json!({ "title": "Old" })).await;
    let done = bulk(
        &api,
        &ana,
        json!([
            { "op": "create", "goal": { "id": BOOK, "title": "Book" } },
            { "op": "create", "goal": { "title": "Chapter", "parent": BOOK } },
            { "op": "update", "id": BOOK, "version": 1, "changes": { "title": "Tome" } },
            { "op": "delete", "id": old["id"], "version": "*" },
            { "op": "restore", "id": BOOK },
        ]),
    );
    let items = done.await.is(200).json["items"].clone();
    let said: Vec<_> = items.as_array().unwrap().iter().map(|goal| (&goal["title"], &goal["version"])).collect();
    let expected =
        [("Book", 1), ("Chapter", 1), ("Tome", 2), ("Old", 2), ("Tome", 2)].map(|(t, v)| (json!(t), json!(v)));
    assert_eq!(said, expected.iter().map(|(title, version)| (title, version)).collect::<Vec<_>>());
    assert_eq!(items[1]["parent"], BOOK);
    assert_eq!(titles(&api, &ana).await, ["Chapter", "Tome"]);
    bulk(&api, &ana, json!([])).await.is(200);
}

#[tokio::test]
async fn one_refusal_is_all_it_takes() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let goal = api.goal(&ana, json!({ "title": "Read" })).await;
    let new = json!({ "op": "create", "goal": { "title": "New" } });
    let again = json!({ "op": "create", "goal": { "title": "read!" } });
    let refused = bulk(&api, &ana, json!([new, again])).await.refused(409, "duplicate_goal");
    assert_eq!((&refused.json["existing_id"], &refused.json["pointer"]), (&goal["id"], &json!("/operations/1")));
    let stale = json!({ "op": "delete", "id": goal["id"], "version": 7 });
    let refused = bulk(&api, &ana, json!([new, stale])).await.refused(412, "stale_version");
    assert_eq!((&refused.json["current"]["id"], &refused.json["pointer"]), (&goal["id"], &json!("/operations/1")));
    let lost = json!({ "op": "update", "id": goal["id"], "version": 1, "changes": { "parent": BOOK } });
    let refused = bulk(&api, &ana, json!([new, lost])).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/operations/1/changes/parent unknown_goal"]);
    let unknown = json!({ "op": "restore", "id": BOOK });
    let refused = bulk(&api, &ana, json!([unknown, new])).await.refused(404, "not_found");
    assert_eq!(refused.json["pointer"], "/operations/0");
    assert_eq!(titles(&api, &ana).await, ["Read"]);
}

#[tokio::test]
async fn everything_wrong_is_said_at_once() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let operations = json!([
        { "op": "create", "goal": { "title": "", "tags": [1], "x": 1 }, "id": BOOK },
        { "op": "update", "id": "?", "version": -1, "changes": { "status": "done", "title": null } },
        { "op": "update", "id": BOOK, "version": 1 },
        { "op": "delete", "id": BOOK },
        { "op": "purge", "id": BOOK },
        { "id": BOOK },
        7,
    ]);
    let refused = bulk(&api, &ana, operations).await.refused(422, "validation_failed");
    let expected = [
        "/operations/0/goal/tags/0 invalid_type",
        "/operations/0/goal/title required",
        "/operations/0/goal/x unknown_field",
        "/operations/0/id unknown_field",
        "/operations/1/changes/status invalid_choice",
        "/operations/1/changes/title required",
        "/operations/1/id invalid_format",
        "/operations/1/version invalid_type",
        "/operations/2/changes required",
        "/operations/3/version required",
        "/operations/4/op invalid_choice",
        "/operations/5/id unknown_field",
        "/operations/5/op required",
        "/operations/6 invalid_type",
    ];
    assert_eq!(refused.errors(), expected);
    let many = vec![json!({ "op": "restore", "id": BOOK }); 101];
    let refused = bulk(&api, &ana, json!(many)).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/operations too_many"]);
    api.send(Ask::post("/api/v1/goals/bulk", &json!({})).by(&ana)).await.refused(422, "validation_failed");
    let meta = api.send(Ask::get("/api/v1/meta")).await.is(200);
    assert_eq!(meta.json["limits"]["bulk_operations"], 100);
}
