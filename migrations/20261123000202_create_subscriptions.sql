-- Who follows the log, how far each has come, and who is doing it now.
CREATE TABLE subscription (
    name          text        NOT NULL,
    -- A rebuild is a new generation that follows beside the live one until it is switched to.
    generation    integer     NOT NULL CHECK (1 <= generation),
    shard         smallint    NOT NULL,
    -- The last position whose effect is in place. Moved in the effect's own transaction.
    position      bigint      NOT NULL DEFAULT 0,
    -- Whose effects are read. One generation of each name and shard.
    is_live       boolean     NOT NULL,
    -- Whether the effects stay in the database. If not, only the live generation is followed.
    is_replayable boolean     NOT NULL,
    -- The lease: one process follows at a time. A taken-over lease has a higher fence, and only
    -- the holder of the current fence can move the position.
    owner         uuid,
    fence         bigint      NOT NULL DEFAULT 0,
    leased_until  timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (name, generation, shard)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX subscription_has_one_live_generation ON subscription (name, shard)
    WHERE is_live;

-- Events that a subscription could not take. Later ones of the same stream wait behind them here,
-- while other streams go on.
CREATE TABLE dead_letter (
    name       text        NOT NULL,
    generation integer     NOT NULL,
    shard      smallint    NOT NULL,
    position   bigint      NOT NULL,
    stream     text        NOT NULL,
    error      text        NOT NULL,
    attempts   integer     NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, generation, shard, position)
);
CREATE INDEX dead_letter_by_stream ON dead_letter (name, generation, shard, stream);

GRANT SELECT, INSERT, UPDATE, DELETE ON subscription, dead_letter TO toffeepay_service;
