//! Letters to people, and the port that delivers them.

use std::fmt;

use crate::user::{EmailAddress, Locale, User};

/// A letter in plain text. Its text may hold a token, so it is kept out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: EmailAddress,
    /// One line.
    pub subject: &'static str,
    /// The lines end with `\n`.
    pub text: String,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// The port that delivers letters.
///
/// An implementation MUST return at once and deliver afterwards: how long an answer takes would
/// tell whether an address is known. What cannot be delivered it tells its own log; whoever waits
/// for a letter asks for another one.
#[cfg_attr(feature = "test-support", mockall::automock)]
pub trait Mailer: Send + Sync + fmt::Debug {
    /// Takes a letter to be delivered.
    fn post(&self, letter: Letter);
}

/// Which letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A link to set another password.
    Reset,
    /// A link that shows that somebody reads the mail of an address.
    Verify,
    /// To the old address, when another one is to take its place.
    Changing,
}

impl Letter {
    /// The letter of this kind to `user` at `to`, in the language they read. `link` is empty where
    /// there is none.
    pub(crate) fn new(kind: Kind, user: &User, to: &EmailAddress, link: &str) -> Self {
        let (subject, text) = words(kind, &user.locale);
        let text = text.replace("{name}", user.username.as_str()).replace("{link}", link);
        Self { to: to.clone(), subject, text }
    }
}

fn words(kind: Kind, locale: &Locale) -> (&'static str, &'static str) {
    match (kind, locale.as_str().split('-').next()) {
        (Kind::Reset, Some("pt")) => (
            "Nova senha",
            "Olá, {name}!\n\nPara escolher uma nova senha, abra este link. Ele vale por uma hora e uma única vez:\n\n\
             {link}\n\nSe não foi você quem pediu, ignore esta mensagem: nada muda.\n",
        ),
        (Kind::Reset, _) => (
            "A new password",
            "Hello, {name}!\n\nTo choose a new password, open this link. It is good for an hour, and once:\n\n\
             {link}\n\nIf it was not you who asked for it, do nothing: nothing changes.\n",
        ),
        (Kind::Verify, Some("pt")) => (
            "Confirme seu e-mail",
            "Olá, {name}!\n\nPara confirmar que este e-mail é seu, abra este link. Ele vale por um dia:\n\n\
             {link}\n\nSe não foi você quem pediu, ignore esta mensagem: nada muda.\n",
        ),
        (Kind::Verify, _) => (
            "Confirm your e-mail address",
            "Hello, {name}!\n\nTo confirm that this address is yours, open this link. It is good for a day:\n\n\
             {link}\n\nIf it was not you who asked for it, do nothing: nothing changes.\n",
        ),
        (Kind::Changing, Some("pt")) => (
            "Seu e-mail vai mudar",
            "Olá, {name}!\n\nAlguém pediu para trocar o e-mail da sua conta. O de agora continua valendo até que o \
             novo seja confirmado.\n\nSe não foi você, entre e troque a sua senha: isso encerra as outras sessões.\n",
        ),
        (Kind::Changing, _) => (
            "Your e-mail address is about to change",
            "Hello, {name}!\n\nSomebody asked to change the e-mail address of your account. The present one stays in \
             force until the new one is confirmed.\n\nIf it was not you, sign in and change your password: that \
             ends the other sessions.\n",
        ),
    }
}
