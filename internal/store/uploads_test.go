package store_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// operator is olli, with an account.
func (w *world) operator() licensing.Viewer {
	w.t.Helper()
	w.someone("olli")
	w.do(`UPDATE persons SET staff_role = 'operator' WHERE name = 'olli'`)
	v := w.as("olli")
	v.From = licensing.Origin{Address: "192.0.2.7", RequestID: "the-request"}
	return v
}

func post(key string) licensing.Once { return licensing.Once{Route: "/imports", Key: key} }

// send uploads a text.
func (w *world) send(by licensing.Viewer, key, text string, o licensing.ImportOptions) (uuid.UUID, error) {
	w.t.Helper()
	r, err := w.ReceiveUpload(w.t.Context(), by, post(key))
	w.must(err)
	if _, err := io.Copy(r, strings.NewReader(text)); err != nil {
		return uuid.Nil, err
	}
	return r.Finish("keys.tsv", o)
}

func (w *world) sent(by licensing.Viewer, text string, o licensing.ImportOptions) uuid.UUID {
	w.t.Helper()
	id, err := w.send(by, "once-and-again", text, o)
	w.must(err)
	return id
}

func (w *world) upload(id uuid.UUID) licensing.Upload {
	w.t.Helper()
	u, err := w.Upload(w.t.Context(), w.op, id)
	w.must(err)
	return u
}

// reading pretends that whatever was sent is a key file of these rows.
func reading(rows ...licensing.ImportRow) store.ReadFile {
	return func(name string, from io.Reader, _ int) (licensing.ImportSource, error) {
		if _, err := io.Copy(io.Discard, from); err != nil {
			return licensing.ImportSource{}, err
		}
		in := file(rows...)
		in.Name = name
		return in, nil
	}
}

// S-59: what was sent is read back to the byte, and lies sealed in between.
func TestAnUploadIsKeptSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := strings.Repeat(demoKey(1)+"\n", 25_000) // three pieces, the last one small
	id := w.sent(w.operator(), text, licensing.ImportOptions{})
	if n := w.count(`SELECT count(*) FROM upload_chunks WHERE upload_id = $1`, id); n != 3 {
		t.Errorf("pieces: got %d, want 3", n)
	}
	if n := w.count(`SELECT count(*) FROM upload_chunks WHERE position($1::bytea IN sealed) > 0`, []byte(demoKey(1))); n != 0 {
		t.Errorf("pieces that show a key: got %d, want 0", n)
	}
	var got []byte
	w.must(w.CheckUpload(t.Context(), id, func(_ string, from io.Reader, _ int) (in licensing.ImportSource, err error) {
		got, err = io.ReadAll(from)
		return file(), err
	}))
	if !bytes.Equal(got, []byte(text)) {
		t.Errorf("read back: got %d bytes, want the %d that were sent", len(got), len(text))
	}
	w.whole()
}

// What was moved, cut or is another file's is not read.
func TestAnUploadThatWasTamperedWithFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	text := strings.Repeat("x", 700_000)
	for what, sql := range map[string]string{
		"pieces that changed places": `UPDATE upload_chunks SET sealed = (SELECT sealed FROM upload_chunks c WHERE c.upload_id = $1 AND seq = 1) WHERE upload_id = $1 AND seq = 0`,
		"a piece that is missing":    `DELETE FROM upload_chunks WHERE upload_id = $1 AND seq = 1`,
		"a file that was cut":        `UPDATE uploads SET size = 262144 WHERE id = $1`,
		"a file that is longer":      `UPDATE uploads SET size = size + 1 WHERE id = $1`,
		"another hash":               `UPDATE uploads SET sha256 = sha256($1::text::bytea) WHERE id = $1`,
	} {
		id, err := w.send(by, "once-"+strings.ReplaceAll(what, " ", "-"), text, licensing.ImportOptions{})
		w.must(err)
		w.do(sql, id)
		w.must(w.CheckUpload(t.Context(), id, reading()))
		if u := w.upload(id); u.State != licensing.UploadFailed || u.Code != licensing.UploadDamaged {
			t.Errorf("%s: got %s %q, want failed, damaged", what, u.State, u.Code)
		}
	}
}

