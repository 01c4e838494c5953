package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// postOffice is a mail server that keeps what it is given.
type postOffice struct {
	addr string
	// What it answers to a sender, a receiver, a message; nil takes them.
	noSender, noReceiver, noMessage error

	mu   sync.Mutex
	got  []letter
	auth []string // names and passwords it was given
}

// letter is a message as the server got it.
type letter struct {
	from, to string
	secret   bool // came over TLS
	header   mail.Header
	raw      string
}

// open starts a server; with a certificate it speaks TLS, from the start or by STARTTLS.
func open(t *testing.T, certificate *tls.Certificate, fromTheStart bool) *postOffice {
	t.Helper()
	p := &postOffice{}
	s := smtp.NewServer(p)
	s.Domain, s.AllowInsecureAuth, s.ReadTimeout, s.WriteTimeout = "localhost", true, 10*time.Second, 10*time.Second
	s.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	if certificate != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	}
	if fromTheStart {
		l = tls.NewListener(l, s.TLSConfig)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// port is where the server listens.
func (p *postOffice) port() string {
	_, port, _ := net.SplitHostPort(p.addr)
	return port
}

// only is the one letter that came.
func (p *postOffice) only(t *testing.T) letter {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.got) != 1 {
		t.Fatalf("messages that came: got %d, want 1", len(p.got))
	}
	return p.got[0]
}

// NewSession begins a talk.
func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secret := c.TLSConnectionState()
	return &talk{office: p, letter: letter{secret: secret}}, nil
}

type talk struct {
	office *postOffice
	letter letter
}

func (t *talk) Reset()        {}
func (t *talk) Logout() error { return nil }

func (t *talk) Mail(from string, _ *smtp.MailOptions) error {
	t.letter.from = from
	return t.office.noSender
}

func (t *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	t.letter.to = to
	return t.office.noReceiver
}

func (t *talk) Data(r io.Reader) error {
	if t.office.noMessage != nil {
		return t.office.noMessage
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	t.letter.raw, t.letter.header = string(raw), m.Header
	t.office.mu.Lock()
	defer t.office.mu.Unlock()
	t.office.got = append(t.office.got, t.letter)
	return nil
}

func (t *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (t *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		t.office.mu.Lock()
		defer t.office.mu.Unlock()
		t.office.auth = append(t.office.auth, user+" "+password)
		if password == "wrong" {
			return errors.New("wrong password")
		}
		return nil
	}), nil
}

// certificate makes one for localhost, and the roots by which it is believed.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
