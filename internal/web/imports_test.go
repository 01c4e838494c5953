package web_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// S-33, S-35: a file in any form that files have is previewed, and taken in when that
// was ordered; the same one again changes nothing.
func TestAFileIsPreviewedAndTakenIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page, path := d.sent(d.send(`C:\keys\may.tsv`, []byte(importHead+importMAK+importKMS)))
	if got := figures(page); !strings.HasPrefix(got, "New 2 Changed 0 Unchanged 0") || text(all(page, "h1")[0]) != "may.tsv" {
		t.Errorf("preview: got %q of %q, want two new keys", got, text(all(page, "h1")[0]))
	}
	if strings.Contains(text(page), "QW3RT") || !strings.Contains(text(page), "B6HJ9") {
		t.Errorf("preview: got %q, want the last five of a key alone", text(page)) // S-58
	}
	page, _ = d.sent(d.press(page, path+"/apply"))
	if got := flash(page); !strings.Contains(got, "was taken in") || !strings.Contains(figures(page), "New 2") {
		t.Errorf("after the import: got %q, %q", got, figures(page))
	}
	if ledger := text(dom(t, d.Get("/imports"))); !strings.Contains(ledger, "may.tsv Olli") {
		t.Errorf("the ledger lacks the file: %q", ledger)
	}
	if found := text(dom(t, d.Get("/keys?last5=B6HJ9"))); !strings.Contains(found, "Office LTSC 2024") {
		t.Error("the new key is not found")
	}
	utf16le := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(importHead + importMAK + importKMS)) {
		utf16le = append(utf16le, byte(unit), byte(unit>>8))
	}
	for name, file := range map[string][]byte{
		"keys.csv":   []byte(strings.NewReplacer("\t ", ";", "\t", ";").Replace(importHead + importMAK + importKMS)),
		"utf-16.txt": utf16le, "named.pdf": []byte(importHead + importMAK + importKMS), "keys.xlsx": workbook(t),
	} {
		page, _ := d.sent(d.send(name, file))
		if got := figures(page); !strings.HasPrefix(got, "New 0 Changed 0 Unchanged 2") {
			t.Errorf("%s: got %q and %q, want two unchanged", name, got, flash(page))
		}
	}
}

// workbook is the two rows as a spreadsheet.
func workbook(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := keyfile.NewXLSX(&b, keyfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []licensing.KeyRow{
		{Licence: "74120935", Product: "Office LTSC 2024 Professional Plus", Key: licensing.NewSecret("DEMO7-QW3RT-8KLMN-PX4CV-B6HJ9"), Type: licensing.MAK, Used: 5, Total: 250},
		{Licence: "74120935", Product: "Windows Server 2025 Standard", Key: licensing.NewSecret("DEMO8-ZX7CV-2BNMK-QW9RT-H3JP4"), Type: licensing.VLK},
	} {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// S-34: a file's name is shown without folders of any system, and without what turns it.
func TestAFilesNameIsItsLastPart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for sent, want := range map[string]string{
		"../../etc/may.tsv": "may.tsv", `\\server\keys\may.tsv`: "may.tsv", "Org\u202efdp.tsv": "Orgfdp.tsv", "a\u2028b\u200b.tsv": "ab.tsv", "..": "keys",
	} {
		page, _ := d.sent(d.send(sent, []byte(importHead+importMAK)))
		if got := text(all(page, "h1")[0]); got != want {
			t.Errorf("%q: got %q, want %q", sent, got, want)
		}
	}
}

// One row that is wrong keeps all of the file out, is said with its place, and can be
// had as a file (S-01, S-35, S-58).
func TestAWrongRowIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wrong := "74120935\t\t\t=Office\tDEMO9-QW3RT-8KLMN-PX4CV\tMAK\t5\n"
	page, path := d.sent(d.send("keys.tsv", []byte(importHead+importMAK+wrong)))
	if got := flash(page); !strings.Contains(got, "2 things are wrong") || !strings.Contains(got, "Nothing was written") {
		t.Errorf("got %q", got)
	}
	if got := text(all(page, "tbody")[0]); got != "3 Product Key •••••PX4CV Is not a product key: five groups of five letters and digits. 3 MAK Activations-Used/Available 5 Is not used/total, such as 12/100." {
		t.Errorf("what is wrong: got %q", got)
	}
	if answer := d.Post(path+"/apply", url.Values{"once": {"a-press-of-it"}}); answer.StatusCode != http.StatusConflict {
		t.Errorf("import it all the same: got %d, want 409", answer.StatusCode)
	}
	want := "\ufeffLine\tLicense ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\tSeats\tOSA Status\tWhat is wrong\r\n" +
		"3\t74120935\t\t\t'=Office\t•••••PX4CV\tMAK\t5\t\t\tProduct Key: Is not a product key: five groups of five letters and digits. MAK Activations-Used/Available: Is not used/total, such as 12/100.\r\n"
	answer := d.Get(path + "/rejected.tsv?lang=en")
	if got := body(t, answer); got != want || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment; filename=keyhall-rejected-") {
		t.Errorf("the wrong rows as a file: got\n%q\nwant\n%q", got, want)
	}
	answer = d.press(page, path+"/discard")
	if answer.StatusCode != http.StatusSeeOther || d.Get(path).StatusCode != http.StatusNotFound {
		t.Errorf("discard it: got %d, and the page is still there", answer.StatusCode)
	}
}

