package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-49: an administrator ends the sessions of people whose every right they manage, the
// operator anybody's, and nobody else any. What was refused is on record.
func TestWhoSignsOthersOut(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.staffed()
	w.grantOn("nils", licensing.LicenceReader, "74120935") // all of nils's lies within what arne manages
	w.grant("both", licensing.KeyViewer, suomi)
	w.grant("both", licensing.KeyViewer, kommune)
	for _, c := range []struct{ who, nils, lena, both, anna, sofia, nobody string }{
		{"anna", "y", "y", "people.sessions_elsewhere", "f", "n", "n"},
		{"berit", "y", "y", "people.sessions_elsewhere", "n", "n", "n"},
		{"arne", "y", "n", "n", "n", "n", "n"},
		{"frode", "n", "n", "people.sessions_elsewhere", "n", "n", "n"},
		{"lena", "n", "n", "n", "n", "n", "n"},
		{"sofia", "f", "f", "f", "f", "f", "f"},
		{"olli", "y", "y", "y", "y", "y", "n"},
	} {
		for name, want := range map[string]string{"nils": c.nils, "lena": c.lena, "both": c.both, "anna": c.anna, "sofia": c.sofia, "nobody": c.nobody} {
			person := uuid.New()
			var first, second licensing.Session
			if name != "nobody" {
				person = w.person[name].ID
				first, second = w.sessionOf(name, name+"1"+c.who), w.sessionOf(name, name+"2"+c.who)
			}
			ended, err := w.SignOutPerson(t.Context(), w.as(c.who), person, press("/people/:id/sessions/end"))
			if got := outcome(err); got != want {
				t.Errorf("%s signs %s out: got %s, want %s", c.who, name, got, want)
			}
			if name == "nobody" {
				continue
			}
			if gone := !w.goesOn(first) && !w.goesOn(second); gone != (want == "y") || (len(ended) >= 2) != gone {
				t.Errorf("%s signs %s out: sessions gone is %v, %d hashes returned", c.who, name, gone, len(ended))
			}
		}
	}
	for outcome, want := range map[licensing.Outcome]int64{licensing.Done: 5 + 2*1 + 2 + 2 + 1, licensing.Refused: 4} {
		if n := w.entries("person.signed_out", outcome); n < want {
			t.Errorf("entries %s: got %d, want %d", outcome, n, want)
		}
	}
	w.whole()
}

// Whoever is signed out by somebody else is told, whatever mail they refused.
func TestWhoIsSignedOutIsTold(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.staffed()
	w.session("anna's")
	for _, g := range licensing.MailGroups() {
		w.must(w.RefuseMail(t.Context(), w.as("anna"), []licensing.MailGroup{g}, press("mail")))
	}
	w.must(w.RefuseMail(t.Context(), w.as("anna"), licensing.MailGroups(), press("mail")))
	once := press("/people/:id/sessions/end")
	for range 2 {
		_, err := w.SignOutPerson(t.Context(), w.as("olli"), w.person["anna"].ID, once)
		w.must(err)
	}
	if got := w.notices("anna"); len(got) != 1 || got[0].News.Kind != licensing.SessionsEnded || got[0].News.Args["Actor"] != "olli" {
		t.Errorf("anna's notices: got %+v, want one", got)
	}
	if got := w.mails(); len(got) != 1 || got[0].Address != "anna@demo.example" {
		t.Errorf("mails: got %+v, want one to anna", got)
	}
	w.must(w.TellNews(t.Context(), w.as("frode"), w.person["anna"].ID, licensing.News{Kind: licensing.RightEnded, RootID: w.org[kommune].RootID}))
	if got := w.mails(); len(got) != 1 {
		t.Errorf("mails after news of a group that anna refused: got %d, want no more", len(got))
	}
}

// The operator sees who is signed in, and nobody else does.
func TestTheOperatorSeesEverySession(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.staffed()
	w.session("anna's")
	w.sessionOf("sofia", "sofia's")
	w.do(`UPDATE sessions SET last_seen = now() - interval '20 minutes'`)
	f := licensing.SessionFilter{Since: time.Now().Add(-31 * time.Minute), StaffSince: time.Now().Add(-16 * time.Minute)}
	list, next, err := w.EverySession(t.Context(), w.as("olli"), f)
	if err != nil || next != "" || len(list) != 1 || list[0].Name != "anna" || list[0].Hash != nil || list[0].IDToken != nil {
		t.Errorf("every session: got %+v, %v, want anna's without what opens it, and not sofia's, who is idle", list, err)
	}
	f.Query = "nobody"
	if list, _, err := w.EverySession(t.Context(), w.as("olli"), f); err != nil || len(list) != 0 {
		t.Errorf("sessions of nobody: got %+v, %v", list, err)
	}
	for _, name := range []string{"anna", "sofia"} {
		if _, _, err := w.EverySession(t.Context(), w.as(name), f); outcome(err) != "f" {
			t.Errorf("%s lists every session: got %v, want forbidden", name, err)
		}
	}
}
