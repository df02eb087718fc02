//! Errors on the wire: problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use std::borrow::Cow;

use bytes::Bytes;
use chrono::TimeDelta;
use goals_core::{Error, FieldError, FieldErrors, Param};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::reply::ResponseBody;

/// Declares the codes: their words, which are stable, and the status each of them goes with.
macro_rules! codes {
    ($($code:ident = $word:literal, $status:ident;)+) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($code),+ }

        impl Code {
            /// The word of every code.
            pub(crate) const WORDS: &[&str] = &[$($word),+];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word),+ }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    BadRequest = "bad_request", BAD_REQUEST;
    MalformedJson = "malformed_json", BAD_REQUEST;
    MalformedCsv = "malformed_csv", BAD_REQUEST;
    InvalidQuery = "invalid_query", BAD_REQUEST;
    Unauthenticated = "unauthenticated", UNAUTHORIZED;
    BadCredentials = "bad_credentials", UNAUTHORIZED;
    SecondFactorRequired = "second_factor_required", UNAUTHORIZED;
    CsrfRefused = "csrf_refused", FORBIDDEN;
    InsufficientScope = "insufficient_scope", FORBIDDEN;
    NotFound = "not_found", NOT_FOUND;
    LinkSpent = "link_spent", NOT_FOUND;
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED;
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT;
    DuplicateGoal = "duplicate_goal", CONFLICT;
    IdTaken = "id_taken", CONFLICT;
    GoalClosed = "goal_closed", CONFLICT;
    UsernameTaken = "username_taken", CONFLICT;
    EmailTaken = "email_taken", CONFLICT;
    TwoFactorOn = "two_factor_on", CONFLICT;
    RefreshInProgress = "refresh_in_progress", CONFLICT;
    InvalidTransition = "invalid_transition", CONFLICT;
    LimitReached = "limit_reached", CONFLICT;
    NothingToUndo = "nothing_to_undo", CONFLICT;
    UndoConflict = "undo_conflict", CONFLICT;
    CursorTooOld = "cursor_too_old", GONE;
    ViewExists = "view_exists", CONFLICT;
    StaleVersion = "stale_version", PRECONDITION_FAILED;
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE;
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE;
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY;
    ImportRefused = "import_refused", UNPROCESSABLE_ENTITY;
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY;
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED;
    Throttled = "throttled", TOO_MANY_REQUESTS;
    Internal = "internal", INTERNAL_SERVER_ERROR;
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE;
}

/// How many refused values one problem names: a body can hold thousands of them.
const ERRORS_MAX: usize = 100;

/// A refusal that knows its status, its words and its headers.
#[derive(Debug)]
pub(crate) struct Problem(Box<Details>);

#[derive(Debug)]
struct Details {
    code: Code,
    detail: Cow<'static, str>,
    members: Map<String, Value>,
    headers: HeaderMap,
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        let detail = Cow::Borrowed("");
        Self(Box::new(Details { code, detail, members: Map::new(), headers: HeaderMap::new() }))
    }

    /// A fault of ours; `error` goes to the log and nowhere else.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Code::Internal).detail("something went wrong inside")
    }

    /// Something that is needed is away; `error` goes to the log and nowhere else.
    pub(crate) fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(error = %Chain(error), "the store, the hasher or the host's users are not available");
        Self::new(Code::StoreUnavailable).retry_after(2).detail("something that this needs is not available now")
    }

    /// Input that is wrong, value by value.
    pub(crate) fn fields(code: Code, errors: &FieldErrors) -> Self {
        let list = errors.iter().take(ERRORS_MAX).map(field).collect();
        Self::new(code).detail("some values are not valid").with("errors", Value::Array(list))
    }

    pub(crate) const fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, in English.
    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Adds a member of this code's own.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, seconds.into())
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response<ResponseBody> {
        let Details { code, detail, mut members, headers } = *self.0;
        let status = code.status();
        members.insert("type".to_owned(), "about:blank".into());
        members.insert("title".to_owned(), status.canonical_reason().into());
        members.insert("status".to_owned(), status.as_u16().into());
        members.insert("code".to_owned(), code.as_str().into());
        if !detail.is_empty() {
            members.insert("detail".to_owned(), detail.into());
        }
        if !request_id.is_empty() {
            members.insert("request_id".to_owned(), request_id.into());
        }
        let mut response = Response::new(Bytes::from(Value::Object(members).to_string()).into());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        let media_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response
    }
}

