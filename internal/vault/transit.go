package vault

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// transitPatience is how long the server may take for one answer.
const transitPatience = 5 * time.Second

// TransitScheme begins the address of a KEK with a server.
const TransitScheme = "hcvault://"

// Access is how a transit server is asked.
type Access struct {
	TokenFile string         // path of a file with the token; Token is asked if it is ""
	Token     string         // never printed
	Roots     *x509.CertPool // who vouches for the server's certificate; nil is the system's
}

// InTransit keeps a KEK with the transit engine of HashiCorp Vault or OpenBao, at
// hcvault://host:port/transit/keys/NAME: the server wraps and unwraps keysets, over TLS,
// when Keyhall starts and when the keyset changes. The error is a sentence.
//
// Tink's own client for it is not used: two requests are all it takes, and a client of two
// requests is less to trust and to keep up to date than a library.
func InTransit(address string, a Access) (Keeper, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme+"://" != TransitScheme || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the KEK's address must be written hcvault://host:port/transit/keys/NAME")
	}
	mount, name, ok := strings.Cut(strings.Trim(u.Path, "/"), "/keys/")
	if !ok || mount == "" || name == "" || strings.Contains(name, "/") {
		return nil, errors.New("the KEK's address must be written hcvault://host:port/transit/keys/NAME")
	}
	return inTransit{address: address, host: u.Host, mount: mount, name: name, Access: a}, nil
}

type inTransit struct {
	address, host, mount, name string
	Access
}

func (t inTransit) String() string { return "the KEK " + t.address }

// Format keeps the token out of whatever is printed.
func (t inTransit) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, t.String()) }

// prepare leaves it to the server's administrator to make keys.
func (t inTransit) prepare(string) error { return nil }

func (t inTransit) open() (tink.AEAD, error) {
	token := t.Token
	if t.TokenFile != "" {
		text, err := os.ReadFile(t.TokenFile)
		if err != nil {
			return nil, unreadable("token", t.TokenFile, err)
		}
		token = strings.TrimSpace(string(text))
	}
	if token == "" {
		return nil, problem{ErrNoKEK, fmt.Sprintf("%s needs a token: name its file in KEYHALL_KEK_TOKEN_FILE, or set VAULT_TOKEN", t)}
	}
	return &transit{inTransit: t, token: token, client: &http.Client{
		Timeout: transitPatience,
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: t.Roots}, DisableKeepAlives: true},
	}}, nil
}

// transit asks the server, one question at a time. Tink throws away why something failed,
// so it is kept here.
type transit struct {
	inTransit
	token  string
	client *http.Client
	failed error // nil, or a sentence on why the server was of no use
}

// question and answer are those of the transit engine; JSON makes base64 of bytes.
type question struct {
	Plaintext  []byte `json:"plaintext,omitempty"`
	Ciphertext string `json:"ciphertext,omitempty"`
	Associated []byte `json:"associated_data,omitempty"`
}

type answer struct {
	Data struct {
		Plaintext  []byte `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
	} `json:"data"`
}

// Encrypt has the server encrypt a keyset.
func (t *transit) Encrypt(plain, associated []byte) ([]byte, error) {
	a, err := t.ask("encrypt", question{Plaintext: plain, Associated: associated})
	if err == nil && a.Data.Ciphertext == "" {
		err = t.fails("answers without a ciphertext")
	}
	return []byte(a.Data.Ciphertext), err
}

// Decrypt has the server decrypt a keyset.
func (t *transit) Decrypt(cipher, associated []byte) ([]byte, error) {
	a, err := t.ask("decrypt", question{Ciphertext: string(cipher), Associated: associated})
	return a.Data.Plaintext, err
}

func (t *transit) ask(what string, q question) (a answer, err error) {
	t.failed = nil
	body, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	to := url.URL{Scheme: "https", Host: t.host, Path: "/v1/" + t.mount + "/" + what + "/" + t.name}
	r, err := http.NewRequest(http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return a, t.fails("can't be asked")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Vault-Request", "true")
	r.Header.Set("X-Vault-Token", t.token)
	got, err := t.client.Do(r)
	if err != nil {
		why := err
		if whole, ok := errors.AsType[*url.Error](err); ok {
			why = whole.Err
		}
		return a, t.fails(fmt.Sprintf("can't be reached (%v): see that its server answers, with a certificate that this system trusts", why))
	}
	defer func() { _ = got.Body.Close() }()
	if err := t.judge(what, got.StatusCode); err != nil {
		return a, err
	}
	if err := json.NewDecoder(io.LimitReader(got.Body, maxFile)).Decode(&a); err != nil {
		return a, t.fails("answers something else than a transit engine does")
	}
	return a, nil
}

// judge reads a status. To decrypt what another key has encrypted is a bad request.
func (t *transit) judge(what string, status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusBadRequest && what == "decrypt":
		return ErrWrongKEK
	case status == http.StatusBadRequest:
		return t.fails("does not encrypt: it must be a key of the type aes256-gcm96")
	case status == http.StatusForbidden:
		return t.fails("is not for this token: it must be valid, and allowed to encrypt and decrypt with that key")
	case status == http.StatusNotFound:
		return t.fails("is not there: see that the engine and the key have these names")
	}
	return t.fails(fmt.Sprintf("can't be used now: its server answers %d", status))
}

func (t *transit) fails(how string) error {
	t.failed = problem{ErrNoKEK, t.String() + " " + how}
	return t.failed
}
