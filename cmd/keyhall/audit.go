package main

import (
	"context"
	"fmt"

	"github.com/keyhall/keyhall/internal/config"
)

type auditVerify struct{}

// Run names the first entry of the audit log that was changed, or that lacks the one
// before it. The end of a chain that was cut off whole shows only to who noted a later
// entry elsewhere.
func (auditVerify) Run(ctx context.Context, c config.Config) (err error) {
	db, s, err := openTool(ctx, c, nil)
	if err != nil {
		return err
	}
	defer leaving(db, &err)
	defer s.Close()
	bad, err := s.VerifyAudit(ctx)
	if err != nil {
		return fmt.Errorf("verify the audit log: %w", err)
	}
	if bad != nil {
		return fmt.Errorf("the audit log does not fit: family %s, entry %d is the first that was changed or lacks the one before it", bad.RootID, bad.Seq)
	}
	fmt.Println("Every entry of the audit log fits the one before it.")
	return nil
}
