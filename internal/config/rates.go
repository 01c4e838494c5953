package config

import "strconv"

// Rates is how much one person may take; all people of a customer together may take ten
// times that. Zero sets no limit.
type Rates struct {
	Reveals int // keys revealed or copied in a minute
	Files   int // key files in an hour
}

// mostTaken is more than anybody takes, and ten times it is still a number of PostgreSQL.
const mostTaken = 1_000_000

// Rates reads the settings on how much may be taken, and says what is wrong with them.
// What is wrong is the usual limit in what it returns, and never none.
func (c Config) Rates() (Rates, Problems) {
	var p Problems
	return Rates{
		Reveals: p.rate(c.RevealsPerMinute, "KEYHALL_REVEALS_PER_MINUTE", 60),
		Files:   p.rate(c.FilesPerHour, "KEYHALL_FILES_PER_HOUR", 10),
	}, p
}

func (p *Problems) rate(said, name string, usual int) int {
	n, err := strconv.Atoi(said)
	if err != nil || n < 0 || n > mostTaken {
		p.add("%s is %q: write a whole number from 1 to %d, such as %d, or 0 for no limit.", name, said, mostTaken, usual)
		return usual
	}
	return n
}
