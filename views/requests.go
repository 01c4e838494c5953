package views

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// RequestDetail is one request with all that its page draws, for customers and support
// alike.
type RequestDetail struct {
	licensing.RequestDetail
	Product   licensing.Product
	Programme licensing.Programme
	Once      string             // hidden field of every form on the page: each posts somewhere else
	Form      url.Values         // what was typed into the form named by Focus, kept after 409 and 422
	Problems  licensing.Problems // of that form
	Focus     string             // last part of that form's address, as approval; "" after a plain visit
	Changed   bool               // the request has changed since the form was shown
	Left      time.Duration      // until the answer is due, in the clock's time; negative when late
	Decide    *Deciding          // nil for who doesn't decide requests
}

// Deciding is what support's side of the page knows beyond the request.
type Deciding struct {
	Next string // address of the next request in the queue; "" for none
}

// Typed is what stood in a field of one of the page's forms, or what it begins with.
func (d RequestDetail) Typed(form, field, otherwise string) string {
	if d.Focus == form && d.Form.Has(field) {
		return d.Form.Get(field)
	}
	return otherwise
}

// problemsOf is what is wrong with one of the page's forms.
func (d RequestDetail) problemsOf(form string) licensing.Problems {
	if d.Focus == form {
		return d.Problems
	}
	return nil
}

// formMoves are the moves that the page's forms make.
var formMoves = map[string]licensing.Move{
	"answer": licensing.Answer, "approval": licensing.Approve, "rejection": licensing.Reject, "question": licensing.Question,
}

// stranded is a text typed into a form that the page has no more, as the request came to
// a state without it; "" for none.
func (d RequestDetail) stranded() string {
	if move, ok := formMoves[d.Focus]; !ok || !d.Changed || d.State.Allows(move) {
		return ""
	}
	return d.Form.Get("message")
}

// known is what speaks for and against the request: as things are while it is open, as
// they were when it was filed once it is closed.
func (d RequestDetail) known() []licensing.Finding {
	if d.State.Open() {
		return d.Findings
	}
	return d.Request.Findings
}

// mayAnswer reports whether support waits for the reader.
func (d RequestDetail) mayAnswer() bool { return d.MayAct && d.State.Allows(licensing.Answer) }

// paused is how long the clock stood still until it went on.
func (d RequestDetail) paused() (sum time.Duration) {
	for _, e := range d.Events {
		sum += e.Detail.Paused
	}
	return sum
}

// took is how long support had the request before it was closed.
func (d RequestDetail) took() time.Duration { return d.ClosedAt.Sub(d.FiledAt) - d.paused() }

// late reports whether the answer came after it was due.
func (d RequestDetail) late() bool { return d.ClosedAt.After(d.DueAt) }

// spent is how many percent of the time to the answer are gone.
func (d RequestDetail) spent(now time.Time) int {
	if d.PausedAt != nil {
		now = *d.PausedAt
	}
	whole := d.DueAt.Sub(d.FiledAt)
	if whole <= 0 {
		return 100
	}
	return int(min(100, max(0, now.Sub(d.FiledAt)*100/whole)))
}

// clockClass is how the bar of the clock looks.
func (d RequestDetail) clockClass(now time.Time) string {
	switch {
	case d.Overdue(now):
		return "meter bad"
	case d.Soon(now):
		return "meter warn"
	}
	return "meter"
}

// RequestList is a list of requests, and what was asked of it.
type RequestList struct {
	Page      licensing.RequestPage
	Filter    licensing.RequestFilter
	State     string // as chosen: a state, OpenRequests, or "" for all
	Catalogue *licensing.Catalogue
}

// OpenRequests chooses the requests that still have to be answered.
const OpenRequests = "open"

func (l RequestList) filtered() bool {
	f := l.Filter
	return f.Kind != "" || f.State != "" || f.Open || f.Mine || f.Licence != "" || f.Customer != "" || f.After != ""
}

