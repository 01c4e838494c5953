package store

import "github.com/keyhall/keyhall/internal/vault"

// Vault is what a store seals with, for another store of the same test.
func (s *Store) Vault() *vault.Vault { return s.vault }

// Name is what a store's connections are called.
func (s *Store) Name() string { return nameOf(s.vault) }