// S-53: the serving role sees nothing of what operators send.
func TestTheServingRoleCannotReadUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sent(w.operator(), "a file", licensing.ImportOptions{})
	c := w.connect(w.db.ServeURL)
	for _, table := range []string{"uploads", "upload_chunks", "upload_rejects"} {
		for _, sql := range []string{"SELECT count(*) FROM ", "DELETE FROM "} {
			var pg *pgconn.PgError
			if err := exec(c, sql+table); !errors.As(err, &pg) || pg.Code != "42501" {
				t.Errorf("%s%s: got %v, want permission denied", sql, table, err)
			}
		}
	}
}

// S-17: a press that is repeated ends at the same upload, whatever became of the first.
func TestTheSamePostAgainIsTheSameUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	half, err := w.ReceiveUpload(t.Context(), by, post("once-and-again"))
	w.must(err)
	_, err = half.Write(make([]byte, 300_000))
	w.must(err)
	if list, err := w.Uploads(t.Context(), by); err != nil || len(list) != 0 {
		t.Errorf("uploads while one is on its way: got %+v, %v, want none", list, err)
	}
	first := w.sent(by, "a file", licensing.ImportOptions{})
	if _, err := half.Write(make([]byte, 300_000)); !errors.Is(err, licensing.ErrConflict) {
		t.Errorf("the post that was overtaken goes on: got %v, want a conflict", err)
	}
	if again := w.sent(by, "a file", licensing.ImportOptions{}); again != first {
		t.Errorf("the same post again: got upload %v, want %v", again, first)
	}
	if _, err := w.send(by, "once-and-again", "another file", licensing.ImportOptions{}); !errors.As(err, &licensing.Problems{}) {
		t.Errorf("the same post with another file: got %v, want a problem of the form", err)
	}
	if _, err := w.send(by, "once-and-again", "a file", licensing.ImportOptions{Create: true}); !errors.As(err, &licensing.Problems{}) {
		t.Errorf("the same post with another option: got %v, want a problem of the form", err)
	}
	if other, err := w.send(by, "another-once", "a file", licensing.ImportOptions{}); err != nil || other == first {
		t.Errorf("another post: got %v, %v, want another upload", other, err)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind = 'check_upload' AND queue = 'imports'`); n != 2 {
		t.Errorf("jobs: got %d, want one for each upload", n)
	}
	w.must(w.CheckUpload(t.Context(), first, reading()))
	if u := w.upload(first); u.State != licensing.UploadChecked {
		t.Errorf("the upload that began twice: got %+v, want it checked", u)
	}
	w.whole()
}

func TestCheckingSaysWhatAnUploadWouldDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{Create: true, Pool: licensing.PoolServers})
	rows := append(everyType(), line(10, 9, "Project 2024", licensing.VLK))
	for range 2 { // jobs run at least once
		w.must(w.CheckUpload(t.Context(), id, reading(rows...)))
	}
	u := w.upload(id)
	if !u.MayApply() || u.Lines != 9 || u.Report.Added != 9 || u.Report.Products != 1 || u.Options.Pool != licensing.PoolServers || u.Actor != "olli" {
		t.Errorf("got %+v with %+v, want nine new keys", u, u.Report)
	}
	if n := w.count(`SELECT count(*) FROM keys`); n != 0 {
		t.Errorf("keys after a check: got %d, want 0", n)
	}
	if list, err := w.Uploads(t.Context(), by); err != nil || len(list) != 1 || list[0].ID != id {
		t.Errorf("uploads: got %+v, %v, want this one", list, err)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE root_id = $1 AND action = 'upload.received' AND object = $2 AND request_id = 'the-request'`,
		licensing.PublisherRoot, "upload/"+id.String()); n != 1 {
		t.Errorf("audit entries: got %d, want 1", n)
	}
	w.whole()
}

