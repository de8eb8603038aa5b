-- Calls to providers that the log asks for and whose outcome is not known yet. A row is made from
-- the event that asks, in the transaction of that subscription's checkpoint, and is gone once the
-- aggregate knows the outcome.
CREATE TABLE provider_call (
    -- The event that asks for it.
    event_id     text        PRIMARY KEY,
    -- Handed on from it, so that what comes of the call is joined with what led to it.
    correlation  text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('charge', 'capture', 'void', 'refund', 'refund_late')),
    session_id   text        NOT NULL,
    payment_id   text        NOT NULL,
    -- Of kind refund only.
    refund_id    text,
    -- Of kinds capture and void only: which request of the payment the event is.
    request      bigint,
    attempts     integer     NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now(),
    -- A worker that holds the lease makes the call; one that died loses it.
    owner        uuid,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    CHECK ((kind IN ('capture', 'void')) = (request IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX provider_call_due ON provider_call (next_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON provider_call TO toffeepay_service;
