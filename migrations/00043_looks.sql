-- What of a customer support looks at is on record once an hour for each licence ID, not for
-- the first of a family alone. Rows of before are forgotten like all others, after two days.

-- +goose Up
COMMENT ON TABLE looks IS 'When the audit log was last told that an agent looks at a licence ID: once an hour for each reason, which is a request''s number or a visit''s id, and after a blank the licence ID''s id';
