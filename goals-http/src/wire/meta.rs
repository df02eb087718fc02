//! What the service says of itself.

use goals_core::Status;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::choices;

/// Whether the service can work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HealthStatus)]
pub(crate) struct HealthOut {
    pub(crate) status: &'static str,
}

/// What the service is like.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Meta)]
pub(crate) struct MetaOut<'a> {
    pub(crate) limits: BoundsOut,
    /// In the order in which a person would list them.
    pub(crate) statuses: Vec<StatusOut>,
    pub(crate) palette: &'static [&'static str],
    pub(crate) priorities: &'static [&'static str],
    pub(crate) problem_codes: &'static [&'static str],
    /// Where people have accounts: whether they can have a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) two_factor: Option<bool>,
    /// Where people have accounts: whether they are written to, to set another password or to verify
    /// an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) mail: Option<bool>,
    /// Whether people have accounts here; if not, another program knows who they are.
    pub(crate) accounts: bool,
    /// Where people sign in who have no account here.
    #[schema(required)]
    pub(crate) sign_in_url: Option<&'a str>,
    /// What the data is kept in.
    pub(crate) storage: &'a str,
}

/// A status, and where it may lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatusRule)]
pub(crate) struct StatusOut {
    #[schema(value_type = choices::Status)]
    status: &'static str,
    #[schema(value_type = Vec<choices::Status>)]
    transitions: Vec<&'static str>,
    /// Whether the goal is over.
    closed: bool,
}

impl From<Status> for StatusOut {
    fn from(status: Status) -> Self {
        let transitions = status.transitions().iter().map(|next| next.as_str()).collect();
        Self { status: status.as_str(), transitions, closed: status.is_closed() }
    }
}

/// The bounds that are in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bounds)]
pub(crate) struct BoundsOut {
    pub(crate) goals_per_owner: u64,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) sessions_per_user: Option<u32>,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) api_tokens_per_user: Option<u32>,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) api_token_name_characters: Option<usize>,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) api_token_days: Option<u32>,
    pub(crate) title_characters: usize,
    pub(crate) description_characters: usize,
    /// Of goals under goals.
    pub(crate) levels: usize,
    pub(crate) tags: usize,
    pub(crate) tag_characters: usize,
    pub(crate) check_ins_per_goal: u64,
    pub(crate) note_characters: usize,
    pub(crate) checklist_items: usize,
    pub(crate) checklist_item_characters: usize,
    pub(crate) unit_characters: usize,
    pub(crate) attributes: usize,
    pub(crate) attributes_bytes: usize,
    pub(crate) views_per_owner: usize,
    pub(crate) view_name_characters: usize,
    pub(crate) view_query_characters: usize,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) password_characters_min: Option<usize>,
    /// Where people have accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) password_characters_max: Option<usize>,
    /// Operations that happen together.
    pub(crate) bulk_operations: usize,
    pub(crate) page_default: u32,
    pub(crate) page_max: u32,
    pub(crate) body_bytes: usize,
}
