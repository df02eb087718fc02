//! The one table of everything that can be asked.

use std::future::Future;
use std::pin::Pin;

use goals_core::GoalQuery;
use http::Method;
use http::header::{ALLOW, HeaderValue};
use matchit::{InsertError, Router};

use crate::handlers::{
    api_tokens, changes, check_ins, events, goals, health, history, meta, pace, page, people, recovery, second_factor,
    sessions, table, users, views,
};
use crate::problem::{Code, Problem};
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::check_ins::CHECK_IN_QUERY;
use crate::wire::csv::{EXPORT_QUERY, IMPORT_QUERY};
use crate::wire::events::{AS_OF_QUERY, CHANGES_QUERY, HISTORY_QUERY, STREAM_QUERY, UNDO_QUERY};

/// Where the API begins.
pub(crate) const API: &str = "/api/v1";

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody; nobody looks who it is.
    Open,
    /// Anybody, and who it is, is known when they say so.
    Known,
    /// Who is signed in, and their scripts as far as the scope of their API token goes.
    SignedIn,
    /// Who is signed in, and no script.
    Session,
}

/// What a route is a part of; each can be left out but the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Goals, and what the service says about itself.
    Goals,
    /// Registering, signing in, profiles.
    Accounts,
    /// What takes the place of accounts where the host has users of its own.
    OwnUsers,
    /// The web page.
    Page,
    /// The description of the API.
    Docs,
    /// What a monitor asks for.
    Metrics,
}

/// Which parts an API has.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each part is there or is not")]
pub(crate) struct Parts {
    pub(crate) accounts: bool,
    pub(crate) page: bool,
    pub(crate) docs: bool,
    pub(crate) metrics: bool,
}

impl Parts {
    /// The routes of these parts.
    pub(crate) fn routes(self) -> impl Iterator<Item = &'static Route> {
        ROUTES.iter().filter(move |route| match route.part {
            Part::Goals => true,
            Part::Accounts => self.accounts,
            Part::OwnUsers => !self.accounts,
            Part::Page => self.page,
            Part::Docs => self.docs,
            Part::Metrics => self.metrics,
        })
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

/// What a request brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing that anybody looks at.
    None,
    /// A JSON object.
    Json,
    /// A table as text.
    Csv,
}

/// One thing that can be asked.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// As `matchit` reads it; at most two parameters.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) part: Part,
    /// The query parameters that may stand.
    pub(crate) query: &'static [&'static str],
    pub(crate) body: Body,
    /// Whether it makes something, once for each `Idempotency-Key`.
    pub(crate) once: bool,
    pub(crate) handler: fn(Call) -> Answer,
}

/// Declares the table; one line a route, with its part at the end unless that is [`Part::Goals`].
macro_rules! routes {
    ($($method:ident $path:literal $access:ident $([$query:expr])? $(<$($body:ident)+>)? => $module:ident :: $handler:ident $(($part:ident))?;)+) => {
        /// Everything that can be asked, of any API.
        static ROUTES: &[Route] = &[$(Route {
            method: Method::$method,
            path: $path,
            access: Access::$access,
            part: routes!(@part $($part)?),
            query: routes!(@query $($query)?),
            body: routes!(@body $($($body)+)?),
            once: routes!(@once $($($body)+)?),
            handler: |call| Box::pin($module::$handler(call)),
        }),+];
    };
    (@part) => { Part::Goals };
    (@part $part:ident) => { Part::$part };
    (@query) => { &[] };
    (@query $query:expr) => { $query };
    (@body) => { Body::None };
    (@body json $($once:ident)?) => { Body::Json };
    (@body csv) => { Body::Csv };
    (@once json once) => { true };
    (@once $($body:ident)?) => { false };
}

