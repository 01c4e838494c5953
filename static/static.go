// Package static holds the stylesheet, the scripts, the icons and the fonts, and serves
// them for a year under addresses that change when they do.
//
// It is not for anything that a person uploads or that differs by who asks: whatever is
// here, everybody may read. It sets no security headers but its own nosniff; those of
// the whole portal are web's.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed *.css *.js *.svg vendor/*.css vendor/*.woff2
var files embed.FS

// asset is a file ready to be sent.
type asset struct {
	address     string
	contentType string
	raw         []byte
	gzipped     []byte // nil where packing gains nothing
}

var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// One hash stands in front of all files, so that a relative url() in the stylesheet
// finds its neighbour, and a change of any file changes every address.
var (
	assets, byAddress = load()
	icons             = symbols()
)

func load() (byName, byAddress map[string]*asset) {
	byName, byAddress = map[string]*asset{}, map[string]*asset{}
	sum := sha256.New()
	must(fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name + "\x00" + strconv.Itoa(len(raw)) + "\x00"))
		sum.Write(raw)
		byName[name] = &asset{contentType: types[path.Ext(name)], raw: raw, gzipped: pack(name, raw)}
		return nil
	}))
	hash := hex.EncodeToString(sum.Sum(nil))[:12]
	for name, a := range byName {
		a.address = "/static/" + hash + "/" + name
		byAddress[a.address] = a
	}
	return byName, byAddress
}

// pack gzips text; fonts are packed already.
func pack(name string, raw []byte) []byte {
	if path.Ext(name) == ".woff2" {
		return nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	must(err)
	_, err = z.Write(raw)
	must(err)
	must(z.Close())
	return b.Bytes()
}

// must stops the program: what fails here is the files that it was built with.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Path returns the address of a file, such as /static/3f2a…/keyhall.css for
// "keyhall.css". It panics on a name that is not here: a page that links it is broken.
func Path(name string) string {
	a, ok := assets[name]
	if !ok {
		panic("static: no file " + name)
	}
	return a.address
}

// Icon returns the address of an icon for <use href>, such as
// /static/3f2a…/icons.svg#eye for "eye". It panics on an icon that the sprite lacks.
func Icon(name string) string {
	address, ok := icons[name]
	if !ok {
		panic("static: no icon " + name)
	}
	return address
}

var symbol = regexp.MustCompile(`<symbol id="([^"]+)"`)

func symbols() map[string]string {
	sprite := assets["icons.svg"]
	all := map[string]string{}
	for _, found := range symbol.FindAllSubmatch(sprite.raw, -1) {
		all[string(found[1])] = sprite.address + "#" + string(found[1])
	}
	return all
}

// Handler serves the files at their addresses, for a year; anything else below
// /static/, an address of another version too, is not found.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byAddress[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		a.send(w, r)
	})
}

func (a *asset) send(w http.ResponseWriter, r *http.Request) {
	h, body := w.Header(), a.raw
	h.Set("Content-Type", a.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = a.gzipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the reader went away; there is nobody to tell
}

var refused = regexp.MustCompile(`^q=0(\.0*)?$`)

func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return !refused.MatchString(weight)
		}
	}
	return false
}
