package licensing

// KMSExceptionRules are those of asking for a KMS key where the programme gives none.
type KMSExceptionRules struct{}

// Kind is KMSException.
func (KMSExceptionRules) Kind() RequestKind { return KMSException }

// KeyType is KMS.
func (KMSExceptionRules) KeyType() KeyType { return KMS }

// NeedsKey is false: mostly the licence ID holds none yet.
func (KMSExceptionRules) NeedsKey() bool { return false }

// Counts is true: host activations.
func (KMSExceptionRules) Counts() bool { return true }

// Effect assigns a key from the publisher's stock.
func (KMSExceptionRules) Effect() Effect { return AssignsKey }

// Adds a host for each ten activations granted, rounded up.
func (KMSExceptionRules) Adds(granted int) int { return hostsFor(granted) }

// Weigh looks at the programme's rule, the machines that a host needs, and what was asked before.
func (KMSExceptionRules) Weigh(f RequestFacts) []Finding {
	var found []Finding
	if f.Programme.KMSRule == KMSByDefault {
		found = append(found, Finding{"programme", "finding.programme.default", map[string]any{"Programme": f.Programme.Name}, Against})
	} else {
		found = append(found, Finding{"programme", "finding.programme.exception", map[string]any{"Programme": f.Programme.Name}, Neutral})
	}
	return append(append(found, threshold(f)...), earlier(f)...)
}
