package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	markColumns = `SELECT k.root_id, k.licence_id, k.last5, k.type, k.compromised_at IS NOT NULL, l.number, p.name, `
	markFrom    = ` FROM keys k JOIN licences l ON l.id = k.licence_id JOIN products p ON p.id = k.product_id`
	ownToMark   = markColumns + `r.rights` + markFrom + ` JOIN reach r ON r.licence_id = k.licence_id AND r.person_id = $1
WHERE k.id = $2 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())`
	deskToMark = markColumns + `$1::integer` + markFrom + ` WHERE k.id = $2`

	openLeak   = `INSERT INTO leaks (id, root_id, licence_id, key_id, reason, opened_by, opener) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	freezeKey  = `UPDATE keys SET compromised_at = clock_timestamp() WHERE id = $1`
	releaseKey = `UPDATE keys SET compromised_at = NULL WHERE id = $1`

	endLeak = `UPDATE leaks SET state = $3, version = version + 1, replaced_by = $4, resolved_by = $5, resolver = $6, resolution = $7,
	resolved_at = clock_timestamp() WHERE id = $1 AND version = $2`
	mayReplace = `SELECT FROM keys WHERE id = $1 AND licence_id = $2 AND id <> $3 AND compromised_at IS NULL`
	addNote    = `INSERT INTO leak_notes (id, root_id, leak_id, actor_id, actor, text) VALUES ($1, $2, $3, $4, $5, $6)`

	// Everybody who took a key in clear, or may have it in a file.
	readersOf = `SELECT actor_id FROM audit WHERE object = $1 AND action IN ('key.revealed', 'key.copied') AND outcome = 'done' AND actor_id IS NOT NULL
