package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

const (
	// Never by read and write back: what was granted is added to whatever is there.
	raiseTotal = `WITH raised AS (
	UPDATE keys SET total = total + $2, source = 'grant' WHERE id = $1 AND total::bigint + $2 <= $3 RETURNING id, root_id, licence_id, total),
entry AS (
	INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason, request_id, at)
	SELECT id, coalesce((SELECT max(seq) FROM limit_entries e WHERE e.key_id = raised.id), 0) + 1, root_id, total - $2, total, 'grant', $4, $5 FROM raised)
SELECT total, licence_id FROM raised`
	limitEntry = `INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason, request_id, at)
SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, 'grant', $5, $6 FROM limit_entries WHERE key_id = $1`

	// Of several approvals at once each takes another key.
	keyInStock = `SELECT id, version, last5, total, sealed FROM keys k WHERE licence_id IS NULL AND product_id = $1 AND type = 'KMS'
AND NOT EXISTS (SELECT FROM keys h WHERE h.licence_id = $2 AND h.product_id = $1 AND h.fingerprint = k.fingerprint) AND id > $3
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`
	handOver = `UPDATE keys SET root_id = $2, licence_id = $3, sealed = $4, version = $5, used = 0, total = $6, source = 'grant' WHERE id = $1`
)

// ApproveRequest grants a request, in part where d.Quantity is less than was asked, and
// does what that means (see licensing.Effect): ledger, total, state, event, audit entry,
// notice and mail are there together or not at all (S-11). Where granting so much takes
// two agents, the first approval is only kept (see licensing.ApprovalBy).
func (s *Store) ApproveRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Approve, d.Version, d.At, func(t *tx, r *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventGranted}
		if problems := decided(r, d, &e); len(problems) > 0 {
			return e, problems
		}
		switch licensing.ApprovalBy(by.PersonID, e.Detail.Granted, s.promises.TwoAbove, r.first) {
		case licensing.ApprovalAgain:
			return e, t.refuseAgain(r)
		case licensing.ApprovalFirst:
			return e, s.approveFirst(t, r, d, &e)
		case licensing.ApprovalSecond:
			r.FirstBy, r.FirstVersion, e.Detail.First = &r.first.ByID, &r.first.Version, r.first.By
		}
		if s.promises.TwoAbove > 0 && r.Granted != nil {
			r.TwoAbove = &s.promises.TwoAbove
		}
		state := licensing.Granted
		if r.Granted != nil && *r.Granted < *r.Quantity {
			e.Kind, state = licensing.EventPartlyGranted, licensing.PartlyGranted
		}
		if err := s.carryOut(t, &r.Request, d, &e); err != nil {
			return e, err
		}
		return e, s.closed(t, &r.Request, state, d, &e)
	}})
}

// decided reads a decision into request and event, and says what is wrong with it.
func decided(r *subject, d licensing.Decision, e *licensing.RequestEvent) licensing.Problems {
	var problems licensing.Problems
	wrong := func(field, message string, args map[string]any) {
		problems = append(problems, licensing.Problem{Field: field, Message: message, Args: args})
	}
	if r.Rules().Counts() {
		n, message := licensing.ReadQuantity(d.Quantity)
		switch {
		case message != "":
			wrong("quantity", message, nil)
		case n > *r.Quantity:
			wrong("quantity", "request.problem.grant_most", map[string]any{"Most": *r.Quantity})
		}
		r.Granted, e.Detail.Granted = &n, n
	}
	if d.Code != "" && !slices.Contains(licensing.ReasonCodes(), d.Code) {
		wrong("reason_code", "request.problem.reason_code", nil)
	}
	r.ReasonCode, e.Detail.Code = d.Code, d.Code
	e.Detail.Text = said(d.Message, "message", false, &problems)
	if r.vendor == "" || r.Rules().Effect() == licensing.NoEffect {
		return problems
	}
	reference, code := licensing.CleanText(d.Reference, licensing.ShortText)
	switch {
	case code != "" || strings.ContainsAny(reference, "\n\t"):
		wrong("reference", "request.problem.text_bad", nil)
	case reference == "":
		wrong("reference", "request.problem.reference_missing", map[string]any{"Vendor": r.vendor})
	}
	r.Reference, e.Detail.Reference = reference, reference
	return problems
}

