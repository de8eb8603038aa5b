-- The figures of `figure` by the day: a page of a month reads a row for each of its days, not one for each hour.
CREATE TABLE figure_day (
    generation  integer  NOT NULL,
    game_id     text     NOT NULL,
    world       text     NOT NULL,
    -- UTC.
    day         date     NOT NULL,
    kind        text     NOT NULL,
    subject     text     NOT NULL,
    exponent    smallint NOT NULL,
    count       bigint   NOT NULL,
    minor_units bigint   NOT NULL,
    PRIMARY KEY (game_id, world, generation, day, kind, subject, exponent)
    -- Today's rows are counted up again and again.
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

GRANT SELECT, INSERT, UPDATE, DELETE ON figure_day TO toffeepay_service;

-- A day is the sum of its hours, whoever counts: also a process that was started before there were days.
CREATE FUNCTION keep_figure_days() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    it figure := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO figure_day AS was
        (generation, game_id, world, day, kind, subject, exponent, count, minor_units)
    VALUES (it.generation, it.game_id, it.world, (it.hour AT TIME ZONE 'UTC')::date, it.kind, it.subject, it.exponent,
            coalesce(NEW.count, 0) - coalesce(OLD.count, 0),
            coalesce(NEW.minor_units, 0) - coalesce(OLD.minor_units, 0))
    ON CONFLICT (game_id, world, generation, day, kind, subject, exponent) DO UPDATE
    SET count = was.count + excluded.count, minor_units = was.minor_units + excluded.minor_units;
    RETURN NULL;
END $$;

-- Nobody counts from here on until this is committed, so that no hour is missed; pages go on reading.
CREATE TRIGGER figure_keeps_days AFTER INSERT OR UPDATE OR DELETE ON figure
    FOR EACH ROW EXECUTE FUNCTION keep_figure_days();

INSERT INTO figure_day (generation, game_id, world, day, kind, subject, exponent, count, minor_units)
SELECT generation, game_id, world, (hour AT TIME ZONE 'UTC')::date, kind, subject, exponent,
       sum(count)::bigint, sum(minor_units)::bigint
FROM figure GROUP BY 1, 2, 3, 4, 5, 6, 7;
