package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

type keysetRotate struct{}

// Run adds a new primary key to the keyset.
func (keysetRotate) Run(c config.Config) error {
	keyset, kek := keysetOf(c)
	k, err := keeperOf(c, kek)
	if err == nil {
		err = vault.RotateFile(keyset, k)
	}
	if err != nil {
		return err
	}
	fmt.Printf("The keyset %s has a new primary key, and keeps the others. Back it up. Now give it to every server and restart each, then run `keyhall keyset rewrap`.\n", keyset)
	return nil
}

type keysetRotateKEK struct {
	KEK string `arg:"" help:"Where the new KEK is to be: a file, or the hcvault:// address of one that is there."`
}

// Run makes a new KEK, which alone opens the keyset from then on.
func (r keysetRotateKEK) Run(c config.Config) error {
	keyset, kek := keysetOf(c)
	k, err := keeperOf(c, kek)
	if err != nil {
		return err
	}
	next, err := keeperOf(c, r.KEK)
	if err != nil {
		return err
	}
	if err := vault.RewrapFile(keyset, k, next); err != nil {
		return err
	}
	fmt.Printf("The KEK in %s now opens the keyset %s. Back both up, apart from each other, and set KEYHALL_KEK=%s on every server before it is restarted. The old KEK %s opens older copies of the keyset: remove it when there are none left.\n", r.KEK, keyset, r.KEK, kek)
	return nil
}

type keysetRewrap struct {
	Batch int `default:"1000" help:"How many keys to seal anew in one transaction, 1 to 10000."`
}

// Run seals anew every product key that an older key of the keyset has sealed.
func (r keysetRewrap) Run(ctx context.Context, c config.Config) (err error) {
	if r.Batch < 1 || r.Batch > 10_000 {
		return config.Problems{"-batch must be a whole number from 1 to 10000."}
	}
	v, err := openVault(c)
	if err != nil {
		return err
	}
	db, s, err := openTool(ctx, c, v)
	if err != nil {
		return err
	}
	defer leaving(db, &err)
	defer s.Close()
	done, err := s.Rewrap(ctx, store.AtCommandLine(account()), r.Batch, sayProgress())
	if errors.Is(err, store.ErrOtherKeyset) {
		return fmt.Errorf("%w: restart every server with the rotated keyset, then run this again", err)
	}
	if err != nil {
		return fmt.Errorf("sealed %d keys anew, %d are left: run this again to go on: %w", done.Keys, done.Left, err)
	}
	for _, id := range done.Damaged {
		fmt.Fprintf(os.Stderr, "keyhall: the key %s does not open: its stored value was altered, or belongs to another keyset.\n", id)
	}
	if done.Left > 0 {
		return fmt.Errorf("sealed %d keys anew, %d could not be", done.Keys, done.Left)
	}
	fmt.Printf("Sealed %d keys anew. Every key is sealed by the keyset's primary key.\n", done.Keys)
	return nil
}

// sayProgress returns what says at most once a second how far it is.
func sayProgress() func(store.Resealed) {
	next := time.Now().Add(time.Second)
	return func(r store.Resealed) {
		if time.Now().Before(next) {
			return
		}
		next = time.Now().Add(time.Second)
		fmt.Printf("%d keys sealed anew, %d to go.\n", r.Keys, r.Left)
	}
}
