package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serving answers with a handler until the returned function stops it, which returns
// what answer did.
func serving(t *testing.T, h http.HandlerFunc) (address string, stop func() error) {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- answer(ctx, newServer(h, slog.New(slog.DiscardHandler)), l) }()
	return l.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

// R14: a stop lets a request under way finish, and takes no new one.
func TestAStopLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan bool), make(chan bool)
	address, stop := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "whole")
	})
	answered := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + address)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer func() { _ = res.Body.Close() }()
		body, _ := io.ReadAll(res.Body)
		answered <- string(body)
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for {
		c, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(finish)
	if got := <-answered; got != "whole" {
		t.Errorf("the request under way: got %q, want its answer", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the stop: got %v", err)
	}
}

// R12: a client that never ends its headers is let go after five seconds.
func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	address, stop := serving(t, func(http.ResponseWriter, *http.Request) {})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: keys"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("after 15 seconds: %v, want the connection closed", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	address, stop := serving(t, func(http.ResponseWriter, *http.Request) {})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Large", strings.Repeat("x", 32<<10))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d, want 431", res.StatusCode)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestATakenPortIsSaid(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := listen(t.Context(), l.Addr().String()); err == nil || !strings.Contains(err.Error(), "KEYHALL_LISTEN") {
		t.Errorf("got %v, want what to do", err)
	}
}
