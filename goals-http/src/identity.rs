//! The users of a host: who makes a request, as the host's own sessions say.

use async_trait::async_trait;
use goals_core::{BoxError, Locale, OwnerId, TimeZone};
use http::request::Parts;

/// Who makes a request, as the host knows them.
///
/// ```
/// use goals_core::{OwnerId, TimeZone};
/// use goals_http::Identity;
/// use uuid::Uuid;
///
/// // Any UUID of your own, made once: it keeps your user 42 apart from everybody else's.
/// const MY_APP: Uuid = Uuid::from_u128(0x8b0c_6f9e_3d4f_4f0a_9a52_1f6a_7d1c_2e33);
///
/// let ana = Identity::new(OwnerId::from_name(MY_APP, "42")).name("Ana").time_zone("Europe/Lisbon".parse()?);
/// # Ok::<(), goals_core::Violation>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Identity {
    pub(crate) owner: OwnerId,
    pub(crate) name: Option<String>,
    pub(crate) locale: Locale,
    pub(crate) time_zone: TimeZone,
    pub(crate) from_anywhere: bool,
}

impl Identity {
    /// Somebody who owns the goals of `owner`, lives in `UTC` and reads English.
    pub fn new(owner: OwnerId) -> Self {
        Self { owner, name: None, locale: Locale::default(), time_zone: TimeZone::UTC, from_anywhere: false }
    }

    /// What the page calls them.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The language that they read.
    pub fn locale(self, locale: Locale) -> Self {
        Self { locale, ..self }
    }

    /// Where their days begin and end: whether a deadline has passed is judged there.
    pub fn time_zone(self, time_zone: TimeZone) -> Self {
        Self { time_zone, ..self }
    }

    /// Lets the request change something wherever it comes from.
    ///
    /// Unless this is said, a request that changes something must come from a page of the same
    /// origin, for a browser sends a session's cookie with every request, whoever made it send that
    /// request. Say it when what proves the identity is nothing that a browser sends by itself,
    /// such as a bearer token, or when the host has made sure of the origin in its own way. Do not
    /// say it for a cookie, HTTP's basic authentication, or the client's network address.
    pub fn from_anywhere(self) -> Self {
        Self { from_anywhere: true, ..self }
    }
}

/// The port through which a host says who makes a request.
///
/// Everything that a request says about itself is in its head: its headers, and the extensions that
/// the host's middleware put there. Where the middleware has already found the user, a closure is
/// enough:
///
/// ```
/// use goals_core::OwnerId;
/// use goals_http::{Authenticator, Identity};
/// use http::request::Parts;
/// # use uuid::Uuid;
/// # const MY_APP: Uuid = Uuid::NAMESPACE_DNS;
///
/// /// What the host's own middleware puts into the extensions of a request.
/// #[derive(Clone)]
/// struct CurrentUser { id: i64 }
///
/// fn users() -> impl Authenticator {
///     |request: &Parts| {
///         let user = request.extensions.get::<CurrentUser>()?;
///         Some(Identity::new(OwnerId::from_name(MY_APP, &user.id.to_string())))
///     }
/// }
/// ```
///
/// Where somebody has to be asked, it is implemented for a type of the host's:
///
/// ```
/// # use goals_core::{BoxError, OwnerId};
/// # struct Pool;
/// # impl Pool { async fn user_of(&self, _: &str) -> Result<Option<i64>, BoxError> { Ok(None) } }
/// # const MY_APP: uuid::Uuid = uuid::Uuid::NAMESPACE_DNS;
/// use goals_http::{Authenticator, Identity, async_trait};
/// use http::request::Parts;
///
/// struct Sessions { pool: Pool }
///
/// #[async_trait]
/// impl Authenticator for Sessions {
///     async fn identify(&self, request: &Parts) -> Result<Option<Identity>, BoxError> {
///         let Some(token) = request.headers.get("x-session").and_then(|value| value.to_str().ok()) else {
///             return Ok(None);
///         };
///         let user = self.pool.user_of(token).await?;
///         Ok(user.map(|id| Identity::new(OwnerId::from_name(MY_APP, &id.to_string()))))
///     }
/// }
/// ```
///
/// An implementation MUST answer the same [`OwnerId`] for the same user for ever, and MUST NOT
/// trust a header that a stranger can send.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who makes the request; `None` when it does not say so, or what it says is worth nothing.
    ///
    /// # Errors
    /// When this cannot be found out now. The error goes to the log, and the client is told to
    /// come again.
    async fn identify(&self, request: &Parts) -> Result<Option<Identity>, BoxError>;
}

#[async_trait]
impl<F> Authenticator for F
where
    F: Fn(&Parts) -> Option<Identity> + Send + Sync,
{
    async fn identify(&self, request: &Parts) -> Result<Option<Identity>, BoxError> {
        Ok(self(request))
    }
}
