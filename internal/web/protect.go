package web

import (
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"

// protect stands around everything: headers on every answer, posts from our own pages
// only, and an answer whatever breaks. A form says how long it is: net/http takes a
// request with a length and in chunks too, and drops the length, so the two can't be told
// apart here, and a proxy that believes the length would see another request behind it (S-29).
func (s *Server) protect(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		r.Header.Set("X-Request-Id", id)
		s.head(w.Header(), id)
		defer s.rescue(r)
		err := sameOrigin(same, r)
		if err == nil && len(r.TransferEncoding) > 0 && r.URL.Path != filePath {
			w.Header().Set("Connection", "close")
			err = errBadText
		}
		if err != nil {
			s.fail(err, s.echo.NewContext(r, w))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) head(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Content-Security-Policy", policy)
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if !strings.HasPrefix(s.BaseURL, "https:") {
		h.Del("Strict-Transport-Security") // means nothing without TLS, and would lock out localhost
	}
}

var errForeign = errors.New("not from our own pages")

// sameOrigin lets a change through only with proof that it comes from our own pages.
// The standard library lets a request with neither header pass, for programs; with a
// cookie it is refused, since a browser that old can't prove anything.
func sameOrigin(same *http.CrossOriginProtection, r *http.Request) error {
	if err := same.Check(r); err != nil {
		return errForeign
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" && len(r.Cookies()) > 0 {
		return errForeign
	}
	return nil
}

// rescue is for panics that no handler's guard has caught, most of them meant: the
// connection is cut, so that nobody takes half an answer for a whole one.
func (s *Server) rescue(r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v != http.ErrAbortHandler {
		s.Log.ErrorContext(r.Context(), "panic", "request", r.Header.Get("X-Request-Id"), "value", v, "stack", string(debug.Stack()))
	}
	panic(http.ErrAbortHandler)
}

func prefixNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
