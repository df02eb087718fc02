//! Reading a request body: bounded, in time, and JSON.

use std::io;

use bytes::Bytes;
use goals_core::BoxError;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::json::{self, Object};
use crate::problem::{Code, Problem};

/// The whole body, if it has at most `limit` bytes. A longer one that says so is not read at all.
pub(crate) async fn read<B>(body: B, limit: usize) -> Result<Bytes, Problem>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let mut body = std::pin::pin!(Limited::new(body, limit));
    match body.as_mut().collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(error) if is_timeout(&*error) => {
            Err(Problem::new(Code::RequestTimeout).detail("the body did not arrive in time"))
        }
        Err(_) => Err(Problem::new(Code::BadRequest).detail("the body could not be read")),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge).detail(format!("a body has at most {limit} bytes")).with("max", limit)
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut))
}

/// The JSON object in `bytes`, when `headers` say that it is one.
pub(crate) fn object(headers: &HeaderMap, bytes: &[u8], merge_patch: bool) -> Result<Object, Problem> {
    if !is_json(headers, merge_patch) || headers.contains_key(CONTENT_ENCODING) {
        let words = "send application/json in UTF-8, without a content encoding";
        return Err(Problem::new(Code::UnsupportedMediaType).detail(words));
    }
    json::parse(bytes).map_err(|error| Problem::new(Code::MalformedJson).detail(error.to_string()))
}

/// Refuses what does not say that it is a table in CSV.
pub(crate) fn check_csv(headers: &HeaderMap) -> Result<(), Problem> {
    if is_media_type(headers, &["text/csv"]) && !headers.contains_key(CONTENT_ENCODING) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType).detail("send text/csv in UTF-8, without a content encoding"))
}

fn is_json(headers: &HeaderMap, merge_patch: bool) -> bool {
    let known = ["application/json", "application/merge-patch+json"];
    is_media_type(headers, if merge_patch { &known } else { &known[..1] })
}

/// Whether the body is of one of the media types `known`, in UTF-8.
fn is_media_type(headers: &HeaderMap, known: &[&str]) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    known.iter().any(|known| essence.eq_ignore_ascii_case(known))
        && parts
            .all(|part| part.eq_ignore_ascii_case("charset=utf-8") || part.eq_ignore_ascii_case("charset=\"utf-8\""))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn knows_json_by_its_media_type() {
        let judged = |value: &'static str, patch| {
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]), patch)
        };
        for fine in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(judged(fine, false), "{fine}");
        }
        for bad in
            ["", "text/plain", "application/jsonp", "application/json; charset=latin1", "text/plain;application/json"]
        {
            assert!(!judged(bad, true), "{bad}");
        }
        assert!(judged("application/merge-patch+json", true));
        assert!(!judged("application/merge-patch+json", false));
        assert!(!is_json(&HeaderMap::new(), true));
    }
}
