package witness

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// syslog sends each line as a message of RFC 5424: with its length before it over TCP and
// TLS (RFC 6587, 5425), a packet each over UDP and to a socket. Over UDP nobody knows
// whether it arrives.
type syslog struct {
	network, address string
	tls              *tls.Config // nil without
	host             string      // this machine's name
}

func newSyslog(u *url.URL, o Options) (carrier, error) {
	s := syslog{network: "tcp", address: u.Host, host: machine()}
	switch {
	case u.Host == "" && u.Scheme == "syslog" && strings.HasPrefix(u.Path, "/"):
		s.network, s.address = "unixgram", u.Path
		return s, nil
	case u.Hostname() == "" || u.Port() == "" || u.Path != "" && u.Path != "/" || u.User != nil:
		return nil, fmt.Errorf("holds a syslog server that is not written %s://host:port", u.Scheme)
	case u.Scheme == "syslog+udp":
		s.network = "udp"
	case u.Scheme == "syslog+tls":
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots, ServerName: u.Hostname()}
	}
	return s, nil
}

func machine() string {
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "-"
	}
	return name
}

func (s syslog) carry(ctx context.Context, lines []Line) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if until, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(until)
	}
	packets := s.network != "tcp"
	for _, l := range lines {
		m := s.message(l)
		if !packets {
			m = append(strconv.AppendInt(nil, int64(len(m)), 10), append([]byte{' '}, m...)...)
		}
		if _, err := c.Write(m); err != nil {
			return err
		}
	}
	if packets {
		return nil
	}
	return goodbye(c)
}

func (s syslog) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	if s.tls != nil {
		return (&tls.Dialer{NetDialer: &d, Config: s.tls}).DialContext(ctx, s.network, s.address)
	}
	return d.DialContext(ctx, s.network, s.address)
}

// audited is the priority: facility 13, log audit, at the severity of information.
const audited = 13*8 + 6

func (s syslog) message(l Line) []byte {
	at := l.At.UTC().Format("2006-01-02T15:04:05.000000Z")
	what := l.What[:min(len(l.What), 32)]
	return append(fmt.Appendf(nil, "<%d>1 %s %s keyhall - %s - ", audited, at, s.host, what), l.Text...)
}

// goodbye ends a connection so that one notices if the other side has gone before it took
// everything: it says that no more comes, and waits for a moment what the answer is. Most
// servers close then; some stay silent, which is no bad sign.
func goodbye(c net.Conn) error {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, err := c.Read(make([]byte, 1))
	var network net.Error
	if errors.Is(err, io.EOF) || errors.As(err, &network) && network.Timeout() {
		return nil
	}
	return err
}
