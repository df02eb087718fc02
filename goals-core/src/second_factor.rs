//! A second factor: something that somebody has, besides the password that they know.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroize;

use crate::accounts::Accounts;
use crate::error::{BoxError, Error, Violation};
use crate::ids::UserId;
use crate::password::Password;
use crate::session::Client;
use crate::store::StoreError;
use crate::user::User;

/// How many recovery codes somebody gets.
pub const RECOVERY_CODES: usize = 10;
/// How many bytes a recovery code has: with 120 random bits a fast hash will do (OWASP ASVS 5.0,
/// 6.5.2).
const RECOVERY_BYTES: usize = 15;

/// A code for whoever has lost their device; good once. 24 letters and digits in groups of four,
/// in whatever case and with whatever spaces and dashes somebody types it.
///
/// A durable store MUST keep no more of it than a SHA-256 hash. Wiped from memory when it is
/// dropped, and kept out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode([u8; RECOVERY_BYTES]);

impl RecoveryCode {
    /// Takes as many of 32 random bytes as it needs.
    #[must_use]
    pub fn new(mut random: [u8; 32]) -> Self {
        let mut code = [0; RECOVERY_BYTES];
        code.copy_from_slice(&random[..RECOVERY_BYTES]);
        random.zeroize();
        Self(code)
    }

    /// The code itself, for a store to hash.
    #[must_use]
    pub const fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The code as somebody writes it down.
    #[must_use]
    pub fn text(&self) -> String {
        let letters = BASE32_NOPAD.encode(&self.0).to_ascii_lowercase();
        let groups: Vec<_> = letters.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        groups.join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl Drop for RecoveryCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The text is not a recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a recovery code")]
pub struct NotARecoveryCode;

impl FromStr for RecoveryCode {
    type Err = NotARecoveryCode;

    fn from_str(text: &str) -> Result<Self, NotARecoveryCode> {
        let letters: String = text.chars().filter(|c| *c != '-' && !c.is_whitespace()).take(25).collect();
        let bytes = BASE32_NOPAD.decode(letters.to_ascii_uppercase().as_bytes()).map_err(|_| NotARecoveryCode)?;
        bytes.try_into().map(Self).map_err(|_| NotARecoveryCode)
    }
}

/// A second factor as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret, as [`OneTimeCodes`] sealed it.
    pub sealed: Vec<u8>,
    /// Whether a code has shown that the device has it.
    pub is_confirmed: bool,
    /// The step of the newest code that was used.
    pub last_step: i64,
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").field("is_confirmed", &self.is_confirmed).finish_non_exhaustive()
    }
}

/// What is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spend {
    /// The code of this step, and with it those of all before.
    Step(i64),
    /// A recovery code.
    Recovery(RecoveryCode),
}

