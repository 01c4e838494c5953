package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// patience is how long connecting, and then sending, may each take.
const patience = 15 * time.Second

// SMTP sends by a mail server: each message over a connection of its own, since there
// are few. It is safe for concurrent use.
type SMTP struct {
	host           string
	port           int
	user, password string
	secret         bool // TLS from the first byte
	clear          bool // no TLS at all: the server is this machine
	from           *netmail.Address
	trust          *tls.Config // nil trusts whom the machine trusts
	patience       time.Duration
}

// NewSMTP makes a sender of an address and whom its mail comes from, such as "Keyhall
// <keyhall@example.com>". smtps://user:password@host:465 is encrypted from the start;
// smtp://user:password@host:587 becomes so by STARTTLS, and nothing is sent if it
// doesn't. Only a server on this machine is talked to in clear. No error quotes the address.
func NewSMTP(address, from string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("the mail server's address can't be read")
	}
	port, err := strconv.Atoi(cmp.Or(u.Port(), map[string]string{"smtp": "25", "smtps": "465"}[u.Scheme]))
	if err != nil {
		return nil, errors.New("the mail server's port can't be read")
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil || !plainAddress(sender.Address) {
		return nil, fmt.Errorf("mail can't come from %q", from)
	}
	sender.Name = oneLine(sender.Name)
	password, _ := u.User.Password()
	secret := u.Scheme == "smtps"
	return &SMTP{
		host: u.Hostname(), port: port, user: u.User.Username(), password: password,
		secret: secret, clear: !secret && thisMachine(u.Hostname()), from: sender, patience: patience,
	}, nil
}

func thisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Send hands a message to the server.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if !plainAddress(m.Address) {
		return fmt.Errorf("%w: the address is none", ErrRefused)
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	msg := s.message(m)
	err = client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() { // whatever went wrong in parting
		return nil
	}
	return said(err)
}

func (s *SMTP) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(s.patience), gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithoutNoop()}
	if s.trust != nil {
		options = append(options, gomail.WithTLSConfig(s.trust))
	}
	if s.secret {
		options = append(options, gomail.WithSSL())
	}
	if s.clear {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password), gomail.WithSMTPAuth(s.how()))
	}
	return gomail.NewClient(s.host, options...)
}

// how is how to sign in: over TLS by the best of what the server offers.
func (s *SMTP) how() gomail.SMTPAuthType {
	if s.clear {
		return gomail.SMTPAuthPlainNoEnc // the password doesn't leave the machine
	}
	return gomail.SMTPAuthAutoDiscover
}

func (s *SMTP) message(m Message) *gomail.Msg {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(&netmail.Address{Name: oneLine(m.Name), Address: m.Address})
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(oneLine(m.ID))
	msg.SetDateWithValue(m.At)
	// RFC 3834: no holiday notice answers a machine.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	msg.SetGenHeader("Content-Language", oneLine(m.Language))
	msg.SetBodyString(gomail.TypeTextPlain, m.Body)
	return msg
}

// said is an error in our words: a library's quote the receiver's address, and so does
// what servers say. Only what the server says about receiver or message is final: a
// sender or password that it doesn't like, somebody can put right.
func said(err error) error {
	sent, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return unreached(err)
	}
	answer := fmt.Errorf("the mail server answered %d", sent.ErrorCode())
	final := sent.Reason == gomail.ErrSMTPRcptTo || sent.Reason == gomail.ErrSMTPData || sent.Reason == gomail.ErrSMTPDataClose
	if final && sent.ErrorCode() >= 500 {
		return fmt.Errorf("%w: %w", ErrRefused, answer)
	}
	if sent.ErrorCode() == 0 {
		return errors.New("the mail server went away")
	}
	return answer
}

// unreached is why there is no talk with a server.
func unreached(err error) error {
	if err == nil {
		return nil
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		return errors.New("the mail server did not answer in time")
	}
	return fmt.Errorf("talk to the mail server: %w", err)
}
