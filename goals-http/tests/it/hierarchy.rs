//! Goals under goals.

use serde_json::{Value, json};

use crate::harness::{Api, Ask, User};

fn path(goal: &Value) -> String {
    format!("/api/v1/goals/{}", goal["id"].as_str().unwrap())
}

fn change(goal: &Value, body: &Value, user: &User) -> Ask {
    Ask::patch(path(goal), body).by(user).with("if-match", "*")
}

async fn titles(api: &Api, user: &User, query: &str) -> Vec<String> {
    let answer = api.send(Ask::get(format!("/api/v1/goals?sort=title&{query}")).by(user)).await.is(200);
    answer.json["items"].as_array().unwrap().iter().map(|goal| goal["title"].as_str().unwrap().to_owned()).collect()
}

/// Goals one under the other.
async fn chain(api: &Api, user: &User, titles: &[&str]) -> Vec<Value> {
    let mut chain: Vec<Value> = Vec::new();
    for title in titles {
        let parent = chain.last().map_or(Value::Null, |parent| parent["id"].clone());
        chain.push(api.goal(user, json!({ "title": title, "parent": parent })).await);
    }
    chain
}

#[tokio::test]
async fn a_goal_has_parts() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let [book, chapter] = &*chain(&api, &ana, &["Book", "Chapter"]).await else { panic!() };
    assert_eq!((&book["parent"], &chapter["parent"]), (&Value::Null, &book["id"]));
    api.goal(&ana, json!({ "title": "Another", "parent": book["id"] })).await;
    let book_id = book["id"].as_str().unwrap();
    assert_eq!(titles(&api, &ana, &format!("parent={book_id}")).await, ["Another", "Chapter"]);
    assert_eq!(titles(&api, &ana, "parent=none").await, ["Book"]);
    assert_eq!(titles(&api, &ana, "").await, ["Another", "Book", "Chapter"]);
    let alone = api.send(change(chapter, &json!({ "parent": null }), &ana)).await.is(200);
    assert_eq!((&alone.json["parent"], &alone.json["version"]), (&Value::Null, &json!(2)));
    assert_eq!(titles(&api, &ana, "parent=none").await, ["Book", "Chapter"]);
    let refused = api.send(Ask::get("/api/v1/goals?parent=book").by(&ana)).await.refused(400, "invalid_query");
    assert_eq!(refused.errors(), ["/parent invalid_format"]);
}

#[tokio::test]
async fn a_wrong_parent_is_named() {
    let api = Api::new();
    let (ana, rui) = (api.user("ana").await, api.user("rui").await);
    let five = chain(&api, &ana, &["A", "B", "C", "D", "E"]).await;
    let ruis = api.goal(&rui, json!({ "title": "Rui's" })).await;
    let unknown = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    for parent in [&ruis["id"], &unknown] {
        let made = Ask::post("/api/v1/goals", &json!({ "title": "F", "parent": parent })).by(&ana);
        for ask in [made, change(&five[4], &json!({ "parent": parent }), &ana)] {
            let refused = api.send(ask).await.refused(422, "validation_failed");
            assert_eq!(refused.errors(), ["/parent unknown_goal"]);
        }
    }
    for below in &five {
        let refused = api.send(change(&five[0], &json!({ "parent": below["id"] }), &ana)).await;
        assert_eq!(refused.refused(422, "validation_failed").errors(), ["/parent cycle"]);
    }
    let deep = Ask::post("/api/v1/goals", &json!({ "title": "F", "parent": five[4]["id"] })).by(&ana);
    let refused = api.send(deep).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/parent too_deep"]);
    assert_eq!(refused.json["errors"][0]["params"], json!({ "max": 5 }));
    let meta = api.send(Ask::get("/api/v1/meta")).await.is(200);
    assert_eq!(meta.json["limits"]["levels"], 5);
}

#[tokio::test]
async fn the_same_title_may_stand_elsewhere() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let [one, two] = &*chain(&api, &ana, &["Read", "Read"]).await else { panic!() };
    let again = Ask::post("/api/v1/goals", &json!({ "title": "read!", "parent": one["id"] })).by(&ana);
    let refused = api.send(again).await.refused(409, "duplicate_goal");
    assert_eq!(refused.json["existing_id"], two["id"]);
    let refused = api.send(change(two, &json!({ "parent": null }), &ana)).await.refused(409, "duplicate_goal");
    assert_eq!(refused.json["existing_id"], one["id"]);
}

#[tokio::test]
async fn parts_share_the_trash() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let [book, chapter, section] = &*chain(&api, &ana, &["Book", "Chapter", "Section"]).await else { panic!() };
    let gone = Ask::delete(path(book)).by(&ana).with("if-match", "\"1\"");
    assert_eq!(api.send(gone).await.is(204).header("etag"), "\"2\"");
    assert_eq!(titles(&api, &ana, "").await, [""; 0]);
    assert_eq!(titles(&api, &ana, "trash=true").await, ["Book", "Chapter", "Section"]);
    let below = Ask::post("/api/v1/goals", &json!({ "title": "Page", "parent": section["id"] })).by(&ana);
    let refused = api.send(below).await.refused(422, "validation_failed");
    assert_eq!(refused.errors(), ["/parent in_trash"]);
    let moved = api.send(change(section, &json!({ "parent": null }), &ana)).await.refused(422, "validation_failed");
    assert_eq!(moved.errors(), ["/parent in_trash"]);
    let restore = |goal: &Value| Ask::new("POST", format!("{}/restore", path(goal))).by(&ana);
    assert_eq!(api.send(restore(section)).await.is(200).json["parent"], Value::Null);
    assert_eq!(titles(&api, &ana, "trash=true").await, ["Book", "Chapter"]);
    assert_eq!(api.send(restore(book)).await.is(200).json["version"], 3);
    assert_eq!(titles(&api, &ana, "").await, ["Book", "Chapter", "Section"]);
    let purge = Ask::new("POST", format!("{}/purge", path(book))).by(&ana);
    api.send(purge).await.is(204);
    api.send(Ask::get(path(chapter)).by(&ana)).await.refused(404, "not_found");
    assert_eq!(titles(&api, &ana, "").await, ["Section"]);
}

#[tokio::test]
async fn what_nearly_says_the_same_is_told() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let first = api.goal(&ana, json!({ "title": "Read 12 books" })).await;
    assert_eq!(first.get("warnings"), None);
    let second = api.goal(&ana, json!({ "title": "Read 12 book" })).await;
    let warning = json!({ "code": "similar_goal", "existing_id": first["id"], "title": "Read 12 books" });
    assert_eq!(second["warnings"], json!([warning]));
    assert_eq!(api.goal(&ana, json!({ "title": "Read 121 books" })).await.get("warnings"), None);
    let below = json!({ "title": "Read 12 books", "parent": first["id"] });
    assert_eq!(api.goal(&ana, below).await.get("warnings"), None, "elsewhere it is another thing");
    let twin = api.goal(&ana, json!({ "title": "read 12 BOOKS", "allow_duplicate": true })).await;
    assert_eq!(twin["warnings"].as_array().unwrap().len(), 2);
    assert!(api.send(Ask::get(path(&twin)).by(&ana)).await.is(200).json.get("warnings").is_none());
}
