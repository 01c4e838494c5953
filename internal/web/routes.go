package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

// Scope says what a route's permission is asked about.
type Scope int

// A route is open to everybody, to whoever is signed in and has its permission
// anywhere, or concerns one licence ID, key, request, or case or hand-over of a key, and leaves the
// answer to the store.
const (
	Public Scope = iota
	Self
	OnLicence
	OnKey
	OnRequest
	OnCase
)

func (s Scope) String() string {
	return [...]string{"public", "self", "licence", "key", "request", "case"}[s]
}

// Route is an address and who may use it.
type Route struct {
	Method     string
	Path       string
	Scope      Scope
	Permission licensing.Permission // any bit of it will do; 0: whoever is signed in
	handle     echo.HandlerFunc
}

// Fresh reports whether a route is for those who proved lately who they are.
func (r Route) Fresh() bool { return demandsProof(r) }

// Allows reports whether somebody with these permissions may use the route; of a
// scope narrower than Self, whether they might.
func (r Route) Allows(may licensing.Permission) bool {
	return r.Permission == 0 || may&r.Permission != 0
}

// Routes is every address of the portal but the static files. There is no other way
// to register one.
func (s *Server) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []Route{
		{get, "/", Self, 0, s.home},
		{get, "/licences", Self, 0, s.listLicences},
		{get, "/licences/:number", OnLicence, licensing.SeeLicence, s.showLicence},
		{get, "/licences/:number/keys", OnLicence, licensing.SeeKeys, s.listKeys},
		{get, "/licences/:number/keys.tsv", OnLicence, licensing.RevealKeys, s.licenceKeyFile("tsv")},
		{get, "/licences/:number/keys.xlsx", OnLicence, licensing.RevealKeys, s.licenceKeyFile("xlsx")},
		{get, "/licences/:number/purchases", OnLicence, licensing.SeeLicence, s.listPurchases},
		{get, "/licences/:number/people", OnLicence, licensing.SeeLicence, s.listPeople},
		{post, "/licences/:number/people", OnLicence, licensing.ManagePeople, s.giveRight},
		{post, "/licences/:number/people/copies", OnLicence, licensing.ManagePeople, s.copyRights},
		{get, "/licences/:number/history", OnLicence, licensing.SeeLicence, s.listHistory},
		{get, "/people", Self, licensing.ManagePeople, s.listAllPeople},
		{get, "/people/alone", Self, licensing.ManagePeople, s.listAlone},
		{get, "/people/reviews", Self, licensing.ManagePeople, s.listReviews},
		{post, "/people/reviews", Self, licensing.ManagePeople, s.startReview},
		{get, "/people/reviews/:id", Self, licensing.ManagePeople, s.showReview},
		{post, "/people/reviews/:id", Self, licensing.ManagePeople, s.onReview(s.answerReview)},
		{post, "/people/reviews/:id/last", Self, licensing.ManagePeople, s.onReview(s.endReviewSeries)},
		{get, "/people/reviews/:id/report.tsv", Self, licensing.ManagePeople, s.reviewFile("tsv")},
		{get, "/people/reviews/:id/report.xlsx", Self, licensing.ManagePeople, s.reviewFile("xlsx")},
		{post, "/people/:id/sessions/end", Self, licensing.ManagePeople | licensing.Operate, s.signOutPerson},
		{post, "/people/:id/leave", Self, licensing.ManagePeople, s.onRights(views.LeaveForm, s.leave)},
		{get, "/people/groups", Self, licensing.ManagePeople | licensing.Operate, s.listGroups},
		{post, "/people/groups", Self, licensing.ManagePeople | licensing.Operate, s.addGroup},
		{post, "/people/groups/:id/end", Self, licensing.ManagePeople | licensing.Operate, s.endGroup},
		{post, "/rights/:id", Self, licensing.ManagePeople, s.onRights(views.ChangeForm, s.changeRight)},
		{post, "/rights/:id/successor", Self, licensing.ManagePeople, s.onRights(views.SuccessorForm, s.nameSuccessor)},
		{get, "/support/access", Self, licensing.DecideRequests | licensing.Operate, s.listEmergency},
		{post, "/support/access", Self, licensing.DecideRequests, s.openEmergency},
		{post, "/support/access/:id/confirmation", Self, licensing.DecideRequests, s.actOnEmergency(s.Store.ConfirmEmergency)},
		{post, "/support/access/:id/withdrawal", Self, licensing.DecideRequests, s.actOnEmergency(s.Store.WithdrawEmergency)},
		{post, "/support/access/:id/objection", Self, licensing.ManagePeople | licensing.Operate, s.actOnEmergency(s.Store.StopEmergency)},
		{get, "/successors", Self, 0, s.listSuccessors},
		{post, "/successors/:id/end", Self, 0, s.endSuccessor},
		{post, "/rights/:id/end", Self, licensing.ManagePeople, s.onRights(views.EndForm, s.endRight)},
		{post, "/invitations/:id/resend", Self, licensing.ManagePeople, s.onRights(views.InvitationForm, s.resendInvitation)},
		{post, "/invitations/:id/withdrawal", Self, licensing.ManagePeople, s.onRights(views.InvitationForm, s.withdrawInvitation)},
		{get, "/invitation", Public, 0, s.showInvitation},
		{get, "/invitation/:token", Public, 0, s.followInvitation},
		{post, "/invitation/acceptance", Self, 0, s.acceptInvitation},
		{get, "/access-requests", Self, 0, s.listAccess},
		{post, "/access-requests", Self, 0, s.askAccess},
		{get, "/access-requests/agreements", Self, 0, s.newAgreement},
		{post, "/access-requests/agreements", Self, 0, s.addAgreement},
		{post, "/access-requests/agreements/:id/objection", Self, licensing.ManagePeople, s.onAccess(views.DenyForm, s.denyAccess)},
		{post, "/access-requests/:id/acceptance", Self, licensing.ManagePeople, s.onAccess(views.AcceptForm, s.acceptAccess)},
		{post, "/access-requests/:id/denial", Self, licensing.ManagePeople, s.onAccess(views.DenyForm, s.denyAccess)},
		{post, "/access-requests/:id/withdrawal", Self, 0, s.onAccess(views.WithdrawForm, s.withdrawAccess)},
		{get, "/keys", Self, licensing.SeeKeys, s.listProfile},
		{get, "/keys.tsv", Self, licensing.RevealKeys, s.profileKeyFile("tsv")},
		{get, "/keys.xlsx", Self, licensing.RevealKeys, s.profileKeyFile("xlsx")},
		{get, "/keys/:id", OnKey, licensing.SeeKeys, s.showKey},
		{post, "/keys/:id/reveal", OnKey, licensing.RevealKeys, s.revealKey},
		{post, "/keys/:id/compromise", OnKey, licensing.EditKeys | licensing.SeeCustomers, s.onKey(s.markKey)},
		{post, "/keys/:id/handover", OnKey, licensing.RevealKeys, s.onKey(s.handOver)},
		{post, "/keys/:id/handover/withdrawal", OnCase, licensing.RevealKeys, s.onKey(s.withdrawHandover)},
		{get, "/handover", Self, 0, s.showHandover},
		{get, "/handover/:token", Public, 0, s.followHandover},
		{post, "/handover/reveal", Self, 0, s.revealHandover},
		{get, "/leaks", Self, licensing.EditKeys | licensing.SeeCustomers, s.listLeaks},
		{get, "/leaks/:id", OnCase, licensing.EditKeys | licensing.SeeCustomers, s.showLeak},
		{post, "/leaks/:id/end", OnCase, licensing.SeeUse | licensing.SeeCustomers, s.onLeak(s.endLeak)},
		{post, "/leaks/:id/notes", OnCase, licensing.EditKeys | licensing.SeeCustomers, s.onLeak(s.noteLeak)},
		{get, "/requests", Self, 0, s.listRequests},
		{get, "/requests/new", Self, licensing.FileRequests | licensing.DecideRequests, s.newRequest},
		{post, "/requests", Self, licensing.FileRequests | licensing.DecideRequests, s.submitRequest},
		{get, "/requests/:id", OnRequest, 0, s.showRequest},
		{post, "/requests/:id/answer", OnRequest, 0, s.answerRequest(s.Store.AnswerRequest, "")},
		{post, "/requests/:id/withdrawal", OnRequest, 0, s.answerRequest(s.Store.WithdrawRequest, "")},
		{post, "/requests/:id/approval", Self, licensing.DecideRequests, s.answerRequest(s.Store.ApproveRequest, "reason_code")},
		{post, "/requests/:id/retraction", Self, licensing.DecideRequests, s.answerRequest(s.Store.RetractApproval, "")},
		{post, "/requests/:id/rejection", Self, licensing.DecideRequests, s.answerRequest(s.Store.RejectRequest, "reason")},
		{post, "/requests/:id/question", Self, licensing.DecideRequests, s.answerRequest(s.Store.QuestionRequest, "")},
		{post, "/requests/:id/assignment", Self, licensing.DecideRequests, s.assignRequest()},
		{post, "/requests/:id/notes", Self, licensing.DecideRequests, s.noteRequest()},
		{get, "/support", Self, licensing.DecideRequests, s.listQueue},
		{post, "/support/visits", Self, licensing.DecideRequests, s.openVisit},
		{post, "/support/visits/:id/end", Self, licensing.DecideRequests, s.endVisit},
		{post, "/search", Self, 0, s.search},
		{get, "/downloads", Self, licensing.RevealKeys | licensing.SeeUse, s.listDownloads},
		{get, "/imports", Self, licensing.Operate, s.listImports},
		{post, "/imports", Self, licensing.Operate, s.receiveUpload},
		{get, "/imports/:id", Self, licensing.Operate, s.showUpload},
		{post, "/imports/:id/apply", Self, licensing.Operate, s.applyUpload},
		{post, "/imports/:id/discard", Self, licensing.Operate, s.discardUpload},
		{get, "/imports/:id/rejected.tsv", Self, licensing.Operate, s.rejectedRows},
		{get, "/sessions", Self, licensing.Operate, s.listSessions},
		{get, "/audit", Self, 0, s.listAudit},
		{get, "/audit.tsv", Self, 0, s.auditFile("tsv")},
		{get, "/audit.xlsx", Self, 0, s.auditFile("xlsx")},
		{get, "/notices", Self, 0, s.listNotices},
		{post, "/notices/read", Self, 0, s.readNotices},
		{get, "/account", Self, 0, s.showAccount},
		{post, "/account/email", Self, 0, s.ownAct(s.askEmail)},
		{get, "/account/email", Self, 0, s.showEmail},
		{get, "/account/email/:token", Public, 0, s.followEmail},
		{post, "/account/email/confirmation", Self, 0, s.ownAct(s.confirmEmail)},
		{post, "/account/language", Self, 0, s.ownAct(s.chooseLanguage)},
		{post, "/account/mail", Self, 0, s.ownAct(s.chooseMail)},
		{post, "/account/shortcuts", Self, 0, s.ownAct(s.chooseShortcuts)},
		{post, "/account/identities", Self, 0, s.linkIdentity},
		{post, "/account/identities/removal", Self, 0, s.ownAct(s.unlinkIdentity)},
		{post, "/account/sessions/end", Self, 0, s.ownAct(s.endOtherSessions)},
		{post, "/account/sessions/:id/end", Self, 0, s.ownAct(s.endSession)},
		{get, "/why", Self, 0, s.showWhy},
		{get, "/help", Self, 0, s.help},
		{get, "/confirm", Self, 0, s.showConfirm},
		{get, "/confirm/begin", Self, 0, s.beginConfirm},
		{get, "/confirm/again", Self, 0, s.sendAgain},
		{get, "/signin", Public, 0, s.begin},
		{get, "/signin/callback", Public, 0, s.callback},
		{get, "/signin/callback/:id", Public, 0, s.callback},
		{post, "/signout", Public, 0, s.signOut},
		{post, signin.BackchannelPath, Public, 0, s.backchannel},
		{post, signin.BackchannelPath + "/:provider", Public, 0, s.backchannel},
		{get, "/healthz", Public, 0, s.healthy},
		{get, "/readyz", Public, 0, s.ready},
	}
	if s.Demo {
		routes = append(routes, Route{get, "/outbox", Self, 0, s.listOutbox}, Route{get, "/outbox/:id", Self, 0, s.showMail})
	}
	return routes
}
