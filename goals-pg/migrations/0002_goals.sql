-- Goals. Nothing here refers to the table of users: the owner may be the host's.

-- One narrow row per owner, locked by every write to their goals.
CREATE TABLE :schema.usage (
    owner_id uuid   NOT NULL,
    goals    bigint NOT NULL,
    -- The number of their last event.
    last_seq bigint NOT NULL,
    CONSTRAINT usage_pk PRIMARY KEY (owner_id),
    CONSTRAINT usage_goals_ck CHECK (goals >= 0)
) WITH (fillfactor = 70);

CREATE TABLE :schema.goals (
    owner_id       uuid        NOT NULL,
    goal_id        uuid        NOT NULL,
    title          text        NOT NULL,
    -- Of a hash, because a title can be longer than an index row may be.
    title_key      bytea       NOT NULL,
    -- Nil for a goal that may have no duplicate, its own id for one that may.
    duplicate_slot uuid        NOT NULL,
    title_sort     text        COLLATE "C" NOT NULL,
    search_text    text        NOT NULL,
    description    text        NOT NULL,
    status         text        NOT NULL,
    start_on       date,
    deadline_on    date,
    deadline_at    timestamptz,
    -- Never null, so that a page is one range of an index.
    deadline_sort  timestamptz NOT NULL,
    measure        jsonb       NOT NULL,
    -- What check-ins have brought, so that a list need not read them.
    amount         numeric,
    amount_on      date,
    check_ins      bigint      NOT NULL,
    -- In microseconds.
    idle_for       bigint      NOT NULL,
    idle_since     timestamptz,
    priority       smallint    NOT NULL,
    color          text,
    icon           text,
    tags           text[]      NOT NULL,
    tag_keys       text[]      NOT NULL,
    attributes     jsonb       NOT NULL,
    parent_id      uuid,
    version        bigint      NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    closed_at      timestamptz,
    archived_at    timestamptz,
    deleted_at     timestamptz,
    CONSTRAINT goals_pk PRIMARY KEY (owner_id, goal_id),
    -- No goal that the counter has not counted.
    CONSTRAINT goals_usage_fk FOREIGN KEY (owner_id) REFERENCES :schema.usage (owner_id),
    CONSTRAINT goals_parent_fk FOREIGN KEY (owner_id, parent_id) REFERENCES :schema.goals (owner_id, goal_id)
) WITH (fillfactor = 85);

CREATE UNIQUE INDEX goals_open_title_uk ON :schema.goals (owner_id, title_key, duplicate_slot, parent_id)
    NULLS NOT DISTINCT
    WHERE status IN ('draft', 'active', 'paused') AND deleted_at IS NULL;

CREATE INDEX goals_deadline_ix ON :schema.goals (owner_id, deadline_sort, goal_id)
    WHERE deleted_at IS NULL;

CREATE INDEX goals_parent_ix ON :schema.goals (owner_id, parent_id, deadline_sort, goal_id)
    WHERE parent_id IS NOT NULL;

CREATE INDEX goals_trash_ix ON :schema.goals (deleted_at)
    WHERE deleted_at IS NOT NULL;
