package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// saysDone is what the page after a post says of it, by the post's route: the last part of
// a message key. Requests and imports tell on their own pages how they stand, and so does
// what counts what it did.
var saysDone = map[string]string{
	"/licences/:number/people":                  "right_given",
	"/rights/:id":                               "right_changed",
	"/rights/:id/end":                           "right_ended",
	"/rights/:id/successor":                     "successor_named",
	"/successors/:id/end":                       "successor_ended",
	"/people/:id/leave":                         "left",
	"/people/:id/sessions/end":                  "signed_out",
	"/people/groups":                            "group_added",
	"/people/groups/:id/end":                    "group_ended",
	"/people/reviews":                           "review_started",
	"/people/reviews/:id/last":                  "review_last",
	"/invitations/:id/resend":                   "invitation_sent",
	"/invitations/:id/withdrawal":               "invitation_withdrawn",
	"/access-requests":                          "access_asked",
	"/access-requests/agreements":               "agreement_added",
	"/access-requests/agreements/:id/objection": "access_denied",
	"/access-requests/:id/acceptance":           "access_accepted",
	"/access-requests/:id/denial":               "access_denied",
	"/access-requests/:id/withdrawal":           "access_withdrawn",
	"/keys/:id/compromise":                      "key_marked",
	"/keys/:id/handover":                        "handover_sent",
	"/keys/:id/handover/withdrawal":             "handover_withdrawn",
	"/leaks/:id/end":                            "leak_ended",
	"/leaks/:id/notes":                          "leak_noted",
	"/support/access":                           "emergency_opened",
	"/support/access/:id/confirmation":          "emergency_confirmed",
	"/support/access/:id/withdrawal":            "emergency_withdrawn",
	"/support/access/:id/objection":             "emergency_stopped",
	"/support/visits/:id/end":                   "visit_ended",
	"/account/email":                            "email_asked",
	"/account/email/confirmation":               "email_changed",
	"/account/language":                         "language_set",
	"/account/shortcuts":                        "shortcuts_set",
	"/account/mail":                             "mail_set",
	"/account/identities/removal":               "identity_removed",
	"/account/sessions/end":                     "others_ended",
	"/account/sessions/:id/end":                 "session_ended",
}

// Done is what the page after a post to the route says of it: the last part of a message
// key, "" for nothing.
func (r Route) Done() string {
	if r.Method != http.MethodPost {
		return ""
	}
	return saysDone[r.Path]
}

// doneLasts is how long what was done waits for a page that says it.
const doneLasts = time.Minute

// tellDone has the page after a post say that it was done, and a page say what was done
// just before. It is kept in a cookie that nobody else can make, and is gone once a page
// has said it: no address says it again.
func (s *Server) tellDone(c echo.Context, r Route) {
	if key := r.Done(); key != "" {
		c.Response().Before(func() {
			if c.Response().Status == http.StatusSeeOther {
				s.keepDone(c, views.Done{Key: key})
			}
		})
	}
	if r.Method != http.MethodGet || isFile(r.Path) {
		return
	}
	if d, ok := s.openDone(c); ok {
		views.ChromeOf(c.Request().Context()).Done = d
		c.Response().Before(func() {
			if c.Response().Status == http.StatusOK {
				c.SetCookie(s.doneCookie("", -1))
			}
		})
	}
}

// keepDone keeps what was done for the next page. That it can't is no reason to fail: it
// was done.
func (s *Server) keepDone(c echo.Context, d views.Done) {
	plain, err := json.Marshal(d)
	if err != nil {
		return
	}
	if sealed, err := s.SignIn.Seal(plain, placeOfDone(viewer(c))); err == nil {
		c.SetCookie(s.doneCookie(base64.RawURLEncoding.EncodeToString(sealed), int(doneLasts.Seconds())))
	}
}

func (s *Server) openDone(c echo.Context) (d views.Done, ok bool) {
	found := c.Request().CookiesNamed(s.doneName())
	if len(found) != 1 {
		return d, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(found[0].Value)
	if err != nil {
		return d, false
	}
	plain, err := s.SignIn.Open(sealed, placeOfDone(viewer(c)))
	return d, err == nil && json.Unmarshal(plain, &d) == nil
}

// placeOfDone binds what was done to who did it.
func placeOfDone(v licensing.Viewer) []byte { return append([]byte("done "), v.PersonID[:]...) }

func (s *Server) doneName() string {
	if strings.HasPrefix(s.BaseURL, "https:") {
		return "__Host-keyhall-done"
	}
	return "keyhall-done"
}

func (s *Server) doneCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: s.doneName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: strings.HasPrefix(s.BaseURL, "https:"), SameSite: http.SameSiteLaxMode,
	}
}
