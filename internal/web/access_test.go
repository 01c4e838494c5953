package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/web"
)

// S-51: what belongs to others is answered like what doesn't exist, to the last byte.
func TestAStrangersThingsLookLikeNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, frode, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, "kevin@nordvik.example")
	key := firstKey(t, anna, "74120935")
	for _, c := range []struct {
		name   string
		client *browsertest.Client
	}{{"another family", frode}, {"another licence ID of the family", kevin}} {
		for _, path := range []string{"/licences/%s", "/licences/%s/keys", "/licences/%s/keys.tsv", "/licences/%s/keys.xlsx", "/licences/%s/purchases", "/licences/%s/people", "/licences/%s/history"} {
			alike(t, c.name, c.client.Get(fmt.Sprintf(path, "74120935")), c.client.Get(fmt.Sprintf(path, "99999999")))
		}
		unknown := uuid.NewString()
		alike(t, c.name, c.client.Get("/keys/"+key), c.client.Get("/keys/"+unknown))
		alike(t, c.name, c.client.Post("/keys/"+key+"/reveal", nil), c.client.Post("/keys/"+unknown+"/reveal", nil))
		alike(t, c.name, c.client.Get("/keys/"+key), c.client.Get("/keys/not-a-key"))
	}
}

func alike(t *testing.T, who string, theirs, nobodys *http.Response) {
	t.Helper()
	path := theirs.Request.URL.Path
	if theirs.StatusCode != http.StatusNotFound || nobodys.StatusCode != http.StatusNotFound {
		t.Errorf("%s, %s: got %d, and %d for what does not exist, want 404", who, path, theirs.StatusCode, nobodys.StatusCode)
	}
	if a, b := body(t, theirs), body(t, nobodys); a != b {
		t.Errorf("%s, %s: the page differs from that of what does not exist", who, path)
	}
	for _, h := range []http.Header{theirs.Header, nobodys.Header} {
		h.Del("Date")
		h.Del("X-Request-Id")
	}
	if fmt.Sprint(theirs.Header) != fmt.Sprint(nobodys.Header) {
		t.Errorf("%s, %s: headers differ: %v, %v", who, path, theirs.Header, nobodys.Header)
	}
}

// firstKey is the identifier of the first key on a licence ID's page.
func firstKey(t *testing.T, c *browsertest.Client, number string) string {
	t.Helper()
	rows := byClass(dom(t, c.Get("/licences/"+number+"/keys")), "div", "key")
	if len(rows) == 0 {
		t.Fatalf("licence ID %s shows no key", number)
	}
	return strings.TrimPrefix(attr(rows[0], "id"), "key-")
}

