package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// FirstProvider is the ID of the provider that the KEYHALL_OIDC_ variables name.
const FirstProvider = "first"

// Provider is an OpenID provider of the settings.
type Provider struct {
	ID         string      // names it in addresses; FirstProvider for the one of the variables
	Name       string      // shown to who chooses where to sign in
	Issuer     string      // exact, as in its discovery document
	ClientID   string      //
	Secret     Secret      // of the client
	SecretFile string      // path of the file with the secret, where there is no Secret
	Domains    []string    // of the e-mail addresses of people who sign in there, lower case
	All        bool        // it speaks for every customer, and for the staff
	SpeaksFor  []uuid.UUID // root organisations that it speaks for otherwise
	Groups     string      // claim of its ID tokens that tells of groups; "" when none is heard
	Scopes     []string    // asked for beside openid, email and profile
}

// First is the provider that the KEYHALL_OIDC_ variables name. It speaks for all.
func (c Config) First() Provider {
	p := Provider{
		ID: FirstProvider, Name: c.OIDCName, Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, Secret: c.OIDCClientSecret, All: true,
		Groups: c.OIDCGroupsClaim, Scopes: c.OIDCScopes,
	}
	for _, d := range c.OIDCDomains {
		p.Domains = append(p.Domains, strings.ToLower(strings.TrimSpace(d)))
	}
	if u, err := url.Parse(c.OIDCIssuer); err == nil && p.Name == "" {
		p.Name = u.Hostname()
	}
	return p
}

// providerFile is an entry of the file that KEYHALL_OIDC_PROVIDERS names. A name that
// stands for nothing here, is there twice, or is spelt otherwise, is refused.
type providerFile struct {
	ID               string   `json:"id"`
	Name             string   `json:"name"`
	Issuer           string   `json:"issuer"`
	ClientID         string   `json:"client_id"`
	ClientSecret     string   `json:"client_secret"`
	ClientSecretFile string   `json:"client_secret_file"`
	GroupsClaim      string   `json:"groups_claim"`
	Scopes           []string `json:"scopes"`
	Domains          []string `json:"domains"`
	SpeaksFor        []string `json:"speaks_for"`
}

var providerFields = []string{"id", "name", "issuer", "client_id", "client_secret", "client_secret_file", "groups_claim", "scopes", "domains", "speaks_for"}

// Providers reads the text of the file of further providers, and returns all: the first,
// then those. What is wrong, with the first's domains too, is Problems; none quotes a secret.
func (c Config) Providers(text []byte) ([]Provider, Problems) {
	all := []Provider{c.First()}
	var p Problems
	entries, err := list(text)
	if err != nil {
		p.add("KEYHALL_OIDC_PROVIDERS can't be read: %s.", err)
		return all, p
	}
	for i, raw := range entries {
		var one providerFile
		if err := strict(raw, &one); err != nil {
			p.add("KEYHALL_OIDC_PROVIDERS, entry %d: %s.", i+1, err)
			continue
		}
		all = append(all, p.provider(one, fmt.Sprintf("KEYHALL_OIDC_PROVIDERS, entry %d (%s)", i+1, one.ID)))
	}
	p.apart(all)
	return all, p
}

func list(text []byte) (entries []json.RawMessage, err error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, errors.New("it must be a JSON list of providers, each in braces")
	}
	return entries, nil
}

// strict reads an object whose names are all known, as they are written here, and once.
func strict(raw []byte, into *providerFile) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New("it is no object in braces")
	}
	var seen []string
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return io.ErrUnexpectedEOF
		}
		said, _ := name.(string)
		if !slices.Contains(providerFields, said) {
			return fmt.Errorf("%q is no setting of a provider; there are %s", said, strings.Join(providerFields, ", "))
		}
		if slices.Contains(seen, said) {
			return fmt.Errorf("%q is there twice", said)
		}
		seen = append(seen, said)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](json.Unmarshal(raw, into)); ok {
		return fmt.Errorf("%q can't be a %s", wrong.Field, wrong.Value)
	}
	return nil
}

