//! What a real store does not do at will.

use std::sync::Arc;

use goals_core::testing::{ManualClock, MockGoalRepository, PlainHasher, SequentialIds, now};
use goals_core::{Accounts, Goals, StoreError};
use goals_http::{Draining, GoalsApi};
use http::Request;
use http_body_util::Empty;
use serde_json::json;
use tower::ServiceExt as _;

use crate::away::Away;
use crate::harness::{Api, Ask, PASSWORD, accounts, builder, tokens};

/// An API whose people are in memory and whose goals are in `store`.
fn over(store: MockGoalRepository) -> Api {
    let clock = Arc::new(ManualClock::at(now()));
    let hasher = Arc::new(PlainHasher::default());
    let service = builder(accounts(&clock, &hasher), &clock, Arc::new(store), 1000).build().unwrap();
    Api { service, clock, hasher }
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_health_is_not() {
    let mut store = MockGoalRepository::new();
    store.expect_list().returning(|_, _| Err(StoreError::Unavailable("tcp connect to 10.0.0.5:5432".into())));
    store.expect_ping().returning(|| Err(StoreError::Unavailable("tcp connect to 10.0.0.5:5432".into())));
    let api = over(store);
    let ana = api.user("ana").await;
    for ask in [Ask::get("/api/v1/goals").by(&ana), Ask::get("/readyz")] {
        let refused = api.send(ask).await.refused(503, "store_unavailable");
        assert_eq!(refused.header("retry-after"), "2");
        assert!(!String::from_utf8_lossy(&refused.bytes).contains("10.0.0.5"));
    }
    api.send(Ask::get("/healthz")).await.is(200);
}

#[tokio::test]
async fn an_outage_signs_nobody_out() {
    let (ids, clock) = (Arc::new(SequentialIds::default()), Arc::new(ManualClock::at(now())));
    let hasher = Arc::new(PlainHasher::default());
    let accounts = Accounts::new(Arc::new(Away), hasher, tokens(), clock.clone(), ids.clone());
    let goals = Goals::new(Arc::new(MockGoalRepository::new()), clock, ids);
    let service = GoalsApi::builder(accounts, goals).build().unwrap();
    let ana = Api::new().user("ana").await;
    for path in ["/api/v1/session", "/api/v1/goals", "/api/v1/users/me"] {
        Ask::get(path).by(&ana).send(service.clone()).await.refused(503, "store_unavailable");
    }
    let log_in = Ask::post("/api/v1/sessions", &json!({ "login": "ana", "password": PASSWORD }));
    log_in.send(service).await.refused(503, "store_unavailable");
}

#[tokio::test]
async fn a_fault_of_ours_tells_nothing() {
    let mut store = MockGoalRepository::new();
    store.expect_insert().returning(|_, _, _, _| Err(StoreError::Backend("relation \"goals\" does not exist".into())));
    let api = over(store);
    let ana = api.user("ana").await;
    let refused = api.send(Ask::post("/api/v1/goals", &json!({ "title": "x" })).by(&ana)).await;
    let refused = refused.refused(500, "internal");
    assert!(!String::from_utf8_lossy(&refused.bytes).contains("relation"));
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_lives() {
    let mut store = MockGoalRepository::new();
    store.expect_count().returning(|_| panic!("a bug"));
    let api = over(store);
    let ana = api.user("ana").await;
    let refused = api.send(Ask::get("/api/v1/users/me/limits").by(&ana)).await.refused(500, "internal");
    assert!(!String::from_utf8_lossy(&refused.bytes).contains("bug"));
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
    api.send(Ask::get("/api/v1/users/me").by(&ana)).await.is(200);
}

#[tokio::test]
async fn invalid_input_never_reaches_the_store() {
    // A mock without expectations panics when it is called.
    let api = over(MockGoalRepository::new());
    let ana = api.user("ana").await;
    for ask in [
        Ask::post("/api/v1/goals", &json!({ "title": "" })),
        Ask::get("/api/v1/goals?limit=0"),
        Ask::get("/api/v1/goals/x"),
        Ask::patch("/api/v1/goals/01890a5d-ac96-774b-bcce-b302099a8057", &json!({ "color": "pink" })),
        Ask::delete("/api/v1/goals/01890a5d-ac96-774b-bcce-b302099a8057"),
    ] {
        let answer = api.send(ask.by(&ana)).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_listener_that_stops_is_not_ready() {
    let api = Api::new();
    let mut request = Request::get("/readyz").body(Empty::<bytes::Bytes>::new()).unwrap();
    let stopping = tokio::sync::watch::Sender::new(false);
    request.extensions_mut().insert(Draining::from(stopping.subscribe()));
    assert_eq!(api.service.clone().oneshot(request.clone()).await.unwrap().status(), 200);
    stopping.send_replace(true);
    let response = api.service.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 503);
    api.send(Ask::get("/readyz")).await.is(200);
}
