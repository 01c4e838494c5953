-- People choose what they are written to about. What nobody said no to is sent.

-- +goose Up
CREATE TABLE unwanted_mail (
    person_id uuid NOT NULL REFERENCES persons (id),
    about     text NOT NULL,
    PRIMARY KEY (person_id, about),
    CONSTRAINT about_is_a_choice CHECK (about IN ('requests', 'rights', 'reviews'))
);
COMMENT ON TABLE unwanted_mail IS 'What a person wants no mail about; mail about their account''s security can''t be refused';
GRANT SELECT ON unwanted_mail TO keyhall_serve;
GRANT SELECT, INSERT, DELETE ON unwanted_mail TO keyhall_desk;
