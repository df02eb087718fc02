use std::io::Read as _;

use serde_json::json;

use crate::harness::{Api, Ask};

#[tokio::test]
async fn the_page_and_everything_it_names_is_served() {
    let api = Api::new();
    let index = api.send(Ask::get("/")).await.is(200);
    assert_eq!(index.header("content-type"), "text/html; charset=utf-8");
    let policy = index.header("content-security-policy");
    for rule in
        ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    let html = String::from_utf8(index.bytes.to_vec()).unwrap();
    let named: Vec<_> = html.split(['"']).filter(|text| text.starts_with("assets/")).collect();
    assert!(!named.is_empty());
    for path in named {
        let asset = api.send(Ask::get(format!("/{path}"))).await.is(200);
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        let kind = asset.header("content-type");
        assert!(
            ["text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"].contains(&kind),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_second_visit_costs_next_to_nothing() {
    let api = Api::new();
    let first = api.send(Ask::get("/")).await.is(200);
    assert_eq!(first.header("cache-control"), "no-cache");
    let again = api.send(Ask::get("/?again").with("if-none-match", first.header("etag"))).await.is(304);
    assert!(again.bytes.is_empty());
}

#[tokio::test]
async fn what_travels_is_compressed_for_who_takes_it() {
    let api = Api::new();
    let html = String::from_utf8(api.send(Ask::get("/")).await.bytes.to_vec()).unwrap();
    let script = html.split('"').find(|text| text.ends_with("main.js")).unwrap();
    for path in ["/".to_owned(), format!("/{script}")] {
        let plain = api.send(Ask::get(&path)).await.is(200);
        let packed = api.send(Ask::get(&path).with("accept-encoding", "gzip, br")).await.is(200);
        assert_eq!(packed.header("content-encoding"), "gzip");
        assert!(!plain.headers.contains_key("content-encoding"));
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed.bytes[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.bytes);
        assert!(packed.bytes.len() * 3 < plain.bytes.len() * 2, "{path}");

        // A cache must not mix them up, and neither counts as the other.
        assert_ne!(plain.header("etag"), packed.header("etag"));
        let known =
            |encoding| Ask::get(&path).with("accept-encoding", encoding).with("if-none-match", packed.header("etag"));
        let same = api.send(known("gzip")).await.is(304);
        for answer in [&plain, &packed, &same, &api.send(known("identity")).await.is(200)] {
            assert_eq!(answer.header("vary"), "Accept-Encoding");
        }
        let head = api.send(Ask::new("HEAD", &path).with("accept-encoding", "gzip")).await.is(200);
        assert_eq!(head.header("content-length"), packed.bytes.len().to_string());
        assert_eq!(head.header("etag"), packed.header("etag"));
        assert!(head.bytes.is_empty());
    }
}

#[tokio::test]
async fn an_asset_of_another_version_is_not_there() {
    let api = Api::new();
    for path in ["/assets/0000000000000000/js/main.js", "/assets/js/main.js", "/js/main.js", "/assets/"] {
        api.send(Ask::get(path)).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_page_can_be_left_out() {
    let api = Api::with(|builder| builder.page(false));
    api.send(Ask::get("/")).await.refused(404, "not_found");
    api.send(Ask::get("/healthz")).await.is(200);
}

#[tokio::test]
async fn a_client_hard_codes_nothing() {
    let api = Api::limited(12, |builder| builder.storage("memory"));
    let meta = api.send(Ask::get("/api/v1/meta")).await.is(200).json;
    assert_eq!(meta["limits"]["goals_per_owner"], 12);
    assert_eq!(meta["limits"]["body_bytes"], 65_536);
    assert_eq!(meta["storage"], "memory");
    assert_eq!(meta["priorities"], json!(["none", "low", "medium", "high"]));
    let closed = json!({ "status": "achieved", "transitions": ["active", "missed", "dropped"], "closed": true });
    assert!(meta["statuses"].as_array().unwrap().contains(&closed));
    for code in ["validation_failed", "duplicate_goal", "stale_version", "store_unavailable"] {
        assert!(meta["problem_codes"].as_array().unwrap().contains(&json!(code)));
    }
}
