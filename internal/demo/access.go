package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

// wishes are what people have asked administrators for, the first of which is answered.
var wishes = []struct {
	by   string
	ago  time.Duration // how long before the build
	asks licensing.AccessForm
}{
	{dirk, 6 * day, licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Reason: "To activate what I download for the branch offices."}},
	{lena, 3 * day, licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Whole: true, Reason: "I stand in for Kaisa until the end of the month and need the keys of new laptops."}},
	{kevin, 2 * hour, licensing.AccessForm{Number: "74133208", Role: licensing.LicenceReader, Reason: "We move to this agreement in spring. I would like to see what is on it."}},
}

// refusal is how Anna answers the first of them.
const refusal = "Kaisa activates them for you: send her the installation IDs."

// askForAccess lets people ask for access, and Anna answer one of them.
func (w *world) askForAccess(ctx context.Context) error {
	for i, wish := range wishes {
		v, err := w.visit(ctx, wish.by)
		if err != nil {
			return err
		}
		wish.asks.At = w.now.Add(-wish.ago)
		if err := w.AskAccess(ctx, v, wish.asks, once("/access-requests", i, 0)); err != nil {
			return fmt.Errorf("as %s: %w", wish.by, err)
		}
		if err := w.MindAccess(ctx, wish.asks.At); err != nil {
			return err
		}
	}
	return w.answerAccess(ctx)
}

func (w *world) answerAccess(ctx context.Context) error {
	v, err := w.visit(ctx, anna)
	if err != nil {
		return err
	}
	waiting, _, err := w.AccessToAnswer(ctx, v)
	if err != nil {
		return err
	}
	for _, l := range waiting {
		a := licensing.AccessAnswer{Version: l.Version, Message: refusal, Terms: licensing.Terms{At: w.now.Add(-5 * day)}}
		if l.PersonID == personID(dirk) {
			return w.DenyAccess(ctx, v, l.ID, a, once("/access-requests/:id/denial", 0, 0))
		}
	}
	return nil
}
