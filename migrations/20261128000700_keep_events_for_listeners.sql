-- Endpoints that are in no log and never sent to: what is noted for them waits until it is asked for.
CREATE TABLE webhook_listener (
    endpoint_id text        PRIMARY KEY REFERENCES webhook_endpoint ON DELETE CASCADE,
    game_id     text        NOT NULL,
    -- One that nobody asks is closed.
    asked_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_listener_by_game ON webhook_listener (game_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_listener TO toffeepay_service;
