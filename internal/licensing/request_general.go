package licensing

// GeneralRules are those of asking for anything else.
type GeneralRules struct{}

// Kind is General.
func (GeneralRules) Kind() RequestKind { return General }

// KeyType is none.
func (GeneralRules) KeyType() KeyType { return "" }

// NeedsKey is false.
func (GeneralRules) NeedsKey() bool { return false }

// Counts is false: nothing is asked that has a number.
func (GeneralRules) Counts() bool { return false }

// Effect is none.
func (GeneralRules) Effect() Effect { return NoEffect }

// Adds nothing.
func (GeneralRules) Adds(int) int { return 0 }

// Weigh finds nothing.
func (GeneralRules) Weigh(RequestFacts) []Finding { return nil }
