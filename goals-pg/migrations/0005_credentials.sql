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

-- One device a user. Its secret is sealed with a key that is not kept here.
CREATE TABLE :schema.second_factors (
    user_id      uuid    NOT NULL,
    sealed       bytea   NOT NULL,
    is_confirmed boolean NOT NULL,
    -- Of the newest code that was used: it and those before are used up.
    last_step    bigint  NOT NULL,
    CONSTRAINT second_factors_pk PRIMARY KEY (user_id),
    CONSTRAINT second_factors_user_fk FOREIGN KEY (user_id) REFERENCES :schema.users (user_id)
) WITH (fillfactor = 70);

-- Those that were not used. Nothing is kept of one but its SHA-256.
CREATE TABLE :schema.recovery_codes (
    user_id   uuid  NOT NULL,
    code_hash bytea NOT NULL,
    CONSTRAINT recovery_codes_pk PRIMARY KEY (user_id, code_hash),
    CONSTRAINT recovery_codes_factor_fk FOREIGN KEY (user_id) REFERENCES :schema.second_factors (user_id)
);

-- Links in letters, each good once. Rows of nobody are written where nobody is known, so that the
-- time tells nothing; so no foreign key.
CREATE TABLE :schema.links (
    user_id    uuid        NOT NULL,
    link_id    uuid        NOT NULL,
    purpose    text        NOT NULL,
    token_hash bytea       NOT NULL,
    email      text,
    expires_at timestamptz NOT NULL,
    CONSTRAINT links_pk PRIMARY KEY (user_id, link_id)
);

CREATE INDEX links_expires_ix ON :schema.links (expires_at);
