package store_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// reviewing is ruled with a member of staff; kaisa, lena, dirk, berit and arne hold rights on
// or below Nordvik Suomi.
func reviewing(t testing.TB) *world {
	t.Helper()
	w := ruled(t)
	w.grantOn("nils", licensing.LicenceReader, "74120935")
	return w
}

// reviewStart is a form for a review that ends in thirty days.
func reviewStart(number string, organisation uuid.UUID, unanswered licensing.ReviewOutcome) licensing.ReviewStart {
	now := time.Now().UTC()
	return licensing.ReviewStart{
		Number: number, Organisation: organisation, Ends: licensing.LastDay(now.AddDate(0, 0, 30).Format(time.DateOnly), time.UTC),
		Every: licensing.ReviewOnce, Unanswered: unanswered, At: now,
	}
}

func (w *world) startsReview(by string, f licensing.ReviewStart) error {
	return w.StartReview(w.t.Context(), w.as(by), f, press("/people/reviews"))
}

// reviewed is the latest review that somebody sees, with its rights.
func (w *world) reviewed(by string) licensing.ReviewPage {
	w.t.Helper()
	list, _, err := w.Reviews(w.t.Context(), w.as(by))
	w.must(err)
	if len(list) == 0 {
		w.t.Fatalf("%s sees no review", by)
	}
	page, err := w.Review(w.t.Context(), w.as(by), list[0].ID, "")
	w.must(err)
	return page
}

// started is a review by berit of all of Nordvik Suomi.
func (w *world) started(unanswered licensing.ReviewOutcome) licensing.ReviewPage {
	w.t.Helper()
	w.must(w.startsReview("berit", reviewStart("", w.org[suomi].ID, unanswered)))
	return w.reviewed("berit")
}

func (w *world) decides(s *store.Store, by string, p licensing.ReviewPage, a licensing.ReviewAnswers) (licensing.ReviewDone, error) {
	if a.At.IsZero() {
		a.At = time.Now()
	}
	return s.AnswerReview(w.t.Context(), w.as(by), p.ID, a, press("/people/reviews/:id"))
}

// each decides alike about the rights of some people.
func each(p licensing.ReviewPage, wanted licensing.ReviewDecision, names ...string) licensing.ReviewAnswers {
	a := licensing.ReviewAnswers{Each: map[uuid.UUID]licensing.ReviewDecision{}}
	for _, l := range p.Lines {
		if slices.Contains(names, l.Name) {
			a.Each[l.RightID] = wanted
		}
	}
	return a
}

// outcomes says what became of whose rights.
func outcomes(p licensing.ReviewPage) string {
	var said []string
	for _, l := range p.Lines {
		said = append(said, l.Name+" "+string(l.Outcome))
	}
	return strings.Join(said, ", ")
}

// toldOf are the kinds of news about reviews that somebody has, the latest first.
func (w *world) toldOf(name string) (kinds []licensing.NewsKind) {
	w.t.Helper()
	for _, n := range w.notices(name) {
		if n.News != nil && strings.HasPrefix(string(n.News.Kind), "review_") {
			kinds = append(kinds, n.News.Kind)
		}
	}
	return kinds
}

const heardOf = `SELECT count(*) FROM notices n JOIN persons p ON p.id = n.person_id WHERE p.name = $1 AND n.event = 'right_ended'`

const living = `SELECT count(*) FROM grants g JOIN persons p ON p.id = g.person_id WHERE p.name = $1 AND g.revoked_at IS NULL`

