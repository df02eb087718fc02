-- The logs of goals.

CREATE TABLE :schema.check_ins (
    owner_id    uuid        NOT NULL,
    goal_id     uuid        NOT NULL,
    check_in_id uuid        NOT NULL,
    day         date        NOT NULL,
    at          timestamptz NOT NULL,
    value       numeric,
    note        text,
    CONSTRAINT check_ins_pk PRIMARY KEY (owner_id, goal_id, check_in_id),
    -- A log goes with its goal.
    CONSTRAINT check_ins_goal_fk FOREIGN KEY (owner_id, goal_id)
        REFERENCES :schema.goals (owner_id, goal_id) ON DELETE CASCADE
);

CREATE INDEX check_ins_position_ix ON :schema.check_ins (owner_id, goal_id, day, at, check_in_id);

CREATE INDEX check_ins_day_ix ON :schema.check_ins (owner_id, day);
