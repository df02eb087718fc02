-- People and their sessions. `:schema` stands for the schema's quoted name, here and in psql.

CREATE TABLE :schema.users (
    user_id       uuid        NOT NULL,
    username      text        NOT NULL,
    email         text        NOT NULL,
    email_verified_at timestamptz,
    -- Nobody's name before it is confirmed, so it has no claim below.
    pending_email text,
    password_hash text        NOT NULL,
    two_factor    boolean     NOT NULL,
    locale        text        NOT NULL,
    time_zone     text        NOT NULL,
    version       bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT users_pk PRIMARY KEY (user_id)
) WITH (fillfactor = 85);

-- What people log in with, unique across all of them: `u:<username>` and `e:<e-mail>`, folded.
-- The user's column is not called user_id on purpose: where tables are spread by that column,
-- this one is spread by its key.
CREATE TABLE :schema.login_claims (
    claim_key  text NOT NULL,
    subject_id uuid NOT NULL,
    CONSTRAINT login_claims_pk PRIMARY KEY (claim_key)
);

CREATE TABLE :schema.sessions (
    user_id       uuid        NOT NULL,
    session_id    uuid        NOT NULL,
    token_hash    bytea       NOT NULL,
    -- Of the part of the secret that does not change: it tells an old secret from a guess.
    family_hash   bytea       NOT NULL,
    previous_hash bytea,
    rotated_at    timestamptz,
    client        text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT sessions_pk PRIMARY KEY (user_id, session_id),
    CONSTRAINT sessions_user_fk FOREIGN KEY (user_id) REFERENCES :schema.users (user_id)
) WITH (fillfactor = 70);
