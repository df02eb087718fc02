//! People with an account here.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use email_address::{EmailAddress as Parsed, Options};

use crate::draft::Change;
use crate::error::{Error, FieldErrors, Violation};
use crate::ids::UserId;
use crate::text::{fold_case, line};
use crate::time_zone::TimeZone;

/// The fewest characters of a username.
pub const USERNAME_MIN: usize = 3;
/// The most characters of a username.
pub const USERNAME_MAX: usize = 32;
/// The most bytes of an e-mail address
/// ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3), less the brackets).
pub const EMAIL_MAX_BYTES: usize = 254;

/// A name to log in with: [`USERNAME_MIN`] to [`USERNAME_MAX`] ASCII letters, digits, `.`, `_` and
/// `-`, the first a letter or a digit. The case is kept and does not distinguish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is compared.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Username {
    type Err = Violation;

    fn from_str(raw: &str) -> Result<Self, Violation> {
        let name = line(raw, USERNAME_MAX)?;
        if name.chars().count() < USERNAME_MIN {
            return Err(Violation::TooShort { min: USERNAME_MIN });
        }
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !name.bytes().all(is_allowed) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let expected = "letters, digits, '.', '_' and '-', the first a letter or a digit";
            return Err(Violation::InvalidFormat { expected });
        }
        Ok(Self(name))
    }
}

/// An address that mail can be sent to: at most [`EMAIL_MAX_BYTES`] bytes, no quoted local part, a
/// domain of letter-digit-hyphen labels with a top level. The case is kept and does not
/// distinguish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as it is compared.
    #[must_use]
    pub fn folded(&self) -> String {
        fold_case(&self.0)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = Violation;

    fn from_str(raw: &str) -> Result<Self, Violation> {
        let address = line(raw, EMAIL_MAX_BYTES)?;
        if address.len() > EMAIL_MAX_BYTES {
            return Err(Violation::TooLong { max: EMAIL_MAX_BYTES });
        }
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let parsed = Parsed::parse_with_options(&address, options).ok();
        let is_plain = |p: Parsed| !p.local_part().starts_with('"') && p.domain().split('.').all(is_label);
        if parsed.is_some_and(is_plain) {
            return Ok(Self(address));
        }
        Err(Violation::InvalidFormat { expected: "an e-mail address such as ana@example.org" })
    }
}

/// A label of a host name; letters beyond ASCII are allowed, for domains have them.
fn is_label(label: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || c == '-';
    !label.is_empty() && label.chars().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
}

/// What somebody typed to say who they are: a username or an e-mail address, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginName {
    /// See [`Username::folded`].
    Username(String),
    /// See [`EmailAddress::folded`].
    Email(String),
}

impl LoginName {
    /// Takes anything: what nobody can be called is just unknown.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        let raw = raw.trim();
        if raw.contains('@') {
            return Self::Email(raw.parse().map_or_else(|_| String::new(), |email: EmailAddress| email.folded()));
        }
        Self::Username(raw.parse().map_or_else(|_| String::new(), |name: Username| name.folded()))
    }

    /// The name as it is compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let (Self::Username(name) | Self::Email(name)) = self;
        name
    }
}

/// A language as a BCP 47 tag, such as `en` or `pt-BR`; at most 35 characters
/// ([RFC 5646](https://www.rfc-editor.org/rfc/rfc5646#section-4.4.1)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(String);

impl Locale {
    /// The tag, in the usual case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Locale {
    type Err = Violation;

    fn from_str(raw: &str) -> Result<Self, Violation> {
        let mut subtags = raw.split('-');
        let language = subtags.next().unwrap_or_default();
        let is_language = (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
        let is_subtag = |s: &str| (1..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
        if raw.len() > 35 || !is_language || !subtags.clone().all(is_subtag) {
            return Err(Violation::InvalidFormat { expected: "a language tag such as en or pt-BR" });
        }
        let rest = subtags.map(usual_case);
        let tags: Vec<_> = std::iter::once(language.to_ascii_lowercase()).chain(rest).collect();
        Ok(Self(tags.join("-")))
    }
}

/// Regions are written `BR`, scripts `Latn`, everything else in lower case.
fn usual_case(subtag: &str) -> String {
    let lower = subtag.to_ascii_lowercase();
    match (subtag.len(), subtag.split_at_checked(1)) {
        (2, _) => subtag.to_ascii_uppercase(),
        (4, Some((first, _))) => first.to_ascii_uppercase() + &lower[1..],
        _ => lower,
    }
}

/// A person with an account here. Never carries the password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Unique.
    pub id: UserId,
    /// Unique but for case.
    pub username: Username,
    /// Unique but for case.
    pub email: EmailAddress,
    /// When they showed that they read the mail of `email`; `None` when they have not.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// The address that takes the place of `email` once they show that they read its mail.
    pub pending_email: Option<EmailAddress>,
    /// Whether a code is asked for besides the password.
    pub two_factor: bool,
    /// The language that they read.
    pub locale: Locale,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
    /// 1 when new, and 1 more with every change.
    pub version: u64,
    /// When they registered.
    pub created_at: DateTime<Utc>,
    /// When this was last changed.
    pub updated_at: DateTime<Utc>,
}

impl User {
    /// `next` as the version that follows this one: the same version when nothing has changed.
    pub(crate) fn followed_by(&self, next: Self, now: DateTime<Utc>) -> Self {
        let same = Self { version: self.version, updated_at: self.updated_at, ..next };
        if same == *self { same } else { Self { version: self.version + 1, updated_at: now, ..same } }
    }

