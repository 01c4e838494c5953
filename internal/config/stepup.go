package config

import (
	"strings"
	"time"
)

// StepUp is how lately somebody must have proved who they are before they take many keys
// at once or act on rights.
type StepUp struct {
	Within time.Duration // from 1 minute to 12 hours; zero asks nobody
	ACR    []string      // ways to prove it that the provider must name one of; none: any
}

// usualStepUp holds where nothing is set.
const usualStepUp = 15 * time.Minute

// StepUp reads the settings on proving anew who one is, and says what is wrong with them.
// What is wrong is the usual time in what it returns, and never none.
func (c Config) StepUp() (StepUp, Problems) { return c.stepUpOr(usualStepUp) }

// DemoStepUp is StepUp for the demo, where nobody proves anything: it asks nobody unless
// it is set.
func (c Config) DemoStepUp() StepUp {
	u, _ := c.stepUpOr(0)
	return u
}

func (c Config) stepUpOr(unset time.Duration) (u StepUp, p Problems) {
	u = StepUp{Within: unset, ACR: strings.Fields(c.ACR)}
	switch c.StepUpWithin {
	case "":
	case "off":
		u.Within = 0
		if len(u.ACR) > 0 {
			p.add("KEYHALL_ACR is set, but KEYHALL_STEP_UP is off: nobody would be asked for it.")
		}
	default:
		u.Within = p.stepUp(c.StepUpWithin)
	}
	for _, acr := range u.ACR {
		if len(acr) > 255 {
			p.add("KEYHALL_ACR has a word of more than 255 characters: write what the provider calls its ways to sign in, with spaces between.")
			break
		}
	}
	return u, p
}

func (p *Problems) stepUp(said string) time.Duration {
	d, err := time.ParseDuration(said)
	if err != nil || d < time.Minute || d > 12*time.Hour {
		p.add("KEYHALL_STEP_UP is %q: write a time from 1m to 12h, such as 15m, or off.", said)
		return usualStepUp
	}
	return d
}
