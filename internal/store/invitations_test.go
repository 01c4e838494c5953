package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// invite lets anna invite an address as key viewer of 74120935, and reads the mail.
func (w *world) invite(email string) (token string, id uuid.UUID) {
	w.t.Helper()
	w.must(w.GiveRight(w.t.Context(), w.as("anna"), licensing.Giving{
		Number: "74120935", Invitee: licensing.Invitee{Email: email}, Language: "nl",
		Terms: licensing.Terms{Role: licensing.KeyViewer, At: time.Now()},
	}, press("/licences/:number/people")))
	list, err := w.Invitations(w.t.Context(), w.as("anna"), "74120935")
	w.must(err)
	return w.mailedToken(email), list[0].ID
}

// mailedToken is the token in the latest mail to an address.
func (w *world) mailedToken(email string) string {
	w.t.Helper()
	for _, m := range w.mails() {
		if m.Address == email && m.Detail.News != nil {
			if token, ok := strings.CutPrefix(m.Detail.News.Secret, "/invitation/"); ok {
				return token
			}
		}
	}
	w.t.Fatalf("no mail to %s holds a token", email)
	return ""
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func identity(subject string) licensing.Identity {
	return licensing.Identity{Issuer: "https://idp.example", Subject: subject}
}

var nowhere = licensing.Origin{Address: "192.0.2.44", RequestID: "r-44"}

// S-40: whoever holds the token opens the account; the address that was typed is where mail
// goes, and nothing else.
func TestAnInvitationOpensAnAccount(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	token, _ := w.invite("lotte@new.example")
	person, err := w.OpenAccount(t.Context(), hashOf(token), identity("somebody-else-entirely"), nowhere)
	w.must(err)
	if got, err := w.PersonByIdentity(t.Context(), "https://idp.example", "somebody-else-entirely"); err != nil || got != person {
		t.Fatalf("the identity's account: got %v, %v, want %v", got, err, person)
	}
	v, err := w.Viewer(t.Context(), licensing.Session{PersonID: person})
	w.must(err)
	if l, err := w.Licence(t.Context(), v, "74120935"); err != nil || l.Rights != licensing.KeyViewer.Permissions() {
		t.Errorf("the licence ID: got permissions %b, %v, want a key viewer's", l.Rights, err)
	}
	if v.Name != "lotte" || v.Email != "lotte@new.example" || v.Locale != "" {
		t.Errorf("the account: got %+v", v)
	}
	if list, err := w.Invitations(t.Context(), w.as("anna"), "74120935"); err != nil || len(list) != 0 {
		t.Errorf("invitations that wait: got %+v, %v, want none", list, err)
	}
	for _, action := range []string{"invitation.sent", "invitation.accepted", "person.added", "identity.added", "role.granted"} {
		if w.count(`SELECT count(*) FROM audit WHERE action = $1 AND (actor_id = $2 OR action = 'invitation.sent')`, action, person) != 1 {
			t.Errorf("%s is not on record once", action)
		}
	}
	if got := w.notices("anna"); len(got) != 1 || got[0].News.Kind != licensing.InvitationAccepted {
		t.Errorf("anna's notices: got %+v, want that it was accepted", got)
	}
	w.whole()
}

// S-40: an address binds nobody. Who signs in without the token has no account, whatever
// was mailed to whom.
func TestAnAddressAloneOpensNothing(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	w.invite("lotte@new.example")
	for name, hash := range map[string][]byte{"no token": nil, "the empty token's": hashOf(""), "the address's": hashOf("lotte@new.example"), "a guess": hashOf("guess")} {
		if _, err := w.OpenAccount(t.Context(), hash, identity("lotte@new.example"), nowhere); !errors.Is(err, licensing.ErrNotFound) {
			t.Errorf("%s: got %v, want not found", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM identities WHERE subject = 'lotte@new.example'`); n != 0 {
		t.Error("an account was opened")
	}
}

// S-42, R18: of many who come with one token at once, through two servers, one has the
// account; each of the others leaves a refusal on record.
func TestATokenWorksOnce(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	token, _ := w.invite("lotte@new.example")
	stores := []*store.Store{w.Store, openStore(t, w.db)}
	var all sync.WaitGroup
	won := make(chan uuid.UUID, 8)
	for i := range cap(won) {
		all.Go(func() {
			person, err := stores[i%2].OpenAccount(t.Context(), hashOf(token), identity("racer-"+string(rune('a'+i))), nowhere)
			switch {
			case err == nil:
				won <- person
			case !errors.Is(err, licensing.ErrNotFound):
				t.Errorf("a late one: got %v, want not found", err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Errorf("accounts opened: got %d, want 1", len(won))
	}
	for sql, want := range map[string]int64{
		`SELECT count(*) FROM identities WHERE subject LIKE 'racer-%'`:                           1,
		`SELECT count(*) FROM persons WHERE business_email = 'lotte@new.example'`:                1,
		`SELECT count(*) FROM audit WHERE action = 'invitation.refused' AND outcome = 'refused'`: int64(cap(won) - 1),
		`SELECT count(*) FROM grants WHERE role = 'key_viewer' AND licence_id IS NOT NULL AND revoked_at IS NULL AND person_id IN (SELECT person_id FROM identities WHERE subject LIKE 'racer-%')`: 1,
	} {
		if got := w.count(sql); got != want {
			t.Errorf("%s: got %d, want %d", sql, got, want)
		}
	}
	w.whole()
}

// S-40, S-48: what ends an invitation ends its token at once, and one page says so of all.
func TestATokenThatIsOverOpensNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, id uuid.UUID){
		"withdrawn": func(w *world, id uuid.UUID) {
			w.must(w.WithdrawInvitation(t.Context(), w.as("anna"), id, press("withdraw")))
		},
		"too old": func(w *world, id uuid.UUID) { w.do(`UPDATE invitations SET ends_at = now() WHERE id = $1`, id) },
		"sent again": func(w *world, id uuid.UUID) {
			w.do(`UPDATE invitations SET sent_at = now() - interval '1 minute' WHERE id = $1`, id)
			w.must(w.ResendInvitation(t.Context(), w.as("anna"), id, press("resend")))
		},
		"of a right whose day has passed": func(w *world, id uuid.UUID) {
			w.do(`UPDATE invitations SET expires_at = now() WHERE id = $1`, id)
		},
		"of an administrator who has left": func(w *world, _ uuid.UUID) {
			w.do(`UPDATE grants SET revoked_at = now() WHERE person_id = $1`, w.person["anna"].ID)
		},
		"used": func(w *world, _ uuid.UUID) {
			_, err := w.OpenAccount(t.Context(), hashOf(w.mailedToken("lotte@new.example")), identity("first"), nowhere)
			w.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, _ := family(t)
			w.t = t
			token, id := w.invite("lotte@new.example")
			end(w, id)
			if _, err := w.InvitationByToken(t.Context(), w.as("lena"), hashOf(token)); !errors.Is(err, licensing.ErrNotFound) {
				t.Errorf("looking at it: got %v, want not found", err)
			}
			if _, err := w.OpenAccount(t.Context(), hashOf(token), identity("late"), nowhere); !errors.Is(err, licensing.ErrNotFound) {
				t.Errorf("opening an account: got %v, want not found", err)
			}
			if err := w.AcceptInvitation(t.Context(), w.as("lena"), hashOf(token), press("accept")); !errors.Is(err, licensing.ErrNotFound) {
				t.Errorf("accepting it: got %v, want not found", err)
			}
			if n := w.count(`SELECT count(*) FROM identities WHERE subject = 'late'`); n != 0 {
				t.Error("an account was opened")
			}
			w.whole()
		})
	}
}

// An account that is there already takes the right, of whatever family; the staff's takes none.
func TestWhoIsSignedInAcceptsAsWhoTheyAre(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	token, id := w.invite("frode.private@new.example")
	sofia := w.agent("sofia")
	if err := w.AcceptInvitation(t.Context(), sofia, hashOf(token), press("accept")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("support accepts: got %v, want forbidden", err)
	}
	if w.entries("invitation.refused", licensing.Refused) != 1 {
		t.Error("support's attempt is not on record")
	}
	if err := w.AcceptInvitation(t.Context(), w.as("anna"), hashOf(token), press("accept")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("anna accepts what she sent: got %v, want forbidden", err)
	}
	once := press("accept")
	for range 2 { // the same post again does nothing
		w.must(w.AcceptInvitation(t.Context(), w.as("frode"), hashOf(token), once))
	}
	if _, err := w.Licence(t.Context(), w.as("frode"), "74120935"); err != nil {
		t.Errorf("frode opens the licence ID: got %v", err)
	}
	if i, err := w.InvitationByToken(t.Context(), w.as("frode"), hashOf(token)); err != nil || i.ID != id || i.AcceptedBy == nil {
		t.Errorf("frode follows the link again: got %+v, %v, want it shown as accepted", i, err)
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1 AND revoked_at IS NULL`, w.person["frode"].ID); n != 2 {
		t.Errorf("frode's rights: got %d, want 2", n)
	}
	w.whole()
}

// S-40: the token opens nothing for whom an issuer vouches that doesn't speak for the family,
// with an account or without; it is still there for who comes with one that does.
func TestAnIssuerOfOtherFamiliesAcceptsNothing(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	token, _ := w.invite("lotte@new.example")
	w.Trust([]licensing.Issuer{{Address: everybodys, All: true}, {Address: kommunes, Roots: []uuid.UUID{w.org[kommune].ID}}})
	if _, err := w.OpenAccount(t.Context(), hashOf(token), licensing.Identity{Issuer: kommunes, Subject: "lotte"}, nowhere); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("an account is opened: got %v, want not found", err)
	}
	frode, err := w.by(kommunes, "frode")
	w.must(err)
	if err := w.AcceptInvitation(t.Context(), frode, hashOf(token), press("accept")); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("frode accepts: got %v, want not found", err)
	}
	if n := w.entries("invitation.refused", licensing.Refused); n != 2 {
		t.Errorf("refusals on record: got %d, want 2", n)
	}
	if n := w.count(`SELECT count(*) FROM identities WHERE issuer = $1`, kommunes); n != 0 {
		t.Errorf("accounts of the issuer: got %d, want none", n)
	}
	_, err = w.OpenAccount(t.Context(), hashOf(token), identity("lotte"), nowhere)
	w.must(err)
	w.whole()
}

// S-45: of a token the database holds its SHA-256, and the mail's row the token sealed.
func TestNoTokenIsInTheDatabase(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	token, id := w.invite("lotte@new.example")
	var rows []byte
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(t.Context(), `SELECT convert_to(string_agg(row::text, ''), 'UTF8') FROM (
	SELECT row_to_json(i) AS row FROM invitations i UNION ALL SELECT row_to_json(m) FROM mails m
	UNION ALL SELECT row_to_json(a) FROM audit a UNION ALL SELECT row_to_json(j) FROM river_job j) x`).Scan(&rows))
	if bytes.Contains(rows, []byte(token)) {
		t.Error("the token is there in clear")
	}
	var hash []byte
	w.must(c.QueryRow(t.Context(), `SELECT token_hash FROM invitations WHERE id = $1`, id).Scan(&hash))
	if !bytes.Equal(hash, hashOf(token)) || len(token) != 43 {
		t.Errorf("a token of %d characters is kept as %x", len(token), hash)
	}
	serve := w.connect(w.db.ServeURL)
	if _, err := serve.Exec(t.Context(), `SELECT token_hash FROM invitations`); err == nil {
		t.Error("the role that serves customers reads hashes")
	}
}