/// Why one value was refused.
pub(crate) fn field(error: &FieldError) -> Value {
    let params: Map<_, _> =
        error.violation.params().into_iter().map(|(name, value)| (name.to_owned(), param(&value))).collect();
    json!({
        "pointer": error.pointer,
        "code": error.violation.code(),
        "params": params,
        "detail": error.violation.to_string(),
    })
}

/// A parameter as JSON.
pub(crate) fn param(param: &Param) -> Value {
    match param {
        Param::Number(number) => (*number).into(),
        Param::Text(text) => (*text).into(),
        Param::Texts(texts) => json!(texts),
        Param::Day(day) => day.to_string().into(),
        // The text of a quantity is a JSON number.
        Param::Quantity(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
        Param::Ratio(ratio) => (*ratio).into(),
        _ => Value::Null,
    }
}

impl From<FieldErrors> for Problem {
    fn from(errors: FieldErrors) -> Self {
        Self::fields(Code::ValidationFailed, &errors)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let words = error.to_string();
        let problem = match error {
            Error::Invalid(errors) => return errors.into(),
            Error::Unavailable(source) => Self::unavailable(&*source),
            Error::NotFound => Self::new(Code::NotFound),
            Error::LinkSpent => Self::new(Code::LinkSpent),
            Error::Unauthenticated => Self::unauthenticated(),
            Error::SecondFactorRequired => Self::second_factor_required(),
            Error::WrongCode => {
                tracing::warn!("a code was refused");
                Self::second_factor_required()
            }
            Error::TwoFactorOn => Self::new(Code::TwoFactorOn),
            Error::RefreshReused => {
                tracing::warn!("a spent refresh token was shown again, and its session has been ended");
                Self::unauthenticated()
            }
            Error::BadCredentials => {
                tracing::warn!("a password was refused");
                Self::new(Code::BadCredentials).header(header::WWW_AUTHENTICATE, BEARER)
            }
            Error::Throttled { attempt, wait } => {
                let seconds = whole_seconds(wait);
                tracing::warn!(attempt = attempt.as_str(), seconds, "throttled");
                Self::new(Code::Throttled).retry_after(seconds)
            }
            Error::RefreshInProgress => Self::new(Code::RefreshInProgress).retry_after(1),
            Error::UsernameTaken => Self::new(Code::UsernameTaken),
            Error::EmailTaken => Self::new(Code::EmailTaken),
            Error::IdTaken => Self::new(Code::IdTaken),
            Error::GoalClosed => Self::new(Code::GoalClosed),
            Error::DuplicateGoal { existing } => {
                Self::new(Code::DuplicateGoal).with("existing_id", existing.to_string())
            }
            Error::InvalidTransition { from, to } => {
                Self::new(Code::InvalidTransition).with("from", from.as_str()).with("to", to.as_str())
            }
            Error::LimitReached { limit, max } => {
                Self::new(Code::LimitReached).with("limit", limit.as_str()).with("max", max)
            }
            Error::NothingToUndo => Self::new(Code::NothingToUndo),
            Error::UndoConflict { field } => Self::new(Code::UndoConflict).with("field", field),
            Error::CursorTooOld => Self::new(Code::CursorTooOld),
            Error::ViewExists { existing } => Self::new(Code::ViewExists).with("existing_id", existing.to_string()),
            Error::IdempotencyKeyReused => Self::new(Code::IdempotencyKeyReused),
            Error::Stale(_) => Self::new(Code::StaleVersion),
            Error::Internal(source) => return Self::internal(&Chain(&*source)),
            other => return Self::internal(&other),
        };
        problem.detail(words)
    }
}

/// Rounded up: who comes back then is not too early.
fn whole_seconds(wait: TimeDelta) -> u64 {
    u64::try_from((wait + TimeDelta::microseconds(999_999)).num_seconds()).unwrap_or_default().max(1)
}

const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

impl Problem {
    /// The password was right, and a code is missing or wrong.
    fn second_factor_required() -> Self {
        Self::new(Code::SecondFactorRequired).header(header::WWW_AUTHENTICATE, BEARER)
    }

    /// The caller has to sign in.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated).detail("sign in to do this").header(header::WWW_AUTHENTICATE, BEARER)
    }
}

/// An error with all its sources, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
