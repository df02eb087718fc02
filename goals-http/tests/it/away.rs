//! People in a store that is away.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use goals_core::{
    ApiToken, ApiTokenId, ApiTokenRepository, Credentials, Link, LinkRepository, LoginName, PasswordHash, RecoveryCode,
    Rotated, Rotation, SecondFactor, SecondFactorRepository, Session, SessionId, SessionRepository, SessionSecret,
    Spend, StoreError, Ticket, TicketSecret, User, UserId, UserRepository,
};

/// Answers every call with [`StoreError::Unavailable`].
#[derive(Debug)]
pub(crate) struct Away;

impl Away {
    fn answer<T>() -> Result<T, StoreError> {
        Err(StoreError::Unavailable("tcp connect to 10.0.0.5:5432".into()))
    }
}

#[async_trait]
impl UserRepository for Away {
    async fn insert(&self, _: &User, _: &PasswordHash) -> Result<(), StoreError> {
        Self::answer()
    }

    async fn find_by_login(&self, _: &LoginName) -> Result<Option<Credentials>, StoreError> {
        Self::answer()
    }

    async fn find(&self, _: UserId) -> Result<Option<Credentials>, StoreError> {
        Self::answer()
    }

    async fn update(&self, _: &User, _: u64) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn change_password(
        &self,
        _: UserId,
        _: &PasswordHash,
        _: &PasswordHash,
        _: SessionId,
    ) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn rehash(&self, _: UserId, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
        Self::answer()
    }

    async fn delete(&self, _: UserId, _: &PasswordHash) -> Result<bool, StoreError> {
        Self::answer()
    }
}

#[async_trait]
impl SessionRepository for Away {
    async fn insert(&self, _: &Session, _: &SessionSecret, _: &PasswordHash, _: u32) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn find(&self, _: UserId, _: SessionId, _: DateTime<Utc>) -> Result<Option<(User, Session)>, StoreError> {
        Self::answer()
    }

    async fn list(&self, _: UserId, _: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        Self::answer()
    }

    async fn rotate(&self, _: &Rotation) -> Result<Rotated, StoreError> {
        Self::answer()
    }

    async fn extend(&self, _: UserId, _: SessionId, _: DateTime<Utc>, _: DateTime<Utc>) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn end(&self, _: UserId, _: SessionId) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn end_all(&self, _: UserId) -> Result<u64, StoreError> {
        Self::answer()
    }
}

#[async_trait]
impl ApiTokenRepository for Away {
    async fn insert(&self, _: &ApiToken, _: &TicketSecret, _: SessionId, _: u32) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn authenticate(&self, _: &Ticket, _: DateTime<Utc>) -> Result<Option<(User, ApiToken)>, StoreError> {
        Self::answer()
    }

    async fn list(&self, _: UserId, _: DateTime<Utc>) -> Result<Vec<ApiToken>, StoreError> {
        Self::answer()
    }

    async fn revoke(&self, _: UserId, _: ApiTokenId) -> Result<bool, StoreError> {
        Self::answer()
    }
}

#[async_trait]
impl SecondFactorRepository for Away {
    async fn enrol(&self, _: UserId, _: &[u8]) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn find(&self, _: UserId) -> Result<Option<SecondFactor>, StoreError> {
        Self::answer()
    }

    async fn confirm(
        &self,
        _: UserId,
        _: &[u8],
        _: i64,
        _: &[RecoveryCode],
        _: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn spend(&self, _: UserId, _: &Spend) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn remove(&self, _: UserId, _: DateTime<Utc>) -> Result<bool, StoreError> {
        Self::answer()
    }
}

#[async_trait]
impl LinkRepository for Away {
    async fn issue(&self, _: &Link, _: DateTime<Utc>, _: u32) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn find(&self, _: &Ticket, _: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        Self::answer()
    }

    async fn reset_password(&self, _: &Ticket, _: &PasswordHash, _: DateTime<Utc>) -> Result<bool, StoreError> {
        Self::answer()
    }

    async fn confirm_email(&self, _: &Ticket, _: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        Self::answer()
    }

    async fn forget_expired(&self, _: DateTime<Utc>) -> Result<u64, StoreError> {
        Self::answer()
    }
}