// What was chosen in the form counts.
func TestAFileIsReadAsWasChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := []byte(importHead + "61200418\tOpen Value\tSundvik Ab\tProject 2024\tDEMO9-QW3RT-8KLMN-PX4CV-B6HJ9\tVL Key\t\n")
	page, path := d.sent(d.send("keys.tsv", file, "create", "1", "as_of", "2026-05-04", "pool", "servers"))
	if got := figures(page); !strings.Contains(got, "New organisations 1 New licence IDs 1 New products 1") || !strings.Contains(text(page), "new products to Servers") || !strings.Contains(text(page), "4 May 2026") {
		t.Errorf("got %q of %q", got, text(page))
	}
	d.sent(d.press(page, path+"/apply"))
	if got := text(dom(t, d.Get("/licences/61200418"))); !strings.Contains(got, "Sundvik Ab") {
		t.Errorf("the new licence ID: got %q", got)
	}
}

// S-32, S-33: what is no key file is refused at once where its beginning shows that, and
// a hostile workbook soon after, in words and without harm.
func TestWhatIsNoKeyFileIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"pdf":              {[]byte("%PDF-1.7\n%binary"), "neither text nor an .xlsx workbook"},
		"gzip":             {[]byte("\x1f\x8b\x08\x00 packed"), "neither text nor an .xlsx workbook"},
		"nothing":          {nil, "The file is empty"},
		"another table":    {[]byte("Name;Colour\nOffice;red\n"), "lacks these columns: License ID, Product, Product Key, Type"},
		"a list of hashes": {[]byte{0, 1, 2, 3, 0, 4}, "not text in UTF-8"},
	} {
		answer := d.send(name+".csv", c.file, "create", "1", "pool", "systems")
		page := dom(t, answer)
		said := byClass(page, "div", "error")
		if answer.StatusCode != http.StatusUnprocessableEntity || len(said) != 1 || !strings.Contains(text(said[0]), c.want) {
			t.Errorf("%s: got %d, %q, want 422 and %q", name, answer.StatusCode, text(page), c.want)
		}
		kept := fmt.Sprint(carries(page, "create", "checked"), carries(page, "systems", "selected"), carries(page, "lower", "checked"))
		if kept != "true true false" {
			t.Errorf("%s: the form keeps %s of what was chosen", name, kept)
		}
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a bomb":            {bomb(t), "unpacks to too much"},
		"a damaged archive": {[]byte("PK\x03\x04 and no more"), "damaged"},
	} {
		start := time.Now()
		page, path := d.sent(d.send(name+".xlsx", c.file))
		if took := time.Since(start); !strings.Contains(flash(page), c.want) {
			t.Errorf("%s: got %q after %v, want %q", name, flash(page), took, c.want)
		}
		if answer := d.Get(path + "/rejected.tsv"); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: its wrong rows: got %d, want an empty file", name, answer.StatusCode)
		}
	}
}

// carries reports whether the control of a name, or the choice of a value, has an
// attribute.
func carries(page *html.Node, name, attribute string) bool {
	for n := range page.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") != name && (n.Data != "option" || attr(n, "value") != name) {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == attribute {
				return true
			}
		}
	}
	return false
}

