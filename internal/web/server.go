// Package web speaks HTTP with browsers: it reads a request, asks the store, and
// draws a page. It holds no rule (licensing), no query (store) and no text (i18n).
package web

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/sync/semaphore"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/worktime"
	"github.com/keyhall/keyhall/static"
)

// Config is what the pages stand on.
type Config struct {
	Store    *store.Store
	SignIn   *signin.SignIn
	BaseURL  string
	DemoIDP  http.Handler // the demo's OpenID provider, or nil; mounted at /demo-idp
	Demo     bool
	Version  string
	Log      *slog.Logger
	StepUp   time.Duration    // how lately one must have proved who one is, for what demands it; zero: not at all
	Proxies  []netip.Prefix   // whose X-Forwarded-For is believed; usually none
	Now      func() time.Time // time.Now when nil
	Clock    worktime.Clock   // of the answers to requests; around the clock unless said
	FileTime time.Duration    // most that a file may take to leave, however slow its reader; half an hour unless said
	Visit    time.Duration    // how long support looks at a customer by a visit; licensing.UsualVisit unless said
}

// Server answers browsers.
type Server struct {
	Config
	echo   *echo.Echo
	room   []byte
	spools *semaphore.Weighted // see spoolRoom
}

// roomSize is how many bytes of garbage may gather before they are collected, at the
// least. By themselves they would be as soon as there is as much as what is in use,
// and a few megabytes are: that would be every few pages, for a sixth of the time.
const roomSize = 32 << 20

// visit is how long a visit of support lasts.
func (s *Server) visit() time.Duration { return cmp.Or(s.Visit, licensing.UsualVisit) }

// New makes a server of its routes.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	// Nobody ever touches the room, so it counts as in use and takes no memory.
	s := &Server{Config: c, echo: echo.New(), room: make([]byte, roomSize), spools: semaphore.NewWeighted(spoolRoom)}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.fail
	s.echo.IPExtractor = s.clientAddress()
	s.echo.Use(s.compress())
	for _, r := range s.Routes() {
		s.echo.Add(r.Method, r.Path, s.guard(r))
	}
	return s
}

// clientAddress believes the connection, and a forwarded address only from the
// proxies that were named.
func (s *Server) clientAddress() echo.IPExtractor {
	if len(s.Proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.Proxies {
		options = append(options, echo.TrustIPRange(prefixNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// compress packs pages. Not those with a key in clear: their length would tell about
// it to who can make the reader's browser ask. Not files, which are their own streams.
func (s *Server) compress() echo.MiddlewareFunc {
	return middleware.GzipWithConfig(middleware.GzipConfig{
		Level: 1, MinLength: 1024,
		Skipper: func(c echo.Context) bool {
			return strings.HasSuffix(c.Path(), "/reveal") || isFile(c.Path())
		},
	})
}

// Handler is the whole application: pages, static files, the demo's provider.
func (s *Server) Handler() http.Handler {
	files := static.Handler()
	// Not http.ServeMux: it redirects //x and /../x to a cleaned path; those are nobody's.
	return s.protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/static/"):
			files.ServeHTTP(w, r)
		case r.URL.Path == "/favicon.ico": // browsers ask for it where no page names another
			r.URL.Path = static.Path("favicon.svg")
			files.ServeHTTP(w, r)
		case s.DemoIDP != nil && strings.HasPrefix(r.URL.Path, "/demo-idp/"):
			s.DemoIDP.ServeHTTP(w, r)
		default:
			s.echo.ServeHTTP(w, r)
		}
	}))
}
