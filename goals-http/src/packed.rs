//! Content that is served plain or compressed, as the client can take it.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue, VARY};

use crate::problem::Problem;
use crate::reply::Reply;

/// Content, and the same compressed once for all who ask.
#[derive(Debug)]
pub(crate) struct Packed {
    plain: Bytes,
    /// Absent when it would be no smaller.
    gzip: Option<Bytes>,
}

impl Packed {
    pub(crate) fn new(plain: Bytes) -> Self {
        let gzip = gzip(&plain).ok().filter(|gzip| gzip.len() < plain.len());
        Self { plain, gzip: gzip.map(Bytes::from) }
    }

    /// The content for this client, unless it has it. `tag` names what it says; each encoding has an
    /// entity tag of its own, for its bytes differ.
    pub(crate) fn reply(&self, media_type: &'static str, tag: &str, request: &HeaderMap) -> Result<Reply, Problem> {
        let reply = match self.gzip.as_ref().filter(|_| takes_gzip(request)) {
            Some(gzip) => Reply::new(media_type, gzip.clone())
                .header(CONTENT_ENCODING, HeaderValue::from_static("gzip"))
                .etag(&format!("\"{tag}-gzip\""))?,
            None => Reply::new(media_type, self.plain.clone()).etag(&format!("\"{tag}\""))?,
        };
        Ok(reply.header(VARY, HeaderValue::from_static("Accept-Encoding")).unless_known(request))
    }

    #[cfg(test)]
    pub(crate) fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// How many bytes travel to a client that takes what is compressed.
    #[cfg(test)]
    pub(crate) fn sent(&self) -> usize {
        self.gzip.as_ref().unwrap_or(&self.plain).len()
    }
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

/// By RFC 9110, section 12.5.3: what is named goes before `*`, and a weight of 0 is a refusal.
fn takes_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut named, mut any) = (None, None);
    for coding in values.flat_map(|value| value.split(',')) {
        let coding = coding.to_ascii_lowercase();
        let (name, weight) = coding.split_once(';').unwrap_or((&coding, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        let wanted = Some(weight.is_none_or(|weight| weight > 0.0));
        match name.trim() {
            "gzip" | "x-gzip" => named = wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    named.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_takes_gzip_gets_it() {
        let takes = |value| takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]));
        for value in ["gzip", "br, GZIP;q=0.5", "*", "identity;q=1, *;q=0.1", "gzip;q=1, *;q=0", "x-gzip", "gzip;"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "br", "identity", "gzip;q=0", "gzip; Q=0.000, *", "*;q=0", "gzipped", ";;q=,"] {
            assert!(!takes(value), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_does_not_shrink_stays_plain() {
        assert!(Packed::new(Bytes::from_static(b"x")).gzip.is_none());
        assert!(Packed::new("x".repeat(99).into()).sent() < 99);
    }
}