// S-50, S-51: who starts a review of what, and who sees it: those who manage its place.
func TestWhoStartsAndSeesAReview(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	for _, c := range []struct{ name, licence, organisation, group string }{
		{"kaisa", "f", "f", "f"},
		{"lena", "f", "f", "f"},
		{"frode", "review.problem.unknown", "review.problem.unknown", "review.problem.unknown"},
		{"arne", "y", "f", "f"},
		{"berit", "review.problem.busy", "y", "f"},
		{"anna", "review.problem.busy", "review.problem.busy", "y"},
	} {
		for place, want := range map[string]string{"": c.licence, suomi: c.organisation, nordvik: c.group} {
			f := reviewStart("", w.org[place].ID, licensing.ReviewKept)
			if place == "" {
				f = reviewStart("74120935", uuid.Nil, licensing.ReviewKept)
			}
			if got := outcome(w.startsReview(c.name, f)); got != want {
				t.Errorf("%s starts a review of %q: got %s, want %s", c.name, place, got, want)
			}
		}
	}
	if got := outcome(w.startsReview("berit", reviewStart("99999999", uuid.Nil, licensing.ReviewKept))); got != "review.problem.unknown" {
		t.Errorf("a number that nobody has: got %s, want the same as for another family's", got)
	}
	group := w.reviewed("anna")
	for name, want := range map[string]string{"anna": "y", "berit": "n", "arne": "n", "kaisa": "n", "frode": "n"} {
		_, err := w.Review(t.Context(), w.as(name), group.ID, "")
		_, answered := w.decides(w.Store, name, group, each(group, licensing.KeepRight, "lena"))
		_, report := w.ExportReview(t.Context(), w.as(name), group.ID, "report.tsv")
		if outcome(err) != want || outcome(answered) != want || outcome(report) != want {
			t.Errorf("%s: sees %v, answers %v, takes the report %v, want %s", name, err, answered, report, want)
		}
	}
	list, places, err := w.Reviews(t.Context(), w.as("arne"))
	if err != nil || len(list) != 1 || len(places) != 0 {
		t.Errorf("arne's reviews: got %v, %v, %v, want that of the licence ID", list, places, err)
	}
	// S-63
	if started, refused := w.entries("review.started", licensing.Done), w.entries("review.started", licensing.Refused); started != 3 || refused != 9 {
		t.Errorf("on record: got %d started and %d refused, want 3 and 9", started, refused)
	}
	w.whole()
}

// S-48, S-63: what is ended in a review has ended at once, through the same steps as a right
// that is ended by itself; each decision is on record.
func TestRightsAreKeptAndEndedInAReview(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	p := w.started(licensing.ReviewKept)
	if got, want := outcomes(p), "arne open, berit open, dirk open, kaisa open, lena open, nils open"; got != want {
		t.Fatalf("a review of Nordvik Suomi: got %s, want %s", got, want)
	}
	a := each(p, licensing.StopRight, "lena", "nils")
	for right, wanted := range each(p, licensing.KeepRight, "kaisa").Each {
		a.Each[right] = wanted
	}
	done, err := w.decides(w.Store, "berit", p, a)
	if err != nil || done != (licensing.ReviewDone{Kept: 1, Ended: 2}) {
		t.Fatalf("deciding: got %+v, %v", done, err)
	}
	if v := w.as("lena"); v.May != 0 {
		t.Errorf("lena, whose right has ended: got permissions %b, want none", v.May)
	}
	if got := w.count(heardOf, "lena"); got != 1 {
		t.Errorf("lena hears that it ended: got %d news, want one", got)
	}
	if got := w.toldOf("arne"); len(got) != 0 {
		t.Errorf("arne administers a part alone, and hears of it: %v", got)
	}
	if got := w.toldOf("anna"); !slices.Equal(got, []licensing.NewsKind{licensing.ReviewStartedNews}) {
		t.Errorf("anna's news: got %v, want that it started", got)
	}
	done, err = w.decides(w.Store, "berit", p, licensing.ReviewAnswers{Rest: true})
	if err != nil || done != (licensing.ReviewDone{Kept: 2}) {
		t.Errorf("keeping all that are left: got %+v, %v", done, err)
	}
	if got, want := outcomes(w.reviewed("berit")), "arne kept, berit open, dirk kept, kaisa kept, lena ended, nils ended"; got != want {
		t.Errorf("then: got %s, want %s", got, want)
	}
	if decided, ended := w.entries("review.decided", licensing.Done), w.entries("role.ended", licensing.Done); decided != 5 || ended != 2 {
		t.Errorf("on record: got %d decided and %d ended, want 5 and 2", decided, ended)
	}
	w.whole()
}

