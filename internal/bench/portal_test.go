package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/pgtest"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// measured is a portal over a small data set, in this process, whose questions to the
// database are heard.
type measured struct {
	*store.Store
	world
	db     *pgtest.DB
	vault  *vault.Vault
	heard  *recorder
	config childConfig
	pages  http.Handler
}

const readersToken = "a-token-of-the-reader"

func newMeasured(t testing.TB, scale float64) *measured {
	t.Helper()
	m := &measured{world: newWorld(scale), db: pgtest.New(t), heard: &recorder{}}
	dir := t.TempDir()
	m.config = childConfig{
		ServeURL: m.db.ServeURL, SuperURL: m.db.SuperURL, Issuer: "https://signin.bench.example",
		Keyset: dir + "/keyset", KEK: dir + "/kek", Tokens: []string{readersToken},
	}
	must(t, vault.CreateFiles(m.config.Keyset, m.config.KEK))
	var err error
	m.vault, err = vault.LoadFiles(m.config.Keyset, m.config.KEK)
	must(t, err)
	must(t, load(t.Context(), m.db.SuperURL, m.world, m.vault))
	must(t, plantSessions(t.Context(), m.db.SuperURL, m.config.Issuer, []uuid.UUID{personID(reader)}, m.config.Tokens))
	m.Store, err = store.Open(t.Context(), m.db.ServeURL, m.vault, m.heard)
	must(t, err)
	t.Cleanup(m.Close)
	m.pages = portalHandler(m.Store, m.vault, m.config.Issuer, "http://127.0.0.1")
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get fetches a page as the reader.
func get(t testing.TB, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, nil)
	r.AddCookie(&http.Cookie{Name: cookie, Value: readersToken})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (m *measured) viewer(t testing.TB, person int) licensing.Viewer {
	t.Helper()
	v, err := m.Viewer(context.WithoutCancel(t.Context()), licensing.Session{PersonID: personID(person)})
	must(t, err)
	return v
}

// What the portal is measured against draws what the portal draws.
func TestLimitDrawsThePortalsPages(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, 0.05)
	for _, role := range []string{roleLimit, roleOpen} {
		m.config.Role = role
		l, err := newLimit(t.Context(), m.config, m.vault)
		must(t, err)
		t.Cleanup(l.pool.Close)
		for _, path := range []string{"/licences/" + number(0) + "/keys", "/licences/" + number(33) + "/keys", "/licences?after=~" + number(20)} {
			portal, limit := get(t, m.pages, path), get(t, l, path)
			if portal.Code != http.StatusOK || limit.Code != http.StatusOK {
				t.Fatalf("%s, %s: got %d and %d: %s", role, path, portal.Code, limit.Code, limit.Body)
			}
			if err := same(portal.Body.Bytes(), limit.Body.Bytes()); err != nil {
				t.Errorf("%s, %s: %v", role, path, err)
			}
		}
	}
}

// The counters of the data set are those that the store would have kept.
func TestDataSetIsSound(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, 0.02)
	wrong, err := m.VerifyCounters(t.Context())
	if err != nil || wrong != 0 {
		t.Errorf("counters of licence IDs that do not fit: got %d, %v, want 0", wrong, err)
	}
	if w := newWorld(1); w.licences != 33_334 || w.keys() != 1_000_020 {
		t.Errorf("the whole data set: got %d licence IDs, %d keys, want 33334 and 1000020", w.licences, w.keys())
	}
}

// The table says noisy where the limit was, and short only where it can tell.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		met    bool
		spread float64
		want   Verdict
	}{
		{"a goal that was met", true, 0.1, Pass},
		{"a goal that was missed", false, 0.1, Short},
		{"a goal that was met by a noisy limit", true, 0.3, Noisy},
		{"a goal that was missed by a noisy limit", false, 0.3, Noisy},
	} {
		var r Result
		if r.judge(c.met, c.spread); r.Verdict != c.want {
			t.Errorf("%s: got %s, want %s", c.name, r.Verdict, c.want)
		}
	}
}
