package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// staffed adds people of support and the operator, and returns a request of anna's about office on 74120935.
func (w *world) staffed() licensing.Request {
	w.t.Helper()
	for name, role := range map[string]licensing.Role{"sofia": licensing.SupportAgent, "olli": licensing.Operator} {
		p := licensing.Person{ID: newID(), Name: name, BusinessEmail: name + "@demo.example", StaffRole: role, Locale: "sv"}
		w.person[name] = p
		w.must(w.AddPerson(w.t.Context(), w.op, p))
	}
	return w.request("anna", "74120935")
}

// request puts a request there, past every verb.
func (w *world) request(name, number string) licensing.Request {
	w.t.Helper()
	l, product, quantity, now := w.licence[number], w.product[office], 200, time.Now().UTC().Truncate(time.Microsecond)
	r := licensing.Request{
		RootID: l.RootID, LicenceID: &l.ID, ProductID: &product, Kind: licensing.MAKIncrease, Last5: "X4T9B",
		Quantity: &quantity, Reason: "Two hundred laptops.", Language: "fi", State: licensing.Submitted,
		RequesterID: w.person[name].ID, FiledBy: w.person[name].ID, FiledAt: now, DueAt: now.Add(24 * time.Hour),
	}
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(w.t.Context(), `INSERT INTO requests (root_id, licence_id, product_id, kind, last5, quantity, reason, language, requester_id, filed_by, filed_at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`, r.RootID, r.LicenceID, r.ProductID, string(r.Kind), r.Last5, r.Quantity,
		r.Reason, r.Language, r.RequesterID, r.FiledBy, r.FiledAt, r.DueAt).Scan(&r.ID))
	return r
}

// event is something that a person did to a request a number of minutes after it was filed.
func (w *world) event(r licensing.Request, name string, kind licensing.EventKind, minutes int) licensing.RequestEvent {
	p := w.person[name]
	return licensing.RequestEvent{
		RequestID: r.ID, RootID: r.RootID, At: r.FiledAt.Add(time.Duration(minutes) * time.Minute), ActorID: &p.ID, Actor: name,
		Staff: p.StaffRole != "", Kind: kind, Detail: licensing.EventDetail{Text: "How many?"},
	}
}

func (w *world) inform(by, person string, r licensing.Request, e licensing.RequestEvent) {
	w.t.Helper()
	w.must(w.Inform(w.t.Context(), w.as(by), w.person[person].ID, r, e, nil))
}

func (w *world) notices(name string) []licensing.NoticeLine {
	w.t.Helper()
	lines, next, err := w.Notices(w.t.Context(), w.as(name), "")
	w.must(err)
	if next != "" {
		w.t.Errorf("%s's notices: got a next page", name)
	}
	return lines
}

func (w *world) mails() []licensing.Mail {
	w.t.Helper()
	list, _, err := w.Outbox(w.t.Context(), "")
	w.must(err)
	return list
}