// S-50, S-63: nobody decides about their own right, whatever else the form says; another
// administrator does.
func TestNobodyReviewsTheirOwnRight(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	p := w.started(licensing.ReviewKept)
	for _, wanted := range []licensing.ReviewDecision{licensing.KeepRight, licensing.StopRight} {
		if _, err := w.decides(w.Store, "berit", p, each(p, wanted, "berit", "lena")); outcome(err) != "f" {
			t.Errorf("berit decides %s about her own: got %v, want forbidden", wanted, err)
		}
	}
	if n := w.entries("review.decided", licensing.Refused); n != 2 {
		t.Errorf("refusals on record: got %d, want 2", n)
	}
	if got := w.count(living, "lena"); got != 1 {
		t.Errorf("lena's rights: got %d, want the one as before", got)
	}
	if _, err := w.decides(w.Store, "anna", p, each(p, licensing.KeepRight, "berit")); err != nil {
		t.Errorf("another administrator decides: %v", err)
	}
	other := licensing.ReviewAnswers{Each: map[uuid.UUID]licensing.ReviewDecision{w.rightOf("anna", licensing.Administrator): licensing.StopRight}}
	if _, err := w.decides(w.Store, "berit", p, other); outcome(err) != "n" {
		t.Errorf("a right that isn't in the review: got %v, want not found", err)
	}
	if _, err := w.decides(w.Store, "berit", p, licensing.ReviewAnswers{}); outcome(err) != "review.problem.nothing" {
		t.Errorf("nothing decided: got %v", err)
	}
	late := licensing.ReviewAnswers{Rest: true, At: p.EndsAt}
	if _, err := w.decides(w.Store, "berit", p, late); outcome(err) != "c" {
		t.Errorf("after its end: got %v, want a conflict", err)
	}
	w.whole()
}

// Of two administrators who decide about one right at once, through two servers,
// one does; the other is told, and the rest of their form takes effect.
func TestOneOfTwoDecidesAboutARight(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	other := w.another()
	for round := range 4 {
		w.do(`DELETE FROM review_lines`)
		w.do(`DELETE FROM reviews`)
		w.do(`UPDATE grants SET revoked_at = NULL`)
		p := w.started(licensing.ReviewKept)
		forms := []licensing.ReviewAnswers{each(p, licensing.StopRight, "lena", "dirk"), each(p, licensing.KeepRight, "lena", "kaisa")}
		done := make([]licensing.ReviewDone, 2)
		var both sync.WaitGroup
		for i, by := range []string{"berit", "anna"} {
			both.Go(func() {
				var err error
				if done[i], err = w.decides([]*store.Store{w.Store, other}[i], by, p, forms[i]); err != nil {
					t.Errorf("round %d, %s: %v", round, by, err)
				}
			})
		}
		both.Wait()
		first := done[0] == licensing.ReviewDone{Ended: 2} && done[1] == licensing.ReviewDone{Kept: 1, Late: 1}
		second := done[0] == licensing.ReviewDone{Ended: 1, Late: 1} && done[1] == licensing.ReviewDone{Kept: 2}
		if first == second {
			t.Errorf("round %d: got %+v", round, done)
		}
		if got := w.count(living, "lena"); (got == 0) != first {
			t.Errorf("round %d: lena has %d rights after %+v", round, got, done)
		}
	}
}

// S-17: the same post again does nothing, and says the same.
func TestDecidingTwiceIsDecidingOnce(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	p := w.started(licensing.ReviewKept)
	a, once := each(p, licensing.StopRight, "lena"), press("/people/reviews/:id")
	a.At = time.Now()
	for range 2 {
		if done, err := w.AnswerReview(t.Context(), w.as("berit"), p.ID, a, once); err != nil || done != (licensing.ReviewDone{Ended: 1}) {
			t.Errorf("got %+v, %v, want one ended", done, err)
		}
	}
	f, press := reviewStart("74120935", uuid.Nil, licensing.ReviewKept), press("/people/reviews")
	for range 2 {
		w.must(w.StartReview(t.Context(), w.as("arne"), f, press))
	}
	if n := w.count(`SELECT count(*) FROM reviews`); n != 2 {
		t.Errorf("reviews: got %d, want 2", n)
	}
	w.must(w.endRight("berit", w.rightOf("dirk", licensing.DownloadManager)))
	if done, err := w.decides(w.Store, "berit", p, each(p, licensing.StopRight, "dirk", "kaisa")); err != nil || done != (licensing.ReviewDone{Ended: 1, Late: 1}) {
		t.Errorf("a right that ended meanwhile: got %+v, %v", done, err)
	}
	w.whole()
}

