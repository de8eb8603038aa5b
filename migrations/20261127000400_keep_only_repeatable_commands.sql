-- Of a command that nobody can repeat nothing is kept beside its events, each of which names it. Its
-- row and that row's two index entries were a fifth of what an append cost.
--
-- Such a member has NULL for its append's id in both functions; else they are as they were, and a
-- process of an older version may go on calling them.

CREATE OR REPLACE FUNCTION append_events(
    p_shard       smallint,
    a_command     uuid[],
    a_append      uuid[],
    a_stream      text[],
    a_expected    bigint[],
    a_wrapped_key bytea[],
    a_with_key    boolean[],
    a_fingerprint bytea[],
    a_response    bytea[],
    a_expires_at  timestamptz[],
    a_rows        jsonb[],
    e_member      int[],
    e_type        text[],
    e_entry       bytea[]
) RETURNS TABLE (
    member int, outcome text, stream text, version bigint, "position" bigint, append_id uuid
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- The plans are kept for as long as the committer's connection. Made while the tables are small,
-- they would scan them whole and go on doing so: a batch of 64 went from 3 to 30 ms within 77,000
-- commands. By index it takes 3 ms whatever the size.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    head    event_head;
    v_now   timestamptz;
    winners int[];
    n       bigint;
    written bigint;
BEGIN
    SELECT * INTO STRICT head FROM event_head WHERE shard = p_shard FOR UPDATE;
    v_now := greatest(clock_timestamp(), head.recorded_at);

    -- Who may append: the command is new, the stream is at the expected version, and no earlier
    -- such member has the same command or, among those, the same stream.
    SELECT coalesce(array_agg(it.no ORDER BY it.no), '{}') INTO winners
    FROM (
        SELECT it.no, row_number() OVER (PARTITION BY it.stream ORDER BY it.no) AS in_stream
        FROM (
            SELECT a.no::int AS no, a.stream,
                   row_number() OVER (PARTITION BY a.command ORDER BY a.no) AS in_command
            FROM unnest(a_command, a_stream, a_expected, a_with_key) WITH ORDINALITY
                 AS a(command, stream, expected, with_key, no)
            LEFT JOIN command c
                   ON c.command_id = a.command AND (c.expires_at IS NULL OR v_now < c.expires_at)
            LEFT JOIN stream s ON s.stream = a.stream
            WHERE c.command_id IS NULL AND coalesce(s.version, 0) = a.expected
              AND NOT (a.with_key AND s.key_destroyed_at IS NOT NULL)
        ) it
        WHERE it.in_command = 1
    ) it
    WHERE it.in_stream = 1;

    -- Or it would be acknowledged although nothing of it is in the log.
    IF NOT winners <@ e_member THEN
        RAISE EXCEPTION 'an append without events';
    END IF;

    IF winners <> '{}' THEN
        INSERT INTO event (shard, position, stream, version, type, recorded_at, entry, digest)
        SELECT p_shard,
               head.position + row_number() OVER (ORDER BY e.no),
               a_stream[e.member],
               a_expected[e.member] + row_number() OVER (PARTITION BY e.member ORDER BY e.no),
               e.type, v_now, e.entry, sha256(e.entry)
        FROM unnest(e_member, e_type, e_entry) WITH ORDINALITY AS e(member, type, entry, no)
        WHERE e.member = ANY (winners);
        GET DIAGNOSTICS n = ROW_COUNT;

        WITH placed AS MATERIALIZED (
            SELECT e.member, count(*) AS events,
                   min(e.at) AS first_position, max(e.at) AS last_position
            FROM (SELECT e.member, head.position + row_number() OVER (ORDER BY e.no) AS at
                  FROM unnest(e_member) WITH ORDINALITY AS e(member, no)
                  WHERE e.member = ANY (winners)) e
            GROUP BY e.member
        ), streams AS (
            INSERT INTO stream (stream, shard, version, first_position, last_position, wrapped_key)
            SELECT a_stream[p.member], p_shard, a_expected[p.member] + p.events,
                   p.first_position, p.last_position, a_wrapped_key[p.member]
            FROM placed p
            ON CONFLICT (stream) DO UPDATE
            SET version = excluded.version, last_position = excluded.last_position
        )
        INSERT INTO command (command_id, append_id, stream, version, position, recorded_at,
                             fingerprint, response, expires_at)
        SELECT a_command[p.member], a_append[p.member], a_stream[p.member],
               a_expected[p.member] + p.events, p.last_position, v_now,
               a_fingerprint[p.member], a_response[p.member], a_expires_at[p.member]
        FROM placed p
        WHERE a_append[p.member] IS NOT NULL
        ON CONFLICT (command_id) DO UPDATE
        SET append_id = excluded.append_id, stream = excluded.stream, version = excluded.version,
            position = excluded.position, recorded_at = excluded.recorded_at,
            fingerprint = excluded.fingerprint, response = excluded.response,
            expires_at = excluded.expires_at
        WHERE command.expires_at <= v_now;
        GET DIAGNOSTICS written = ROW_COUNT;
        -- remember_command, which does not wait for the head, was faster. Asked again, this batch
        -- finds the id.
        IF written <> (SELECT count(a_append[w]) FROM unnest(winners) w) THEN
            RAISE EXCEPTION 'a command was remembered meanwhile'
                USING ERRCODE = 'serialization_failure';
        END IF;

        PERFORM write_read_models(
            (SELECT array_agg(a_rows[w]) FROM unnest(winners) w WHERE a_rows[w] IS NOT NULL));

        UPDATE event_head SET position = head.position + n, recorded_at = v_now
        WHERE shard = p_shard;
    END IF;

    RETURN QUERY
    SELECT a.no::int,
           CASE WHEN a.no = ANY (winners) OR ours.position IS NOT NULL THEN 'appended'
                WHEN c.command_id IS NOT NULL THEN 'duplicate'
                ELSE 'conflict' END,
           coalesce(c.stream, a.stream),
           coalesce(c.version, ours.version, s.version, 0),
           coalesce(c.position, ours.position, s.last_position, 0), c.append_id
    FROM unnest(a_command, a_append, a_stream, a_expected) WITH ORDINALITY
         AS a(command, append, stream, expected, no)
    LEFT JOIN command c
           ON c.command_id = a.command
          AND (a.no = ANY (winners) OR c.expires_at IS NULL OR v_now < c.expires_at)
    LEFT JOIN stream s ON s.stream = a.stream
    -- Of what is not kept only its events tell that an earlier call of ours was committed. An event's
    -- id makes its bytes unlike those of any other; its others follow it.
    LEFT JOIN LATERAL (
        SELECT a.expected + mine.events AS version, e.position + mine.events - 1 AS position
        FROM (SELECT count(*) AS events, min(no) AS first FROM unnest(e_member) WITH ORDINALITY
              AS e(member, no) WHERE e.member = a.no) mine,
             event e
        WHERE a.append IS NULL AND a.no <> ALL (winners)
          AND e.shard = p_shard AND e.position BETWEEN s.first_position AND s.last_position
          AND e.stream = a.stream AND e.version = a.expected + 1
          AND e.digest = sha256(e_entry[mine.first])
    ) ours ON true
    ORDER BY a.no;
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