routes! {
    POST   "/api/v1/users"              Open     <json> => users::register (Accounts);
    GET    "/api/v1/users/me"           SignedIn        => users::get (Accounts);
    PATCH  "/api/v1/users/me"           Session  <json> => users::update (Accounts);
    DELETE "/api/v1/users/me"           Session  <json> => users::delete (Accounts);
    GET    "/api/v1/users/me/limits"    SignedIn        => people::limits;
    PUT    "/api/v1/users/me/password"  Session  <json> => users::change_password (Accounts);
    POST   "/api/v1/sessions"           Open     <json> => sessions::log_in (Accounts);
    GET    "/api/v1/sessions"           Session         => sessions::list (Accounts);
    DELETE "/api/v1/sessions"           Session         => sessions::end_all (Accounts);
    POST   "/api/v1/sessions/refresh"   Open     <json> => sessions::refresh (Accounts);
    DELETE "/api/v1/sessions/current"   Session         => sessions::log_out (Accounts);
    DELETE "/api/v1/sessions/{id}"      Session         => sessions::end (Accounts);
    GET    "/api/v1/session"            Known           => sessions::who (Accounts);
    GET    "/api/v1/session"            Known           => people::who (OwnUsers);
    GET    "/api/v1/tokens"             Session         => api_tokens::list (Accounts);
    POST   "/api/v1/tokens"             Session  <json> => api_tokens::create (Accounts);
    DELETE "/api/v1/tokens/{id}"        Session         => api_tokens::revoke (Accounts);
    POST   "/api/v1/password-resets"    Open     <json> => recovery::request_reset (Accounts);
    PUT    "/api/v1/password-resets/{token}" Open <json> => recovery::reset (Accounts);
    POST   "/api/v1/email-verifications" Session        => recovery::request_verification (Accounts);
    PUT    "/api/v1/email-verifications/{token}" Open   => recovery::verify (Accounts);
    POST   "/api/v1/two-factor"         Session  <json> => second_factor::enrol (Accounts);
    PUT    "/api/v1/two-factor"         Session  <json> => second_factor::confirm (Accounts);
    DELETE "/api/v1/two-factor"         Session  <json> => second_factor::remove (Accounts);
    GET    "/api/v1/goals"              SignedIn [GoalQuery::PARAMETERS] => goals::list;
    POST   "/api/v1/goals"              SignedIn <json once> => goals::create;
    GET    "/api/v1/goals.csv"          SignedIn [EXPORT_QUERY] => table::export;
    POST   "/api/v1/goals/import"       SignedIn [IMPORT_QUERY] <csv> => table::import;
    POST   "/api/v1/goals/bulk"         SignedIn <json> => goals::bulk;
    GET    "/api/v1/goals/{id}"         SignedIn [AS_OF_QUERY] => goals::get;
    PATCH  "/api/v1/goals/{id}"         SignedIn <json> => goals::update;
    DELETE "/api/v1/goals/{id}"         SignedIn        => goals::delete;
    POST   "/api/v1/goals/{id}/restore" SignedIn        => goals::restore;
    POST   "/api/v1/goals/{id}/purge"   SignedIn        => goals::purge;
    GET    "/api/v1/goals/{id}/check-ins" SignedIn [CHECK_IN_QUERY] => check_ins::list;
    POST   "/api/v1/goals/{id}/check-ins" SignedIn <json> => check_ins::create;
    GET    "/api/v1/goals/{id}/check-ins/{check_in}" SignedIn => check_ins::get;
    PATCH  "/api/v1/goals/{id}/check-ins/{check_in}" SignedIn <json> => check_ins::update;
    DELETE "/api/v1/goals/{id}/check-ins/{check_in}" SignedIn => check_ins::delete;
    GET    "/api/v1/goals/{id}/pace"    SignedIn        => pace::pace;
    POST   "/api/v1/goals/{id}/simulations" SignedIn <json> => pace::simulate;
    GET    "/api/v1/stats"              SignedIn        => pace::stats;
    GET    "/api/v1/goals/{id}/history" SignedIn [HISTORY_QUERY] => history::history;
    POST   "/api/v1/goals/{id}/undo"    SignedIn [UNDO_QUERY] => history::undo;
    GET    "/api/v1/changes"            SignedIn [CHANGES_QUERY] => changes::changes;
    GET    "/api/v1/events"             SignedIn [STREAM_QUERY] => events::events;
    GET    "/api/v1/views"              SignedIn        => views::list;
    POST   "/api/v1/views"              SignedIn <json> => views::create;
    PATCH  "/api/v1/views/{id}"         SignedIn <json> => views::update;
    DELETE "/api/v1/views/{id}"         SignedIn        => views::delete;
    GET    "/api/v1/meta"               Open            => meta::meta;
    GET    "/api/v1/openapi.json"       Open            => meta::openapi (Docs);
    GET    "/.well-known/jwks.json"     Open            => meta::keys (Accounts);
    GET    "/healthz"                   Open            => health::alive;
    GET    "/readyz"                    Open            => health::ready;
    GET    "/metrics"                   Open            => health::metrics (Metrics);
    GET    "/"                          Open            => page::index (Page);
    GET    "/assets/{*path}"            Open            => page::asset (Page);
}

