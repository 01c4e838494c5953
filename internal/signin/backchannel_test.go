package signin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logout makes a logout token as the standard has it, but for what a case changes: of the
// claims, of the header, and of how it is signed. A nil value takes a member away.
func (p *rogue) logout(claims, header map[string]any) string {
	p.t.Helper()
	now := p.now()
	c := map[string]any{
		"iss": p.URL, "aud": clientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": "word-1",
		"sid": "s-1", "sub": subject, "events": map[string]any{logoutEvent: map[string]any{}},
	}
	h := map[string]any{"alg": "ES256", "kid": p.kid, "typ": "logout+jwt"}
	with(claims)(c)
	with(header)(h)
	payload, err := json.Marshal(c)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.payload != nil {
		payload = p.payload(payload)
	}
	head, err := json.Marshal(h)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.sign != nil {
		return p.sign(p, head, payload)
	}
	return signES256(p.t, p.key, head, payload)
}

func (d *desk) say(path, token string) error {
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, path, nil)
	return d.Backchannel(r, token, at)
}

// S-44: a hostile word ends nobody's session.
func TestAHostileLogoutEndsNothing(t *testing.T) {
	t.Parallel()
	base := newClock().Now()
	in := func(d time.Duration) int64 { return base.Add(d).Unix() }
	type m = map[string]any
	event := func(value any) m { return m{"events": m{logoutEvent: value}} }
	for name, c := range map[string]struct {
		claims, header m
		wreck          func(*rogue)
		reason         signin.Reason
		check          string
	}{
		"signed with a stranger's key":           {wreck: func(p *rogue) { p.sign = strangersKey }, reason: signin.Invalid, check: "id_token"},
		"signed with a key that isn't there":     {header: m{"kid": "other"}, reason: signin.Invalid, check: "id_token"},
		"unsigned":                               {wreck: func(p *rogue) { p.sign = unsigned }, reason: signin.Invalid, check: "id_token"},
		"signed with the public key as a secret": {wreck: func(p *rogue) { p.sign = sharedSecret }, reason: signin.Invalid, check: "id_token"},
		"with a key of its own":                  {wreck: func(p *rogue) { p.sign = ownKey }, reason: signin.Invalid, check: "id_token"},
		"changed after signing":                  {wreck: func(p *rogue) { p.sign = changed }, reason: signin.Invalid, check: "id_token"},
		"cut off":                                {wreck: func(p *rogue) { p.sign = cutOff }, reason: signin.Invalid, check: "id_token"},
		"of another issuer":                      {claims: m{"iss": "https://evil.example"}, reason: signin.Invalid, check: "id_token"},
		"of no issuer":                           {claims: m{"iss": nil}, reason: signin.Invalid, check: "id_token"},
		"for another client":                     {claims: m{"aud": "sister"}, reason: signin.Invalid, check: "id_token"},
		"for nobody":                             {claims: m{"aud": nil}, reason: signin.Invalid, check: "id_token"},
		"for a stranger too":                     {claims: m{"aud": []string{clientID, "sister"}}, reason: signin.Invalid, check: "aud"},
		"an ID token":                            {claims: m{"events": nil, "nonce": "n"}, header: m{"typ": "JWT"}, reason: signin.Invalid, check: "events"},
		"with a nonce":                           {claims: m{"nonce": "n"}, reason: signin.Invalid, check: "nonce"},
		"with an empty nonce":                    {claims: m{"nonce": ""}, reason: signin.Invalid, check: "nonce"},
		"without events":                         {claims: m{"events": nil}, reason: signin.Invalid, check: "events"},
		"with another event":                     {claims: m{"events": m{"https://evil.example/logout": m{}}}, reason: signin.Invalid, check: "events"},
		"with the event as a list":               {claims: m{"events": []string{logoutEvent}}, reason: signin.Invalid, check: "claims"},
		"with the event as a word":               {claims: event("yes"), reason: signin.Invalid, check: "events"},
		"with an event of nothing":               {claims: m{"events": json.RawMessage(`{"` + logoutEvent + `":null}`)}, reason: signin.Invalid, check: "events"},
		"of three minutes ago":                   {claims: m{"iat": in(-3 * time.Minute)}, reason: signin.Invalid, check: "iat"},
		"of two minutes and a second ahead":      {claims: m{"iat": in(2*time.Minute + time.Second)}, reason: signin.Invalid, check: "iat"},
		"of no time":                             {claims: m{"iat": nil}, reason: signin.Invalid, check: "iat"},
		"that ran out":                           {claims: m{"exp": in(-2 * time.Minute)}, reason: signin.Clock, check: "exp"},
		"that never runs out":                    {claims: m{"exp": nil}, reason: signin.Invalid, check: "exp"},
		"without a name":                         {claims: m{"jti": nil}, reason: signin.Invalid, check: "jti"},
		"with an empty name":                     {claims: m{"jti": ""}, reason: signin.Invalid, check: "jti"},
		"with an endless name":                   {claims: m{"jti": strings.Repeat("x", 256)}, reason: signin.Invalid, check: "jti"},
		"with a name that is a number":           {claims: m{"jti": 7}, reason: signin.Invalid, check: "claims"},
		"about nobody":                           {claims: m{"sub": nil, "sid": nil}, reason: signin.Invalid, check: "sub"},
		"about an empty subject":                 {claims: m{"sub": "", "sid": nil}, reason: signin.Invalid, check: "sub"},
		"about an empty session":                 {claims: m{"sub": nil, "sid": ""}, reason: signin.Invalid, check: "sid"},
		"about an endless session":               {claims: m{"sid": strings.Repeat("x", 256)}, reason: signin.Invalid, check: "sid"},
		"about a subject in two spellings":       {claims: m{"Sub": "p-0001"}, reason: signin.Invalid, check: "claims"},
		"about a session named twice":            {wreck: func(p *rogue) { p.payload = func(b []byte) []byte { return []byte(`{"sid":"s-2",` + string(b[1:])) } }, reason: signin.Invalid, check: "claims"},
		"that is an access token":                {header: m{"typ": "at+jwt"}, reason: signin.Invalid, check: "typ"},
		"that doesn't say what it is":            {header: m{"typ": nil}, reason: signin.Invalid, check: "typ"},
		"while the provider's keys can't be had": {wreck: func(p *rogue) {
			p.keys = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, reason: signin.ProviderDown, check: "keys"},
		"while the provider is down, and never known": {wreck: func(p *rogue) { p.down.Store(true) }, reason: signin.ProviderDown, check: "discovery"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed := newDesk(t)
			b := signed.browser()
			b.mustSignIn()
			d := *signed
			d.SignIn = signin.New(d.config(), d.kept) // a process that hasn't met the provider yet
			if c.wreck != nil {
				c.wreck(d.provider)
			}
			err := d.say(signin.BackchannelPath, d.provider.logout(c.claims, c.header))
			f, ok := errors.AsType[*signin.Failure](err)
			if !ok || f.Reason != c.reason || f.Check != c.check {
				t.Errorf("a word %s: got %v, want %s/%s", name, err, c.reason, c.check)
			}
			if len(d.kept.sessions) != 1 || len(d.kept.logouts) != 0 || b.who() == "" {
				t.Errorf("a word %s: %d sessions are left, %d words kept", name, len(d.kept.sessions), len(d.kept.logouts))
			}
		})
	}
	d := newDesk(t)
	for _, token := range []string{"", "x", "a.b.c", "..", strings.Repeat("x", 40<<10)} {
		if f, ok := errors.AsType[*signin.Failure](d.say(signin.BackchannelPath, token)); !ok || f.Reason != signin.Invalid {
			t.Errorf("%.10q for a token: got %v, want refused", token, f)
		}
	}
	if err := d.say(signin.BackchannelPath+"/nobody", d.provider.logout(nil, nil)); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("to a provider that isn't there: got %v, want not found", err)
	}
}