// bomb is a workbook of 200 MB of nothing.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="x"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="/xl/sheet.xml"/></Relationships>`,
		"xl/sheet.xml":               `<worksheet><sheetData>`,
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, text)
		if name == "xl/sheet.xml" {
			blank := bytes.Repeat([]byte(" "), 1<<20)
			for range 200 {
				_, _ = w.Write(blank)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFormThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := importHead + importMAK
	for name, c := range map[string]struct {
		answer *http.Response
		status int
		want   string
	}{
		"no file":          {d.sendAs("a-press-of-it", "", nil), 422, "Choose a file"},
		"no file chosen":   {d.sendAs("a-press-of-it", "", strings.NewReader("")), 422, "Choose a file"},
		"no hidden field":  {d.sendAs("", "keys.tsv", strings.NewReader(file)), 422, "no longer whole"},
		"no day":           {d.send("keys.tsv", []byte(file), "as_of", "yesterday"), 422, "This is no day"},
		"a day to come":    {d.send("keys.tsv", []byte(file), "as_of", "2199-01-01"), 422, "still to come"},
		"an unknown pool":  {d.send("keys.tsv", []byte(file), "pool", "seas"), 400, ""},
		"a field twice":    {d.send("keys.tsv", []byte(file), "create", "1", "create", "1"), 400, ""},
		"a field too long": {d.send("keys.tsv", []byte(file), "as_of", strings.Repeat("9", 300)), 400, ""},
		"no such form":     {d.Post("/imports", url.Values{"once": {"a-press-of-it"}}), 400, ""},
		"half a form":      {d.post("/imports", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"once\"\r\n\r\na-press")), 400, ""},
	} {
		page := dom(t, c.answer)
		if c.answer.StatusCode != c.status || !strings.Contains(text(page), c.want) {
			t.Errorf("%s: got %d, %q, want %d and %q", name, c.answer.StatusCode, text(page), c.status, c.want)
		}
	}
	if got := text(dom(t, d.Get("/imports"))); strings.Contains(got, "Not taken in yet") {
		t.Errorf("files that were refused are in the list: %q", got)
	}
}

// S-32: more than 64 MiB is refused with a page, however much more is sent.
func TestAFileThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	row := []byte(importMAK)
	large := append([]byte(importHead), bytes.Repeat(row, licensing.MaxUpload/len(row)+1)...)
	for name, file := range map[string][]byte{"a little": large, "much": append(large, make([]byte, 20<<20)...)} {
		answer := d.send("keys.tsv", file)
		if page := dom(t, answer); answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(text(page), "larger than 64 MB") {
			t.Errorf("%s too large: got %d, %q", name, answer.StatusCode, text(page))
		}
	}
	c, err := pgx.Connect(t.Context(), d.p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	var left int
	if err := c.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM upload_chunks)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("what is kept of them: got %d, %v, want nothing", left, err)
	}
}

// S-17: the same press twice is one upload.
func TestAPressTwiceIsOneUpload(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := importHead + importMAK
	first := d.sendAs("the-same-press", "keys.tsv", strings.NewReader(file)).Header.Get("Location")
	again := d.sendAs("the-same-press", "keys.tsv", strings.NewReader(file))
	if again.StatusCode != http.StatusSeeOther || again.Header.Get("Location") != first {
		t.Errorf("the same press: got %d to %q, want %q", again.StatusCode, again.Header.Get("Location"), first)
	}
	if other := d.sendAs("the-same-press", "keys.tsv", strings.NewReader(file+importKMS)); other.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the same press with another file: got %d, want 422", other.StatusCode)
	}
}

// Whoever is no operator is told so, and what they send is not looked at.
func TestUploadsAreTheOperators(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, path := d.sent(d.send("keys.tsv", []byte(importHead+importMAK)))
	for _, account := range []string{"anna@nordvik.example", "sofia@support.example"} {
		other := &desk{Client: d.p.SignIn(t, account), t: t, p: d.p}
		for what, answer := range map[string]*http.Response{
			"sends": other.send("keys.tsv", []byte(importHead)), "looks": other.Get(path), "takes the wrong rows": other.Get(path + "/rejected.tsv"),
			"applies": other.Post(path+"/apply", url.Values{"once": {"a-press-of-it"}}), "discards": other.Post(path+"/discard", nil),
		} {
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s: got %d, want 403", account, what, answer.StatusCode)
			}
		}
	}
}

// Every code of the reader and of the store is said in words, in every language.
func TestEveryImportCodeHasWords(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Languages() {
		ctx := i18n.With(t.Context(), lang)
		for _, code := range append(keyfile.FileCodes(), licensing.UploadCodes()...) {
			if got := views.FileProblem(ctx, code, nil); strings.HasPrefix(got, "imports.") {
				t.Errorf("%s: a file that is %q: no words", lang, code)
			}
		}
		for _, code := range append(keyfile.RowCodes(), licensing.ImportCodes()...) {
			if got := views.ImportSentence(ctx, licensing.ImportProblem{Code: code, Value: "7"}); strings.HasPrefix(got, "imports.") {
				t.Errorf("%s: a row with %q: no words", lang, code)
			}
		}
	}
}
