//! The JSON of what lets people in besides their password, both ways.

use chrono::{DateTime, Utc};
use goals_core::{ApiToken, ApiTokenDraft, ApiTokenId, EmailAddress, Enrolment, Password, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use super::output::{instant, instant_or_null, shown};
use crate::fields::{self, Fields};
use crate::json::Object;
use crate::openapi::choices;
use crate::problem::Problem;

/// Reads an API token to be made, and the password that confirms it.
pub(crate) fn api_token(body: Object) -> Result<(ApiTokenDraft, Option<Password>), Problem> {
    let mut fields = Fields::new(body);
    let draft = ApiTokenDraft {
        name: fields.get("name", fields::text).unwrap_or_default(),
        scope: fields.required("scope", fields::named).unwrap_or(Scope::Read),
        days: fields.get("expires_in_days", fields::integer),
    };
    let password = fields.get("password", fields::text).map(Password::new);
    fields.finish(draft.validate())?;
    Ok((draft, password))
}

/// Reads the address to which a letter is to go.
pub(crate) fn address(body: Object) -> Result<EmailAddress, Problem> {
    let mut fields = Fields::new(body);
    let email = fields.required("email", fields::named);
    fields.finish(Ok(()))?;
    // A value is missing only where an error was noted, and those have been answered.
    email.ok_or_else(|| Problem::internal(&"an address is missing"))
}

/// An API token in its user's list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiToken)]
pub(crate) struct ApiTokenOut<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = "uuid")]
    id: ApiTokenId,
    name: &'a str,
    #[schema(value_type = choices::Scope)]
    scope: &'static str,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: DateTime<Utc>,
    /// To the minute; null when it has not been used.
    #[serde(serialize_with = "instant_or_null")]
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_used_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a ApiToken> for ApiTokenOut<'a> {
    fn from(token: &'a ApiToken) -> Self {
        Self {
            id: token.id,
            name: &token.name,
            scope: token.scope.as_str(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// The API tokens of a user that have not expired, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiTokenList)]
pub(crate) struct ApiTokensOut<'a> {
    pub(crate) items: Vec<ApiTokenOut<'a>>,
}

/// An API token that was made now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeApiToken)]
pub(crate) struct NewApiTokenOut<'a> {
    #[serde(flatten)]
    pub(crate) kept: ApiTokenOut<'a>,
    /// What a script shows as `Authorization: Bearer`. It is never told again.
    pub(crate) token: &'a str,
}

/// A device to be; nothing is asked of anybody until a code of it has confirmed it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Enrolment)]
pub(crate) struct EnrolmentOut<'a> {
    /// What somebody types into their device.
    secret: &'a str,
    /// What their device reads as a QR code.
    #[schema(format = "uri")]
    otpauth_uri: &'a str,
}

impl<'a> From<&'a Enrolment> for EnrolmentOut<'a> {
    fn from(enrolment: &'a Enrolment) -> Self {
        Self { secret: &enrolment.secret, otpauth_uri: &enrolment.uri }
    }
}

/// What lets somebody in who has lost their device. They are never told again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub(crate) struct RecoveryCodesOut {
    /// Each is good once, in the place of a code of the device.
    pub(crate) recovery_codes: Vec<String>,
}
