-- People add an open agreement by its authorisation number and licence number. It is kept
-- among the requests for access: who administers the licence ID has a day to object, then
-- Keyhall gives the right. Pairs that don't go together are counted, and lock whoever
-- tries too many, and a number that too many are tried against.

-- +goose Up
ALTER TABLE access_requests
    ADD COLUMN authorisation text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN wrong boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT wrong_is_a_pair CHECK (NOT wrong OR authorisation <> '' AND licence_id IS NULL),
    ADD CONSTRAINT pair_is_of_licence CHECK (authorisation = '' OR NOT whole),
    DROP CONSTRAINT decided_by_somebody,
    ADD CONSTRAINT decided_by_somebody CHECK ((state = 'denied' OR state = 'accepted' AND authorisation = '') = (decided_by IS NOT NULL));
COMMENT ON COLUMN access_requests.authorisation IS 'Authorisation number of an open agreement that was added; empty where access was asked for';
COMMENT ON COLUMN access_requests.wrong IS 'The two numbers don''t go together';
DROP INDEX access_requests_once;
CREATE UNIQUE INDEX access_requests_once ON access_requests (person_id, number, whole, (authorisation <> '')) WHERE closed_at IS NULL;
CREATE INDEX access_requests_wrong ON access_requests (number, asked_at) WHERE wrong; -- a number's wrong pairs

CREATE TABLE agreement_locks (
    holder text COLLATE "C" PRIMARY KEY,
    until  timestamptz NOT NULL,
    told   boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE agreement_locks IS 'Who may add no open agreement, and which licence number may not be added, after wrong pairs';
COMMENT ON COLUMN agreement_locks.holder IS 'person/<id> or number/<licence number>';
COMMENT ON COLUMN agreement_locks.told IS 'The operator and the owners know';
GRANT SELECT, INSERT, UPDATE, DELETE ON agreement_locks TO keyhall_desk;
