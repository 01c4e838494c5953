package licensing_test

import (
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Mail about the account itself can't be refused, nor can mail that nobody thought of.
func TestKindsOfNewsBelongToGroups(t *testing.T) {
	t.Parallel()
	for kind, want := range map[licensing.NewsKind]licensing.MailGroup{
		"right_given": licensing.MailRights, "right": licensing.MailRights, "invitation_sent": licensing.MailRights, "access_asked": licensing.MailRights,
		"review_due": licensing.MailReviews, "reminder_right": licensing.MailReviews, "request_granted": licensing.MailRequests,
		"sessions_ended": licensing.MailSecurity, "identity_added": licensing.MailSecurity, "": licensing.MailSecurity, "rights_of_man": licensing.MailSecurity,
	} {
		if got := licensing.MailGroupOf(kind); got != want {
			t.Errorf("%q: got %s, want %s", kind, got, want)
		}
	}
	for _, g := range licensing.MailGroups() {
		if !g.MayRefuse() {
			t.Errorf("%s is to be chosen but can't be refused", g)
		}
	}
	if licensing.MailSecurity.MayRefuse() {
		t.Error("mail about security can be refused")
	}
}
