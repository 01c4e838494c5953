package views

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// auditScope says which part of the log the reader sees.
func auditScope(ctx context.Context) string {
	v := ChromeOf(ctx).Viewer
	switch {
	case v.Staff == licensing.Operator:
		return "audit.scope.all"
	case v.May.Has(licensing.SeeUse):
		return "audit.scope.administrator"
	}
	return "audit.scope.own"
}

// seesOthers reports whether the reader comes across acts of others.
func seesOthers(ctx context.Context) bool { return ChromeOf(ctx).Viewer.May.Has(licensing.SeeUse) }

func actorName(ctx context.Context, l *licensing.AuditLine) string {
	if l.Actor == "" {
		return i18n.T(ctx, "audit.nobody")
	}
	return l.Actor
}

// personOf names the person that a page is narrowed to, as far as its lines do.
func personOf(ctx context.Context, a Audit) string {
	if len(a.Lines) == 0 {
		return i18n.T(ctx, "audit.one_person")
	}
	return actorName(ctx, &a.Lines[0])
}

// auditFilePath is the address of the log as a file, narrowed like this page.
func auditFilePath(ctx context.Context, ext string) string {
	return with("/audit."+ext, ChromeOf(ctx).Query, "after", "", "lang", "")
}

// actorPath leads to the acts of who acted; "" for nobody known and for those who see
// no other's acts anyway.
func actorPath(ctx context.Context, l *licensing.AuditLine) string {
	if l.ActorID == nil || !seesOthers(ctx) {
		return ""
	}
	return with("/audit", nil, "person", l.ActorID.String())
}

// licencePathIf is a licence ID's address for those who may open it, else "".
func licencePathIf(rights licensing.Permission, number string) string {
	if !rights.Has(licensing.SeeLicence) {
		return ""
	}
	return LicencePath(number)
}

// objectPath leads to what an act was done to; "" where the reader can't go there, or
// there is no page.
func objectPath(ctx context.Context, l *licensing.AuditLine) string {
	v := ChromeOf(ctx).Viewer
	what, name, _ := strings.Cut(l.Object, "/")
	switch what {
	case "key":
		id, err := uuid.Parse(name)
		if err == nil && (l.Rights.Has(licensing.SeeKeys) || v.SeesAllCustomers()) {
			return KeyPath(id)
		}
	case "leak":
		id, err := uuid.Parse(name)
		if err == nil && mayLookAfter(ctx, l.Rights) {
			return LeakPath(id)
		}
	case "request":
		id, err := strconv.ParseInt(name, 10, 64)
		own := l.ActorID != nil && *l.ActorID == v.PersonID && l.Action == "request.filed"
		if err == nil && (own || l.Rights.Has(licensing.FileRequests) || v.SeesAllCustomers()) {
			return RequestPath(id)
		}
	case "import", "upload": // an upload's own page is gone after a day
		if v.May.Has(licensing.Operate) {
			return "/imports"
		}
	}
	return ""
}

// auditDetail says the parts of an entry's detail that a reader knows what to do with.
func auditDetail(ctx context.Context, l *licensing.AuditLine) string {
	d := detail{ctx: ctx, of: l.Detail}
	switch {
	case strings.HasPrefix(l.Action, "request."):
		d.request()
	case l.Action == "access.refused":
		d.add(strings.TrimPrefix(l.Object, "route/"))
	case l.Action == "session.refused":
		if reason, _, _ := strings.Cut(d.text("reason"), "/"); reason != "" {
			d.add(i18n.T(ctx, "signin.reason."+reason))
		}
	case l.Action == "support.viewed", l.Action == "visit.opened":
		d.sight()
	case strings.HasPrefix(l.Action, "review."):
		d.review()
	case l.Action == "audit.exported":
		d.name("name")
		d.filter()
	default:
		d.rest()
	}
	return strings.Join(d.parts, ", ")
}

// detail puts together what is said of an entry.
type detail struct {
	ctx   context.Context
	of    map[string]any
	parts []string
}

func (d *detail) add(part string) {
	if part != "" {
		d.parts = append(d.parts, part)
	}
}

