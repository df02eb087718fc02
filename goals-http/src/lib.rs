#![doc = include_str!("../README.md")]

mod assets;
mod auth;
mod body;
mod client;
mod fields;
mod handlers;
mod json;
mod limiter;
mod openapi;
mod peer;
mod problem;
mod query;
mod reply;
mod routes;
#[cfg(feature = "server")]
mod serve;
mod service;
mod wire;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use goals_core::{Accounts, BoxError, Goals};
use governor::clock::MonotonicClock;
use ipnet::IpNet;

pub use peer::{Draining, Peer};
#[cfg(feature = "server")]
pub use serve::{Limits, RequestBody, serve};
pub use service::ResponseBody;

use crate::assets::Page;
use crate::auth::Cookie;
use crate::limiter::Limiter;

/// The longest request body when nothing else is said.
const BODY_LIMIT: usize = 64 * 1024;

/// The API and its page, as one service for tower, axum and hyper.
///
/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct GoalsApi(Arc<Inner>);

struct Inner {
    accounts: Accounts,
    goals: Goals,
    base_path: String,
    body_limit: usize,
    storage: String,
    cookie: Cookie,
    trusted_proxies: Vec<IpNet>,
    limiter: Option<Limiter>,
    page: Option<Page>,
    routes: routes::Table,
    openapi: Bytes,
}

impl GoalsApi {
    /// Begins to put an API together.
    pub fn builder(accounts: Accounts, goals: Goals) -> Builder {
        Builder {
            accounts,
            goals,
            base_path: String::new(),
            body_limit: BODY_LIMIT,
            storage: "custom".to_owned(),
            insecure_cookie: false,
            trusted_proxies: Vec::new(),
            throttle: true,
            page: true,
        }
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
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    accounts: Accounts,
    goals: Goals,
    base_path: String,
    body_limit: usize,
    storage: String,
    insecure_cookie: bool,
    trusted_proxies: Vec<IpNet>,
    throttle: bool,
    page: bool,
}

impl Builder {
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

    /// Lets the cookie of browsers travel over plain HTTP, on a network that is trusted.
    pub fn insecure_cookie(self, insecure: bool) -> Self {
        Self { insecure_cookie: insecure, ..self }
    }

    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; nobody's.
    pub fn trusted_proxies(self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { trusted_proxies: networks.into_iter().collect(), ..self }
    }

    /// Whether log-ins, registrations and refreshes are throttled; they are.
    pub fn throttle(self, on: bool) -> Self {
        Self { throttle: on, ..self }
    }

    /// Whether the web page is served; it is.
    pub fn page(self, on: bool) -> Self {
        Self { page: on, ..self }
    }

    /// The API.
    ///
    /// # Errors
    /// When the base path is none: empty, or `/` and then segments of letters, digits, `-`, `.`,
    /// `_` and `~`.
    pub fn build(self) -> Result<GoalsApi, BuildError> {
        let base_path = self.base_path.trim_end_matches('/').to_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        if !base_path.chars().all(is_plain) || !(base_path.is_empty() || base_path.starts_with('/')) {
            return Err(BuildError("the base path is not a path".into()));
        }
        let cookie = Cookie { insecure: self.insecure_cookie };
        Ok(GoalsApi(Arc::new(Inner {
            openapi: openapi::document(&base_path, cookie.name()).map_err(|error| BuildError(error.into()))?,
            page: self.page.then(|| Page::new(&base_path)),
            base_path,
            accounts: self.accounts,
            goals: self.goals,
            body_limit: self.body_limit,
            storage: self.storage,
            cookie,
            trusted_proxies: self.trusted_proxies,
            limiter: self.throttle.then(|| Limiter::new(&MonotonicClock)),
            routes: routes::table().map_err(|error| BuildError(error.into()))?,
        })))
    }
}

/// The API could not be put together.
#[derive(Debug, thiserror::Error)]
#[error("the API cannot be put together: {0}")]
pub struct BuildError(BoxError);
