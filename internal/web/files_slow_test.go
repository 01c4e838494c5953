package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/canary"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// dawdling is a reader who always takes a little more, and a long while for it.
type dawdling struct {
	http.ResponseWriter
	until time.Time
}

func (d *dawdling) SetWriteDeadline(t time.Time) error { d.until = t; return nil }

func (d *dawdling) Write(p []byte) (int, error) {
	taken := time.Now().Add(700 * time.Millisecond)
	if taken.After(d.until) {
		time.Sleep(time.Until(d.until))
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(time.Until(taken))
	return d.ResponseWriter.Write(p)
}

// large gives a licence ID so many keys more that its file doesn't leave at once.
func large(t *testing.T, p *browsertest.Portal, number string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	like := licensing.Key{Type: licensing.MAK, Used: 1, Total: 50}
	const some = `SELECT k.root_id, k.licence_id, k.product_id FROM keys k JOIN licences l ON l.id = k.licence_id WHERE l.number = $1 AND k.type = 'MAK' LIMIT 1`
	if err := c.QueryRow(t.Context(), some, number).Scan(&like.RootID, &like.LicenceID, &like.ProductID); err != nil {
		t.Fatal(err)
	}
	var keys []licensing.NewKey
	for range 3000 {
		like.ID = uuid.Must(uuid.NewV7())
		keys = append(keys, licensing.NewKey{Key: like, Secret: licensing.NewSecret(canary.New())})
	}
	if err := p.Store.AddKeys(t.Context(), store.AtCommandLine("test"), keys); err != nil {
		t.Fatal(err)
	}
}

// R12: who takes a file too slowly is cut off when a file's time is over, as the ledger
// says, and the connections that waited for them serve others.
func TestASlowReaderOfAFileIsCutOff(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	large(t, p, "74120935")
	const path = "/licences/74120935/keys.tsv"
	kaisa, anna := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "anna@nordvik.example")
	ledger := func(state string) int { return strings.Count(text(dom(t, kaisa.Get("/downloads"))), state) }
	whole, broken := ledger("Complete"), ledger("Broken off")
	p.Server.FileTime = time.Second
	var wg sync.WaitGroup
	for range 6 { // more than there are connections for files
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil && v != http.ErrAbortHandler {
					t.Errorf("a slow reader: %v", v)
				}
			}()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for _, cookie := range kaisa.Jar.Cookies(r.URL) {
				r.AddCookie(cookie)
			}
			p.Server.Handler().ServeHTTP(&dawdling{ResponseWriter: httptest.NewRecorder()}, r)
		})
	}
	wg.Wait()
	p.Server.FileTime = 0
	if answer := anna.Get(path); answer.StatusCode != http.StatusOK || len(body(t, answer)) < 200_000 {
		t.Errorf("the next file: got %d, want all of it", answer.StatusCode)
	}
	if more := ledger("Broken off") - broken; more < 1 || ledger("Complete") != whole {
		t.Errorf("the ledger has %d files more that were broken off, and %d whole ones, want some and none", more, ledger("Complete")-whole)
	}
}
