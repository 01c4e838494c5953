package views

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Queue is support's queue, and what was asked of it.
type Queue struct {
	Page      licensing.RequestPage
	Left      []time.Duration // of each row until the answer is due, in the clock's time; negative when late
	Filter    licensing.RequestFilter
	Catalogue *licensing.Catalogue
}

func (q Queue) filtered() bool {
	f := q.Filter
	return f.Kind != "" || f.State != "" || f.Mine || f.Nobodys || f.Region != "" || f.Customer != "" || f.After != ""
}

// The ways from a request to those beside it in the queue.
const (
	DueNext     = "next"
	DuePrevious = "previous"
)

// DuePath is the address of the request that is due after another, or before it.
func DuePath(way string, id int64) string {
	return "/support?" + way + "=" + strconv.FormatInt(id, 10)
}

// dueTag says how the time to answer stands: it is late, nearly up, or stands still.
func dueTag(ctx context.Context, r *licensing.RequestRow) (class, key string) {
	now := ChromeOf(ctx).Now
	switch {
	case r.State == licensing.Waiting:
		return "tag info", "support.due.stopped"
	case r.Overdue(now):
		return "tag bad", "support.due.overdue"
	case r.Soon(now):
		return "tag warn", "support.due.soon"
	}
	return "tag", "support.due.fine"
}

// dueText says how much time is left or how late it is, or since when the clock stands
// still.
func dueText(ctx context.Context, r *licensing.RequestRow, left time.Duration) string {
	switch {
	case r.State == licensing.Waiting && r.PausedAt != nil:
		return i18n.T(ctx, "support.stopped_since", "When", i18n.Ago(ctx, *r.PausedAt, ChromeOf(ctx).Now))
	case left < 0:
		return i18n.T(ctx, "support.late_by", "Time", i18n.Duration(ctx, -left))
	}
	return i18n.T(ctx, "support.due_in", "Time", i18n.Duration(ctx, left))
}

// asked says in words what a request asks for.
func asked(ctx context.Context, r *licensing.Request) string {
	n := 0
	if r.Quantity != nil {
		n = *r.Quantity
	}
	switch r.Kind {
	case licensing.MAKIncrease:
		return i18n.N(ctx, "support.asks.mak_increase", n)
	case licensing.MoreKMSHosts:
		return i18n.N(ctx, "support.asks.kms_hosts", n)
	case licensing.KMSException:
		return i18n.N(ctx, "support.asks.kms_exception", n)
	}
	return i18n.T(ctx, "support.asks.general")
}

// mine reports whether the reader has taken the request on.
func (d RequestDetail) mine(ctx context.Context) bool {
	return d.AssigneeID != nil && *d.AssigneeID == ChromeOf(ctx).Viewer.PersonID
}

// fromStock reports whether a grant takes a key out of the publisher's stock.
func (d RequestDetail) fromStock() bool {
	return d.Rules().Effect() == licensing.AssignsKey && d.Key == nil
}

// total is what a grant adds to.
func (d RequestDetail) total() int {
	if d.Key == nil {
		return 0
	}
	return d.Key.Total
}

// each is how many of what is asked make one of what a key counts.
func (d RequestDetail) each() int {
	if d.Rules().Adds(licensing.KMSActivationsPerHost) == 1 {
		return licensing.KMSActivationsPerHost
	}
	return 1
}

// sum says what a grant of the number in the field makes of the key's total: in the
// answer for what was asked, by script for what is typed.
func (d RequestDetail) sum(ctx context.Context, number, total string) string {
	if d.each() > 1 {
		return i18n.T(ctx, "support.grant.sum_hosts", "Number", number, "Total", total)
	}
	return i18n.T(ctx, "support.grant.sum", "Number", number, "Total", total)
}

// summing is what the script needs for that.
func (d RequestDetail) summing(ctx context.Context) templ.Attributes {
	return templ.Attributes{
		"data-sum": "approval-quantity", "data-total": strconv.Itoa(d.total()), "data-each": strconv.Itoa(d.each()),
		"data-text": d.sum(ctx, "#", "##"),
	}
}

// shortcut lets a key press or reach something, unless the reader wants no such keys.
func shortcut(ctx context.Context, key string, is bool) templ.Attributes {
	if !is || ChromeOf(ctx).Viewer.Plain {
		return nil
	}
	return templ.Attributes{"aria-keyshortcuts": key}
}

// stockless says why a grant can't be pressed.
func stockless(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"disabled": true, "aria-describedby": "no-stock"}
}

// first is the approval that waits for a second, or one that says nothing.
func (d RequestDetail) first() licensing.FirstApproval {
	if d.First == nil {
		return licensing.FirstApproval{}
	}
	return *d.First
}

// approvedByReader reports whether the reader is the first of two agents.
func (d RequestDetail) approvedByReader(ctx context.Context) bool {
	return d.First != nil && d.First.ByID == ChromeOf(ctx).Viewer.PersonID
}

// toGrant is the number that the form begins with: what the first of two approved, else
// what was asked.
func (d RequestDetail) toGrant() int {
	if d.First != nil {
		return d.First.Quantity
	}
	return *d.Quantity
}

// twoHint says of an amount that takes two agents what the reader's press would be; "" where
// the request asks for less.
func twoHint(ctx context.Context, d RequestDetail) string {
	switch {
	case d.TwoAbove == 0 || *d.Quantity <= d.TwoAbove:
		return ""
	case d.First != nil:
		return " " + i18n.T(ctx, "support.grant.second", "Above", d.TwoAbove)
	}
	return " " + i18n.T(ctx, "support.grant.two", "Above", d.TwoAbove)
}

func grantHint(ctx context.Context, d RequestDetail) string {
	switch {
	case d.fromStock():
		return i18n.T(ctx, "support.grant.hint_stock", "Asked", *d.Quantity)
	case d.each() > 1:
		return i18n.T(ctx, "support.grant.hint_hosts", "Asked", *d.Quantity, "Total", d.total())
	}
	return i18n.T(ctx, "support.grant.hint", "Asked", *d.Quantity, "Total", d.total())
}

// filedIn says which language the customer reads, if it isn't the reader's.
func filedIn(ctx context.Context, d RequestDetail) string {
	if d.Language == i18n.Lang(ctx) {
		return ""
	}
	return i18n.T(ctx, "support.filed_in", "Language", i18n.Name(d.Language))
}
