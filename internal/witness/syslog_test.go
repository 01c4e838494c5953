package witness_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

// messages are two messages of RFC 5424, each with its length before it if they are framed.
func messages(framed bool) []*regexp.Regexp {
	var all []*regexp.Regexp
	for i, of := range []string{`2026-11-22T08:00:00\.123456Z \S+ keyhall - key\.revealed`, `2026-11-22T08:00:01\.000000Z \S+ keyhall - file\.started`} {
		length := ""
		if framed {
			length = `\d+ `
		}
		all = append(all, regexp.MustCompile(fmt.Sprintf(`^%s<110>1 %s - \{"seq":%d\}`, length, of, i+1)))
	}
	return all
}

func send(t *testing.T, address string, o witness.Options) error {
	t.Helper()
	target, err := witness.Open(address, licensing.Entries, o)
	if err != nil {
		t.Fatal(err)
	}
	return target.Deliver(t.Context(), two)
}

// takes accepts one connection and returns what came, to its end.
func takes(l net.Listener) <-chan string {
	came := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			came <- err.Error()
			return
		}
		all, _ := io.ReadAll(c)
		_ = c.Close()
		came <- string(all)
	}()
	return came
}

// S-60: over TCP and TLS messages come with their length; a certificate of nobody's is
// refused.
func TestSyslogOverConnections(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(nil)
	s.Close()
	for scheme, o := range map[string]witness.Options{"syslog": {}, "syslog+tls": {Roots: trusting(s)}} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		if scheme == "syslog+tls" {
			l = tls.NewListener(l, &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12})
		}
		came := takes(l)
		if err := send(t, scheme+"://"+l.Addr().String(), o); err != nil {
			t.Fatal(err)
		}
		got := <-came
		framed := messages(true)
		first := framed[0].FindString(got)
		if first == "" || !framed[1].MatchString(got[len(first):]) {
			t.Errorf("%s: got %q, want two messages with their lengths", scheme, got)
		}
		var length int
		if _, err := fmt.Sscanf(got, "%d", &length); err != nil || length != len(first)-len(fmt.Sprint(length))-1 {
			t.Errorf("%s: the first says it has %d bytes: %q", scheme, length, first)
		}
		if scheme == "syslog+tls" {
			came := takes(l)
			if err := send(t, scheme+"://"+l.Addr().String(), witness.Options{}); err == nil {
				t.Errorf("a server that nobody vouches for got %q", <-came)
			}
		}
	}
	if err := send(t, "syslog://127.0.0.1:1", witness.Options{}); err == nil {
		t.Error("to where nobody listens: got no error")
	}
}

func TestSyslogInPackets(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "log")
	for scheme, listen := range map[string]func() (net.PacketConn, error){
		"syslog+udp": func() (net.PacketConn, error) { return net.ListenPacket("udp", "127.0.0.1:0") },
		"syslog":     func() (net.PacketConn, error) { return net.ListenPacket("unixgram", socket) },
	} {
		l, err := listen()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		if err := send(t, scheme+"://"+l.LocalAddr().String(), witness.Options{}); err != nil {
			t.Fatal(err)
		}
		_ = l.SetReadDeadline(time.Now().Add(5 * time.Second))
		for _, want := range messages(false) {
			b := make([]byte, 4096)
			n, _, err := l.ReadFrom(b)
			if err != nil || !want.Match(b[:n]) {
				t.Errorf("%s: got %q, %v, want %s", scheme, b[:n], err, want)
			}
		}
	}
}
