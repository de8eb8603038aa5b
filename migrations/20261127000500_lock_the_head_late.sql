-- The rows of new sessions, most of what a batch costs, are written before the head is locked: while
-- one batch waits for the disk, the next writes its own. Only their counts wait for the head.
--
-- Both functions are called as before, also by processes of an older version.

CREATE OR REPLACE FUNCTION count_session() RETURNS trigger LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- Whoever counts holds the head's lock, so that no two wait for each other on the counts: most
    -- have it, and an append of new sessions takes it here. By its key: else a scan meets every
    -- version of the row that is not cleaned up yet.
    PERFORM FROM event_head WHERE shard = 0 FOR UPDATE;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO list_count AS c (kind, game_id, world, status, day, rows)
        SELECT 'session', game_id, world, status,
               (created_at AT TIME ZONE 'UTC')::date AS day, count(*)
        FROM added GROUP BY game_id, world, status, day
        ON CONFLICT (kind, game_id, world, status, day)
        DO UPDATE SET rows = c.rows + excluded.rows;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE list_count c SET rows = c.rows - gone.rows
        FROM (SELECT game_id, world, status,
                     (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS rows
              FROM removed GROUP BY game_id, world, status, day) gone
        WHERE c.kind = 'session' AND c.game_id = gone.game_id AND c.world = gone.world
          AND c.status = gone.status AND c.day = gone.day;
    ELSE
        INSERT INTO list_count AS c (kind, game_id, world, status, day, rows)
        SELECT 'session', game_id, world, status, day, sum(one)
        FROM (SELECT game_id, world, status,
                     (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS one FROM added
              UNION ALL
              SELECT game_id, world, status,
                     (created_at AT TIME ZONE 'UTC')::date, -1 FROM removed) it
        GROUP BY game_id, world, status, day HAVING sum(one) <> 0
        ON CONFLICT (kind, game_id, world, status, day)
        DO UPDATE SET rows = c.rows + excluded.rows;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION append_all(
    p_shard       smallint,
    a_command     uuid[],
    a_append      uuid[],
    a_stream      text[],
    a_expected    bigint[],
    a_first       bigint[],
    a_events      bigint[],
    a_wrapped_key bytea[],
    a_with_key    boolean[],
    a_fingerprint bytea[],
    a_response    bytea[],
    a_expires_at  timestamptz[],
    e_stream      text[],
    e_version     bigint[],
    e_type        text[],
    e_entry       bytea[],
    p_new_rows    jsonb,
    p_rows        jsonb
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- As in append_events: plans made while the tables are small would go on scanning them.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    head    event_head;
    v_now   timestamptz;
    older   bigint;
    written bigint;
BEGIN
    IF 0 = ANY (a_events) THEN
        RAISE EXCEPTION 'an append without events';
    END IF;
    -- Before the head is locked: it does not depend on positions. Who began the same session waits here.
    IF p_new_rows ? 'sessions' THEN
        INSERT INTO session
        SELECT * FROM jsonb_populate_recordset(NULL::session, p_new_rows -> 'sessions');
        p_new_rows := nullif(p_new_rows - 'sessions', '{}');
    END IF;

    SELECT * INTO STRICT head FROM event_head WHERE shard = p_shard FOR UPDATE;
    v_now := greatest(clock_timestamp(), head.recorded_at);

    INSERT INTO command (command_id, append_id, stream, version, position, recorded_at,
                         fingerprint, response, expires_at)
    SELECT a.command, a.append, a.stream, a.expected + a.events,
           head.position + a.first + a.events - 1, v_now, a.fingerprint, a.response, a.expires_at
    FROM unnest(a_command, a_append, a_stream, a_expected, a_first, a_events, a_fingerprint,
                a_response, a_expires_at)
         AS a(command, append, stream, expected, first, events, fingerprint, response, expires_at)
    WHERE a.append IS NOT NULL;

    INSERT INTO stream (stream, shard, version, first_position, last_position, wrapped_key)
    SELECT a.stream, p_shard, a.events, head.position + a.first,
           head.position + a.first + a.events - 1, a.wrapped_key
    FROM unnest(a_stream, a_expected, a_first, a_events, a_wrapped_key)
         AS a(stream, expected, first, events, wrapped_key)
    WHERE a.expected = 0;
    GET DIAGNOSTICS written = ROW_COUNT;

    older := cardinality(a_stream) - written;
    IF 0 < older THEN
        UPDATE stream s
        SET version = a.expected + a.events,
            last_position = head.position + a.first + a.events - 1
        FROM unnest(a_stream, a_expected, a_first, a_events, a_with_key)
             AS a(stream, expected, first, events, with_key)
        WHERE s.stream = a.stream AND s.version = a.expected AND 0 < a.expected
          AND NOT (a.with_key AND s.key_destroyed_at IS NOT NULL);
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> older THEN
            RAISE EXCEPTION 'a stream is at another version' USING ERRCODE = 'TP001';
        END IF;
    END IF;

    INSERT INTO event (shard, position, stream, version, type, recorded_at, entry, digest)
    SELECT p_shard, head.position + e.no, e.stream, e.version, e.type, v_now, e.entry,
           sha256(e.entry)
    FROM unnest(e_stream, e_version, e_type, e_entry) WITH ORDINALITY
         AS e(stream, version, type, entry, no);

    IF p_new_rows IS NOT NULL OR p_rows IS NOT NULL THEN
        PERFORM write_read_models(array_remove(ARRAY[p_new_rows, p_rows], NULL));
    END IF;

    UPDATE event_head SET position = head.position + cardinality(e_stream), recorded_at = v_now
    WHERE shard = p_shard;
    RETURN head.position;
END $$;
