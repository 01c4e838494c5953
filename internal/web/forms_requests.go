package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
)

// longTexts are the fields of requests' forms that take several lines.
var longTexts = []string{"reason", "message", "text", "numbers"}

// requestForm reads the body of a post about a request. Unlike form it refuses
// nothing that somebody could have typed: what is wrong is a problem of its field,
// beside what can be kept of it, so that nobody types a reason twice (S-07, S-14).
func requestForm(c echo.Context) (url.Values, licensing.Problems, error) {
	sent, err := body(c)
	if err != nil {
		return nil, nil, err
	}
	kept, problems := url.Values{}, licensing.Problems(nil)
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if !sound(name) {
			return nil, nil, errBadText
		}
		if len(sent[name]) > 1 {
			problems = append(problems, licensing.Problem{Field: name, Message: "form.twice"})
		}
		text := strings.ReplaceAll(sent[name][0], "\r\n", "\n")
		clean := cleaned(text, slices.Contains(longTexts, name))
		if clean != text {
			problems = append(problems, licensing.Problem{Field: name, Message: "form.bad_text"})
		}
		kept.Set(name, clean)
	}
	return kept, problems, nil
}

// cleaned is a text without what no text of ours holds; lines and tabs are only for
// fields that take several lines.
func cleaned(text string, long bool) string {
	return strings.Map(func(r rune) rune {
		if long && (r == '\n' || r == '\t') || sound(string(r)) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
}

var onceShape = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// newOnce makes the hidden field of a form that is drawn afresh.
func newOnce() string { return rand.Text() }

// keptOnce is what a form that is drawn again carries: what it came with, so that the
// next press is still the same post; another if that was what was wrong with it.
func keptOnce(form url.Values, problems licensing.Problems) string {
	if _, wrong := problems.On("once"); wrong || !onceShape.MatchString(form.Get("once")) {
		return newOnce()
	}
	return form.Get("once")
}

// onceOf names a post by its form: what it is about is in the address, everything
// else in the body. The error is licensing.Problems.
func onceOf(c echo.Context, form url.Values) (licensing.Once, error) {
	o := licensing.Once{Route: c.Path(), Key: form.Get("once")}
	if !onceShape.MatchString(o.Key) {
		return o, licensing.Problems{{Field: "once", Message: "form.once"}}
	}
	h := sha256.New()
	part(h, c.Request().URL.Path)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name != "once" {
			part(h, name)
			part(h, form.Get(name))
		}
	}
	h.Sum(o.Body[:0])
	return o, nil
}

// doOnce does what a form asks, once, unless it could not be read: then the error is what
// was wrong with it, licensing.Problems.
func doOnce(c echo.Context, form url.Values, problems licensing.Problems, do func(licensing.Once) error) error {
	if len(problems) > 0 {
		return problems
	}
	once, err := onceOf(c, form)
	if err != nil {
		return err
	}
	return do(once)
}

// part adds a text to a hash after its length, so that no two lists of texts are alike.
func part(h hash.Hash, s string) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(s)))
	h.Write(size[:]) // never fails
	h.Write([]byte(s))
}

var digits = regexp.MustCompile(`^[0-9]{1,9}$`)

// versionOf is the version of a request that a form was drawn for. The error is
// licensing.Problems.
func versionOf(form url.Values) (int, error) {
	if !digits.MatchString(form.Get("version")) {
		return 0, licensing.Problems{{Field: "version", Message: "form.version"}}
	}
	return strconv.Atoi(form.Get("version"))
}

// numberOf reads a request's number out of the address; what is none belongs to nothing.
func numberOf(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != c.Param("id") {
		return 0, licensing.ErrNotFound
	}
	return n, nil
}