var (
	providerID = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)
	claim      = regexp.MustCompile(`^[A-Za-z0-9_:./-]{1,100}$`)
	scope      = regexp.MustCompile(`^[!#-\[\]-~]{1,100}$`)
	domain     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)
)

// notGroups are claims that say something else.
var notGroups = []string{"iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "auth_time", "acr", "sid", "email", "name", "events", "_claim_names", "_claim_sources"}

// provider judges one entry. where is how its problems begin.
func (p *Problems) provider(f providerFile, where string) Provider {
	one := Provider{ID: f.ID, Name: strings.TrimSpace(f.Name), Issuer: f.Issuer, ClientID: f.ClientID, Secret: NewSecret(f.ClientSecret), SecretFile: f.ClientSecretFile, Groups: f.GroupsClaim, Scopes: f.Scopes}
	if !providerID.MatchString(f.ID) || f.ID == FirstProvider {
		p.add("%s: id must be of lower-case letters, digits and hyphens, 32 at most, and not %q.", where, FirstProvider)
	}
	if n := len([]rune(one.Name)); n == 0 || n > 60 || strings.ContainsFunc(one.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		p.add("%s: name must be what people know the provider by, 60 characters at most.", where)
	}
	if f.Issuer == "" {
		p.add("%s: issuer is missing.", where)
	}
	p.checkIssuer(where+": issuer", f.Issuer)
	if f.ClientID == "" {
		p.add("%s: client_id is missing.", where)
	}
	if (f.ClientSecret == "") == (f.ClientSecretFile == "") {
		p.add("%s: give client_secret, or client_secret_file with the path of a file with it.", where)
	}
	for _, d := range f.Domains {
		one.Domains = append(one.Domains, strings.ToLower(d))
	}
	one.SpeaksFor, one.All = p.speaksFor(f.SpeaksFor, where)
	return one
}

func (p *Problems) speaksFor(said []string, where string) (roots []uuid.UUID, all bool) {
	if slices.Equal(said, []string{"*"}) {
		return nil, true
	}
	for _, s := range said {
		id, err := uuid.Parse(s)
		if err != nil || len(s) != 36 || slices.Contains(roots, id) {
			p.add("%s: speaks_for has %q: write the identifier of each root organisation once, or \"*\" alone.", where, s)
			continue
		}
		roots = append(roots, id)
	}
	if len(said) == 0 {
		p.add("%s: speaks_for is missing: list the identifiers of the root organisations whose people sign in there, or \"*\" for all.", where)
	}
	return roots, false
}

// apart refuses what two providers can't share: an ID, an issuer, which with the subject
// says who somebody is, a domain.
func (p *Problems) apart(all []Provider) {
	ids, issuers, domains := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, one := range all {
		if one.Groups != "" && (!claim.MatchString(one.Groups) || slices.Contains(notGroups, one.Groups)) {
			p.add("The provider %q has the groups claim %q: write the claim's name, such as groups.", one.ID, one.Groups)
		}
		for _, s := range one.Scopes {
			if !scope.MatchString(s) {
				p.add("The provider %q has the scope %q: write one word, such as groups.", one.ID, s)
			}
		}
		if ids[one.ID] {
			p.add("KEYHALL_OIDC_PROVIDERS: the id %q is there twice.", one.ID)
		}
		if one.Issuer != "" && issuers[one.Issuer] {
			p.add("KEYHALL_OIDC_PROVIDERS: the issuer %s is there twice, or is KEYHALL_OIDC_ISSUER.", one.Issuer)
		}
		ids[one.ID], issuers[one.Issuer] = true, true
		for _, d := range one.Domains {
			if !domain.MatchString(d) {
				p.add("The provider %q has the domain %q: write what follows the @ of an address, such as example.com.", one.ID, d)
			}
			if domains[d] {
				p.add("The domain %q is there twice: people of one domain are led to one provider.", d)
			}
			domains[d] = true
		}
	}
}
