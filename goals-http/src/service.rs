//! One request, from its head to its answer.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt as _;
use goals_core::{Accounts, Authenticated, BoxError, Client, Once, OwnerId, TimeZone, User};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, request};
use http_body::Body;
use tracing::Instrument as _;

use crate::auth::{self, Caller, Users};
use crate::json::Object;
use crate::peer::{Draining, Peer};
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{Reply, ResponseBody};
use crate::routes::{self, API, Access, Route};
use crate::wire::csv::TABLE_MAX_BYTES;
use crate::{GoalsApi, body, client, once};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

type Answer = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>;

/// A request that has been let in, as its handler sees it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) api: GoalsApi,
    /// The head of the request.
    pub(crate) head: request::Parts,
    /// The value of the first parameter in the path; empty when it has none.
    pub(crate) parameter: String,
    /// The value of the second one.
    pub(crate) inner: String,
    pub(crate) query: Query,
    /// Empty when the route takes none.
    pub(crate) body: Object,
    /// Empty when the route takes none.
    pub(crate) table: Bytes,
    /// The key under which something is to be made once, where the route takes one.
    pub(crate) attempt: Option<Once>,
    pub(crate) client: Client,
    caller: Option<Caller>,
}

impl Call {
    /// Who asks; there is always somebody where [`Access::SignedIn`] was asked for.
    pub(crate) fn caller(&self) -> Result<&Caller, Problem> {
        self.caller.as_ref().ok_or_else(Problem::unauthenticated)
    }

    /// Who asks, if they said so.
    pub(crate) fn caller_if_any(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Whose goals the caller asks for.
    pub(crate) fn owner(&self) -> Result<OwnerId, Problem> {
        self.caller().map(Caller::owner)
    }

    /// Where the caller's days begin and end.
    pub(crate) fn time_zone(&self) -> TimeZone {
        self.caller_if_any().map(Caller::time_zone).unwrap_or_default()
    }

    /// Whose account it is; there is always one on a route of [`Part::Accounts`](routes::Part) where
    /// [`Access::SignedIn`] was asked for.
    pub(crate) fn user(&self) -> Result<&User, Problem> {
        self.caller()?.user().ok_or_else(Problem::unauthenticated)
    }

    /// The account of the caller and the session in which they are; there always is one on a route
    /// of [`Part::Accounts`](routes::Part) where [`Access::Session`] was asked for.
    pub(crate) fn account(&self) -> Result<&Authenticated, Problem> {
        self.caller()?.account().ok_or_else(Problem::unauthenticated)
    }

    /// Whether the listener is about to stop, if it tells.
    pub(crate) fn draining(&self) -> Option<&Draining> {
        self.head.extensions.get()
    }

    /// The accounts; there always are some on a route of [`Part::Accounts`](routes::Part).
    pub(crate) fn accounts(&self) -> Result<&Accounts, Problem> {
        self.api.accounts().ok_or_else(|| Problem::internal(&"there are no accounts"))
    }
}

impl GoalsApi {
    async fn answer<B>(self, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let begun = Instant::now();
        let (parts, body) = request.into_parts();
        let id = request_id(&parts.headers);
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        let address = client::address(peer, &parts.headers, &self.0.trusted_proxies);
        let is_tls = client::is_tls(peer, &parts.headers, &self.0.trusted_proxies);
        let is_head = parts.method == Method::HEAD;
        let found = routes::find(&self.0.routes, &parts.method, parts.uri.path());
        let found = found.map(|(route, parameters)| (route, parameters.map(str::to_owned)));
        let matched = found.as_ref().ok().map(|(route, _)| *route);
        let path = matched.map_or("", |route| route.path);
        let span = tracing::info_span!("request", %id, method = %parts.method, path, client = %address);
        async {
            let handled = async {
                let (route, parameters) = found?;
                let client = Client::new(address, &client::agent(&parts.headers));
                self.handle(route, parameters, client, parts, body).await
            };
            let handled = AssertUnwindSafe(handled).catch_unwind().await;
            let reply = handled.unwrap_or_else(|_| Err(Problem::internal(&"a handler panicked")));
            let mut response = reply.map_or_else(|problem| problem.into_response(&id), Reply::into_response);
            finish(&mut response, &id, is_head, is_tls);
            tracing::info!(status = response.status().as_u16(), micros = begun.elapsed().as_micros(), "answered");
            #[cfg(feature = "metrics")]
            crate::metrics::answered(matched, response.status(), begun.elapsed());
            response
        }
        .instrument(span)
        .await
    }

