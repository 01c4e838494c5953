-- How often keys may be taken in clear and key files be started, counted for each person
-- and each family in windows of a minute or an hour. The serving role counts by a
-- function alone, as it appends to the audit log: it can't set a count back.

-- +goose Up
CREATE TABLE rates (
    holder  uuid NOT NULL,
    what    text NOT NULL,
    started timestamptz NOT NULL,
    taken   integer NOT NULL CHECK (taken > 0),
    told    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (holder, what),
    CONSTRAINT what_is_one CHECK (what IN ('reveal', 'file'))
) WITH (fillfactor = 50); -- rows change in place, often
COMMENT ON TABLE rates IS 'How much a person or a family has taken since a window began; the next window begins with the first act after it';
COMMENT ON COLUMN rates.holder IS 'A person, or a family by its root organisation';
COMMENT ON COLUMN rates.told IS 'The audit log has that this window is used up';
GRANT SELECT, DELETE ON rates TO keyhall_desk; -- those long over

-- +goose StatementBegin
CREATE FUNCTION rate_take(holders uuid[], subject text, limits integer[], span interval)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    now_is timestamptz := clock_timestamp();
    until_is timestamptz;
BEGIN
    FOR i IN 1 .. cardinality(holders) LOOP
        -- Held until commit: of two at once the second counts on from the first.
        INSERT INTO rates AS r (holder, what, started, taken) VALUES (holders[i], subject, now_is, 1)
        ON CONFLICT (holder, what) DO UPDATE SET
            started = CASE WHEN r.started + span <= now_is THEN now_is ELSE r.started END,
            taken = CASE WHEN r.started + span <= now_is THEN 1 ELSE r.taken + 1 END,
            told = r.told AND r.started + span > now_is
        WHERE r.taken < limits[i] OR r.started + span <= now_is;
        IF NOT FOUND THEN
            SELECT r.started + span INTO until_is FROM rates r WHERE r.holder = holders[i] AND r.what = subject;
            RAISE EXCEPTION 'rate exceeded' USING ERRCODE = 'KH429', DETAIL = holders[i]::text,
                HINT = greatest(1, ceil(extract(epoch FROM until_is - clock_timestamp())))::integer::text;
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION rate_take IS 'Counts one act for each holder, or fails with KH429, the holder whose window is used up as detail and the seconds until the next as hint; call it with families in the order of their root_id';
REVOKE EXECUTE ON FUNCTION rate_take FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rate_take TO keyhall_serve;

-- +goose StatementBegin
CREATE FUNCTION rate_tell(whose uuid, subject text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE rates SET told = true WHERE holder = whose AND what = subject AND NOT told;
    RETURN FOUND;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION rate_tell IS 'Notes that the audit log is told of a window that is used up, and says whether it was not before';
REVOKE EXECUTE ON FUNCTION rate_tell FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rate_tell TO keyhall_serve;
