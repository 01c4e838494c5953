package licensing

import (
	"slices"
	"strings"
)

// MailGroup is what mail is about, as far as people choose what they are sent. Groups are
// message keys below "mail_group.".
type MailGroup string

// The groups of mail.
const (
	MailRequests MailGroup = "requests" // what happens to requests
	MailRights   MailGroup = "rights"   // rights given, changed, ended, asked for
	MailReviews  MailGroup = "reviews"  // reviews, and reminders of what ends
	MailSecurity MailGroup = "security" // the account itself: always sent
)

// MailGroups lists the groups that people may refuse.
func MailGroups() []MailGroup { return []MailGroup{MailRequests, MailRights, MailReviews} }

// MayRefuse reports whether mail of a group can be refused.
func (g MailGroup) MayRefuse() bool { return slices.Contains(MailGroups(), g) }

// nouns are the groups of news, by the first word of their kind.
var nouns = map[string]MailGroup{
	"request": MailRequests,
	"right":   MailRights, "invitation": MailRights, "successor": MailRights, "access": MailRights, "licence": MailRights, "group": MailRights, "agreement": MailRights,
	"review": MailReviews, "reminder": MailReviews, "expiry": MailReviews,
}

// MailGroupOf is the group that news of a kind belong to. A kind that nobody thought of is
// a matter of security: what is sent without need harms less than what isn't sent.
func MailGroupOf(kind NewsKind) MailGroup {
	noun, _, _ := strings.Cut(string(kind), "_")
	if g, ok := nouns[noun]; ok {
		return g
	}
	return MailSecurity
}
