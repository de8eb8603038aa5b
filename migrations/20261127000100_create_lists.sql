-- What the lists of the API need to be fast however many rows there are.

-- How many rows there are of each kind, for each day (UTC) on which they began. The sum is a
-- list's total; the days lead to an offset without passing over the rows before it.
CREATE TABLE list_count (
    -- The table that is counted.
    kind    text   NOT NULL,
    game_id text   NOT NULL,
    world   text   NOT NULL,
    status  text   NOT NULL,
    day     date   NOT NULL,
    rows    bigint NOT NULL,
    PRIMARY KEY (kind, game_id, world, status, day)
-- Today's rows change with every batch: room for their new versions on the same page.
) WITH (fillfactor = 50);
GRANT SELECT ON list_count TO toffeepay_service;

-- No row is counted by one list and not yet by the other: whoever appends waits until the commit.
SELECT FROM event_head FOR UPDATE;

-- One function and three triggers for each table, whoever writes it: the counts follow the rows in
-- the same transaction. All writers of these tables hold the head's lock, so that no two of them
-- wait for each other here, and the counts cost each batch a row or two.
DO $do$
DECLARE
    it record;
BEGIN
    FOR it IN VALUES ('session', 'created_at'), ('payment', 'started_at'), ('refund', 'requested_at')
    LOOP
        EXECUTE format($sql$
            INSERT INTO list_count (kind, game_id, world, status, day, rows)
            SELECT %1$L, game_id, world, status, (%2$I AT TIME ZONE 'UTC')::date, count(*)
            FROM %1$I GROUP BY game_id, world, status, 5;

            CREATE FUNCTION count_%1$s() RETURNS trigger LANGUAGE plpgsql AS $$
            #variable_conflict use_column
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    INSERT INTO list_count AS c (kind, game_id, world, status, day, rows)
                    SELECT %1$L, game_id, world, status,
                           (%2$I AT TIME ZONE 'UTC')::date AS day, count(*)
                    FROM added GROUP BY game_id, world, status, day
                    ON CONFLICT (kind, game_id, world, status, day)
                    DO UPDATE SET rows = c.rows + excluded.rows;
                ELSIF TG_OP = 'DELETE' THEN
                    UPDATE list_count c SET rows = c.rows - gone.rows
                    FROM (SELECT game_id, world, status,
                                 (%2$I AT TIME ZONE 'UTC')::date AS day, count(*) AS rows
                          FROM removed GROUP BY game_id, world, status, day) gone
                    WHERE c.kind = %1$L AND c.game_id = gone.game_id AND c.world = gone.world
                      AND c.status = gone.status AND c.day = gone.day;
                ELSE
                    INSERT INTO list_count AS c (kind, game_id, world, status, day, rows)
                    SELECT %1$L, game_id, world, status, day, sum(one)
                    FROM (SELECT game_id, world, status,
                                 (%2$I AT TIME ZONE 'UTC')::date AS day, 1 AS one FROM added
                          UNION ALL
                          SELECT game_id, world, status,
                                 (%2$I AT TIME ZONE 'UTC')::date, -1 FROM removed) it
                    GROUP BY game_id, world, status, day HAVING sum(one) <> 0
                    ON CONFLICT (kind, game_id, world, status, day)
                    DO UPDATE SET rows = c.rows + excluded.rows;
                END IF;
                RETURN NULL;
            END $$;
            REVOKE EXECUTE ON FUNCTION count_%1$s FROM PUBLIC;

            CREATE TRIGGER %1$s_added AFTER INSERT ON %1$I
                REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION count_%1$s();
            CREATE TRIGGER %1$s_changed AFTER UPDATE ON %1$I
                REFERENCING NEW TABLE AS added OLD TABLE AS removed
                FOR EACH STATEMENT EXECUTE FUNCTION count_%1$s();
            CREATE TRIGGER %1$s_removed AFTER DELETE ON %1$I
                REFERENCING OLD TABLE AS removed
                FOR EACH STATEMENT EXECUTE FUNCTION count_%1$s();
        $sql$, it.column1, it.column2);
    END LOOP;
END $do$;

-- By status, because few of ten million sessions may have the one that is asked for. A list of all
-- statuses merges their ranges, so it needs no index of its own.
DROP INDEX session_by_game;
CREATE INDEX session_by_status ON session (game_id, world, status, created_at DESC, id DESC);
CREATE INDEX session_by_user ON session (game_id, world, user_id, created_at DESC, id DESC);
CREATE INDEX payment_by_user ON payment (game_id, world, user_id, started_at DESC, id DESC);
DROP INDEX refund_by_game;
CREATE INDEX refund_by_status ON refund (game_id, world, status, requested_at DESC, id DESC);

-- For `toffeepay replay --rebuild`: counts the rows of one day again. Under the head's lock, so that
-- none is added meanwhile.
CREATE FUNCTION recount_list(
    which_kind text, which_game text, which_world text, which_status text, which_day date
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    day_begins timestamptz := which_day::timestamp AT TIME ZONE 'UTC';
    counted    bigint;
BEGIN
    PERFORM FROM event_head FOR UPDATE;
    CASE which_kind
        WHEN 'session' THEN
            SELECT count(*) INTO counted FROM session
            WHERE game_id = which_game AND world = which_world AND status = which_status
              AND created_at >= day_begins AND created_at < day_begins + interval '1 day';
        WHEN 'payment' THEN
            SELECT count(*) INTO counted FROM payment
            WHERE game_id = which_game AND world = which_world AND status = which_status
              AND started_at >= day_begins AND started_at < day_begins + interval '1 day';
        WHEN 'refund' THEN
            SELECT count(*) INTO counted FROM refund
            WHERE game_id = which_game AND world = which_world AND status = which_status
              AND requested_at >= day_begins AND requested_at < day_begins + interval '1 day';
        ELSE
            -- A kind that is not counted.
            counted := 0;
    END CASE;
    INSERT INTO list_count (kind, game_id, world, status, day, rows)
    VALUES (which_kind, which_game, which_world, which_status, which_day, counted)
    ON CONFLICT (kind, game_id, world, status, day) DO UPDATE SET rows = excluded.rows;
END $$;
REVOKE EXECUTE ON FUNCTION recount_list FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recount_list TO toffeepay_service;
