// Package canary makes product keys that are nowhere else, and finds them again wherever
// they lie and however they are disguised: in a log, a mail, a dump of the database.
//
// It is not for programs, only for tests, and does nothing with the keys itself: that is
// what the tests of web and of the program do.
package canary

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// New makes a product key that nobody else has: visibly fake, and found again by chance
// nowhere.
func New() string {
	const signs = "23456789BCDFGHJKMPQRTVWXY"
	random := make([]byte, 20)
	_, _ = rand.Read(random)
	key := []byte("DEMO4")
	for i, r := range random {
		if i%5 == 0 {
			key = append(key, '-')
		}
		key = append(key, signs[int(r)%len(signs)])
	}
	return string(key)
}

// disguises are the forms in which a key may lie somewhere, in small letters.
func disguises(key string) map[string][]byte {
	forms := map[string][]byte{}
	for name, one := range map[string]string{"": key, "without hyphens, ": strings.ReplaceAll(key, "-", "")} {
		backwards := []byte(one)
		slices.Reverse(backwards)
		wide := []byte{}
		for _, u := range utf16.Encode([]rune(one)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		forms[name+"in clear"] = []byte(one)
		forms[name+"reversed"] = backwards
		forms[name+"in UTF-16"] = wide
		forms[name+"in hex"] = []byte(hex.EncodeToString([]byte(one)))
		forms[name+"in hex of UTF-16"] = []byte(hex.EncodeToString(wide))
		for shift := range 3 {
			// What surrounds it shifts how it looks in base64; the ends are the neighbours'.
			text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), one...))
			forms[name+"in base64, "+string(rune('0'+shift))] = []byte(text[4 : len(text)-4])
		}
	}
	forms["with spaces"] = []byte(strings.ReplaceAll(key, "-", " "))
	forms["URL-encoded"] = []byte(strings.ReplaceAll(key, "-", "%2D"))
	for name, form := range forms {
		if !strings.Contains(name, "base64") {
			forms[name] = bytes.ToLower(form)
		}
	}
	return forms
}

// packed lists where something compressed may begin.
func packed(text []byte) (at []int) {
	for i := range len(text) - 1 {
		gzipped := text[i] == 0x1f && text[i+1] == 0x8b
		if gzipped || text[i] == 0x78 && (text[i+1] == 0x01 || text[i+1] == 0x5e || text[i+1] == 0x9c || text[i+1] == 0xda) {
			at = append(at, i)
		}
	}
	return at
}

// zipped unpacks the files of an archive, as a workbook is one, that begins with a text.
func zipped(text []byte) (files [][]byte) {
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil
	}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		inner, _ := io.ReadAll(io.LimitReader(r, 16<<20)) // a damaged end makes no difference
		files = append(files, inner)
	}
	return files
}

// hexed finds bytes as PostgreSQL writes them.
var hexed = regexp.MustCompile(`\\x([0-9a-f]{20,})`)

// Leaks names the forms of keys that a text holds, each with what stands before it, within
// what is compressed in the text too.
func Leaks(text []byte, keys ...string) (found []string) {
	lower := bytes.ToLower(text)
	for _, key := range keys {
		for name, form := range disguises(key) {
			in := lower
			if strings.Contains(name, "base64") {
				in = text
			}
			if at := bytes.Index(in, form); at >= 0 {
				found = append(found, name+": "+string(bytes.ToValidUTF8(text[max(0, at-150):at], nil)))
			}
		}
	}
	for _, at := range packed(text) {
		for _, open := range []func(io.Reader) (io.Reader, error){
			func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
		} {
			r, err := open(bytes.NewReader(text[at:]))
			if err != nil {
				continue
			}
			inner, _ := io.ReadAll(io.LimitReader(r, 1<<20)) // what follows it makes no difference
			for _, f := range Leaks(inner, keys...) {
				found = append(found, "compressed, "+f)
			}
		}
	}
	for _, inner := range zipped(text) {
		for _, f := range Leaks(inner, keys...) {
			found = append(found, "in a workbook or archive, "+f)
		}
	}
	for _, m := range hexed.FindAllSubmatch(text, -1) {
		if inner, err := hex.DecodeString(string(m[1][:len(m[1])&^1])); err == nil && len(packed(inner)) > 0 {
			for _, f := range Leaks(inner, keys...) {
				found = append(found, "as bytes, "+f)
			}
		}
	}
	return found
}