UNION SELECT person_id FROM downloads WHERE licences @> ARRAY[$2::uuid] AND started_at >= (SELECT created_at FROM keys WHERE id = $3)`
)

// marked is a key as who marks it finds it.
type marked struct {
	id, root uuid.UUID
	licence  *uuid.UUID
	last5    string
	kind     licensing.KeyType
	frozen   bool
	number   string
	product  string
	rights   licensing.Permission
}

func (k marked) act(action string) licensing.Act {
	return licensing.Act{
		RootID: k.root, Action: action, LicenceID: k.licence, Object: "key/" + k.id.String(),
		Detail: map[string]any{"last5": k.last5, "type": k.kind, "licence": k.number},
	}
}

func leakPath(id uuid.UUID) string { return "/leaks/" + id.String() }

func (k marked) words() map[string]string {
	return map[string]string{"Last5": k.last5, "Number": k.number, "Product": k.product}
}

// MarkKey marks a key as compromised and opens its case: from then on nobody takes the
// key in clear, on any server. Those who look after the licence ID's keys may, and the
// staff; support only while it has a reason to look at the customer. A key that is marked
// already is ErrConflict.
func (s *Store) MarkKey(ctx context.Context, by licensing.Viewer, id uuid.UUID, reason string, once licensing.Once) error {
	if err := s.forReason(ctx, by, ofKey(id), licensing.Act{Action: "leak.opened", Object: "key/" + id.String()}); err != nil {
		return err
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		k, err := t.toMark(id)
		if err != nil {
			return 0, err
		}
		if !t.by.SeesAllCustomers() && !k.rights.Has(licensing.EditKeys) {
			return 0, t.refuse(k.act("leak.opened"), licensing.ErrForbidden)
		}
		text, err := licensing.MarkReason(reason)
		if err != nil {
			return 0, err
		}
		if k.frozen {
			return 0, t.refuse(k.act("leak.opened"), fmt.Errorf("%w: the key is marked already", licensing.ErrConflict))
		}
		return 0, t.mark(k, text)
	})
	return err
}

// refuse has an attempt on record as refused.
func (t *tx) refuse(a licensing.Act, why error) error {
	a.Outcome = licensing.Refused
	t.tell(a)
	return refused{why}
}

// toMark finds a key that who acts may see. Nobody takes it in clear meanwhile.
func (t *tx) toMark(id uuid.UUID) (marked, error) {
	k := marked{id: id}
	sql := ownToMark
	if t.by.SeesAllCustomers() {
		sql = deskToMark
	}
	err := t.heldAlone(id, query{sql, []any{who(t.by), id}, func(rows pgx.Rows) error {
		return rows.Scan(&k.root, &k.licence, &k.last5, &k.kind, &k.frozen, &k.number, &k.product, &k.rights)
	}}, &k.root)
	if err == nil && k.root == uuid.Nil {
		err = licensing.ErrNotFound
	}
	return k, err
}

func (t *tx) mark(k marked, reason string) error {
	leak := uuid.Must(uuid.NewV7())
	act := k.act("leak.opened")
	act.Detail["leak"] = leak
	t.tell(act)
	return t.overAll(func() error {
		if _, err := t.exec(openLeak, leak, k.root, *k.licence, k.id, reason, t.by.PersonID, t.by.Name); err != nil {
			return err
		}
		if _, err := t.exec(freezeKey, k.id); err != nil {
			return err
		}
		readers, err := t.readersOf(k)
		if err != nil {
			return err
		}
		destroy := licensing.News{Kind: licensing.KeyToDestroy, RootID: k.root, Args: k.words()}
		if err := t.newsToAll(readers, destroy); err != nil {
			return err
		}
		return t.tellOfLeak(licensing.News{Kind: licensing.LeakOpened, RootID: k.root, Args: k.words(), Text: reason, Path: leakPath(leak)}, *k.licence)
	})
}

func (t *tx) readersOf(k marked) ([]uuid.UUID, error) {
	return t.ids(query{sql: readersOf, args: []any{"key/" + k.id.String(), *k.licence, k.id}})
}

// ids asks for people.
func (t *tx) ids(q query) (all []uuid.UUID, err error) {
	q.row = func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	}
	return all, t.all(q)
}

func (t *tx) newsToAll(people []uuid.UUID, n licensing.News) error {
	n.Args["Actor"] = t.by.Name
	for _, p := range distinct(people) {
		if err := t.news(p, n); err != nil {
			return err
		}
	}
	return nil
}

// tellOfLeak lets the administrators of a licence ID, the operators and others know.
func (t *tx) tellOfLeak(n licensing.News, licence uuid.UUID, others ...uuid.UUID) error {
	people, err := t.managersOf(&licence, nil)
	if err != nil {
		return err
	}
	staff, err := t.staff(licensing.Operator)
	if err != nil {
		return err
	}
	return t.newsToAll(append(append(people, staff...), others...), n)
}

// EndLeak ends a case: another key has taken the key's place, the publisher has blocked
// it, or it was a false alarm, and then the key may be taken in clear again. A case that
// has ended, or changed since it was shown, is ErrConflict.
func (s *Store) EndLeak(ctx context.Context, by licensing.Viewer, id uuid.UUID, e licensing.LeakEnd, once licensing.Once) error {
	return s.onLeak(ctx, by, leakAct{"leak.ended", id}, once, func(t *tx, l licensing.LeakRow) error {
		problems := e.Problems()
		act := actOnLeak("leak.ended", l)
		act.Detail["state"] = e.State
		switch {
		case len(problems) > 0:
			return problems
		case !l.State.Open() || e.Version != l.Version:
			return t.refuse(act, fmt.Errorf("%w: the case has changed", licensing.ErrConflict))
		case !slices.Contains(l.Ends(by, l.Rights), e.State):
			return t.refuse(act, licensing.ErrForbidden)
		}
		return t.endLeak(l, e, act)
	})
}

func (t *tx) endLeak(l licensing.LeakRow, e licensing.LeakEnd, act licensing.Act) error {
	var key *uuid.UUID
	if e.State == licensing.LeakReplaced {
		key = &e.Replacement
		n, err := t.exec(mayReplace, key, l.LicenceID, l.KeyID)
		if err != nil {
			return err
		}
		if n == 0 {
			return licensing.Problems{{Field: "replacement", Message: "leak.problem.replacement"}}
		}
		act.Detail["replacement"] = *key
	}
	t.tell(act)
	return t.overAll(func() error {
		if _, err := t.exec(endLeak, l.ID, l.Version, string(e.State), key, t.by.PersonID, t.by.Name, e.Text); err != nil {
			return err
		}
		n := licensing.News{
			Kind: licensing.NewsKind("leak_" + string(e.State)), RootID: l.RootID, Text: e.Text, Path: leakPath(l.ID),
			Args: map[string]string{"Last5": l.Last5, "Number": l.Number},
		}
		if err := t.tellOfLeak(n, l.LicenceID, l.OpenedBy); err != nil || e.State.Freezes() {
			return err
		}
		return t.release(l)
	})
}

// release lets a key be taken in clear again, and tells those who were asked to destroy it.
func (t *tx) release(l licensing.LeakRow) error {
	if _, err := t.exec(releaseKey, l.KeyID); err != nil {
		return err
	}
	k := marked{id: l.KeyID, licence: &l.LicenceID, last5: l.Last5, number: l.Number}
	readers, err := t.readersOf(k)
	if err != nil {
		return err
	}
	return t.newsToAll(readers, licensing.News{Kind: licensing.KeyReleased, RootID: l.RootID, Args: k.words()})
}

// NoteLeak adds to a case what somebody writes who sees it.
func (s *Store) NoteLeak(ctx context.Context, by licensing.Viewer, id uuid.UUID, text string, once licensing.Once) error {
	return s.onLeak(ctx, by, leakAct{"leak.noted", id}, once, func(t *tx, l licensing.LeakRow) error {
		text, err := licensing.NoteText(text)
		if err != nil {
			return err
		}
		t.tell(actOnLeak("leak.noted", l))
		return t.overAll(func() error {
			_, err := t.exec(addNote, uuid.Must(uuid.NewV7()), l.RootID, l.ID, t.by.PersonID, t.by.Name, text)
			return err
		})
	})
}

func actOnLeak(action string, l licensing.LeakRow) licensing.Act {
	return licensing.Act{
		RootID: l.RootID, Action: action, LicenceID: &l.LicenceID, Object: "leak/" + l.ID.String(),
		Detail: map[string]any{"last5": l.Last5, "licence": l.Number},
	}
}

// leakAct is what somebody does about a case.
type leakAct struct {
	action string
	leak   uuid.UUID
}

// onLeak is a write about a case that who acts may see, once. The case's row is locked,
// and nobody takes its key in clear meanwhile.
func (s *Store) onLeak(ctx context.Context, by licensing.Viewer, a leakAct, once licensing.Once, do func(*tx, licensing.LeakRow) error) error {
	if err := s.forReason(ctx, by, ofLeak(a.leak), licensing.Act{Action: a.action, Object: "leak/" + a.leak.String()}); err != nil {
		return err
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		l, err := t.leakHeld(a.leak)
		if err != nil {
			return 0, err
		}
		return 0, do(t, l)
	})
	return err
}

// leakHeld finds a case that who acts may see. Its key's lock is the case's too.
func (t *tx) leakHeld(id uuid.UUID) (l licensing.LeakRow, err error) {
	sql := ownLeak
	if t.by.SeesAllCustomers() {
		sql = deskLeak
	}
	find := query{sql, []any{who(t.by), id}, func(rows pgx.Rows) error { return scanLeak(rows, &l) }}
	if err := t.all(find); err != nil {
		return l, err
	}
	if l.ID == uuid.Nil {
		return l, licensing.ErrNotFound
	}
	key := l.KeyID
	l = licensing.LeakRow{}
	err = t.heldAlone(key, find, &l.RootID)
	if err == nil && l.ID == uuid.Nil {
		err = licensing.ErrNotFound // the right ended just now
	}
	return l, err
}
