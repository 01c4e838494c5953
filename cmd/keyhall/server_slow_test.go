package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// slow clients are so many as never end their headers, and as never end what they send.
const slowHeaders, slowBodies = 1000, 200

// dribble opens connections that send a beginning and then wait, and counts those that the
// server lets go.
func dribble(t *testing.T, address string, n int, beginning string, gone *atomic.Int64) {
	t.Helper()
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := io.WriteString(c, beginning); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.Copy(io.Discard, c)
			gone.Add(1)
		}()
	}
}

// R12: however many clients are slow to say what they want, others get their answers
// meanwhile, and none of the slow ones holds its connection for long.
func TestSlowClientsHinderNobody(t *testing.T) {
	t.Parallel()
	var broken atomic.Int64
	address, stop := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			broken.Add(1)
			return
		}
		_, _ = io.WriteString(w, "whole")
	})
	var headers, bodies atomic.Int64
	dribble(t, address, slowBodies, "POST / HTTP/1.1\r\nHost: keys\r\nContent-Length: 100\r\n\r\nreason=", &bodies)
	dribble(t, address, slowHeaders, "GET / HTTP/1.1\r\nHost: keys", &headers)
	if headers.Load() == slowHeaders || bodies.Load() > 0 {
		t.Errorf("of the slow clients %d and %d are gone already: nobody is slow", headers.Load(), bodies.Load())
	}
	quick := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if err := whole(&quick, "http://"+address); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for end := time.Now().Add(2 * time.Minute); headers.Load() < slowHeaders || bodies.Load() < slowBodies; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still held: %d without their headers' end, %d without their body's", slowHeaders-headers.Load(), slowBodies-bodies.Load())
		}
	}
	if n := broken.Load(); n != slowBodies {
		t.Errorf("bodies that the pages were told of as broken: got %d, want %d", n, slowBodies)
	}
	quick.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// whole sends a small form and reads all of the answer.
func whole(c *http.Client, address string) error {
	res, err := c.Post(address, "application/x-www-form-urlencoded", strings.NewReader("reason=laptops"))
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if text, err := io.ReadAll(res.Body); err != nil || string(text) != "whole" {
		return fmt.Errorf("a quick client: got %q, %w", text, err)
	}
	return nil
}
