use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey};

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----";

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

fn secret() -> JwtKey {
    JwtKey::secret(SECRET).unwrap()
}

fn other() -> JwtKey {
    JwtKey::secret(b"another secret of some 32 bytes.").unwrap()
}

fn pair() -> JwtKey {
    JwtKey::ed25519_pem(ED25519).unwrap()
}

fn codec() -> JwtCodec {
    JwtCodec::new(secret(), "goals", "goals")
}

/// A token with any header and payload, signed by `key` in the way of `algorithm`.
fn signed(header: &str, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message =
        format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(payload.as_bytes()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// The same with our secret.
fn forged(header: &str, payload: &str) -> String {
    signed(header, payload, &EncodingKey::from_secret(SECRET), Algorithm::HS256)
}

fn header(change: (&str, &str)) -> String {
    let whole = format!(r#"{{"typ":"at+jwt","alg":"HS256","kid":"{}"}}"#, secret().id());
    assert!(whole.contains(change.0), "{change:?}");
    whole.replace(change.0, change.1)
}

fn payload(change: (&str, &str)) -> String {
    let id = Uuid::from_u128(1);
    let whole =
        format!(r#"{{"iss":"goals","aud":"goals","sub":"{id}","sid":"{id}","iat":1800000000,"exp":1800000900}}"#);
    assert!(whole.contains(change.0), "{change:?}");
    whole.replace(change.0, change.1)
}

const AS_IT_IS: (&str, &str) = ("", "");

#[test]
fn a_token_is_read_back() {
    for codec in [codec(), JwtCodec::new(pair(), "goals", "goals")] {
        let token = codec.encode(&claims()).unwrap();
        assert_eq!(codec.decode(&token, now()).unwrap(), claims());
    }
    let works = codec().decode(&forged(&header(AS_IT_IS), &payload(AS_IT_IS)), now());
    assert!(works.is_ok(), "the forger of these tests works");
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
        (r#""iss":"goals""#, r#""iss":["goals"]"#),
        (r#""iss":"goals","#, ""),
        (r#""aud":"goals""#, r#""aud":"other""#),
        (r#""aud":"goals""#, r#""aud":["goals","other"]"#),
        (r#""aud":"goals""#, r#""aud":null"#),
        (r#""aud":"goals","#, ""),
        (r#","exp":1800000900"#, ""),
        (r#""exp":1800000900"#, r#""exp":"1800000900""#),
        (r#""exp":1800000900"#, r#""exp":1800000900.5"#),
        (r#""exp":1800000900"#, r#""exp":9223372036854775807"#),
        (r#""exp":1800000900"#, r#""exp":99999999999999999999"#),
        (r#""exp":1800000900"#, r#""exp":-1"#),
        (r#""exp":1800000900"#, r#""exp":1800000900,"exp":1800009999"#),
        (r#""iat":1800000000"#, r#""iat":1800000900"#),
        (r#""iat":1800000000"#, r#""iat":-9223372036854775808"#),
        (r#""iat":1800000000"#, r#""iat":1800000000,"nbf":1800000800"#),
        (r#""iat":1800000000"#, r#""iat":1800000000,"nbf":"x""#),
        (r#""sub":"#, r#""sub":"x","was":"#),
        (r#""sub":"#, r#""sub":null,"was":"#),
        (r#""sid":"#, r#""was":"#),
        ("{", "["),
    ] {
        let token = forged(&header(AS_IT_IS), &payload(change));
        assert!(codec().decode(&token, now()).is_err(), "{change:?}");
    }
}

#[test]
fn hostile_headers_are_refused() {
    let kid = format!(r#""kid":"{}""#, secret().id());
    for change in [
        ("HS256", "none"),
        ("HS256", "None"),
        ("HS256", "hs256"),
        ("HS256", "HS512"),
        ("HS256", "RS256"),
        ("HS256", "EdDSA"),
        ("HS256", ""),
        (r#""alg":"HS256","#, ""),
        (r#""alg":"HS256""#, r#""alg":["HS256"]"#),
        ("at+jwt", "JWT"),
        ("at+jwt", "application/at+jwt"),
        (r#""typ":"at+jwt","#, ""),
        (&*kid, r#""kid":"../../dev/null""#),
        (&*kid, r#""kid":"' OR 1=1 --""#),
        (&*kid, r#""kid":"""#),
        (&*kid, r#""kid":null"#),
        (&*kid, r#""kid":1"#),
        (&*format!(",{kid}"), ""),
        ("}", r#","crit":["exp"]}"#),
        ("}", r#","crit":[]}"#),
        ("}", r#","b64":false,"crit":["b64"]}"#),
        ("}", r#","jku":"https://example.org/keys"}"#),
        ("}", r#","x5u":"https://example.org/cert"}"#),
        ("}", r#","x5c":["MIIB"]}"#),
        ("}", r#","jwk":{"kty":"oct","k":"AAAA"}}"#),
        ("}", r#","cty":"JWT"}"#),
        ("}", r#","zip":"DEF"}"#),
        ("}", r#","more":1}"#),
    ] {
        let token = forged(&header(change), &payload(AS_IT_IS));
        assert!(codec().decode(&token, now()).is_err(), "{change:?}");
    }
}

#[test]
fn broken_tokens_are_refused() {
    let token = codec().encode(&claims()).unwrap();
    let (unsigned, signature) = token.rsplit_once('.').unwrap();
    let none = BASE64URL_NOPAD.encode(header(("HS256", "none")).as_bytes());
    let body = unsigned.split_once('.').unwrap().1;
    for broken in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        unsigned,
        &format!("{unsigned}."),
        &format!("{token}x"),
        &format!("{token}="),
        &format!("{token}.{signature}"),
        &format!(" {token}"),
        &format!("{none}.{body}."),
        &format!("{none}.{body}.{signature}"),
        &token.replace('.', "\0"),
        &"a".repeat(100_000),
        &".".repeat(100_000),
    ] {
        assert!(codec().decode(broken, now()).is_err(), "{broken}");
    }
    let stranger = JwtCodec::new(other(), "goals", "goals");
    assert!(stranger.decode(&token, now()).is_err());
}

/// What others may know, the public key, is no secret to sign with.
#[test]
fn a_public_key_seals_nothing() {
    let codec = JwtCodec::new(pair(), "goals", "goals").accepting(secret());
    let public = codec.key_set().unwrap();
    let x = public.split(r#""x":""#).nth(1).unwrap().split('"').next().unwrap();
    let raw = BASE64URL_NOPAD.decode(x.as_bytes()).unwrap();
    for confused in [x.as_bytes(), &raw, public.as_bytes()] {
        let key = EncodingKey::from_secret(confused);
        for (alg, kid) in [("HS256", pair()), ("EdDSA", pair()), ("HS256", secret()), ("EdDSA", secret())] {
            let header = format!(r#"{{"typ":"at+jwt","alg":"{alg}","kid":"{}"}}"#, kid.id());
            let token = signed(&header, &payload(AS_IT_IS), &key, Algorithm::HS256);
            assert!(codec.decode(&token, now()).is_err(), "{header}");
        }
    }
}

#[test]
fn keys_are_changed_without_signing_anybody_out() {
    let old = || JwtCodec::new(secret(), "goals", "goals");
    let prepared = old().accepting(pair());
    let turned = JwtCodec::new(pair(), "goals", "goals").accepting(secret());
    let forgetful = JwtCodec::new(pair(), "goals", "goals");
    let (before, after) = (old().encode(&claims()).unwrap(), turned.encode(&claims()).unwrap());
    assert_eq!(prepared.encode(&claims()).unwrap(), before, "the first key seals");
    for (codec, takes_before, takes_after) in
        [(old(), true, false), (prepared, true, true), (turned, true, true), (forgetful, false, true)]
    {
        assert_eq!(codec.decode(&before, now()).is_ok(), takes_before, "{codec:?}");
        assert_eq!(codec.decode(&after, now()).is_ok(), takes_after, "{codec:?}");
    }
}

#[test]
fn only_public_halves_are_told() {
    assert_eq!(codec().accepting(other()).key_set(), None);
    let set = codec().accepting(pair()).key_set().unwrap();
    let x = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";
    let kid = pair().id().to_owned();
    let expected =
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"{kid}","x":"{x}"}}]}}"#);
    assert_eq!(set, expected);
    assert!(!format!("{:?}", codec()).contains("0123456789"));
}
