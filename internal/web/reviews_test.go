package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// startedReview lets Anna start a review of a licence ID or an organisation by its name, and
// is where it is.
func startedReview(t *testing.T, anna *browsertest.Client, number, organisation string) string {
	t.Helper()
	form := formTo(t, dom(t, anna.Get("/people/reviews")), "/people/reviews")
	place := ""
	for _, o := range all(form, "option") {
		if organisation != "" && strings.HasPrefix(text(o), organisation) {
			place = attr(o, "value")
		}
	}
	answer := sendWith(anna, form, "number", number, "organisation", place, "ends", time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly), "every", "year", "unanswered", "ended")
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("starting a review: got %d: %s", answer.StatusCode, text(dom(t, answer)))
	}
	return reviewLink(t, dom(t, anna.Get("/people/reviews")))
}

func reviewLink(t *testing.T, page *html.Node) string {
	t.Helper()
	for _, a := range all(page, "a") {
		if href := attr(a, "href"); strings.HasPrefix(href, "/people/reviews/") {
			return href
		}
	}
	t.Fatalf("no review is listed: %s", text(page))
	return ""
}

// radioOf is the field that decides about the right of somebody.
func radioOf(t *testing.T, page *html.Node, email string) string {
	t.Helper()
	for _, row := range all(page, "tr") {
		for _, i := range all(row, "input") {
			if strings.Contains(text(row), email) {
				return attr(i, "name")
			}
		}
	}
	t.Fatalf("nothing to decide about %s: %s", email, text(page))
	return ""
}

// An administrator decides about each right; what is ended counts at once, and the report
// says who decided what.
func TestAnAdministratorReviewsRights(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, lena := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "lena@nordvik.example")
	path := startedReview(t, anna, "", "Nordvik Group")
	page := dom(t, anna.Get(path))
	if said := text(page); !strings.Contains(said, "Your own right: another administrator decides.") {
		t.Errorf("the page doesn't say who decides about one's own right: %s", said)
	}
	form := formTo(t, page, path)
	answer := sendWith(anna, form, radioOf(t, page, "lena@nordvik.example"), "end", radioOf(t, page, "kaisa@nordvik.example"), "keep")
	next := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(next, path+"?done=") {
		t.Fatalf("deciding: got %d to %q", answer.StatusCode, next)
	}
	if said := text(dom(t, anna.Get(next))); !strings.Contains(said, "1 right kept. 1 right ended.") {
		t.Errorf("the page doesn't say what came of it: %s", said)
	}
	eventually(t, "the licence ID is closed to lena", func() bool { return lena.Get("/licences/74120935").StatusCode == http.StatusNotFound })
	again := hidden(form)
	again.Set("once", strings.ReplaceAll(uuid.NewString(), "-", ""))
	again.Set(radioOf(t, page, "lena@nordvik.example"), "keep")
	if said := text(dom(t, anna.Get(anna.Post(path, again).Header.Get("Location")))); !strings.Contains(said, "had been decided or had ended meanwhile") {
		t.Errorf("a form drawn before: %s", said)
	}
	if answer := sendWith(anna, formTo(t, dom(t, anna.Get(path)), path), "rest", "1"); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("keeping all that are left: got %d", answer.StatusCode)
	}
	report := body(t, anna.Get(path+"/report.tsv"))
	for _, want := range []string{"Lena Lindqvist\tlena@nordvik.example\tLicence reader\tNordvik Suomi Oy\tNordvik Suomi Oy\t\tEnd\tAnna Nyberg\t", "\tKeep\tAnna Nyberg\t", "\tOpen\t"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no %q: %s", want, report)
		}
	}
	if said := text(dom(t, anna.Get("/audit"))); !strings.Contains(said, "Access review started") || !strings.Contains(said, "Right reviewed") || !strings.Contains(said, "Report of an access review taken") {
		t.Errorf("the audit log doesn't say what happened: %s", said) // S-63
	}
}