    async fn handle<B>(
        &self,
        route: &Route,
        [parameter, inner]: [String; 2],
        client: Client,
        parts: request::Parts,
        body: B,
    ) -> Result<Reply, Problem>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let caller = self.caller(route.access, &parts).await?;
        // Outside the API a query means nothing to us, but perhaps to somebody else.
        let query = if route.path.starts_with(API) { parts.uri.query() } else { None };
        let query = Query::parse(query, route.query)?;
        let mut attempt = None;
        let (mut object, mut table) = (Object::new(), Bytes::new());
        match route.body {
            routes::Body::None => {}
            routes::Body::Json => {
                let bytes = body::read(body, self.0.body_limit).await?;
                if route.once {
                    attempt = once::attempt(&parts, &bytes)?;
                }
                object = body::object(&parts.headers, &bytes, parts.method == Method::PATCH)?;
            }
            routes::Body::Csv => {
                body::check_csv(&parts.headers)?;
                table = body::read(body, self.0.body_limit.max(TABLE_MAX_BYTES)).await?;
            }
        }
        let renewed = self.renewed_cookie(caller.as_ref()).await;
        let reply = (route.handler)(Call {
            api: self.clone(),
            head: parts,
            parameter,
            inner,
            query,
            body: object,
            table,
            attempt,
            client,
            caller,
        });
        let reply = reply.await?;
        Ok(match renewed {
            Some(cookie) => reply.header_if_none(header::SET_COOKIE, cookie),
            None => reply,
        })
    }

    /// The accounts, where people have some here.
    pub(crate) fn accounts(&self) -> Option<&Accounts> {
        match &self.0.users {
            Users::Accounts(accounts) => Some(accounts),
            Users::Own(_) => None,
        }
    }

    /// Whether whoever asked with this head may still ask: their session has not ended.
    pub(crate) async fn is_still_let_in(&self, head: &request::Parts) -> bool {
        self.caller(Access::SignedIn, head).await.is_ok()
    }

    async fn caller(&self, access: Access, parts: &request::Parts) -> Result<Option<Caller>, Problem> {
        if access == Access::Open {
            return Ok(None);
        }
        let found = auth::caller(&self.0.users, self.0.cookie, parts).await;
        match (access, found) {
            (Access::SignedIn | Access::Session, Ok(None)) => Err(Problem::unauthenticated()),
            (_, Ok(Some(caller))) => caller.check(access, &parts.method).map(|()| Some(caller)),
            // Whoever shows a token that is worth nothing is nobody.
            (Access::Known, Err(problem)) if problem.code().status().is_client_error() => Ok(None),
            (_, found) => found,
        }
    }

    /// A browser's cookie, when it is time to renew it. That it could not be renewed is no reason
    /// to refuse a request; the next one tries again.
    async fn renewed_cookie(&self, caller: Option<&Caller>) -> Option<HeaderValue> {
        let who = caller.filter(|caller| caller.by_cookie())?.account()?;
        let token = self.accounts()?.renew(who).await.ok()??;
        self.0.cookie.set(&token, self.0.goals.now()).ok()
    }
}

/// The id under which a request is logged: the client's own when it is harmless, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let is_harmless = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_harmless);
    let new = || format!("{:016x}{:08x}", *PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    given.map_or_else(new, str::to_owned)
}

/// Tells the request ids of one process from those of another.
static PROCESS: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| {
    use std::hash::BuildHasher as _;
    std::hash::RandomState::new().hash_one(std::process::id())
});

/// What every answer carries, unless it says otherwise.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

fn finish(response: &mut Response<ResponseBody>, id: &str, is_head: bool, is_tls: bool) {
    let length = response.body().size_hint().exact();
    let length = length.filter(|_| !matches!(response.status().as_u16(), 204 | 304));
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if is_head {
        *response.body_mut() = ResponseBody::default();
    }
}

impl<B> tower_service::Service<Request<B>> for GoalsApi
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        Box::pin(self.clone().answer(request).map(Ok))
    }
}

#[cfg(feature = "server")]
impl<B> hyper::service::Service<Request<B>> for GoalsApi
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<B>) -> Answer {
        Box::pin(self.clone().answer(request).map(Ok))
    }
}
