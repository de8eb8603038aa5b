-- The event log: the one source of truth. Rows are only ever added, only by append_events().
--
-- The service connects as (a member of) this role: it reads, and calls functions. It can neither
-- UPDATE, DELETE nor TRUNCATE what happened, nor INSERT past the append function.
-- Roles belong to the cluster: another database of it, or its administrator, may have made this
-- one, and whoever migrates then needs no right to make roles.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'toffeepay_service') THEN
        CREATE ROLE toffeepay_service NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- It was made in this moment.
END $$;

-- Before PostgreSQL 15 anybody may: what stands here is called with the owner's rights.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- One row per shard. Locked for the length of an append, so that positions are handed out in
-- commit order and without gaps: a reader needs to remember one number.
CREATE TABLE event_head (
    shard       smallint    PRIMARY KEY,
    position    bigint      NOT NULL CHECK (0 <= position),
    recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

INSERT INTO event_head VALUES (0, 0, 'epoch');

CREATE TABLE event (
    shard       smallint    NOT NULL,
    -- Place in the whole log: 1, 2, 3, without gaps, in commit order.
    position    bigint      NOT NULL CHECK (1 <= position),
    stream      text        NOT NULL,
    -- Place in this stream: 1, 2, 3, without gaps.
    version     bigint      NOT NULL CHECK (1 <= version),
    type        text        NOT NULL,
    -- Set by append_events under the head's lock, so it never decreases.
    recorded_at timestamptz NOT NULL,
    -- The exact bytes that were hashed. Never re-serialised: jsonb would reorder them.
    entry       bytea       NOT NULL CHECK (octet_length(entry) <= 64000),
    -- SHA-256 of the entry.
    digest      bytea       NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (shard, position)
) PARTITION BY RANGE (position);

CREATE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$;

-- For each row, since only row triggers are handed down to partitions: one on the parent alone
-- lets `DELETE FROM event_p0` through. TRUNCATE has no rows, so every partition gets its own.
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_history();
CREATE TRIGGER event_is_never_truncated BEFORE TRUNCATE ON event
    EXECUTE FUNCTION refuse_to_rewrite_history();

-- The partitions that are attached, and the positions that each takes.
CREATE FUNCTION event_partitions(OUT low bigint, OUT beyond bigint) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT bounds[1]::bigint, bounds[2]::bigint
    FROM pg_inherits JOIN pg_class it ON it.oid = inhrelid,
         regexp_match(pg_get_expr(it.relpartbound, it.oid),
                      'FROM \(''?(\d+)''?\) TO \(''?(\d+)''?\)') bounds
    WHERE inhparent = 'event'::regclass
$$;

-- How many partitions lie wholly ahead of the log.
CREATE FUNCTION event_partitions_ahead() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM event_partitions()
    WHERE (SELECT greatest(max(position), 1) FROM event_head) < low
$$;

-- Makes the next partition: it begins where the last one ends, however many older ones were
-- detached. Attached, not created in place: that would stop all readers.
CREATE FUNCTION add_event_partition() RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    positions_per_partition CONSTANT bigint := 10000000;
    low    bigint;
    beyond bigint;
    name   text;
BEGIN
    SELECT coalesce(max(it.beyond), 1) INTO low FROM event_partitions() it;
    beyond := low + positions_per_partition;
    name := 'event_p' || low / positions_per_partition;
    EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING ALL,
                    CHECK (%s <= position AND position < %s))', name, low, beyond);
    EXECUTE format('CREATE UNIQUE INDEX ON %I (stream, version)', name);
    EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   name, low, beyond);
    EXECUTE format('CREATE TRIGGER event_is_never_truncated BEFORE TRUNCATE ON %I
                    EXECUTE FUNCTION refuse_to_rewrite_history()', name);
    EXECUTE format('GRANT SELECT ON %I TO toffeepay_service', name);
END $$;

-- Makes partitions until as many as `wanted` lie ahead of the log; how many it made.
CREATE FUNCTION keep_event_partitions_ahead(wanted bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bigint := 0;
BEGIN
    -- One at a time: whoever waited finds enough.
    PERFORM pg_advisory_xact_lock(hashtext('keep_event_partitions_ahead'));
    WHILE event_partitions_ahead() < wanted LOOP
        PERFORM add_event_partition();
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- The first partition, and two empty ones ahead of it.
SELECT add_event_partition() FROM generate_series(1, 3);

-- One row per stream: where its compare-and-swap is decided, and where its key is kept.
CREATE TABLE stream (
    stream           text        PRIMARY KEY,
    shard            smallint    NOT NULL,
    version          bigint      NOT NULL,
    first_position   bigint      NOT NULL,
    last_position    bigint      NOT NULL,
    -- The key of the stream's private data, wrapped by the service's master key. NULL once
    -- destroyed, which erases what it protected and leaves every hash valid.
    wrapped_key      bytea,
    key_destroyed_at timestamptz
) WITH (fillfactor = 80);

-- Which commands are in the log already, those that changed nothing included. A row outlives its
-- use by design: a repeat must find it.
CREATE TABLE command (
    command_id  uuid        PRIMARY KEY,
    -- Which call to append_events wrote it: tells our own retry from somebody else's repeat.
    append_id   uuid        NOT NULL,
    stream      text        NOT NULL,
    -- Where the stream stood after it.
    version     bigint      NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- Of a client's Idempotency-Key: SHA-256 of the decoded request, and the answer to repeat,
    -- sealed under the stream's key.
    fingerprint bytea,
    response    bytea,
    -- NULL: kept for ever (a provider's notification).
    expires_at  timestamptz
);
CREATE INDEX ON command (expires_at) WHERE expires_at IS NOT NULL;

GRANT SELECT ON event, event_head, stream, command TO toffeepay_service;
GRANT EXECUTE ON FUNCTION event_partitions_ahead TO toffeepay_service;

-- Commands whose time is over, oldest first, at most `most` of them.
CREATE FUNCTION forget_expired_commands(most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        DELETE FROM command WHERE command_id IN (
            SELECT command_id FROM command WHERE expires_at <= now() ORDER BY expires_at LIMIT most)
        -- Again, for the row as it is once locked: the id may just have been used anew.
        AND expires_at <= now()
        RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- Destroys a stream's key: nobody can read its private data any more. False if it has none.
CREATE FUNCTION destroy_stream_key(which text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Between appends: those before it are over, and those after it find the key gone.
    PERFORM FROM event_head FOR UPDATE;
    UPDATE stream SET wrapped_key = NULL, key_destroyed_at = clock_timestamp()
    WHERE stream = which AND wrapped_key IS NOT NULL;
    RETURN FOUND;
END $$;

REVOKE EXECUTE ON FUNCTION forget_expired_commands, destroy_stream_key, add_event_partition,
    keep_event_partitions_ahead FROM PUBLIC;
-- Not destroy_stream_key: what cannot be undone is the owner's to do.
GRANT EXECUTE ON FUNCTION forget_expired_commands, keep_event_partitions_ahead
    TO toffeepay_service;
