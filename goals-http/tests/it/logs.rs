//! What the log tells, and what it does not.

use std::io;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Api, Ask, PASSWORD};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The line that holds all of `parts`.
    #[track_caller]
    fn line(&self, parts: &[&str]) {
        let text = self.text();
        assert!(text.lines().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in\n{text}");
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn what_happens_is_told_and_secrets_are_not() {
    // For the whole process: the interest in a log statement is kept for all threads alike, so a
    // subscriber of this thread alone would miss what another thread has met first.
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
    tracing::subscriber::set_global_default(subscriber.with_writer(log.clone()).finish()).unwrap();
    let api = Api::throttled(|builder| builder);
    let account = json!({ "username": "ana", "email": "ana@example.org", "password": PASSWORD });
    api.send(Ask::post("/api/v1/users", &account).with("x-request-id", "register-1")).await.is(201);
    let ana = api.sign_in("ana").await;
    let log_in = |password: &str, cookie: bool| {
        Ask::post("/api/v1/sessions", &json!({ "login": "ana", "password": password, "cookie": cookie }))
    };
    let browser = api.send(log_in(PASSWORD, true).with("x-request-id", "sign-in-1")).await.is(201);
    let cookie = browser.header("set-cookie").split(';').next().unwrap().to_owned();
    let forged = Ask::delete("/api/v1/sessions").with("cookie", &cookie).with("sec-fetch-site", "cross-site");
    api.send(forged.with("x-request-id", "forged-1")).await.is(403);
    api.send(log_in("a-wr0ng-guess", false).with("x-request-id", "guess-1")).await.is(401);
    for _ in 0..9 {
        api.send(log_in("a-wr0ng-guess", false)).await.is(401);
    }
    api.send(log_in("a-wr0ng-guess", false).with("x-request-id", "guess-2")).await.is(429);
    let renewed = Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": ana.refresh }));
    let renewed = api.send(renewed).await.is(200);
    api.send(Ask::get("/api/v1/goals").by(&ana).with("user-agent", "x").with("x-request-id", "a b")).await.is(200);
    api.clock.advance(TimeDelta::minutes(1));
    let reused = Ask::post("/api/v1/sessions/refresh", &json!({ "refresh_token": ana.refresh }));
    api.send(reused.with("x-request-id", "reused-1")).await.refused(401, "unauthenticated");

    log.line(&["register-1", "registered", "user="]);
    log.line(&["sign-in-1", "signed in", "session=", "client=192.0.2.1"]);
    log.line(&["guess-1", "a password was refused"]);
    log.line(&["guess-2", "throttled"]);
    log.line(&["forged-1", "another site"]);
    log.line(&["reused-1", "a spent refresh token was shown again"]);
    log.line(&["answered", "status=401", "guess-1", "/api/v1/sessions"]);
    let token = |name: &str| renewed.json[name].as_str().unwrap().to_owned();
    let secrets = [
        PASSWORD.to_owned(),
        "a-wr0ng-guess".to_owned(),
        ana.access,
        ana.refresh,
        cookie,
        token("access_token"),
        token("refresh_token"),
    ];
    for secret in secrets {
        assert!(!log.text().contains(&secret), "{secret} is in the log");
    }
    assert!(!log.text().contains("ana@example.org"));
}
