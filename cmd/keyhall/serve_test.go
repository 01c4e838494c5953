package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// S-13, S-42: what is served for others has nothing of the demo: no provider that lets
// everybody in, no page of everybody's mail, nobody sent past the choice of a provider. The
// amount above which two approve comes from its settings, whichever program is pressed.
func TestServeHasNothingOfTheDemo(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, anAgent, another)
	i.env = append(i.env, "KEYHALL_TWO_APPROVERS_ABOVE=100", "KEYHALL_OIDC_PROVIDERS="+written(t, "providers.json",
		`[{"id": "nl", "name": "Nederland", "issuer": "http://127.0.0.1:1/nl", "client_id": "keyhall", "client_secret_file": "`+written(t, "secret", "only a test")+`", "speaks_for": ["*"]}]`))
	n, other := i.start(), i.start()
	for path, want := range map[string]int{
		"/outbox": http.StatusNotFound, "/outbox/" + uuid.NewString(): http.StatusNotFound, "/demo-idp/authorize": http.StatusNotFound,
		"/demo-idp/.well-known/openid-configuration": http.StatusNotFound, "/demo-idp/nederland/authorize": http.StatusNotFound, "/signin": http.StatusOK,
	} {
		if got, page := get(t, "http://"+n.address+path); got != want || strings.Contains(page, "/demo-idp") || strings.Contains(page, "anna@nordvik.example") {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	path := fmt.Sprintf("/requests/%d/approval", i.file(i.keys[0], 150))
	press := func(n *instance, who, version string) int {
		return n.post(who, path, url.Values{"once": {uuid.NewString()}, "version": {version}, "quantity": {"150"}})
	}
	granted := func() int64 { return i.ask(`SELECT coalesce(sum(granted), 0) FROM requests WHERE id > $1`, i.first) }
	if first, again := press(n, anAgent, "1"), press(other, anAgent, "2"); first != http.StatusSeeOther || again != http.StatusUnprocessableEntity || granted() != 0 {
		t.Errorf("the first agent, through both programs: got %d and %d, %d granted, want one approval that grants nothing", first, again, granted())
	}
	if got := press(other, another, "2"); got != http.StatusSeeOther || granted() != 150 {
		t.Errorf("the second: got %d, %d granted, want 150", got, granted())
	}
	i.sound(i.totals())
}