// lonely is a world where berit alone administers Nordvik Suomi, and anna reviews nothing.
func lonely(t testing.TB) *world {
	t.Helper()
	w := reviewing(t)
	w.do(`UPDATE grants SET revoked_at = now() WHERE role = 'administrator' AND person_id IN (SELECT id FROM persons WHERE name = 'anna')`)
	w.do(`DELETE FROM reach WHERE person_id IN (SELECT id FROM persons WHERE name = 'anna')`)
	return w
}

// The last administrator's right stays open, with a sentence; everything else takes effect.
func TestTheLastAdministratorsRightStaysOpen(t *testing.T) {
	t.Parallel()
	w := lonely(t)
	p := w.started(licensing.ReviewKept)
	w.do(`UPDATE grants SET expires_at = now() + interval '90 days' WHERE person_id IN (SELECT id FROM persons WHERE name = 'berit')`)
	done, err := w.decides(w.Store, "berit", p, each(p, licensing.StopRight, "arne", "lena"))
	if err != nil || done != (licensing.ReviewDone{Ended: 1, Only: 1}) {
		t.Fatalf("got %+v, %v, want lena's ended and arne's not", done, err)
	}
	p = w.reviewed("berit")
	if l := p.Lines[0]; l.Name != "arne" || l.OnlyOf != "74120935" || !l.Waits() {
		t.Errorf("arne's right: got %+v, want it open, with the licence ID", l)
	}
	if n := w.entries("role.ended", licensing.Done); n != 1 {
		t.Errorf("ended on record: got %d, want lena's alone", n)
	}
	if got := w.count(heardOf, "arne"); got != 0 {
		t.Errorf("arne hears that it ended: got %d news, want none", got)
	}
	if done, err := w.decides(w.Store, "berit", p, each(p, licensing.KeepRight, "arne")); err != nil || done.Kept != 1 {
		t.Errorf("keeping it then: got %+v, %v", done, err)
	}
	w.whole()
}

