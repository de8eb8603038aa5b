-- For `toffeepay replay --rebuild`: writes folded rows in place of those that differ. Under the
-- head's lock, as an append: two that lock the same rows in another order would stop each other.
CREATE FUNCTION rebuild_read_models(objects jsonb[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM event_head FOR UPDATE;
    PERFORM write_read_models(objects);
END $$;

-- For the same: puts right what write_read_models alone cannot, namely rows
-- that no event tells of, and rows that claim a later version than their stream has.
--
-- `gone` names rows by table, as in {"sessions": ["sess_…"]}; `object` is one aggregate's rows as
-- write_read_models takes them. Does nothing, and says so, if the stream has moved on.
CREATE FUNCTION mend_read_models(which_stream text, at_version bigint, gone jsonb, object jsonb)
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
    PERFORM write_read_models(ARRAY[object]);
    RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION rebuild_read_models, mend_read_models FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rebuild_read_models, mend_read_models TO toffeepay_service;
