-- What people did, studio by studio: where in the log each act stands, kept by the subscription `acts` in the
-- transaction of its checkpoint. What was done, and why, is read from the log itself: nothing private is here.
CREATE TABLE act (
    -- Of the subscription that found it: a rebuild stands beside the one that is read.
    generation    integer     NOT NULL,
    -- The event's place, as the log has it.
    stream        text        NOT NULL,
    version       bigint      NOT NULL,
    position      bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    type          text        NOT NULL,
    studio_id     text        NOT NULL,
    -- Of what belongs to no game, or to no world of it, none.
    game_id       text,
    world         text,
    -- What it is about: see src/acts/kind.rs.
    kind          text        NOT NULL,
    -- `person:…`, `key:…`, or `toffeepay` for all of ours. Byte by byte, so that each sort of them is a range.
    actor         text COLLATE "C" NOT NULL,
    -- Where in the log the person came in who did it.
    stay_position bigint,
    -- A replay compares stream by stream.
    PRIMARY KEY (generation, stream, version)
);

-- A page reads one studio's, newest first: all of it, or one person's, one game's, one world's, one kind, or a
-- world of a game, where the way in from a game leads. Positions are in the order of time.
CREATE INDEX ON act (studio_id, generation, recorded_at, position);
CREATE INDEX ON act (studio_id, generation, actor, recorded_at, position);
CREATE INDEX ON act (studio_id, generation, game_id, recorded_at, position);
CREATE INDEX ON act (studio_id, generation, kind, recorded_at, position);
CREATE INDEX ON act (studio_id, generation, world, recorded_at, position);
CREATE INDEX ON act (studio_id, generation, game_id, world, recorded_at, position);

GRANT SELECT, INSERT, DELETE ON act TO toffeepay_service;
