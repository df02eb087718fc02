//! The statements of users.

use goals_core::{BoxError, Credentials, EmailAddress, LoginName, PasswordHash, SessionId, StoreError, User, UserId};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use super::columns::{stored_version, word};
use super::{Executor, Param};
use crate::connection::{Connection, Transaction};
use crate::error::{Constraint, store_error, unreadable, violated};
use crate::schema::Schema;

/// The columns that [`user`] reads, in its order, of the table `users`.
pub(super) const READ: &str = "users.user_id, users.username, users.email, users.locale, users.time_zone, \
     users.version, users.created_at, users.updated_at, users.email_verified_at, users.pending_email, users.two_factor";
/// How many they are.
pub(super) const READ_COUNT: usize = 11;

#[derive(Debug)]
pub(crate) struct UserSql {
    insert: String,
    claim: String,
    unclaim: String,
    claimed: String,
    find_claim: String,
    find: String,
    lock: String,
    lock_proven: String,
    update: String,
    change_password: String,
    end_others: String,
    end_resets: String,
    remove: Vec<String>,
}

impl UserSql {
    pub(crate) fn new(schema: &Schema) -> Self {
        let sql = |text: &str| schema.put_into(text);
        Self {
            insert: sql("INSERT INTO :schema.users
                    (user_id, username, email, locale, time_zone, version, created_at, updated_at,
                     email_verified_at, pending_email, two_factor, password_hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
            claim: sql("INSERT INTO :schema.login_claims (claim_key, subject_id) SELECT key, $1 FROM unnest($2) key"),
            unclaim: sql("DELETE FROM :schema.login_claims WHERE claim_key = ANY ($2) AND subject_id = $1"),
            claimed: sql("SELECT claim_key FROM :schema.login_claims WHERE claim_key = ANY ($2) AND subject_id <> $1"),
            find_claim: sql("SELECT subject_id FROM :schema.login_claims WHERE claim_key = $1"),
            find: sql(&format!("SELECT {READ}, users.password_hash FROM :schema.users WHERE user_id = $1")),
            lock: sql(&format!("SELECT {READ} FROM :schema.users WHERE user_id = $1 FOR UPDATE")),
            lock_proven: sql(&format!(
                "SELECT {READ} FROM :schema.users WHERE user_id = $1 AND password_hash = $2 FOR UPDATE"
            )),
            update: sql(
                "UPDATE :schema.users SET (username, email, locale, time_zone, version, created_at, updated_at,
                     email_verified_at, pending_email, two_factor)
                    = ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) WHERE user_id = $1",
            ),
            change_password: sql("UPDATE :schema.users SET password_hash = $3
                 WHERE user_id = $1 AND password_hash = $2 RETURNING 1"),
            end_resets: sql("DELETE FROM :schema.links WHERE user_id = $1 AND purpose = 'password_reset'"),
            end_others: sql("DELETE FROM :schema.sessions WHERE user_id = $1 AND session_id <> $2"),
            remove: vec![
                // Goals and then the counter, as whoever writes a goal does; and the counter before
                // anything is removed, so that no goal comes in behind the statements after it.
                sql("SELECT FROM :schema.goals WHERE owner_id = $1 ORDER BY goal_id FOR UPDATE"),
                sql("SELECT FROM :schema.usage WHERE owner_id = $1 FOR UPDATE"),
                sql("DELETE FROM :schema.events WHERE owner_id = $1"),
                sql("DELETE FROM :schema.goals WHERE owner_id = $1"),
                sql("DELETE FROM :schema.documents WHERE owner_id = $1"),
                sql("DELETE FROM :schema.idempotency_keys WHERE owner_id = $1"),
                sql("DELETE FROM :schema.usage WHERE owner_id = $1"),
                sql("DELETE FROM :schema.sessions WHERE user_id = $1"),
                sql("DELETE FROM :schema.api_tokens WHERE user_id = $1"),
                sql("DELETE FROM :schema.links WHERE user_id = $1"),
                sql("DELETE FROM :schema.recovery_codes WHERE user_id = $1"),
                sql("DELETE FROM :schema.second_factors WHERE user_id = $1"),
                sql("DELETE FROM :schema.users WHERE user_id = $1"),
            ],
        }
    }

    pub(crate) async fn insert(&self, mut on: Connection, user: &User, hash: &PasswordHash) -> Result<(), StoreError> {
        let claims = claims(user);
        loop {
            let Err(error) = self.try_insert(&mut on, user, hash, &claims).await else { return Ok(()) };
            match violated(&error) {
                Some(Constraint::Id) => return Err(StoreError::IdTaken),
                Some(Constraint::LoginClaim) => self.check_names(&mut on, user.id, &claims).await?,
                _ => return Err(store_error(error)),
            }
        }
    }

    async fn try_insert(
        &self,
        on: &mut Connection,
        user: &User,
        hash: &PasswordHash,
        claims: &[String],
    ) -> Result<(), Error> {
        let (record, hash) = (Record::of(user), hash.expose());
        let mut params = record.params();
        params.push((&hash, Type::TEXT));
        let transaction = on.begin().await?;
        transaction.run(&self.insert, &params).await?;
        transaction.run(&self.claim, &[(&record.id, Type::UUID), (&claims, Type::TEXT_ARRAY)]).await?;
        transaction.commit().await
    }

    /// The user who logs in by this name. Two reads of one row each and no join, because the two
    /// tables may lie on different servers.
    pub(crate) async fn find_by_login(
        &self,
        mut on: Connection,
        login: &LoginName,
    ) -> Result<Option<Credentials>, StoreError> {
        let claim = match login {
            LoginName::Username(name) => username_claim(name),
            LoginName::Email(email) => email_claim(email),
        };
        let rows = on.read(&self.find_claim, &[(&claim, Type::TEXT)]).await.map_err(store_error)?;
        // Who is unknown is looked for in both too, so that the time does not tell.
        let id = rows.first().map_or(Ok(Uuid::nil()), |row| row.try_get(0)).map_err(unreadable)?;
        let found = self.find(on, UserId::from_uuid(id)).await?;
        Ok(found.filter(|_| !rows.is_empty()))
    }

    pub(crate) async fn find(&self, mut on: Connection, id: UserId) -> Result<Option<Credentials>, StoreError> {
        let rows = on.read(&self.find, &[(&id.as_uuid(), Type::UUID)]).await.map_err(store_error)?;
        rows.first().map(|row| credentials(row).map_err(unreadable)).transpose()
    }

    pub(crate) async fn update(&self, mut on: Connection, user: &User, expected: u64) -> Result<bool, StoreError> {
        let claims = claims(user);
        loop {
            match self.try_update(&mut on, user, expected).await {
                Err(Failure::Sql(error)) if violated(&error) == Some(Constraint::LoginClaim) => {
                    self.check_names(&mut on, user.id, &claims).await?;
                }
                result => return Ok(result?),
            }
        }
    }

    async fn try_update(&self, on: &mut Connection, user: &User, expected: u64) -> Result<bool, Failure> {
        let record = Record::of(user);
        let transaction = on.begin().await?;
        let known = self.lock(&transaction, record.id).await?.filter(|known| known.version == expected);
        let Some(known) = known else {
            transaction.rollback().await?;
            return Ok(false);
        };
        self.replace(&transaction, &known, user).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Puts `next` in the place of `known`, who is locked, with the names that they log in with.
    pub(super) async fn replace(&self, transaction: &Transaction<'_>, known: &User, next: &User) -> Result<(), Error> {
        let (record, before, after) = (Record::of(next), claims(known), claims(next));
        let gone: Vec<_> = before.iter().filter(|claim| !after.contains(claim)).collect();
        let new: Vec<_> = after.iter().filter(|claim| !before.contains(claim)).collect();
        transaction.run(&self.unclaim, &[(&record.id, Type::UUID), (&gone, Type::TEXT_ARRAY)]).await?;
        transaction.run(&self.claim, &[(&record.id, Type::UUID), (&new, Type::TEXT_ARRAY)]).await?;
        transaction.run(&self.update, &record.params()).await.map(drop)
    }

    pub(crate) async fn change_password(
        &self,
        mut on: Connection,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        keep: SessionId,
    ) -> Result<bool, StoreError> {
        let (id, old, new) = (id.as_uuid(), old.expose(), new.expose());
        let result = async {
            let transaction = on.begin().await?;
            let hashes: [Param<'_>; 3] = [(&id, Type::UUID), (&old, Type::TEXT), (&new, Type::TEXT)];
            if transaction.run(&self.change_password, &hashes).await?.is_empty() {
                transaction.rollback().await?;
                return Ok(false);
            }
            // A statement of its own: it sees the sessions that began while the first one waited.
            let others: [Param<'_>; 2] = [(&id, Type::UUID), (&keep.as_uuid(), Type::UUID)];
            transaction.run(&self.end_others, &others).await?;
            transaction.run(&self.end_resets, &[(&id, Type::UUID)]).await?;
            transaction.commit().await?;
            Ok(true)
        };
        result.await.map_err(store_error)
    }

    pub(crate) async fn rehash(
        &self,
        mut on: Connection,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let (id, old, new) = (id.as_uuid(), old.expose(), new.expose());
        let params: [Param<'_>; 3] = [(&id, Type::UUID), (&old, Type::TEXT), (&new, Type::TEXT)];
        on.write(&self.change_password, &params).await.map(drop).map_err(store_error)
    }

    pub(crate) async fn delete(
        &self,
        mut on: Connection,
        id: UserId,
        proven: &PasswordHash,
    ) -> Result<bool, StoreError> {
        loop {
            match self.try_delete(&mut on, id.as_uuid(), proven).await {
                // Their first goal came in between; the next round finds it.
                Err(Failure::Sql(error)) if violated(&error) == Some(Constraint::Counter) => {}
                result => return Ok(result?),
            }
        }
    }

    async fn try_delete(&self, on: &mut Connection, id: Uuid, proven: &PasswordHash) -> Result<bool, Failure> {
        let transaction = on.begin().await?;
        let proven: [Param<'_>; 2] = [(&id, Type::UUID), (&proven.expose(), Type::TEXT)];
        let rows = transaction.run(&self.lock_proven, &proven).await?;
        let Some(user) = rows.first().map(|row| user(row).map_err(Failure::Unreadable)).transpose()? else {
            transaction.rollback().await?;
            return Ok(false);
        };
        transaction.run(&self.unclaim, &[(&id, Type::UUID), (&&claims(&user)[..], Type::TEXT_ARRAY)]).await?;
        for statement in &self.remove {
            transaction.run(statement, &[(&id, Type::UUID)]).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn lock(&self, transaction: &Transaction<'_>, id: Uuid) -> Result<Option<User>, Failure> {
        let rows = transaction.run(&self.lock, &[(&id, Type::UUID)]).await?;
        rows.first().map(|row| user(row).map_err(Failure::Unreadable)).transpose()
    }

    /// Says which name is taken. Nothing, when they have become free in the meantime.
    async fn check_names(&self, on: &mut Connection, id: UserId, claims: &[String]) -> Result<(), StoreError> {
        let params: [Param<'_>; 2] = [(&id.as_uuid(), Type::UUID), (&claims, Type::TEXT_ARRAY)];
        let rows = on.read(&self.claimed, &params).await.map_err(store_error)?;
        let taken: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(unreadable)?;
        if taken.iter().any(|claim| claim.starts_with(USERNAME)) {
            return Err(StoreError::UsernameTaken);
        }
        if taken.is_empty() { Ok(()) } else { Err(StoreError::EmailTaken) }
    }
}

/// Why a transaction did not get to its end.
pub(super) enum Failure {
    Sql(Error),
    Unreadable(BoxError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sql(error) => store_error(error),
            Failure::Unreadable(error) => unreadable(error),
        }
    }
}

const USERNAME: &str = "u:";
const EMAIL: &str = "e:";

fn username_claim(folded: &str) -> String {
    format!("{USERNAME}{folded}")
}

fn email_claim(folded: &str) -> String {
    format!("{EMAIL}{folded}")
}

/// What a user logs in with, always in the same order: two who want the same names then wait for
/// one another in turn, and not in a circle.
fn claims(user: &User) -> [String; 2] {
    [email_claim(&user.email.folded()), username_claim(&user.username.folded())]
}

/// What is written of a user beyond what it borrows from them.
struct Record<'a> {
    user: &'a User,
    id: Uuid,
    texts: [String; 4],
    pending_email: Option<&'a str>,
    version: i64,
}

impl<'a> Record<'a> {
    fn of(user: &'a User) -> Self {
        let User { username, email, locale, time_zone, .. } = user;
        let texts = [username.to_string(), email.to_string(), locale.to_string(), time_zone.to_string()];
        let pending_email = user.pending_email.as_ref().map(EmailAddress::as_str);
        Self { user, id: user.id.as_uuid(), texts, pending_email, version: stored_version(user.version) }
    }

    fn params(&self) -> Vec<Param<'_>> {
        let [username, email, locale, time_zone] = &self.texts;
        vec![
            (&self.id, Type::UUID),
            (username, Type::TEXT),
            (email, Type::TEXT),
            (locale, Type::TEXT),
            (time_zone, Type::TEXT),
            (&self.version, Type::INT8),
            (&self.user.created_at, Type::TIMESTAMPTZ),
            (&self.user.updated_at, Type::TIMESTAMPTZ),
            (&self.user.email_verified_at, Type::TIMESTAMPTZ),
            (&self.pending_email, Type::TEXT),
            (&self.user.two_factor, Type::BOOL),
        ]
    }
}

/// Reads the columns [`READ`], which come first in the row.
pub(super) fn user(row: &Row) -> Result<User, BoxError> {
    Ok(User {
        id: UserId::from_uuid(row.try_get(0)?),
        username: word(row.try_get(1)?)?,
        email: word(row.try_get(2)?)?,
        locale: word(row.try_get(3)?)?,
        time_zone: word(row.try_get(4)?)?,
        version: u64::try_from(row.try_get::<_, i64>(5)?)?,
        created_at: row.try_get(6)?,
        updated_at: row.try_get(7)?,
        email_verified_at: row.try_get(8)?,
        pending_email: row.try_get::<_, Option<&str>>(9)?.map(word).transpose()?,
        two_factor: row.try_get(10)?,
    })
}

fn credentials(row: &Row) -> Result<Credentials, BoxError> {
    Ok(Credentials { user: user(row)?, hash: PasswordHash::new(row.try_get(READ_COUNT)?) })
}
