package licensing

// RequestKind says what is asked.
type RequestKind string

// The three forms that products know, and one for everything else.
const (
	KMSException RequestKind = "kms_exception" // a KMS key where the programme gives none
	MoreKMSHosts RequestKind = "kms_hosts"     // more hosts for a KMS key
	MAKIncrease  RequestKind = "mak_increase"  // more activations for a MAK
	General      RequestKind = "general"       // anything
)

// Effect is what approving a request does beside closing it.
type Effect string

// The effects that there are.
const (
	NoEffect    Effect = "none"
	RaisesTotal Effect = "raises_total"
	AssignsKey  Effect = "assigns_key" // out of the publisher's stock; raises a total where there is a key already
)

// RequestRules is how one kind of request differs from the others.
type RequestRules interface {
	Kind() RequestKind
	KeyType() KeyType // of the key it is about; "" for none
	NeedsKey() bool   // false where a key may be missing
	Counts() bool     // whether a number is asked
	Effect() Effect
	// Adds is what granting a number adds to the key's total, in the total's unit.
	Adds(granted int) int
	// Weigh finds what speaks for and against a request.
	Weigh(f RequestFacts) []Finding
}

var requestRules = []RequestRules{MAKIncreaseRules{}, KMSHostsRules{}, KMSExceptionRules{}, GeneralRules{}}

// RequestKinds lists the kinds, as forms offer them.
func RequestKinds() []RequestKind {
	kinds := make([]RequestKind, len(requestRules))
	for i, r := range requestRules {
		kinds[i] = r.Kind()
	}
	return kinds
}

// RulesOf returns the rules of a kind; nil for a kind that doesn't exist.
func RulesOf(k RequestKind) RequestRules {
	for _, r := range requestRules {
		if r.Kind() == k {
			return r
		}
	}
	return nil
}

// KindFor is the request that a key's row offers; "" for none.
func (k Key) KindFor() RequestKind {
	switch {
	case k.Type == MAK:
		return MAKIncrease
	case k.Type == KMS:
		return MoreKMSHosts
	}
	return ""
}

// hostsFor is how many hosts a number of host activations takes.
func hostsFor(activations int) int {
	return (activations + KMSActivationsPerHost - 1) / KMSActivationsPerHost
}
