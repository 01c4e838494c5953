package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, address, encodings string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, nil)
	r.Header.Set("Accept-Encoding", encodings)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// S-22: what browsers must not guess, they are told, for static files too.
func TestEveryFileIsServedForAYearAsWhatItIs(t *testing.T) {
	t.Parallel()
	for name, a := range assets {
		r := get(t, http.MethodGet, Path(name), "")
		if r.StatusCode != http.StatusOK || !bytes.Equal(body(t, r), a.raw) {
			t.Errorf("%s: got status %d or other bytes", name, r.StatusCode)
		}
		for header, want := range map[string]string{
			"Content-Type":           types[path.Ext(name)],
			"X-Content-Type-Options": "nosniff",
			"Cache-Control":          "public, max-age=31536000, immutable",
			"Content-Encoding":       "",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestTextIsSentPackedToThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	for encodings, packed := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "deflate,  gzip ": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "xgzip": false,
	} {
		r := get(t, http.MethodGet, Path("keyhall.css"), encodings)
		if got := r.Header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("Accept-Encoding %q: packed is %v, want %v", encodings, got, packed)
		}
		if got := r.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is %q", encodings, got)
		}
		if !packed {
			continue
		}
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, assets["keyhall.css"].raw) {
			t.Errorf("Accept-Encoding %q: unpacks to other bytes, error %v", encodings, err)
		}
	}
	if r := get(t, http.MethodGet, Path("vendor/hyperlegible-next.woff2"), "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a font, packed already, was packed again")
	}
}

// S-27: methods that have no business here are refused.
func TestAnythingElseIsRefused(t *testing.T) {
	t.Parallel()
	css := Path("keyhall.css")
	for name, c := range map[string]struct {
		method, address string
		want            int
	}{
		"a file that is not here":     {http.MethodGet, path.Dir(css) + "/other.css", http.StatusNotFound},
		"another version":             {http.MethodGet, "/static/000000000000/keyhall.css", http.StatusNotFound},
		"a file without its version":  {http.MethodGet, "/static/keyhall.css", http.StatusNotFound},
		"the folder":                  {http.MethodGet, path.Dir(css) + "/", http.StatusNotFound},
		"the source beside the files": {http.MethodGet, path.Dir(css) + "/static.go", http.StatusNotFound},
		"a way out of the folder":     {http.MethodGet, path.Dir(css) + "/../keyhall.css", http.StatusNotFound},
		"writing":                     {http.MethodPost, css, http.StatusMethodNotAllowed},
		"asking for the head alone":   {http.MethodHead, css, http.StatusOK},
	} {
		r := get(t, c.method, c.address, "")
		if r.StatusCode != c.want {
			t.Errorf("%s: got %d, want %d", name, r.StatusCode, c.want)
		}
		if c.method == http.MethodHead && len(body(t, r)) > 0 {
			t.Errorf("%s: got a body", name)
		}
	}
}

func TestAPageThatLinksWhatIsNotHereFails(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]func(){
		"a file":   func() { Path("other.css") },
		"an icon":  func() { Icon("unicorn") },
		"no icon":  func() { Icon("") },
		"a folder": func() { Path("vendor") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got an address, want a panic", name)
				}
			}()
			link()
		}()
	}
	if got := Icon("eye"); got != Path("icons.svg")+"#eye" {
		t.Errorf("Icon: got %q", got)
	}
}

func TestIconsStandOnceAndInOrder(t *testing.T) {
	t.Parallel()
	last := ""
	for _, found := range symbol.FindAllSubmatch(assets["icons.svg"].raw, -1) {
		id := string(found[1])
		if id <= last {
			t.Errorf("icon %q stands after %q: put them in order, each once", id, last)
		}
		last = id
	}
	if len(icons) < 39 {
		t.Errorf("the sprite holds %d icons, fewer than the pages use", len(icons))
	}
}

var link = regexp.MustCompile(`url\(["']?([^"')]+)["']?\)`)

func TestTheStylesheetFindsItsNeighboursAndStaysSmall(t *testing.T) {
	t.Parallel()
	css := assets["keyhall.css"].raw
	if len(css) > 25_000 {
		t.Errorf("keyhall.css has %d bytes, more than 25,000", len(css))
	}
	links := link.FindAllSubmatch(css, -1)
	if len(links) < 3 {
		t.Errorf("keyhall.css links %d files, want the fonts and modern-normalize", len(links))
	}
	for _, found := range links {
		if _, ok := assets[string(found[1])]; !ok {
			t.Errorf("keyhall.css links %q, which is not here", found[1])
		}
	}
}

// S-21: under the content security policy nothing runs or styles itself inline, and
// no file may bring what would need it, or make markup out of text.
func TestFilesKeepToTheContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	forbidden := map[string]*regexp.Regexp{
		".js":  regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.style\b|https?://`),
		".css": regexp.MustCompile(`data:|url\(["']?(https?:)?//`),
		".svg": regexp.MustCompile(`<script|<style| style=| on[a-z]+=|href="http`),
	}
	for name, a := range assets {
		if re, ok := forbidden[path.Ext(name)]; ok {
			if found := re.Find(a.raw); found != nil {
				t.Errorf("%s holds %q", name, found)
			}
		}
	}
}

func TestWhatOthersMadeIsNamedWithItsLicence(t *testing.T) {
	t.Parallel()
	note, err := os.ReadFile("vendor/THIRD-PARTY.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "THIRD-PARTY.md" && !strings.Contains(string(note), "`"+e.Name()+"`") {
			t.Errorf("vendor/%s is not named in vendor/THIRD-PARTY.md", e.Name())
		}
	}
}

func TestLinkingCostsNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Path("keyhall.css"); Icon("eye") }); n > 0 {
		t.Errorf("Path and Icon: %v allocations, want none (a page links sixty icons)", n)
	}
}
