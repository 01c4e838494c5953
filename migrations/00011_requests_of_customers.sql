-- What the role that serves customers may write about requests, as narrow as what
-- customers do: they file, and say what they answer or take back. How far a new request
-- is, who works on it and what support did to it is not theirs to say.

-- +goose Up
REVOKE INSERT ON requests FROM keyhall_serve;
GRANT INSERT (root_id, licence_id, key_id, product_id, kind, last5, region, quantity, reason, findings, language,
    requester_id, filed_by, filed_at, due_at, last_event) ON requests TO keyhall_serve;

DROP POLICY inner_life ON request_events;
CREATE POLICY inner_life ON request_events AS RESTRICTIVE TO keyhall_serve
    USING (NOT internal) WITH CHECK (NOT internal AND NOT staff AND kind IN ('filed', 'answered', 'withdrawn'));
