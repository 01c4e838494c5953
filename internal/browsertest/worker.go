package browsertest

import (
	"context"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/jobs"
)

// Work has the portal's jobs worked until the test ends: what pages only order, as the
// reading of a key file, then happens. Start alone works none.
func (p *Portal) Work(t testing.TB) {
	t.Helper()
	worker, err := jobs.New(p.Store, jobs.Config{BaseURL: p.URL})
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := worker.Stop(ctx); err != nil {
			t.Errorf("stop the jobs: %v", err)
		}
	})
}
