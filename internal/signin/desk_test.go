package signin_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// notebook keeps what signing in needs kept, for as long as a test runs.
type notebook struct {
	mu         sync.Mutex
	persons    map[licensing.Identity]uuid.UUID // keyed with a nil PersonID
	viewers    map[uuid.UUID]licensing.Viewer
	sessions   map[string]licensing.Session
	log        []string
	invitation []byte // SHA-256 of the token of the one invitation
	touched    int
	read       int
	arrived    []licensing.Arrival
	fails      map[string]error // by method
	logouts    map[string]bool  // providers' words that were taken
}

var kaisa = uuid.MustParse("0198c000-0000-7000-8000-000000000001")

func newNotebook(issuer string) *notebook {
	return &notebook{
		persons:  map[licensing.Identity]uuid.UUID{{Issuer: issuer, Subject: subject}: kaisa},
		viewers:  map[uuid.UUID]licensing.Viewer{kaisa: {PersonID: kaisa, Name: "Kaisa Laine", May: licensing.KeyAdministrator.Permissions()}},
		sessions: map[string]licensing.Session{},
		fails:    map[string]error{},
		logouts:  map[string]bool{},
	}
}

func (n *notebook) PersonByIdentity(_ context.Context, issuer, subject string) (uuid.UUID, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.persons[licensing.Identity{Issuer: issuer, Subject: subject}]
	if !ok {
		return uuid.Nil, licensing.ErrNotFound
	}
	return id, nil
}

func (n *notebook) Arrive(ctx context.Context, a licensing.Arrival, _ licensing.Origin) (uuid.UUID, error) {
	n.mu.Lock()
	n.arrived = append(n.arrived, a)
	n.mu.Unlock()
	return n.PersonByIdentity(ctx, a.Issuer, a.Subject)
}

func (n *notebook) OpenAccount(_ context.Context, invitation []byte, id licensing.Identity, from licensing.Origin) (uuid.UUID, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if string(invitation) != string(n.invitation) || n.invitation == nil {
		return uuid.Nil, licensing.ErrNotFound
	}
	n.invitation = nil
	n.log = append(n.log, "opened "+id.Issuer+" "+id.Subject+" "+from.Address)
	n.persons[id] = kaisa
	return kaisa, nil
}

func (n *notebook) Viewer(_ context.Context, s licensing.Session) (licensing.Viewer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	v, ok := n.viewers[s.PersonID]
	if !ok {
		return licensing.Viewer{}, licensing.ErrNotFound
	}
	v.Issuer, v.Subject = s.Issuer, s.Subject
	return v, n.fails["Viewer"]
}

func (n *notebook) SaveSession(_ context.Context, s licensing.Session) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sessions[string(s.Hash)] = s
	return n.fails["SaveSession"]
}

func (n *notebook) Session(_ context.Context, hash []byte) (licensing.Session, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.read++
	s, ok := n.sessions[string(hash)]
	if !ok {
		return s, licensing.ErrNotFound
	}
	return s, n.fails["Session"]
}

func (n *notebook) SignedIn(ctx context.Context, hash []byte) (licensing.Session, licensing.Viewer, error) {
	s, err := n.Session(ctx, hash)
	if err != nil {
		return s, licensing.Viewer{}, err
	}
	v, err := n.Viewer(ctx, s)
	return s, v, err
}

func (n *notebook) TouchSession(_ context.Context, hash []byte, at time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.touched++
	s := n.sessions[string(hash)]
	s.LastSeen = at
	n.sessions[string(hash)] = s
	return n.fails["TouchSession"]
}

func (n *notebook) EndSession(_ context.Context, hash []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.sessions, string(hash))
	return n.fails["EndSession"]
}

// SignOutByProvider takes each word once.
func (n *notebook) SignOutByProvider(_ context.Context, _ licensing.Origin, l licensing.Logout) (ended [][]byte, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.logouts[l.Issuer+" "+l.ID] {
		return nil, licensing.ErrConflict
	}
	n.logouts[l.Issuer+" "+l.ID] = true
	for hash, s := range n.sessions {
		if s.Issuer == l.Issuer && (l.Subject == "" || l.Subject == s.Subject) && (l.SID == "" || l.SID == s.SID) {
			delete(n.sessions, hash)
			ended = append(ended, []byte(hash))
		}
	}
	return ended, nil
}

func (n *notebook) LinkIdentity(_ context.Context, by licensing.Viewer, id licensing.Identity) error {
	if err := n.note("linked " + id.Subject + " " + by.From.Address); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.fails["LinkIdentity"]; err != nil {
		return err
	}
	n.persons[licensing.Identity{Issuer: id.Issuer, Subject: id.Subject}] = id.PersonID
	return nil
}

func (n *notebook) RecordSignIn(_ context.Context, by licensing.Viewer) error {
	return n.note("in " + by.Name + " " + by.Subject + " " + by.From.Address)
}

