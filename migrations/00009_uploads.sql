-- Key files that operators send by browser. They hold keys of many families in clear, so
-- they are kept sealed, for a day at most, and the serving role itself can't read them.

-- +goose Up
CREATE TABLE uploads (
    id         uuid PRIMARY KEY,
    receipt    uuid NOT NULL,
    person_id  uuid NOT NULL REFERENCES persons (id),
    actor      text NOT NULL,
    file_name  text NOT NULL DEFAULT '',
    size       bigint NOT NULL DEFAULT 0,
    sha256     bytea CHECK (length(sha256) = 32),
    options    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
    wish       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(wish) = 'object'),
    state      text NOT NULL DEFAULT 'receiving',
    lines      bigint NOT NULL DEFAULT 0,
    report     jsonb,
    code       text NOT NULL DEFAULT '',
    missing    text[] NOT NULL DEFAULT '{}',
    import_id  uuid REFERENCES imports (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT state_is_one CHECK (state IN ('receiving', 'received', 'checking', 'checked', 'applying', 'applied', 'failed')),
    CONSTRAINT received_is_hashed CHECK ((state = 'receiving') = (sha256 IS NULL)),
    CONSTRAINT checked_has_report CHECK (state NOT IN ('checked', 'applying', 'applied') OR report IS NOT NULL),
    CONSTRAINT failed_says_why CHECK ((state = 'failed') = (code <> '')),
    CONSTRAINT applied_is_an_import CHECK ((state = 'applied') = (import_id IS NOT NULL))
);
COMMENT ON TABLE uploads IS 'Key files sent by browser: what they would change, and whether they were taken in';
COMMENT ON COLUMN uploads.receipt IS 'Of the post whose chunks count, as a browser may send a file again';
COMMENT ON COLUMN uploads.wish IS 'Who asked for what is done next, and from where: the import acts for them';
CREATE INDEX uploads_in_time ON uploads (created_at, id); -- the operator's list, forgetting
GRANT SELECT, INSERT, UPDATE, DELETE ON uploads TO keyhall_desk;

CREATE TABLE upload_chunks (
    upload_id uuid NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    receipt   uuid NOT NULL,
    seq       integer NOT NULL CHECK (seq >= 0),
    sealed    bytea NOT NULL,
    PRIMARY KEY (upload_id, receipt, seq)
);
COMMENT ON TABLE upload_chunks IS 'The file itself, sealed piece by piece, each for its place in one upload';
ALTER TABLE upload_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL; -- what is sealed can't be packed
GRANT SELECT, INSERT, DELETE ON upload_chunks TO keyhall_desk;

CREATE TABLE upload_rejects (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upload_id uuid NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    line      integer NOT NULL,
    cells     text[] NOT NULL,
    problems  jsonb NOT NULL CHECK (jsonb_typeof(problems) = 'array')
);
COMMENT ON TABLE upload_rejects IS 'Rows that are wrong, keys masked, and what is wrong with them';
CREATE INDEX upload_rejects_in_order ON upload_rejects (upload_id, line, id);
GRANT SELECT, INSERT, DELETE ON upload_rejects TO keyhall_desk;
