-- Whoever leaves hands their open requests on to a colleague, so that answers reach somebody.

-- +goose Up
ALTER TABLE request_events DROP CONSTRAINT kind_is_one;
ALTER TABLE request_events ADD CONSTRAINT kind_is_one CHECK (kind IN ('filed', 'assigned', 'asked', 'answered', 'noted', 'granted', 'partly_granted', 'rejected', 'withdrawn', 'confirmed', 'handed_on'));
