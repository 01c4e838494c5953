package views

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Reviews are the reviews of what the reader manages.
type Reviews struct {
	RightForms
	List   []licensing.ReviewRow
	Places []licensing.Organisation // on which the reader may start one
}

// Review is one review, and what came of deciding just now.
type Review struct {
	RightForms
	licensing.ReviewPage
	Done licensing.ReviewDone
	At   time.Time
}

// ReviewsPath is where reviews are listed and started.
const ReviewsPath = "/people/reviews"

// ReviewPath is the address of a review, or of what is below it.
func ReviewPath(id uuid.UUID, below string) string { return ReviewsPath + "/" + id.String() + below }

// ReviewForm names the form that starts a review, DecideForm the one that decides.
const (
	ReviewForm = "review"
	DecideForm = "decide"
)

// DecideField is how the fields begin that say what becomes of a right.
const DecideField = "right-"

// decides reports whether the reader decides about a right: not about their own.
func (r Review) decides(ctx context.Context, l licensing.ReviewLine) bool {
	return r.Review.Open(r.At) && l.Waits() && l.PersonID != ChromeOf(ctx).Viewer.PersonID
}

// decidesAny reports whether there is anything on the page to decide.
func (r Review) decidesAny(ctx context.Context) bool {
	for _, l := range r.Lines {
		if r.decides(ctx, l) {
			return true
		}
	}
	return false
}

// reviewOutcome is what became of a right, as far as is known by now.
func reviewOutcome(l licensing.ReviewLine) licensing.ReviewOutcome {
	if l.Outcome == licensing.ReviewOpen && !l.Live {
		return licensing.ReviewGone
	}
	return l.Outcome
}

func reviewClass(o licensing.ReviewOutcome) string {
	switch o {
	case licensing.ReviewKept:
		return "tag ok"
	case licensing.ReviewEnded:
		return "tag bad"
	case licensing.ReviewException:
		return "tag warn"
	case licensing.ReviewOpen:
		return "tag info"
	}
	return "tag"
}

// reviewDay is the first or last day on which a review may end, as a date field has it.
func reviewDay(ctx context.Context, days int) string {
	return ChromeOf(ctx).Now.AddDate(0, 0, days).Format(time.DateOnly)
}

// reviewPlaceOf is what a right is on.
func reviewPlaceOf(l *licensing.ReviewLine) string {
	if l.Number != "" {
		return l.Number
	}
	return l.Organisation
}

// ReviewHeadings are the columns of a review's report.
func ReviewHeadings(ctx context.Context) []string {
	return []string{
		i18n.T(ctx, "review.place"), i18n.T(ctx, "review.started"), i18n.T(ctx, "review.ends"),
		i18n.T(ctx, "people.name"), i18n.T(ctx, "people.email"), i18n.T(ctx, "people.role"), i18n.T(ctx, "people.where"), i18n.T(ctx, "licence.organisation"),
		i18n.T(ctx, "people.expires"), i18n.T(ctx, "review.decision"), i18n.T(ctx, "review.by"), i18n.T(ctx, "review.when"), i18n.T(ctx, "review.outcome"), i18n.T(ctx, "review.remark"),
	}
}

// ReviewCells is a right of a review as a row under ReviewHeadings. Moments are in UTC.
func ReviewCells(ctx context.Context, r *licensing.ReviewRow, l *licensing.ReviewLine) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return []string{
		r.Place, at(&r.StartedAt), at(&r.EndsAt),
		l.Name, l.Email, i18n.T(ctx, "role."+string(l.Role)), reviewPlaceOf(l), l.Organisation,
		at(l.ExpiresAt), reviewDecision(ctx, l), reviewDecider(ctx, l), at(l.DecidedAt), i18n.T(ctx, "review.outcome."+string(reviewOutcome(*l))), reviewRemark(ctx, l),
	}
}

func reviewDecision(ctx context.Context, l *licensing.ReviewLine) string {
	if l.Decision == "" {
		return ""
	}
	return i18n.T(ctx, "review.decision."+string(l.Decision))
}

// reviewDecider says who decided about a right: a person, or what was set.
func reviewDecider(ctx context.Context, l *licensing.ReviewLine) string {
	if l.Decider == "" && l.Decision != "" {
		return i18n.T(ctx, "review.by_setting")
	}
	return l.Decider
}

// reviewRemark says why a right that was to be ended wasn't.
func reviewRemark(ctx context.Context, l *licensing.ReviewLine) string {
	if l.OnlyOf == "" {
		return ""
	}
	return i18n.T(ctx, "right.problem.last", "Number", l.OnlyOf)
}

// reviewDone says what came of deciding, a sentence each.
func reviewDone(ctx context.Context, d licensing.ReviewDone) string {
	var said []string
	if d.Kept > 0 {
		said = append(said, i18n.N(ctx, "review.done_kept", d.Kept))
	}
	if d.Ended > 0 {
		said = append(said, i18n.N(ctx, "review.done_ended", d.Ended))
	}
	if d.Late > 0 {
		said = append(said, i18n.N(ctx, "review.done_late", d.Late))
	}
	if d.Only > 0 {
		said = append(said, i18n.N(ctx, "review.done_only", d.Only))
	}
	return strings.Join(said, " ")
}
