package licensing

// KMSHostsRules are those of asking for more hosts of a KMS key.
type KMSHostsRules struct{}

// Kind is MoreKMSHosts.
func (KMSHostsRules) Kind() RequestKind { return MoreKMSHosts }

// KeyType is KMS.
func (KMSHostsRules) KeyType() KeyType { return KMS }

// NeedsKey is true: without a KMS key there is no host.
func (KMSHostsRules) NeedsKey() bool { return true }

// Counts is true: host activations.
func (KMSHostsRules) Counts() bool { return true }

// Effect raises the number of hosts.
func (KMSHostsRules) Effect() Effect { return RaisesTotal }

// Adds a host for each ten activations granted, rounded up.
func (KMSHostsRules) Adds(granted int) int { return hostsFor(granted) }

// Weigh looks at the hosts in use, the machines that a host needs, and what was asked before.
func (KMSHostsRules) Weigh(f RequestFacts) []Finding {
	var found []Finding
	if f.Key != nil {
		bearing := For
		if f.Key.Left() > 1 {
			bearing = Against
		}
		found = append(found, Finding{"hosts", "finding.hosts." + string(bearing), map[string]any{
			"Used": f.Key.Used, "Total": f.Key.Total, "Each": KMSActivationsPerHost,
		}, bearing})
	}
	return append(append(found, threshold(f)...), earlier(f)...)
}

// threshold compares what was bought with the machines that have to ask a KMS host
// before it answers.
func threshold(f RequestFacts) []Finding {
	least := f.Product.KMSThreshold
	if least == 0 {
		return []Finding{{"threshold", "finding.threshold.no_kms", nil, Against}}
	}
	args := map[string]any{"Least": least, "Bought": f.Bought}
	if f.Bought >= least {
		return []Finding{{"threshold", "finding.threshold.for", args, For}}
	}
	return []Finding{{"threshold", "finding.threshold.against", args, Against}}
}
