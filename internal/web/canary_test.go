package web_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

// canary makes a product key that nobody else has: visibly fake, and found again by chance
// nowhere.
func canary() string {
	const signs = "23456789BCDFGHJKMPQRTVWXY"
	random := make([]byte, 20)
	_, _ = rand.Read(random)
	key := []byte("DEMO4")
	for i, r := range random {
		if i%5 == 0 {
			key = append(key, '-')
		}
		key = append(key, signs[int(r)%len(signs)])
	}
	return string(key)
}

// disguises are the forms in which a key may lie somewhere, in small letters.
func disguises(key string) map[string][]byte {
	forms := map[string][]byte{}
	for name, one := range map[string]string{"": key, "without hyphens, ": strings.ReplaceAll(key, "-", "")} {
		backwards := []byte(one)
		slices.Reverse(backwards)
		wide := []byte{}
		for _, u := range utf16.Encode([]rune(one)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		forms[name+"in clear"] = []byte(one)
		forms[name+"reversed"] = backwards
		forms[name+"in UTF-16"] = wide
		forms[name+"in hex"] = []byte(hex.EncodeToString([]byte(one)))
		forms[name+"in hex of UTF-16"] = []byte(hex.EncodeToString(wide))
		for shift := range 3 {
			// What surrounds it shifts how it looks in base64; the ends are the neighbours'.
			text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), one...))
			forms[name+"in base64, "+string(rune('0'+shift))] = []byte(text[4 : len(text)-4])
		}
	}
	forms["with spaces"] = []byte(strings.ReplaceAll(key, "-", " "))
	forms["URL-encoded"] = []byte(strings.ReplaceAll(key, "-", "%2D"))
	for name, form := range forms {
		if !strings.Contains(name, "base64") {
			forms[name] = bytes.ToLower(form)
		}
	}
	return forms
}

// packed lists where something compressed may begin.
func packed(text []byte) (at []int) {
	for i := range len(text) - 1 {
		gzipped := text[i] == 0x1f && text[i+1] == 0x8b
		if gzipped || text[i] == 0x78 && (text[i+1] == 0x01 || text[i+1] == 0x5e || text[i+1] == 0x9c || text[i+1] == 0xda) {
			at = append(at, i)
		}
	}
	return at
}

// hexed finds bytes as PostgreSQL writes them.
var hexed = regexp.MustCompile(`\\x([0-9a-f]{20,})`)

// leaks names the forms of keys that a text holds, within what is compressed in it too.
func leaks(text []byte, keys ...string) (found []string) {
	lower := bytes.ToLower(text)
	for _, key := range keys {
		for name, form := range disguises(key) {
			in := lower
			if strings.Contains(name, "base64") {
				in = text
			}
			if at := bytes.Index(in, form); at >= 0 {
				found = append(found, name+": "+string(bytes.ToValidUTF8(text[max(0, at-150):at], nil)))
			}
		}
	}
	for _, at := range packed(text) {
		for _, open := range []func(io.Reader) (io.Reader, error){
			func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
		} {
			r, err := open(bytes.NewReader(text[at:]))
			if err != nil {
				continue
			}
			inner, _ := io.ReadAll(io.LimitReader(r, 1<<20)) // what follows it makes no difference
			for _, f := range leaks(inner, keys...) {
				found = append(found, "compressed, "+f)
			}
		}
	}
	for _, m := range hexed.FindAllSubmatch(text, -1) {
		if inner, err := hex.DecodeString(string(m[1][:len(m[1])&^1])); err == nil && len(packed(inner)) > 0 {
			for _, f := range leaks(inner, keys...) {
				found = append(found, "as bytes, "+f)
			}
		}
	}
	return found
}

// S-59: the scanner finds a key in whatever form it may lie somewhere.
func TestAPlantedKeyIsFound(t *testing.T) {
	t.Parallel()
	key := canary()
	pack := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, "some text, and "+text)
		_ = w.Close()
		return b.Bytes()
	}
	for name, planted := range map[string][]byte{
		"in clear": []byte("error: " + key + "."), "small letters": []byte(strings.ToLower(key)), "one piece": []byte(strings.ReplaceAll(key, "-", "")),
		"in a URL": []byte("/search?q=" + strings.ReplaceAll(key, "-", "%2d")), "hex": []byte(`\\x00` + strings.ToUpper(hex.EncodeToString([]byte(key)))),
		"base64 in a line":     []byte(base64.StdEncoding.EncodeToString([]byte(`{"key":"` + key + `"}`))),
		"base64 by two":        []byte(base64.URLEncoding.EncodeToString([]byte("ab" + key + "cd"))),
		"compressed":           append([]byte("log\n"), pack(key)...),
		"compressed, as bytes": []byte(`1	\\x` + hex.EncodeToString(pack(key)) + "	2"),
	} {
		if len(leaks(planted, key)) == 0 {
			t.Errorf("%s: the key was not found in %q", name, planted)
		}
		if got := leaks(planted, canary()); len(got) != 0 {
			t.Errorf("%s: another key was found: %q", name, got)
		}
	}
}

// notebook keeps what is written to it.
type notebook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notebook) bytes() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return bytes.Clone(n.b.Bytes())
}

// addresses notes where a browser is sent, and what comes before a page.
type addresses struct {
	http.RoundTripper
	notes *notebook
}

func (a addresses) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.RoundTripper.RoundTrip(r)
	if err == nil {
		_ = answer.Header.Write(a.notes)
	}
	return answer, err
}

// serverLog is how long PostgreSQL's log is, and what it says from there on.
func serverLog(t *testing.T, p *browsertest.Portal, from int64) []byte {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	var data string
	if err := c.QueryRow(t.Context(), `SHOW data_directory`).Scan(&data); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(data), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	return text[min(from, int64(len(text))):]
}