// S-44: a provider's word ends the sessions it names, once.
func TestAProvidersWordEndsSessions(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	for name, c := range map[string]struct {
		claims, header m
		ended          int // of two sessions s-1 and one s-2, all kaisa's
	}{
		"by session":                          {m{"sub": nil}, nil, 2},
		"by subject":                          {m{"sid": nil}, nil, 3},
		"by both":                             {nil, nil, 2},
		"of another session":                  {m{"sid": "s-3"}, nil, 0},
		"of another subject, and her session": {m{"sub": "p-0001"}, nil, 0},
		"as a JWT of no kind":                 {nil, m{"typ": "JWT"}, 2},
		"in capitals":                         {nil, m{"typ": "LOGOUT+JWT"}, 2},
		"with a media type's prefix":          {nil, m{"typ": "application/logout+jwt"}, 2},
		"for us in a list":                    {m{"aud": []string{clientID}}, nil, 2},
		"with a clock two minutes behind":     {m{"iat": newClock().Now().Add(-2 * time.Minute).Unix()}, nil, 2},
		"with a clock two minutes ahead":      {m{"iat": newClock().Now().Add(2 * time.Minute).Unix()}, nil, 2},
		"with something in the event":         {m{"events": m{logoutEvent: m{"why": "x"}, "https://other.example": m{}}}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			var browsers []*browser
			for _, sid := range []string{"s-1", "s-1", "s-2"} {
				d.provider.claims = with(m{"sid": sid})
				b := d.browser()
				b.mustSignIn()
				browsers = append(browsers, b)
			}
			token := d.provider.logout(c.claims, c.header)
			if err := d.say(signin.BackchannelPath, token); err != nil {
				t.Fatalf("a word %s: got %v", name, err)
			}
			gone := 0
			for _, b := range browsers {
				if b.who() == "" { // at once in this process
					gone++
				}
			}
			if gone != c.ended || len(d.kept.sessions) != 3-c.ended {
				t.Errorf("a word %s: %d sessions ended, %d are left, want %d ended", name, gone, len(d.kept.sessions), c.ended)
			}
			if f, ok := errors.AsType[*signin.Failure](d.say(signin.BackchannelPath, token)); !ok || f.Check != "jti" {
				t.Errorf("the same word again: got %v, want refused by its name", f)
			}
		})
	}
}

