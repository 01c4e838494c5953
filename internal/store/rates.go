package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Rates is how much one person may take; all people of a family together may take ten
// times that. Zero sets no limit.
type Rates struct {
	Reveals int // keys revealed or copied in a minute
	Files   int // key files started in an hour
	SignIns int // sign-ins begun in a minute, and those refused, of a client address
}

// Limit sets them. Call it before anything is served.
func (s *Store) Limit(r Rates) { s.rates = r }

// usualRates hold where nothing else is set.
var usualRates = Rates{Reveals: 60, Files: 10, SignIns: 30}

// familyTimes is how many times as much a family may take as one person.
const familyTimes = 10

// rate is one thing that is taken, and the length of its windows.
type rate struct {
	what string
	span time.Duration
}

var (
	reveals  = rate{"reveal", time.Minute}
	files    = rate{"file", time.Hour}
	handings = rate{"handover", time.Hour}
)

const (
	takeRate = `SELECT rate_take($1, $2, $3, $4)`
	tellRate = `SELECT rate_tell($1, $2)`
)

// take counts an act for the person who acts and the families whose keys are taken, in
// the round trip of the audit entries: what is not carried out is not counted, and what
// is too much is not carried out (S-16).
func (t *tx) take(r rate, most int, roots ...uuid.UUID) {
	if most == 0 {
		return
	}
	holders, limits := []uuid.UUID{t.by.PersonID}, []int{most}
	for _, root := range distinct(roots) {
		holders, limits = append(holders, root), append(limits, most*familyTimes)
	}
	t.last(takeRate, holders, r.what, limits, r.span)
}

// usedUp is the database's word that a window is used up.
const usedUp = "KH429"

// tooMany reads it, and whose window it is.
func tooMany(pg *pgconn.PgError) error {
	seconds, err := strconv.Atoi(pg.Hint)
	if err != nil {
		return pg
	}
	holder, err := uuid.Parse(pg.Detail)
	if err != nil {
		return pg
	}
	return licensing.TooMany{Holder: holder, Again: time.Duration(seconds) * time.Second}
}

// recordExcess tells the audit log that somebody wanted more than a rate allows, once in
// each window: the acts are what was refused. It returns why, or what kept it from
// telling.
func (s *Store) recordExcess(ctx context.Context, by licensing.Viewer, r rate, why error, acts []licensing.Act) error {
	var excess licensing.TooMany
	if !errors.As(why, &excess) {
		return why
	}
	err := s.transact(ctx, by, func(t *tx) error {
		var first bool
		if err := t.pgx.QueryRow(ctx, tellRate, excess.Holder, r.what).Scan(&first); err != nil || !first {
			return err
		}
		for _, a := range acts {
			if excess.Holder == by.PersonID || excess.Holder == a.RootID {
				a.Action, a.Outcome = "rate.exceeded", licensing.Refused
				t.tell(a)
			}
		}
		return t.tellOfExcess()
	})
	if err != nil {
		return err
	}
	return why
}

// tellOfExcess lets those know who look after what was to be taken, and the operators:
// somebody may be gathering keys (S-16).
func (t *tx) tellOfExcess() error {
	people, err := t.staff(licensing.Operator)
	if err != nil {
		return err
	}
	n := licensing.News{Kind: licensing.RateExceeded, Path: "/audit?action=rate.exceeded", Args: map[string]string{"Actor": t.by.Name}}
	for _, a := range t.told {
		n.RootID = a.RootID
		managers, err := t.managersOf(a.LicenceID, nil)
		if a.LicenceID == nil {
			managers, err = t.managersOf(nil, &a.RootID)
		}
		if err != nil {
			return err
		}
		people = append(people, managers...)
	}
	for _, person := range distinct(people) {
		if err := t.news(person, n); err != nil {
			return err
		}
	}
	return nil
}

// ClearRates forgets the windows that began before a time; they must be over.
func (s *Store) ClearRates(ctx context.Context, before time.Time) error {
	return s.transact(ctx, desk, func(t *tx) error {
		_, err := t.exec(`DELETE FROM rates WHERE started < $1`, before)
		return err
	})
}
