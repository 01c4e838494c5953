package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Of posts about one licence number each counts those before it.
	holdNumber = `SELECT pg_advisory_xact_lock(hashtextextended($1::text, 5))`

	// Until when the person or the number is locked, whether the pair goes together, and how
	// many wrong ones there were in a day.
	pairTried = `SELECT (SELECT max(until) FROM agreement_locks WHERE holder = ANY ($1) AND until > $2),
	NOT EXISTS (SELECT FROM licences l JOIN programmes p ON p.id = l.programme_id
		WHERE l.number = $3 AND upper(l.authorisation_no) = $4 AND p.number_kind = 'authorisation'),
	(SELECT count(*) FROM access_requests WHERE person_id = $5 AND wrong AND asked_at > $6),
	(SELECT count(*) FROM access_requests WHERE number = $3 AND wrong AND asked_at > $6)`

	addAgreement = `INSERT INTO access_requests (id, root_id, person_id, issuer, number, whole, role, reason, asked_at, due_at, authorisation, wrong)
VALUES ($1, $2, $3, $4, $5, false, $6, '', $7, $7, $8, $9)`
	lockPairs = `INSERT INTO agreement_locks (holder, until) VALUES ($1, $2) ON CONFLICT (holder) DO UPDATE SET until = excluded.until, told = false`
)

// pair is what is known of two numbers that somebody tries.
type pair struct {
	locked           *time.Time // until when neither may be tried; nil if they may
	wrong            bool
	wrongs, ofNumber int // wrong ones of the person and of the licence number in a day
}

// AddAgreement adds an open agreement by its authorisation number and licence number: where
// they go together, the person gets access after licensing.ObjectionWindow unless an
// administrator objects. Every pair is taken the same way. licensing.Problems say what is
// wrong with the form, or that the person or the number is locked.
func (s *Store) AddAgreement(ctx context.Context, by licensing.Viewer, f licensing.AgreementForm, once licensing.Once) error {
	if by.SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	r, problems := f.Request()
	if len(problems) > 0 {
		return problems
	}
	return s.own(ctx, by, once, func(t *tx) error {
		if _, err := t.exec(holdNumber, r.Number); err != nil {
			return err
		}
		if err := t.mayAdd(r); err != nil {
			return err
		}
		return t.try(r)
	})
}

// mayAdd is mayAsk for the form of open agreements.
func (t *tx) mayAdd(r licensing.AccessRequest) error {
	err := t.mayAsk(r)
	if problems, wrong := errors.AsType[licensing.Problems](err); wrong {
		problems[0].Field = "licence"
	}
	return err
}

// try keeps a pair, and counts it if it is wrong.
func (t *tx) try(r licensing.AccessRequest) error {
	person, number := "person/"+t.by.PersonID.String(), "number/"+r.Number
	var p pair
	args := []any{[]string{person, number}, r.AskedAt, r.Number, r.Authorisation, t.by.PersonID, r.AskedAt.Add(-24 * time.Hour)}
	if err := t.all(query{pairTried, args, func(rows pgx.Rows) error { return rows.Scan(&p.locked, &p.wrong, &p.wrongs, &p.ofNumber) }}); err != nil {
		return err
	}
	if p.locked != nil {
		return t.refuseLocked()
	}
	if _, err := t.exec(addAgreement, uuid.Must(uuid.NewV7()), licensing.PublisherRoot, t.by.PersonID, t.by.Issuer, r.Number,
		string(r.Role), r.AskedAt, r.Authorisation, p.wrong); err != nil {
		return err
	}
	until := r.AskedAt.Add(licensing.LockTime)
	if p.wrong && p.wrongs+1 >= licensing.WrongPairs {
		if _, err := t.exec(lockPairs, person, until); err != nil {
			return err
		}
	}
	if p.wrong && p.ofNumber+1 >= licensing.WrongOfNumber {
		if _, err := t.exec(lockPairs, number, until); err != nil {
			return err
		}
	}
	t.tellOwn("agreement.added", map[string]any{"number": r.Number})
	return t.mindSoon()
}

// refuseLocked says that nothing may be tried now; the log has it once a minute.
func (t *tx) refuseLocked() error {
	problems := licensing.Problems{{Field: "licence", Message: "agreement.problem.locked"}}
	a := licensing.Act{Action: "access.refused", Object: "route/POST /access-requests/agreements", Outcome: licensing.Refused}
	if told, err := t.toldLately(time.Minute, a); told || err != nil {
		if err != nil {
			return err
		}
		return problems
	}
	for _, root := range chainsOf(licensing.Viewer{Roots: t.by.Roots}) {
		a.RootID = root
		t.tell(a)
	}
	return refused{problems}
}
