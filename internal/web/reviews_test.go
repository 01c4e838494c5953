package web_test

import (
	"archive/zip"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
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
	second := path + "?after=1"
	answer = sendWith(anna, formTo(t, dom(t, anna.Get(second)), second), "rest", "1")
	if on := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(on, second+"&done=") {
		t.Fatalf("keeping all that are left, from another page: got %d to %q, want to the same page", answer.StatusCode, on)
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
		"nowhere":                  {"", soon, "not both"},
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

// S-01, S-02, S-03: in no format is a cell of a report a formula, more than one cell, or
// changed by the program that opens it; a number with zeros before it keeps them.
func TestAReviewsReportIsGuarded(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	path := startedReview(t, anna, "", "Nordvik Group")
	sql(t, p, `UPDATE licences SET number = '06380217' WHERE number = 'V6380217'`)
	sql(t, p, `UPDATE organisations SET name = '@Nordvik' || chr(9) || 'Group' WHERE name = 'Nordvik Group'`)
	names := map[string][2]string{ // as they are called, and as their cell has it
		"lena": {`=HYPERLINK("https://x.example","a")`, `'=HYPERLINK("https://x.example","a")`}, "kaisa": {"+1", "'+1"},
		"kevin": {"Kevin\tNg\r\n=1+1", "Kevin Ng  =1+1"},
	}
	for who, name := range names {
		sql(t, p, `UPDATE persons SET name = $1 WHERE business_email LIKE $2`, name[0], who+"@%")
	}
	headings, lines := table(t, body(t, anna.Get(path+"/report.tsv")))
	answer := anna.Get(path + "/report.xlsx")
	if kind := answer.Header.Get("Content-Disposition"); answer.StatusCode != http.StatusOK || !strings.Contains(kind, ".xlsx") {
		t.Fatalf("as a workbook: got %d, %q", answer.StatusCode, kind)
	}
	sheet := sheetRows(t, body(t, answer))
	if len(headings) != 14 || len(sheet) != len(lines)+1 {
		t.Fatalf("got %d columns, %d lines and %d rows", len(headings), len(lines), len(sheet))
	}
	found := map[string]bool{}
	for i, cells := range lines {
		for j, cell := range cells {
			if strings.HasPrefix(cell, `"`) {
				cells[j] = strings.ReplaceAll(strings.Trim(cell, `"`), `""`, `"`)
			}
		}
		if !slices.Equal(cells, sheet[i+1]) {
			t.Errorf("row %d: in the workbook %q, in the text %q", i, sheet[i+1], cells)
		}
		if cells[0] != "'@Nordvik Group" {
			t.Errorf("the place: got %q, want it guarded", cells[0])
		}
		for who, name := range names {
			if strings.HasPrefix(cells[4], who+"@") && cells[3] != name[1] {
				t.Errorf("%s: got %q, want %q", who, cells[3], name[1])
			}
			found[who] = found[who] || strings.HasPrefix(cells[4], who+"@")
		}
		found["06380217"] = found["06380217"] || cells[6] == "06380217"
	}
	if len(found) != 4 || slices.Contains(slices.Collect(maps.Values(found)), false) {
		t.Errorf("in the report: got %v, want all of them", found)
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

// sheetRows reads the cells of a workbook's first sheet, all of which have to be text.
func sheetRows(t *testing.T, file string) (rows [][]string) {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := archive.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	var sheet struct {
		Rows []struct {
			Cells []struct {
				Type    string   `xml:"t,attr"`
				Formula []string `xml:"f"`
				Text    string   `xml:"is>t"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.NewDecoder(f).Decode(&sheet); err != nil {
		t.Fatal(err)
	}
	for _, r := range sheet.Rows {
		var row []string
		for _, c := range r.Cells {
			if c.Type != "inlineStr" || len(c.Formula) > 0 {
				t.Errorf("a cell is no text: %+v", c)
			}
			row = append(row, c.Text)
		}
		rows = append(rows, row)
	}
	return rows
}