// S-58: rows that are wrong are kept with what is wrong with them, keys masked.
func TestWrongRowsAreKeptMasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.key("74120935", office, licensing.KMS, 9)}))
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{})
	w.must(w.CheckUpload(t.Context(), id, reading(
		line(2, 1, office, licensing.MAK, counts(1, 50)),
		line(3, 2, "Office 97", licensing.VLK, of("61200418", suomi)),
		line(8, 9, office, licensing.MAK, counts(1, 50)),
		line(9, 1, office, licensing.MAK, counts(2, 50)),
		licensing.ImportRow{Line: 10, Cells: []string{"x"}, Problems: []licensing.ImportProblem{{Line: 10, Code: "columns"}}},
		licensing.ImportRow{Line: 11, Problems: []licensing.ImportProblem{{Line: 11, Code: "line_too_long"}}},
	)))
	var got []string
	w.must(w.Rejects(t.Context(), by, id, func(r licensing.ImportReject) error {
		got = append(got, strings.Join(append(codes(r.Problems), r.Cells...), "|"))
		return nil
	}))
	want := []string{
		"3 licence_unknown|3 product_unknown|61200418|Enterprise Agreement|Nordvik Suomi Oy|Office 97|•••••" + demoKey(2)[24:] + "|VL Key|||",
		"8 type_differs|74120935|Enterprise Agreement|Nordvik Suomi Oy|" + office + "|•••••" + demoKey(9)[24:] + "|MAK|1/50||",
		"9 line_contradicts|74120935|Enterprise Agreement|Nordvik Suomi Oy|" + office + "|•••••" + demoKey(1)[24:] + "|MAK|2/50||",
		"10 columns|x",
		"11 line_too_long",
	}
	if u := w.upload(id); u.MayApply() || !u.Rejected || !slices.Equal(got, want) {
		t.Errorf("got %+v and\n%s\nwant\n%s", u, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := w.StartApply(t.Context(), by, id, post("apply-it")); !errors.Is(err, licensing.ErrConflict) {
		t.Errorf("apply what is wrong: got %v, want a conflict", err)
	}
}

// S-35: an upload is taken in once, however often and by how many its job is worked.
func TestAnUploadIsTakenInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{})
	w.must(w.CheckUpload(t.Context(), id, reading(everyType()...)))
	for range 2 {
		w.must(w.StartApply(t.Context(), by, id, post("apply-it")))
	}
	var together sync.WaitGroup
	for range 3 {
		together.Go(func() {
			if err := w.ApplyUpload(t.Context(), id, reading(everyType()...)); err != nil && !errors.Is(err, licensing.ErrConflict) {
				t.Errorf("apply at once: got %v, want nothing or a conflict", err)
			}
		})
	}
	together.Wait()
	w.must(w.ApplyUpload(t.Context(), id, reading(everyType()...)))
	w.must(w.CheckUpload(t.Context(), id, reading()))
	w.must(w.GiveUpUpload(t.Context(), id))
	u := w.upload(id)
	if u.State != licensing.UploadApplied || !u.Report.Applied || u.Report.Added != 8 {
		t.Errorf("got %+v with %+v, want it applied", u, u.Report)
	}
	for what, sql := range map[string]string{
		"imports":        `SELECT count(*) FROM imports WHERE actor = 'olli'`,
		"entries of it":  `SELECT count(*) FROM audit WHERE action = 'keys.imported' AND actor = 'olli' AND address = '192.0.2.7' AND identity LIKE '% olli'`,
		"jobs":           `SELECT count(*) FROM river_job WHERE kind = 'apply_upload'`,
		"jobs to tell":   `SELECT count(*) FROM river_job WHERE kind = 'tell_families'`,
		"pieces left +1": `SELECT count(*) + 1 FROM upload_chunks`,
	} {
		if n := w.count(sql); n != 1 {
			t.Errorf("%s: got %d, want 1", what, n)
		}
	}
	if err := w.DiscardUpload(t.Context(), by, id, post("discard-it")); !errors.Is(err, licensing.ErrConflict) {
		t.Errorf("discard what was taken in: got %v, want a conflict", err)
	}
	w.whole()
}

