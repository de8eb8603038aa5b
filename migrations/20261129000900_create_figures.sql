-- How much of what happened in which hour: counted from the log by the subscription `figures`, in the
-- transaction of its checkpoint. Nothing in it identifies anybody.
CREATE TABLE figure (
    -- Of the subscription that counted it: a rebuild counts beside the one that is read.
    generation  integer     NOT NULL,
    game_id     text        NOT NULL,
    world       text        NOT NULL,
    -- The beginning of an hour, UTC. What each kind counts by: see src/figures/rules.rs.
    hour        timestamptz NOT NULL,
    kind        text        NOT NULL,
    -- Of money its currency, of a refusal its reason, of an attempt its method; else empty.
    subject     text        NOT NULL,
    -- Digits after the point of the currency when the amount was written; 0 where there is none.
    -- Amounts with another exponent are other money.
    exponent    smallint    NOT NULL,
    count       bigint      NOT NULL,
    minor_units bigint      NOT NULL,
    -- A page reads one game's world from one hour to another.
    PRIMARY KEY (game_id, world, generation, hour, kind, subject, exponent)
    -- The same few rows are counted up again and again.
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

GRANT SELECT, INSERT, UPDATE, DELETE ON figure TO toffeepay_service;
