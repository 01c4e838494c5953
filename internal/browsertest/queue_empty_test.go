package browsertest_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Who has answered everything is told so, and that more will come by itself.
func TestAnEmptyQueueSaysSo(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	answerAll(t, p, "samuel@support.example")
	for _, lang := range languages() {
		b := open(t, p, lang)
		b.signIn("samuel@support.example")
		b.visit("/support", 200)
		b.sees(b.says("support.none"), b.says("support.none_hint"))
		b.inspect("queue-empty")
		b.visit("/licences/84410026", 403) // nothing open there is a reason to look
		b.inspect("visit-reason")
	}
}

// answerAll lets an agent reject everything that is open.
func answerAll(t *testing.T, p *browsertest.Portal, email string) {
	t.Helper()
	ctx, s := t.Context(), licensing.Session{Issuer: p.URL + "/demo-idp", Subject: demoidp.Account{Email: email}.Subject()}
	var err error
	if s.PersonID, err = p.Store.PersonByIdentity(ctx, s.Issuer, s.Subject); err != nil {
		t.Fatal(err)
	}
	agent, err := p.Store.Viewer(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.Store.Requests(ctx, agent, licensing.RequestFilter{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all.Rows {
		key := fmt.Sprintf("reject-%d", r.ID)
		err := p.Store.RejectRequest(ctx, agent, r.ID,
			licensing.Decision{Version: r.Version, Code: "other", Message: "Ask again.", At: time.Now()},
			licensing.Once{Route: "/requests/:id/rejection", Key: key, Body: sha256.Sum256([]byte(key))})
		if err != nil {
			t.Fatalf("reject %s: %v", r.Number(), err)
		}
	}
}
