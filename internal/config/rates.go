package config

import "strconv"

// Rates is how much one person may take; all people of a customer together may take ten
// times that. Zero sets no limit.
type Rates struct {
	Reveals int // keys revealed or copied in a minute
	Files   int // key files in an hour
	SignIns int // sign-ins begun in a minute, of a client address
}

// mostTaken is more than anybody takes, and ten times it is still a number of PostgreSQL.
const mostTaken = 1_000_000

// usualRates hold where nothing is set.
var usualRates = Rates{Reveals: 60, Files: 10, SignIns: 30}

// Rates reads the settings on how much may be taken, and says what is wrong with them.
// What is wrong is the usual limit in what it returns, and never none.
func (c Config) Rates() (Rates, Problems) { return c.ratesOr(usualRates) }

// DemoRates is Rates for the demo, whose keys are made up: no limit but those that are set.
func (c Config) DemoRates() Rates {
	r, _ := c.ratesOr(Rates{})
	return r
}

func (c Config) ratesOr(unset Rates) (r Rates, p Problems) {
	if r = unset; c.RevealsPerMinute != "" {
		r.Reveals = p.rate(c.RevealsPerMinute, "KEYHALL_REVEALS_PER_MINUTE", usualRates.Reveals)
	}
	if c.FilesPerHour != "" {
		r.Files = p.rate(c.FilesPerHour, "KEYHALL_FILES_PER_HOUR", usualRates.Files)
	}
	if c.SignInsPerMinute != "" {
		r.SignIns = p.rate(c.SignInsPerMinute, "KEYHALL_SIGNINS_PER_MINUTE", usualRates.SignIns)
	}
	return r, p
}

func (p *Problems) rate(said, name string, usual int) int {
	n, err := strconv.Atoi(said)
	if err != nil || n < 0 || n > mostTaken {
		p.add("%s is %q: write a whole number from 1 to %d, such as %d, or 0 for no limit.", name, said, mostTaken, usual)
		return usual
	}
	return n
}
