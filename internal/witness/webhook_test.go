package witness_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

var here = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func signer(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

// two lines, as of entries.
var two = []witness.Line{
	{At: time.Date(2026, 11, 22, 8, 0, 0, 123456000, time.UTC), What: "key.revealed", Text: []byte(`{"seq":1}`)},
	{At: time.Date(2026, 11, 22, 8, 0, 1, 0, time.UTC), What: "file.started", Text: []byte(`{"seq":2}`)},
}

const twoLines = "{\"seq\":1}\n{\"seq\":2}\n"

// post delivers two lines to a webhook of an address.
func post(t *testing.T, address string, o witness.Options) error {
	t.Helper()
	if o.Key == nil {
		_, o.Key = signer(t)
	}
	target, err := witness.Open(address, licensing.Checkpoints, o)
	if err != nil {
		t.Fatal(err)
	}
	return target.Deliver(t.Context(), two)
}

func trusting(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// S-09, S-60: a webhook gets what is signed over TLS, from where it is allowed to be.
func TestAWebhookGetsSignedLines(t *testing.T) {
	t.Parallel()
	public, key := signer(t)
	var body []byte
	var signature string
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		signature = r.Header.Get(witness.SignatureHeader)
	}))
	defer s.Close()
	if err := post(t, s.URL+"/hook?token=sesame", witness.Options{Key: key, Allow: here, Roots: trusting(s)}); err != nil {
		t.Fatal(err)
	}
	sum, err := base64.StdEncoding.DecodeString(signature)
	if string(body) != twoLines || err != nil || !ed25519.Verify(public, body, sum) {
		t.Errorf("got %q, signed %q, want two lines and their signature", body, signature)
	}
}

// S-09, S-60: neither an address inside, however it is written, nor a redirect, nor a
// certificate of nobody's gets a webhook past.
func TestAWebhookGoesNowhereElse(t *testing.T) {
	t.Parallel()
	reached := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer s.Close()
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.URL, http.StatusTemporaryRedirect)
	}))
	defer elsewhere.Close()
	failing := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer failing.Close()
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // what must not be
	old.StartTLS()
	defer old.Close()
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for name, c := range map[string]struct {
		address string
		o       witness.Options
		want    string
	}{
		"this machine":                 {s.URL, witness.Options{Roots: trusting(s)}, "not public"},
		"this machine by name":         {"https://localhost" + port, witness.Options{Roots: trusting(s)}, "not public"},
		"this machine in IPv6":         {"https://[::ffff:127.0.0.1]" + port, witness.Options{Roots: trusting(s)}, "not public"},
		"nowhere in particular":        {"https://0.0.0.0" + port, witness.Options{Roots: trusting(s)}, "not public"},
		"a cloud's metadata":           {"https://169.254.169.254/latest", witness.Options{}, "not public"},
		"the local network":            {"https://10.0.0.1/", witness.Options{}, "not public"},
		"another than the allowed one": {s.URL, witness.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Roots: trusting(s)}, "not public"},
		"a certificate of nobody's":    {s.URL, witness.Options{Allow: here}, "certificate"},
		"a redirect":                   {elsewhere.URL, witness.Options{Allow: here, Roots: trusting(elsewhere)}, "it answers 307"},
		"one that is down":             {failing.URL, witness.Options{Allow: here, Roots: trusting(failing)}, "it answers 502"},
		"a TLS long outdated":          {old.URL, witness.Options{Allow: here, Roots: trusting(old)}, "protocol version"},
	} {
		err := post(t, c.address+"/hook?token=sesame", c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: the error tells the token: %v", name, err)
		}
	}
	// However a resolver reads these, it is this machine or nobody.
	for _, odd := range []string{"https://2130706433", "https://0177.0.0.1", "https://0x7f000001", "https://127.1"} {
		if err := post(t, odd+port, witness.Options{Roots: trusting(s)}); err == nil {
			t.Errorf("%s: a webhook got there", odd)
		}
	}
	if reached != 0 {
		t.Errorf("reached what it must not: %d times", reached)
	}
}

// S-09: what is asked is the address that is connected to, so a name may change its mind
// as it likes.
func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	t.Parallel()
	allow := []netip.Prefix{netip.MustParsePrefix("10.7.0.0/16")}
	for address, public := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true, "10.7.3.3:443": true, "[::ffff:8.8.8.8]:443": true,
		"127.0.0.1:443": false, "127.8.8.8:443": false, "10.0.0.1:443": false, "172.16.0.1:443": false, "172.31.255.255:443": false,
		"192.168.1.1:443": false, "169.254.169.254:443": false, "100.100.100.200:443": false, "0.0.0.0:443": false, "255.255.255.255:443": false,
		"224.0.0.1:443": false, "198.18.0.1:443": false, "192.0.0.192:443": false, "[::1]:443": false, "[::]:443": false, "[::ffff:127.0.0.1]:443": false,
		"[::ffff:10.0.0.1]:443": false, "[fe80::1%eth0]:443": false, "[fd00:ec2::254]:443": false, "[ff02::1]:443": false,
		"[64:ff9b::7f00:1]:443": false, "[2002:7f00:1::]:443": false, "[::127.0.0.1]:443": false, "[2001:0:7f00:1::]:443": false, "nonsense": false,
	} {
		if err := witness.OnlyPublic(allow)("tcp", address, nil); (err == nil) != public {
			t.Errorf("%s: got %v, want public: %v", address, err, public)
		}
	}
}

// S-09: a proxy would connect for us, where nobody asks which address it is. What proxies
// there are, net/http reads from the environment once, so nothing is posted here.
func TestAWebhookTakesNoProxy(t *testing.T) {
	t.Parallel()
	_, key := signer(t)
	proxied, err := witness.Proxied(&url.URL{Scheme: "https", Host: "hooks.example", Path: "/"}, witness.Options{Key: key})
	if err != nil || proxied {
		t.Errorf("got %v, %v, want no proxy", proxied, err)
	}
}