// S-50, S-51: invitations are for who manages what they are to.
func TestWhoSeesInvitations(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	_, id := w.invite("lotte@new.example")
	for name, want := range map[string]string{"anna": "soon", "berit": "soon", "arne": "soon", "kaisa": "n", "lena": "n", "kevin": "n", "frode": "n"} {
		list, err := w.Invitations(t.Context(), w.as(name), "")
		if w.must(err); (len(list) == 1) != (want == "soon") {
			t.Errorf("%s sees %d invitations", name, len(list))
		}
		if got := outcome(w.ResendInvitation(t.Context(), w.as(name), id, press("resend"))); strings.TrimPrefix(got, "invitation.problem.") != want {
			t.Errorf("%s sends it again: got %s, want %s", name, got, want)
		}
		if want == "n" {
			if got := outcome(w.WithdrawInvitation(t.Context(), w.as(name), id, press("withdraw"))); got != "n" {
				t.Errorf("%s withdraws it: got %s, want not found", name, got)
			}
		}
	}
	if got := outcome(w.ResendInvitation(t.Context(), w.agent("sofia"), id, press("resend"))); got != "f" {
		t.Errorf("support sends it again: got %s, want forbidden", got)
	}
	w.must(w.WithdrawInvitation(t.Context(), w.as("arne"), id, press("withdraw")))
	if got := outcome(w.WithdrawInvitation(t.Context(), w.as("anna"), id, press("withdraw"))); got != "c" {
		t.Errorf("withdrawing it a second time: got %s, want a conflict", got)
	}
	w.whole()
}