// What was right when it was checked may be wrong by the time that it is taken in.
func TestAnUploadThatWentWrongMeanwhileIsNotTakenIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{})
	mak := line(2, 9, office, licensing.MAK, counts(1, 50))
	w.must(w.CheckUpload(t.Context(), id, reading(mak)))
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.key("74120935", office, licensing.KMS, 9)}))
	w.must(w.StartApply(t.Context(), by, id, post("apply-it")))
	w.must(w.ApplyUpload(t.Context(), id, reading(mak)))
	if u := w.upload(id); u.State != licensing.UploadChecked || u.MayApply() || u.Report.Problems[0].Code != licensing.ImportTypeDiffers {
		t.Errorf("got %+v with %+v, want it back with its problem", u, u.Report)
	}
}

func TestAnImportIsForSomebodyWhoMayStillImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{})
	w.do(`UPDATE persons SET staff_role = '' WHERE name = 'olli'`)
	w.must(w.CheckUpload(t.Context(), id, reading()))
	if u := w.upload(id); u.State != licensing.UploadFailed || u.Code != licensing.UploadStranger {
		t.Errorf("got %s %q, want failed, stranger", u.State, u.Code)
	}
}

func TestAFileThatIsNoKeyFileFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{})
	bad := &licensing.FileError{Code: "headings", Missing: []string{"Product Key"}}
	torn := errors.New("torn")
	if err := w.CheckUpload(t.Context(), id, func(string, io.Reader, int) (licensing.ImportSource, error) { return licensing.ImportSource{}, torn }); !errors.Is(err, torn) {
		t.Errorf("another error: got %v, want it back for the queue to try again", err)
	}
	w.must(w.CheckUpload(t.Context(), id, func(string, io.Reader, int) (licensing.ImportSource, error) { return licensing.ImportSource{}, bad }))
	if u := w.upload(id); u.State != licensing.UploadFailed || u.Code != "headings" || !slices.Equal(u.Missing, bad.Missing) {
		t.Errorf("got %+v, want failed for its headings", u)
	}
	w.must(w.DiscardUpload(t.Context(), by, id, post("discard-it")))
	w.must(w.DiscardUpload(t.Context(), by, id, post("discard-it")))
	if _, err := w.Upload(t.Context(), by, id); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("what was discarded: got %v, want not found", err)
	}
	w.must(w.CheckUpload(t.Context(), id, reading()))
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'upload.discarded'`); n != 1 {
		t.Errorf("entries about it: got %d, want 1", n)
	}
}

// An upload is gone after a day with all that was kept of it; one that was taken in too.
func TestUploadsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.operator()
	id := w.sent(by, "a file", licensing.ImportOptions{})
	_, err := w.ReceiveUpload(t.Context(), by, post("never-finished"))
	w.must(err)
	w.must(w.CheckUpload(t.Context(), id, reading(line(2, 1, "Office 97", licensing.VLK))))
	const left = `SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM upload_chunks) + (SELECT count(*) FROM upload_rejects)`
	w.must(w.ForgetUploads(t.Context(), time.Now().Add(-time.Minute)))
	if n := w.count(left); n != 4 {
		t.Errorf("rows before their time: got %d, want 4", n)
	}
	for range 2 {
		w.must(w.ForgetUploads(t.Context(), time.Now().Add(time.Minute)))
	}
	if n := w.count(left); n != 0 {
		t.Errorf("rows after it: got %d, want 0", n)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'upload.forgotten' AND actor = 'Keyhall'`); n != 1 {
		t.Errorf("entries: got %d, want one for the file that was whole", n)
	}
	w.whole()
}

func TestUploadsAreTheOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.sent(w.operator(), "a file", licensing.ImportOptions{})
	anna := w.as("anna")
	for what, err := range map[string]error{
		"send":    second(w.ReceiveUpload(t.Context(), anna, post("annas-own"))),
		"see":     second(w.Upload(t.Context(), anna, id)),
		"list":    second(w.Uploads(t.Context(), anna)),
		"apply":   w.StartApply(t.Context(), anna, id, post("apply-it")),
		"discard": w.DiscardUpload(t.Context(), anna, id, post("discard-it")),
		"rejects": w.Rejects(t.Context(), anna, id, nil),
	} {
		if !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("a customer's administrator, %s: got %v, want forbidden", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
