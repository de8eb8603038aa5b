-- Messages and attempts by the day, so that what is older than thirty days goes by dropping tables:
-- no row is deleted, and nothing is left to vacuum.

ALTER TABLE webhook_message RENAME TO webhook_message_before;
ALTER INDEX webhook_message_pkey RENAME TO webhook_message_before_pkey;
ALTER INDEX webhook_message_by_session RENAME TO webhook_message_before_by_session;
ALTER TABLE webhook_attempt RENAME TO webhook_attempt_before;
ALTER INDEX webhook_attempt_by_message RENAME TO webhook_attempt_before_by_message;

CREATE TABLE webhook_message (
    -- When the event that caused it was recorded; the same if the event is handled again. A month
    -- ago at the most. A process of the version before says nothing of it.
    noted_at    timestamptz NOT NULL DEFAULT now(),
    endpoint_id text        NOT NULL,
    -- Derived from the event and the type: the receiver's `webhook-id`.
    message_id  text        NOT NULL,
    session_id  text        NOT NULL,
    -- The version of the session's stream that caused it.
    sequence    bigint      NOT NULL,
    -- Which of that event's messages: payment.succeeded stands before session.paid.
    ordinal     smallint    NOT NULL,
    type        text        NOT NULL,
    -- The exact bytes that every attempt sends, sealed: they name a player.
    body        bytea       NOT NULL,
    -- The endpoint's messages in their order are what people look at.
    PRIMARY KEY (endpoint_id, noted_at, message_id)
) PARTITION BY RANGE (noted_at);
-- For whoever erases a player.
CREATE INDEX webhook_message_by_session ON webhook_message (session_id);
-- For whoever has its id from a receiver.
CREATE INDEX webhook_message_by_id ON webhook_message (message_id);

-- What came of each attempt. Rows are only ever added.
CREATE TABLE webhook_attempt (
    -- By the database's clock, which decides when it is dropped.
    written_at  timestamptz NOT NULL DEFAULT now(),
    -- When it was begun, by the worker's clock: the time that was signed.
    at          timestamptz NOT NULL,
    elapsed_ms  bigint      NOT NULL,
    fence       bigint      NOT NULL,
    -- Which attempt of this message: 1, 2, 3. The same twice, if a lane was taken over meanwhile,
    -- or if the message was handed in again.
    number      integer     NOT NULL,
    http_status smallint,
    endpoint_id text        NOT NULL,
    message_id  text        NOT NULL,
    -- `delivered`, `refused` (see the status), or why there was no whole answer.
    outcome     text        NOT NULL,
    -- The beginning of the answer's body, for the endpoint's owner. Sealed: it may echo a player.
    excerpt     bytea
) PARTITION BY RANGE (written_at);
CREATE INDEX webhook_attempt_by_message ON webhook_attempt (endpoint_id, message_id, number);

-- The partitions that are attached, and the day of each (UTC).
CREATE FUNCTION webhook_partitions(OUT parent text, OUT name text, OUT day date)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT inhparent::regclass::text, relname::text, to_date(right(relname, 8), 'YYYYMMDD')
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent IN ('webhook_message'::regclass, 'webhook_attempt'::regclass) AND relkind = 'r'
$$;

-- Makes a day's partition. Attached, not created in place: that would stop all readers.
CREATE FUNCTION add_webhook_partition(parent text, day date) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    name text := parent || '_' || to_char(day, 'YYYYMMDD');
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                   day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END $$;

-- Has a partition for each of the last thirty days, today and the next two, and drops those before,
-- with what is still due of them. If somebody is in the way, they are dropped at a later call.
CREATE FUNCTION keep_webhook_partitions() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    days_kept  CONSTANT int := 30;
    days_ahead CONSTANT int := 2;
    today date := (now() AT TIME ZONE 'UTC')::date;
    oldest timestamptz := (today - days_kept)::timestamp AT TIME ZONE 'UTC';
    it record;
BEGIN
    -- One at a time: whoever waited finds all done.
    PERFORM pg_advisory_xact_lock(hashtext('keep_webhook_partitions'));
    PERFORM set_config('lock_timeout', '500ms', true);
    FOR it IN
        SELECT parent, day::date
        FROM unnest(ARRAY['webhook_message', 'webhook_attempt']) parent,
             generate_series(today - days_kept, today + days_ahead, interval '1 day') day
        EXCEPT SELECT parent, day FROM webhook_partitions()
    LOOP
        PERFORM add_webhook_partition(it.parent, it.day);
    END LOOP;
    BEGIN
        FOR it IN SELECT name FROM webhook_partitions() WHERE day < today - days_kept LOOP
            DELETE FROM webhook_due WHERE noted_at < oldest;
            DELETE FROM webhook_dead WHERE noted_at < oldest;
            EXECUTE format('DROP TABLE %I', it.name);
        END LOOP;
    EXCEPTION WHEN lock_not_available THEN
        RAISE NOTICE 'partitions of webhooks are in use, and dropped another time';
    END;
END $$;

ALTER TABLE webhook_due ADD COLUMN noted_at timestamptz;
ALTER TABLE webhook_dead ADD COLUMN noted_at timestamptz;

SELECT keep_webhook_partitions();

INSERT INTO webhook_message
SELECT greatest(created_at, now() - interval '29 days'), endpoint_id, message_id, session_id,
       sequence, ordinal, type, body
FROM webhook_message_before;
INSERT INTO webhook_attempt
SELECT greatest(at, now() - interval '29 days'), at, elapsed_ms, fence, number, http_status,
       endpoint_id, message_id, outcome, excerpt
FROM webhook_attempt_before WHERE at <= now();
UPDATE webhook_due it SET noted_at = message.noted_at FROM webhook_message message
WHERE (message.endpoint_id, message.message_id) = (it.endpoint_id, it.message_id);
UPDATE webhook_dead it SET noted_at = message.noted_at FROM webhook_message message
WHERE (message.endpoint_id, message.message_id) = (it.endpoint_id, it.message_id);
DROP TABLE webhook_message_before, webhook_attempt_before;

-- The same transaction's time as the message's, for a process of the version before. That one cannot
-- give a message up: it stays due until a process of this version does.
ALTER TABLE webhook_due ALTER COLUMN noted_at SET NOT NULL, ALTER COLUMN noted_at SET DEFAULT now();
ALTER TABLE webhook_dead ALTER COLUMN noted_at SET NOT NULL;
-- For whoever hands in again what was given up since some time.
CREATE INDEX webhook_dead_by_time ON webhook_dead (endpoint_id, noted_at);

-- Handing in again, in pieces, what was given up or waits for a later attempt.
CREATE TABLE webhook_recovery (
    recovery_id text        PRIMARY KEY,
    endpoint_id text        NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    -- Of what was noted since.
    since       timestamptz NOT NULL,
    -- By the clock of whoever asked for it. What fails later is not meant.
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    -- How many there were when it was started, and how many are handed in.
    total       bigint      NOT NULL,
    handed_in   bigint      NOT NULL DEFAULT 0,
    -- What waits for a later attempt is done up to this row of `webhook_due`.
    after_due   bigint      NOT NULL DEFAULT 0
);
CREATE INDEX webhook_recovery_unfinished ON webhook_recovery (started_at) WHERE finished_at IS NULL;

REVOKE EXECUTE ON FUNCTION add_webhook_partition, keep_webhook_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_webhook_partitions TO toffeepay_service;
GRANT SELECT, INSERT ON webhook_message, webhook_attempt TO toffeepay_service;
GRANT SELECT, INSERT, UPDATE ON webhook_recovery TO toffeepay_service;
