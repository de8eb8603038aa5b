-- What the API reads. Written in the append's own transaction, so that a read right after a write
-- is right on every process. Each row carries its stream's version: a rebuild swaps on it.

CREATE TABLE session (
    id             text        PRIMARY KEY,
    version        bigint      NOT NULL,
    game_id        text        NOT NULL,
    world          text        NOT NULL,
    user_id        text        NOT NULL,
    status         text        NOT NULL,
    title          text        NOT NULL,
    price          bigint      NOT NULL,
    currency       text        NOT NULL,
    image          jsonb,
    country        text,
    return_url     text        NOT NULL,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    page_opened_at timestamptz,
    closed_at      timestamptz,
    -- The attempt that was paid, else the latest; empty before the first.
    payment_id     text        NOT NULL,
    -- Whether an attempt is under way, for which the clock waits.
    is_paying      boolean     NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX session_by_game ON session (game_id, world, created_at DESC, id DESC);
CREATE INDEX session_due ON session (expires_at, id) WHERE status = 'pending' AND NOT is_paying;

CREATE TABLE payment (
    id            text        PRIMARY KEY,
    version       bigint      NOT NULL,
    session_id    text        NOT NULL,
    game_id       text        NOT NULL,
    world         text        NOT NULL,
    user_id       text        NOT NULL,
    status        text        NOT NULL,
    amount        bigint      NOT NULL,
    currency      text        NOT NULL,
    method        text        NOT NULL,
    provider      text        NOT NULL,
    error         text,
    started_at    timestamptz NOT NULL,
    authorized_at timestamptz,
    succeeded_at  timestamptz,
    failed_at     timestamptz,
    cancelled_at  timestamptz,
    refunded_at   timestamptz,
    -- When the clock has held money let go; NULL while none is held or an answer is awaited.
    void_due_at   timestamptz
) WITH (fillfactor = 80);
CREATE INDEX payment_by_session ON payment (session_id);
CREATE INDEX payment_by_game ON payment (game_id, world, started_at DESC, id DESC);
CREATE INDEX payment_void_due ON payment (void_due_at, id) WHERE void_due_at IS NOT NULL;

CREATE TABLE refund (
    id           text        PRIMARY KEY,
    version      bigint      NOT NULL,
    payment_id   text        NOT NULL,
    session_id   text        NOT NULL,
    game_id      text        NOT NULL,
    world        text        NOT NULL,
    status       text        NOT NULL,
    amount       bigint      NOT NULL,
    currency     text        NOT NULL,
    reason       text,
    error        text,
    requested_at timestamptz NOT NULL,
    settled_at   timestamptz
) WITH (fillfactor = 80);
CREATE INDEX refund_by_payment ON refund (payment_id);
CREATE INDEX refund_by_game ON refund (game_id, world, requested_at DESC, id DESC);

CREATE TABLE studio (
    id      text   PRIMARY KEY,
    version bigint NOT NULL,
    name    text   NOT NULL
);

CREATE TABLE game (
    id                 text        PRIMARY KEY,
    version            bigint      NOT NULL,
    studio_id          text        NOT NULL,
    name               text        NOT NULL,
    currencies         text[]      NOT NULL,
    capture_mode       text        NOT NULL,
    session_lifetime_s integer     NOT NULL,
    registered_at      timestamptz NOT NULL,
    -- The keys and endpoints that the log knows, as JSON objects: see src/projections/game.rs.
    keys               jsonb       NOT NULL,
    endpoints          jsonb       NOT NULL
);

-- What the log must not hold: the keyed hash of each API key, found by the key's public part.
CREATE TABLE api_key_secret (
    lookup     text        PRIMARY KEY,
    key_id     text        NOT NULL UNIQUE,
    game_id    text        NOT NULL,
    world      text        NOT NULL,
    hash       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What the log must not hold: each endpoint's signing secrets, sealed by the master key.
CREATE TABLE endpoint_secret (
    endpoint_id text        NOT NULL,
    number      integer     NOT NULL,
    sealed      bytea       NOT NULL,
    -- Until when a rotated secret still signs; NULL for the current one.
    expires_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint_id, number)
);

-- Pictures of items, by the SHA-256 of their bytes in hex.
CREATE TABLE item_image (
    sha256     text        PRIMARY KEY,
    media_type text        NOT NULL,
    bytes      bytea       NOT NULL CHECK (octet_length(bytes) <= 1048576),
    created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON session, payment, refund, studio, game TO toffeepay_service;
GRANT SELECT, INSERT ON api_key_secret, item_image TO toffeepay_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON endpoint_secret TO toffeepay_service;

-- Puts whole rows in place, each unless a later version stands there already. One JSON object per
-- aggregate: {"sessions": [row, …], "payments": […], …}, keyed by table.
CREATE FUNCTION write_read_models(objects jsonb[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO session
    SELECT r.* FROM unnest(objects) o, jsonb_populate_recordset(NULL::session, o -> 'sessions') r
    ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, user_id = excluded.user_id, status = excluded.status,
        return_url = excluded.return_url, page_opened_at = excluded.page_opened_at,
        closed_at = excluded.closed_at, payment_id = excluded.payment_id,
        is_paying = excluded.is_paying, game_id = excluded.game_id, world = excluded.world,
        title = excluded.title, price = excluded.price, currency = excluded.currency,
        image = excluded.image, country = excluded.country, created_at = excluded.created_at,
        expires_at = excluded.expires_at
    WHERE session.version <= excluded.version;

    IF EXISTS (SELECT FROM unnest(objects) o WHERE o ? 'payments') THEN
        INSERT INTO payment
        SELECT r.* FROM unnest(objects) o, jsonb_populate_recordset(NULL::payment, o -> 'payments') r
        ON CONFLICT (id) DO UPDATE SET
            version = excluded.version, session_id = excluded.session_id,
            game_id = excluded.game_id, world = excluded.world, user_id = excluded.user_id,
            status = excluded.status, amount = excluded.amount, currency = excluded.currency,
            method = excluded.method, provider = excluded.provider, error = excluded.error,
            started_at = excluded.started_at, authorized_at = excluded.authorized_at,
            succeeded_at = excluded.succeeded_at, failed_at = excluded.failed_at,
            cancelled_at = excluded.cancelled_at, refunded_at = excluded.refunded_at,
            void_due_at = excluded.void_due_at
        WHERE payment.version <= excluded.version;
    END IF;

    IF EXISTS (SELECT FROM unnest(objects) o WHERE o ? 'refunds') THEN
        INSERT INTO refund
        SELECT r.* FROM unnest(objects) o, jsonb_populate_recordset(NULL::refund, o -> 'refunds') r
        ON CONFLICT (id) DO UPDATE SET
            version = excluded.version, payment_id = excluded.payment_id,
            session_id = excluded.session_id, game_id = excluded.game_id, world = excluded.world,
            status = excluded.status, amount = excluded.amount, currency = excluded.currency,
            reason = excluded.reason, error = excluded.error,
            requested_at = excluded.requested_at, settled_at = excluded.settled_at
        WHERE refund.version <= excluded.version;
    END IF;

    IF EXISTS (SELECT FROM unnest(objects) o WHERE o ?| ARRAY['studios', 'games']) THEN
        INSERT INTO studio
        SELECT r.* FROM unnest(objects) o, jsonb_populate_recordset(NULL::studio, o -> 'studios') r
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name
        WHERE studio.version <= excluded.version;

        INSERT INTO game
        SELECT r.* FROM unnest(objects) o, jsonb_populate_recordset(NULL::game, o -> 'games') r
        ON CONFLICT (id) DO UPDATE SET
            version = excluded.version, studio_id = excluded.studio_id, name = excluded.name,
            currencies = excluded.currencies, capture_mode = excluded.capture_mode,
            session_lifetime_s = excluded.session_lifetime_s,
            registered_at = excluded.registered_at, keys = excluded.keys,
            endpoints = excluded.endpoints
        WHERE game.version <= excluded.version;
    END IF;
END $$;

-- Only for functions that hold the head's lock: append_events and those of a rebuild.
REVOKE EXECUTE ON FUNCTION write_read_models FROM PUBLIC;
