package config

import (
	"net/netip"
	"strings"
	"time"
)

// Addresses splits a list of addresses; a comma that belongs to one is written %2C.
func Addresses(list Secret) []string {
	var all []string
	for one := range strings.SplitSeq(list.Value(), ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// Witness are the settings of what of the audit log is kept outside: how often there is a
// checkpoint, and which addresses webhooks may have though they are not public. What is
// wrong with them, and what they lack, are the problems.
func (c Config) Witness() (every time.Duration, allow []netip.Prefix, p Problems) {
	every, err := time.ParseDuration(c.CheckpointEvery)
	if err != nil || every < time.Minute || every > 24*time.Hour {
		p.add("KEYHALL_CHECKPOINT_EVERY is %q: write a time from 1m to 24h, such as 15m.", c.CheckpointEvery)
	}
	for _, one := range c.WebhookAllow {
		of, err := prefix(one)
		if err != nil {
			p.add("KEYHALL_WEBHOOK_ALLOW names %q: write addresses or CIDRs, such as 10.0.0.7 or 10.0.0.0/24, with commas between.", one)
			continue
		}
		allow = append(allow, of)
	}
	if c.Checkpoints.Set() {
		p.require(c.CheckpointKey, "KEYHALL_CHECKPOINT_KEY", "the path of the key that signs the checkpoints of KEYHALL_CHECKPOINTS; `keyhall audit key create` makes one")
	}
	return every, allow, p
}
