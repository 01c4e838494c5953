package canary_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/canary"
)

// S-59: the scanner finds a key in whatever form it may lie somewhere.
func TestAPlantedKeyIsFound(t *testing.T) {
	t.Parallel()
	key := canary.New()
	pack := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, "some text, and "+text)
		_ = w.Close()
		return b.Bytes()
	}
	var workbook bytes.Buffer
	sheet := zip.NewWriter(&workbook)
	w, _ := sheet.Create("xl/worksheets/sheet1.xml")
	_, _ = io.WriteString(w, "<c><t>"+key+"</t></c>")
	_ = sheet.Close()
	for name, planted := range map[string][]byte{
		"in clear": []byte("error: " + key + "."), "small letters": []byte(strings.ToLower(key)), "one piece": []byte(strings.ReplaceAll(key, "-", "")),
		"in a URL": []byte("/search?q=" + strings.ReplaceAll(key, "-", "%2d")), "hex": []byte(`\\x00` + strings.ToUpper(hex.EncodeToString([]byte(key)))),
		"base64 in a line":     []byte(base64.StdEncoding.EncodeToString([]byte(`{"key":"` + key + `"}`))),
		"base64 by two":        []byte(base64.URLEncoding.EncodeToString([]byte("ab" + key + "cd"))),
		"in a workbook":        workbook.Bytes(),
		"compressed":           append([]byte("log\n"), pack(key)...),
		"compressed, as bytes": []byte(`1	\\x` + hex.EncodeToString(pack(key)) + "	2"),
	} {
		if len(canary.Leaks(planted, key)) == 0 {
			t.Errorf("%s: the key was not found in %q", name, planted)
		}
		if got := canary.Leaks(planted, canary.New()); len(got) != 0 {
			t.Errorf("%s: another key was found: %q", name, got)
		}
	}
}
