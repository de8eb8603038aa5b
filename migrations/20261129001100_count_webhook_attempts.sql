-- How each endpoint does, hour by hour. Attempts have no index by time, and ten million of them cannot be
-- counted whenever somebody looks.

CREATE TABLE webhook_hour (
    endpoint_id     text        NOT NULL,
    -- When it began, by the database's clock, as attempts are kept.
    hour            timestamptz NOT NULL,
    attempts        bigint      NOT NULL,
    delivered       bigint      NOT NULL,
    -- Of these, the first ones of a message, or the first since it was handed in again.
    first_attempts  bigint      NOT NULL,
    first_delivered bigint      NOT NULL,
    -- How long those took that were answered, or not in time: each is counted once.
    within_10_ms    bigint      NOT NULL,
    within_25_ms    bigint      NOT NULL,
    within_50_ms    bigint      NOT NULL,
    within_100_ms   bigint      NOT NULL,
    within_250_ms   bigint      NOT NULL,
    within_500_ms   bigint      NOT NULL,
    within_1000_ms  bigint      NOT NULL,
    within_2500_ms  bigint      NOT NULL,
    within_5000_ms  bigint      NOT NULL,
    longer          bigint      NOT NULL,
    PRIMARY KEY (endpoint_id, hour)
-- This hour's rows change with every batch of attempts: room for their new versions on the same page.
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_hour TO toffeepay_service;

-- Whoever writes attempts counts them, in the same transaction. No reference to `webhook_endpoint`: an
-- attempt that comes back after its endpoint was removed is still written. All lock these rows in the same
-- order, so that no two wait for each other.
CREATE FUNCTION count_webhook_attempts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_hour AS was
    SELECT endpoint_id, date_trunc('hour', written_at, 'UTC') AS hour, count(*),
           count(*) FILTER (WHERE outcome = 'delivered'),
           count(*) FILTER (WHERE number = 1),
           count(*) FILTER (WHERE number = 1 AND outcome = 'delivered'),
           count(*) FILTER (WHERE is_timed AND elapsed_ms <= 10),
           count(*) FILTER (WHERE is_timed AND 10 < elapsed_ms AND elapsed_ms <= 25),
           count(*) FILTER (WHERE is_timed AND 25 < elapsed_ms AND elapsed_ms <= 50),
           count(*) FILTER (WHERE is_timed AND 50 < elapsed_ms AND elapsed_ms <= 100),
           count(*) FILTER (WHERE is_timed AND 100 < elapsed_ms AND elapsed_ms <= 250),
           count(*) FILTER (WHERE is_timed AND 250 < elapsed_ms AND elapsed_ms <= 500),
           count(*) FILTER (WHERE is_timed AND 500 < elapsed_ms AND elapsed_ms <= 1000),
           count(*) FILTER (WHERE is_timed AND 1000 < elapsed_ms AND elapsed_ms <= 2500),
           count(*) FILTER (WHERE is_timed AND 2500 < elapsed_ms AND elapsed_ms <= 5000),
           count(*) FILTER (WHERE is_timed AND 5000 < elapsed_ms)
    FROM added, LATERAL (SELECT outcome IN ('delivered', 'refused', 'timeout')) it (is_timed)
    GROUP BY endpoint_id, hour ORDER BY endpoint_id, hour
    ON CONFLICT (endpoint_id, hour) DO UPDATE
    SET attempts = was.attempts + excluded.attempts,
        delivered = was.delivered + excluded.delivered,
        first_attempts = was.first_attempts + excluded.first_attempts,
        first_delivered = was.first_delivered + excluded.first_delivered,
        within_10_ms = was.within_10_ms + excluded.within_10_ms,
        within_25_ms = was.within_25_ms + excluded.within_25_ms,
        within_50_ms = was.within_50_ms + excluded.within_50_ms,
        within_100_ms = was.within_100_ms + excluded.within_100_ms,
        within_250_ms = was.within_250_ms + excluded.within_250_ms,
        within_500_ms = was.within_500_ms + excluded.within_500_ms,
        within_1000_ms = was.within_1000_ms + excluded.within_1000_ms,
        within_2500_ms = was.within_2500_ms + excluded.within_2500_ms,
        within_5000_ms = was.within_5000_ms + excluded.within_5000_ms,
        longer = was.longer + excluded.longer;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_attempt_counts AFTER INSERT ON webhook_attempt
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_webhook_attempts();

-- What was attempted before is not counted: that would keep deliveries from being written down meanwhile, and
-- in seven days nobody looks at it any more.

-- An endpoint's recoveries are listed, and go with it.
CREATE INDEX webhook_recovery_by_endpoint ON webhook_recovery (endpoint_id, started_at DESC);
