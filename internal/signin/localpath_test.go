package signin_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/signin"
)

// TestLocalPath holds S-23.
func TestLocalPath(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/":                                "/",
		"/keys":                            "/keys",
		"/licences/74120935/keys?type=mak": "/licences/74120935/keys?type=mak",
		"/keys?q=a%2Fb&after=%C3%A5":       "/keys?q=a%2Fb&after=%C3%A5",
		"/keys?next=https://evil.example":  "/keys?next=https://evil.example",
		"/people#anna":                     "/people",
		"/licences/A%2FB":                  "/licences/A%2FB",
		"":                                 "/",
		"keys":                             "/",
		"//evil.example":                   "/",
		"///evil.example":                  "/",
		"/\\evil.example":                  "/",
		"\\\\evil.example":                 "/",
		"/x\\..\\evil":                     "/",
		"/%5cevil.example":                 "/",
		"/%2fevil.example":                 "/",
		"/x/..//evil.example":              "/",
		"https:evil.example":               "/",
		"https://evil.example/":            "/",
		"https:///evil.example":            "/",
		"javascript:alert(1)":              "/",
		"/\t/evil.example":                 "/",
		"/keys\r\nSet-Cookie: a=b":         "/",
		"/%0d%0aSet-Cookie:a=b":            "/",
		"/\x00":                            "/",
		" /keys":                           "/",
		"/keys\u202e":                      "/",
		"/keys\xff":                        "/",
		"/%zz":                             "/",
		"//user@evil.example/":             "/",
		"/" + strings.Repeat("x", 512):     "/",
		"/" + strings.Repeat("å", 200):     "/",
		"/signin/callback?code=1":          "/",
		"/signout":                         "/",
	} {
		if got := signin.LocalPath(next); got != want {
			t.Errorf("LocalPath(%q): got %q, want %q", next, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/keys?type=mak", "//evil.example", "/\\evil", "https:evil", "/%2f%5c", "/a b", "/?//"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://keyhall.example/signin/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := signin.LocalPath(next)
		u, err := base.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "keyhall.example" || u.User != nil {
			t.Errorf("LocalPath(%q): %q leads to %v, %v", next, got, u, err)
		}
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t\x00") {
			t.Errorf("LocalPath(%q): %q is not local to every browser", next, got)
		}
		if again := signin.LocalPath(got); again != got {
			t.Errorf("LocalPath(%q): %q becomes %q", next, got, again)
		}
	})
}