func (n *notebook) RecordSignOut(_ context.Context, by licensing.Viewer) error {
	return n.note("out " + by.Name + " " + by.From.Address)
}

func (n *notebook) RecordSignInRefused(_ context.Context, from licensing.Origin, _, subject, reason string) error {
	return n.note("refused " + subject + " " + reason + " " + from.Address)
}

func (n *notebook) note(line string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, line)
	return n.fails["Record"]
}

func (n *notebook) lastNote() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.log) == 0 {
		return ""
	}
	return n.log[len(n.log)-1]
}

// desk is a portal with its provider, and what it takes to sign in there.
type desk struct {
	*clock
	*signin.SignIn
	t        *testing.T
	provider *rogue
	kept     *notebook
}

func newDesk(t *testing.T, change ...func(*signin.Config)) *desk {
	t.Helper()
	d := &desk{t: t, clock: newClock()}
	d.provider = newRogue(t, d.clock.Now)
	d.kept = newNotebook(d.provider.URL)
	d.SignIn = signin.New(d.config(change...), d.kept)
	return d
}

func (d *desk) config(change ...func(*signin.Config)) signin.Config {
	block, err := aes.NewCipher([]byte("sixteen bytes!!!"))
	if err != nil {
		d.t.Fatal(err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		d.t.Fatal(err)
	}
	c := signin.Config{
		Providers: []signin.Provider{{Issuer: d.provider.URL, ClientID: clientID, ClientSecret: "not much of a secret"}},
		BaseURL:   "https://keyhall.example", Now: d.clock.Now, HTTP: d.provider.Client(),
		Seal: func(plain, ad []byte) ([]byte, error) { return seal.Seal(nil, nil, plain, ad), nil },
		Open: func(sealed, ad []byte) ([]byte, error) { return seal.Open(nil, nil, sealed, ad) },
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

var at = licensing.Origin{Address: "192.0.2.7", RequestID: "r-1"}

// browser keeps cookies, as a browser does.
type browser struct {
	*desk
	jar   map[string]*http.Cookie
	agent string
}

func (d *desk) browser() *browser { return &browser{desk: d, jar: map[string]*http.Cookie{}} }

func (b *browser) request(target string) *http.Request {
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, target, nil)
	r.Header.Set("User-Agent", b.agent)
	for _, c := range b.jar {
		r.AddCookie(c)
	}
	return r
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		b.jar[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
}

// begin begins to sign in and returns what the browser is sent to the provider with.
func (b *browser) begin(target string) url.Values {
	b.t.Helper()
	w := httptest.NewRecorder()
	if err := b.Begin(w, b.request(target), "", b.request(target).URL.Query().Get("next")); err != nil {
		b.t.Fatalf("begin: %v", err)
	}
	return b.asked(w)
}

func (b *browser) asked(w *httptest.ResponseRecorder) url.Values {
	b.t.Helper()
	b.take(w)
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		b.t.Fatalf("begin: got %d to %q (%v), want 303 to the provider", w.Code, u, err)
	}
	return u.Query()
}

// comeBack brings the provider's answer.
func (b *browser) comeBack(q url.Values) (string, error) {
	w := httptest.NewRecorder()
	next, err := b.Callback(w, b.request("/signin/callback?"+q.Encode()), at)
	b.take(w)
	return next, err
}

// signIn goes all the way.
func (b *browser) signIn() (string, error) {
	b.t.Helper()
	return b.comeBack(b.provider.authorize(b.begin("/signin?next=/keys%3Ftype=mak")))
}

func (b *browser) mustSignIn() {
	b.t.Helper()
	if next, err := b.signIn(); err != nil || next != "/keys?type=mak" {
		b.t.Fatalf("signing in: got %q, %v, want /keys?type=mak", next, err)
	}
}

// who says who is signed in, "" for nobody.
func (b *browser) who() string {
	b.t.Helper()
	v, err := b.Viewer(b.request("/"))
	if err != nil && !errors.Is(err, licensing.ErrNotFound) {
		b.t.Fatalf("viewer: %v", err)
	}
	return v.Name
}

// wantRefused checks that nobody was signed in, and why.
func (b *browser) wantRefused(err error, reason signin.Reason, check string) {
	b.t.Helper()
	var f *signin.Failure
	if !errors.As(err, &f) {
		b.t.Fatalf("signing in: got %v, want a failure (%s/%s)", err, reason, check)
	}
	if f.Reason != reason || f.Check != check {
		b.t.Errorf("signing in: got %v, want %s/%s", err, reason, check)
	}
	if _, ok := b.jar["__Host-keyhall"]; ok || len(b.kept.sessions) > 0 || b.who() != "" {
		b.t.Errorf("a refused sign-in left a session: cookies %v, %d kept", b.jar, len(b.kept.sessions))
	}
}
