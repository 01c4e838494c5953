package demo

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// A MAK of Fjellheim's has been where it should not be: Astrid and Frode have it, and
// Frode's key file.
const (
	spilt     = "K7RPD" // its last five
	spiltOf   = "74150113"
	spiltHow  = "Lå i et skript på et delt område."
	linkLasts = "24" // hours
)

// spiltKey is its ID: it is the third of its product.
func spiltKey() uuid.UUID { return id("key", mak(0, 0).name(spiltOf, ws25Std, 2)) }

// hands mails somebody a link that shows them one key, by its last five, once.
func hands(number, last5, to string) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		k, err := w.ending(ctx, v, number, last5)
		if err != nil {
			return err
		}
		return w.HandOver(ctx, v, k.ID, licensing.HandingOver{Email: to, Hours: linkLasts}, once("/keys/:id/handover "+last5, 0, 0))
	}
}

// opens lets somebody follow the link to a key, by its last five, that was mailed to them.
// It opens once: where a build broken off had them open it, it is done.
func opens(number, last5, email string) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		used, err := w.opened(ctx, v, number, last5)
		if err != nil || used {
			return err
		}
		if v, err = w.visit(ctx, email); err != nil {
			return err
		}
		mails, _, err := w.Outbox(ctx, "")
		if err != nil {
			return err
		}
		for _, m := range mails {
			if n := m.Detail.News; m.Address == email && n != nil && n.Kind == licensing.HandoverOffered {
				token := sha256.Sum256([]byte(strings.TrimPrefix(n.Secret, "/handover/")))
				_, _, err := w.TakeHandover(ctx, v, token[:])
				return err
			}
		}
		return licensing.ErrNotFound
	}
}

// opened reports whether a link to a key, by its last five, was used.
func (w *world) opened(ctx context.Context, v licensing.Viewer, number, last5 string) (bool, error) {
	k, err := w.ending(ctx, v, number, last5)
	if err != nil {
		return false, err
	}
	d, err := w.Key(ctx, v, k.ID)
	return slices.ContainsFunc(d.Handovers, func(h licensing.Handover) bool { return h.UsedAt != nil }), err
}

// marks says that a key, by its last five, is compromised.
func marks(number, last5, how string) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		k, err := w.ending(ctx, v, number, last5)
		if err != nil {
			return err
		}
		return w.MarkKey(ctx, v, k.ID, how, once("/keys/:id/compromise", 0, 0))
	}
}

// ending finds a licence ID's key by its last five.
func (w *world) ending(ctx context.Context, v licensing.Viewer, number, last5 string) (licensing.Key, error) {
	all, err := w.Keys(ctx, v, number, licensing.KeyFilter{})
	if err != nil {
		return licensing.Key{}, err
	}
	i := slices.IndexFunc(all.Keys, func(k licensing.Key) bool { return k.Last5 == last5 })
	if i < 0 {
		return licensing.Key{}, licensing.ErrNotFound
	}
	return all.Keys[i], nil
}
