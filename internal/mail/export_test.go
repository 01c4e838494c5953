package mail

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// Trust lets a test's server be believed.
func (s *SMTP) Trust(roots *x509.CertPool) { s.trust = &tls.Config{RootCAs: roots, ServerName: s.host} }

// Hurry makes a sender less patient.
func (s *SMTP) Hurry(d time.Duration) { s.patience = d }

// Far makes a sender treat a server on this machine like any other.
func (s *SMTP) Far() { s.clear = false }
