package licensing

// MAKIncreaseRules are those of asking for more activations of a MAK.
type MAKIncreaseRules struct{}

// Kind is MAKIncrease.
func (MAKIncreaseRules) Kind() RequestKind { return MAKIncrease }

// KeyType is MAK.
func (MAKIncreaseRules) KeyType() KeyType { return MAK }

// NeedsKey is true: there is no MAK to raise without one.
func (MAKIncreaseRules) NeedsKey() bool { return true }

// Counts is true: activations.
func (MAKIncreaseRules) Counts() bool { return true }

// Effect raises the MAK's total.
func (MAKIncreaseRules) Effect() Effect { return RaisesTotal }

// Adds as many activations as were granted.
func (MAKIncreaseRules) Adds(granted int) int { return granted }

// Weigh looks at what is left, what was bought, and what was asked before.
func (MAKIncreaseRules) Weigh(f RequestFacts) []Finding {
	var found []Finding
	if f.Key != nil && f.Key.Counted() {
		found = append(found, remaining(*f.Key))
	}
	return append(append(found, bought(f)...), earlier(f)...)
}

// remaining says how much of a MAK is left: with plenty, more is hard to explain.
func remaining(k Key) Finding {
	bearing := For
	if k.Level() == LevelFine {
		bearing = Against
	}
	return Finding{"remaining", "finding.remaining." + string(bearing), map[string]any{"Left": k.Left(), "Total": k.Total}, bearing}
}

// bought compares the total after a grant with the units bought: usually a MAK has more
// activations than there are licences, so that staying below speaks for a request.
func bought(f RequestFacts) []Finding {
	if f.Bought == 0 {
		return []Finding{{"bought", "finding.bought.none", nil, Against}}
	}
	if f.Key == nil || f.Asked == 0 {
		return []Finding{{"bought", "finding.bought.count", map[string]any{"Bought": f.Bought}, Neutral}}
	}
	total := f.Key.Total + f.Asked
	args := map[string]any{"Bought": f.Bought, "Total": total}
	if total <= f.Bought {
		return []Finding{{"bought", "finding.bought.for", args, For}}
	}
	return []Finding{{"bought", "finding.bought.against", args, Against}}
}

// earlier says what was asked within the last year.
func earlier(f RequestFacts) []Finding {
	e := f.Earlier
	switch {
	case f.Key == nil && e.OfFamily > 0:
		return []Finding{{"earlier", "finding.earlier.no_key", map[string]any{"Count": e.OfFamily}, Neutral}}
	case e.OfKey > 0:
		return []Finding{{"earlier", "finding.earlier.key", map[string]any{"Count": e.OfKey, "Granted": e.GrantedKey}, Neutral}}
	case e.OfFamily > 0:
		return []Finding{{"earlier", "finding.earlier.family", map[string]any{"Count": e.OfFamily}, Neutral}}
	}
	return []Finding{{"earlier", "finding.earlier.none", nil, Neutral}}
}
