package signin_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/signin"
)

// TestTheProvidersKeysAreAskedForSparingly: a forged token costs the provider no request.
func TestTheProvidersKeysAreAskedForSparingly(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	b.mustSignIn()
	b.pass(10 * time.Second)
	b.provider.sign = strangersKey
	for range 20 {
		if _, err := b.signIn(); err == nil {
			t.Fatal("a forged token signed someone in")
		}
	}
	if n := b.provider.keysAsked.Load(); n != 2 {
		t.Errorf("the keys were asked for %d times, want once to sign in and once for twenty forged tokens", n)
	}
}

// TestANewKeyNeedsNoRestart is R10's key rotation.
func TestANewKeyNeedsNoRestart(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	b.mustSignIn()
	b.pass(10 * time.Second)
	b.provider.rotate("second")
	b.mustSignIn()
	b.mustSignIn()
	if n := b.provider.keysAsked.Load(); n != 2 {
		t.Errorf("the keys were asked for %d times, want once for each key", n)
	}
	b.pass(time.Minute)
	b.mustSignIn()
	if n := b.provider.keysAsked.Load(); n != 2 {
		t.Errorf("the keys were asked for %d times, want none for a description that is the same as before", n)
	}
}

// TestTheProviderIsAskedSparingly: a rush of people is one question, up or down.
func TestTheProviderIsAskedSparingly(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	for range 20 {
		b.begin("/signin")
	}
	if n := b.provider.asked.Load(); n != 1 {
		t.Errorf("the provider described itself %d times, want once", n)
	}
	b.provider.down.Store(true)
	b.pass(30 * time.Second)
	for range 20 {
		if err := b.Begin(httptest.NewRecorder(), b.request("/signin"), "", "/"); err == nil {
			t.Error("the browser was sent to a provider that is down")
		}
	}
	if n := b.provider.asked.Load(); n > 3 { // net/http asks again when a connection that was kept turns out closed
		t.Errorf("the provider was asked %d times, want once more", n)
	}
}

// TestAProviderThatIsDown holds R10.
func TestAProviderThatIsDown(t *testing.T) {
	t.Parallel()

	t.Run("at the start, is met with a failure, and used once it is up", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.provider.down.Store(true)
		b.wantRefused(b.Begin(httptest.NewRecorder(), b.request("/signin"), "", "/keys"), signin.ProviderDown, "discovery")
		b.provider.down.Store(false)
		b.pass(2 * time.Second)
		b.mustSignIn()
	})

	t.Run("later, is noticed before the browser is sent there", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		b.provider.down.Store(true)
		b.pass(30 * time.Second)
		if err := b.Begin(httptest.NewRecorder(), b.request("/signin"), "", "/"); err == nil {
			t.Error("the browser was sent to a provider that is down")
		}
		if b.who() != "Kaisa Laine" {
			t.Error("a session that was alive has ended with the provider")
		}
	})

	t.Run("halfway, is a failure and not a hang", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		q := b.provider.authorize(b.begin("/signin"))
		b.provider.down.Store(true)
		_, err := b.comeBack(q)
		b.wantRefused(err, signin.ProviderDown, "code")
	})

	t.Run("and silent, keeps nobody waiting for long", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		t.Cleanup(silent.Close)
		d.SignIn = signin.New(d.config(func(c *signin.Config) {
			c.Providers[0].Issuer, c.HTTP = silent.URL, &http.Client{Timeout: 100 * time.Millisecond}
		}), d.kept)
		b := d.browser()
		failures := make(chan error, 5)
		for range cap(failures) {
			go func() { failures <- b.Begin(httptest.NewRecorder(), b.request("/signin"), "", "/") }()
		}
		for range cap(failures) {
			b.wantRefused(<-failures, signin.ProviderDown, "discovery")
		}
	})
}

// TestProvingToBeTheClient: the way is the provider's choice, and tried once.
func TestProvingToBeTheClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		methods any
		want    string
	}{
		{nil, "header not+much+of+a+secret, form "},
		{[]string{"client_secret_post", "client_secret_basic"}, "header not+much+of+a+secret, form "},
		{[]string{"client_secret_post"}, "header , form not much of a secret"},
	} {
		b := newDesk(t).browser()
		b.provider.describe = with(map[string]any{"token_endpoint_auth_methods_supported": c.methods})
		var sent []string
		b.provider.exchange = func(w http.ResponseWriter, r *http.Request) {
			_, secret, _ := r.BasicAuth()
			sent = append(sent, "header "+secret+", form "+r.PostFormValue("client_secret"))
			reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		}
		_, err := b.signIn()
		b.wantRefused(err, signin.Invalid, "code")
		if !slices.Equal(sent, []string{c.want}) {
			t.Errorf("a provider that takes %v was sent %q, want %q, once", c.methods, sent, c.want)
		}
	}
}
