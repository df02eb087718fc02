//! The codes of authenticator apps ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use totp_rs::{Builder, Totp};
use zeroize::Zeroize;

use crate::error::BoxError;
use crate::ids::UserId;
use crate::second_factor::{CodeError, Enrolment, OneTimeCodes};
use crate::user::User;

/// How many bytes a secret has: as many as the hash
/// ([RFC 4226](https://www.rfc-editor.org/rfc/rfc4226#section-4)).
const SECRET_BYTES: usize = 20;
/// The fewest bytes of a key.
const KEY_MIN: usize = 32;
/// What the key that seals is for, so that no other use of the same key learns of it.
const PURPOSE: &[u8] = b"goals: secrets of second factors";

/// Six digits, SHA-1, a new code every 30 seconds, and the code before and the one after are good
/// too: what every authenticator app knows.
///
/// Secrets are sealed with AES-256-GCM, bound to their user. The key is derived (HKDF-SHA-256) from
/// the one that is given. **Whoever changes it turns every
/// device useless**; recovery codes go on working.
pub struct TotpCodes {
    key: RandomizedNonceKey,
    issuer: String,
}

impl TotpCodes {
    /// Codes whose secrets are sealed with `key`, the same on every instance and not kept in the
    /// store. Devices list them under `issuer`.
    ///
    /// # Errors
    /// When the key has fewer than 32 bytes.
    pub fn new(key: &[u8], issuer: impl Into<String>) -> Result<Self, BoxError> {
        if key.len() < KEY_MIN {
            return Err(format!("a key needs {KEY_MIN} bytes at least, and this one has {}", key.len()).into());
        }
        let mut derived = [0; 32];
        let secret = Salt::new(HKDF_SHA256, &[]).extract(key);
        secret.expand(&[PURPOSE], HKDF_SHA256)?.fill(&mut derived)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &derived)?;
        derived.zeroize();
        Ok(Self { key, issuer: issuer.into() })
    }

    fn seal(&self, user: UserId, secret: [u8; SECRET_BYTES]) -> Result<Vec<u8>, BoxError> {
        let mut sealed = secret.to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(*user.as_uuid().as_bytes()), &mut sealed)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    fn open(&self, user: UserId, sealed: &[u8]) -> Result<[u8; SECRET_BYTES], BoxError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or("the sealed secret is not whole")?;
        let (nonce, mut opened) = (Nonce::assume_unique_for_key(*nonce), sealed.to_vec());
        let secret = self.key.open_in_place(nonce, Aad::from(*user.as_uuid().as_bytes()), &mut opened)?;
        let secret = <[u8; SECRET_BYTES]>::try_from(&*secret)?;
        opened.zeroize();
        Ok(secret)
    }

    fn uri(&self, user: &User, secret: &str) -> String {
        let issuer = escaped(&self.issuer);
        format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", escaped(user.username.as_str()))
    }
}

impl fmt::Debug for TotpCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TotpCodes").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl OneTimeCodes for TotpCodes {
    fn enrol(&self, user: &User, mut random: [u8; 32]) -> Result<Enrolment, CodeError> {
        let mut secret = [0; SECRET_BYTES];
        secret.copy_from_slice(&random[..SECRET_BYTES]);
        random.zeroize();
        let text = BASE32_NOPAD.encode(&secret);
        let sealed = self.seal(user.id, secret).map_err(CodeError)?;
        secret.zeroize();
        Ok(Enrolment { sealed, uri: self.uri(user, &text), secret: text })
    }

    fn step(&self, user: UserId, sealed: &[u8], code: &str, now: DateTime<Utc>) -> Result<Option<i64>, CodeError> {
        let secret = self.open(user, sealed).map_err(CodeError)?;
        let totp = codes(secret).map_err(CodeError)?;
        // Devices show a code in two groups.
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).take(7).collect();
        let step = totp.check(&digits, u64::try_from(now.timestamp()).unwrap_or_default());
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }
}

fn codes(secret: [u8; SECRET_BYTES]) -> Result<Totp, BoxError> {
    Ok(Builder::new().with_secret(secret).with_skew(1).build()?)
}

/// `text` as a part of a URI ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.1)).
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    fn codes_of(key: u8) -> TotpCodes {
        TotpCodes::new(&[key; 32], "Mein Verein: Ziele").unwrap()
    }

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, cut to six digits.
        let codes = codes_of(7);
        let sealed = codes.seal(user(1), *b"12345678901234567890").unwrap();
        let vectors =
            [(59, "287082", 1), (1_111_111_109, "081804", 37_037_036), (20_000_000_000, "353130", 666_666_666)];
        for (seconds, code, step) in vectors {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let judged =
                |code: &str, after| codes.step(user(1), &sealed, code, now + TimeDelta::seconds(after)).unwrap();
            assert_eq!(judged(code, 0), Some(step), "{code}");
            assert_eq!(judged(&format!(" {} {} ", &code[..3], &code[3..]), 30), Some(step), "a slow typist");
            assert_eq!(judged(code, 90), None);
            for bad in ["", "000000", "28708", "2870822", "+87082", "２８７０８２"] {
                assert_eq!(judged(bad, 0), None, "{bad}");
            }
        }
    }

    #[test]
    fn a_secret_is_sealed_for_its_user_with_the_key() {
        let codes = codes_of(7);
        let sealed = codes.seal(user(1), [5; SECRET_BYTES]).unwrap();
        assert_eq!(codes.open(user(1), &sealed).unwrap(), [5; SECRET_BYTES]);
        assert_ne!(sealed, codes.seal(user(1), [5; SECRET_BYTES]).unwrap(), "never twice the same");
        assert!(!sealed.windows(4).any(|window| window == [5; 4]));
        assert!(codes.open(user(2), &sealed).is_err(), "somebody else's row");
        assert!(codes_of(8).open(user(1), &sealed).is_err(), "another key");
        let mut spoilt = sealed.clone();
        spoilt[NONCE_LEN] ^= 1;
        for bad in [&spoilt, &sealed[..sealed.len() - 1], &[]] {
            assert!(codes.open(user(1), bad).is_err());
        }
        assert!(TotpCodes::new(&[7; 31], "goals").is_err());
        assert!(!format!("{codes:?}").contains('7'));
    }

    #[test]
    fn devices_can_read_it() {
        let ana = crate::testing::user(1, "ana");
        let enrolment = codes_of(7).enrol(&ana, [0; 32]).unwrap();
        let secret = "A".repeat(32);
        assert_eq!(enrolment.secret, secret);
        let issuer = "Mein%20Verein%3A%20Ziele";
        assert_eq!(enrolment.uri, format!("otpauth://totp/{issuer}:ana?secret={secret}&issuer={issuer}"));
    }
}
