package mail_test

import (
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/keyhall/keyhall/internal/mail"
)

const from = "Keyhall <keyhall@portal.example>"

func message() mail.Message {
	return mail.Message{
		ID: "0190f3c2-demo@keys.example", Name: "Anna Åkerström", Address: "anna@nordvik.example", Language: "sv",
		Subject: "R-20417: ärendet är beviljat – 200 till", Body: "Hej!\n\nTvåhundra till.\n.\nSlut på raden med punkt.\n",
		At: time.Date(2026, 11, 21, 9, 40, 0, 0, time.UTC),
	}
}

func sender(t *testing.T, address string) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(address, from)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMessageArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	p := open(t, nil, false)
	m := message()
	if err := sender(t, "smtp://localhost:"+p.port()).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := p.only(t)
	if got.from != "keyhall@portal.example" || got.to != m.Address {
		t.Errorf("from and to: got %s and %s", got.from, got.to)
	}
	for header, want := range map[string]string{
		"From": `"Keyhall" <keyhall@portal.example>`, "To": `Anna Åkerström <anna@nordvik.example>`, "Subject": m.Subject,
		"Message-ID": "<0190f3c2-demo@keys.example>", "Date": "Sat, 21 Nov 2026 09:40:00 +0000", "Auto-Submitted": "auto-generated",
		"Content-Type": "text/plain; charset=UTF-8", "Content-Language": "sv", "X-Mailer": "", "User-Agent": "",
	} {
		said, err := new(mime.WordDecoder).DecodeHeader(got.header.Get(header))
		if err != nil || said != want {
			t.Errorf("%s: got %q, %v, want %q", header, said, err, want)
		}
	}
	_, body, _ := strings.Cut(got.raw, "\r\n\r\n")
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil || strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") != strings.TrimRight(m.Body, "\n") {
		t.Errorf("the body: got %q, %v, want %q", text, err, m.Body)
	}
}

// S-08: no name, address or subject adds a header or a command.
func TestNothingWrittenIntoANameBecomesAHeader(t *testing.T) {
	t.Parallel()
	const attack = "\r\nBcc: thief@elsewhere.example\r\nX-Planted: yes\u202e\x00\u2028\u0085"
	p := open(t, nil, false)
	s := sender(t, "smtp://localhost:"+p.port())
	m := message()
	m.Name, m.Subject, m.Language, m.ID = "Anna"+attack, "About"+attack, "sv"+attack, "id@host"+attack
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := p.only(t)
	names := []string{}
	for name := range got.header {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{
		"Auto-Submitted", "Content-Language", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id",
		"Mime-Version", "Subject", "To", "X-Auto-Response-Suppress",
	}
	if !slices.Equal(names, want) {
		t.Errorf("headers: got %q, want %q", names, want)
	}
	for name := range got.header {
		said, err := new(mime.WordDecoder).DecodeHeader(got.header.Get(name))
		if err != nil || strings.ContainsAny(said, "\r\n\x00\u202e\u2028\u0085") {
			t.Errorf("%s: got %q, %v, want nothing that ends a line or turns it, however it is encoded", name, said, err)
		}
	}
	if got.to != m.Address {
		t.Errorf("the receiver: got %s, want %s", got.to, m.Address)
	}
	for _, address := range []string{
		"anna@nordvik.example" + attack, "anna@nordvik.example\nRCPT TO:<thief@elsewhere.example>", "a@b.example, c@d.example",
		"Anna <anna@nordvik.example>", "\"a\r\nb\"@nordvik.example", "anna", "", "anna@nordvik.example\u2028", "<anna@nordvik.example>",
	} {
		m := message()
		m.Address = address
		if err := s.Send(t.Context(), m); !errors.Is(err, mail.ErrRefused) || strings.Contains(err.Error(), "nordvik") {
			t.Errorf("to %q: got %v, want it refused and the address unsaid", address, err)
		}
	}
	p.only(t) // and none more
}

func TestWhetherThereIsAnyUseInTryingAgain(t *testing.T) {
	t.Parallel()
	answer := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: "about anna@nordvik.example"}
	}
	for name, c := range map[string]struct {
		set     func(*postOffice)
		refused bool
		want    string
	}{
		"a receiver who is busy":              {func(p *postOffice) { p.noReceiver = answer(451) }, false, "answered 451"},
		"a receiver who doesn't exist":        {func(p *postOffice) { p.noReceiver = answer(550) }, true, "answered 550"},
		"a message that waits":                {func(p *postOffice) { p.noMessage = answer(452) }, false, "answered 452"},
		"a message that nobody wants":         {func(p *postOffice) { p.noMessage = answer(554) }, true, "answered 554"},
		"a sender somebody can yet put right": {func(p *postOffice) { p.noSender = answer(553) }, false, "answered 553"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil, false)
			c.set(p)
			err := sender(t, "smtp://localhost:"+p.port()).Send(t.Context(), message())
			if err == nil || errors.Is(err, mail.ErrRefused) != c.refused || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, refused for good %v, want %q, %v", err, errors.Is(err, mail.ErrRefused), c.want, c.refused)
			}
			if err != nil && strings.Contains(err.Error(), "anna@") {
				t.Errorf("the error says the address: %v", err)
			}
		})
	}
}

