// Package witness carries what the audit log says to places outside of the database:
// signed checkpoints, which show later whether a chain was cut off or written anew, and
// entries, for programs that watch over several systems. A place is a file, a webhook or
// a syslog server.
//
// It is not where the audit log is kept or checked (store), nor does it know when
// something is to be delivered, or how far a place has it (jobs, store).
package witness

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

// patience is how long a target may take for one delivery.
const patience = 10 * time.Second

// Line is one line of what a target gets: a JSON object without a line's end.
type Line struct {
	At   time.Time // of the checkpoint or the entry
	What string    // "checkpoint", or the entry's action
	Text []byte
}

// Options are what targets have in common.
type Options struct {
	Allow []netip.Prefix     // addresses that webhooks may have though they are not public
	Roots *x509.CertPool     // who vouches for a target's certificate; nil is the system's
	Key   ed25519.PrivateKey // signs what a webhook gets; webhooks need it
}

// Target is one place.
type Target struct {
	licensing.AuditTarget
	carrier
}

// carrier hands lines over, all or none as far as it can tell: an error means that they
// are to come again.
type carrier interface {
	carry(ctx context.Context, lines []Line) error
}

// Open makes a target of its address: file:///path, https://host/path,
// syslog://host:port, syslog+tls://host:port, syslog+udp://host:port or, for a socket of
// this machine, syslog:///dev/log. It connects to nothing. An error is half a sentence
// that quotes nothing of the address but its scheme: there may be a password in it.
func Open(address string, kind licensing.TargetKind, o Options) (Target, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Target{}, errors.New("holds an address that can't be read")
	}
	sum := sha256.Sum256([]byte(address))
	t := Target{AuditTarget: licensing.AuditTarget{ID: string(kind) + " " + hex.EncodeToString(sum[:]), Kind: kind, Label: u.Scheme + "://" + u.Host}}
	switch u.Scheme {
	case "file":
		t.Label += u.Path
		t.carrier, err = newFile(u)
	case "https":
		t.carrier, err = newWebhook(u, o)
	case "syslog", "syslog+tls", "syslog+udp":
		if u.Host == "" {
			t.Label += u.Path
		}
		t.carrier, err = newSyslog(u, o)
	default:
		err = fmt.Errorf("holds an address with %q: write file:///path, https://host/path, syslog://host:port, syslog+tls://host:port, syslog+udp://host:port or syslog:///dev/log", u.Scheme)
	}
	return t, err
}

// Deliver hands lines over, within ten seconds. An error names the target as far as it
// may be shown, and means that they are to come again.
func (t Target) Deliver(ctx context.Context, lines []Line) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := t.carry(ctx, lines); err != nil {
		return fmt.Errorf("deliver to %s: %w", t.Label, err)
	}
	return nil
}

// joined is the lines as a text, each with its end.
func joined(lines []Line) []byte {
	var b []byte
	for _, l := range lines {
		b = append(append(b, l.Text...), '\n')
	}
	return b
}