// S-48: at its end what was set happens exactly once, however many servers ask;
// reminders come once each; the last administrator stays, and is an exception.
func TestAReviewEndsOnce(t *testing.T) {
	t.Parallel()
	w := lonely(t)
	other := w.another()
	f := reviewStart("", w.org[suomi].ID, licensing.ReviewEnded)
	f.Every = licensing.ReviewQuarter
	w.must(w.startsReview("berit", f))
	p := w.reviewed("berit")
	w.must(w.endRight("berit", w.rightOf("nils", licensing.LicenceReader)))
	if _, err := w.decides(w.Store, "berit", p, each(p, licensing.KeepRight, "kaisa")); err != nil {
		t.Fatal(err)
	}
	const remind, closed, begun = licensing.ReviewReminderNews, licensing.ReviewClosedNews, licensing.ReviewStartedNews
	for _, c := range []struct {
		at   time.Time
		want []licensing.NewsKind // the latest first, berit's
	}{
		{p.EndsAt.AddDate(0, 0, -8), nil},
		{p.EndsAt.AddDate(0, 0, -7), []licensing.NewsKind{remind}},
		{p.EndsAt.AddDate(0, 0, -1), []licensing.NewsKind{remind, remind}},
		{p.EndsAt, []licensing.NewsKind{closed, remind, remind}},
		{p.EndsAt.AddDate(0, 0, 1), []licensing.NewsKind{closed, remind, remind}},
		{p.StartedAt.AddDate(0, 3, 0).Add(time.Minute), []licensing.NewsKind{begun, closed, remind, remind}},
		{p.StartedAt.AddDate(0, 3, 1), []licensing.NewsKind{begun, closed, remind, remind}},
	} {
		var both sync.WaitGroup
		for _, s := range []*store.Store{w.Store, other, w.Store, other} {
			both.Go(func() {
				if err := s.MindReviews(t.Context(), c.at); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got := w.toldOf("berit"); !slices.Equal(got, c.want) {
			t.Fatalf("at %s berit's news: got %v, want %v", c.at, got, c.want)
		}
	}
	list, _, err := w.Reviews(t.Context(), w.as("berit"))
	if err != nil || len(list) != 2 || list[0].ClosedAt != nil || list[0].Lines != 2 || list[1].Repeats() {
		t.Fatalf("the next review: got %+v, %v, want it open, with two rights, and no more after the first", list, err)
	}
	old, err := w.ExportReview(t.Context(), w.as("berit"), p.ID, "report.tsv")
	w.must(err)
	if got, want := outcomes(old), "arne ended, berit exception, dirk ended, kaisa kept, lena ended, nils gone"; got != want {
		t.Errorf("then: got %s, want %s", got, want)
	}
	if v := w.as("arne"); v.May != 0 {
		t.Errorf("arne, whose right has ended: got permissions %b, want none", v.May)
	}
	closings, ended, started := w.entries("review.closed", licensing.Done), w.entries("role.ended", licensing.Done), w.entries("review.started", licensing.Done)
	if closings != 1 || ended != 4 || started != 2 {
		t.Errorf("on record: got %d closings, %d ended, %d started, want 1, 4 and 2", closings, ended, started)
	}
	w.whole()
}

// A review whose rights are kept ends none, and who doesn't want another after it gets none.
func TestAReviewKeepsWhatNobodyDecidedAbout(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	f := reviewStart("", w.org[suomi].ID, licensing.ReviewKept)
	f.Every = licensing.ReviewYear
	w.must(w.startsReview("berit", f))
	p := w.reviewed("berit")
	for _, c := range []struct{ by, want string }{{"kaisa", "n"}, {"arne", "n"}, {"frode", "n"}, {"anna", "y"}, {"berit", "c"}} {
		if got := outcome(w.EndReviewSeries(t.Context(), w.as(c.by), p.ID, press("/people/reviews/:id/last"))); got != c.want {
			t.Errorf("%s wants no more of them: got %s, want %s", c.by, got, c.want)
		}
	}
	w.must(w.MindReviews(t.Context(), p.EndsAt.Add(time.Minute)))
	w.must(w.MindReviews(t.Context(), p.StartedAt.AddDate(2, 0, 0)))
	if got, want := outcomes(w.reviewed("berit")), "arne kept, berit kept, dirk kept, kaisa kept, lena kept, nils kept"; got != want {
		t.Errorf("then: got %s, want %s", got, want)
	}
	if n := w.entries("role.ended", licensing.Done); n != 0 {
		t.Errorf("ended on record: got %d, want none", n)
	}
	if n := w.count(`SELECT count(*) FROM reviews`); n != 1 {
		t.Errorf("reviews: got %d, want no other", n)
	}
	w.whole()
}

// S-53: the wall keeps a family's reviews from other families, and the role that serves
// customers from writing them.
func TestReviewsAreWalled(t *testing.T) {
	t.Parallel()
	w := reviewing(t)
	p := w.started(licensing.ReviewKept)
	w.do(`INSERT INTO grants (id, person_id, root_id, role, organisation_id) VALUES ($1, $2, $3, 'administrator', $3)`, newID(), w.person["frode"].ID, w.org[nordvik].RootID)
	within := w.as("frode") // deceived conditions: reach does not have it, so the wall stands
	if _, err := w.Review(t.Context(), within, p.ID, ""); outcome(err) != "n" {
		t.Errorf("behind the wall: got %v, want nothing", err)
	}
	within.Roots = append(within.Roots, w.org[nordvik].RootID)
	if found, err := w.Review(t.Context(), within, p.ID, ""); err != nil || len(found.Lines) != len(p.Lines) {
		t.Errorf("with the wall open: got %v, want the review: else nothing was tested", err)
	}
	c := w.connect(w.db.ServeURL)
	w.must(exec(c, `SELECT set_config('keyhall.roots', $1, false)`, "{"+w.org[nordvik].RootID.String()+"}"))
	w.must(exec(c, `SET ROLE keyhall_serve`))
	for _, statement := range []string{`UPDATE reviews SET closed_at = now()`, `DELETE FROM review_lines`, `UPDATE review_lines SET outcome = 'kept', decided_at = now()`} {
		if err := exec(c, statement); err == nil {
			t.Errorf("%s as the serving role: got no error", statement)
		}
	}
	if _, err := w.decides(w.Store, "berit", p, each(p, licensing.KeepRight, "lena")); err != nil {
		t.Fatal(err)
	}
	if err := exec(w.connect(w.db.SuperURL), `UPDATE review_lines SET outcome = 'ended' WHERE outcome = 'kept'`); err == nil || !strings.Contains(err.Error(), "is decided") {
		t.Errorf("deciding again: got %v", err)
	}
}
