package licensing

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// AuditLine is an entry as it is shown: with the number of the licence ID it concerns
// and what its reader may do there. Address and RequestID are the operator's; Identity
// and Prev are nobody's.
type AuditLine struct {
	AuditEntry
	Number string
	Rights Permission // the reader's on the licence ID now; 0 where there is none
}

// UseLine is an act of somebody with keys, as they are shown it.
type UseLine struct {
	AuditLine
	Product int32 // of the key; 0 for a file, and for a key that they may see no more
}

// AuditFilter says which entries of the audit log are wanted.
type AuditFilter struct {
	Person  uuid.UUID // who acted; zero for everybody
	Name    string    // words of the name of who acted; "" for everybody
	Number  string    // of a licence ID; "" for all
	Action  string    // "" for all
	Outcome Outcome   // "" for both
	From    time.Time // zero for the beginning
	To      time.Time // the first moment that is too late; zero for now
	After   string    // cursor of the page before; "" for the first
}

// Detail is what the audit log says of a filter; fields that let all through are left
// out.
func (f AuditFilter) Detail() map[string]any {
	detail := map[string]any{}
	say := func(name, value string) {
		if value != "" {
			detail[name] = value
		}
	}
	if f.Person != uuid.Nil {
		say("person", f.Person.String())
	}
	say("who", f.Name)
	say("licence", f.Number)
	say("action", f.Action)
	say("outcome", string(f.Outcome))
	for name, at := range map[string]time.Time{"from": f.From, "to": f.To} {
		if !at.IsZero() {
			say(name, at.UTC().Format(time.RFC3339))
		}
	}
	return detail
}

// Narrow reports whether a filter keeps anything away.
func (f AuditFilter) Narrow() bool { return len(f.Detail()) > 0 }

// ActionGroup is audit actions that belong together.
type ActionGroup struct {
	Name    string // message key below "audit.group."
	Actions []string
}

var actionGroups = []ActionGroup{
	{"keys", []string{"key.revealed", "key.copied", "key.tampered", "key.assigned", "keys.added", "keys.resealed", "leak.opened", "leak.noted", "leak.ended", "handover.made", "handover.withdrawn", "handover.reused", "handover.misdirected"}},
	{"files", []string{"file.started", "file.finished", "file.broken", "audit.exported", "audit.read"}},
	{"requests", []string{
		"request.filed", "request.assigned", "request.asked", "request.answered", "request.noted", "request.approved", "request.retracted", "request.granted",
		"request.partly_granted", "request.rejected", "request.withdrawn", "request.confirmed", "request.handed_on",
	}},
	{"imports", []string{"keys.imported", "upload.received", "upload.approved", "upload.discarded", "upload.forgotten"}},
	{"access", []string{
		"session.started", "session.ended", "session.refused", "access.refused", "rate.exceeded", "role.granted", "role.changed", "role.ended", "group_role.added", "group_role.ended", "licence.unattended", "invitation.sent", "invitation.resent", "invitation.withdrawn", "invitation.accepted", "invitation.refused", "person.added", "person.language_set", "person.email_asked", "person.email_set", "person.mail_set", "person.shortcuts_set", "person.signed_out", "identity.added", "support.viewed", "visit.opened", "visit.ended",
		"successor.named", "successor.withdrawn", "successor.declined", "successor.stepped_in",
		"access.asked", "access.arrived", "access.accepted", "access.denied", "access.withdrawn", "access.unanswered", "session.revoked", "identity.linked", "identity.unlinked",
		"emergency.opened", "emergency.confirmed", "emergency.granted", "emergency.stopped", "emergency.withdrawn", "emergency.expired",
		"review.started", "review.decided", "review.closed", "review.series_ended", "review.exported",
		"agreement.added", "agreement.arrived", "agreement.given", "agreement.objected", "agreement.locked",
	}},
	{"customers", []string{"organisation.added", "licence.added", "purchases.set", "programme.added", "product.added"}},
}

// InnerActions are what support does to a request that its customer isn't told.
func InnerActions() []string {
	return []string{"request.assigned", "request.noted", "request.approved", "request.retracted"}
}

// UseActions are what people do with keys: reveal and copy them, and download files.
func UseActions() []string {
	return []string{"key.revealed", "key.copied", "file.started", "file.finished", "file.broken"}
}

// ofPublisher are actions that only the publisher's own chain has.
var ofPublisher = []string{
	"key.assigned", "keys.resealed", "session.refused", "person.added", "identity.added", "programme.added", "product.added",
	"upload.received", "upload.approved", "upload.discarded", "upload.forgotten",
}

// ActionGroups lists the audit actions that somebody can come across, by what they
// are about.
func (v Viewer) ActionGroups() []ActionGroup {
	groups := make([]ActionGroup, 0, len(actionGroups))
	for _, g := range actionGroups {
		g.Actions = slices.DeleteFunc(slices.Clone(g.Actions), func(action string) bool {
			return !v.SeesAllCustomers() && (slices.Contains(ofPublisher, action) || slices.Contains(InnerActions(), action))
		})
		groups = append(groups, g)
	}
	return groups
}
