-- When each API key was last used, to the minute. Written by processes that answer requests, some
-- seconds later and many at once: never on a request's way. Not from the log, and not in it.
CREATE TABLE api_key_use (
    key_id       text        PRIMARY KEY,
    -- Only ever moves forward.
    last_used_at timestamptz NOT NULL
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE ON api_key_use TO toffeepay_service;
