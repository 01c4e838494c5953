package main

import (
	"fmt"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

// witnessOf is where the settings have the audit log go outside of the database, and what
// of that can't be. What is wrong with the settings' form, config says.
func witnessOf(c config.Config) (w jobs.Witness, problems config.Problems) {
	var o witness.Options
	w.Every, o.Allow, problems = c.Witness()
	if len(problems) > 0 {
		return w, nil
	}
	if c.CheckpointKey != "" {
		var err error
		if w.Key, err = witness.ReadKey(c.CheckpointKey); err != nil {
			return w, config.Problems{err.Error()}
		}
	}
	o.Key = w.Key
	w.Checkpoints = targets(c.Checkpoints, licensing.Checkpoints, "KEYHALL_CHECKPOINTS", o, &problems)
	w.Entries = targets(c.AuditStream, licensing.Entries, "KEYHALL_AUDIT_STREAM", o, &problems)
	return w, problems
}

func targets(list config.Secret, kind licensing.TargetKind, name string, o witness.Options, problems *config.Problems) (all []witness.Target) {
	for _, address := range config.Addresses(list) {
		t, err := witness.Open(address, kind, o)
		if err != nil {
			*problems = append(*problems, fmt.Sprintf("%s %v.", name, err))
			continue
		}
		all = append(all, t)
	}
	return all
}