// dump is the whole database as text.
func dump(t *testing.T, p *browsertest.Portal) []byte {
	t.Helper()
	var complaints bytes.Buffer
	c := exec.CommandContext(t.Context(), "pg_dump", "--dbname", p.DB.SuperURL)
	c.Stderr = &complaints
	text, err := c.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, &complaints)
	}
	return text
}

// S-59: keys that went through everything that people do with them lie nowhere
// afterwards but sealed: in no log, mail, address, audit entry, nor the database.
func TestNoKeyIsLeftAnywhere(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pg_dump"); err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	d := newDesk(t)
	said := &notebook{}
	d.p.Server.Log = slog.New(slog.NewJSONHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	signIn := func(email string) *browsertest.Client {
		c := d.p.SignIn(t, email)
		c.Transport = addresses{http.DefaultTransport, said}
		return c
	}
	before := int64(len(serverLog(t, d.p, 0)))
	keys := handle(t, d, signIn)
	time.Sleep(time.Second) // jobs that were ordered: mails
	var entries bytes.Buffer
	err := d.p.Store.Stream(t.Context(), time.Time{}, false, func(l licensing.Link) error {
		line, err := witness.LineOf(l)
		entries.Write(line.Text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string][]byte{
		"the portal's log and headers": said.bytes(), "the audit log": entries.Bytes(), "PostgreSQL's log": serverLog(t, d.p, before),
		"the mails": []byte(body(t, d.Get("/outbox"))), "the database": dump(t, d.p),
		"the audit file": []byte(body(t, d.Get("/audit.tsv"))),
	} {
		if len(text) == 0 && where != "PostgreSQL's log" {
			t.Errorf("%s: is empty", where)
		}
		for _, l := range leaks(text, keys...) {
			t.Errorf("%s holds a key: %s", where, l)
		}
	}
	plant(t, d.p, keys[0])
	if len(leaks(dump(t, d.p), keys...)) == 0 {
		t.Error("a key that was planted in the database is not found in its dump")
	}
}

func plant(t *testing.T, p *browsertest.Portal, key string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), `UPDATE sessions SET agent = encode(convert_to($1, 'UTF8'), 'base64')`, "x"+key); err != nil {
		t.Fatal(err)
	}
}

// handle takes keys through all that is done with them, and returns them.
func handle(t *testing.T, d *desk, signIn func(string) *browsertest.Client) []string {
	t.Helper()
	stored, stored2, wrong, pasted, searched := canary(), canary(), canary(), canary(), canary()
	row := func(key, product, rest string) string {
		return "74120935\tEnterprise Agreement\tNordvik Suomi Oy\t" + product + "\t" + key + "\t" + rest + "\n"
	}
	file2 := importHead + row(stored, "Office LTSC 2024 Professional Plus", "MAK\t5/250") + row(stored2, "Windows Server 2025 Standard", "VL Key\t0/0")
	page, path := d.sent(d.send("canary.tsv", []byte(file2)))
	d.sent(d.press(page, path+"/apply"))
	_, path = d.sent(d.send("wrong.tsv", []byte(importHead+row(wrong, "=No such product", "MAK\tfive")+row(pasted[:23], wrong, "MAK\t1/2"))))
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
	written := 0
	for _, c := range []*browsertest.Client{signIn("anna@nordvik.example"), signIn("gast@nordvik.example"), lena, support, d.Client} {
		written += scribble(t, d.p, c, pasted)
	}
	if written < 10 {
		t.Errorf("a key was written into %d forms, want more: the sweep proves little", written)
	}
	return []string{stored, stored2, wrong, pasted, searched}
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

// scribble writes a key into every field for text of every form that somebody is shown on
// a page without an id in its address, and counts the forms: those to come among them.
func scribble(t *testing.T, p *browsertest.Portal, c *browsertest.Client, key string) (forms int) {
	t.Helper()
	for _, r := range p.Server.Routes() {
		path := strings.ReplaceAll(r.Path, ":number", "74120935")
		if r.Method != http.MethodGet || strings.Contains(path, ":") || strings.Contains(path, ".") || strings.HasPrefix(path, "/sign") {
			continue
		}
		answer := c.Get(path)
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, f := range all(dom(t, answer), "form") {
			if !strings.EqualFold(attr(f, "method"), "post") || attr(f, "enctype") != "" {
				continue
			}
			for _, addressee := range []string{"lotte@nordvik.example", key + "@nordvik.example"} {
				fields := fill(f)
				if fields.Has("once") {
					fields.Set("once", strings.ToLower(rand.Text()))
				}
				if writeIn(f, fields, key, addressee) == 0 {
					continue
				}
				forms++
				if got := c.Post(attr(f, "action"), fields).StatusCode; got >= 500 {
					t.Errorf("a key in the form to %s: got %d", attr(f, "action"), got)
				}
			}
		}
	}
	return forms
}

// writeIn writes a text into the fields for one, and chooses the last of what is to be
// chosen; an address has to be one, or the rest would not be looked at.
func writeIn(f *html.Node, fields url.Values, text, addressee string) (n int) {
	for _, s := range all(f, "select") {
		for _, o := range all(s, "option") {
			fields.Set(attr(s, "name"), attr(o, "value"))
		}
	}
	for _, i := range append(all(f, "input"), all(f, "textarea")...) {
		switch attr(i, "type") {
		case "", "text", "search":
			fields.Set(attr(i, "name"), text)
			n++
		case "email":
			fields.Set(attr(i, "name"), addressee)
		}
	}
	return n
}
