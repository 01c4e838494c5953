package signin

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestPath keeps the cookies of several sign-ins under way within the 16 KiB of
// headers that the server reads.
const longestPath = 512

// LocalPath reduces an address to one on this site, or to "/" when it could lead
// elsewhere (S-23). It keeps path and query, and leaves out the fragment. Addresses of
// signing in and out become "/": after signing in nobody wants to do it again.
func LocalPath(next string) string {
	if len(next) > longestPath || !utf8.ValidString(next) || strings.ContainsFunc(next, unsafeRune) {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	// What is escaped now may be unescaped on the way: judge the decoded path.
	if !strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, "//") || strings.ContainsFunc(u.Path, unsafeRune) {
		return "/"
	}
	if strings.HasPrefix(u.Path, "/signin") || strings.HasPrefix(u.Path, "/signout") {
		return "/"
	}
	local := (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
	if len(local) > longestPath {
		return "/"
	}
	return local
}

// unsafeRune names what browsers drop or read as a slash, and what hides in a line.
func unsafeRune(r rune) bool {
	return r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
