package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/vault"
)

type keysetCreate struct{}

// Run makes the two files that the settings name.
func (keysetCreate) Run(c config.Config) error {
	if c.Keyset == "" {
		return config.Problems{"KEYHALL_KEYSET is not set: give the path that the keyset is to have."}
	}
	if err := vault.CreateFiles(c.Keyset, c.KEK); err != nil {
		return err
	}
	fmt.Printf("Made the keyset %s and its KEK %s. Back both up, apart from each other and from the database: without them no product key can be read again.\n", c.Keyset, c.KEK)
	return nil
}

// keysetOf names the two files: those of the settings, else those that the demo keeps
// in the data folder.
func keysetOf(c config.Config) (keyset, kek string) {
	if c.Keyset != "" {
		return c.Keyset, c.KEK
	}
	keyset = filepath.Join(dataDir(c), "keyset")
	return keyset, keyset + ".kek"
}

// demoVault opens the demo's keyset and makes it before the first time. One of the two
// files alone is not made good: keys may be sealed that need the other.
func demoVault(c config.Config) (*vault.Vault, error) {
	keyset, kek := keysetOf(c)
	if missing(keyset) && missing(kek) {
		if err := vault.CreateFiles(keyset, kek); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return vault.LoadFiles(keyset, kek)
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
