//! The statements of API tokens. Of a secret nothing is kept but its SHA-256.

use chrono::{DateTime, Utc};
use goals_core::{
    ApiToken, ApiTokenId, BoxError, LimitKind, SessionId, StoreError, Ticket, TicketSecret, USE_NOTED_EVERY, User,
    UserId,
};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::columns::word;
use super::sessions::hash;
use super::{Executor, Param, users};
use crate::connection::Connection;
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

/// The columns that [`token`] reads, in its order, but for the last one, which is the last use.
const READ: &str = "api_tokens.token_id, api_tokens.user_id, api_tokens.name, api_tokens.scope, \
     api_tokens.created_at, api_tokens.expires_at";

#[derive(Debug)]
pub(crate) struct ApiTokenSql {
    lock_user: String,
    insert: String,
    is_begun: String,
    authenticate: String,
    list: String,
    revoke: String,
}

/// What became of a token.
enum Inserted {
    Yes,
    NoRoom,
    NoSession,
}

impl ApiTokenSql {
    pub(crate) fn new(schema: &Schema) -> Self {
        let sql = |text: &str| schema.put_into(text);
        let user = users::READ;
        Self {
            lock_user: sql("SELECT FROM :schema.users WHERE user_id = $1 FOR NO KEY UPDATE"),
            // The lock keeps the session from being ended until the token is there.
            insert: sql("WITH gone AS (
                    DELETE FROM :schema.api_tokens WHERE user_id = $1 AND expires_at <= $6),
                 begun AS (
                    SELECT FROM :schema.sessions
                    WHERE user_id = $1 AND session_id = $8 AND expires_at > $6 FOR KEY SHARE)
                 INSERT INTO :schema.api_tokens
                    (user_id, token_id, token_hash, name, scope, created_at, expires_at)
                 SELECT $1, $2, $3, $4, $5, $6, $7 FROM begun
                 WHERE (SELECT count(*) FROM :schema.api_tokens WHERE user_id = $1 AND expires_at > $6) < $9
                 RETURNING 1"),
            is_begun: sql("SELECT FROM :schema.sessions
                 WHERE user_id = $1 AND session_id = $2 AND expires_at > $3"),
            authenticate: sql(&format!(
                "WITH used AS (
                    UPDATE :schema.api_tokens SET last_used_at = $4
                    WHERE user_id = $1 AND token_id = $2 AND token_hash = $3 AND expires_at > $4
                      AND (last_used_at <= $5) IS NOT FALSE)
                 SELECT {user}, {READ}, CASE WHEN last_used_at > $5 THEN last_used_at ELSE $4 END
                 FROM :schema.api_tokens JOIN :schema.users USING (user_id)
                 WHERE api_tokens.user_id = $1 AND token_id = $2 AND token_hash = $3 AND expires_at > $4"
            )),
            list: sql(&format!(
                "SELECT {READ}, last_used_at FROM :schema.api_tokens WHERE user_id = $1 AND expires_at > $2
                 ORDER BY created_at DESC, token_id DESC"
            )),
            revoke: sql("DELETE FROM :schema.api_tokens WHERE user_id = $1 AND token_id = $2 RETURNING 1"),
        }
    }

    pub(crate) async fn insert(
        &self,
        mut on: Connection,
        token: &ApiToken,
        secret: &TicketSecret,
        session: SessionId,
        max: u32,
    ) -> Result<bool, StoreError> {
        match self.try_insert(&mut on, token, secret, session, max).await {
            Ok(Inserted::Yes) => Ok(true),
            Ok(Inserted::NoSession) => Ok(false),
            Ok(Inserted::NoRoom) => Err(StoreError::LimitReached { limit: LimitKind::ApiTokens, max: max.into() }),
            Err(error) if violated(&error) == Some(Constraint::Id) => Err(StoreError::IdTaken),
            Err(error) => Err(store_error(error)),
        }
    }

    /// The tokens are counted by a statement that begins when the user is locked, and so sees those
    /// of every caller who held the lock before.
    async fn try_insert(
        &self,
        on: &mut Connection,
        token: &ApiToken,
        secret: &TicketSecret,
        session: SessionId,
        max: u32,
    ) -> Result<Inserted, Error> {
        let (user, session, max) = (token.user.as_uuid(), session.as_uuid(), i64::from(max));
        let transaction = on.begin().await?;
        transaction.run(&self.lock_user, &[(&user, Type::UUID)]).await?;
        let params: [Param<'_>; 9] = [
            (&user, Type::UUID),
            (&token.id.as_uuid(), Type::UUID),
            (&hash(secret.expose()), Type::BYTEA),
            (&token.name, Type::TEXT),
            (&token.scope.as_str(), Type::TEXT),
            (&token.created_at, Type::TIMESTAMPTZ),
            (&token.expires_at, Type::TIMESTAMPTZ),
            (&session, Type::UUID),
            (&max, Type::INT8),
        ];
        if !transaction.run(&self.insert, &params).await?.is_empty() {
            transaction.commit().await?;
            return Ok(Inserted::Yes);
        }
        let begun: [Param<'_>; 3] =
            [(&user, Type::UUID), (&session, Type::UUID), (&token.created_at, Type::TIMESTAMPTZ)];
        let is_begun = !transaction.run(&self.is_begun, &begun).await?.is_empty();
        transaction.rollback().await?;
        Ok(if is_begun { Inserted::NoRoom } else { Inserted::NoSession })
    }

    /// One statement, which writes only when the last use that is kept is old.
    pub(crate) async fn authenticate(
        &self,
        mut on: Connection,
        shown: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<(User, ApiToken)>, StoreError> {
        let params: [Param<'_>; 5] = [
            (&shown.user.as_uuid(), Type::UUID),
            (&shown.id, Type::UUID),
            (&hash(shown.secret.expose()), Type::BYTEA),
            (&now, Type::TIMESTAMPTZ),
            (&(now - USE_NOTED_EVERY), Type::TIMESTAMPTZ),
        ];
        let rows = on.write(&self.authenticate, &params).await.map_err(store_error)?;
        let read = |row: &Row| Ok::<_, BoxError>((users::user(row)?, token(row, users::READ_COUNT)?));
        rows.first().map(|row| read(row).map_err(unreadable)).transpose()
    }

    pub(crate) async fn list(
        &self,
        mut on: Connection,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<ApiToken>, StoreError> {
        let params: [Param<'_>; 2] = [(&user.as_uuid(), Type::UUID), (&now, Type::TIMESTAMPTZ)];
        let rows = on.read(&self.list, &params).await.map_err(store_error)?;
        rows.iter().map(|row| token(row, 0).map_err(unreadable)).collect()
    }

    pub(crate) async fn revoke(&self, mut on: Connection, user: UserId, id: ApiTokenId) -> Result<bool, StoreError> {
        let params: [Param<'_>; 2] = [(&user.as_uuid(), Type::UUID), (&id.as_uuid(), Type::UUID)];
        Ok(!on.write(&self.revoke, &params).await.map_err(store_error)?.is_empty())
    }
}

/// Reads the columns [`READ`] and the last use, the first of which is number `first` of the row.
fn token(row: &Row, first: usize) -> Result<ApiToken, BoxError> {
    Ok(ApiToken {
        id: ApiTokenId::from_uuid(row.try_get(first)?),
        user: UserId::from_uuid(row.try_get(first + 1)?),
        name: row.try_get(first + 2)?,
        scope: word(row.try_get(first + 3)?)?,
        created_at: row.try_get(first + 4)?,
        expires_at: row.try_get(first + 5)?,
        last_used_at: row.try_get(first + 6)?,
    })
}