// S-39, S-44: a provider speaks for its own sessions, at its own address.
func TestAProviderEndsNoSessionOfAnother(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	b := p.browser()
	if _, err := b.comeBackTo("/signin/callback", p.provider.authorize(b.beginAt("first"))); err != nil {
		t.Fatal(err)
	}
	if err := p.say(signin.BackchannelPath+"/second", p.second.logout(nil, nil)); err != nil {
		t.Errorf("the second's word about its own: got %v", err)
	}
	if err := p.say(signin.BackchannelPath, p.second.logout(map[string]any{"jti": "2"}, nil)); err == nil {
		t.Error("the second's word at the first's address was taken")
	}
	if err := p.say(signin.BackchannelPath+"/second", p.provider.logout(nil, nil)); err == nil {
		t.Error("the first's word at the second's address was taken")
	}
	if b.who() != "Kaisa Laine" {
		t.Error("kaisa's session ended")
	}
}

// However many forged words come, the provider is asked for its keys once in ten seconds.
func TestForgedWordsDoNotReachTheProvider(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.browser().mustSignIn()
	d.provider.sign = strangersKey
	before := d.provider.keysAsked.Load()
	for range 200 {
		if err := d.say(signin.BackchannelPath, d.provider.logout(nil, nil)); err == nil {
			t.Fatal("a forged word was taken")
		}
	}
	if n := d.provider.keysAsked.Load() - before; n > 1 {
		t.Errorf("200 forged words asked for the keys %d times, want once", n)
	}
}
