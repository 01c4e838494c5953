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

// Every kind of news is in a group because somebody put it there: what is about the account
// itself, a key that was handed over or got out, or emergency access, can't be refused.
func TestEveryKindOfNewsHasItsGroup(t *testing.T) {
	t.Parallel()
	want := map[licensing.NewsKind]licensing.MailGroup{}
	for group, kinds := range map[licensing.MailGroup][]licensing.NewsKind{
		licensing.MailRights: {
			licensing.RightGiven, licensing.RightChanged, licensing.RightEnded, licensing.LicenceUnattended, licensing.GroupsSilent, licensing.Invited, licensing.InvitationAccepted,
			licensing.NewsSuccessorNamed, licensing.NewsSuccessorWithdrawn, licensing.NewsSuccessorDeclined, licensing.NewsSuccessorSteppedIn,
			licensing.AccessAskedNews, licensing.AccessReminderNews, licensing.AccessAcceptedNews, licensing.AccessDeniedNews,
			licensing.AccessUnansweredNews, licensing.AccessLonelyNews, licensing.AccessIgnoredNews,
			licensing.AgreementAddedNews, licensing.AgreementLonelyNews, licensing.AgreementGivenNews,
			licensing.AgreementObjectedNews, licensing.AgreementEndedNews, licensing.AgreementLockedNews,
		},
		licensing.MailReviews: {licensing.ReviewStartedNews, licensing.ReviewReminderNews, licensing.ReviewClosedNews},
		licensing.MailSecurity: {
			licensing.RateExceeded, licensing.SessionsEnded, licensing.IdentityLinked, licensing.IdentityUnlinked, licensing.EmailAsked, licensing.EmailChanged,
			licensing.LeakOpened, licensing.LeakReplacedNow, licensing.LeakBlockedNow, licensing.LeakCalledOff,
			licensing.KeyToDestroy, licensing.KeyReleased,
			licensing.HandoverOffered, licensing.HandoverTaken, licensing.HandoverAlarm,
			licensing.NewsEmergencyOpened, licensing.NewsEmergencyConfirmed, licensing.NewsEmergencyGranted,
			licensing.NewsEmergencyStopped, licensing.NewsEmergencyWithdrawn, licensing.NewsEmergencyExpired,
		},
	} {
		for _, kind := range kinds {
			want[kind] = group
		}
	}
	for _, kind := range licensing.NewsKinds() {
		if got := licensing.MailGroupOf(kind); got != want[kind] {
			t.Errorf("%s: got %s, want %q", kind, got, want[kind])
		}
		delete(want, kind)
	}
	for kind := range want {
		t.Errorf("%s is no kind of news", kind)
	}
}
