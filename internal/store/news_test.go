package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestNewsReachWhomTheyConcern(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.licence["74120935"].RootID
	n := licensing.News{Kind: licensing.RightEnded, RootID: root, Path: "/people", Args: map[string]string{"Place": "74120935"}}
	w.must(w.TellNews(t.Context(), w.as("anna"), w.person["frode"].ID, n)) // who has no right there, or none left
	w.must(w.TellNews(t.Context(), w.as("anna"), w.person["anna"].ID, n))  // who did it
	got := w.notices("frode")
	if len(got) != 1 || got[0].News == nil || got[0].News.Kind != n.Kind || got[0].News.Args["Place"] != "74120935" || got[0].RequestID != nil {
		t.Fatalf("frode's notices: got %+v, want the news alone", got)
	}
	for _, name := range []string{"anna", "lena"} {
		if got := w.notices(name); len(got) != 0 {
			t.Errorf("%s's notices: got %+v, want none", name, got)
		}
	}
	if mails := w.mails(); len(mails) != 1 || mails[0].PersonID == nil || *mails[0].PersonID != w.person["frode"].ID || mails[0].Detail.News == nil {
		t.Errorf("mails: got %+v, want one to frode", mails)
	}
}

// S-45, S-57: a one-time path is in the mail and, until it has gone, sealed in its row.
func TestASecretPathIsSealedUntilTheMailHasGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := licensing.News{Kind: licensing.RightGiven, RootID: w.licence["74120935"].RootID, Secret: "/once/open-sesame"}
	w.must(w.WriteTo(t.Context(), w.as("anna"), licensing.Addressee{Address: "new@demo.example", Name: "New"}, n))
	mails := w.mails()
	if len(mails) != 1 || mails[0].Detail.News.Secret != n.Secret || mails[0].PersonID != nil || mails[0].Language != "en" {
		t.Fatalf("mails: got %+v, want one with its path", mails)
	}
	var row []byte
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(t.Context(), `SELECT convert_to(row_to_json(m)::text, 'UTF8') || secret FROM mails m`).Scan(&row))
	if bytes.Contains(row, []byte("sesame")) {
		t.Errorf("the row holds the path in clear: %q", row)
	}
	w.must(w.MailSent(t.Context(), mails[0].ID, time.Now()))
	if got := w.count(`SELECT count(*) FROM mails WHERE secret IS NOT NULL`); got != 0 {
		t.Errorf("secrets of mails that have gone: got %d, want none", got)
	}
}
