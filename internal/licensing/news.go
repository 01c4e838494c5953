package licensing

import "github.com/google/uuid"

// NewsKind says what news are about. Its words are news.<kind>, one line for a notice and a
// mail's subject, and news_mail.<kind>, what the mail says.
type NewsKind string

// The kinds of news. Those of cases, hand-overs, access that is asked for and agreements
// that are added stand beside what they are about.
const (
	RightGiven   NewsKind = "right_given"
	RightChanged NewsKind = "right_changed"
	RightEnded   NewsKind = "right_ended"

	LicenceUnattended NewsKind = "licence_unattended" // to the operator: its last administrator went with a group
	GroupsSilent      NewsKind = "group_silent"       // to the operator: a provider is in no server's settings any more

	Invited            NewsKind = "invitation"
	InvitationAccepted NewsKind = "invitation_accepted"

	NewsSuccessorNamed     NewsKind = "successor_named"
	NewsSuccessorWithdrawn NewsKind = "successor_withdrawn"
	NewsSuccessorDeclined  NewsKind = "successor_declined"
	NewsSuccessorSteppedIn NewsKind = "successor_stepped_in"

	NewsEmergencyOpened    NewsKind = "emergency_opened"
	NewsEmergencyConfirmed NewsKind = "emergency_confirmed"
	NewsEmergencyGranted   NewsKind = "emergency_granted"
	NewsEmergencyStopped   NewsKind = "emergency_stopped"
	NewsEmergencyWithdrawn NewsKind = "emergency_withdrawn"
	NewsEmergencyExpired   NewsKind = "emergency_expired"

	RateExceeded     NewsKind = "rate_exceeded"
	SessionsEnded    NewsKind = "sessions_ended"
	IdentityLinked   NewsKind = "identity_linked"
	IdentityUnlinked NewsKind = "identity_unlinked"
	EmailAsked       NewsKind = "email_asked"   // to the new address
	EmailChanged     NewsKind = "email_changed" // to the one of before
)

// NewsKinds lists every kind, each once.
func NewsKinds() []NewsKind {
	return []NewsKind{
		RightGiven, RightChanged, RightEnded, LicenceUnattended, GroupsSilent,
		Invited, InvitationAccepted,
		AccessAskedNews, AccessReminderNews, AccessAcceptedNews, AccessDeniedNews, AccessUnansweredNews, AccessLonelyNews, AccessIgnoredNews,
		NewsSuccessorNamed, NewsSuccessorWithdrawn, NewsSuccessorDeclined, NewsSuccessorSteppedIn,
		NewsEmergencyOpened, NewsEmergencyConfirmed, NewsEmergencyGranted, NewsEmergencyStopped, NewsEmergencyWithdrawn, NewsEmergencyExpired,
		LeakOpened, LeakReplacedNow, LeakBlockedNow, LeakCalledOff, KeyToDestroy, KeyReleased,
		HandoverOffered, HandoverTaken, HandoverAlarm,
		AgreementAddedNews, AgreementLonelyNews, AgreementGivenNews, AgreementObjectedNews, AgreementEndedNews, AgreementLockedNews,
		RateExceeded, SessionsEnded, IdentityLinked, IdentityUnlinked, EmailAsked, EmailChanged,
		ReviewStartedNews, ReviewReminderNews, ReviewClosedNews,
	}
}

// News is something about rights or keys, not about a request, that a person should know
// of. It never holds a key.
type News struct {
	Kind   NewsKind          `json:"kind"`
	RootID uuid.UUID         `json:"-"`              // the family that it is about
	Args   map[string]string `json:"args,omitempty"` // what stands in its words; see NewsRole and NewsDay
	Text   string            `json:"text,omitempty"` // what a person wrote
	Path   string            `json:"path,omitempty"` // the local path where it is seen
	Secret string            `json:"-"`              // in the mail instead of Path: a local path that opens something once
}

// Values of Args under these names are worded for the reader: a Role, a day and a moment
// (both RFC 3339).
const (
	NewsRole   = "Role"
	NewsDay    = "Day"
	NewsMoment = "When"
)

// Addressee is somebody who is written to without an account.
type Addressee struct {
	Address  string
	Name     string
	Language string // one of i18n's; "" is English
}