/// Where second factors are kept.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait SecondFactorRepository: Send + Sync + fmt::Debug {
    /// Keeps a secret that is to be confirmed, in the place of one that was not; `false` when one
    /// is confirmed, or the user is gone.
    ///
    /// # Errors
    /// The store's own.
    async fn enrol(&self, user: UserId, sealed: &[u8]) -> Result<bool, StoreError>;

    /// The second factor of a user, confirmed or not.
    ///
    /// # Errors
    /// The store's own.
    async fn find(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError>;

    /// Turns on the second factor with this secret: `step` is used, the recovery codes are kept,
    /// and the user has [`User::two_factor`], one version more, and was changed at `now`. `false`
    /// when this secret does not wait to be confirmed.
    ///
    /// # Errors
    /// The store's own.
    async fn confirm(
        &self,
        user: UserId,
        sealed: &[u8],
        step: i64,
        recovery: &[RecoveryCode],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Uses up a code. Of callers who use the same one exactly one hears `true`; nobody does when
    /// the step is not after the last one, when there is no such recovery code, or nothing is
    /// confirmed.
    ///
    /// # Errors
    /// The store's own.
    async fn spend(&self, user: UserId, code: &Spend) -> Result<bool, StoreError>;

    /// Turns it off, with its recovery codes; the user has one version more and was changed at
    /// `now`. `false` when none is confirmed.
    ///
    /// # Errors
    /// The store's own.
    async fn remove(&self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError>;
}

/// Why a code was not made or compared.
#[derive(Debug, thiserror::Error)]
#[error("the secret of a second factor could not be sealed or opened")]
pub struct CodeError(#[source] pub BoxError);

/// A device to be.
pub struct Enrolment {
    /// The secret as it is kept.
    pub sealed: Vec<u8>,
    /// The secret as somebody types it into a device.
    pub secret: String,
    /// An `otpauth` URI, which devices read as a QR code.
    pub uri: String,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

/// The port that knows the codes of a device.
///
/// An implementation MUST seal the secret with a key that the store does not have, and bind it to
/// its user: neither a copy of the store nor writing to it lets anybody in.
#[cfg_attr(feature = "test-support", mockall::automock)]
pub trait OneTimeCodes: Send + Sync + fmt::Debug {
    /// A secret made of `random` for a device of `user`.
    ///
    /// # Errors
    /// [`CodeError`].
    fn enrol(&self, user: &User, random: [u8; 32]) -> Result<Enrolment, CodeError>;

    /// The step to which `code` belongs, when it is good at `now`.
    ///
    /// # Errors
    /// [`CodeError`] when the secret was not sealed for this user with this key.
    fn step(&self, user: UserId, sealed: &[u8], code: &str, now: DateTime<Utc>) -> Result<Option<i64>, CodeError>;
}

impl Accounts {
    /// The same with a second factor for whoever wants one.
    #[must_use]
    pub fn with_two_factor(self, codes: Arc<dyn OneTimeCodes>) -> Self {
        Self { codes: Some(codes), ..self }
    }

    /// Whether people can have a second factor.
    #[must_use]
    pub fn has_two_factor(&self) -> bool {
        self.codes.is_some()
    }

    /// Begins to set up a second factor, once the password proves that it is the user who does.
    /// Nothing is asked of anybody until it is confirmed.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::TwoFactorOn`], [`Error::NotFound`] when people can have
    /// none here, [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn enrol_second_factor(
        &self,
        user: UserId,
        password: Password,
        client: &Client,
    ) -> Result<Enrolment, Error> {
        let codes = self.codes.as_ref().ok_or(Error::NotFound)?;
        let proof = async { self.prove(Some(self.credentials(user).await?), &password).await };
        let (known, _) = self.guarded(client, &user.to_string(), proof).await?;
        let random = self.ids.secret().map_err(Error::internal)?;
        let enrolment = codes.enrol(&known.user, random).map_err(Error::internal)?;
        if self.second_factors.enrol(user, &enrolment.sealed).await? { Ok(enrolment) } else { Err(Error::TwoFactorOn) }
    }

    /// Turns the second factor on, once a code shows that the device has the secret, and gives the
    /// recovery codes, which nobody can find out later.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong code, [`Error::NotFound`] when nothing waits to be confirmed,
    /// [`Error::Unavailable`].
    pub async fn confirm_second_factor(&self, user: UserId, code: &str) -> Result<Vec<RecoveryCode>, Error> {
        let codes = self.codes.as_ref().ok_or(Error::NotFound)?;
        let waiting = self.second_factors.find(user).await?.filter(|found| !found.is_confirmed);
        let SecondFactor { sealed, .. } = waiting.ok_or(Error::NotFound)?;
        let now = self.clock.now();
        let step = codes.step(user, &sealed, code, now).map_err(Error::internal)?;
        let step = step.ok_or_else(|| Error::field("/code", Violation::WrongCode))?;
        let recovery: Result<Vec<_>, _> =
            (0..RECOVERY_CODES).map(|_| self.ids.secret().map(RecoveryCode::new)).collect();
        let recovery = recovery.map_err(Error::internal)?;
        let is_on = self.second_factors.confirm(user, &sealed, step, &recovery, now).await?;
        if is_on { Ok(recovery) } else { Err(Error::NotFound) }
    }

    /// Turns the second factor off, once the password and a code prove that it is the user who
    /// does.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::WrongCode`], [`Error::NotFound`] when it is not on,
    /// [`Error::Throttled`], [`Error::Unavailable`].
    pub async fn remove_second_factor(
        &self,
        user: UserId,
        password: Password,
        code: &str,
        client: &Client,
    ) -> Result<(), Error> {
        let proof = async {
            let (known, _) = self.prove(Some(self.credentials(user).await?), &password).await?;
            if known.user.two_factor { self.pass(user, Some(code)).await } else { Err(Error::NotFound) }
        };
        self.guarded(client, &user.to_string(), proof).await?;
        let is_off = self.second_factors.remove(user, self.clock.now()).await?;
        if is_off { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Lets somebody with a second factor pass who has a code that was not used before. A recovery
    /// code needs no device, and no key either.
    pub(crate) async fn pass(&self, user: UserId, code: Option<&str>) -> Result<(), Error> {
        let code = code.map(str::trim).filter(|code| !code.is_empty()).ok_or(Error::SecondFactorRequired)?;
        let spend = match code.parse() {
            Ok(recovery) => Some(Spend::Recovery(recovery)),
            Err(NotARecoveryCode) => self.step_of(user, code).await?.map(Spend::Step),
        };
        let is_good = match spend {
            Some(spend) => self.second_factors.spend(user, &spend).await?,
            None => false,
        };
        if is_good { Ok(()) } else { Err(Error::WrongCode) }
    }

    async fn step_of(&self, user: UserId, code: &str) -> Result<Option<i64>, Error> {
        let codes = self.codes.as_ref().ok_or_else(|| Error::internal("somebody has a second factor, and no key"))?;
        let Some(found) = self.second_factors.find(user).await? else { return Ok(None) };
        codes.step(user, &found.sealed, code, self.clock.now()).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_back_however_it_is_typed() {
        let code = RecoveryCode::new([7; 32]);
        let text = code.text();
        assert_eq!(text, "a4dq-obyh-a4dq-obyh-a4dq-obyh");
        for typed in [text.clone(), text.to_uppercase(), text.replace('-', ""), format!(" {} ", text.replace('-', " "))]
        {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
        for bad in ["", "123456", &text[1..], &format!("{text}-aaaa"), &text.replace('a', "1")] {
            assert_eq!(bad.parse::<RecoveryCode>(), Err(NotARecoveryCode), "{bad}");
        }
        assert!(!format!("{code:?}").contains("a4dq"), "it stays out of Debug");
    }
}
