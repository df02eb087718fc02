//! Who makes a request: a bearer token or the one cookie of a browser, a script's API token, or
//! what the host says.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use goals_core::{API_TOKEN_PREFIX, AccessToken, Accounts, Authenticated, OwnerId, Scope, TimeZone, User};
use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN, WWW_AUTHENTICATE};
use http::{Method, request};

use crate::identity::{Authenticator, Identity};
use crate::problem::{Code, Problem};
use crate::routes::Access;

/// Whose users an API serves.
#[derive(Clone)]
pub(crate) enum Users {
    /// Those who have an account here.
    Accounts(Box<Accounts>),
    /// Those of the host.
    Own(Arc<dyn Authenticator>),
}

/// Who makes a request, and how they said so.
#[derive(Debug)]
pub(crate) enum Caller {
    /// Somebody with an account here.
    Account { who: Authenticated, by_cookie: bool },
    /// A script of theirs, with an API token.
    Script { user: User, scope: Scope },
    /// A user of the host's.
    Own(Identity),
}

impl Caller {
    /// Whose goals they ask for.
    pub(crate) fn owner(&self) -> OwnerId {
        match self {
            Self::Account { who, .. } => who.user.id.into(),
            Self::Script { user, .. } => user.id.into(),
            Self::Own(identity) => identity.owner,
        }
    }

    /// Where their days begin and end.
    pub(crate) const fn time_zone(&self) -> TimeZone {
        match self {
            Self::Account { who, .. } => who.user.time_zone,
            Self::Script { user, .. } => user.time_zone,
            Self::Own(identity) => identity.time_zone,
        }
    }

    /// Their account, and the session in which they are.
    pub(crate) const fn account(&self) -> Option<&Authenticated> {
        match self {
            Self::Account { who, .. } => Some(who),
            Self::Script { .. } | Self::Own(_) => None,
        }
    }

    /// Whose account it is, theirs or their script's.
    pub(crate) const fn user(&self) -> Option<&User> {
        match self {
            Self::Account { who, .. } => Some(&who.user),
            Self::Script { user, .. } => Some(user),
            Self::Own(_) => None,
        }
    }

    /// Whether the cookie of ours said it.
    pub(crate) const fn by_cookie(&self) -> bool {
        matches!(self, Self::Account { by_cookie: true, .. })
    }

    /// Refuses a script what its token is not good for.
    pub(crate) fn check(&self, access: Access, method: &Method) -> Result<(), Problem> {
        let Self::Script { scope, .. } = self else { return Ok(()) };
        if access == Access::Session {
            return Err(insufficient_scope("an API token does not manage the account; sign in to do this"));
        }
        if *scope == Scope::Read && !method.is_safe() {
            return Err(insufficient_scope("this API token is good for reading alone"));
        }
        Ok(())
    }
}

fn insufficient_scope(words: &'static str) -> Problem {
    tracing::warn!("an API token was not good enough");
    let challenge = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
    Problem::new(Code::InsufficientScope).detail(words).header(WWW_AUTHENTICATE, challenge)
}

/// How the cookie of a browser is called and kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookie {
    /// Whether it may travel over plain HTTP.
    pub(crate) insecure: bool,
}

impl Cookie {
    /// Under which name a browser keeps it.
    pub(crate) const fn name(self) -> &'static str {
        // The prefix makes browsers insist on `Secure` and `Path=/`, and refuse it from subdomains.
        if self.insecure { "goals" } else { "__Host-goals" }
    }

    /// The header that keeps `token` in the browser.
    pub(crate) fn set(self, token: &AccessToken, now: DateTime<Utc>) -> Result<HeaderValue, Problem> {
        let age = (token.expires_at - now).num_seconds().max(0);
        self.header(&token.token, age)
    }

    /// The header that takes the token out of the browser.
    pub(crate) fn clear(self) -> Result<HeaderValue, Problem> {
        self.header("", 0)
    }

    fn header(self, token: &str, age: i64) -> Result<HeaderValue, Problem> {
        let secure = if self.insecure { "" } else { "; Secure" };
        let text = format!("{}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={age}{secure}", self.name());
        let mut value = HeaderValue::from_str(&text).map_err(|error| Problem::internal(&error))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn read(self, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name()).map(|(_, token)| token)
    }
}

