-- Ways into the audit log for who narrows it to an action, to what was refused, or to
-- people by their names. By licence ID and by person there are ways already.

-- +goose Up
CREATE INDEX audit_of_action ON audit (action, at, root_id, seq);
CREATE INDEX audit_refused ON audit (at, root_id, seq) WHERE outcome = 'refused';
CREATE INDEX audit_without_account ON audit (actor, at) WHERE actor_id IS NULL;
CREATE INDEX persons_by_name ON persons USING gin (name gin_trgm_ops);
