//! Access tokens as JSON Web Tokens.

mod key;

use std::fmt;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::BoxError;
use crate::ids::{SessionId, UserId};
use crate::token::{Claims, TokenCodec, TokenError};

pub use key::{BadKey, JwtKey};

/// The `typ` of our tokens, so that no other JWT passes for one
/// ([RFC 9068](https://www.rfc-editor.org/rfc/rfc9068#section-2.1)).
const TYP: &str = "at+jwt";
/// By how many seconds the clocks of two instances may differ.
const LEEWAY: i64 = 5;

/// Tokens sealed with one [`JwtKey`]; `iss`, `aud`, `exp`, `iat`, `nbf`, `sub`, `sid`, `typ` and
/// `crit` checked as [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725) asks.
///
/// A key has one algorithm and one name, and a header that is not, letter by letter, the one that
/// we write for one of our keys belongs to no token of ours: nothing in it is ever taken as the
/// source of a key or the choice of an algorithm.
pub struct JwtCodec {
    /// The first one seals; all of them open.
    keys: Vec<Known>,
    issuer: String,
    audience: String,
}

/// A key and what goes with it.
struct Known {
    key: JwtKey,
    header: Header,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl JwtCodec {
    /// A codec that seals with `key`. `issuer` names this service and `audience` those who are to
    /// accept its tokens.
    #[must_use]
    pub fn new(key: JwtKey, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self { keys: Vec::new(), issuer: issuer.into(), audience: audience.into() }.accepting(key)
    }

    /// The same that opens tokens of `key` too. A key is changed without signing anybody out in
    /// three steps, each on every instance before the next: accept the new one, seal with it and
    /// accept the old one, and forget that when the last token of it has expired.
    #[must_use]
    pub fn accepting(mut self, key: JwtKey) -> Self {
        let mut validation = Validation::new(key.algorithm());
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        // Times are compared with our clock, below.
        validation.validate_exp = false;
        let header =
            Header { typ: Some(TYP.to_owned()), kid: Some(key.id().to_owned()), ..Header::new(key.algorithm()) };
        self.keys.push(Known { key, header, validation });
        self
    }

    fn open(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, BoxError> {
        // We write one header a key and accept no other, whatever it asks for (`crit`, `jku`,
        // another `typ`).
        let header = decode_header(token)?;
        let known = self.keys.iter().find(|known| known.header == header).ok_or("the header is not one of ours")?;
        let data = decode::<Payload>(token, known.key.opening(), &known.validation)?;
        let Payload { sub, sid, iat, exp, nbf, .. } = data.claims;
        let now = now.timestamp();
        if exp.saturating_add(LEEWAY) <= now || iat.max(nbf.unwrap_or(iat)) > now.saturating_add(LEEWAY) {
            return Err("expired, or not valid yet".into());
        }
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or("a time out of range");
        Ok(Claims {
            user: UserId::from_uuid(sub),
            session: SessionId::from_uuid(sid),
            issued_at: time(iat)?,
            expires_at: time(exp)?,
        })
    }

    fn seal(&self, claims: &Claims) -> Result<String, BoxError> {
        let payload = Payload {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user.as_uuid(),
            sid: claims.session.as_uuid(),
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
            nbf: None,
        };
        let known = self.keys.first().ok_or("there is no key")?;
        Ok(encode(&known.header, &payload, known.key.sealing())?)
    }
}

impl fmt::Debug for JwtCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.keys.iter().map(|known| &known.key).collect();
        f.debug_struct("JwtCodec")
            .field("keys", &keys)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl TokenCodec for JwtCodec {
    fn encode(&self, claims: &Claims) -> Result<String, TokenError> {
        self.seal(claims).map_err(TokenError::Failed)
    }

    fn decode(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        self.open(token, now).map_err(TokenError::Invalid)
    }

    fn key_set(&self) -> Option<String> {
        let keys: Vec<_> = self.keys.iter().filter_map(|known| known.key.public()).collect();
        (!keys.is_empty()).then(|| format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
    }
}

#[cfg(test)]
mod tests;
