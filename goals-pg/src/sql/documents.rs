//! The statements of documents.

use goals_core::{Document, DocumentKind, FieldValue, OwnerId, StoreError};
use tokio_postgres::types::Type;

use super::columns::stored_version;
use super::events::{json, value};
use super::{Executor, Param};
use crate::error::{store_error, unreadable};
use crate::schema::Schema;

/// The statements of documents in one schema; see [`sql`](crate::sql).
#[derive(Debug, Clone)]
pub struct DocumentSql {
    find: String,
    insert: String,
    update: String,
}

impl DocumentSql {
    /// The statements for the tables in `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            find: schema.put_into("SELECT revision, body FROM :schema.documents WHERE owner_id = $1 AND kind = $2"),
            insert: schema.put_into(
                "INSERT INTO :schema.documents (owner_id, kind, body, revision) VALUES ($1, $2, $3, $4 + 1)
                 ON CONFLICT (owner_id, kind) DO NOTHING RETURNING 1",
            ),
            update: schema.put_into(
                "UPDATE :schema.documents SET body = $3, revision = $4 + 1
                 WHERE owner_id = $1 AND kind = $2 AND revision = $4 RETURNING 1",
            ),
        }
    }

    /// What the owner keeps under `kind`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn find<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        kind: DocumentKind,
    ) -> Result<Option<Document>, StoreError> {
        let params: [Param<'_>; 2] = [(&owner.as_uuid(), Type::UUID), (&kind.as_str(), Type::TEXT)];
        let rows = on.read(&self.find, &params).await.map_err(store_error)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let revision: i64 = row.try_get(0).map_err(unreadable)?;
        Ok(Some(Document {
            revision: u64::try_from(revision).map_err(unreadable)?,
            body: value(row.try_get(1).map_err(unreadable)?).map_err(unreadable)?,
        }))
    }

    /// Puts `body` there when the present revision is `expected`; `false` when it is another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Backend`].
    pub async fn put<E: Executor>(
        &self,
        mut on: E,
        owner: OwnerId,
        kind: DocumentKind,
        body: &FieldValue,
        expected: u64,
    ) -> Result<bool, StoreError> {
        let put = if expected == 0 { &self.insert } else { &self.update };
        let (body, expected) = (json(body), stored_version(expected));
        let params: [Param<'_>; 4] = [
            (&owner.as_uuid(), Type::UUID),
            (&kind.as_str(), Type::TEXT),
            (&body, Type::JSONB),
            (&expected, Type::INT8),
        ];
        Ok(!on.write(put, &params).await.map_err(store_error)?.is_empty())
    }
}
