-- Where a game's players may be sent back to, and how the pages look that they see.

ALTER TABLE game
    -- Of apps and of the web; neither: anywhere.
    ADD COLUMN return_urls jsonb NOT NULL DEFAULT '{"schemes": [], "hosts": []}',
    -- {"sha256": …, "kind": …}: a picture in item_image.
    ADD COLUMN logo        jsonb,
    -- #rrggbb
    ADD COLUMN accent      text;

-- As before, and with these.
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

        -- A process of the version before knows none of the last three, and leaves them as they are.
        INSERT INTO game (id, version, studio_id, name, currencies, capture_mode, session_lifetime_s,
                          registered_at, keys, endpoints, return_urls, logo, accent)
        SELECT r.id, r.version, r.studio_id, r.name, r.currencies, r.capture_mode,
               r.session_lifetime_s, r.registered_at, r.keys, r.endpoints,
               coalesce(r.return_urls, was.return_urls, '{"schemes": [], "hosts": []}'),
               CASE WHEN r.return_urls IS NULL THEN was.logo ELSE r.logo END,
               CASE WHEN r.return_urls IS NULL THEN was.accent ELSE r.accent END
        FROM unnest(objects) o, jsonb_populate_recordset(NULL::game, o -> 'games') r
        LEFT JOIN game was ON was.id = r.id
        ON CONFLICT (id) DO UPDATE SET
            version = excluded.version, studio_id = excluded.studio_id, name = excluded.name,
            currencies = excluded.currencies, capture_mode = excluded.capture_mode,
            session_lifetime_s = excluded.session_lifetime_s,
            registered_at = excluded.registered_at, keys = excluded.keys,
            endpoints = excluded.endpoints, return_urls = excluded.return_urls,
            logo = excluded.logo, accent = excluded.accent
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