/// The table, by path.
pub(crate) type Table = Router<Vec<&'static Route>>;

/// Makes the table of these parts ready to match.
pub(crate) fn table(parts: Parts) -> Result<Table, InsertError> {
    let mut table: Table = Router::new();
    for route in parts.routes() {
        match table.at_mut(route.path) {
            // A pattern matches itself, but so may one with a parameter.
            Ok(found) if found.value.iter().any(|known| known.path == route.path) => found.value.push(route),
            _ => table.insert(route.path, vec![route])?,
        }
    }
    Ok(table)
}

/// The route for a request, and the values of the parameters in its path, empty where it has none.
pub(crate) fn find<'p>(
    table: &Table,
    method: &Method,
    path: &'p str,
) -> Result<(&'static Route, [&'p str; 2]), Problem> {
    let Ok(found) = table.at(path) else {
        return Err(Problem::new(Code::NotFound).detail("there is nothing here"));
    };
    let mut values = found.params.iter().map(|(_, value)| value);
    let parameters = [(); 2].map(|()| values.next().unwrap_or_default());
    let asked = if method == Method::HEAD { &Method::GET } else { method };
    match found.value.iter().find(|route| route.method == *asked) {
        Some(route) => Ok((*route, parameters)),
        None => Err(method_not_allowed(found.value)),
    }
}

fn method_not_allowed(routes: &[&Route]) -> Problem {
    let mut allowed = Vec::new();
    for route in routes {
        allowed.push(route.method.as_str());
        if route.method == Method::GET {
            allowed.push("HEAD");
        }
    }
    let problem = Problem::new(Code::MethodNotAllowed).detail("this cannot be done here");
    match HeaderValue::from_str(&allowed.join(", ")) {
        Ok(allowed) => problem.header(ALLOW, allowed),
        Err(error) => Problem::internal(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Parts = Parts { accounts: true, page: true, docs: true, metrics: true };

    #[test]
    fn every_route_finds_itself() {
        for parts in [ALL, Parts { accounts: false, ..ALL }] {
            let table = table(parts).unwrap();
            for route in parts.routes() {
                let path = route
                    .path
                    .replace("{id}", "x")
                    .replace("{check_in}", "y")
                    .replace("{token}", "x")
                    .replace("{*path}", "a/b");
                let (found, parameters) = find(&table, &route.method, &path).unwrap();
                assert!(std::ptr::eq(found, route), "{} {}", route.method, route.path);
                let given = parameters.iter().filter(|parameter| !parameter.is_empty()).count();
                assert_eq!(given, route.path.matches('{').count(), "{}", route.path);
            }
        }
    }

    #[test]
    fn scripts_touch_nothing_of_the_account() {
        let open_to_scripts: Vec<_> = ROUTES
            .iter()
            .filter(|route| route.access == Access::SignedIn && route.part == Part::Accounts)
            .map(|route| (route.method.as_str(), route.path))
            .collect();
        assert_eq!(open_to_scripts, [("GET", "/api/v1/users/me")]);
    }

    #[test]
    fn other_methods_hear_what_is_allowed() {
        let table = table(ALL).unwrap();
        for method in
            [Method::TRACE, Method::CONNECT, Method::OPTIONS, Method::PUT, Method::from_bytes(b"BREW").unwrap()]
        {
            let response = find(&table, &method, "/api/v1/goals/x").unwrap_err().into_response("");
            assert_eq!(response.status(), 405);
            assert_eq!(response.headers()["allow"], "GET, HEAD, PATCH, DELETE");
        }
        assert_eq!(find(&table, &Method::GET, "/api/v1/goals/").unwrap_err().code(), Code::NotFound);
        assert_eq!(find(&table, &Method::GET, "").unwrap_err().code(), Code::NotFound);
    }
}
