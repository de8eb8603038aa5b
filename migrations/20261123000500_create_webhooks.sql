-- What game servers are told: messages made from the log, what is still to be delivered of them,
-- who delivers it now, and what came of each attempt.

-- Where webhooks go, as far as the log was followed. Kept by the subscription that makes messages,
-- in its own transaction, so that the order of the log decides who is told of an event.
CREATE TABLE webhook_endpoint (
    endpoint_id   text   PRIMARY KEY,
    game_id       text   NOT NULL,
    -- World, URL, shape and types, as the event has them.
    endpoint      jsonb  NOT NULL,
    -- Where the log tells of it. What stands before is none of its business.
    from_position bigint NOT NULL
);
CREATE INDEX webhook_endpoint_by_game ON webhook_endpoint (game_id);

-- A message for one endpoint, made once. Kept when it is delivered, so that the event that caused
-- it cannot cause it again.
CREATE TABLE webhook_message (
    endpoint_id text        NOT NULL,
    -- Derived from the event and the type: the receiver's `webhook-id`.
    message_id  text        NOT NULL,
    session_id  text        NOT NULL,
    -- The version of the session's stream that caused it.
    sequence    bigint      NOT NULL,
    -- Which of that event's messages: payment.succeeded stands before session.paid.
    ordinal     smallint    NOT NULL,
    type        text        NOT NULL,
    -- The exact bytes that every attempt sends, sealed: they name a player.
    body        bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint_id, message_id)
);
-- For whoever erases a player.
CREATE INDEX webhook_message_by_session ON webhook_message (session_id);

-- Only what is still to be done: a row goes when its message is delivered, dead or for nobody.
CREATE TABLE webhook_due (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id text        NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    message_id  text        NOT NULL,
    session_id  text        NOT NULL,
    sequence    bigint      NOT NULL,
    ordinal     smallint    NOT NULL,
    -- How many attempts were made, since it was last handed in.
    attempts    integer     NOT NULL DEFAULT 0,
    -- By the worker's clock; a first attempt is due whatever that says.
    next_at     timestamptz NOT NULL DEFAULT 'epoch',
    -- How long it waits for earlier messages of its session that have failed.
    hold_until  timestamptz NOT NULL DEFAULT now() + interval '60 seconds',
    UNIQUE (endpoint_id, message_id)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX webhook_due_by_time ON webhook_due (endpoint_id, next_at, id);
CREATE INDEX webhook_due_by_session ON webhook_due (endpoint_id, session_id, sequence, ordinal);

-- One row per endpoint that was ever due something. One worker at a time holds its lease; a lease
-- taken over has a higher fence, and only the holder of the current fence can claim and postpone.
CREATE TABLE webhook_lane (
    endpoint_id  text        PRIMARY KEY REFERENCES webhook_endpoint ON DELETE CASCADE,
    owner        uuid,
    fence        bigint      NOT NULL DEFAULT 0,
    leased_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.01);

-- What came of each attempt. Rows are only ever added.
CREATE TABLE webhook_attempt (
    at          timestamptz NOT NULL,
    endpoint_id text        NOT NULL,
    message_id  text        NOT NULL,
    -- Which attempt of this message: 1, 2, 3. The same twice, if a lane was taken over meanwhile,
    -- or if the message was given up and then handed in again.
    number      integer     NOT NULL,
    -- `delivered`, `refused` (see the status), or why there was no whole answer.
    outcome     text        NOT NULL,
    http_status smallint,
    elapsed_ms  bigint      NOT NULL,
    -- The beginning of a refusal's body, for the endpoint's owner. Sealed: it may echo a player.
    excerpt     bytea,
    fence       bigint      NOT NULL
);
CREATE INDEX webhook_attempt_by_message ON webhook_attempt (endpoint_id, message_id, number);

-- Messages that were given up. `toffeepay endpoints retry` makes them due again.
CREATE TABLE webhook_dead (
    endpoint_id text        NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    message_id  text        NOT NULL,
    session_id  text        NOT NULL,
    sequence    bigint      NOT NULL,
    ordinal     smallint    NOT NULL,
    attempts    integer     NOT NULL,
    died_at     timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, message_id)
);

GRANT SELECT, INSERT ON webhook_message, webhook_attempt TO toffeepay_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoint, webhook_due, webhook_lane, webhook_dead
    TO toffeepay_service;
