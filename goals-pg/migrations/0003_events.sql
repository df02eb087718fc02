-- What happened to goals, numbered per owner by the counter in `usage`: since every write holds
-- that row until it commits, the numbers are in the order of the commits.

CREATE TABLE :schema.events (
    owner_id  uuid        NOT NULL,
    seq       bigint      NOT NULL,
    event_id  uuid        NOT NULL,
    goal_id   uuid,
    -- Instead of goal_id when the goal is gone for good.
    purged_id uuid,
    version   bigint,
    kind      text        NOT NULL,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    changes   jsonb       NOT NULL,
    CONSTRAINT events_pk PRIMARY KEY (owner_id, seq),
    -- The history goes with its goal, also what was written of it while the removal waited.
    CONSTRAINT events_goal_fk FOREIGN KEY (owner_id, goal_id)
        REFERENCES :schema.goals (owner_id, goal_id) ON DELETE CASCADE
);

CREATE INDEX events_goal_ix ON :schema.events (owner_id, goal_id, seq)
    WHERE goal_id IS NOT NULL;
