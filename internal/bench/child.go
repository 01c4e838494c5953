package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
	"github.com/keyhall/keyhall/internal/web"
)

// What a child process is.
const (
	rolePortal = "portal"
	roleLimit  = "limit"
	roleOpen   = "open" // the limit without the wall
)

// cookie is the name of the session's where there is no TLS.
const cookie = "keyhall"

// childConfig is what a child reads from its standard input.
type childConfig struct {
	Role               string
	ServeURL, SuperURL string
	Keyset, KEK        string
	Issuer             string
	Tokens             []string // the reader's
	Profile            string   // file for a processor profile of the portal; "" for none
}

// Serve is a child process: it reads what it is to be, says where it listens, and
// answers until its standard input ends, as it does when the parent ends.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	var c childConfig
	if err := decoder.Decode(&c); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h, done, err := c.handler(ctx, "http://"+l.Addr().String())
	if err != nil {
		return err
	}
	defer done()
	go func() {
		_, _ = io.Copy(io.Discard, decoder.Buffered())
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	fmt.Fprintln(out, l.Addr())
	return answer(ctx, h, l)
}

// answer serves with the bounds of an installation until the context ends.
func answer(ctx context.Context, h http.Handler, l net.Listener) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return s.Close()
	}
}

func (c childConfig) handler(ctx context.Context, base string) (h http.Handler, done func(), err error) {
	v, err := vault.LoadFiles(c.Keyset, c.KEK)
	if err != nil {
		return nil, nil, err
	}
	if c.Role != rolePortal {
		l, err := newLimit(ctx, c, v)
		if err != nil {
			return nil, nil, err
		}
		return l, l.pool.Close, nil
	}
	s, err := store.Open(ctx, c.ServeURL, v)
	if err != nil {
		return nil, nil, err
	}
	s.Limit(store.Rates{}) // what is measured is not what a person may do
	finish, err := profile(c.Profile)
	if err != nil {
		return nil, nil, err
	}
	return portalHandler(s, v, c.Issuer, base), func() { finish(); s.Close() }, nil
}

// portalHandler is the whole of the portal as `keyhall serve` puts it together, on a
// day that stands still.
func portalHandler(s *store.Store, v *vault.Vault, issuer, base string) http.Handler {
	door := signin.New(signin.Config{
		Providers: []signin.Provider{{Issuer: issuer, ClientID: "bench", ClientSecret: "bench"}},
		BaseURL:   base, Seal: v.SealBytes, Open: v.OpenBytes,
	}, s)
	return web.New(web.Config{
		Store: s, SignIn: door, BaseURL: base, Version: version,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Now: func() time.Time { return today },
	}).Handler()
}

// profile begins a processor profile, and returns how to end it.
func profile(path string) (finish func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}
