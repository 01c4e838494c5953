package jobs_test

import (
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const keyFile = "License ID\tProduct\tProduct Key\tType\n50912277\tWindows Server 2025 Standard\tDEMO1-7QK2M-HV3CR-9PWXT-T6J2K\tVL Key\n"

// operator is olli, with an account.
func (h *hall) operator() licensing.Viewer {
	h.t.Helper()
	p := licensing.Person{ID: uuid.Must(uuid.NewV7()), Name: "Olli", StaffRole: licensing.Operator}
	h.must(h.AddPerson(h.t.Context(), h.by, p))
	v, err := h.Viewer(h.t.Context(), licensing.Session{PersonID: p.ID, Issuer: "https://idp.example", Subject: "olli"})
	h.must(err)
	return v
}

func (h *hall) send(by licensing.Viewer, file string) uuid.UUID {
	h.t.Helper()
	r, err := h.ReceiveUpload(h.t.Context(), by, licensing.Once{Key: strings.ReplaceAll(uuid.NewString(), "-", "")})
	h.must(err)
	_, err = io.WriteString(r, file)
	h.must(err)
	id, err := r.Finish("keys.tsv", licensing.ImportOptions{})
	h.must(err)
	return id
}

const uploadIs = `SELECT count(*) FROM uploads WHERE id = $1 AND state = $2`

// S-35: a job that is worked again, as after a server that died, takes nothing in twice.
func TestAnUploadIsCheckedAndTakenInByJobs(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	by := h.operator()
	id := h.send(by, keyFile)
	h.start()
	h.until(1, uploadIs, id, "checked")
	h.must(h.StartApply(t.Context(), by, id, licensing.Once{Key: "apply-it-once"}))
	h.until(1, uploadIs, id, "applied")
	for _, kind := range []string{"check_upload", "apply_upload"} {
		h.until(1, `SELECT count(*) FROM river_job WHERE kind = $1 AND state = 'completed'`, kind)
		h.count(`WITH again AS (UPDATE river_job SET state = 'available', finalized_at = NULL, attempt = 0 WHERE kind = $1 RETURNING 1) SELECT count(*) FROM again`, kind)
		h.until(1, `SELECT count(*) FROM river_job WHERE kind = $1 AND state = 'completed'`, kind)
	}
	if n := h.count(uploadIs, id, "applied"); n != 1 {
		t.Error("after its jobs ran again the upload is not applied")
	}
	if n := h.count(`SELECT (SELECT count(*) FROM imports) + (SELECT count(*) FROM keys) + (SELECT count(*) FROM limit_entries)`); n != 2 {
		t.Errorf("imports and keys: got %d, want one each", n)
	}
}

// S-59: no key is in the queue.
func TestAFileThatCannotBeReadFails(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.send(h.operator(), "DEMO1-7QK2M-HV3CR-9PWXT-T6J2K\n")
	h.start()
	h.until(1, uploadIs+` AND code = 'headings'`, id, "failed")
	if n := h.count(`SELECT count(*) FROM river_job j WHERE j::text LIKE '%7QK2M%'`); n != 0 {
		t.Errorf("jobs that show a key: got %d, want 0", n)
	}
}

func TestAnUploadThatAlwaysBreaksIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.send(h.operator(), keyFile)
	h.count(`WITH broken AS (UPDATE uploads SET wish = '{"person": 7}' WHERE id = $1 RETURNING 1) SELECT count(*) FROM broken`, id)
	h.count(`WITH last AS (UPDATE river_job SET max_attempts = 1 RETURNING 1) SELECT count(*) FROM last`)
	h.start()
	h.until(1, uploadIs+` AND code = 'fault'`, id, "failed")
}

func TestTheTimetableForgetsUploads(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	by := h.operator()
	old, young := h.send(by, keyFile), h.send(by, keyFile)
	for id, ago := range map[uuid.UUID]string{old: "25 hours", young: "23 hours"} {
		h.count(`WITH aged AS (UPDATE uploads SET created_at = now() - $2::text::interval, state = 'failed', code = 'kind' WHERE id = $1 RETURNING 1) SELECT count(*) FROM aged`, id, ago)
	}
	h.start()
	h.until(0, uploadIs, old, "failed")
	if n := h.count(uploadIs, young, "failed"); n != 1 {
		t.Error("an upload of less than a day ago is gone")
	}
}
