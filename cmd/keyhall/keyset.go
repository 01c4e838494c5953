package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/vault"
)

type keysetCreate struct{}

// Run makes the two files that the settings name.
func (keysetCreate) Run(c config.Config) error {
	if c.Keyset == "" {
		return config.Problems{"KEYHALL_KEYSET is not set: give the path that the keyset is to have."}
	}
	k, err := keeperOf(c, c.KEK)
	if err == nil {
		err = vault.CreateUnder(c.Keyset, k)
	}
	if err != nil {
		return err
	}
	if withServer(c.KEK) {
		fmt.Printf("Made the keyset %s, which %s opens. Back both up, apart from each other and from the database: without them no product key can be read again.\n", c.Keyset, c.KEK)
		return nil
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

// withServer reports whether a KEK is not in a file.
func withServer(kek string) bool { return strings.Contains(kek, "://") }

// keeperOf is where a KEK is kept that the settings or a command line name.
func keeperOf(c config.Config, kek string) (vault.Keeper, error) {
	if !withServer(kek) {
		return vault.InFile(kek), nil
	}
	return vault.InTransit(kek, vault.Access{TokenFile: c.KEKTokenFile, Token: c.VaultToken.Value()})
}

// openVault opens the keyset of the settings, or the demo's.
func openVault(c config.Config) (*vault.Vault, error) {
	keyset, kek := keysetOf(c)
	k, err := keeperOf(c, kek)
	if err != nil {
		return nil, err
	}
	return vault.Load(keyset, k)
}

// demoVault opens the demo's keyset and makes it before the first time. One of the two
// files alone is not made good: keys may be sealed that need the other.
func demoVault(c config.Config) (*vault.Vault, error) {
	keyset, kek := keysetOf(c)
	if missing(keyset) && missing(kek) {
		k, err := keeperOf(c, kek)
		if err == nil {
			err = vault.CreateUnder(keyset, k)
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return openVault(c)
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
