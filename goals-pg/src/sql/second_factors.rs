//! The statements of second factors. Of a recovery code nothing is kept but its SHA-256.

use chrono::{DateTime, Utc};
use goals_core::{BoxError, RecoveryCode, SecondFactor, Spend, StoreError, UserId};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::sessions::hash;
use super::{Executor, Param};
use crate::connection::Connection;
use crate::error::{store_error, unreadable};
use crate::schema::Schema;

#[derive(Debug)]
pub(crate) struct SecondFactorSql {
    enrol: String,
    find: String,
    confirm: String,
    set: String,
    add_codes: String,
    use_step: String,
    use_code: String,
    remove_codes: String,
    remove: String,
}

impl SecondFactorSql {
    pub(crate) fn new(schema: &Schema) -> Self {
        let sql = |text: &str| schema.put_into(text);
        Self {
            // The lock waits for whoever removes the user, and then finds nobody.
            enrol: sql("WITH known AS (SELECT FROM :schema.users WHERE user_id = $1 FOR KEY SHARE)
                 INSERT INTO :schema.second_factors (user_id, sealed, is_confirmed, last_step)
                 SELECT $1, $2, false, 0 FROM known
                 ON CONFLICT (user_id) DO UPDATE SET sealed = $2 WHERE NOT second_factors.is_confirmed
                 RETURNING 1"),
            find: sql("SELECT sealed, is_confirmed, last_step FROM :schema.second_factors WHERE user_id = $1"),
            confirm: sql("UPDATE :schema.second_factors SET is_confirmed = true, last_step = $3
                 WHERE user_id = $1 AND sealed = $2 AND NOT is_confirmed RETURNING 1"),
            set: sql("UPDATE :schema.users SET two_factor = $2, version = version + 1, updated_at = $3
                 WHERE user_id = $1"),
            add_codes: sql("INSERT INTO :schema.recovery_codes (user_id, code_hash)
                 SELECT $1, code_hash FROM unnest($2) code_hash"),
            use_step: sql("UPDATE :schema.second_factors SET last_step = $2
                 WHERE user_id = $1 AND is_confirmed AND last_step < $2 RETURNING 1"),
            use_code: sql("DELETE FROM :schema.recovery_codes WHERE user_id = $1 AND code_hash = $2 RETURNING 1"),
            remove_codes: sql("DELETE FROM :schema.recovery_codes WHERE user_id = $1"),
            remove: sql("DELETE FROM :schema.second_factors WHERE user_id = $1 AND is_confirmed RETURNING 1"),
        }
    }

    pub(crate) async fn enrol(&self, mut on: Connection, user: UserId, sealed: &[u8]) -> Result<bool, StoreError> {
        let params: [Param<'_>; 2] = [(&user.as_uuid(), Type::UUID), (&sealed, Type::BYTEA)];
        Ok(!on.write(&self.enrol, &params).await.map_err(store_error)?.is_empty())
    }

    pub(crate) async fn find(&self, mut on: Connection, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        let rows = on.read(&self.find, &[(&user.as_uuid(), Type::UUID)]).await.map_err(store_error)?;
        rows.first().map(|row| factor(row).map_err(unreadable)).transpose()
    }

    pub(crate) async fn confirm(
        &self,
        mut on: Connection,
        user: UserId,
        sealed: &[u8],
        step: i64,
        recovery: &[RecoveryCode],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let codes: Vec<_> = recovery.iter().map(|code| hash(code.expose())).collect();
        let user = user.as_uuid();
        let result = async {
            let transaction = on.begin().await?;
            // The user first, as whoever removes them does.
            transaction.run(&self.set, &[(&user, Type::UUID), (&true, Type::BOOL), (&now, Type::TIMESTAMPTZ)]).await?;
            let params: [Param<'_>; 3] = [(&user, Type::UUID), (&sealed, Type::BYTEA), (&step, Type::INT8)];
            if transaction.run(&self.confirm, &params).await?.is_empty() {
                transaction.rollback().await?;
                return Ok(false);
            }
            transaction.run(&self.add_codes, &[(&user, Type::UUID), (&codes, Type::BYTEA_ARRAY)]).await?;
            transaction.commit().await?;
            Ok(true)
        };
        result.await.map_err(store_error)
    }

    /// One statement: it locks the row and then looks again, so that of several callers one alone
    /// finds the code unused.
    pub(crate) async fn spend(&self, mut on: Connection, user: UserId, code: &Spend) -> Result<bool, StoreError> {
        let user = user.as_uuid();
        let rows = match code {
            Spend::Step(step) => on.write(&self.use_step, &[(&user, Type::UUID), (step, Type::INT8)]).await,
            Spend::Recovery(code) => {
                let code = hash(code.expose());
                on.write(&self.use_code, &[(&user, Type::UUID), (&code, Type::BYTEA)]).await
            }
        };
        Ok(!rows.map_err(store_error)?.is_empty())
    }

    pub(crate) async fn remove(
        &self,
        mut on: Connection,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let user = user.as_uuid();
        let result = async {
            let transaction = on.begin().await?;
            transaction.run(&self.set, &[(&user, Type::UUID), (&false, Type::BOOL), (&now, Type::TIMESTAMPTZ)]).await?;
            transaction.run(&self.remove_codes, &[(&user, Type::UUID)]).await?;
            if transaction.run(&self.remove, &[(&user, Type::UUID)]).await?.is_empty() {
                transaction.rollback().await?;
                return Ok(false);
            }
            transaction.commit().await?;
            Ok::<_, Error>(true)
        };
        result.await.map_err(store_error)
    }
}

fn factor(row: &Row) -> Result<SecondFactor, BoxError> {
    Ok(SecondFactor { sealed: row.try_get(0)?, is_confirmed: row.try_get(1)?, last_step: row.try_get(2)? })
}