// S-16: a family sends no more invitations again in a day than go out anew.
func TestHowManyInvitationsAreSentAgain(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	_, id := w.invite("lotte@new.example")
	w.do(`SELECT audit_append($1, NULL, 'anna', '', '', '', 'invitation.resent', NULL, 'invitation/' || $2::text, 'done', '{}') FROM generate_series(1, 199)`,
		w.org[nordvik].RootID, id.String())
	for _, want := range []string{"y", "invitation.problem.many"} {
		w.do(`UPDATE invitations SET sent_at = now() - interval '1 minute' WHERE id = $1`, id)
		if got := outcome(w.ResendInvitation(t.Context(), w.as("anna"), id, press("resend"))); got != want {
			t.Errorf("sending it again: got %s, want %s", got, want)
		}
	}
	w.whole()
}

// S-51: what comes of naming an address doesn't tell whether anybody outside the family has it.
func TestAStrangersAddressIsInvitedLikeNobodys(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	var seen []licensing.InvitationLine
	for _, email := range []string{"frode@demo.example", "nobody@demo.example"} {
		w.invite(email)
	}
	seen, err := w.Invitations(t.Context(), w.as("anna"), "74120935")
	w.must(err)
	for i := range seen {
		seen[i].ID, seen[i].Email, seen[i].Name, seen[i].SentAt, seen[i].EndsAt = uuid.Nil, "", "", time.Time{}, time.Time{}
	}
	if len(seen) != 2 || seen[0].State != seen[1].State || seen[0].Organisation != seen[1].Organisation || seen[0].Role != seen[1].Role {
		t.Errorf("the two invitations differ: %+v", seen)
	}
	mails := w.mails()
	for i := range mails {
		mails[i].Detail.News.Args["Invitation"] = ""
	}
	if mails[0].PersonID != nil || mails[1].PersonID != nil || mails[0].Language != mails[1].Language {
		t.Errorf("the two mails differ: %+v", mails)
	}
	if got := w.notices("frode"); len(got) != 0 {
		t.Errorf("frode's notices: got %+v, want none: the mail says it", got)
	}
	if got := outcome(w.give("anna", "74120935", "", "nobody", licensing.KeyViewer)); got != "invitation.problem.same" {
		t.Errorf("the same invitation again: got %s", got)
	}
}

