//! API tokens, kept in memory.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::api_token::{ApiToken, ApiTokenRepository, USE_NOTED_EVERY};
use crate::ids::{ApiTokenId, SessionId, UserId};
use crate::limits::LimitKind;
use crate::store::StoreError;
use crate::ticket::{Ticket, TicketSecret};
use crate::user::User;

#[async_trait]
impl ApiTokenRepository for MemoryStore {
    async fn insert(
        &self,
        token: &ApiToken,
        secret: &TicketSecret,
        session: SessionId,
        max: u32,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let begun = |kept: &super::Kept| kept.session.expires_at > token.created_at;
        if !state.sessions.get(&(token.user, session)).is_some_and(begun) {
            return Ok(false);
        }
        state.api_tokens.retain(|(user, _), (kept, _)| *user != token.user || kept.expires_at > token.created_at);
        let key = (token.user, token.id);
        if state.api_tokens.contains_key(&key) {
            return Err(StoreError::IdTaken);
        }
        if state.api_tokens.keys().filter(|(user, _)| *user == token.user).count() >= max as usize {
            return Err(StoreError::LimitReached { limit: LimitKind::ApiTokens, max: max.into() });
        }
        state.api_tokens.insert(key, (token.clone(), secret.clone()));
        Ok(true)
    }

    async fn authenticate(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<(User, ApiToken)>, StoreError> {
        let mut state = self.state();
        let state = &mut *state;
        let kept = state.api_tokens.get_mut(&(shown.user, ApiTokenId::from_uuid(shown.id)));
        let kept = kept.filter(|(token, secret)| *secret == shown.secret && token.expires_at > now);
        let (Some((token, _)), Some(known)) = (kept, state.users.get(&shown.user)) else { return Ok(None) };
        if token.last_used_at.is_none_or(|at| at <= now - USE_NOTED_EVERY) {
            token.last_used_at = Some(now);
        }
        Ok(Some((known.user.clone(), token.clone())))
    }

    async fn list(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<ApiToken>, StoreError> {
        let state = self.state();
        let living = state.api_tokens.values().map(|(token, _)| token);
        let mut tokens: Vec<_> = living.filter(|t| t.user == user && t.expires_at > now).cloned().collect();
        tokens.sort_unstable_by_key(|token| std::cmp::Reverse((token.created_at, token.id)));
        Ok(tokens)
    }

    async fn revoke(&self, user: UserId, id: ApiTokenId) -> Result<bool, StoreError> {
        Ok(self.state().api_tokens.remove(&(user, id)).is_some())
    }
}
