-- What belongs to an owner as a whole and is small: their views, their calendar. Each is replaced
-- as one, by whoever knows its revision.

CREATE TABLE :schema.documents (
    owner_id uuid   NOT NULL,
    kind     text   COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    body     jsonb  NOT NULL,
    CONSTRAINT documents_pk PRIMARY KEY (owner_id, kind)
);
