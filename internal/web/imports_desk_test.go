package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// desk is a portal whose jobs are worked, and its operator's browser.
type desk struct {
	*browsertest.Client
	t *testing.T
	p *browsertest.Portal
	n int // posts so far
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	p := browsertest.Start(t)
	p.Work(t)
	return &desk{Client: p.SignIn(t, "olli@operator.example"), t: t, p: p}
}

// send posts a file with the form's other fields, names and values in turn.
func (d *desk) send(name string, file []byte, fields ...string) *http.Response {
	d.t.Helper()
	d.n++
	return d.sendAs(fmt.Sprintf("press-number-%d", d.n), name, bytes.NewReader(file), fields...)
}

func (d *desk) sendAs(once, name string, file io.Reader, fields ...string) *http.Response {
	d.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1])
	}
	if once != "" {
		_ = w.WriteField("once", once)
	}
	if file != nil {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			d.t.Fatal(err)
		}
		if _, err := io.Copy(part, file); err != nil {
			d.t.Fatal(err)
		}
	}
	_ = w.Close()
	return d.post("/imports", w.FormDataContentType(), &body)
}

func (d *desk) post(path, kind string, body io.Reader) *http.Response {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.p.URL+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", d.p.URL)
	answer, err := d.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// sent follows a post that was taken to the end of the work on it, and returns that page
// and its address.
func (d *desk) sent(answer *http.Response) (*html.Node, string) {
	d.t.Helper()
	path := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(path, "/imports/") {
		d.t.Fatalf("send a file: got %d to %q: %s", answer.StatusCode, path, text(dom(d.t, answer)))
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		r := d.Get(path)
		if r.StatusCode != http.StatusOK {
			d.t.Fatalf("%s: got %d", path, r.StatusCode)
		}
		if r.Header.Get("Refresh") == "" {
			return dom(d.t, r), path
		}
		_ = r.Body.Close()
		time.Sleep(20 * time.Millisecond)
	}
	d.t.Fatalf("%s never came to an end", path)
	return nil, ""
}

// press posts the form of a page that leads to an address.
func (d *desk) press(page *html.Node, action string) *http.Response {
	d.t.Helper()
	for _, f := range all(page, "form") {
		if attr(f, "action") != action {
			continue
		}
		fields := url.Values{}
		for _, i := range all(f, "input") {
			fields.Set(attr(i, "name"), attr(i, "value"))
		}
		return d.Post(action, fields)
	}
	d.t.Fatalf("no form leads to %s: %s", action, text(page))
	return nil
}

const (
	importHead = "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n"
	importMAK  = "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\tDEMO7-QW3RT-8KLMN-PX4CV-B6HJ9\tMAK\t 5/250\n"
	importKMS  = "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tWindows Server 2025 Standard\tDEMO8-ZX7CV-2BNMK-QW9RT-H3JP4\tVL Key\t 0/0\n"
)

// flash is what the page says on top.
func flash(page *html.Node) string {
	var said []string
	for _, f := range byClass(page, "div", "flash") {
		said = append(said, text(f))
	}
	return strings.Join(said, " / ")
}

func figures(page *html.Node) string {
	for _, dl := range byClass(page, "dl", "figures") {
		return text(dl)
	}
	return ""
}