// carryOut does what approving a request means beside closing it.
func (s *Store) carryOut(t *tx, r *licensing.Request, d licensing.Decision, e *licensing.RequestEvent) error {
	switch r.Rules().Effect() {
	case licensing.RaisesTotal:
		return s.raise(t, r, d, e)
	case licensing.AssignsKey:
		if r.KeyID == nil {
			return s.assignFromStock(t, r, d, e)
		}
		return s.raise(t, r, d, e)
	}
	return nil
}

// raise adds to the key's total what was granted.
func (s *Store) raise(t *tx, r *licensing.Request, d licensing.Decision, e *licensing.RequestEvent) error {
	adds := r.Rules().Adds(*r.Granted)
	var total int
	var licence uuid.UUID
	err := t.all(query{holdFamilies, []any{[]uuid.UUID{r.RootID}}, nothing}, query{
		raiseTotal,
		[]any{*r.KeyID, adds, s.promises.TotalCap, r.ID, d.At},
		func(rows pgx.Rows) error { return rows.Scan(&total, &licence) },
	})
	if err == nil && total == 0 {
		return s.aboveCap()
	}
	if err != nil {
		return err
	}
	e.Detail.Old, e.Detail.New = total-adds, total
	t.last(recount, []uuid.UUID{licence})
	return nil
}

func (s *Store) aboveCap() licensing.Problems {
	return licensing.Problems{{Field: "quantity", Message: "request.problem.total_cap", Args: map[string]any{"Most": s.promises.TotalCap}}}
}

// stocked is a key of the publisher's stock that was taken out, sealed for its new family.
type stocked struct {
	id            uuid.UUID
	version, held int // of the sealing before, and the total that the stock's ledger has
	last5         string
	sealed        []byte
}

// assignFromStock gives the licence ID a key of the publisher's stock, sealed anew for
// its family, good for as many hosts as were granted.
func (s *Store) assignFromStock(t *tx, r *licensing.Request, d licensing.Decision, e *licensing.RequestEvent) error {
	if err := t.hold(r.RootID, licensing.PublisherRoot); err != nil {
		return err
	}
	k, err := s.takeFromStock(t, r)
	if err != nil {
		return err
	}
	hosts := r.Rules().Adds(*r.Granted)
	if _, err := t.exec(handOver, k.id, r.RootID, *r.LicenceID, k.sealed, k.version+1, hosts); err != nil {
		return err
	}
	r.KeyID, r.Last5 = &k.id, k.last5
	e.Detail.New = hosts // to its new holder it had none, whatever the stock's ledger says
	t.last(limitEntry, k.id, r.RootID, k.held, hosts, r.ID, d.At)
	t.last(recount, []uuid.UUID{*r.LicenceID})
	t.tell(licensing.Act{
		RootID: licensing.PublisherRoot, Action: "key.assigned", Object: "key/" + k.id.String(),
		Detail: map[string]any{"last5": k.last5, "request": r.ID},
	})
	return nil
}

// takeFromStock finds a key that the licence ID does not hold yet. One that was altered
// is passed over, and told.
func (s *Store) takeFromStock(t *tx, r *licensing.Request) (stocked, error) {
	var after uuid.UUID
	for {
		var k stocked
		var sealed []byte
		err := t.pgx.QueryRow(t.ctx, keyInStock, *r.ProductID, *r.LicenceID, after).Scan(&k.id, &k.version, &k.last5, &k.held, &sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return k, licensing.Problems{{Field: "quantity", Message: "request.problem.stock_empty"}}
		}
		if err != nil {
			return k, err
		}
		clear, err := s.vault.Unseal(sealed, vault.Place{Root: licensing.PublisherRoot, Key: k.id, Version: k.version})
		if err == nil {
			k.sealed, err = s.vault.Seal(clear, vault.Place{Root: r.RootID, Key: k.id, Version: k.version + 1})
			return k, err
		}
		t.tell(licensing.Act{
			RootID: licensing.PublisherRoot, Action: "key.tampered", Object: "key/" + k.id.String(),
			Outcome: licensing.Refused, Detail: map[string]any{"last5": k.last5},
		})
		after = k.id
	}
}