func TestWhatHappensToARequestIsToldToThoseItConcerns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	w.inform("sofia", "anna", r, w.event(r, "sofia", licensing.EventAsked, 1))
	w.inform("anna", "sofia", r, w.event(r, "anna", licensing.EventAnswered, 2))
	w.inform("anna", "anna", r, w.event(r, "anna", licensing.EventAnswered, 2)) // her own act

	got := w.notices("anna")
	if len(got) != 1 || got[0].RequestID == nil || *got[0].RequestID != r.ID || got[0].Event != licensing.EventAsked || got[0].Kind != r.Kind || got[0].Product != *r.ProductID || got[0].ReadAt != nil {
		t.Errorf("anna's notices: got %+v, want support's question alone", got)
	}
	if got := w.notices("sofia"); len(got) != 1 || got[0].Event != licensing.EventAnswered {
		t.Errorf("sofia's notices: got %+v, want the answer alone", got)
	}
	mails := w.mails()
	if len(mails) != 2 {
		t.Fatalf("mails: got %+v, want one to each", mails)
	}
	want := licensing.MailDetail{
		Name: "sofia", Staff: true, Kind: r.Kind, Product: office, Licence: "74120935", Organisation: suomi, Last5: "X4T9B",
		Asked: 200, Event: licensing.EventDetail{Text: "How many?"}, Actor: "anna", DueAt: r.DueAt,
	}
	if m := mails[0]; m.Address != "sofia@demo.example" || m.Language != "sv" || m.State != "queued" || m.Detail != want {
		t.Errorf("the mail to sofia: got %+v, want %+v in Swedish", m, want)
	}
	if m := mails[1]; m.Address != "anna@demo.example" || m.Language != "fi" || m.Detail.Staff {
		t.Errorf("the mail to anna: got %+v, want it in Finnish, as she asked", m)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind = 'send_mail' AND args->>'mail' IN (SELECT id::text FROM mails)`); n != 2 {
		t.Errorf("jobs that send them: got %d, want 2", n)
	}
}

func TestNobodyIsToldMoreThanTheyMayKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	note := w.event(r, "sofia", licensing.EventNoted, 1)
	note.Internal = true
	w.inform("sofia", "anna", r, note)
	if got := w.notices("anna"); len(got) != 0 {
		t.Errorf("a customer's notices of a note that support keeps to itself: got %+v, want none", got)
	}
	w.inform("sofia", "olli", r, note)
	if got := w.notices("olli"); len(got) != 1 {
		t.Errorf("a colleague's notices of it: got %+v, want 1", got)
	}
	// Lena may see the licence ID, but not what others ask about it.
	w.inform("sofia", "lena", r, w.event(r, "sofia", licensing.EventAsked, 2))
	if got := w.notices("lena"); len(got) != 0 {
		t.Errorf("a licence reader's notices of another's request: got %+v, want none", got)
	}
	w.grant("lena", licensing.KeyViewer, suomi)
	if got := w.notices("lena"); len(got) != 1 {
		t.Errorf("once she may file requests there: got %+v, want 1", got)
	}
	c := w.connect(w.db.ServeURL)
	if err := exec(c, `SELECT * FROM mails`); err == nil {
		t.Error("the role that serves customers reads mails")
	}
	if got := w.notices("frode"); len(got) != 0 {
		t.Errorf("a stranger's notices: got %+v, want none", got)
	}
}

func TestWhoHasNoAddressGetsANoticeAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	c := w.connect(w.db.SuperURL)
	w.must(exec(c, `UPDATE persons SET business_email = '' WHERE name = 'anna'`))
	w.must(exec(c, `UPDATE persons SET ended_at = now() WHERE name = 'lena'`))
	w.inform("sofia", "anna", r, w.event(r, "sofia", licensing.EventAsked, 1))
	w.must(w.Inform(t.Context(), w.as("sofia"), w.person["lena"].ID, r, w.event(r, "sofia", licensing.EventAsked, 1), nil))
	if n, m := w.count(`SELECT count(*) FROM notices`), len(w.mails()); n != 1 || m != 0 {
		t.Errorf("one without an address and one whose account has ended: got %d notices, %d mails, want 1 and none", n, m)
	}
}

// R9: what was rolled back tells nobody.
func TestWhatIsRolledBackTellsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	broken := errors.New("broken")
	if err := w.Inform(t.Context(), w.as("sofia"), w.person["anna"].ID, r, w.event(r, "sofia", licensing.EventAsked, 1), broken); !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
	const all = `SELECT (SELECT count(*) FROM notices) + (SELECT count(*) FROM mails) + (SELECT count(*) FROM river_job WHERE kind = 'send_mail')`
	if n := w.count(all); n != 0 {
		t.Errorf("notices, mails and jobs: got %d, want none", n)
	}
}

func TestTheBellCountsWhatIsUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	w.request("frode", "50912277")
	for i := range 3 {
		w.inform("sofia", "anna", r, w.event(r, "sofia", licensing.EventAsked, i))
	}
	counts := func(name string, unread, queue int) {
		t.Helper()
		if v := w.as(name); v.Unread != unread || v.Queue != queue {
			t.Errorf("%s: got %d unread, %d in the queue, want %d and %d", name, v.Unread, v.Queue, unread, queue)
		}
	}
	counts("anna", 3, 0)
	counts("frode", 0, 0)
	counts("sofia", 0, 2)
	counts("olli", 0, 0)
	w.must(w.ReadNotices(t.Context(), w.as("frode")))
	counts("anna", 3, 0)
	w.must(w.ReadNotices(t.Context(), w.as("anna")))
	counts("anna", 0, 0)
	if got := w.notices("anna"); len(got) != 3 || got[0].ReadAt == nil {
		t.Errorf("anna's notices, once read: got %+v, want 3 that are marked", got)
	}
}

func TestNoticesAndMailsComePageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	want := 2*store.PageSize + 1
	for i := range want {
		w.inform("sofia", "anna", r, w.event(r, "sofia", licensing.EventAsked, i/2)) // times of two are alike
	}
	anna := w.as("anna")
	pages := map[string]func(after string) ([]uuid.UUID, string, error){
		"notices": func(after string) (ids []uuid.UUID, next string, err error) {
			lines, next, err := w.Notices(t.Context(), anna, after)
			for _, l := range lines {
				ids = append(ids, l.ID)
			}
			return ids, next, err
		},
		"mails": func(after string) (ids []uuid.UUID, next string, err error) {
			list, next, err := w.Outbox(t.Context(), after)
			for _, m := range list {
				ids = append(ids, m.ID)
			}
			return ids, next, err
		},
	}
	for name, page := range pages {
		var seen []uuid.UUID
		for after, more := "", true; more; more = after != "" {
			ids, next, err := page(after)
			w.must(err)
			seen, after = append(seen, ids...), next
		}
		once := slices.Clone(seen)
		slices.SortFunc(once, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		if got := len(slices.Compact(once)); got != want || len(seen) != want {
			t.Errorf("%s: got %d, %d of them different, want %d", name, len(seen), got, want)
		}
	}
}

func TestAMailIsSettledOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	ctx := t.Context()
	sent := r.FiledAt.Add(time.Hour)
	for _, c := range []struct {
		name string
		do   func(uuid.UUID) error
		want string
	}{
		{"sent after it was put off", func(id uuid.UUID) error {
			return errors.Join(w.MailPutOff(ctx, id), w.MailSent(ctx, id, sent), w.MailFailed(ctx, id))
		}, "sent 2 true"},
		{"failed", func(id uuid.UUID) error { return errors.Join(w.MailFailed(ctx, id), w.MailSent(ctx, id, sent)) }, "failed 1 false"},
		{"kept", func(id uuid.UUID) error { return errors.Join(w.MailKept(ctx, id), w.MailSent(ctx, id, sent)) }, "kept 0 false"},
	} {
		w.inform("sofia", "anna", r, w.event(r, "sofia", licensing.EventAsked, 1))
		id := w.mails()[0].ID
		w.must(c.do(id))
		m, err := w.Mail(ctx, id)
		w.must(err)
		if got := fmt.Sprint(m.State, " ", m.Attempts, " ", m.SentAt != nil); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if _, err := w.Mail(ctx, uuid.New()); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a mail that isn't there: got %v, want not found", err)
	}
}

func TestOldPostsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.connect(w.db.SuperURL)
	for key, ago := range map[string]string{"yesterday": "1 day", "longsince": "3 days"} {
		w.must(exec(c, `INSERT INTO once (actor_id, route, key, root_id, body_hash, result, at)
			VALUES ($1, '/requests', $2, $3, sha256(''), 0, now() - $4::interval)`, w.person["anna"].ID, key, w.org[nordvik].RootID, ago))
		w.must(exec(c, `INSERT INTO looks VALUES ($1, $2, $3, now() - $4::interval)`, w.person["anna"].ID, w.org[nordvik].RootID, key, ago))
	}
	w.must(w.ClearOnce(t.Context(), time.Now().Add(-48*time.Hour)))
	rows, err := c.Query(t.Context(), `SELECT key FROM once UNION ALL SELECT reason FROM looks`)
	w.must(err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	if !slices.Equal(got, []string{"yesterday", "yesterday"}) {
		t.Errorf("what is left: got %q, want yesterday's post and look", got)
	}
}

// S-53: where rows deceive the conditions, the wall alone hides what is another family's.
func TestTheWallHidesNoticesOfOtherFamilies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	w.inform("sofia", "frode", r, w.event(r, "sofia", licensing.EventAsked, 1))
	w.must(exec(w.connect(w.db.SuperURL), `UPDATE requests SET filed_by = $1`, w.person["frode"].ID))
	frode := w.as("frode")
	if lines, _, err := w.Notices(t.Context(), frode, ""); err != nil || len(lines) != 0 {
		t.Errorf("behind the wall: got %+v, %v, want none", lines, err)
	}
	frode.Roots = append(frode.Roots, w.org[nordvik].RootID)
	if lines, _, err := w.Notices(t.Context(), frode, ""); err != nil || len(lines) != 1 {
		t.Errorf("with the wall open: got %+v, %v: the question finds nothing anyway", lines, err)
	}
}
