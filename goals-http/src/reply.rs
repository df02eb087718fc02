//! Answers that are not problems.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream, StreamExt as _};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Collected, Full};
use serde::{Deserialize, Serialize};

use crate::once::REPLAYED;
use crate::problem::Problem;

/// The body of every answer.
#[derive(Debug)]
pub struct ResponseBody(Content);

enum Content {
    Whole(Full<Bytes>),
    /// In pieces as they come, with no end that is known.
    Stream(Pin<Box<dyn Stream<Item = Bytes> + Send>>),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(whole) => whole.fmt(f),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl ResponseBody {
    /// `begin`, and then whatever comes.
    pub(crate) fn stream(begin: Bytes, rest: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self(Content::Stream(Box::pin(stream::iter([begin]).chain(rest))))
    }
}

impl Default for ResponseBody {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for ResponseBody {
    fn from(whole: Bytes) -> Self {
        Self(Content::Whole(Full::new(whole)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Content::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Content::Stream(stream) => {
                stream.as_mut().poll_next(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(whole) => whole.is_end_stream(),
            Content::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(whole) => whole.size_hint(),
            Content::Stream(_) => SizeHint::default(),
        }
    }
}

/// A success.
#[derive(Debug)]
pub(crate) struct Reply(Response<ResponseBody>);

impl Reply {
    /// `body` as `media_type`.
    pub(crate) fn new(media_type: &'static str, body: impl Into<ResponseBody>) -> Self {
        let mut response = Response::new(body.into());
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self(response)
    }

    /// `body` as JSON.
    pub(crate) fn json(body: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
        Ok(Self::new("application/json", Bytes::from(text)))
    }

    /// No body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self(Response::default()).status(status)
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        *self.0.status_mut() = status;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }

    /// Adds a header unless the reply has it.
    pub(crate) fn header_if_none(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().entry(name).or_insert(value);
        self
    }

    /// 201, with the path of what was made.
    pub(crate) fn created(self, path: &str) -> Result<Self, Problem> {
        let location = HeaderValue::from_str(path).map_err(|error| Problem::internal(&error))?;
        Ok(self.status(StatusCode::CREATED).header(header::LOCATION, location))
    }

    /// A strong entity tag.
    pub(crate) fn etag(self, tag: &str) -> Result<Self, Problem> {
        let tag = HeaderValue::from_str(tag).map_err(|error| Problem::internal(&error))?;
        Ok(self.header(header::ETAG, tag))
    }

    /// 304 without a body when the client has what this says, by its entity tag.
    pub(crate) fn unless_known(mut self, request: &HeaderMap) -> Self {
        let tag = self.0.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        if !known.flat_map(|value| value.split(',')).any(|known| matches_weakly(known.trim(), tag)) {
            return self;
        }
        self.0.headers_mut().remove(header::CONTENT_TYPE);
        *self.0.body_mut() = ResponseBody::default();
        self.status(StatusCode::NOT_MODIFIED)
    }

    pub(crate) fn into_response(self) -> Response<ResponseBody> {
        self.0
    }
}

/// A reply as it is kept, to be given again.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    /// This reply as bytes.
    pub(crate) fn keep(self) -> Result<Vec<u8>, Problem> {
        let header =
            |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
        let (parts, body) = self.0.into_parts();
        // All of it is there: nothing that makes a thing answers in pieces.
        let body = body.collect().now_or_never().and_then(Result::ok).map(Collected::to_bytes);
        let kept = Kept {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().filter_map(header).collect(),
            body: String::from_utf8_lossy(&body.unwrap_or_default()).into_owned(),
        };
        serde_json::to_vec(&kept).map_err(|error| Problem::internal(&error))
    }

    /// The reply that was kept as `bytes`.
    pub(crate) fn kept(bytes: &[u8]) -> Result<Self, Problem> {
        let Kept { status, headers, body } =
            serde_json::from_slice(bytes).map_err(|error| Problem::internal(&error))?;
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        response.body(Bytes::from(body).into()).map(Self).map_err(|error| Problem::internal(&error))
    }

    /// Says that this was answered before.
    pub(crate) fn replayed(self) -> Self {
        self.header(REPLAYED, HeaderValue::from_static("true"))
    }
}

/// The weak comparison that RFC 9110 asks for: proxies make strong tags weak.
fn matches_weakly(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}