// What is wrong with a form is said beside its field, and nothing typed is lost.
func TestAReviewThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	form := formTo(t, dom(t, anna.Get("/people/reviews?number=74120935")), "/people/reviews")
	soon := time.Now().UTC().AddDate(0, 0, 30).Format(time.DateOnly)
	for name, c := range map[string]struct{ number, ends, said string }{
		"tomorrow":                 {"74120935", time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly), "Choose a day 7 to 90 days from today."},
		"no day":                   {"74120935", "", "Type the day as"},
		"nowhere":                  {"", soon, "one of the two"},
		"a number that nobody has": {"99999999", soon, "You administer nothing by that name or number."},
		"another family's number":  {"50912277", soon, "You administer nothing by that name or number."}, // S-51
	} {
		answer := sendWith(anna, form, "number", c.number, "ends", c.ends, "every", "quarter", "unanswered", "ended")
		page := dom(t, answer)
		if said := text(page); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(said, c.said) {
			t.Errorf("%s: got %d, %s", name, answer.StatusCode, said)
		}
		kept := formTo(t, page, "/people/reviews")
		for _, i := range all(kept, "input") {
			want := map[string]string{"number": c.number, "ends": c.ends, "once": hidden(form).Get("once")}[attr(i, "name")]
			if got := attr(i, "value"); got != want {
				t.Errorf("%s: %s: kept %q, want %q", name, attr(i, "name"), got, want)
			}
		}
	}
}

// S-51: a review of what others manage is answered like one that doesn't exist.
func TestAStrangersReviewLooksLikeNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	path, unknown := startedReview(t, anna, "V6380217", ""), "/people/reviews/"+uuid.NewString()
	give := formTo(t, dom(t, anna.Get("/licences/74120935/people")), "/licences/74120935/people")
	sendWith(anna, give, "email", "lena@nordvik.example", "role", "administrator")
	for name, client := range map[string]*browsertest.Client{
		"another family": p.SignIn(t, "frode@fjellheim.example"), "another licence ID of the family": p.SignIn(t, "lena@nordvik.example"),
	} {
		for _, below := range []string{"", "/report.tsv", "/report.xlsx"} {
			alike(t, name, client.Get(path+below), client.Get(unknown+below))
		}
		for _, below := range []string{"", "/last"} {
			fields := func() url.Values {
				return url.Values{"once": {strings.ReplaceAll(uuid.NewString(), "-", "")}, "rest": {"1"}}
			}
			alike(t, name, client.Post(path+below, fields()), client.Post(unknown+below, fields()))
		}
	}
}

// S-01, S-02: no cell of a report is a formula, or more than one cell.
func TestAReviewsReportIsGuarded(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	path := startedReview(t, anna, "", "Nordvik Suomi Oy")
	sql(t, p, `UPDATE persons SET name = '=HYPERLINK("https://x.example")' WHERE business_email LIKE 'lena@%'`)
	sql(t, p, `UPDATE organisations SET name = '@Nordvik' || chr(9) || 'Suomi' WHERE name = 'Nordvik Suomi Oy'`)
	lines := strings.Split(strings.TrimRight(body(t, anna.Get(path+"/report.tsv")), "\r\n"), "\r\n")
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != 14 || cells[0] != "'@Nordvik Suomi" {
			t.Errorf("got %d cells: %q", len(cells), cells)
		}
	}
	if !strings.Contains(strings.Join(lines, "\n"), `'=HYPERLINK(`) {
		t.Errorf("a name that is a formula isn't guarded: %q", lines)
	}
	answer := anna.Get(path + "/report.xlsx")
	if sheet := body(t, answer); answer.StatusCode != http.StatusOK || !strings.HasPrefix(sheet, "PK") || !strings.Contains(answer.Header.Get("Content-Disposition"), ".xlsx") {
		t.Errorf("as a workbook: got %d, %v", answer.StatusCode, answer.Header)
	}
	foreign, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path+"/report.tsv", nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if refused, err := anna.Do(foreign); err != nil || refused.StatusCode != http.StatusForbidden {
		t.Errorf("asked for by another site: got %v, %v", refused, err)
	}
}
