-- The usual way into the log: a batch of which nothing was there before. All of it is appended, or
-- nothing and an error, after which append_events says of each member what is the matter.
--
-- It looks nothing up: plain inserts fail on what is there already, and updates are counted. That
-- halves the time of a batch against append_events, which reads each stream and command twice.
--
-- One member per append (a_* arrays): a_first is the place of its first event among the batch's, from
-- 1, and a_events how many it has. Then the batch's events in order (e_* arrays), and the rows that
-- the API reads, merged into one object of tables: of new streams, and of those that were there.
--
-- Gives the position before the batch's first event.
CREATE FUNCTION append_all(
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
    SELECT * INTO STRICT head FROM event_head WHERE shard = p_shard FOR UPDATE;
    v_now := greatest(clock_timestamp(), head.recorded_at);

    INSERT INTO command (command_id, append_id, stream, version, position, recorded_at,
                         fingerprint, response, expires_at)
    SELECT a.command, a.append, a.stream, a.expected + a.events,
           head.position + a.first + a.events - 1, v_now, a.fingerprint, a.response, a.expires_at
    FROM unnest(a_command, a_append, a_stream, a_expected, a_first, a_events, a_fingerprint,
                a_response, a_expires_at)
         AS a(command, append, stream, expected, first, events, fingerprint, response, expires_at);

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

    IF p_new_rows ? 'sessions' THEN
        INSERT INTO session
        SELECT * FROM jsonb_populate_recordset(NULL::session, p_new_rows -> 'sessions');
        p_new_rows := nullif(p_new_rows - 'sessions', '{}');
    END IF;
    IF p_new_rows IS NOT NULL OR p_rows IS NOT NULL THEN
        PERFORM write_read_models(array_remove(ARRAY[p_new_rows, p_rows], NULL));
    END IF;

    UPDATE event_head SET position = head.position + cardinality(e_stream), recorded_at = v_now
    WHERE shard = p_shard;
    RETURN head.position;
END $$;

REVOKE EXECUTE ON FUNCTION append_all FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_all TO toffeepay_service;
