package licensing

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ReviewOutcome says what became of a right in a review.
type ReviewOutcome string

// A right in a review is open until it is kept, ended, gone or an exception, for good. One
// by group is there for information alone.
const (
	ReviewOpen      ReviewOutcome = "open"
	ReviewKept      ReviewOutcome = "kept"
	ReviewEnded     ReviewOutcome = "ended"
	ReviewGone      ReviewOutcome = "gone"      // it had ended otherwise
	ReviewException ReviewOutcome = "exception" // was to be ended, but is the last administrator's
	ReviewByGroup   ReviewOutcome = "group"     // the sign-in provider's groups give and end it
)

// ReviewDecision is what somebody wants of a right.
type ReviewDecision string

// A right is kept or ended.
const (
	KeepRight ReviewDecision = "keep"
	StopRight ReviewDecision = "end"
)

// Outcome is what a decision comes to when nothing is in its way.
func (d ReviewDecision) Outcome() ReviewOutcome {
	if d == StopRight {
		return ReviewEnded
	}
	return ReviewKept
}

// ReviewEvery says whether another review follows a review.
type ReviewEvery string

// After a review there is none, or one a quarter or a year after it started.
const (
	ReviewOnce    ReviewEvery = "none"
	ReviewQuarter ReviewEvery = "quarter"
	ReviewYear    ReviewEvery = "year"
)

// ReviewEveries lists them.
func ReviewEveries() []ReviewEvery { return []ReviewEvery{ReviewOnce, ReviewQuarter, ReviewYear} }

// What administrators are told of reviews of what they administer.
const (
	ReviewStartedNews  NewsKind = "review_started"
	ReviewReminderNews NewsKind = "review_reminder"
	ReviewClosedNews   NewsKind = "review_closed"
)

// How many days ahead a review ends, and how many rights it has at the most when somebody
// starts it.
const (
	ReviewLeast  = 7
	ReviewMost   = 90
	ReviewRights = 2000
)

// reviewReminders are how many days before its end administrators are reminded of a review.
var reviewReminders = []int{7, 1}

// Review is a round in which each right on a licence ID or an organisation, and below it,
// is kept or ended.
type Review struct {
	ID             uuid.UUID
	RootID         uuid.UUID
	OrganisationID *uuid.UUID // one of the two
	LicenceID      *uuid.UUID
	StartedBy      *uuid.UUID // nil for one that followed another
	StartedAt      time.Time
	EndsAt         time.Time
	Every          ReviewEvery
	Unanswered     ReviewOutcome // ReviewKept or ReviewEnded: what becomes of rights that nobody decided about
	Step           int           // reminders that are past
	DueAt          *time.Time    // when something happens by itself; nil for never
	ClosedAt       *time.Time
}

// Open reports whether rights can be decided about at a time.
func (r Review) Open(at time.Time) bool { return r.ClosedAt == nil && at.Before(r.EndsAt) }

// Reminded counts the reminders whose time has come, and says when something happens next:
// another reminder, or the end. Nobody is reminded on the day on which it started.
func (r Review) Reminded(at time.Time) (step int, due time.Time) {
	for i, days := range reviewReminders {
		if remind := r.EndsAt.AddDate(0, 0, -days); remind.After(at) && remind.Sub(r.StartedAt) > 24*time.Hour {
			return i, remind
		}
	}
	return len(reviewReminders), r.EndsAt
}

// NextAt is when the review after it starts; nil for none.
func (r Review) NextAt() *time.Time {
	var next time.Time
	switch r.Every {
	case ReviewQuarter:
		next = r.StartedAt.AddDate(0, 3, 0)
	case ReviewYear:
		next = r.StartedAt.AddDate(1, 0, 0)
	default:
		return nil
	}
	if r.ClosedAt != nil && r.ClosedAt.After(next) {
		next = *r.ClosedAt
	}
	return &next
}

// Repeats reports whether another review will follow.
func (r Review) Repeats() bool {
	return r.Every != ReviewOnce && (r.ClosedAt == nil || r.DueAt != nil)
}

// Next is the review after it, started at a time: it lasts as long.
func (r Review) Next(at time.Time) Review {
	n := Review{
		RootID: r.RootID, OrganisationID: r.OrganisationID, LicenceID: r.LicenceID, Every: r.Every, Unanswered: r.Unanswered,
		StartedAt: at, EndsAt: at.Add(r.EndsAt.Sub(r.StartedAt)),
	}
	// At the hour of the day at which this one ended, if nothing stood still for long.
	if usual := r.EndsAt.Add(at.Sub(r.StartedAt).Truncate(24 * time.Hour)); usual.Sub(at) >= ReviewLeast*24*time.Hour {
		n.EndsAt = usual
	}
	return n
}

