package main

import (
	"context"
	"log/slog"
	"os"
	"strings"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// providers reads where people sign in: the provider of the settings, those of the file
// that they name, and the files with secrets that those name. What is wrong is a sentence each.
func providers(c config.Config) ([]config.Provider, config.Problems) {
	var text []byte
	if c.OIDCProviders != "" {
		var err error
		if text, err = os.ReadFile(c.OIDCProviders); err != nil {
			return nil, config.Problems{"KEYHALL_OIDC_PROVIDERS can't be read: " + err.Error() + "."}
		}
	}
	all, problems := c.Providers(text)
	for i, p := range all {
		if p.SecretFile == "" {
			continue
		}
		secret, err := os.ReadFile(p.SecretFile)
		if err == nil && strings.TrimSpace(string(secret)) != "" {
			all[i].Secret = config.NewSecret(strings.TrimSpace(string(secret)))
			continue
		}
		if err != nil {
			problems = append(problems, "The client secret of the provider "+p.ID+" can't be read: "+err.Error()+".")
		} else {
			problems = append(problems, "The client secret of the provider "+p.ID+" can't be read: "+p.SecretFile+" is empty.")
		}
	}
	return all, problems
}

// signIn prepares signing in at the providers. What a browser keeps meanwhile, and the
// ID token in the session's row, are sealed by the keyset.
func signIn(baseURL string, all []config.Provider, v *vault.Vault, s *store.Store) *signin.SignIn {
	c := signin.Config{BaseURL: baseURL, Seal: v.SealBytes, Open: v.OpenBytes}
	for _, p := range all {
		c.Providers = append(c.Providers, signin.Provider{
			ID: p.ID, Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.Secret.Value(), Domains: p.Domains,
			GroupsClaim: p.Groups, Scopes: p.Scopes,
		})
	}
	return signin.New(c, s)
}

// trust tells the store whose word counts, and the log of a customer that isn't there: a
// provider that speaks for nobody is no reason not to start.
func trust(ctx context.Context, s *store.Store, all []config.Provider, log *slog.Logger) error {
	for _, p := range all {
		unknown, err := s.UnknownRoots(ctx, p.SpeaksFor)
		if err != nil {
			return err
		}
		for _, id := range unknown {
			log.Warn("a provider is to speak for what is no root organisation", "provider", p.ID, "organisation", id)
		}
	}
	s.Trust(issuers(all))
	return nil
}

// issuers are the providers as the store has to know them.
func issuers(all []config.Provider) (list []licensing.Issuer) {
	for _, p := range all {
		list = append(list, licensing.Issuer{Address: p.Issuer, Name: p.Name, All: p.All, Roots: p.SpeaksFor, Groups: p.Groups != ""})
	}
	return list
}
