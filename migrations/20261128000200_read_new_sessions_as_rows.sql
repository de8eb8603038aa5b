-- The row of a new session comes as PostgreSQL itself writes rows, which it reads in less than half of the
-- time that it takes for a JSON object. Objects are taken as before, also from processes of an
-- older version.

-- The columns that today's processes send, in this order. Never changed: another set of columns is another
-- type, so that processes of two versions may run at once.
CREATE TYPE new_session AS (
    id             text,
    version        bigint,
    game_id        text,
    world          text,
    user_id        text,
    status         text,
    title          text,
    price          bigint,
    currency       text,
    image          jsonb,
    country        text,
    return_url     text,
    created_at     timestamptz,
    expires_at     timestamptz,
    page_opened_at timestamptz,
    closed_at      timestamptz,
    payment_id     text,
    is_paying      boolean
);

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
    IF p_new_rows ? 'new_session' THEN
        INSERT INTO session (id, version, game_id, world, user_id, status, title, price, currency,
                             image, country, return_url, created_at, expires_at, page_opened_at,
                             closed_at, payment_id, is_paying)
        SELECT r.* FROM unnest(
            ARRAY(SELECT jsonb_array_elements_text(p_new_rows -> 'new_session'))::new_session[]) r;
        p_new_rows := nullif(p_new_rows - 'new_session', '{}');
    END IF;
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