// ReviewLine is a right in a review.
type ReviewLine struct {
	RightID        uuid.UUID
	Position       int // in the review, from 1
	PersonID       uuid.UUID
	Name           string
	Email          string
	Role           Role
	OrganisationID *uuid.UUID
	LicenceID      *uuid.UUID
	Number         string // of the licence ID that it is on; "" if it is on an organisation
	Organisation   string // that it is on, or that the licence ID is of
	ExpiresAt      *time.Time
	Live           bool           // the right hasn't ended
	Decision       ReviewDecision // "" if nobody decided, and nothing was set for that
	Outcome        ReviewOutcome
	Decider        string // "" where nobody decided
	DecidedAt      *time.Time
	OnlyOf         string // number of the licence ID whose last administrator's right somebody tried to end; "" for none
}

// Waits reports whether a right can still be decided about.
func (l ReviewLine) Waits() bool { return l.Outcome == ReviewOpen && l.Live }

// ReviewRow is a review in a list.
type ReviewRow struct {
	Review
	Place string // what people call the organisation or licence ID
	Lines int    // rights in it
	Left  int    // of them open
}

// ReviewPage is a page of a review's rights. Next is the cursor of the page after; "" at
// the end.
type ReviewPage struct {
	ReviewRow
	Lines []ReviewLine
	Next  string
}

// ReviewStart is the form that starts a review.
type ReviewStart struct {
	Number       string    // of a licence ID, as it was typed; "" for an organisation
	Organisation uuid.UUID // zero for a licence ID
	Ends         time.Time // the end of its last day; zero if that can't be read
	Every        ReviewEvery
	Unanswered   ReviewOutcome
	At           time.Time // when it is started
}

var day = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

// LastDay is the end of a day that was typed as 2006-01-02, in a time zone; zero if it can't
// be read.
func LastDay(typed string, zone *time.Location) time.Time {
	typed = strings.TrimSpace(typed)
	at, err := time.ParseInLocation(time.DateOnly, typed, zone)
	if err != nil || !day.MatchString(typed) {
		return time.Time{}
	}
	return at.AddDate(0, 0, 1).Add(-time.Second)
}

// Review is what a form amounts to, but for its place, or what is wrong with it.
func (f ReviewStart) Review() (r Review, problems Problems) {
	wrong := func(field, message string) {
		problems = append(problems, Problem{Field: field, Message: message, Args: map[string]any{"Least": ReviewLeast, "Most": ReviewMost}})
	}
	if (f.Number == "") == (f.Organisation == uuid.Nil) {
		wrong("number", "review.problem.place")
	}
	switch days := daysAhead(f.At, f.Ends); {
	case f.Ends.IsZero():
		wrong("ends", "right.problem.date")
	case days < ReviewLeast, days > ReviewMost:
		wrong("ends", "review.problem.days")
	}
	if !slices.Contains(ReviewEveries(), f.Every) {
		wrong("every", "review.problem.every")
	}
	if f.Unanswered != ReviewKept && f.Unanswered != ReviewEnded {
		wrong("unanswered", "review.problem.unanswered")
	}
	r = Review{StartedAt: f.At, EndsAt: f.Ends, Every: f.Every, Unanswered: f.Unanswered}
	return r, problems
}

// daysAhead counts the days from one moment's to another's, by the latter's calendar.
func daysAhead(from, to time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(to.Location()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(to).Sub(midnight(from)) / (24 * time.Hour))
}

// ReviewAnswers is the form that decides about rights in a review.
type ReviewAnswers struct {
	Each map[uuid.UUID]ReviewDecision // by right
	Rest bool                         // keep all that are left
	At   time.Time
}

// ReviewDone is what came of it, in rights.
type ReviewDone struct {
	Kept  int
	Ended int
	Late  int // decided by somebody else meanwhile, or ended otherwise
	Only  int // not ended, since it is the last administrator's
}

const ofDone = 1 << 15

// Pack puts the four into one number, each below 32768.
func (d ReviewDone) Pack() int64 {
	n := int64(0)
	for _, part := range []int{d.Kept, d.Ended, d.Late, d.Only} {
		n = n*ofDone + int64(min(part, ofDone-1))
	}
	return n
}

// UnpackReviewDone is what Pack made a number of.
func UnpackReviewDone(n int64) ReviewDone {
	part := func(i int64) int { return int(n / i % ofDone) }
	return ReviewDone{Kept: part(ofDone * ofDone * ofDone), Ended: part(ofDone * ofDone), Late: part(ofDone), Only: part(1)}
}

// MindReviews is the job that reminds of reviews, ends them and starts those that follow.
type MindReviews struct{}

// Kind names the job in the queue.
func (MindReviews) Kind() string { return "mind_reviews" }
