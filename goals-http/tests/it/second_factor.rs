//! The second factor.

use chrono::TimeDelta;
use goals_core::testing::now;
use serde_json::{Value, json};
use totp_rs::{Builder, Totp};

use crate::harness::{Answer, Api, Ask, PASSWORD, User};

/// A device that has been given a secret.
struct Device(Totp);

impl Device {
    fn with(secret: &str) -> Self {
        let secret: [u8; 20] = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap().try_into().unwrap();
        Self(Builder::new().with_secret(secret).build().unwrap())
    }

    /// What it shows so many seconds after all tests begin.
    fn code(&self, after: i64) -> String {
        self.0.generate(u64::try_from(now().timestamp() + after).unwrap()).to_string()
    }
}

async fn ask(api: &Api, by: &User, method: &str, body: Value) -> Answer {
    api.send(Ask::new(method, "/api/v1/two-factor").json(&body).by(by)).await
}

async fn enrol(api: &Api, user: &User) -> Device {
    let answer = ask(api, user, "POST", json!({ "password": PASSWORD })).await.is(201);
    let secret = answer.json["secret"].as_str().unwrap();
    let uri = format!("otpauth://totp/goals:ana?secret={secret}&issuer=goals");
    assert_eq!(answer.json["otpauth_uri"], uri);
    Device::with(secret)
}

/// Somebody with a second factor: their session, their device and their recovery codes. The code
/// of the first half minute is used.
async fn ana(api: &Api) -> (User, Device, Vec<String>) {
    let ana = api.user("ana").await;
    let device = enrol(api, &ana).await;
    let on = ask(api, &ana, "PUT", json!({ "code": device.code(0) })).await.is(200);
    let codes = on.json["recovery_codes"].as_array().unwrap();
    (ana, device, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

async fn log_in(api: &Api, password: &str, code: Option<&str>) -> Answer {
    api.send(Ask::post("/api/v1/sessions", &json!({ "login": "ana", "password": password, "code": code }))).await
}

#[tokio::test]
async fn it_is_set_up_with_the_password_and_a_code() {
    let api = Api::new();
    let ana = api.user("ana").await;
    ask(&api, &ana, "POST", json!({ "password": "wrong" })).await.refused(401, "bad_credentials");
    ask(&api, &ana, "PUT", json!({ "code": "123456" })).await.refused(404, "not_found");
    let first = enrol(&api, &ana).await;
    log_in(&api, PASSWORD, None).await.is(201);
    let device = enrol(&api, &ana).await;
    for code in [first.code(0), device.code(90), String::new()] {
        let wrong = ask(&api, &ana, "PUT", json!({ "code": code })).await.refused(422, "validation_failed");
        assert_eq!(wrong.errors(), ["/code wrong_code"]);
    }
    let me = api.send(Ask::get("/api/v1/users/me").by(&ana)).await;
    assert_eq!(me.json["two_factor"], false);
    let on = ask(&api, &ana, "PUT", json!({ "code": device.code(0) })).await.is(200);
    assert_eq!(on.json["recovery_codes"].as_array().unwrap().len(), 10);
    let changed = api.send(Ask::get("/api/v1/users/me").by(&ana)).await;
    assert_eq!(changed.json["two_factor"], true);
    assert_ne!(changed.header("etag"), me.header("etag"));
    ask(&api, &ana, "POST", json!({ "password": PASSWORD })).await.refused(409, "two_factor_on");
    ask(&api, &ana, "PUT", json!({ "code": device.code(30) })).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_code_is_asked_for_behind_the_right_password_alone() {
    let api = Api::new();
    let (_, device, _) = ana(&api).await;
    for code in [None, Some("000000"), Some(&*device.code(30))] {
        log_in(&api, "wrong", code).await.refused(401, "bad_credentials");
    }
    for code in [None, Some(""), Some("000000"), Some("nonsense"), Some(&*device.code(0))] {
        let refused = log_in(&api, PASSWORD, code).await.refused(401, "second_factor_required");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    let right = device.code(30);
    log_in(&api, PASSWORD, Some(&right)).await.is(201);
    log_in(&api, PASSWORD, Some(&right)).await.refused(401, "second_factor_required");
    api.clock.advance(TimeDelta::seconds(60));
    let spaced = format!("{} {}", &device.code(60)[..3], &device.code(60)[3..]);
    log_in(&api, PASSWORD, Some(&spaced)).await.is(201);
    log_in(&api, PASSWORD, Some(&device.code(30))).await.refused(401, "second_factor_required");
}

#[tokio::test]
async fn somebody_without_one_is_asked_for_nothing() {
    let api = Api::new();
    api.user("ana").await;
    log_in(&api, PASSWORD, Some("whatever")).await.is(201);
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let api = Api::new();
    let (_, _, codes) = ana(&api).await;
    for code in &codes {
        log_in(&api, PASSWORD, Some(&code.to_uppercase().replace('-', " "))).await.is(201);
        log_in(&api, PASSWORD, Some(code)).await.refused(401, "second_factor_required");
    }
}

#[tokio::test]
async fn it_is_turned_off_with_the_password_and_a_code() {
    let api = Api::new();
    let (ana, device, codes) = ana(&api).await;
    let off = async |password: &str, code: &str| {
        ask(&api, &ana, "DELETE", json!({ "password": password, "code": code })).await
    };
    off("wrong", &device.code(30)).await.refused(401, "bad_credentials");
    off(PASSWORD, &device.code(0)).await.refused(401, "second_factor_required");
    let empty = ask(&api, &ana, "DELETE", json!({})).await.refused(422, "validation_failed");
    assert_eq!(empty.errors(), ["/code required", "/password required"]);
    off(PASSWORD, &codes[0]).await.is(204);
    off(PASSWORD, &codes[1]).await.refused(404, "not_found");
    log_in(&api, PASSWORD, None).await.is(201);
    enrol(&api, &ana).await;
}

#[tokio::test]
async fn guessing_codes_is_throttled_and_using_them_is_not() {
    let api = Api::throttled(|builder| builder);
    let (_, device, _) = ana(&api).await;
    for _ in 0..20 {
        log_in(&api, PASSWORD, None).await.refused(401, "second_factor_required");
    }
    for _ in 0..10 {
        log_in(&api, PASSWORD, Some("000000")).await.refused(401, "second_factor_required");
    }
    log_in(&api, PASSWORD, Some("000000")).await.refused(429, "throttled");
    log_in(&api, PASSWORD, Some(&device.code(30))).await.refused(429, "throttled");
}

#[tokio::test]
async fn one_code_lets_one_in_however_many_use_it() {
    let api = Api::new();
    let (_, device, _) = ana(&api).await;
    let body = json!({ "login": "ana", "password": PASSWORD, "code": device.code(30) });
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (service, ask) = (api.service.clone(), Ask::post("/api/v1/sessions", &body));
        tries.spawn(async move { ask.send(service).await.status.as_u16() });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 31);
}
