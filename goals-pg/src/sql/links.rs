//! The statements of links. Of a secret nothing is kept but its SHA-256.

use chrono::{DateTime, Utc};
use goals_core::{EmailAddress, Link, PasswordHash, Purpose, StoreError, Ticket, User};
use tokio_postgres::types::Type;

use super::columns::word;
use super::sessions::hash;
use super::users::{Failure, UserSql};
use super::{Executor, Param, users};
use crate::connection::Connection;
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

#[derive(Debug)]
pub(crate) struct LinkSql {
    lock_user: String,
    issue: String,
    find: String,
    spend: String,
    set_password: String,
    /// What ends with the password that was lost.
    end: [String; 3],
    forget_expired: String,
}

impl LinkSql {
    pub(crate) fn new(schema: &Schema) -> Self {
        let sql = |text: &str| schema.put_into(text);
        let user = users::READ;
        Self {
            lock_user: sql("SELECT FROM :schema.users WHERE user_id = $1 FOR NO KEY UPDATE"),
            // Where there is no room, or nobody, a row of nobody is written: the same work.
            issue: sql("WITH room AS (
                    SELECT $7 AND (SELECT count(*) FROM :schema.links
                        WHERE user_id = $1 AND purpose = $3 AND expires_at > $8) < $9 AS is_there)
                 INSERT INTO :schema.links (user_id, link_id, purpose, token_hash, email, expires_at)
                 SELECT CASE WHEN is_there THEN $1 ELSE $2 END, $2, $3, $4, CASE WHEN is_there THEN $5 END, $6
                 FROM room RETURNING user_id = $1"),
            find: sql(&format!(
                "SELECT {user} FROM :schema.links JOIN :schema.users USING (user_id)
                 WHERE links.user_id = $1 AND link_id = $2 AND token_hash = $3 AND purpose = $4 AND expires_at > $5"
            )),
            spend: sql("DELETE FROM :schema.links
                 WHERE user_id = $1 AND link_id = $2 AND token_hash = $3 AND purpose = $4 AND expires_at > $5
                 RETURNING email"),
            set_password: sql("UPDATE :schema.users SET password_hash = $2 WHERE user_id = $1"),
            end: [
                sql("DELETE FROM :schema.sessions WHERE user_id = $1"),
                sql("DELETE FROM :schema.api_tokens WHERE user_id = $1"),
                sql("DELETE FROM :schema.links WHERE user_id = $1 AND purpose = 'password_reset'"),
            ],
            forget_expired: sql("DELETE FROM :schema.links WHERE expires_at <= $1 RETURNING 1"),
        }
    }

    /// The links are counted by a statement that begins when the user is locked, and so sees those
    /// of every caller who held the lock before.
    pub(crate) async fn issue(
        &self,
        mut on: Connection,
        link: &Link,
        now: DateTime<Utc>,
        max: u32,
    ) -> Result<bool, StoreError> {
        let user = link.ticket.user.as_uuid();
        let result = async {
            let transaction = on.begin().await?;
            let is_known = !transaction.run(&self.lock_user, &[(&user, Type::UUID)]).await?.is_empty();
            let params: [Param<'_>; 9] = [
                (&user, Type::UUID),
                (&link.ticket.id, Type::UUID),
                (&link.purpose.as_str(), Type::TEXT),
                (&hash(link.ticket.secret.expose()), Type::BYTEA),
                (&link.email.as_ref().map(EmailAddress::as_str), Type::TEXT),
                (&link.expires_at, Type::TIMESTAMPTZ),
                (&is_known, Type::BOOL),
                (&now, Type::TIMESTAMPTZ),
                (&i64::from(max), Type::INT8),
            ];
            let rows = transaction.run(&self.issue, &params).await?;
            transaction.commit().await?;
            rows.first().map_or(Ok(false), |row| row.try_get(0))
        };
        result.await.map_err(store_error)
    }

    pub(crate) async fn find(
        &self,
        mut on: Connection,
        shown: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        let (shown, purpose) = (Shown::of(shown), Purpose::PasswordReset.as_str());
        let rows = on.read(&self.find, &shown.params(&purpose, &now)).await.map_err(store_error)?;
        rows.first().map(|row| users::user(row).map_err(unreadable)).transpose()
    }

    pub(crate) async fn reset_password(
        &self,
        mut on: Connection,
        shown: &Ticket,
        new: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let user = shown.user.as_uuid();
        let (shown, purpose) = (Shown::of(shown), Purpose::PasswordReset.as_str());
        let result = async {
            let transaction = on.begin().await?;
            // The user first, as whoever lets them in does.
            transaction.run(&self.lock_user, &[(&user, Type::UUID)]).await?;
            if transaction.run(&self.spend, &shown.params(&purpose, &now)).await?.is_empty() {
                transaction.rollback().await?;
                return Ok(false);
            }
            transaction.run(&self.set_password, &[(&user, Type::UUID), (&new.expose(), Type::TEXT)]).await?;
            for statement in &self.end {
                transaction.run(statement, &[(&user, Type::UUID)]).await?;
            }
            transaction.commit().await?;
            Ok(true)
        };
        result.await.map_err(store_error)
    }

    pub(crate) async fn confirm_email(
        &self,
        mut on: Connection,
        users: &UserSql,
        shown: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        match self.try_confirm_email(&mut on, users, shown, now).await {
            Err(Failure::Sql(error)) if violated(&error) == Some(Constraint::LoginClaim) => Err(StoreError::EmailTaken),
            result => Ok(result?),
        }
    }

    async fn try_confirm_email(
        &self,
        on: &mut Connection,
        users: &UserSql,
        shown: &Ticket,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, Failure> {
        let user = shown.user.as_uuid();
        let (shown, purpose) = (Shown::of(shown), Purpose::EmailVerification.as_str());
        let transaction = on.begin().await?;
        let known = users.lock(&transaction, user).await?;
        let rows = transaction.run(&self.spend, &shown.params(&purpose, &now)).await?;
        let email = rows.first().map(|row| row.try_get::<_, Option<&str>>(0)).transpose()?.flatten();
        let email: Option<EmailAddress> = email.map(word).transpose().map_err(Failure::Unreadable)?;
        let next = known.as_ref().zip(email).and_then(|(known, email)| known.verified(&email, now));
        let (Some(known), Some(next)) = (known, next) else {
            transaction.rollback().await?;
            return Ok(None);
        };
        users.replace(&transaction, &known, &next).await?;
        transaction.commit().await?;
        Ok(Some(next))
    }

    pub(crate) async fn forget_expired(&self, mut on: Connection, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let gone = on.write(&self.forget_expired, &[(&now, Type::TIMESTAMPTZ)]).await.map_err(store_error)?;
        Ok(gone.len() as u64)
    }
}

/// What a statement needs of a ticket that is shown.
struct Shown {
    user: uuid::Uuid,
    id: uuid::Uuid,
    hash: Vec<u8>,
}

impl Shown {
    fn of(ticket: &Ticket) -> Self {
        Self { user: ticket.user.as_uuid(), id: ticket.id, hash: hash(ticket.secret.expose()) }
    }

    fn params<'a>(&'a self, purpose: &'a &str, now: &'a DateTime<Utc>) -> [Param<'a>; 5] {
        [
            (&self.user, Type::UUID),
            (&self.id, Type::UUID),
            (&self.hash, Type::BYTEA),
            (purpose, Type::TEXT),
            (now, Type::TIMESTAMPTZ),
        ]
    }
}