func TestWhatOneMaySeeButNotDoIsForbidden(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	key := firstKey(t, p.SignIn(t, "anna@nordvik.example"), "74120935")
	for _, c := range []struct {
		name, account, method, path string
		want                        int
	}{
		{"a licence reader reveals", "lena@nordvik.example", "POST", "/keys/" + key + "/reveal", 403},
		{"a licence reader downloads a licence ID's file", "lena@nordvik.example", "GET", "/licences/74120935/keys.tsv", 403},
		{"a licence reader downloads the profile's file", "lena@nordvik.example", "GET", "/keys.xlsx", 403},
		{"a licence reader sees a key's last five", "lena@nordvik.example", "GET", "/keys/" + key, 200},
		{"a download manager sees the licence ID", "dirk@nordvik.example", "GET", "/licences/74120935", 200},
		{"a download manager lists its keys", "dirk@nordvik.example", "GET", "/licences/74120935/keys", 403},
		{"a download manager opens a key", "dirk@nordvik.example", "GET", "/keys/" + key, 404},
		{"a download manager downloads", "dirk@nordvik.example", "GET", "/licences/74120935/keys.tsv", 403},
		{"support reveals", "sofia@support.example", "POST", "/keys/" + key + "/reveal", 403},
		{"support downloads", "sofia@support.example", "GET", "/licences/74120935/keys.tsv", 403},
		{"the operator reveals", "olli@operator.example", "POST", "/keys/" + key + "/reveal", 403},
		{"the operator lists imports", "olli@operator.example", "GET", "/imports", 200},
		{"an administrator lists imports", "anna@nordvik.example", "GET", "/imports", 403},
		{"a key administrator reveals", "kaisa@nordvik.example", "POST", "/keys/" + key + "/reveal", 200},
	} {
		client := p.SignIn(t, c.account)
		do := client.Get
		if c.method == "POST" {
			do = func(path string) *http.Response { return client.Post(path, nil) }
		}
		if got := do(c.path).StatusCode; got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

// Nobody who isn't signed in gets anything but the way to sign in, whatever the route.
func TestNobodyGetsNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	nobody := p.SignIn(t, "")
	for _, r := range p.Server.Routes() {
		if r.Scope == web.Public {
			continue
		}
		path := strings.NewReplacer(":number", "74120935", ":id", uuid.NewString()).Replace(r.Path)
		want := "/signin"
		answer := nobody.Get(path)
		if r.Method == http.MethodPost {
			answer = nobody.Post(path, nil)
		} else {
			want += "?next=" + url.QueryEscape(path)
		}
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != want {
			t.Errorf("nobody's %s %s: got %d to %q, want 303 to %q", r.Method, path, answer.StatusCode, answer.Header.Get("Location"), want)
		}
	}
}

// The matrix: which role has the permission that a route asks for. A route that isn't
// here fails, so nobody adds one without saying who may use it (S-50).
func TestRoutesAndRoles(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"GET /":                                          "AKVLDSO",
		"GET /licences":                                  "AKVLDSO",
		"GET /licences/:number":                          "AKVLDSO",
		"GET /licences/:number/keys":                     "AKVL SO",
		"GET /licences/:number/keys.tsv":                 "AKV",
		"GET /licences/:number/keys.xlsx":                "AKV",
		"GET /licences/:number/purchases":                "AKVLDSO",
		"GET /licences/:number/people":                   "AKVLDSO",
		"GET /licences/:number/history":                  "AKVLDSO",
		"POST /licences/:number/people":                  "A",
		"POST /licences/:number/people/copies":           "A",
		"GET /people":                                    "A",
		"GET /people/alone":                              "A",
		"GET /people/groups":                             "A O",
		"POST /people/groups":                            "A O",
		"POST /people/groups/:id/end":                    "A O",
		"POST /people/:id/leave":                         "A",
		"POST /people/:id/sessions/end":                  "A O",
		"GET /sessions":                                  "O",
		"POST /rights/:id":                               "A",
		"POST /rights/:id/end":                           "A",
		"GET /people/reviews":                            "A",
		"POST /people/reviews":                           "A",
		"GET /people/reviews/:id":                        "A",
		"POST /people/reviews/:id":                       "A",
		"POST /people/reviews/:id/last":                  "A",
		"GET /people/reviews/:id/report.tsv":             "A",
		"GET /people/reviews/:id/report.xlsx":            "A",
		"POST /invitations/:id/resend":                   "A",
		"POST /invitations/:id/withdrawal":               "A",
		"POST /invitation/acceptance":                    "AKVLDSO",
		"GET /invitation":                                "everybody",
		"GET /invitation/:token":                         "everybody",
		"GET /support/access":                            "SO",
		"POST /support/access":                           "S",
		"POST /support/access/:id/confirmation":          "S",
		"POST /support/access/:id/withdrawal":            "S",
		"POST /support/access/:id/objection":             "AO",
		"POST /rights/:id/successor":                     "A",
		"GET /successors":                                "AKVLDSO",
		"POST /successors/:id/end":                       "AKVLDSO",
		"GET /access-requests":                           "AKVLDSO",
		"POST /access-requests":                          "AKVLDSO",
		"POST /access-requests/:id/withdrawal":           "AKVLDSO",
		"GET /access-requests/agreements":                "AKVLDSO",
		"POST /access-requests/agreements":               "AKVLDSO",
		"POST /access-requests/agreements/:id/objection": "A",
		"POST /access-requests/:id/acceptance":           "A",
		"POST /access-requests/:id/denial":               "A",
		"GET /keys":                                      "AKVL SO",
		"GET /keys.tsv":                                  "AKV",
		"GET /keys.xlsx":                                 "AKV",
		"GET /keys/:id":                                  "AKVL SO",
		"POST /keys/:id/reveal":                          "AKV",
		"POST /keys/:id/handover":                        "AKV",
		"POST /keys/:id/handover/withdrawal":             "AKV",
		"GET /handover":                                  "AKVLDSO",
		"GET /handover/:token":                           "everybody",
		"POST /handover/reveal":                          "AKVLDSO",
		"POST /keys/:id/compromise":                      "AK SO",
		"GET /leaks":                                     "AK SO",
		"GET /leaks/:id":                                 "AK SO",
		"POST /leaks/:id/end":                            "A SO",
		"POST /leaks/:id/notes":                          "AK SO",
		"POST /requests/:id/approval":                    "S",
		"POST /requests/:id/retraction":                  "S",
		"POST /requests/:id/rejection":                   "S",
		"POST /requests/:id/question":                    "S",
		"POST /requests/:id/assignment":                  "S",
		"POST /requests/:id/notes":                       "S",
		"GET /support":                                   "S",
		"POST /support/visits":                           "S",
		"POST /support/visits/:id/end":                   "S",
		"GET /requests":                                  "AKVLDSO",
		"GET /requests/new":                              "AKV S",
		"POST /requests":                                 "AKV S",
		"GET /requests/:id":                              "AKVLDSO",
		"POST /requests/:id/answer":                      "AKVLDSO",
		"POST /requests/:id/withdrawal":                  "AKVLDSO",
		"POST /search":                                   "AKVLDSO",
		"GET /downloads":                                 "AKV O",
		"GET /imports":                                   "O",
		"POST /imports":                                  "O",
		"GET /imports/:id":                               "O",
		"POST /imports/:id/apply":                        "O",
		"POST /imports/:id/discard":                      "O",
		"GET /imports/:id/rejected.tsv":                  "O",
		"GET /audit":                                     "AKVLDSO",
		"GET /audit.tsv":                                 "AKVLDSO",
		"GET /audit.xlsx":                                "AKVLDSO",
		"GET /help":                                      "AKVLDSO",
		"GET /why":                                       "AKVLDSO",
		"GET /account":                                   "AKVLDSO",
		"POST /account/email":                            "AKVLDSO",
		"GET /account/email":                             "AKVLDSO",
		"GET /account/email/:token":                      "everybody",
		"POST /account/email/confirmation":               "AKVLDSO",
		"POST /account/language":                         "AKVLDSO",
		"POST /account/mail":                             "AKVLDSO",
		"POST /account/shortcuts":                        "AKVLDSO",
		"POST /account/sessions/end":                     "AKVLDSO",
		"POST /account/sessions/:id/end":                 "AKVLDSO",
		"GET /notices":                                   "AKVLDSO",
		"POST /notices/read":                             "AKVLDSO",
		"GET /outbox":                                    "AKVLDSO",
		"GET /outbox/:id":                                "AKVLDSO",
		"GET /confirm":                                   "AKVLDSO",
		"GET /confirm/begin":                             "AKVLDSO",
		"GET /confirm/again":                             "AKVLDSO",
		"GET /signin":                                    "everybody",
		"GET /signin/callback":                           "everybody",
		"GET /signin/callback/:id":                       "everybody",
		"POST /signout":                                  "everybody",
		"GET /healthz":                                   "everybody",
		"GET /readyz":                                    "everybody",
		"POST /account/identities":                       "AKVLDSO",
		"POST /account/identities/removal":               "AKVLDSO",
		"POST /signin/backchannel":                       "everybody",
		"POST /signin/backchannel/:provider":             "everybody",
	}
	letters := map[licensing.Role]string{
		licensing.Administrator: "A", licensing.KeyAdministrator: "K", licensing.KeyViewer: "V", licensing.LicenceReader: "L",
		licensing.DownloadManager: "D", licensing.SupportAgent: "S", licensing.Operator: "O",
	}
	for _, r := range web.New(web.Config{Demo: true}).Routes() {
		name, got := r.Method+" "+r.Path, ""
		for _, role := range licensing.Roles() {
			if r.Allows(role.Permissions()) {
				got += letters[role]
			}
		}
		if r.Scope == web.Public {
			got = "everybody"
		}
		fresh := ""
		if r.Fresh() {
			fresh = "after proving lately who one is"
		}
		t.Logf("%-40s %-8s %-9s %s", name, r.Scope, got, fresh)
		if w, ok := want[name]; !ok || strings.ReplaceAll(w, " ", "") != got {
			t.Errorf("%s: open to %q, want %q", name, got, w)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is gone", name)
	}
}
