package store

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	addRequest = `INSERT INTO requests (root_id, licence_id, key_id, product_id, kind, last5, region, quantity, reason,
	findings, language, requester_id, filed_by, filed_at, due_at, last_event)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1) RETURNING id`
	// Two people may ask for the same key at once: the second is told of the first.
	holdSubject = `SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 2))`
	openAbout   = `SELECT id FROM requests WHERE closed_at IS NULL
AND (key_id = $1 OR $1::uuid IS NULL AND key_id IS NULL AND licence_id = $2 AND product_id = $3 AND kind = $4) ORDER BY id LIMIT 1`
)

// SubmitRequest files a request and returns its number. What is wrong with the form is
// licensing.Problems; so is a second open request about the same key, unless
// f.Duplicate says that it is meant. The same post again returns the first's number.
func (s *Store) SubmitRequest(ctx context.Context, by licensing.Viewer, f licensing.Filing, once licensing.Once) (int64, error) {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return 0, err
	}
	return s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		a, err := s.ask(t, c, f)
		if err != nil {
			return 0, err
		}
		if len(a.problems) > 0 {
			return 0, a.notFiled()
		}
		r := filed(by, f, a.Asking)
		r.DueAt = s.promises.Clock.Due(f.At)
		if err := t.oneAbout(r, f.Duplicate); err != nil {
			return 0, err
		}
		return t.file(&r)
	})
}

// filed is the request that a form without problems amounts to.
func filed(by licensing.Viewer, f licensing.Filing, a licensing.Asking) licensing.Request {
	reason, _ := licensing.CleanText(f.Reason, licensing.LongText)
	r := licensing.Request{
		RootID: homeOf(by), Kind: f.Kind, Region: licensing.RegionOf(a.Licence.Country), Reason: reason,
		Findings: a.Findings, Language: f.Language, State: licensing.Submitted, Version: 1,
		RequesterID: by.PersonID, FiledBy: by.PersonID, FiledAt: f.At, LastEvent: 1,
	}
	if a.Licence.ID != uuid.Nil {
		r.LicenceID, r.RootID = &a.Licence.ID, a.Licence.RootID
	}
	if a.Product.ID != 0 {
		r.ProductID = &a.Product.ID
	}
	if a.Key != nil {
		r.KeyID, r.Last5 = &a.Key.ID, a.Key.Last5
	}
	if a.Rules.Counts() {
		r.Quantity = &a.Quantity
	}
	if a.Requester != uuid.Nil {
		r.RequesterID = a.Requester
	}
	return r
}

// oneAbout refuses a second open request about the same key, unless it is meant.
func (t *tx) oneAbout(r licensing.Request, meant bool) error {
	about := r.KeyID
	if about == nil {
		about = r.LicenceID
	}
	if meant || about == nil || r.ProductID == nil {
		return nil
	}
	var other int64
	err := t.all(query{holdSubject, []any{*about}, nothing}, query{
		openAbout,
		[]any{r.KeyID, r.LicenceID, r.ProductID, string(r.Kind)},
		func(rows pgx.Rows) error { return rows.Scan(&other) },
	})
	if err != nil || other == 0 {
		return err
	}
	return licensing.Problems{{
		Field: "confirm_duplicate", Message: "request.problem.duplicate", Args: map[string]any{"Number": licensing.RequestNumber(other)},
	}}
}

func (t *tx) file(r *licensing.Request) (int64, error) {
	findings, err := json.Marshal(r.Findings)
	if err != nil {
		return 0, err
	}
	if r.Findings == nil {
		findings = []byte("[]")
	}
	err = t.pgx.QueryRow(t.ctx, addRequest, r.RootID, r.LicenceID, r.KeyID, r.ProductID, string(r.Kind), r.Last5, string(r.Region), r.Quantity,
		r.Reason, string(findings), r.Language, r.RequesterID, r.FiledBy, r.FiledAt, r.DueAt).Scan(&r.ID)
	if err != nil {
		return 0, err
	}
	e := licensing.RequestEvent{At: r.FiledAt, Kind: licensing.EventFiled}
	if err := t.happened(*r, &e); err != nil {
		return 0, err
	}
	return r.ID, t.informAll(subject{Request: *r, here: r.RequesterID != r.FiledBy}, e)
}
