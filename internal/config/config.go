// Package config reads the settings from the environment and says what is wrong with
// them: every problem at once, one plain sentence each.
//
// It is not where settings take effect. It opens no file and no connection, so whether
// a keyset opens or a database answers is for the program to find out.
package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is what the environment says, with defaults filled in and blanks trimmed.
// Printing it shows of each Secret only whether it is set.
type Config struct {
	Listen   string `env:"KEYHALL_LISTEN" envDefault:"localhost:8080"` // host:port; ":8080" is every address
	BaseURL  string `env:"KEYHALL_BASE_URL"`                           // origin that browsers use, without a final slash
	DataDir  string `env:"KEYHALL_DATA_DIR"`                           // "" means the private database's default
	LogLevel string `env:"KEYHALL_LOG_LEVEL" envDefault:"info"`        // debug, info, warn or error

	DatabaseURL Secret `env:"KEYHALL_DATABASE_URL"` // of the serving role; unset means a private PostgreSQL
	MigrateURL  Secret `env:"KEYHALL_MIGRATE_URL"`  // of the tables' owner

	OIDCIssuer       string `env:"KEYHALL_OIDC_ISSUER"` // exact, as in the provider's discovery document
	OIDCClientID     string `env:"KEYHALL_OIDC_CLIENT_ID"`
	OIDCClientSecret Secret `env:"KEYHALL_OIDC_CLIENT_SECRET"`

	OIDCName        string   `env:"KEYHALL_OIDC_NAME"`                     // shown beside other providers; the issuer's host unless said
	OIDCDomains     []string `env:"KEYHALL_OIDC_DOMAINS" envSeparator:","` // of e-mail addresses that sign in there
	OIDCGroupsClaim string   `env:"KEYHALL_OIDC_GROUPS_CLAIM"`             // of its ID tokens, that tells of groups; unset hears none
	OIDCScopes      []string `env:"KEYHALL_OIDC_SCOPES" envSeparator:" "`  // asked for beside openid, email and profile
	OIDCProviders   string   `env:"KEYHALL_OIDC_PROVIDERS"`                // path of the file of further providers; Providers reads it

	Keyset string `env:"KEYHALL_KEYSET"` // path of the wrapped keyset
	KEK    string `env:"KEYHALL_KEK"`    // path or hcvault:// address of what unwraps it; Keyset + ".kek" unless said

	KEKTokenFile string `env:"KEYHALL_KEK_TOKEN_FILE"` // path of the token that opens the address
	VaultToken   Secret `env:"VAULT_TOKEN"`            // the token itself, where there is no file

	SMTPURL  Secret `env:"KEYHALL_SMTP_URL"`  // smtp:// or smtps://; unset sends no mail
	MailFrom string `env:"KEYHALL_MAIL_FROM"` // whom mail comes from, such as Keyhall <keyhall@example.com>

	CheckpointKey   string   `env:"KEYHALL_CHECKPOINT_KEY"`                    // path of the key that signs checkpoints
	Checkpoints     Secret   `env:"KEYHALL_CHECKPOINTS"`                       // addresses with commas between; Addresses splits them
	CheckpointEvery string   `env:"KEYHALL_CHECKPOINT_EVERY" envDefault:"15m"` // 1m to 24h
	AuditStream     Secret   `env:"KEYHALL_AUDIT_STREAM"`                      // addresses that get every audit entry
	WebhookAllow    []string `env:"KEYHALL_WEBHOOK_ALLOW" envSeparator:","`    // addresses and CIDRs that webhooks may have though they are not public

	Trusted []string `env:"KEYHALL_TRUSTED_PROXIES" envSeparator:","` // addresses and CIDRs; none unless said

	AnswerWithin string `env:"KEYHALL_ANSWER_WITHIN" envDefault:"24h"` // 1h to 720h; Answers reads it and the rest
	AnswerHours  string `env:"KEYHALL_ANSWER_HOURS"`                   // 08:00-16:00; unset means around the clock
	AnswerZone   string `env:"KEYHALL_ANSWER_ZONE" envDefault:"UTC"`   // of the hours, such as Europe/Helsinki
	Holidays     string `env:"KEYHALL_HOLIDAYS"`                       // path of the list of days that don't count
	RequestCap   string `env:"KEYHALL_REQUEST_CAP" envDefault:"10000"` // most that one request may ask
	TotalCap     string `env:"KEYHALL_TOTAL_CAP" envDefault:"100000"`  // largest total that granting may bring a key to

	TwoApproversAbove string `env:"KEYHALL_TWO_APPROVERS_ABOVE"` // granting more takes two agents; unset and 0: never; TwoAbove reads it

	BreakGlassWait string `env:"KEYHALL_BREAK_GLASS_WAIT" envDefault:"72h"` // 1h to 720h; EmergencyWait reads it

	Visit string `env:"KEYHALL_VISIT" envDefault:"1h"` // 15m to 8h; VisitLength reads it

	RevealsPerMinute string `env:"KEYHALL_REVEALS_PER_MINUTE"` // keys that one person may reveal; Rates reads it and the next
	FilesPerHour     string `env:"KEYHALL_FILES_PER_HOUR"`     // key files that one person may start
	SignInsPerMinute string `env:"KEYHALL_SIGNINS_PER_MINUTE"` // sign-ins that one client address may begin

	StepUpWithin string `env:"KEYHALL_STEP_UP"` // 1m to 12h, or off; StepUp reads it and the next
	ACR          string `env:"KEYHALL_ACR"`     // ways to prove who one is, with spaces between
}

// Read makes a Config of an environment's variables, such as env.ToMap(os.Environ()).
// A variable that is set to nothing counts as unset. Read judges nothing yet.
func Read(environment map[string]string) (Config, error) {
	said := map[string]string{}
	for name, value := range environment {
		if value = strings.TrimSpace(value); value != "" {
			said[name] = value
		}
	}
	c, err := env.ParseAsWithOptions[Config](env.Options{Environment: said})
	if err != nil {
		return Config{}, err
	}
	if c.KEK == "" && c.Keyset != "" {
		c.KEK = c.Keyset + ".kek"
	}
	c.BaseURL = strings.TrimSuffix(c.BaseURL, "/")
	return c, nil
}

// DemoBaseURL is where a browser on this machine finds the demo when no base URL is
// set: the host listened on, or localhost when that is every address.
func (c Config) DemoBaseURL() string {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return ""
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Proxies are the peers whose word on the client's address and scheme is taken (S-26).
// What can't be read is left out, and is among the problems.
func (c Config) Proxies() []netip.Prefix {
	var all []netip.Prefix
	for _, one := range c.Trusted {
		if p, err := prefix(one); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// prefix reads 10.0.0.0/8, or 10.0.0.7 for that address alone.
func prefix(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if ip, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

// Loopback reports whether an address can only be reached from this machine.
func Loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}
