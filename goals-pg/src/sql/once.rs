//! The statements of receipts: what was made under which key.

use chrono::{DateTime, Utc};
use goals_core::{OwnerId, Receipt, StoreError};
use tokio_postgres::types::Type;

use super::{Executor, Param};
use crate::error::{store_error, unreadable};
use crate::schema::Schema;

#[derive(Debug, Clone)]
pub(super) struct OnceSql {
    find: String,
    remove: String,
    forget: String,
}

impl OnceSql {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            find: schema.put_into(
                "SELECT fingerprint, answer, created_at FROM :schema.idempotency_keys
                 WHERE owner_id = $1 AND key = $2",
            ),
            remove: schema
                .put_into("DELETE FROM :schema.idempotency_keys WHERE owner_id = $1 AND key = $2 AND created_at < $3"),
            // Steps over rows that are locked, so that two of it share the work.
            forget: schema.put_into(
                "WITH old AS (
                     SELECT owner_id, key FROM :schema.idempotency_keys WHERE created_at < $1
                     ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
                 DELETE FROM :schema.idempotency_keys USING old
                 WHERE idempotency_keys.owner_id = old.owner_id AND idempotency_keys.key = old.key RETURNING 1",
            ),
        }
    }

    /// The receipt that stands in the way of `receipt`. One that does not any more is removed.
    pub(super) async fn find<E: Executor>(
        &self,
        on: &mut E,
        owner: OwnerId,
        receipt: &Receipt,
    ) -> Result<Option<Receipt>, StoreError> {
        let (owner, key, outlived) = (owner.as_uuid(), receipt.key.as_str(), receipt.outlives());
        let params: [Param<'_>; 3] = [(&owner, Type::UUID), (&key, Type::TEXT), (&outlived, Type::TIMESTAMPTZ)];
        let rows = on.read(&self.find, &params[..2]).await.map_err(store_error)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let fingerprint: &[u8] = row.try_get(0).map_err(unreadable)?;
        let earlier = Receipt {
            key: receipt.key.clone(),
            fingerprint: fingerprint.try_into().map_err(unreadable)?,
            answer: row.try_get(1).map_err(unreadable)?,
            at: row.try_get(2).map_err(unreadable)?,
        };
        if earlier.at >= outlived {
            return Ok(Some(earlier));
        }
        on.write(&self.remove, &params).await.map_err(store_error)?;
        Ok(None)
    }

    pub(super) async fn forget<E: Executor>(
        &self,
        mut on: E,
        before: DateTime<Utc>,
        at_most: u32,
    ) -> Result<u64, StoreError> {
        let at_most = i64::from(at_most);
        let params: [Param<'_>; 2] = [(&before, Type::TIMESTAMPTZ), (&at_most, Type::INT8)];
        Ok(on.write(&self.forget, &params).await.map_err(store_error)?.len() as u64)
    }
}

/// A part of a statement that makes something of the owner `$1`: keeps the receipt whose
/// [`params`] begin at number `first`, when the part `new` has made it. A receipt that is there
/// already, or is being written, undoes the whole statement.
pub(super) fn keep(first: usize) -> String {
    let values = (first..).take(4).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    format!(
        "kept AS (
             INSERT INTO :schema.idempotency_keys (owner_id, key, fingerprint, answer, created_at)
             SELECT $1, {values} FROM new)"
    )
}

/// A receipt as it is written.
pub(super) struct ReceiptRecord<'a> {
    key: &'a str,
    fingerprint: &'a [u8],
    receipt: &'a Receipt,
}

impl<'a> ReceiptRecord<'a> {
    pub(super) fn of(receipt: &'a Receipt) -> Self {
        Self { key: receipt.key.as_str(), fingerprint: &receipt.fingerprint, receipt }
    }

    pub(super) fn params(&self) -> [Param<'_>; 4] {
        [
            (&self.key, Type::TEXT),
            (&self.fingerprint, Type::BYTEA),
            (&self.receipt.answer, Type::BYTEA),
            (&self.receipt.at, Type::TIMESTAMPTZ),
        ]
    }
}
