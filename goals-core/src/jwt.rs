//! Access tokens as JSON Web Tokens.

use std::fmt;

use chrono::{DateTime, Utc};
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::BoxError;
use crate::ids::{SessionId, UserId};
use crate::token::{Claims, TokenCodec, TokenError};

/// The `typ` of our tokens, so that no other JWT passes for one
/// ([RFC 9068](https://www.rfc-editor.org/rfc/rfc9068#section-2.1)).
const TYP: &str = "at+jwt";
/// The fewest bytes of a key: as many as the hash has
/// ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const KEY_MIN: usize = 32;
/// By how many seconds the clocks of two instances may differ.
const LEEWAY: i64 = 5;

/// The key has fewer than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key needs 32 bytes at least, and this one has {0}")]
pub struct WeakKey(pub usize);

/// HS256 tokens: one algorithm, pinned; `iss`, `aud`, `exp`, `iat`, `nbf`, `sub`, `sid`, `typ` and
/// `crit` checked as [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725) asks. Nothing in a token's
/// header is ever taken as the source of a key.
pub struct JwtCodec {
    header: Header,
    sealing: EncodingKey,
    opening: DecodingKey,
    validation: Validation,
    issuer: String,
    audience: String,
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
    /// A codec with a key that only the instances of this service know. `issuer` names this
    /// service and `audience` those who are to accept its tokens.
    ///
    /// # Errors
    /// [`WeakKey`] when the key has fewer than 32 bytes.
    pub fn new(key: &[u8], issuer: impl Into<String>, audience: impl Into<String>) -> Result<Self, WeakKey> {
        if key.len() < KEY_MIN {
            return Err(WeakKey(key.len()));
        }
        // Without this, a host that turns on another backend of the library makes the first call
        // panic. When somebody has installed one, theirs serves as well.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        let (issuer, audience) = (issuer.into(), audience.into());
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        // Times are compared with our clock, below.
        validation.validate_exp = false;
        let header = Header { typ: Some(TYP.to_owned()), ..Header::new(Algorithm::HS256) };
        let (sealing, opening) = (EncodingKey::from_secret(key), DecodingKey::from_secret(key));
        Ok(Self { header, sealing, opening, validation, issuer, audience })
    }

    fn open(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, BoxError> {
        let data = decode::<Payload>(token, &self.opening, &self.validation)?;
        // We write one header and accept no other, whatever it asks for (`crit`, `jku`, another `typ`).
        if data.header != self.header {
            return Err("the header is not one of ours".into());
        }
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
}

impl fmt::Debug for JwtCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtCodec")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl TokenCodec for JwtCodec {
    fn encode(&self, claims: &Claims) -> Result<String, TokenError> {
        let payload = Payload {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user.as_uuid(),
            sid: claims.session.as_uuid(),
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
            nbf: None,
        };
        encode(&self.header, &payload, &self.sealing).map_err(|error| TokenError::Failed(error.into()))
    }

    fn decode(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        self.open(token, now).map_err(TokenError::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    const KEY: &[u8] = &[7; 32];

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn claims() -> Claims {
        Claims {
            user: UserId::from_uuid(Uuid::from_u128(1)),
            session: SessionId::from_uuid(Uuid::from_u128(2)),
            issued_at: now(),
            expires_at: now() + TimeDelta::minutes(15),
        }
    }

    fn codec() -> JwtCodec {
        JwtCodec::new(KEY, "goals", "goals").unwrap()
    }

    /// A token with our key and any header and payload.
    fn forged(header: &str, payload: &str) -> String {
        let message =
            format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(payload.as_bytes()));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(KEY), Algorithm::HS256);
        format!("{message}.{}", signature.unwrap())
    }

    const HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256"}"#;

    fn payload(change: (&str, &str)) -> String {
        let id = Uuid::from_u128(1);
        let whole =
            format!(r#"{{"iss":"goals","aud":"goals","sub":"{id}","sid":"{id}","iat":1800000000,"exp":1800000900}}"#);
        assert!(whole.contains(change.0), "{change:?}");
        whole.replace(change.0, change.1)
    }

    #[test]
    fn a_token_is_read_back() {
        let token = codec().encode(&claims()).unwrap();
        assert_eq!(codec().decode(&token, now()).unwrap(), claims());
        assert!(codec().decode(&forged(HEADER, &payload(("", ""))), now()).is_ok(), "the forger of these tests works");
    }

    #[test]
    fn it_lives_its_time_and_no_longer() {
        let token = codec().encode(&claims()).unwrap();
        assert!(codec().decode(&token, now() + TimeDelta::seconds(904)).is_ok());
        assert!(codec().decode(&token, now() + TimeDelta::seconds(905)).is_err());
        assert!(codec().decode(&token, now() - TimeDelta::seconds(5)).is_ok());
        assert!(codec().decode(&token, now() - TimeDelta::seconds(6)).is_err());
    }

    #[test]
    fn hostile_payloads_are_refused() {
        for change in [
            (r#""iss":"goals""#, r#""iss":"other""#),
            (r#""iss":"goals","#, ""),
            (r#""aud":"goals""#, r#""aud":"other""#),
            (r#""aud":"goals","#, ""),
            (r#","exp":1800000900"#, ""),
            (r#""exp":1800000900"#, r#""exp":"1800000900""#),
            (r#""iat":1800000000"#, r#""iat":1800000900"#),
            (r#""iat":1800000000"#, r#""iat":1800000000,"nbf":1800000800"#),
            (r#""sub":"#, r#""sub":"x","was":"#),
            (r#""sid":"#, r#""was":"#),
        ] {
            let token = forged(HEADER, &payload(change));
            assert!(codec().decode(&token, now()).is_err(), "{change:?}");
        }
    }

    #[test]
    fn hostile_headers_are_refused() {
        for header in [
            r#"{"typ":"at+jwt","alg":"none"}"#,
            r#"{"typ":"at+jwt","alg":"HS512"}"#,
            r#"{"typ":"at+jwt","alg":"RS256"}"#,
            r#"{"typ":"JWT","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"typ":"at+jwt","alg":"HS256","crit":["exp"]}"#,
            r#"{"typ":"at+jwt","alg":"HS256","jku":"https://example.org/keys"}"#,
            r#"{"typ":"at+jwt","alg":"HS256","kid":"../../dev/null"}"#,
        ] {
            assert!(codec().decode(&forged(header, &payload(("", ""))), now()).is_err(), "{header}");
        }
        let token = codec().encode(&claims()).unwrap();
        let unsigned = token.rsplit_once('.').unwrap().0;
        for broken in ["", "a.b.c", unsigned, &format!("{unsigned}."), &format!("{token}x")] {
            assert!(codec().decode(broken, now()).is_err(), "{broken}");
        }
        let stranger = JwtCodec::new(&[8; 32], "goals", "goals").unwrap();
        assert!(stranger.decode(&token, now()).is_err());
    }

    #[test]
    fn a_weak_key_is_refused() {
        assert_eq!(JwtCodec::new(&[7; 31], "goals", "goals").unwrap_err(), WeakKey(31));
        assert!(!format!("{:?}", codec()).contains('7'));
    }
}
