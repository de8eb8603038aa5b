-- The sandbox provider's own books, apart from the log: a pretended bank that could as well stand
-- elsewhere. ToffeePay reaches it only through the provider trait and its signed notifications.
--
-- No table holds a card number or a security code: a token says which test instrument it stands
-- for, and nothing else.
CREATE SCHEMA sandbox_bank;

CREATE TABLE sandbox_bank.token (
    token      text        PRIMARY KEY,
    instrument text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE sandbox_bank.charge (
    -- Our caller's id of the attempt, and the idempotency key.
    payment_id     text        PRIMARY KEY,
    session_id     text        NOT NULL,
    -- NULL: the token was never given out.
    instrument     text,
    minor_units    bigint      NOT NULL CHECK (0 <= minor_units),
    currency       text        NOT NULL,
    capture_mode   text        NOT NULL CHECK (capture_mode IN ('automatic', 'manual')),
    status         text        NOT NULL CHECK (status IN (
        'pending', 'action_required', 'authorized', 'captured', 'declined', 'voided')),
    refusal_reason text,
    refusal_text   text,
    -- The bank's own name for the charge.
    reference      text        NOT NULL UNIQUE,
    -- When the bank makes up its mind by itself; NULL once it has.
    due_at         timestamptz,
    booked_at      timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    CHECK ((status = 'declined') = (refusal_reason IS NOT NULL)),
    CHECK ((refusal_reason IS NULL) = (refusal_text IS NULL)),
    CHECK ((status IN ('pending', 'action_required')) = (due_at IS NOT NULL))
);
CREATE INDEX charge_due ON sandbox_bank.charge (due_at) WHERE due_at IS NOT NULL;

-- A 3-D Secure step. Its id is unguessable: whoever holds it is the player.
CREATE TABLE sandbox_bank.challenge (
    id         text        PRIMARY KEY,
    payment_id text        NOT NULL UNIQUE REFERENCES sandbox_bank.charge,
    asked_at   timestamptz NOT NULL,
    is_passed  boolean,
    decided_at timestamptz,
    CHECK ((is_passed IS NULL) = (decided_at IS NULL))
);

CREATE TABLE sandbox_bank.refund (
    refund_id      text        PRIMARY KEY,
    payment_id     text        NOT NULL,
    session_id     text        NOT NULL,
    minor_units    bigint      NOT NULL CHECK (0 <= minor_units),
    currency       text        NOT NULL,
    status         text        NOT NULL CHECK (status IN ('succeeded', 'failed')),
    refusal_reason text,
    refusal_text   text,
    reference      text        NOT NULL UNIQUE,
    booked_at      timestamptz NOT NULL,
    CHECK ((status = 'failed') = (refusal_reason IS NOT NULL)),
    CHECK ((refusal_reason IS NULL) = (refusal_text IS NULL))
);

-- Requests to take held money or to let it go that were refused: a repeat gets the same answer.
CREATE TABLE sandbox_bank.refused_request (
    -- Our caller's key: the payment, and which request of it.
    key            text        PRIMARY KEY,
    refusal_reason text        NOT NULL,
    refusal_text   text        NOT NULL,
    refused_at     timestamptz NOT NULL
);

-- Every movement of money, once. What the log says must agree with it.
CREATE TABLE sandbox_bank.movement (
    number      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('captured', 'refunded')),
    payment_id  text        NOT NULL REFERENCES sandbox_bank.charge,
    refund_id   text        UNIQUE REFERENCES sandbox_bank.refund,
    minor_units bigint      NOT NULL CHECK (0 <= minor_units),
    currency    text        NOT NULL,
    moved_at    timestamptz NOT NULL,
    CHECK ((kind = 'refunded') = (refund_id IS NOT NULL))
);
CREATE UNIQUE INDEX a_charge_is_captured_once ON sandbox_bank.movement (payment_id)
    WHERE kind = 'captured';
CREATE INDEX movement_by_payment ON sandbox_bank.movement (payment_id);

-- What the bank has yet to tell, written with what it tells of.
CREATE TABLE sandbox_bank.notification (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           text        NOT NULL UNIQUE,
    -- The bytes of each attempt; only the signature is made anew.
    body         text        NOT NULL,
    created_at   timestamptz NOT NULL,
    -- When the next attempt may begin.
    due_at       timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,
    delivered_at timestamptz
);
CREATE INDEX notification_waiting ON sandbox_bank.notification (due_at)
    WHERE delivered_at IS NULL;

GRANT USAGE ON SCHEMA sandbox_bank TO toffeepay_service;
GRANT SELECT, INSERT ON sandbox_bank.token, sandbox_bank.refund, sandbox_bank.refused_request,
    sandbox_bank.movement TO toffeepay_service;
GRANT SELECT, INSERT, UPDATE ON sandbox_bank.charge, sandbox_bank.challenge,
    sandbox_bank.notification TO toffeepay_service;
