package jobs_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/mail"
	"github.com/keyhall/keyhall/internal/pgtest"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// hall is a database with the organisation Fjellheim Kommune and its licence ID 50912277.
type hall struct {
	*store.Store
	t    *testing.T
	db   *pgx.Conn // past every wall
	by   licensing.Viewer
	root uuid.UUID
}

func newHall(t *testing.T) *hall {
	t.Helper()
	urls := pgtest.New(t)
	h := &hall{t: t, by: store.AtCommandLine("olli"), root: uuid.Must(uuid.NewV7())}
	kek := make([]byte, 32)
	text, err := vault.Create(kek)
	h.must(err)
	v, err := vault.Open(text, kek)
	h.must(err)
	h.Store, err = store.Open(t.Context(), urls.ServeURL, v)
	h.must(err)
	t.Cleanup(h.Close)
	h.db, err = pgx.Connect(t.Context(), urls.SuperURL)
	h.must(err)
	t.Cleanup(func() { _ = h.db.Close(context.Background()) })

	h.must(h.AddProgramme(t.Context(), h.by, licensing.Programme{
		ID: "ea", Name: "Enterprise Agreement", NumberKind: licensing.NumberAgreement,
		Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault,
	}))
	_, err = h.AddProduct(t.Context(), h.by, licensing.Product{Name: "Windows Server 2025 Standard", Pool: licensing.PoolServers})
	h.must(err)
	h.must(h.AddOrganisation(t.Context(), h.by, licensing.Organisation{ID: h.root, RootID: h.root, Name: "Fjellheim Kommune"}))
	h.must(h.AddLicence(t.Context(), h.by, licensing.Licence{
		ID: uuid.Must(uuid.NewV7()), RootID: h.root, OrganisationID: h.root, ProgrammeID: "ea",
		Number: "50912277", Kind: licensing.KindEnrolment,
	}))
	return h
}

func (h *hall) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) count(sql string, args ...any) (n int) {
	h.t.Helper()
	h.must(h.db.QueryRow(h.t.Context(), sql, args...).Scan(&n))
	return n
}

// until waits for a count to be what is wanted, and not for ever.
func (h *hall) until(want int, sql string, args ...any) {
	h.t.Helper()
	for patience := time.Now().Add(2 * time.Minute); time.Now().Before(patience); time.Sleep(20 * time.Millisecond) {
		if h.count(sql, args...) == want {
			return
		}
	}
	var queue string
	h.must(h.db.QueryRow(h.t.Context(), `SELECT coalesce(string_agg(concat(kind, ' ', state, ' ', errors), ', '), 'none') FROM river_job`).Scan(&queue))
	h.t.Fatalf("%s: never got %d; the queue: %s", sql, want, queue)
}

// start works jobs until the test ends, without a mail server.
func (h *hall) start() *jobs.Jobs { return h.startWith(nil) }

func (h *hall) startWith(sender mail.Sender) *jobs.Jobs {
	h.t.Helper()
	j, err := jobs.New(h.Store, jobs.Config{Sender: sender, BaseURL: "https://keys.example.com"})
	h.must(err)
	h.must(j.Start(context.WithoutCancel(h.t.Context())))
	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = j.Stop(ctx) // a test that hangs tells nothing
	})
	return j
}

// importOne takes in a file of one key.
func (h *hall) importOne() licensing.ImportReport {
	h.t.Helper()
	rows := []licensing.ImportRow{{Line: 2, KeyRow: licensing.KeyRow{
		Licence: "50912277", Programme: "Enterprise Agreement", Organisation: "Fjellheim Kommune",
		Product: "Windows Server 2025 Standard", Type: licensing.VLK,
		Key: licensing.NewSecret("DEMO1-7QK2M-HV3CR-9PWXT-T6J2K"),
	}}}
	r, err := h.ImportKeys(h.t.Context(), h.by, licensing.ImportSource{
		Name: "keys.tsv", Sum: func() []byte { return make([]byte, 32) },
		Next: func() (licensing.ImportRow, error) {
			if len(rows) == 0 {
				return licensing.ImportRow{}, io.EOF
			}
			row := rows[0]
			rows = nil
			return row, nil
		},
	}, licensing.ImportOptions{Apply: true})
	h.must(err)
	return r
}

func TestAnImportTellsTheFamiliesOnceHoweverOftenItsJobRuns(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	j := h.start()
	r := h.importOne()
	const told = `SELECT count(*) FROM audit WHERE root_id = $1 AND action = 'keys.imported'`
	h.until(1, told, h.root)
	// A server that dies between its work and saying so leaves the job to be worked again.
	h.until(1, `SELECT count(*) FROM river_job WHERE kind = 'tell_families' AND state = 'completed'`)
	h.count(`WITH again AS (UPDATE river_job SET state = 'available', finalized_at = NULL, attempt = 0, max_attempts = 2
		WHERE kind = 'tell_families' RETURNING 1) SELECT count(*) FROM again`)
	h.until(1, `SELECT count(*) FROM river_job WHERE kind = 'tell_families' AND state = 'completed'`)
	if n := h.count(told, h.root); n != 1 {
		t.Errorf("entries of the family about import %v after two runs: got %d, want 1", r.ID, n)
	}
	h.must(j.Stop(t.Context()))
	if broken, err := h.VerifyAudit(t.Context()); err != nil || broken != nil {
		t.Errorf("the audit chains: got %+v, %v, want none broken", broken, err)
	}
}

func TestTheTimetableTidiesUp(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	person := uuid.Must(uuid.NewV7())
	h.must(h.AddPerson(t.Context(), h.by, licensing.Person{ID: person, Name: "Frode"}))
	now := time.Now()
	for i, ends := range []time.Time{now.Add(-time.Minute), now.Add(time.Hour)} {
		h.must(h.SaveSession(t.Context(), licensing.Session{
			Hash: append(make([]byte, 31), byte(i)), PersonID: person, AuthTime: now, LastSeen: now, EndsAt: ends,
		}))
	}
	for _, ago := range []string{"1 hour", "3 hours"} {
		_, err := h.db.Exec(t.Context(), `INSERT INTO downloads (file_id, root_id, person_id, person_name, licences, name, format, started_at)
			VALUES (gen_random_uuid(), $1, $2, 'Frode', '{}', 'keys.tsv', 'tsv', now() - $3::text::interval)`, h.root, person, ago)
		h.must(err)
	}
	for key, ago := range map[string]string{"yesterday": "47 hours", "longsince": "49 hours"} {
		_, err := h.db.Exec(t.Context(), `INSERT INTO once (actor_id, route, key, root_id, body_hash, result, at)
			VALUES ($1, '/requests', $2, $3, sha256(''), 0, now() - $4::text::interval)`, person, key, h.root, ago)
		h.must(err)
	}
	h.start()
	h.until(1, `SELECT count(*) FROM once`)
	h.until(1, `SELECT count(*) FROM downloads WHERE state = 'broken' AND started_at < now() - interval '2 hours'`)
	h.until(1, `SELECT count(*) FROM sessions`)
	if n := h.count(`SELECT count(*) FROM downloads WHERE state = 'started'`); n != 1 {
		t.Errorf("key files still on their way: got %d, want the one of an hour ago", n)
	}
	if n := h.count(`SELECT count(*) FROM audit WHERE root_id = $1 AND action = 'file.broken'`, h.root); n != 1 {
		t.Errorf("entries about a broken key file: got %d, want 1", n)
	}
}

func TestStopWaitsNoLongerThanItIsTold(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	j := h.start()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	h.must(j.Stop(ended))
}