// S-60: over a network nothing is sent in clear, nor to a server that can't prove its name.
func TestMailTravelsEncrypted(t *testing.T) {
	t.Parallel()
	cert, roots := certificate(t)
	for name, c := range map[string]struct {
		scheme       string
		withTLS      bool
		fromTheStart bool
		trusted      bool
		arrives      bool
	}{
		"smtps":                                 {"smtps", true, true, true, true},
		"smtps with a certificate of nobody":    {"smtps", true, true, false, false},
		"STARTTLS":                              {"smtp", true, false, true, true},
		"STARTTLS with a certificate of nobody": {"smtp", true, false, false, false},
		"a server without STARTTLS":             {"smtp", false, false, true, false},
		"the same, that asks for no password":   {"smtp", false, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate := cert
			if !c.withTLS {
				certificate = nil
			}
			p := open(t, certificate, c.fromTheStart)
			account := "keyhall:pass%40word@"
			if strings.HasSuffix(name, "no password") {
				account = ""
			}
			s := sender(t, c.scheme+"://"+account+"localhost:"+p.port())
			s.Far()
			if c.trusted {
				s.Trust(roots)
			}
			err := s.Send(t.Context(), message())
			if !c.arrives {
				if err == nil || errors.Is(err, mail.ErrRefused) || len(p.got)+len(p.auth) > 0 || strings.Contains(err.Error(), "pass") {
					t.Errorf("got %v, messages %d, passwords %d, want an error to try again and nothing sent", err, len(p.got), len(p.auth))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := p.only(t); !got.secret || !slices.Equal(p.auth, []string{"keyhall pass@word"}) {
				t.Errorf("encrypted %v, signed in as %q", got.secret, p.auth)
			}
		})
	}
}

func TestAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "localhost:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s := sender(t, "smtp://localhost:"+port)
	s.Hurry(200 * time.Millisecond)
	if err := s.Send(t.Context(), message()); err == nil || errors.Is(err, mail.ErrRefused) || !strings.Contains(err.Error(), "in time") {
		t.Errorf("got %v, want that it took too long", err)
	}
	_ = l.Close()
	if err := s.Send(t.Context(), message()); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("nobody listens: got %v, want an error to try again", err)
	}
}

func TestAWrongPasswordCanBePutRight(t *testing.T) {
	t.Parallel()
	p := open(t, nil, false)
	err := sender(t, "smtp://keyhall:wrong@localhost:"+p.port()).Send(t.Context(), message())
	if err == nil || errors.Is(err, mail.ErrRefused) || strings.Contains(err.Error(), "wrong@") || len(p.got) > 0 {
		t.Errorf("got %v, want an error to try again", err)
	}
}

func TestAddressesOfServersThatCanNotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, from string }{
		{"imap://hunter2@mail.example", from},
		{"smtp://", from},
		{"smtp://:hunter2@mail.example:hunter2", from},
		{"://hunter2", from},
		{"smtp://mail.example", "Keyhall"},
		{"smtp://mail.example", "a@b.example\r\nBcc: c@d.example"},
	} {
		if _, err := mail.NewSMTP(c.address, c.from); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s from %q: got %v, want an error without the password", c.address, c.from, err)
		}
	}
}
