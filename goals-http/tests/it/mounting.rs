//! Inside another program's service.

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use goals_core::MemoryStore;
use goals_core::testing::{ManualClock, PlainHasher, now};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tower::ServiceExt as _;

use crate::harness::{Api, Ask, accounts, builder};

#[tokio::test]
async fn under_a_prefix_of_axum_everything_works() {
    let api = Api::with(|builder| builder.base_path("/apps/goals/"));
    let ana = api.user("ana").await;
    let app = Router::new().nest_service("/apps/goals", api.service.clone());
    let request = Request::post("/apps/goals/api/v1/goals")
        .header("authorization", format!("Bearer {}", ana.access))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(json!({ "title": "Run" }).to_string())))
        .unwrap();
    let made = app.clone().oneshot(request).await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("/apps/goals/api/v1/goals/"), "{location}");
    let request = Request::get(location)
        .header("authorization", format!("Bearer {}", ana.access))
        .body(Full::<Bytes>::default())
        .unwrap();
    assert_eq!(app.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    for path in ["/apps/goals", "/apps/goals/"] {
        let request = Request::get(path).body(Full::<Bytes>::default()).unwrap();
        let page = app.clone().oneshot(request).await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let html = page.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&html).contains("<base href=\"/apps/goals/\">"));
    }
}

#[test]
fn a_base_path_is_a_path() {
    let (clock, hasher) = (Arc::new(ManualClock::at(now())), Arc::new(PlainHasher::default()));
    for path in ["goals", "/a b", "/<", "/a\"b", "/é", "https://example.org"] {
        let builder = builder(accounts(&clock, &hasher), &clock, Arc::new(MemoryStore::new()), 1000);
        assert!(builder.base_path(path).build().is_err(), "{path}");
    }
}

#[tokio::test]
async fn hyper_takes_it_as_it_is() {
    use hyper::service::Service as _;

    let api = Api::new();
    let request = Request::get("/healthz").body(Full::<Bytes>::default()).unwrap();
    assert_eq!(api.service.call(request).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn without_a_peer_it_still_answers() {
    let api = Api::with(|builder| builder);
    let request = Request::get("/healthz").body(Full::<Bytes>::default()).unwrap();
    assert_eq!(api.service.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    api.send(Ask::get("/healthz")).await.is(200);
}
