-- How often something has been tried, for all instances together.

-- A bucket without a row is full. Its key is a hash, because what somebody took for their name may
-- be anything, a password included. No index on the time: it would keep updates from being HOT, and
-- the rows are few, for those that are full again are removed.
CREATE TABLE :schema.throttle (
    bucket_key bytea       NOT NULL,
    full_at    timestamptz NOT NULL,
    CONSTRAINT throttle_pk PRIMARY KEY (bucket_key),
    -- A permit that is not there is taken from a bucket that is never full.
    CONSTRAINT throttle_full_ck CHECK (full_at < 'infinity')
) WITH (fillfactor = 70);
