//! The `Idempotency-Key` header: a create that is sent again makes nothing again and gets the
//! first answer.

use goals_core::Once;
use http::header::HeaderName;
use http::request::Parts;
use sha2::{Digest as _, Sha256};

use crate::problem::{Code, Problem};

/// Names what is to be made.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What tells this request from others, when it has a key.
pub(crate) fn attempt(parts: &Parts, body: &[u8]) -> Result<Option<Once>, Problem> {
    let mut keys = parts.headers.get_all(KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.to_str().ok().filter(|_| keys.next().is_none()).and_then(|key| key.parse().ok());
    let words = "an Idempotency-Key is one header of 1 to 255 visible ASCII characters";
    let key = key.ok_or_else(|| Problem::new(Code::BadRequest).detail(words))?;
    let asked = parts.uri.path_and_query().map_or("", |asked| asked.as_str());
    let mut digest = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), asked.as_bytes()] {
        digest.update(part);
        // No method or path has it, so that no two requests look the same.
        digest.update([0]);
    }
    digest.update(body);
    Ok(Some(Once { key, fingerprint: digest.finalize().into() }))
}
