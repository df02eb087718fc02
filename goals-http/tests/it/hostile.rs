use serde_json::json;

use crate::harness::{Api, Ask};

fn raw(body: impl Into<bytes::Bytes>) -> Ask {
    Ask::new("POST", "/api/v1/goals").body(body).with("content-type", "application/json")
}

#[tokio::test]
async fn only_strict_json_is_read() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let deep = format!("{{\"title\":\"x\",\"attributes\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let bodies: [&[u8]; 14] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"title\"",
        b"{\"title\":\"x\",}",
        b"{\"title\":\"x\"}{}",
        b"{\"title\":\"x\",\"title\":\"y\"}",
        b"{\"title\":\"x\",\"priority\":NaN}",
        b"{\"title\":\"\xff\"}",
        b"{\"title\":\"\\ud800\"}",
        b"\xef\xbb\xbf{\"title\":\"x\"}",
        b"{\"title\":\"x\",\"attributes\":{\"a\":1,\"\\u0061\":2}}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let answer = api.send(raw(body.to_vec()).by(&ana)).await;
        answer.refused(400, "malformed_json");
    }
}

#[tokio::test]
async fn text_is_refused_or_kept_exactly() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for title in ["a\u{0}b", "a\u{202e}b", "a\u{200b}b", "a\nb", "\u{feff}a", "a\u{7f}"] {
        let refused = api.send(Ask::post("/api/v1/goals", &json!({ "title": title })).by(&ana)).await;
        assert_eq!(refused.refused(422, "validation_failed").errors(), ["/title invalid_characters"], "{title:?}");
    }
    for title in ["' OR 1=1; --", "<script>alert(1)</script>", "${jndi:ldap://x}", "日本語 ✓", "\\u0000", "a\"b"] {
        assert_eq!(api.goal(&ana, json!({ "title": title })).await["title"], title);
    }
    let attributes = json!({ "title": "x", "attributes": { "note": "a\u{0}" } });
    let refused = api.send(Ask::post("/api/v1/goals", &attributes).by(&ana)).await;
    assert_eq!(refused.refused(422, "validation_failed").errors(), ["/attributes/note invalid_characters"]);
}

#[tokio::test]
async fn numbers_are_kept_exactly_or_refused() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for number in ["5", "-0.05", "999999999999999", "21.0975", "1e3"] {
        let body = format!(r#"{{"title":"n {number}","allow_duplicate":true,"attributes":{{"n":{number}}}}}"#);
        let made = api.send(raw(body).by(&ana)).await.is(201);
        let kept = if number == "1e3" { "1000" } else { number };
        let text = String::from_utf8(made.bytes.to_vec()).unwrap();
        assert!(text.contains(&format!(r#""n":{kept}}}"#)), "{text}");
    }
    for number in ["1e400", "0.1234567", "1000000000000000", "0.30000000000000004"] {
        let body = format!(r#"{{"title":"x","attributes":{{"n":{number}}}}}"#);
        let refused = api.send(raw(body).by(&ana)).await.refused(422, "validation_failed");
        assert_eq!(refused.errors(), ["/attributes/n invalid_number"], "{number}");
    }
}

#[tokio::test]
async fn a_thousand_mistakes_do_not_make_a_long_answer() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let body = json!({ "title": "x", "tags": vec![0; 10_000] });
    let refused = api.send(Ask::post("/api/v1/goals", &body).by(&ana)).await.refused(422, "validation_failed");
    assert_eq!(refused.errors().len(), 100);
}

#[tokio::test]
async fn a_body_is_bounded() {
    let api = Api::with(|builder| builder.body_limit(1000));
    let ana = api.user("ana").await;
    let body = json!({ "title": "x", "description": "x".repeat(1000) });
    let refused = api.send(Ask::post("/api/v1/goals", &body).by(&ana)).await.refused(413, "body_too_large");
    assert_eq!(refused.json["max"], 1000);
    let fits = json!({ "title": "x", "description": "x".repeat(900) });
    api.send(Ask::post("/api/v1/goals", &fits).by(&ana)).await.is(201);
}

#[tokio::test]
async fn a_body_is_json_and_says_so() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let bare = Ask::new("POST", "/api/v1/goals").body(r#"{"title":"x"}"#).by(&ana);
    api.send(bare.clone()).await.refused(415, "unsupported_media_type");
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json"] {
        api.send(bare.clone().with("content-type", media_type)).await.refused(415, "unsupported_media_type");
    }
    let packed = raw(r#"{"title":"x"}"#).by(&ana).with("content-encoding", "gzip");
    api.send(packed).await.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn nobody_is_let_in_before_the_body_is_read() {
    let api = Api::new();
    let refused = api.send(raw(vec![b'x'; 1 << 20])).await.refused(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn what_is_not_there_is_said_as_a_problem() {
    let api = Api::new();
    for path in [
        "/api/v1/nothing",
        "/api/v1/goals/",
        "/api/v2/goals",
        "/goals",
        "//",
        "/api/v1//goals",
        "/assets/x",
        "/../etc/passwd",
        "/%2e%2e/",
    ] {
        api.send(Ask::get(path)).await.refused(404, "not_found");
    }
    let refused = api.send(Ask::new("TRACE", "/api/v1/goals")).await.refused(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "GET, HEAD, POST");
    let refused = api.send(Ask::new("OPTIONS", "/api/v1/users/me")).await.refused(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "GET, HEAD, PATCH, DELETE");
    assert!(!refused.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let paths = ["/api/v1/goals", "/api/v1/nothing", "/healthz", "/api/v1/session", "/"];
    for path in paths {
        for ask in [Ask::get(path), Ask::get(path).by(&ana), Ask::new("PUT", path)] {
            let answer = api.send(ask).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin");
            assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
            assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
            assert!(answer.header("permissions-policy").contains("camera=()"));
            assert!(!answer.headers.contains_key("strict-transport-security"));
            let cached = if path == "/" && answer.status == 200 { "no-cache" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), cached, "{path}");
        }
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_if_it_is_harmless() {
    let api = Api::new();
    let given = api.send(Ask::get("/healthz").with("x-request-id", "abc-123_X.9")).await;
    assert_eq!(given.header("x-request-id"), "abc-123_X.9");
    for bad in ["", "a b", "a\"b", "<x>", &"x".repeat(65)] {
        let made = api.send(Ask::get("/healthz").with("x-request-id", bad)).await;
        assert_eq!(made.header("x-request-id").len(), 24, "{bad}");
    }
    let [one, two] = [api.send(Ask::get("/healthz")).await, api.send(Ask::get("/healthz")).await];
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let api = Api::new();
    let ana = api.user("ana").await;
    for path in ["/", "/healthz", "/api/v1/meta", "/api/v1/goals", "/api/v1/users/me"] {
        let get = api.send(Ask::get(path).by(&ana)).await.is(200);
        let head = api.send(Ask::new("HEAD", path).by(&ana)).await.is(200);
        assert!(head.bytes.is_empty());
        assert_eq!(head.header("content-length"), get.bytes.len().to_string(), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
}
