package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-58: from the mark on the key's page to the end of the case, and what everybody is
// shown of it meanwhile.
func TestACompromisedKeyIsFrozenUntilTheCaseIsCalledOff(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kaisa, sofia := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "sofia@support.example")
	key := firstKey(t, anna, "74120935")
	path := "/keys/" + key
	rows := strings.Count(body(t, anna.Get("/licences/74120935/keys.tsv")), "\n")

	empty := sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/compromise"), "reason", " ")
	if empty.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(dom(t, empty)), "Say what happened") {
		t.Errorf("no reason: got %d, want 422 that asks for it", empty.StatusCode)
	}
	mark := sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/compromise"), "reason", "Seen on a shared drive")
	if mark.StatusCode != http.StatusSeeOther || mark.Header.Get("Location") != path {
		t.Fatalf("marking: got %d to %q", mark.StatusCode, mark.Header.Get("Location"))
	}
	for _, purpose := range []string{"show", "copy"} {
		answer := anna.Post(path+"/reveal", url.Values{"purpose": {purpose}})
		if said := text(dom(t, answer)); answer.StatusCode != http.StatusConflict || !strings.Contains(said, "marked as compromised") {
			t.Errorf("%s: got %d, %s, want 409 that says why", purpose, answer.StatusCode, said)
		}
	}
	page := dom(t, anna.Get(path))
	if said := text(page); !strings.Contains(said, "Nobody can reveal, copy or download it") || !strings.Contains(said, "Compromised") {
		t.Errorf("the key's page doesn't say that it is frozen: %s", said)
	}
	for _, f := range all(page, "form") {
		if a := attr(f, "action"); strings.HasPrefix(a, path+"/") {
			t.Errorf("the key's page still offers %s", a)
		}
	}
	list := dom(t, anna.Get("/licences/74120935/keys"))
	if said := text(list); !strings.Contains(said, "Compromised") || !strings.Contains(said, "1 key marked as compromised is left out") {
		t.Errorf("the list of keys doesn't say it: %s", said)
	}
	file := body(t, anna.Get("/licences/74120935/keys.tsv"))
	lines := strings.Split(strings.TrimSpace(file), "\n")
	if got := strings.Count(file, "\n"); got != rows-1 {
		t.Errorf("rows of the key file: got %d, want one less than %d", got, rows)
	}
	for _, line := range lines {
		if strings.Count(line, "\t") != 6 {
			t.Errorf("a line of the key file has not seven columns: %q", line)
		}
	}
	if said := text(dom(t, anna.Get("/downloads"))); !strings.Contains(said, "1 frozen key left out") {
		t.Errorf("the ledger doesn't say what was left out: %s", said)
	}

	cases := dom(t, sofia.Get("/leaks"))
	if said := text(cases); strings.Contains(said, "Kaisa") || strings.Contains(said, "Seen on") || !strings.Contains(said, "A compromised key") || !strings.Contains(said, "74120935") {
		t.Errorf("support's list of cases: %s, want whose alone", said)
	}
	if said := text(dom(t, anna.Get("/leaks"))); !strings.Contains(said, "Kaisa") {
		t.Errorf("the administrator's list of cases: %s, want who marked it", said)
	}
	leak := ""
	for _, a := range all(cases, "a") {
		if leak == "" && strings.HasPrefix(attr(a, "href"), "/leaks/") { // the latest
			leak = attr(a, "href")
		}
	}
	if said := text(dom(t, sofia.Get(leak))); strings.Contains(said, "Anna") || !strings.Contains(said, "Somebody") || !strings.Contains(said, "Seen on a shared drive") {
		t.Errorf("support's case: %s, want no names", said)
	}
	if said := text(dom(t, anna.Get(leak))); !strings.Contains(said, "Anna") || !strings.Contains(said, "SHA-256") {
		t.Errorf("the administrator's case: %s, want names and hashes", said)
	}
	note := sendWith(sofia, formTo(t, dom(t, sofia.Get(leak)), leak+"/notes"), "text", "The publisher was asked.")
	end := sendWith(anna, formTo(t, dom(t, anna.Get(leak)), leak+"/end"), "state", "false_alarm")
	if note.StatusCode != http.StatusSeeOther || end.StatusCode != http.StatusSeeOther {
		t.Fatalf("note and end: got %d and %d, want 303", note.StatusCode, end.StatusCode)
	}
	if said := text(dom(t, anna.Get(leak))); !strings.Contains(said, "False alarm") || !strings.Contains(said, "The publisher was asked.") {
		t.Errorf("the case that has ended: %s", said)
	}
	if got := anna.Post(path+"/reveal", nil).StatusCode; got != http.StatusOK {
		t.Errorf("a reveal after a false alarm: got %d, want 200", got)
	}
	if said := text(dom(t, anna.Get("/audit?licence=74120935"))); !strings.Contains(said, "Key marked as compromised") || !strings.Contains(said, "Case of a compromised key closed") {
		t.Errorf("the audit log doesn't say what happened: %s", said)
	}
}

// S-50, S-51: what may not be seen is like what isn't there, and who may not is refused.
func TestCasesAreForWhoLooksAfterTheKey(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kevin, frode := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, "frode@fjellheim.example")
	path := "/keys/" + firstKey(t, anna, "74120935")
	fresh := func() url.Values {
		return url.Values{"once": {strings.ReplaceAll(uuid.NewString(), "-", "")}, "reason": {"Seen elsewhere"}, "text": {"Seen"}, "state": {"blocked"}, "version": {"1"}}
	}
	nobody := "/keys/" + uuid.NewString()
	alike(t, "another family", frode.Post(path+"/compromise", fresh()), frode.Post(nobody+"/compromise", fresh()))
	alike(t, "another licence ID", kevin.Post(path+"/compromise", fresh()), kevin.Post(nobody+"/compromise", fresh()))
	if got := p.SignIn(t, "lena@nordvik.example").Post(path+"/compromise", fresh()).StatusCode; got != http.StatusForbidden {
		t.Errorf("a licence reader marks: got %d, want 403", got)
	}
	if got := p.SignIn(t, "olli@operator.example").Post(path+"/compromise", fresh()).StatusCode; got != http.StatusSeeOther {
		t.Fatalf("the operator marks: got %d, want 303", got)
	}
	leak := ""
	for _, a := range all(dom(t, anna.Get(path)), "a") {
		if strings.HasPrefix(attr(a, "href"), "/leaks/") {
			leak = attr(a, "href")
		}
	}
	for _, end := range []string{"", "/end", "/notes"} {
		do := func(c *browsertest.Client, path string) *http.Response {
			if end == "" {
				return c.Get(path)
			}
			return c.Post(path+end, fresh())
		}
		alike(t, "another family, "+end, do(frode, leak), do(frode, "/leaks/"+uuid.NewString()))
		alike(t, "a key viewer, "+end, do(kevin, leak), do(kevin, "/leaks/"+uuid.NewString()))
	}
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	if got := kaisa.Post(leak+"/end", fresh()).StatusCode; got != http.StatusForbidden {
		t.Errorf("a key administrator ends the case: got %d, want 403", got)
	}
	if got := kevin.Get("/leaks").StatusCode; got != http.StatusForbidden {
		t.Errorf("a key viewer lists cases: got %d, want 403", got)
	}
}
