//! The statements of sessions. Of a secret nothing is kept but its SHA-256.

use chrono::{DateTime, Utc};
use goals_core::{
    BoxError, PasswordHash, Rotated, Rotation, SAME_TIME, Session, SessionId, SessionSecret, StoreError, User, UserId,
};
use sha2::{Digest, Sha256};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::{Executor, Param, users};
use crate::connection::Connection;
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

/// The columns that [`session`] reads, in its order, of the table `sessions`.
const READ: &str = "sessions.session_id, sessions.user_id, sessions.created_at, sessions.last_used_at, \
     sessions.expires_at, sessions.client";

#[derive(Debug)]
pub(crate) struct SessionSql {
    lock_user: String,
    insert: String,
    find: String,
    list: String,
    renew: String,
    spent_at: String,
    end_reused: String,
    is_known: String,
    extend: String,
    end: String,
    end_all: String,
}

impl SessionSql {
    pub(crate) fn new(schema: &Schema) -> Self {
        let sql = |text: &str| schema.put_into(text);
        let user = users::READ;
        Self {
            lock_user: sql("SELECT FROM :schema.users WHERE user_id = $1 AND password_hash = $2 FOR NO KEY UPDATE"),
            insert: sql("WITH gone AS (
                    DELETE FROM :schema.sessions WHERE user_id = $1 AND session_id IN (
                        SELECT session_id FROM :schema.sessions WHERE user_id = $1
                        ORDER BY expires_at > $6 DESC, last_used_at DESC, session_id DESC OFFSET $9))
                 INSERT INTO :schema.sessions
                    (user_id, session_id, token_hash, family_hash, client, created_at, last_used_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
            find: sql(&format!(
                "SELECT {user}, {READ} FROM :schema.sessions JOIN :schema.users USING (user_id)
                 WHERE sessions.user_id = $1 AND session_id = $2 AND expires_at > $3"
            )),
            list: sql(&format!(
                "SELECT {READ} FROM :schema.sessions WHERE user_id = $1 AND expires_at > $2
                 ORDER BY last_used_at DESC, session_id DESC"
            )),
            renew: sql(&format!(
                "UPDATE :schema.sessions
                 SET previous_hash = $3, token_hash = $4,
                     rotated_at = CASE WHEN token_hash = $3 THEN $5 ELSE rotated_at END,
                     last_used_at = $5,
                     expires_at = least($8, sessions.created_at + $9 * interval '1 microsecond')
                 FROM :schema.users
                 WHERE sessions.user_id = $1 AND session_id = $2 AND users.user_id = $1 AND expires_at > $5
                   AND (token_hash = $3 OR previous_hash = $3 AND rotated_at <= $6 AND rotated_at > $7)
                 RETURNING {user}, {READ}"
            )),
            spent_at: sql("SELECT rotated_at FROM :schema.sessions
                 WHERE user_id = $1 AND session_id = $2 AND expires_at > $4
                   AND previous_hash = $3 AND rotated_at > $5"),
            end_reused: sql("DELETE FROM :schema.sessions
                 WHERE user_id = $1 AND session_id = $2 AND expires_at > $4
                   AND family_hash = $6 AND token_hash <> $3
                   AND (previous_hash = $3 AND rotated_at > $5) IS NOT TRUE
                 RETURNING 1"),
            is_known: sql("SELECT FROM :schema.sessions
                 WHERE user_id = $1 AND session_id = $2 AND family_hash = $3 AND expires_at > $4"),
            extend: sql("UPDATE :schema.sessions SET last_used_at = $3, expires_at = $4
                 WHERE user_id = $1 AND session_id = $2 RETURNING 1"),
            end: sql("DELETE FROM :schema.sessions WHERE user_id = $1 AND session_id = $2 RETURNING 1"),
            end_all: sql("DELETE FROM :schema.sessions WHERE user_id = $1 RETURNING 1"),
        }
    }

    pub(crate) async fn insert(
        &self,
        mut on: Connection,
        session: &Session,
        secret: &SessionSecret,
        proven: &PasswordHash,
        max: u32,
    ) -> Result<bool, StoreError> {
        match self.try_insert(&mut on, session, secret, proven, max).await {
            Err(error) if violated(&error) == Some(Constraint::Id) => Err(StoreError::IdTaken),
            result => result.map_err(store_error),
        }
    }

    /// The sessions are counted by a statement that begins when the user is locked, and so sees
    /// those of every caller who held the lock before.
    async fn try_insert(
        &self,
        on: &mut Connection,
        session: &Session,
        secret: &SessionSecret,
        proven: &PasswordHash,
        max: u32,
    ) -> Result<bool, Error> {
        let (user, room) = (session.user.as_uuid(), i64::from(max.saturating_sub(1)));
        let transaction = on.begin().await?;
        let proven: [Param<'_>; 2] = [(&user, Type::UUID), (&proven.expose(), Type::TEXT)];
        if transaction.run(&self.lock_user, &proven).await?.is_empty() {
            transaction.rollback().await?;
            return Ok(false);
        }
        let params: [Param<'_>; 9] = [
            (&user, Type::UUID),
            (&session.id.as_uuid(), Type::UUID),
            (&hash(secret.expose()), Type::BYTEA),
            (&hash(secret.family()), Type::BYTEA),
            (&session.client, Type::TEXT),
            (&session.created_at, Type::TIMESTAMPTZ),
            (&session.last_used_at, Type::TIMESTAMPTZ),
            (&session.expires_at, Type::TIMESTAMPTZ),
            (&room, Type::INT8),
        ];
        transaction.run(&self.insert, &params).await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn find(
        &self,
        mut on: Connection,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<(User, Session)>, StoreError> {
        let params: [Param<'_>; 3] =
            [(&user.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let rows = on.read(&self.find, &params).await.map_err(store_error)?;
        rows.first().map(|row| user_and_session(row).map_err(unreadable)).transpose()
    }

    pub(crate) async fn list(
        &self,
        mut on: Connection,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Session>, StoreError> {
        let params: [Param<'_>; 2] = [(&user.as_uuid(), Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let rows = on.read(&self.list, &params).await.map_err(store_error)?;
        rows.iter().map(|row| session(row, 0).map_err(unreadable)).collect()
    }

    /// One statement does it when the secret is good: it locks the session's row and then looks at
    /// the secret again, so that of several callers one alone finds it current.
    pub(crate) async fn rotate(&self, mut on: Connection, rotation: &Rotation) -> Result<Rotated, StoreError> {
        let Rotation { now, idle, absolute, grace, .. } = *rotation;
        let (user, id) = (rotation.user.as_uuid(), rotation.session.as_uuid());
        let (shown, next) = (hash(rotation.shown.expose()), hash(rotation.next.expose()));
        let family = hash(rotation.shown.family());
        let (others_are_done, grace_began) = (now - SAME_TIME, now - grace);
        let (idle_end, absolute) = (now + idle, absolute.num_microseconds().unwrap_or(i64::MAX));
        let secret: [Param<'_>; 3] = [(&user, Type::UUID), (&id, Type::UUID), (&shown, Type::BYTEA)];
        let mut renew = secret.to_vec();
        renew.extend([
            (&next as _, Type::BYTEA),
            (&now as _, Type::TIMESTAMPTZ),
            (&others_are_done as _, Type::TIMESTAMPTZ),
            (&grace_began as _, Type::TIMESTAMPTZ),
            (&idle_end as _, Type::TIMESTAMPTZ),
            (&absolute as _, Type::INT8),
        ]);
        let mut spent = secret.to_vec();
        spent.extend([(&now as _, Type::TIMESTAMPTZ), (&grace_began as _, Type::TIMESTAMPTZ)]);
        let mut reused = spent.clone();
        reused.push((&family, Type::BYTEA));
        let known: [Param<'_>; 4] =
            [(&user, Type::UUID), (&id, Type::UUID), (&family, Type::BYTEA), (&now, Type::TIMESTAMPTZ)];
        loop {
            if let Some(row) = on.write(&self.renew, &renew).await.map_err(store_error)?.first() {
                let (user, session) = user_and_session(row).map_err(unreadable)?;
                return Ok(Rotated::Renewed(user, session));
            }
            if let Some(row) = on.read(&self.spent_at, &spent).await.map_err(store_error)?.first() {
                let spent_at: DateTime<Utc> = row.try_get(0).map_err(unreadable)?;
                if spent_at > others_are_done {
                    return Ok(Rotated::InProgress);
                }
            } else if !on.write(&self.end_reused, &reused).await.map_err(store_error)?.is_empty() {
                return Ok(Rotated::Reused);
            } else if on.read(&self.is_known, &known).await.map_err(store_error)?.is_empty() {
                return Ok(Rotated::Unknown);
            }
            // Another caller renewed the session between two of these statements, so that this
            // secret may renew it now.
        }
    }

    pub(crate) async fn extend(
        &self,
        mut on: Connection,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let params: [Param<'_>; 4] = [
            (&user.as_uuid(), Type::UUID),
            (&id.as_uuid(), Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&expires_at, Type::TIMESTAMPTZ),
        ];
        Ok(!on.write(&self.extend, &params).await.map_err(store_error)?.is_empty())
    }

    pub(crate) async fn end(&self, mut on: Connection, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        let params: [Param<'_>; 2] = [(&user.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID)];
        Ok(!on.write(&self.end, &params).await.map_err(store_error)?.is_empty())
    }

    pub(crate) async fn end_all(&self, mut on: Connection, user: UserId) -> Result<u64, StoreError> {
        let ended = on.write(&self.end_all, &[(&user.as_uuid(), Type::UUID)]).await.map_err(store_error)?;
        Ok(ended.len() as u64)
    }
}

/// What is kept of a secret.
pub(super) fn hash(secret: &[u8]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

fn user_and_session(row: &Row) -> Result<(User, Session), BoxError> {
    Ok((users::user(row)?, session(row, users::READ_COUNT)?))
}

/// Reads the columns [`READ`], the first of which is number `first` of the row.
fn session(row: &Row, first: usize) -> Result<Session, BoxError> {
    Ok(Session {
        id: SessionId::from_uuid(row.try_get(first)?),
        user: UserId::from_uuid(row.try_get(first + 1)?),
        created_at: row.try_get(first + 2)?,
        last_used_at: row.try_get(first + 3)?,
        expires_at: row.try_get(first + 4)?,
        client: row.try_get(first + 5)?,
    })
}
