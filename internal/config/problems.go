package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strings"
)

// Problems are sentences for whoever starts Keyhall. None quotes a Secret.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, "\n") }

func (p *Problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// require notes each setting that must be there and is not.
func (p *Problems) require(value, name, what string) {
	if value == "" {
		p.add("%s is not set: give %s.", name, what)
	}
}

// ForServe lists what keeps `keyhall serve` from starting.
func (c Config) ForServe() Problems {
	var p Problems
	p.require(c.BaseURL, "KEYHALL_BASE_URL", "the address that browsers use, such as https://keys.example.com")
	p.require(c.OIDCIssuer, "KEYHALL_OIDC_ISSUER", "the address of the OpenID provider where people sign in")
	c.checkClient(&p)
	p.require(c.Keyset, "KEYHALL_KEYSET", "the path of the keyset that seals product keys; `keyhall keyset create` makes one")
	if c.SMTPURL.Set() {
		p.require(c.MailFrom, "KEYHALL_MAIL_FROM", "the address that mail comes from, such as Keyhall <keyhall@example.com>")
	}
	c.checkShared(&p)
	return p
}

// ForDemo lists what keeps `keyhall demo` from starting. Its provider lets anybody in
// as anybody, so it is for this machine only.
func (c Config) ForDemo() Problems {
	var p Problems
	if c.OIDCIssuer != "" {
		c.checkClient(&p)
	} else if !Loopback(cmp.Or(c.BaseURL, c.DemoBaseURL())) {
		p.add("The demo's sign-in lets anybody in and is for this machine only: set KEYHALL_BASE_URL to http://localhost:8080 or the like, or KEYHALL_OIDC_ISSUER to a provider of yours.")
	}
	if c.DatabaseURL.Set() {
		p.require(c.MigrateURL.Value(), "KEYHALL_MIGRATE_URL", "the database owner's address beside KEYHALL_DATABASE_URL")
	}
	c.checkShared(&p)
	return p
}

// ForMigrate lists what keeps the owner from migrating a database.
func (c Config) ForMigrate() Problems {
	var p Problems
	if c.DatabaseURL.Set() {
		p.require(c.MigrateURL.Value(), "KEYHALL_MIGRATE_URL", "the address of the database's owner")
	}
	p.checkDatabase(c.MigrateURL, "KEYHALL_MIGRATE_URL")
	return p
}

// ForTools lists what keeps a command that only works on the data from starting.
func (c Config) ForTools() Problems {
	var p Problems
	p.checkDatabase(c.DatabaseURL, "KEYHALL_DATABASE_URL")
	p.checkDatabase(c.MigrateURL, "KEYHALL_MIGRATE_URL")
	return p
}

func (c Config) checkClient(p *Problems) {
	p.require(c.OIDCClientID, "KEYHALL_OIDC_CLIENT_ID", "the client ID that the provider has for Keyhall")
	p.require(c.OIDCClientSecret.Value(), "KEYHALL_OIDC_CLIENT_SECRET", "the client secret that the provider has for Keyhall")
}

// checkShared judges every setting that is there, whatever the command.
func (c Config) checkShared(p *Problems) {
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		p.add("KEYHALL_LISTEN is %q: write host:port, such as localhost:8080 or :8080.", c.Listen)
	}
	p.checkOrigin(c.BaseURL)
	p.checkIssuer("KEYHALL_OIDC_ISSUER", c.OIDCIssuer)
	p.checkDatabase(c.DatabaseURL, "KEYHALL_DATABASE_URL")
	p.checkDatabase(c.MigrateURL, "KEYHALL_MIGRATE_URL")
	p.checkMail(c.SMTPURL)
	p.checkSender(c.MailFrom)
	for _, one := range c.Trusted {
		if _, err := prefix(one); err != nil {
			p.add("KEYHALL_TRUSTED_PROXIES names %q: write addresses or CIDRs, such as 10.0.0.7 or 10.0.0.0/24, with commas between.", one)
		}
	}
	_, wrong := c.Answers()
	*p = append(*p, wrong...)
	_, wrong = c.TwoAbove()
	*p = append(*p, wrong...)
	_, wrong = c.Rates()
	*p = append(*p, wrong...)
	_, wrong = c.VisitLength()
	*p = append(*p, wrong...)
	_, wrong = c.EmergencyWait()
	*p = append(*p, wrong...)
	_, _, wrong = c.Witness()
	*p = append(*p, wrong...)
	_, wrong = c.StepUp()
	*p = append(*p, wrong...)
	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		p.add("KEYHALL_LOG_LEVEL is %q: write debug, info, warn or error.", c.LogLevel)
	}
}

func (p *Problems) checkOrigin(address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		p.add("KEYHALL_BASE_URL must be scheme and host alone, such as https://keys.example.com.")
	case u.Scheme == "http" && !Loopback(address):
		p.add("KEYHALL_BASE_URL is %s: without https, sessions and product keys would cross the network in clear.", address)
	}
}

func (p *Problems) checkIssuer(name, address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "":
		p.add("%s must be the issuer's address as its discovery document writes it, such as https://login.example.com/tenant.", name)
	case u.Scheme == "http" && !Loopback(address):
		p.add("%s is %s: without https, anybody between here and there could sign in as anybody.", name, address)
	}
}

// checkDatabase judges the form only, and quotes nothing: there may be a password. Under
// the simple protocol values become part of the statement's text (S-04).
func (p *Problems) checkDatabase(address Secret, name string) {
	if !address.Set() {
		return
	}
	u, err := url.Parse(address.Value())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		p.add("%s can't be read: write postgres://role:password@host:5432/keyhall?sslmode=verify-full.", name)
		return
	}
	if u.Query().Get("default_query_exec_mode") == "simple_protocol" {
		p.add("%s asks for the simple protocol, which sends values within statements: leave default_query_exec_mode out, or write exec.", name)
	}
}

func (p *Problems) checkMail(address Secret) {
	if !address.Set() {
		return
	}
	u, err := url.Parse(address.Value())
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		p.add("KEYHALL_SMTP_URL can't be read: write smtps://user:password@host:465 or smtp://host:25.")
	}
}

func (p *Problems) checkSender(address string) {
	if address == "" {
		return
	}
	if _, err := mail.ParseAddress(address); err != nil {
		p.add("KEYHALL_MAIL_FROM is %q: write one address, such as keyhall@example.com or Keyhall <keyhall@example.com>.", address)
	}
}