// RequestForm is the form of one kind of request: what was typed, and what is known of it.
type RequestForm struct {
	licensing.Asking
	Kind      licensing.RequestKind
	Form      url.Values
	Once      string
	Problems  licensing.Problems
	Catalogue *licensing.Catalogue
}

// Locked reports whether the form came from a key's row, which says what it is about.
func (f RequestForm) Locked() bool { return f.Form.Get("key") != "" && f.Key != nil }

// products are those that a kind can be about.
func (f RequestForm) products() []licensing.Product {
	var fit []licensing.Product
	for _, p := range f.Catalogue.Products {
		if licensing.RulesOf(f.Kind).KeyType() != licensing.KMS || p.KMSThreshold > 0 {
			fit = append(fit, p)
		}
	}
	return fit
}

// RequestPath is the address of one request, or of what is done to it.
func RequestPath(id int64, below ...string) string {
	path := "/requests/" + strconv.FormatInt(id, 10)
	for _, b := range below {
		path += "/" + b
	}
	return path
}

// requestsOf is the list of the requests of a licence ID.
func requestsOf(number string) string { return with("/requests", nil, "licence", number) }

// askForMore is the form that a key's row opens.
func askForMore(k *licensing.Key) string {
	return "/requests/new?kind=" + string(k.KindFor()) + "&key=" + k.ID.String()
}

// askForKMS is the form for a KMS key of a licence ID that holds none.
func askForKMS(number, product string) string {
	return with("/requests/new", nil, "kind", string(licensing.KMSException), "licence", number, "product", product, "no_key_yet", "1")
}

// mayFollow reports whether the reader sees the requests of a licence ID.
func mayFollow(ctx context.Context, rights licensing.Permission) bool {
	return rights.Has(licensing.FileRequests) || ChromeOf(ctx).Viewer.SeesAllCustomers()
}

// requestTitle says in words what a request asks for.
func requestTitle(ctx context.Context, r *licensing.Request, product string) string {
	n := 0
	if r.Quantity != nil {
		n = *r.Quantity
	}
	if r.Kind == licensing.General {
		return i18n.T(ctx, "request.general")
	}
	return i18n.N(ctx, "request.asks."+string(r.Kind), n, "Product", product)
}

// stateClass is how the tag of a state looks.
func stateClass(s licensing.RequestState) string {
	switch s {
	case licensing.Waiting:
		return "tag warn"
	case licensing.Granted, licensing.PartlyGranted:
		return "tag ok"
	case licensing.Rejected:
		return "tag bad"
	case licensing.Submitted:
		return "tag info"
	}
	return "tag"
}

// stateOf says the state of a request as it is to its reader: a question is answered, not
// granted.
func stateOf(ctx context.Context, r *licensing.Request) string {
	if r.State == licensing.Granted && !r.Rules().Counts() {
		return i18n.T(ctx, "request.answered")
	}
	return stateText(ctx, r.State)
}

// stateText says a state as it is to its reader.
func stateText(ctx context.Context, s licensing.RequestState) string {
	if s == licensing.Waiting && !ChromeOf(ctx).Viewer.SeesAllCustomers() {
		return i18n.T(ctx, "request.waits_for_you")
	}
	return i18n.T(ctx, "request.state."+string(s))
}

// wait says how far the answer to an open request is, or that the clock stands still.
func wait(ctx context.Context, r *licensing.Request) string {
	left := r.DueAt.Sub(ChromeOf(ctx).Now)
	switch {
	case r.State == licensing.Waiting:
		return i18n.T(ctx, "request.clock.stands")
	case left < 0:
		return i18n.T(ctx, "request.clock.late_by", "Time", i18n.Duration(ctx, left))
	}
	return i18n.T(ctx, "request.clock.in", "Time", i18n.Duration(ctx, left))
}

// bearingIcon and bearingClass show which way a finding speaks; words say it too.
func bearingIcon(b licensing.Bearing) string {
	switch b {
	case licensing.For:
		return "plus"
	case licensing.Against:
		return "triangle-alert"
	}
	return "info"
}

