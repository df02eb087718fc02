#![doc = include_str!("../README.md")]

mod assets;
mod auth;
mod body;
mod client;
mod fields;
mod handlers;
mod identity;
mod json;
#[cfg(feature = "metrics")]
mod metrics;
mod once;
mod openapi;
mod packed;
mod peer;
mod problem;
mod query;
mod reply;
mod routes;
#[cfg(feature = "server")]
mod serve;
mod service;
mod streams;
mod wire;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use goals_core::{Accounts, BoxError, Goals};
use ipnet::IpNet;

pub use async_trait::async_trait;
pub use http;
pub use identity::{Authenticator, Identity};
pub use peer::{Draining, Peer};
pub use reply::ResponseBody;
#[cfg(feature = "server")]
pub use serve::{Limits, RequestBody, serve};

use crate::assets::Page;
use crate::auth::{Cookie, Users};
use crate::routes::Parts;
use crate::streams::Streams;

/// Writes the metrics of a process as text.
type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// The longest request body when nothing else is said.
const BODY_LIMIT: usize = 64 * 1024;

/// The API and its page, as one service for tower, axum and hyper.
///
/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct GoalsApi(Arc<Inner>);

struct Inner {
    users: Users,
    sign_in_url: Option<String>,
    goals: Goals,
    base_path: String,
    body_limit: usize,
    storage: String,
    cookie: Cookie,
    trusted_proxies: Vec<IpNet>,
    page: Option<Page>,
    metrics: Option<Render>,
    streams: Streams,
    routes: routes::Table,
    openapi: Bytes,
}

impl GoalsApi {
    /// Begins to put an API together whose people have an account here: they register, sign in and
    /// keep their profile through it.
    pub fn builder(accounts: Accounts, goals: Goals) -> Builder {
        Builder::new(Users::Accounts(Box::new(accounts)), goals)
    }

    /// Begins to put an API together for users whom the host knows: `users` says who makes a
    /// request, and there are no accounts, no log-in and no cookie in it.
    pub fn with_own_users(users: impl Authenticator + 'static, goals: Goals) -> Builder {
        Builder::new(Users::Own(Arc::new(users)), goals)
    }

    /// The path of something, as a client sees it.
    fn location(&self, path: &str) -> String {
        format!("{}{path}", self.0.base_path)
    }
}

impl fmt::Debug for GoalsApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoalsApi").field("base_path", &self.0.base_path).finish_non_exhaustive()
    }
}

/// Puts a [`GoalsApi`] together.
#[derive(Clone)]
#[must_use]
pub struct Builder {
    users: Users,
    goals: Goals,
    base_path: String,
    body_limit: usize,
    storage: String,
    insecure_cookie: bool,
    sign_in_url: Option<String>,
    trusted_proxies: Vec<IpNet>,
    metrics: Option<Render>,
    parts: Parts,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("base_path", &self.base_path).finish_non_exhaustive()
    }
}

impl Builder {
    fn new(users: Users, goals: Goals) -> Self {
        let parts = Parts { accounts: matches!(users, Users::Accounts(_)), page: true, docs: true, metrics: false };
        Self {
            users,
            goals,
            base_path: String::new(),
            body_limit: BODY_LIMIT,
            storage: "custom".to_owned(),
            insecure_cookie: false,
            sign_in_url: None,
            trusted_proxies: Vec::new(),
            metrics: None,
            parts,
        }
    }

    /// Where a host mounts the API, such as `/goals`; the root when nothing is said. The service
    /// itself is asked for paths without it.
    pub fn base_path(self, path: impl Into<String>) -> Self {
        Self { base_path: path.into(), ..self }
    }

    /// The longest request body in bytes; 64 KiB.
    pub fn body_limit(self, bytes: usize) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// What the service says it keeps its data in, for people who run it; `custom`.
    pub fn storage(self, name: impl Into<String>) -> Self {
        Self { storage: name.into(), ..self }
    }

    /// Lets the cookie of accounts travel over plain HTTP, on a network that is trusted.
    pub fn insecure_cookie(self, insecure: bool) -> Self {
        Self { insecure_cookie: insecure, ..self }
    }

    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; nobody's.
    pub fn trusted_proxies(self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { trusted_proxies: networks.into_iter().collect(), ..self }
    }

    /// Whether the web page is served; it is.
    pub fn page(mut self, on: bool) -> Self {
        self.parts.page = on;
        self
    }

    /// Whether the API describes itself at `/api/v1/openapi.json`; it does.
    pub fn docs(mut self, on: bool) -> Self {
        self.parts.docs = on;
        self
    }

    /// Serves what `render` writes at `/metrics`, for Prometheus; nothing is served there otherwise.
    /// Everybody who reaches the service reads it: it is for a program that has no other place for
    /// it. What is counted, and how the counts come into a text, is told at the feature `metrics`.
    pub fn metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.parts.metrics = true;
        Self { metrics: Some(Arc::new(render)), ..self }
    }

    /// Where the host's own users sign in: the page leads whoever is nobody there. A path of the
    /// host's such as `/login`, or a URL.
    pub fn sign_in_url(self, url: impl Into<String>) -> Self {
        Self { sign_in_url: Some(url.into()), ..self }
    }

    /// The API.
    ///
    /// # Errors
    /// When the base path is none: empty, or `/` and then segments of letters, digits, `-`, `.`,
    /// `_` and `~`; when the address to sign in at is neither a path nor a URL; when something is
    /// set that this API has not: the cookie of accounts where the host has users of its own, or a
    /// place to sign in where people do that here.
    pub fn build(self) -> Result<GoalsApi, BuildError> {
        let base_path = self.base_path.trim_end_matches('/').to_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        if !base_path.chars().all(is_plain) || !(base_path.is_empty() || base_path.starts_with('/')) {
            return Err(BuildError("the base path is not a path".into()));
        }
        #[cfg(feature = "metrics")]
        metrics::describe();
        let parts = self.parts;
        if self.insecure_cookie && !parts.accounts {
            return Err(BuildError("without accounts there is no cookie that could be insecure".into()));
        }
        if let Some(url) = &self.sign_in_url {
            if parts.accounts {
                return Err(BuildError("with accounts people sign in here and at no other address".into()));
            }
            let is_path = url.starts_with('/') && !url.starts_with("//");
            if !(is_path || url.starts_with("https://") || url.starts_with("http://")) {
                return Err(BuildError("the address to sign in at is neither a path nor a URL".into()));
            }
        }
        let cookie = Cookie { insecure: self.insecure_cookie };
        let openapi = openapi::document(parts, &base_path, cookie.name());
        Ok(GoalsApi(Arc::new(Inner {
            openapi: openapi.map_err(|error| BuildError(error.into()))?,
            page: parts.page.then(|| Page::new(&base_path)),
            metrics: self.metrics,
            streams: Streams::default(),
            base_path,
            users: self.users,
            sign_in_url: self.sign_in_url,
            goals: self.goals,
            body_limit: self.body_limit,
            storage: self.storage,
            cookie,
            trusted_proxies: self.trusted_proxies,
            routes: routes::table(parts).map_err(|error| BuildError(error.into()))?,
        })))
    }
}

/// The API could not be put together.
#[derive(Debug, thiserror::Error)]
#[error("the API cannot be put together: {0}")]
pub struct BuildError(BoxError);
