//! The keys of access tokens.

use std::fmt;

use data_encoding::BASE64;
use jsonwebtoken::crypto::{aws_lc, sign};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use zeroize::Zeroizing;

/// The fewest bytes of a secret: as many as the hash has
/// ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const SECRET_MIN: usize = 32;
/// The fewest different bytes of a secret. 32 random ones have fewer than once in 10^20 times; what
/// somebody typed to have something has.
const SECRET_VARIETY: usize = 8;
/// How many characters name a secret.
const NAME: usize = 16;

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadKey {
    /// It has fewer than 32 bytes.
    #[error("a signing key needs 32 bytes at least, and this one has {0}")]
    Short(usize),
    /// It repeats a few bytes, as no random key does.
    #[error("a signing key is random, and this one repeats a few bytes")]
    Repetitive,
    /// It is not the text of an Ed25519 private key.
    #[error("a key file is an Ed25519 private key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it")]
    NotEd25519,
}

/// A key that seals and opens tokens: its algorithm, and a name under which tokens refer to it, are
/// part of it. Kept out of `Debug`.
pub struct JwtKey {
    algorithm: Algorithm,
    id: String,
    sealing: EncodingKey,
    opening: DecodingKey,
    /// The public half.
    x: Option<String>,
}

impl JwtKey {
    /// An HS256 key: a random secret that only the instances of this service know. It is named by
    /// what it makes of a fixed text, which tells nothing of it.
    ///
    /// # Errors
    /// [`BadKey::Short`] and [`BadKey::Repetitive`].
    pub fn secret(bytes: &[u8]) -> Result<Self, BadKey> {
        if bytes.len() < SECRET_MIN {
            return Err(BadKey::Short(bytes.len()));
        }
        let mut different = bytes.to_vec();
        different.sort_unstable();
        different.dedup();
        if different.len() < SECRET_VARIETY {
            return Err(BadKey::Repetitive);
        }
        install_provider();
        let sealing = EncodingKey::from_secret(bytes);
        let name = sign(b"the name of this key", &sealing, Algorithm::HS256).map_err(|_| BadKey::Repetitive)?;
        Ok(Self {
            algorithm: Algorithm::HS256,
            id: name.chars().take(NAME).collect(),
            sealing,
            opening: DecodingKey::from_secret(bytes),
            x: None,
        })
    }

    /// A key of `EdDSA` from a private Ed25519 key in PKCS#8 PEM
    /// ([RFC 8410](https://www.rfc-editor.org/rfc/rfc8410#section-7)), so that others can check
    /// tokens without being able to make them. It is named by its thumbprint
    /// ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)).
    ///
    /// # Errors
    /// [`BadKey::NotEd25519`].
    pub fn ed25519_pem(text: &str) -> Result<Self, BadKey> {
        install_provider();
        Self::from_pem(text).ok_or(BadKey::NotEd25519)
    }

    fn from_pem(text: &str) -> Option<Self> {
        let body =
            text.trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?.strip_suffix("-----END PRIVATE KEY-----")?;
        let body: Zeroizing<String> = Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let sealing = EncodingKey::from_ed_der(&Zeroizing::new(pkcs8(&BASE64.decode(body.as_bytes()).ok()?)?));
        let public = Jwk::from_encoding_key(&sealing, Algorithm::EdDSA).ok()?;
        let id = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        let AlgorithmParameters::OctetKeyPair(pair) = public.algorithm else { return None };
        let opening = DecodingKey::from_ed_components(&pair.x).ok()?;
        Some(Self { algorithm: Algorithm::EdDSA, id, sealing, opening, x: Some(pair.x) })
    }

    /// The name under which tokens refer to it, the `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) const fn sealing(&self) -> &EncodingKey {
        &self.sealing
    }

    pub(super) const fn opening(&self) -> &DecodingKey {
        &self.opening
    }

    /// The public half as a JSON Web Key, if it has one.
    pub(super) fn public(&self) -> Option<String> {
        // Both values are base64url, so nothing in them has to be escaped.
        let Self { id, x: Some(x), .. } = self else { return None };
        Some(format!(r#"{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{id}","x":"{x}"}}"#))
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtKey").field("algorithm", &self.algorithm).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Without this, a host that turns on another backend of the library makes the first call panic.
/// When somebody has installed one, theirs serves as well.
fn install_provider() {
    let _ = aws_lc::DEFAULT_PROVIDER.install_default();
}

/// The key in the short form, which is the only one that the library understands: both forms say the
/// same up to the seed, and the long one repeats the public half behind it.
fn pkcs8(der: &[u8]) -> Option<Vec<u8>> {
    const ED25519: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let [0x30, length, 0x02, 0x01, 0 | 1, rest @ ..] = der else { return None };
    let seed = rest.strip_prefix(ED25519)?.get(..32)?;
    if usize::from(*length) + 2 != der.len() {
        return None;
    }
    Some([&[0x30, 0x2e, 0x02, 0x01, 0x00], ED25519, seed].concat())
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    /// The private key of RFC 8410, section 10.3, in both of its forms.
    const SHORT: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
    const LONG: &str = "-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----";

    #[test]
    fn a_key_file_is_read_in_both_forms() {
        let key = JwtKey::ed25519_pem(SHORT).unwrap();
        let x = key.x.clone().unwrap();
        assert_eq!(x, "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE", "the public key that the RFC gives");
        assert_eq!(JwtKey::ed25519_pem(LONG).unwrap().x, Some(x));
        assert_eq!(JwtKey::ed25519_pem(&SHORT.replace('\n', "\r\n")).unwrap().id, key.id);
        assert_eq!(BASE64URL_NOPAD.decode(key.id().as_bytes()).unwrap().len(), 32);
    }

    #[test]
    fn what_is_no_such_key_is_refused() {
        let public = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----";
        // X25519 instead, another length than it says, another kind of key, no end.
        let variants = [
            SHORT.replace("K2Vw", "K2Vu"),
            SHORT.replace("MC4C", "MC8C"),
            SHORT.replace("PRIVATE", "EC PRIVATE"),
            SHORT.replace("-----END", "----END"),
        ];
        let bad = [public, "", "x", "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----"];
        for text in bad.into_iter().chain(variants.iter().map(String::as_str)) {
            assert_eq!(JwtKey::ed25519_pem(text).unwrap_err(), BadKey::NotEd25519, "{text}");
        }
    }

    #[test]
    fn weak_secrets_are_refused() {
        assert_eq!(JwtKey::secret(&[7; 31]).unwrap_err(), BadKey::Short(31));
        assert_eq!(JwtKey::secret(&[0; 64]).unwrap_err(), BadKey::Repetitive);
        assert_eq!(JwtKey::secret(&b"abcdefg".repeat(5)).unwrap_err(), BadKey::Repetitive);
        let key = JwtKey::secret(b"0123456789abcdef0123456789abcdef").unwrap();
        assert_ne!(key.id, JwtKey::secret(b"0123456789abcdef0123456789abcdeg").unwrap().id);
        assert_eq!((key.id.len(), key.public()), (NAME, None));
        assert!(!format!("{key:?}").contains("0123456789"));
    }
}
