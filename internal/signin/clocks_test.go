package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/signin"
)

// R11: with the provider's clock a minute away people sign in; with it ten minutes away
// nobody does, and the log's line says which way and how far, for whoever has to set one
// of the clocks.
func TestAProvidersClockThatIsTooFarAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		away time.Duration
		line string // "" if people sign in
	}{
		{"a minute ahead", time.Minute, ""},
		{"a minute behind", -time.Minute, ""},
		{"ten minutes ahead", 10 * time.Minute, "was issued 10m0s in the future by this machine's clock"},
		{"ten minutes behind", -10 * time.Minute, "ran out 5m0s ago by this machine's clock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.provider.now = func() time.Time { return d.Now().Add(c.away) }
			b := d.browser()
			if c.line == "" {
				b.mustSignIn()
				return
			}
			_, err := b.signIn()
			if failure, ok := errors.AsType[*signin.Failure](err); !ok || failure.Reason != signin.Clock || !strings.Contains(err.Error(), c.line) {
				t.Errorf("got %v, want that it %s", err, c.line)
			}
			if len(b.kept.sessions) > 0 || b.who() != "" {
				t.Errorf("signed in is %q", b.who())
			}
		})
	}
}