    /// The user who has shown at `now` that they read the mail of `email`; `None` when it is neither
    /// their address nor the one that waits. A store applies it: see
    /// [`LinkRepository`](crate::LinkRepository).
    #[must_use]
    pub fn verified(&self, email: &EmailAddress, now: DateTime<Utc>) -> Option<Self> {
        let mut next =
            Self { email_verified_at: Some(now), version: self.version + 1, updated_at: now, ..self.clone() };
        if self.pending_email.as_ref() == Some(email) {
            (next.email, next.pending_email) = (email.clone(), None);
        } else if self.email != *email {
            return None;
        }
        Some(next)
    }
}

/// A change of some fields of a user; [`default`](Default::default) changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserPatch {
    /// See [`Username`]; cannot be cleared.
    pub username: Change<String>,
    /// See [`EmailAddress`]; cannot be cleared.
    pub email: Change<String>,
    /// See [`Locale`]; clearing it means `en`.
    pub locale: Change<String>,
    /// See [`TimeZone`]; clearing it means `UTC`.
    pub time_zone: Change<String>,
}

impl UserPatch {
    /// Judges the fields that this patch changes.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn validate(&self) -> Result<(), FieldErrors> {
        self.set(None)
    }

    /// `user` with these changes, made at `now`: the same user, same version, when they change
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong.
    pub fn apply(&self, user: &User, now: DateTime<Utc>) -> Result<User, Error> {
        let mut next = user.clone();
        self.set(Some(&mut next))?;
        Ok(user.followed_by(next, now))
    }

    fn set(&self, user: Option<&mut User>) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::new();
        let username = read("/username", &self.username, None, &mut errors);
        let email = read("/email", &self.email, None, &mut errors);
        let locale = read("/locale", &self.locale, Some(Locale::default()), &mut errors);
        let time_zone = read("/time_zone", &self.time_zone, Some(TimeZone::UTC), &mut errors);
        errors.into_result()?;
        if let Some(user) = user {
            put(&mut user.username, username);
            put(&mut user.email, email);
            put(&mut user.locale, locale);
            put(&mut user.time_zone, time_zone);
        }
        Ok(())
    }
}

fn read<T: FromStr<Err = Violation>>(
    pointer: &str,
    change: &Change<String>,
    cleared: Option<T>,
    errors: &mut FieldErrors,
) -> Option<T> {
    match change {
        Change::Keep => None,
        Change::Set(raw) => errors.check(pointer, raw.parse()),
        Change::Clear => errors.check(pointer, cleared.ok_or(Violation::Required)),
    }
}

fn put<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames() {
        for good in ["ana", "Ana.Maria-2", "0_o", &"a".repeat(32)] {
            assert!(good.parse::<Username>().is_ok(), "{good}");
        }
        for (bad, code) in [
            ("", "required"),
            ("ab", "too_short"),
            (&*"a".repeat(33), "too_long"),
            (".ana", "invalid_format"),
            ("ana maria", "invalid_format"),
            ("aná", "invalid_format"),
            ("a@b", "invalid_format"),
            ("an\u{0}a", "invalid_characters"),
        ] {
            assert_eq!(bad.parse::<Username>().unwrap_err().code(), code, "{bad:?}");
        }
    }

    #[test]
    fn email_addresses() {
        for good in ["ana@example.org", "ana+metas@mail.example.co.uk", "Ana@Exämple.org", "o'brien@example.ie"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        let long = format!(
            "{}@{}.org",
            "a".repeat(64),
            ["b".repeat(60), "c".repeat(60), "d".repeat(60), "e".repeat(10)].join(".")
        );
        for bad in [
            "",
            "ana",
            "ana@",
            "@example.org",
            "ana@localhost",
            "ana@@example.org",
            "\"a b\"@example.org",
            "Ana <ana@example.org>",
            "ana@[127.0.0.1]",
            "ana@-x.org",
            "ana@x_y.org",
            "ana@example..org",
            "a\u{202E}b@example.org",
            &long,
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn locales_take_their_usual_case() {
        assert_eq!("PT-br".parse::<Locale>().unwrap().as_str(), "pt-BR");
        assert_eq!("zh-hant-TW".parse::<Locale>().unwrap().as_str(), "zh-Hant-TW");
        for bad in ["", "p", "pt_BR", "pt-", "português", "a-b"] {
            assert!(bad.parse::<Locale>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_login_is_a_username_or_an_address() {
        assert_eq!(LoginName::parse(" Ana "), LoginName::Username("ana".into()));
        assert_eq!(LoginName::parse("Ana@Example.org"), LoginName::Email("ana@example.org".into()));
        assert_eq!(LoginName::parse("\u{0}"), LoginName::Username(String::new()));
    }
}
