-- Single keys press what is marked with them; who speaks to their computer, or hits keys by
-- chance, switches them off.

-- +goose Up
ALTER TABLE persons ADD COLUMN no_shortcuts boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN persons.no_shortcuts IS 'The person wants no single-letter keyboard shortcuts on pages';