/// The caller, when the request says who that is.
///
/// A browser sends a cookie with every request, whoever made it send that request; so a request
/// that changes something must come from a page of ours.
pub(crate) async fn caller(users: &Users, cookie: Cookie, request: &request::Parts) -> Result<Option<Caller>, Problem> {
    let (method, headers) = (&request.method, &request.headers);
    let accounts = match users {
        Users::Accounts(accounts) => accounts,
        Users::Own(host) => {
            let found = host.identify(request).await.map_err(|error| Problem::unavailable(&*error))?;
            let Some(identity) = found else { return Ok(None) };
            if !identity.from_anywhere {
                refuse_elsewhere(method, headers)?;
            }
            return Ok(Some(Caller::Own(identity)));
        }
    };
    let (token, by_cookie) = match (bearer(headers)?, cookie.read(headers)) {
        (None, None) => return Ok(None),
        (Some(token), None) => (token, false),
        (None, Some(token)) => (token, true),
        (Some(_), Some(_)) => {
            let words = "send either a bearer token or the cookie, not both";
            return Err(Problem::new(Code::BadRequest).detail(words));
        }
    };
    if by_cookie {
        refuse_elsewhere(method, headers)?;
    }
    if !by_cookie && token.starts_with(API_TOKEN_PREFIX) {
        let (user, token) = accounts.authenticate_api_token(token).await?;
        return Ok(Some(Caller::Script { user, scope: token.scope }));
    }
    Ok(Some(Caller::Account { who: accounts.authenticate(token).await?, by_cookie }))
}

/// Refuses a change unless it is certain that a page of the same origin asks for it.
fn refuse_elsewhere(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() || origin(headers) == Origin::Same { Ok(()) } else { Err(csrf_refused()) }
}

/// Refuses a log-in that another site makes a browser do.
pub(crate) fn refuse_foreign(headers: &HeaderMap) -> Result<(), Problem> {
    if origin(headers) == Origin::Foreign { Err(csrf_refused()) } else { Ok(()) }
}

fn csrf_refused() -> Problem {
    tracing::warn!("a request from another site was refused");
    Problem::new(Code::CsrfRefused).detail("with a cookie, only a page of the same origin may ask for this")
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(Problem::new(Code::BadRequest).detail("a request has at most one Authorization header"));
    }
    let text = first.and_then(|value| value.to_str().ok());
    // Another scheme is for somebody else, a proxy that asks for a password for example.
    Ok(text
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim()))
}

#[derive(Debug, PartialEq, Eq)]
enum Origin {
    Same,
    Foreign,
    /// No browser of these days leaves it open.
    Unknown,
}

fn origin(headers: &HeaderMap) -> Origin {
    let is_same = if let Some(site) = headers.get("sec-fetch-site") {
        site == "same-origin"
    } else if let Some(origin) = headers.get(ORIGIN) {
        // Browsers send no Sec-Fetch-Site over plain HTTP, except to the machine they run on.
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
    } else {
        return Origin::Unknown;
    };
    if is_same { Origin::Same } else { Origin::Foreign }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn an_origin_is_ours_only_when_it_says_so() {
        let judged = |pairs: &[_]| origin(&headers(pairs));
        assert_eq!(judged(&[("sec-fetch-site", "same-origin")]), Origin::Same);
        assert_eq!(judged(&[("origin", "https://a.example:8443"), ("host", "A.example:8443")]), Origin::Same);
        for site in ["cross-site", "same-site", "none", ""] {
            let pairs = [("sec-fetch-site", site), ("origin", "https://a.example"), ("host", "a.example")];
            assert_eq!(judged(&pairs), Origin::Foreign, "{site}");
        }
        for origin in
            ["null", "https://b.example", "https://a.example.b.example", "https://a.example:444", "a.example", ""]
        {
            assert_eq!(judged(&[("origin", origin), ("host", "a.example")]), Origin::Foreign, "{origin}");
        }
        assert_eq!(judged(&[("host", "a.example")]), Origin::Unknown);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let secure = Cookie { insecure: false };
        let plain = Cookie { insecure: true };
        let sent = headers(&[("cookie", "a=b; goals=plain"), ("cookie", "x;__Host-goals=secure")]);
        assert_eq!(secure.read(&sent), Some("secure"));
        assert_eq!(plain.read(&sent), Some("plain"));
        assert_eq!(secure.read(&headers(&[("cookie", "goals=x; __host-goals=y")])), None);
    }

    #[test]
    fn a_bearer_token_is_one_and_of_the_scheme() {
        assert_eq!(bearer(&headers(&[("authorization", "bearer  abc")])).unwrap(), Some("abc"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic abc")])).unwrap(), None);
        assert!(bearer(&headers(&[("authorization", "Bearer a"), ("authorization", "Bearer b")])).is_err());
    }
}
