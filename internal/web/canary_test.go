package web_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/canary"
	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

// addresses notes where a browser is sent, and what comes before a page.
type addresses struct {
	http.RoundTripper
	notes *canary.Notebook
}

func (a addresses) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.RoundTripper.RoundTrip(r)
	if err == nil {
		_ = answer.Header.Write(a.notes)
	}
	return answer, err
}

// S-59: keys that went through everything that people do with them lie nowhere
// afterwards but sealed: in no log, mail, page, address, audit entry, nor the database.
func TestNoKeyIsLeftAnywhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	said, super := &canary.Notebook{}, d.p.DB.SuperURL
	d.p.Server.Log = slog.New(slog.NewJSONHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	signIn := func(email string) *browsertest.Client {
		c := d.p.SignIn(t, email)
		c.Transport = addresses{http.DefaultTransport, said}
		return c
	}
	before := len(canary.ServerLog(t, super, 0))
	keys, people := handle(t, d, signIn)
	for c := newCensus(t, d.p); c.texts(`SELECT count(*)::text FROM river_job WHERE state IN ('available', 'running')`)[0] != "0"; {
		time.Sleep(50 * time.Millisecond) // mails that were ordered are on their way
	}
	var entries, pages bytes.Buffer
	err := d.p.Store.Stream(t.Context(), time.Time{}, false, func(l licensing.Link) error {
		line, err := witness.LineOf(l)
		entries.Write(line.Text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"anna@nordvik.example", "kaisa@nordvik.example", "lena@nordvik.example", sofia, "olli@operator.example"} {
		walk(t, d.p, people[who], func(_ string, page *html.Node) {
			_ = html.Render(&pages, page) // a buffer takes everything
		})
	}
	canary.Sweep(t, map[string][]byte{
		"the portal's log and headers": said.Bytes(), "the audit log": entries.Bytes(), "a page": pages.Bytes(),
		"PostgreSQL's log": append(canary.ServerLog(t, super, before), "its end"...),
		"the outbox":       []byte(body(t, d.Get("/outbox"))), "the database": canary.Dump(t, super),
		"the operator's audit file": []byte(body(t, d.Get("/audit.tsv"))), "the operator's audit workbook": []byte(body(t, d.Get("/audit.xlsx"))),
		"a customer's audit file":     []byte(body(t, people["anna@nordvik.example"].Get("/audit.tsv"))),
		"a customer's audit workbook": []byte(body(t, people["anna@nordvik.example"].Get("/audit.xlsx"))),
	}, keys...)
	canary.Do(t, super, `UPDATE sessions SET agent = encode(convert_to($1, 'UTF8'), 'base64')`, "x"+keys[0])
	if len(canary.Leaks(canary.Dump(t, super), keys...)) == 0 {
		t.Error("a key that was planted in the database is not found in its dump")
	}
}

// handle takes keys through all that is done with them, and returns them and the browsers
// of whoever did it.
func handle(t *testing.T, d *desk, signIn func(string) *browsertest.Client) (keys []string, people map[string]*browsertest.Client) {
	t.Helper()
	stored, stored2, wrong, pasted, searched := canary.New(), canary.New(), canary.New(), canary.New(), canary.New()
	row := func(key, product, rest string) string {
		return "74120935\tEnterprise Agreement\tNordvik Suomi Oy\t" + product + "\t" + key + "\t" + rest + "\n"
	}
	file2 := importHead + row(stored, "Office LTSC 2024 Professional Plus", "MAK\t5/250") + row(stored2, "Windows Server 2025 Standard", "VL Key\t0/0")
	page, path := d.sent(d.send("canary.tsv", []byte(file2)))
	d.sent(d.press(page, path+"/apply"))
	_, path = d.sent(d.send("wrong_"+wrong+".tsv", []byte(importHead+row(wrong, "=No such product", "MAK\tfive")+row(pasted[:23], wrong, "MAK\t1/2"))))
	d.Get(path)
	d.Get(path + "/rejects.tsv")

	kaisa, support, lena := signIn("kaisa@nordvik.example"), signIn(sofia), signIn("lena@nordvik.example")
	seen := 0
	for _, key := range []string{stored, stored2} {
		to := kaisa.Post("/search", url.Values{"q": {key}}).Header.Get("Location")
		for _, purpose := range []string{"", "copy"} {
			if strings.Contains(body(t, kaisa.Post(to+"/reveal", url.Values{"purpose": {purpose}})), key) {
				seen++
			}
		}
		lena.Post(to+"/reveal", nil)
	}
	for _, file := range []string{"/licences/74120935/keys.tsv", "/keys.tsv?columns=9&headings=fi", "/keys.tsv?ext=csv"} {
		if strings.Contains(body(t, kaisa.Get(file)), stored) {
			seen++
		}
	}
	body(t, kaisa.Get("/keys.xlsx"))
	if seen != 7 {
		t.Errorf("keys were seen %d times, want 7: the sweep proves nothing", seen)
	}
	for _, q := range []string{searched, strings.ToLower(searched), strings.ReplaceAll(searched, "-", ""), " " + stored + " ", "key " + searched} {
		kaisa.Post("/search", url.Values{"q": {q}})
		support.Post("/search", url.Values{"q": {q}})
	}
	for _, path := range []string{"/keys/" + searched, "/licences/" + searched, "/licences?q=" + searched, "/keys?last5=" + searched, "/" + searched, "/keys/" + searched + "%00"} {
		kaisa.Get(path)
	}
	asks(t, kaisa, support, pasted)
	passOn(t, d.p, kaisa, signIn("kevin@nordvik.example"), stored)
	path = kaisa.Post("/search", url.Values{"q": {stored2}}).Header.Get("Location")
	if got := sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/compromise"), "reason", "It stood on a wall.").StatusCode; got != http.StatusSeeOther {
		t.Errorf("a key is not marked: got %d", got)
	}
	people = map[string]*browsertest.Client{"kaisa@nordvik.example": kaisa, sofia: support, "lena@nordvik.example": lena, "olli@operator.example": d.Client}
	for _, a := range demo.Accounts() {
		if people[a.Email] == nil {
			people[a.Email] = signIn(a.Email)
		}
	}
	scribbled(t, d.p, people, pasted)
	return []string{stored, stored2, wrong, pasted, searched}, people
}

// passOn hands a key over to a colleague, who reads it.
func passOn(t *testing.T, p *browsertest.Portal, from, to *browsertest.Client, key string) {
	t.Helper()
	path := from.Post("/search", url.Values{"q": {key}}).Header.Get("Location")
	given := sendWith(from, formTo(t, dom(t, from.Get(path)), path+"/handover"), "email", "kevin@nordvik.example")
	to.Get(handoverLink(t, p))
	if shown := body(t, to.Post("/handover/reveal", nil)); given.StatusCode != http.StatusSeeOther || !strings.Contains(shown, key) {
		t.Errorf("the key that was handed over is not shown: %d", given.StatusCode)
	}
	body(t, from.Get(path))
}

// asks writes a key wherever one may write about a request. Most of it is refused, which
// says nothing of where it lies then.
func asks(t *testing.T, customer, support *browsertest.Client, key string) {
	t.Helper()
	for _, reason := range []string{key, "Our key " + key + " is used up.", strings.ReplaceAll(key, "-", ""), strings.ToLower(key), strings.ReplaceAll(key, "-", " ")} {
		for _, form := range []url.Values{moreActivations("7"), anything()} {
			form.Set("reason", reason)
			form.Set("once", rand.Text())
			form.Set("confirm_duplicate", "1")
			customer.Post("/requests", form)
		}
	}
	one, two := file(t, customer, moreActivations("7")), file(t, customer, moreActivations("8"))
	decide(t, support, one, "notes", "text", "They have "+key)
	decide(t, support, one, "question", "message", "Is it "+key+"?")
	mustDecide(t, support, one, "question", "message", "Which one is it?")
	decide(t, customer, one, "answer", "message", "It is "+strings.ToLower(key))
	mustDecide(t, customer, one, "answer", "message", "It is the one in the office.")
	decide(t, support, one, "approval", "quantity", "7", "message", "More for "+key)
	decide(t, support, two, "rejection", "reason", key, "message", "Not "+key)
	decide(t, support, two, "rejection", "reason_code", key, "quantity", key)
	bad := moreActivations(key)
	bad.Set("last5", key)
	bad.Set("agreement", key)
	bad.Set("once", rand.Text())
	customer.Post("/requests", bad)
	customer.Post("/requests", url.Values{"kind": {key}, "once": {key}})
}
