//! What lets people in besides their password, in `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use goals_core::{
    ApiToken, ApiTokenId, ApiTokenRepository, Link, LinkRepository, PasswordHash, RecoveryCode, SecondFactor,
    SecondFactorRepository, SessionId, Spend, StoreError, Ticket, TicketSecret, User, UserId,
};

use crate::store::PgStore;

#[async_trait]
impl ApiTokenRepository for PgStore {
    async fn insert(
        &self,
        token: &ApiToken,
        secret: &TicketSecret,
        session: SessionId,
        max: u32,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.api_tokens.insert(on, token, secret, session, max)).await
    }

    async fn authenticate(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<(User, ApiToken)>, StoreError> {
        self.call(|on| self.sql.api_tokens.authenticate(on, shown, now)).await
    }

    async fn list(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<ApiToken>, StoreError> {
        self.call(|on| self.sql.api_tokens.list(on, user, now)).await
    }

    async fn revoke(&self, user: UserId, id: ApiTokenId) -> Result<bool, StoreError> {
        self.call(|on| self.sql.api_tokens.revoke(on, user, id)).await
    }
}

#[async_trait]
impl SecondFactorRepository for PgStore {
    async fn enrol(&self, user: UserId, sealed: &[u8]) -> Result<bool, StoreError> {
        self.call(|on| self.sql.second_factors.enrol(on, user, sealed)).await
    }

    async fn find(&self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        self.call(|on| self.sql.second_factors.find(on, user)).await
    }

    async fn confirm(
        &self,
        user: UserId,
        sealed: &[u8],
        step: i64,
        recovery: &[RecoveryCode],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.second_factors.confirm(on, user, sealed, step, recovery, now)).await
    }

    async fn spend(&self, user: UserId, code: &Spend) -> Result<bool, StoreError> {
        self.call(|on| self.sql.second_factors.spend(on, user, code)).await
    }

    async fn remove(&self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.call(|on| self.sql.second_factors.remove(on, user, now)).await
    }
}

#[async_trait]
impl LinkRepository for PgStore {
    async fn issue(&self, link: &Link, now: DateTime<Utc>, max: u32) -> Result<bool, StoreError> {
        self.call(|on| self.sql.links.issue(on, link, now, max)).await
    }

    async fn find(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        self.call(|on| self.sql.links.find(on, shown, now)).await
    }

    async fn reset_password(
        &self,
        shown: &Ticket,
        hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.links.reset_password(on, shown, hash, now)).await
    }

    async fn confirm_email(&self, shown: &Ticket, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        self.call(|on| self.sql.links.confirm_email(on, &self.sql.users, shown, now)).await
    }

    async fn forget_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.call(|on| self.sql.links.forget_expired(on, now)).await
    }
}