func bearingClass(b licensing.Bearing) string {
	switch b {
	case licensing.For:
		return "is-ok"
	case licensing.Against:
		return "is-warn"
	}
	return "soft"
}

// findingText says a finding.
func findingText(ctx context.Context, f licensing.Finding) string {
	return i18n.Named(ctx, f.Message, f.Args)
}

// problemText says what is wrong with a field.
func problemText(ctx context.Context, p licensing.Problem) string {
	return i18n.Named(ctx, p.Message, p.Args)
}

// reasonLabel is what the text of a request is called: where nothing is counted it is the
// question itself.
func reasonLabel(ctx context.Context, k licensing.RequestKind) string {
	if !licensing.RulesOf(k).Counts() {
		return i18n.T(ctx, "request.question")
	}
	return i18n.T(ctx, "request.reason")
}

// eventText says what happened, for the line with the name of who did it.
func eventText(ctx context.Context, d *RequestDetail, e *licensing.RequestEvent) string {
	switch {
	case e.Kind == licensing.EventFiled && d.Filer != "" && !d.handedOn():
		return i18n.T(ctx, "request.filed_for", "Name", d.Requester)
	case e.Kind == licensing.EventHandedOn:
		return i18n.T(ctx, "request.handed_on_to", "Name", e.Detail.Requester)
	case e.Kind == licensing.EventAssigned && e.Detail.Assignee == e.Actor:
		return i18n.T(ctx, "request.took_on")
	case e.Kind == licensing.EventAssigned && e.Detail.Assignee != "":
		return i18n.T(ctx, "request.assigned_to", "Name", e.Detail.Assignee)
	case e.Kind == licensing.EventAnswered && e.Detail.Paused > 0:
		return i18n.T(ctx, "request.answered_after", "Time", i18n.Duration(ctx, e.Detail.Paused))
	case e.Kind == licensing.EventApproved && d.Quantity != nil:
		return i18n.T(ctx, "request.approved_of", "Granted", e.Detail.Granted, "Asked", *d.Quantity)
	case e.Detail.Granted > 0 && d.Quantity != nil:
		return i18n.T(ctx, "request.granted_of", "Granted", e.Detail.Granted, "Asked", *d.Quantity)
	}
	return i18n.T(ctx, "request.event."+e.Kind.Word(d.Kind))
}

// handedOn reports whether somebody else goes on with a request than it was filed for.
func (d *RequestDetail) handedOn() bool {
	return slices.ContainsFunc(d.Events, func(e licensing.RequestEvent) bool { return e.Kind == licensing.EventHandedOn })
}

// eventReason says the reason that support picked; "" for none.
func eventReason(ctx context.Context, e *licensing.RequestEvent) string {
	switch {
	case e.Detail.Code == "":
		return ""
	case e.Kind == licensing.EventRejected:
		return i18n.T(ctx, "request.refusal."+e.Detail.Code)
	}
	return i18n.T(ctx, "request.code."+e.Detail.Code)
}

// fieldID is the id of a form's field; a page with several forms names them.
func fieldID(form, field string) string {
	if form == "" {
		return field
	}
	return form + "-" + field
}

// control is what ties a field to its label, its hint and what is wrong with it.
func control(form, field string, hint bool, problems licensing.Problems) templ.Attributes {
	id := fieldID(form, field)
	a := templ.Attributes{"id": id, "name": field}
	by := ""
	if hint {
		by = id + "-hint"
	}
	if _, wrong := problems.On(field); wrong {
		by, a["aria-invalid"] = id+"-error "+by, "true"
	}
	if by != "" {
		a["aria-describedby"] = by
	}
	return a
}

// shown are the fields that a reader can go to; of others a summary only says what is wrong.
func shown(field string) bool {
	return field != "once" && field != "version" && field != "key" && field != "kind" && field != "right" && field != "approval"
}

// productOf is the name of the product that a request is about; "" for none.
func productOf(r *licensing.RequestRow, c *licensing.Catalogue) string {
	if r.ProductID == nil {
		return ""
	}
	return c.Product(*r.ProductID).Name
}
