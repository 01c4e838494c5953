package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

const viewerKey = "viewer"

// viewer is who is signed in. Ask only behind a guard that lets nobody else in.
func viewer(c echo.Context) licensing.Viewer {
	v, _ := c.Get(viewerKey).(licensing.Viewer)
	return v
}

// guard is what stands before every handler: language, who it is, and whether they
// have the route's permission anywhere. Whether they have it on this licence ID or
// key, the store answers.
func (s *Server) guard(r Route) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer s.catch(c, &err)
		if !isFile(r.Path) && !takesFile(r) { // a file goes on as long as its other end gets on
			ctx, cancel := context.WithTimeout(c.Request().Context(), patience)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
		}
		if err := plainText(c.Request().URL); err != nil {
			return err
		}
		if err := s.identify(c); err != nil {
			return err
		}
		s.speak(c)
		if r.Scope != Public && viewer(c).PersonID == uuid.Nil {
			return s.toSignIn(c)
		}
		if r.Scope == Self && !r.Allows(viewer(c).May) {
			return s.refuse(c, r)
		}
		if r.Fresh() {
			fresh, err := s.fresh(c)
			if err != nil {
				return err
			}
			if !fresh {
				return s.askToConfirm(c)
			}
		}
		s.tellDone(c, r)
		return r.handle(c)
	}
}

// refuse says no to who has a route's permission nowhere, once the audit log has it,
// whether or not the one who asked waits for the answer. Without the log there is no
// answer but to come back.
func (s *Server) refuse(c echo.Context, r Route) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), patience)
	defer cancel()
	if err := s.Store.RecordRefusal(ctx, viewer(c), r.Method+" "+r.Path); err != nil {
		return fmt.Errorf("%w: refusal not recorded: %w", licensing.ErrUnavailable, err)
	}
	return licensing.ErrForbidden
}

// patience is how long an answer may take, whatever it waits for: a database whose
// packets vanish says nothing, not even that it is down (R3).
const patience = 8 * time.Second

func isFile(path string) bool {
	return strings.HasSuffix(path, ".tsv") || strings.HasSuffix(path, ".xlsx")
}

// filePath is where a post's body is a file, which a program may send as it reads it.
const filePath = "/imports"

// takesFile reports whether a route's body is a file.
func takesFile(r Route) bool { return r.Method == http.MethodPost && r.Path == filePath }

// catch turns a panic into a fault, which gets a page like any other. Where the answer
// has begun, the panic goes on and cuts the connection.
func (s *Server) catch(c echo.Context, err *error) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler || c.Response().Committed {
		panic(v)
	}
	s.Log.ErrorContext(c.Request().Context(), "panic", "request", requestID(c), "stack", string(debug.Stack()))
	*err = fmt.Errorf("panic: %v", v)
}

// pageThatWaits is asked for again by the browser while something happens.
const pageThatWaits = "/imports/:id"

func (s *Server) identify(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), patience)
	defer cancel()
	look := s.SignIn.Viewer
	if c.Path() == pageThatWaits && c.Request().Method == http.MethodGet {
		look = s.SignIn.Peek // it asks again by itself, which is no sign of life (S-47)
	}
	v, err := look(c.Request().WithContext(ctx))
	if errors.Is(err, licensing.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.From = origin(c)
	c.Set(viewerKey, v)
	return nil
}

func origin(c echo.Context) licensing.Origin {
	return licensing.Origin{Address: c.RealIP(), RequestID: c.Request().Header.Get("X-Request-Id")}
}

// toSignIn sends a reader to sign in and back here; who posts starts over.
func (s *Server) toSignIn(c echo.Context) error {
	target := "/signin"
	if c.Request().Method == http.MethodGet {
		target += "?next=" + url.QueryEscape(c.Request().URL.RequestURI())
	}
	return c.Redirect(http.StatusSeeOther, target)
}

const languageCookie = "lang"

// speak settles the language and the time zone, and what every page knows.
func (s *Server) speak(c echo.Context) {
	r := c.Request()
	wish := r.URL.Query().Get("lang")
	if views.Speaks(wish) {
		c.SetCookie(s.languageChoice(wish, 365*24*3600))
	} else if kept, err := r.Cookie(languageCookie); err == nil {
		wish = kept.Value
	}
	lang := i18n.Match(r.Header.Get("Accept-Language"), viewer(c).Locale, wish)
	zone := i18n.Zone(lang)
	if kept, err := r.Cookie("zone"); err == nil && len(kept.Value) < 64 {
		zone = location(kept.Value, zone)
	}
	ctx := i18n.WithZone(i18n.With(r.Context(), lang), zone)
	ctx = views.WithChrome(ctx, &views.Chrome{
		Viewer: viewer(c), Path: r.URL.Path, Query: r.URL.Query(), Section: section(c.Path()),
		Demo: s.Demo, Version: s.Version, Now: s.Now().In(zone),
	})
	c.SetRequest(r.WithContext(ctx))
}

// locations remembers time zones: finding one reads and parses a file.
var locations sync.Map // name → *time.Location

// location returns the time zone of a name, or another where there is none.
func location(name string, otherwise *time.Location) *time.Location {
	if known, ok := locations.Load(name); ok {
		return known.(*time.Location)
	}
	found, err := time.LoadLocation(name)
	if err != nil || path.Clean(name) != name { // Europe/./Oslo is one of countless ways to say it
		return otherwise
	}
	locations.Store(name, found)
	return found
}

// section is the main menu's entry that a route belongs to.
func section(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if first == "" {
		return "licences"
	}
	return first
}

// errBadText says that an address holds what no address of ours does.
var errBadText = errors.New("text that can't be")

// plainText refuses addresses with NUL, invalid UTF-8, control or direction-changing
// characters, and those with a parameter twice.
func plainText(u *url.URL) error {
	if len(u.RawQuery) > 4096 || !sound(u.Path) {
		return errBadText
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errBadText
	}
	for name, values := range query {
		if len(values) != 1 || !sound(name) || !sound(values[0]) {
			return errBadText
		}
	}
	return nil
}

// sound reports whether a text is UTF-8 without control characters or those that
// turn the direction of writing.
func sound(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}
