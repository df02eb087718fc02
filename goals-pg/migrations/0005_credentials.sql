-- What lets people in besides their password.

-- Of what a script shows nothing is kept but its SHA-256.
CREATE TABLE :schema.api_tokens (
    user_id      uuid        NOT NULL,
    token_id     uuid        NOT NULL,
    token_hash   bytea       NOT NULL,
    name         text        NOT NULL,
    scope        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT api_tokens_pk PRIMARY KEY (user_id, token_id),
    CONSTRAINT api_tokens_user_fk FOREIGN KEY (user_id) REFERENCES :schema.users (user_id)
) WITH (fillfactor = 70);
