-- What was made under which key, for as long as a retry may come.

CREATE TABLE :schema.idempotency_keys (
    owner_id    uuid        NOT NULL,
    key         text        COLLATE "C" NOT NULL,
    fingerprint bytea       NOT NULL,
    -- What the first caller was told, in the words of whoever told it.
    answer      bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (owner_id, key)
);

-- Rows come in the order of this index and leave in it.
CREATE INDEX idempotency_keys_age_ix ON :schema.idempotency_keys (created_at);