// A mail that is given up says so of its invitation, unless it was sent again.
func TestAMailThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	_, id := w.invite("lotte@new.example")
	state := func() licensing.InvitationState {
		list, err := w.Invitations(t.Context(), w.as("anna"), "")
		w.must(err)
		return list[0].State
	}
	first := w.mails()[0].ID
	if got := state(); got != licensing.InvitationSent {
		t.Errorf("sent: got %s", got)
	}
	w.must(w.MailFailed(t.Context(), first))
	if got := state(); got != licensing.InvitationFailed {
		t.Errorf("given up: got %s", got)
	}
	w.do(`UPDATE invitations SET sent_at = now() - interval '1 minute' WHERE id = $1`, id)
	w.must(w.ResendInvitation(t.Context(), w.as("anna"), id, press("resend")))
	w.must(w.MailFailed(t.Context(), first))
	if got := state(); got != licensing.InvitationSent {
		t.Errorf("sent again: got %s", got)
	}
	w.do(`UPDATE invitations SET ends_at = now() WHERE id = $1`, id)
	if got := state(); got != licensing.InvitationExpired {
		t.Errorf("after seven days: got %s", got)
	}
}

// S-08: an address is one mailbox in a line.
func TestWhomOneInvites(t *testing.T) {
	t.Parallel()
	for email, good := range map[string]bool{
		"lotte@new.example": true, "lotte+keys@new.example": true, "": false, "lotte": false, "lotte@new.example\r\nBcc: x@y.example": false,
		"Lotte <lotte@new.example>": false, "a@b.example, c@d.example": false, "lotte@new.example\u202e": false, " lotte@new.example": false,
		strings.Repeat("a", 250) + "@b.example": false,
	} {
		if got := licensing.GoodEmail(email); got != good {
			t.Errorf("%q: got %v, want %v", email, got, good)
		}
	}
}
