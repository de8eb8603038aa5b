-- People who work at studios, and how they come in.

ALTER TABLE studio ADD COLUMN members jsonb NOT NULL DEFAULT '[]';
-- For whoever asks in which studios a person works.
CREATE INDEX studio_by_member ON studio USING gin (members jsonb_path_ops);

CREATE TABLE person (
    id          text        PRIMARY KEY,
    version     bigint      NOT NULL,
    -- NULL once it was erased.
    email       text,
    -- NULL also until they have said it.
    name        text,
    invited_at  timestamptz NOT NULL,
    enrolled_at timestamptz,
    shut_out_at timestamptz
);

-- Whose account it is, by the keyed hash of its address. Taken before the account is made, so that no
-- address ever has two.
CREATE TABLE person_email (
    email_hash bytea       PRIMARY KEY CHECK (octet_length(email_hash) = 32),
    person_id  text        NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What the log must not hold: how a person proves who they are.
CREATE TABLE person_secret (
    person_id     text        PRIMARY KEY,
    -- Argon2id, with its parameters, as a PHC string.
    password_hash text        NOT NULL,
    -- The key of the second factor's codes, sealed.
    totp_sealed   bytea       NOT NULL,
    -- The time step of the last code that was taken: none is taken twice.
    totp_step     bigint      NOT NULL DEFAULT 0,
    -- Tries that failed since the last that did not, and until when there may be no other.
    failures      integer     NOT NULL DEFAULT 0,
    locked_until  timestamptz,
    changed_at    timestamptz NOT NULL DEFAULT now()
);

-- Who is in, by the keyed hash of what their browser keeps.
CREATE TABLE sign_in (
    token_hash   bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    sign_in_id   text        NOT NULL UNIQUE,
    person_id    text        NOT NULL,
    -- When they last did something; kept to the minute.
    seen_at      timestamptz NOT NULL,
    -- When they last proved who they are.
    proved_at    timestamptz NOT NULL,
    -- At the latest.
    ends_at      timestamptz NOT NULL
);
CREATE INDEX sign_in_by_person ON sign_in (person_id);
CREATE INDEX sign_in_by_end ON sign_in (ends_at);

-- Links that let somebody in once, by their keyed hash.
CREATE TABLE sign_in_link (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    person_id  text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_link_by_end ON sign_in_link (expires_at);

GRANT SELECT ON person TO toffeepay_service;
GRANT SELECT, INSERT, UPDATE ON person_email TO toffeepay_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON person_secret, sign_in, sign_in_link TO toffeepay_service;

-- As before, and with the members of studios, and people.
CREATE OR REPLACE FUNCTION write_read_models(objects jsonb[]) RETURNS void
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
        -- A process of the version before knows no members, and none has been added then.
        INSERT INTO studio
        SELECT r.id, r.version, r.name, coalesce(r.members, '[]')
        FROM unnest(objects) o, jsonb_populate_recordset(NULL::studio, o -> 'studios') r
        ON CONFLICT (id) DO UPDATE SET
            version = excluded.version, name = excluded.name, members = excluded.members
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

    IF EXISTS (SELECT FROM unnest(objects) o WHERE o ? 'people') THEN
        INSERT INTO person
        SELECT r.* FROM unnest(objects) o, jsonb_populate_recordset(NULL::person, o -> 'people') r
        ON CONFLICT (id) DO UPDATE SET
            version = excluded.version, email = excluded.email, name = excluded.name,
            invited_at = excluded.invited_at, enrolled_at = excluded.enrolled_at,
            shut_out_at = excluded.shut_out_at
        WHERE person.version <= excluded.version;
    END IF;
END $$;

-- As before, and with people.
CREATE OR REPLACE FUNCTION mend_read_models(which_stream text, at_version bigint, gone jsonb, object jsonb)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Nobody appends meanwhile, so the version below stays true until the commit.
    PERFORM FROM event_head FOR UPDATE;
    IF at_version <> coalesce((SELECT version FROM stream WHERE stream = which_stream), 0) THEN
        RETURN false;
    END IF;
    -- Only rows of this stream, whatever else is named.
    DELETE FROM session WHERE 'session-' || id = which_stream
        AND id IN (SELECT jsonb_array_elements_text(gone -> 'sessions'));
    DELETE FROM payment WHERE 'session-' || session_id = which_stream
        AND id IN (SELECT jsonb_array_elements_text(gone -> 'payments'));
    DELETE FROM refund WHERE 'session-' || session_id = which_stream
        AND id IN (SELECT jsonb_array_elements_text(gone -> 'refunds'));
    DELETE FROM studio WHERE 'studio-' || id = which_stream
        AND id IN (SELECT jsonb_array_elements_text(gone -> 'studios'));
    DELETE FROM game WHERE 'game-' || id = which_stream
        AND id IN (SELECT jsonb_array_elements_text(gone -> 'games'));
    DELETE FROM person WHERE 'person-' || id = which_stream
        AND id IN (SELECT jsonb_array_elements_text(gone -> 'people'));
    PERFORM write_read_models(ARRAY[object]);
    RETURN true;
END $$;
