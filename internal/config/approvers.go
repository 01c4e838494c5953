package config

import "strconv"

// demoTwoAbove lets whoever tries the demo see what two agents do.
const demoTwoAbove = 1000

// TwoAbove reads above how many activations, or host activations, granting takes two agents
// of support; 0 is never. It says what is wrong with the setting, which then is 1 in what it
// returns: never fewer than two agents who should be two.
func (c Config) TwoAbove() (int, Problems) { return c.twoAboveOr(0) }

// DemoTwoAbove is TwoAbove for the demo, where an amount is set already.
func (c Config) DemoTwoAbove() int {
	n, _ := c.twoAboveOr(demoTwoAbove)
	return n
}

func (c Config) twoAboveOr(unset int) (int, Problems) {
	if c.TwoApproversAbove == "" {
		return unset, nil
	}
	var p Problems
	n, err := strconv.Atoi(c.TwoApproversAbove)
	if err != nil || n < 0 || n > mostAsked {
		p.add("KEYHALL_TWO_APPROVERS_ABOVE is %q: write a whole number from 1 to %d, such as %d, or 0 for never.", c.TwoApproversAbove, mostAsked, demoTwoAbove)
		return 1, p
	}
	return n, nil
}
