//! The web page.

#![expect(clippy::unused_async, reason = "all handlers have one shape")]

use http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use crate::assets::Page;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::service::Call;

/// Scripts, styles and requests of our own alone, and no script can make markup out of text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'self'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

pub(crate) async fn index(call: Call) -> Result<Reply, Problem> {
    let reply = page(&call)?.index(&call.head.headers)?;
    Ok(reply.header(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
}

pub(crate) async fn asset(call: Call) -> Result<Reply, Problem> {
    page(&call)?.asset(&call.parameter, &call.head.headers)
}

fn page(call: &Call) -> Result<&Page, Problem> {
    call.api.0.page.as_ref().ok_or_else(|| Problem::internal(&"there is no page"))
}
