-- Endpoints that are not sent to: for good until somebody enables them, or for a while because they
-- keep failing. What is due to them waits, and costs no attempts.

ALTER TABLE webhook_endpoint ADD COLUMN is_enabled boolean NOT NULL DEFAULT true;

-- The breaker, as the lane's last holder left it.
ALTER TABLE webhook_lane
    -- Failures since the last delivery, and since when.
    ADD COLUMN failures integer NOT NULL DEFAULT 0,
    ADD COLUMN failing_since timestamptz,
    -- How often it opened since the last delivery.
    ADD COLUMN trips integer NOT NULL DEFAULT 0,
    -- Nothing is sent before, by the workers' clock.
    ADD COLUMN open_until timestamptz;

-- When something may be due to an endpoint; `NULL` for nothing at all. Read in place of
-- `webhook_due`, in which what was delivered stays visible to the index for as long as some old
-- transaction may want to see it. Apart from `webhook_lane`, since the fan-out holds these rows
-- until it commits, and a lease must not wait for that.
CREATE TABLE webhook_wake (
    endpoint_id text        PRIMARY KEY REFERENCES webhook_endpoint ON DELETE CASCADE,
    due_at      timestamptz
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.01);

INSERT INTO webhook_wake SELECT endpoint_id, 'epoch' FROM webhook_lane;

-- For whoever has something due to an endpoint sooner, in the same transaction: its lane is taken, or
-- its worker called, once that is committed. Of several calls in a transaction one is heard.
CREATE FUNCTION wake_webhooks(of_endpoint text, at timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO webhook_wake (endpoint_id, due_at) VALUES (of_endpoint, at)
    ON CONFLICT (endpoint_id) DO UPDATE SET due_at = excluded.due_at
    WHERE webhook_wake.due_at IS NULL OR excluded.due_at < webhook_wake.due_at;
    SELECT pg_notify('toffeepay_webhooks', of_endpoint);
$$;

-- Whatever is due for the first time wakes, also if a process of the version before noted it.
CREATE FUNCTION wake_for_what_is_due() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wake_webhooks(endpoint_id, 'epoch') FROM (SELECT DISTINCT endpoint_id FROM added) it;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_due_wakes AFTER INSERT ON webhook_due
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION wake_for_what_is_due();

GRANT SELECT, INSERT, UPDATE ON webhook_wake TO toffeepay_service;
