//! An API over memory, and requests to it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use goals_core::testing::{ManualClock, PlainHasher, SequentialIds, now};
use goals_core::{Accounts, GoalStore, Goals, JwtCodec, JwtKey, MemoryStore, ProcessLimiter, RateLimiter, TotpCodes};
use goals_http::{Builder, GoalsApi, Peer};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "tr0ub4dour&3xyz";
pub(crate) const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// An API, the clock that it goes by and the hasher that it asks.
pub(crate) struct Api {
    pub(crate) service: GoalsApi,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) hasher: Arc<PlainHasher>,
}

impl Api {
    /// An API that throttles nobody.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self::limited(1000, settings)
    }

    /// An API that throttles.
    pub(crate) fn throttled(settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self::made(1000, Some(Arc::new(ProcessLimiter::new())), settings)
    }

    pub(crate) fn limited(max_goals: u64, settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self::made(max_goals, None, settings)
    }

    fn made(max_goals: u64, limiter: Option<Arc<dyn RateLimiter>>, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let clock = Arc::new(ManualClock::at(now()));
        let hasher = Arc::new(PlainHasher::default());
        let accounts = accounts(&clock, &hasher).with_rate_limiter(limiter);
        let builder = builder(accounts, &clock, Arc::new(MemoryStore::new()), max_goals);
        Self { service: settings(builder).build().unwrap(), clock, hasher }
    }

    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        ask.send(self.service.clone()).await
    }

    /// Registers somebody and signs them in.
    pub(crate) async fn user(&self, name: &str) -> User {
        let email = format!("{name}@example.org");
        let body = json!({ "username": name, "email": email, "password": PASSWORD });
        self.send(Ask::post("/api/v1/users", &body)).await.is(201);
        self.sign_in(name).await
    }

    pub(crate) async fn sign_in(&self, name: &str) -> User {
        let body = json!({ "login": name, "password": PASSWORD });
        let answer = self.send(Ask::post("/api/v1/sessions", &body)).await.is(201);
        let text = |name: &str| answer.json[name].as_str().unwrap().to_owned();
        User { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// Makes a goal of somebody's.
    pub(crate) async fn goal(&self, user: &User, body: Value) -> Value {
        self.send(Ask::post("/api/v1/goals", &body).by(user)).await.is(201).json
    }
}

/// People in memory.
pub(crate) fn accounts(clock: &Arc<ManualClock>, hasher: &Arc<PlainHasher>) -> Accounts {
    let (people, ids) = (Arc::new(MemoryStore::new()), Arc::new(SequentialIds::default()));
    let codes = Arc::new(TotpCodes::new(KEY, "goals").unwrap());
    Accounts::new(people, hasher.clone(), tokens(), clock.clone(), ids).with_two_factor(codes)
}

/// An API to be, with goals in `store`.
pub(crate) fn builder(
    accounts: Accounts,
    clock: &Arc<ManualClock>,
    store: Arc<dyn GoalStore>,
    max_goals: u64,
) -> Builder {
    let ids = Arc::new(SequentialIds::default());
    GoalsApi::builder(accounts, Goals::new(store, clock.clone(), ids).with_max_goals(max_goals))
}

/// What seals the tokens of all APIs here: each takes those of the others.
pub(crate) fn tokens() -> Arc<JwtCodec> {
    Arc::new(JwtCodec::new(JwtKey::secret(KEY).unwrap(), "goals", "goals"))
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// A request to be.
#[derive(Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    peer: SocketAddr,
}

impl Ask {
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.parse().unwrap(),
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            peer: ([192, 0, 2, 1], 4711).into(),
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn patch(path: impl Into<String>, body: &Value) -> Self {
        Self::new("PATCH", path).json(body)
    }

    pub(crate) fn put(path: impl Into<String>, body: &Value) -> Self {
        Self::new("PUT", path).json(body)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(body.to_string()).with("content-type", "application/json")
    }

    pub(crate) fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        self.headers.append(name, value.as_ref().parse().unwrap());
        self
    }

    pub(crate) fn by(self, user: &User) -> Self {
        self.with("authorization", format!("Bearer {}", user.access))
    }

    pub(crate) fn from(self, peer: impl Into<IpAddr>) -> Self {
        Self { peer: (peer.into(), 4711).into(), ..self }
    }

    pub(crate) async fn send(self, service: GoalsApi) -> Answer {
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(Peer(self.peer));
        let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, bytes, json }
    }
}

/// What came back; `json` is null when the body is not JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.bytes);
        self
    }

    /// Is a problem as RFC 9457 has it, with this code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.json["code"], code, "{:?}", answer.bytes);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json["status"], status);
        assert_eq!(answer.json["type"], "about:blank");
        assert!(answer.json["title"].is_string() && answer.json["detail"].is_string());
        assert_eq!(answer.json["request_id"], answer.header("x-request-id"));
        answer
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The refused values, as `pointer code`, sorted.
    pub(crate) fn errors(&self) -> Vec<String> {
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = self.json["errors"].as_array().unwrap();
        let mut list: Vec<_> =
            errors.iter().map(|error| format!("{} {}", text(error, "pointer"), text(error, "code"))).collect();
        list.sort();
        list
    }
}
