//! Users and sessions in `PostgreSQL`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use goals_core::{
    Credentials, LoginName, PasswordHash, Rotated, Rotation, Session, SessionId, SessionRepository, SessionSecret,
    StoreError, User, UserId, UserRepository,
};

use crate::store::PgStore;

#[async_trait]
impl UserRepository for PgStore {
    async fn insert(&self, user: &User, hash: &PasswordHash) -> Result<(), StoreError> {
        self.call(|on| self.sql.users.insert(on, user, hash)).await
    }

    async fn find_by_login(&self, login: &LoginName) -> Result<Option<Credentials>, StoreError> {
        self.call(|on| self.sql.users.find_by_login(on, login)).await
    }

    async fn find(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        self.call(|on| self.sql.users.find(on, id)).await
    }

    async fn update(&self, user: &User, expected: u64) -> Result<bool, StoreError> {
        self.call(|on| self.sql.users.update(on, user, expected)).await
    }

    async fn change_password(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        keep: SessionId,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.users.change_password(on, id, old, new, keep)).await
    }

    async fn rehash(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        self.call(|on| self.sql.users.rehash(on, id, old, new)).await
    }

    async fn delete(&self, id: UserId, proven: &PasswordHash) -> Result<bool, StoreError> {
        self.call(|on| self.sql.users.delete(on, id, proven)).await
    }
}

#[async_trait]
impl SessionRepository for PgStore {
    async fn insert(
        &self,
        session: &Session,
        secret: &SessionSecret,
        proven: &PasswordHash,
        max: u32,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.sessions.insert(on, session, secret, proven, max)).await
    }

    async fn find(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<(User, Session)>, StoreError> {
        self.call(|on| self.sql.sessions.find(on, user, id, now)).await
    }

    async fn list(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        self.call(|on| self.sql.sessions.list(on, user, now)).await
    }

    async fn rotate(&self, rotation: &Rotation) -> Result<Rotated, StoreError> {
        self.call(|on| self.sql.sessions.rotate(on, rotation)).await
    }

    async fn extend(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.call(|on| self.sql.sessions.extend(on, user, id, now, expires_at)).await
    }

    async fn end(&self, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        self.call(|on| self.sql.sessions.end(on, user, id)).await
    }

    async fn end_all(&self, user: UserId) -> Result<u64, StoreError> {
        self.call(|on| self.sql.sessions.end_all(on, user)).await
    }
}
