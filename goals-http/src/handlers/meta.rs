//! What the service is like: a client hard-codes nothing.

#![expect(clippy::unused_async, reason = "all handlers have one shape")]

use bytes::Bytes;
use goals_core::{
    API_TOKEN_DAYS_MAX, API_TOKEN_NAME_MAX, ATTRIBUTES_MAX, ATTRIBUTES_MAX_BYTES, Accounts, BULK_MAX, Color,
    DESCRIPTION_MAX, ITEM_MAX, ITEMS_MAX, LEVELS_MAX, NOTE_MAX, PAGE_DEFAULT, PAGE_MAX, Priority, Status, TAG_MAX,
    TAGS_MAX, TITLE_MAX, UNIT_MAX, VIEW_NAME_MAX, VIEW_QUERY_MAX, VIEWS_MAX,
};
use http::header::{CACHE_CONTROL, HeaderValue};

use crate::problem::{Code, Problem};
use crate::reply::Reply;
use crate::service::Call;
use crate::wire::meta::{BoundsOut, MetaOut, StatusOut};

pub(crate) async fn meta(call: Call) -> Result<Reply, Problem> {
    let api = &call.api.0;
    let accounts = call.api.accounts();
    let policy = accounts.map(Accounts::password_policy);
    Reply::json(&MetaOut {
        limits: BoundsOut {
            goals_per_owner: api.goals.max_goals(),
            sessions_per_user: accounts.map(Accounts::max_sessions),
            api_tokens_per_user: accounts.map(Accounts::max_api_tokens),
            api_token_name_characters: accounts.map(|_| API_TOKEN_NAME_MAX),
            api_token_days: accounts.map(|_| API_TOKEN_DAYS_MAX),
            title_characters: TITLE_MAX,
            description_characters: DESCRIPTION_MAX,
            levels: LEVELS_MAX,
            tags: TAGS_MAX,
            tag_characters: TAG_MAX,
            check_ins_per_goal: api.goals.max_check_ins(),
            note_characters: NOTE_MAX,
            checklist_items: ITEMS_MAX,
            checklist_item_characters: ITEM_MAX,
            unit_characters: UNIT_MAX,
            attributes: ATTRIBUTES_MAX,
            attributes_bytes: ATTRIBUTES_MAX_BYTES,
            views_per_owner: VIEWS_MAX,
            view_name_characters: VIEW_NAME_MAX,
            view_query_characters: VIEW_QUERY_MAX,
            password_characters_min: policy.map(|policy| policy.min_length),
            password_characters_max: policy.map(|policy| policy.max_length),
            bulk_operations: BULK_MAX,
            page_default: PAGE_DEFAULT,
            page_max: PAGE_MAX,
            body_bytes: api.body_limit,
        },
        statuses: Status::ALL.iter().copied().map(StatusOut::from).collect(),
        palette: Color::WORDS,
        priorities: Priority::WORDS,
        problem_codes: Code::WORDS,
        accounts: accounts.is_some(),
        sign_in_url: api.sign_in_url.as_deref(),
        two_factor: accounts.map(Accounts::has_two_factor),
        mail: accounts.map(Accounts::has_mailer),
        storage: &api.storage,
    })
}

/// Whoever keeps them asks again after five minutes, so that a new key is known soon.
const KEYS_KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub(crate) async fn keys(call: Call) -> Result<Reply, Problem> {
    let Some(keys) = call.accounts()?.key_set() else {
        return Err(Problem::new(Code::NotFound).detail("tokens are checked with a secret here, and no public key"));
    };
    Ok(Reply::new("application/jwk-set+json", Bytes::from(keys)).header(CACHE_CONTROL, KEYS_KEPT))
}

pub(crate) async fn openapi(call: Call) -> Result<Reply, Problem> {
    Ok(Reply::new("application/json", Bytes::clone(&call.api.0.openapi)))
}
