-- +goose Up
CREATE TABLE programmes (
    id          text PRIMARY KEY CHECK (id ~ '^[a-z0-9-]{1,40}$'),
    name        text NOT NULL UNIQUE,
    number_kind text NOT NULL CHECK (number_kind IN ('agreement', 'authorisation', 'purchase_account')),
    allotment   text NOT NULL CHECK (allotment IN ('pool', 'forecast', 'bought')),
    kms_rule    text NOT NULL CHECK (kms_rule IN ('default', 'exception'))
);
COMMENT ON TABLE programmes IS 'Parent programmes; data of whoever runs the installation';

CREATE TABLE products (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE CHECK (name <> ''),
    family        text NOT NULL,
    pool          text NOT NULL CHECK (pool IN ('systems', 'servers', 'applications')),
    version       text NOT NULL DEFAULT '',
    edition       text NOT NULL DEFAULT '',
    key_source    text NOT NULL DEFAULT 'listed' CHECK (key_source IN ('listed', 'embedded', 'wizard', 'none')),
    kms_threshold integer NOT NULL DEFAULT 0 CHECK (kms_threshold >= 0),
    instruction   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(instruction) = 'object')
);
COMMENT ON TABLE products IS 'What can be licensed, by version and edition; hundreds of rows, kept in memory by every server';

CREATE TABLE catalogue (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE catalogue IS 'Changes with every change of programmes or products, so that servers know when to read them again';
INSERT INTO catalogue DEFAULT VALUES;

-- +goose StatementBegin
CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE catalogue SET version = version + 1;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER programmes_changed AFTER INSERT OR UPDATE OR DELETE ON programmes FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER products_changed AFTER INSERT OR UPDATE OR DELETE ON products FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();

GRANT SELECT ON programmes, products, catalogue TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON programmes, products TO keyhall_desk;
GRANT SELECT ON catalogue TO keyhall_desk;