// text is a field as a text; "" for none.
func (d *detail) text(field string) string {
	if v, ok := d.of[field]; ok && v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// number is a field as a number: JSON knows no whole ones.
func (d *detail) number(field string) (int, bool) {
	n, ok := d.of[field].(float64)
	return int(n), ok
}

// rest is what acts on keys, files and rights say.
func (d *detail) rest() {
	d.last5()
	d.add(d.text("number"))
	d.name("name")
	d.name("email")
	if rows, ok := d.number("rows"); ok {
		d.add(i18n.N(d.ctx, "audit.detail.rows", rows))
	}
	if keys, ok := d.number("keys"); ok {
		d.add(i18n.N(d.ctx, "audit.detail.keys", keys))
	}
	if d.text("case") != "" && d.text("role") != "" {
		d.add(i18n.T(d.ctx, "audit.detail.emergency"))
	}
	if role := d.text("role"); role != "" {
		d.add(i18n.T(d.ctx, "role."+role))
	}
	if sessions, ok := d.number("sessions"); ok {
		d.add(i18n.N(d.ctx, "audit.detail.sessions", sessions))
	}
	d.add(d.text("provider"))
	if ended, ok := d.number("ended"); ok {
		d.add(i18n.N(d.ctx, "audit.detail.ended", ended))
	}
	if lang := d.text("language"); Speaks(lang) {
		d.add(i18n.Name(lang))
	}
	d.unwanted()
	d.name("person")
	d.name("file")
	if state := d.text("state"); state != "" {
		d.add(i18n.T(d.ctx, "leak.state."+state))
	}
	if id, ok := d.number("request"); ok {
		d.add(licensing.RequestNumber(int64(id)))
	}
}

// unwanted says what somebody wants no mail about.
func (d *detail) unwanted() {
	groups, _ := d.of["unwanted"].([]any)
	for _, g := range groups {
		d.add(i18n.T(d.ctx, "audit.detail.no_mail", "About", i18n.T(d.ctx, "mail_group."+fmt.Sprint(g))))
	}
}

// sight says why support looks at a customer, and until when.
func (d *detail) sight() {
	if id, ok := d.number("request"); ok {
		d.add(licensing.RequestNumber(int64(id)))
	}
	d.name("reason")
	if until, err := time.Parse(time.RFC3339, d.text("until")); err == nil {
		d.add(i18n.T(d.ctx, "audit.detail.until", "When", i18n.DateTime(d.ctx, until)))
	}
}

// review says what a review is on and how much is in it, or what became of a right.
func (d *detail) review() {
	d.name("name")
	if role := d.text("role"); role != "" {
		d.add(i18n.T(d.ctx, "role."+role))
	}
	if outcome := d.text("outcome"); outcome != "" {
		d.add(i18n.T(d.ctx, "review.outcome."+outcome))
	}
	if rights, ok := d.number("rights"); ok {
		d.add(i18n.N(d.ctx, "review.rights", rights))
	}
	if until, err := time.Parse(time.RFC3339, d.text("until")); err == nil {
		d.add(i18n.T(d.ctx, "audit.detail.until", "When", i18n.Date(d.ctx, until)))
	}
	if n, ok := d.number("undecided"); ok {
		d.add(i18n.N(d.ctx, "audit.detail.undecided", n))
	}
	if n, _ := d.number("exceptions"); n > 0 {
		d.add(i18n.N(d.ctx, "audit.detail.exceptions", n))
	}
	d.name("file")
}

func (d *detail) name(field string) {
	if name := d.text(field); name != "" {
		d.add(i18n.T(d.ctx, "audit.detail.name", "Value", name))
	}
}

func (d *detail) last5() {
	if last5 := d.text("last5"); last5 != "" {
		d.add(i18n.T(d.ctx, "audit.detail.last5", "Value", last5))
	}
}

// request says which request it was, how much was asked and given, and what that made
// of the key; of a refused act what was tried, and how far the request was.
func (d *detail) request() {
	if id, ok := d.number("request"); ok {
		d.add(licensing.RequestNumber(int64(id)))
	}
	if kind := d.text("kind"); kind != "" {
		d.add(i18n.T(d.ctx, "request.kind."+kind))
	}
	asked, counted := d.number("asked")
	granted, given := d.number("granted")
	if approved, first := d.number("approved"); first {
		granted, given = approved, true
	}
	switch {
	case given && counted:
		d.add(i18n.T(d.ctx, "audit.detail.granted", "Granted", granted, "Asked", asked))
	case counted:
		d.add(i18n.T(d.ctx, "audit.detail.asked", "Asked", asked))
	}
	old, _ := d.number("old")
	if total, ok := d.number("new"); ok {
		d.add(i18n.T(d.ctx, "audit.detail.total", "Old", old, "New", total))
	}
	d.last5()
	if first := d.text("first"); first != "" {
		d.add(i18n.T(d.ctx, "audit.detail.first", "Name", first))
	}
	if tried := d.text("tried"); tried != "" {
		d.add(i18n.T(d.ctx, "audit.detail.tried", "Move", i18n.T(d.ctx, "audit.move."+tried)))
		d.add(i18n.T(d.ctx, "audit.detail.state", "State", i18n.T(d.ctx, "request.state."+d.text("state"))))
	}
}

// filter says what a copy of the log was narrowed to.
func (d *detail) filter() {
	of, _ := d.of["filter"].(map[string]any)
	f := detail{ctx: d.ctx, of: of}
	if action := f.text("action"); action != "" {
		d.add(i18n.T(d.ctx, "audit.action."+action))
	}
	if outcome := f.text("outcome"); outcome != "" {
		d.add(i18n.T(d.ctx, "audit.outcome."+outcome))
	}
	for _, field := range []string{"licence", "who", "person"} {
		d.add(f.text(field))
	}
	if from, to := f.text("from"), f.text("to"); from != "" || to != "" {
		d.add(from + "/" + to)
	}
}
