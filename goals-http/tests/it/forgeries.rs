//! Tokens that are not ours, from outside.

use std::sync::Arc;

use goals_core::testing::{ManualClock, PlainHasher, SequentialIds, now};
use goals_core::{Accounts, JwtCodec, JwtKey, MemoryStore};
use serde_json::json;

use crate::harness::{Answer, Api, Ask, KEY, PASSWORD, User, builder};

const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----";

/// People whose tokens are sealed in one way and then in another.
struct People {
    store: Arc<MemoryStore>,
    ids: Arc<SequentialIds>,
    clock: Arc<ManualClock>,
}

impl People {
    fn new() -> Self {
        Self { store: Arc::default(), ids: Arc::default(), clock: Arc::new(ManualClock::at(now())) }
    }

    fn api(&self, tokens: JwtCodec) -> Api {
        let (clock, hasher) = (Arc::clone(&self.clock), Arc::new(PlainHasher::default()));
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        let accounts = Accounts::new(store, hasher.clone(), Arc::new(tokens), clock.clone(), ids);
        let service = builder(accounts, &clock, Arc::clone(&self.store) as _, 1000).build().unwrap();
        Api { service, clock, hasher }
    }
}

fn secret() -> JwtKey {
    JwtKey::secret(KEY).unwrap()
}

fn pair() -> JwtKey {
    JwtKey::ed25519_pem(ED25519).unwrap()
}

fn sealed_by(key: JwtKey) -> JwtCodec {
    JwtCodec::new(key, "goals", "goals")
}

fn base64(text: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(text.as_bytes())
}

async fn with_token(api: &Api, token: &str) -> Answer {
    let user = User { access: token.to_owned(), refresh: String::new() };
    api.send(Ask::get("/api/v1/goals").by(&user)).await
}

#[tokio::test]
async fn a_forged_token_is_nobody() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let (rest, signature) = ana.access.rsplit_once('.').unwrap();
    let (header, payload) = rest.split_once('.').unwrap();
    let kid = secret().id().to_owned();
    let ours = format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"{kid}"}}"#);
    assert_eq!(base64(&ours), header, "this is the header that the changes below begin with");
    let mut forged = vec![rest.to_owned(), format!("{rest}."), format!("{}x", ana.access), String::new()];
    for change in [
        ("HS256", "none"),
        ("HS256", "nOnE"),
        ("HS256", "HS384"),
        ("HS256", "RS256"),
        ("HS256", "EdDSA"),
        ("at+jwt", "JWT"),
        (&*kid, "other"),
        (&*kid, "../../../dev/null"),
        ("}", r#","crit":["exp"]}"#),
        ("}", r#","jku":"http://192.0.2.66/keys"}"#),
        ("}", r#","x5u":"http://192.0.2.66/cert"}"#),
        ("}", r#","jwk":{"kty":"oct","k":"AA"}}"#),
    ] {
        let header = base64(&ours.replace(change.0, change.1));
        forged.push(format!("{header}.{payload}."));
        forged.push(format!("{header}.{payload}.{signature}"));
    }
    for token in forged {
        let refused = with_token(&api, &token).await.refused(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    with_token(&api, &ana.access).await.is(200);
}

/// Nothing personal: a token may end up in a log.
#[tokio::test]
async fn a_token_says_no_more_than_it_must() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let payload = ana.access.split('.').nth(1).unwrap();
    let payload = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let mut members: Vec<_> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["aud", "exp", "iat", "iss", "sid", "sub"]);
    assert_eq!(payload["exp"].as_i64().unwrap() - payload["iat"].as_i64().unwrap(), 900);
}

#[tokio::test]
async fn a_token_travels_in_the_header_or_the_cookie_alone() {
    let api = Api::new();
    let ana = api.user("ana").await;
    let token = &ana.access;
    api.send(Ask::get(format!("/api/v1/goals?access_token={token}"))).await.refused(401, "unauthenticated");
    api.send(Ask::get("/api/v1/goals").with("x-access-token", token)).await.refused(401, "unauthenticated");
    api.send(Ask::get("/api/v1/goals").with("cookie", format!("goals={token}"))).await.refused(401, "unauthenticated");
    let body = json!({ "title": "Read", "access_token": token });
    api.send(Ask::post("/api/v1/goals", &body)).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn public_keys_are_there_for_others() {
    let (people, path) = (People::new(), "/.well-known/jwks.json");
    let by_secret = people.api(sealed_by(secret()));
    by_secret.send(Ask::get(path)).await.refused(404, "not_found");
    let api = people.api(sealed_by(pair()));
    let set = api.send(Ask::get(path)).await.is(200);
    assert_eq!(set.header("content-type"), "application/jwk-set+json");
    assert_eq!(set.header("cache-control"), "public, max-age=300");
    let key = &set.json["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert!(key.get("d").is_none() && set.json["keys"].as_array().unwrap().len() == 1);
    let ana = api.user("ana").await;
    let header = data_encoding::BASE64URL_NOPAD.decode(ana.access.split('.').next().unwrap().as_bytes()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["kid"], key["kid"], "a token says which key opens it");
    with_token(&api, &ana.access).await.is(200);
    with_token(&by_secret, &ana.access).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_is_changed_under_way() {
    let people = People::new();
    let ana = people.api(sealed_by(secret())).user("ana").await;
    let prepared = people.api(sealed_by(secret()).accepting(pair()));
    let turned = people.api(sealed_by(pair()).accepting(secret()));
    let again = turned.sign_in("ana").await;
    for api in [&prepared, &turned] {
        with_token(api, &ana.access).await.is(200);
        with_token(api, &again.access).await.is(200);
    }
    let done = people.api(sealed_by(pair()));
    with_token(&done, &again.access).await.is(200);
    with_token(&done, &ana.access).await.refused(401, "unauthenticated");
    let body = json!({ "refresh_token": ana.refresh });
    done.send(Ask::post("/api/v1/sessions/refresh", &body)).await.is(200);
    let log_in = json!({ "login": "ana", "password": PASSWORD });
    done.send(Ask::post("/api/v1/sessions", &log_in)).await.is(201);
}
