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
// says.
func TestASlowReaderOfAFileIsCutOff(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	large(t, p, "74120935")
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	whole, broken := ledger(t, kaisa)
	p.Server.FileTime = time.Second
	readers(t, p, kaisa, func() (http.ResponseWriter, <-chan struct{}) {
		return &dawdling{ResponseWriter: httptest.NewRecorder()}, nil
	}).Wait()
	if now, cut := ledger(t, kaisa); cut != broken+manyReaders || now != whole {
		t.Errorf("the ledger has %d files more that were broken off, and %d whole ones, want all and none", cut-broken, now-whole)
	}
}

// R12: however many readers take their time, the connections for files serve others; and
// in the end they have all of it.
func TestASlowReaderHoldsNoConnection(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	large(t, p, "74120935")
	kaisa, anna := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "anna@nordvik.example")
	whole, _ := ledger(t, kaisa)
	reads := make(chan struct{})
	var files []*httptest.ResponseRecorder
	waiting := readers(t, p, kaisa, func() (http.ResponseWriter, <-chan struct{}) {
		f, began := httptest.NewRecorder(), make(chan struct{})
		files = append(files, f)
		return &waiting{ResponseWriter: f, reads: reads, began: began}, began
	})
	answer := anna.Get(slowFile)
	want := body(t, answer)
	if answer.StatusCode != http.StatusOK || len(want) < 200_000 {
		t.Errorf("a file meanwhile: got %d, want all of it", answer.StatusCode)
	}
	if now, _ := ledger(t, kaisa); now != whole {
		t.Errorf("the ledger has %d files more, before they had left", now-whole)
	}
	close(reads)
	waiting.Wait()
	for _, f := range files {
		if f.Body.String() != want {
			t.Errorf("a file in the end: got %d bytes, want %d, or others", f.Body.Len(), len(want))
		}
	}
	if now, _ := ledger(t, kaisa); now != whole+manyReaders {
		t.Errorf("the ledger has %d files more in the end, want %d", now-whole, manyReaders)
	}
}

const (
	slowFile    = "/licences/74120935/keys.tsv"
	manyReaders = 6 // more than there are connections for files
)

// ledger counts somebody's key files that left as a whole, and those that were broken off.
func ledger(t *testing.T, b *browsertest.Client) (whole, broken int) {
	t.Helper()
	page := text(dom(t, b.Get("/downloads")))
	return strings.Count(page, "Complete"), strings.Count(page, "Broken off")
}

// waiting is a reader who takes nothing until reads is closed.
type waiting struct {
	http.ResponseWriter
	reads <-chan struct{}
	began chan<- struct{}
	once  sync.Once
}

func (w *waiting) Write(p []byte) (int, error) {
	w.once.Do(func() { close(w.began) })
	<-w.reads
	return w.ResponseWriter.Write(p)
}

// readers begins to send somebody a file many times, each when the one before has begun to
// leave, if a reader says when.
func readers(t *testing.T, p *browsertest.Portal, b *browsertest.Client, reader func() (to http.ResponseWriter, began <-chan struct{})) *sync.WaitGroup {
	t.Helper()
	var wg sync.WaitGroup
	for range manyReaders {
		to, began := reader()
		over := make(chan struct{})
		wg.Go(func() {
			defer close(over)
			defer func() {
				if v := recover(); v != nil && v != http.ErrAbortHandler {
					t.Errorf("a slow reader: %v", v)
				}
			}()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+slowFile, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for _, cookie := range b.Jar.Cookies(r.URL) {
				r.AddCookie(cookie)
			}
			p.Server.Handler().ServeHTTP(to, r)
		})
		if began != nil {
			select {
			case <-began:
			case <-over:
			}
		}
	}
	return &wg
}
