package witness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// webhook posts lines to a program of somebody's, over TLS and signed. It follows no
// redirect, uses no proxy, and connects to public addresses or allowed ones (S-09, S-60).
type webhook struct {
	address string
	key     ed25519.PrivateKey
	client  *http.Client
}

// SignatureHeader carries the signature of a webhook's body: Ed25519, in base64.
const SignatureHeader = "Keyhall-Signature"

func newWebhook(u *url.URL, o Options) (carrier, error) {
	if u.Hostname() == "" || u.Fragment != "" {
		return nil, errors.New("holds a webhook that is not written https://host/path")
	}
	if o.Key == nil {
		return nil, errors.New("holds a webhook, which needs KEYHALL_CHECKPOINT_KEY to sign what it gets")
	}
	dialer := &net.Dialer{Control: onlyPublic(o.Allow)}
	return webhook{address: u.String(), key: o.Key, client: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			DisableKeepAlives:      true, // deliveries are minutes apart, and names may move
			MaxResponseHeaderBytes: 16 << 10,
		},
	}}, nil
}

func (h webhook) carry(ctx context.Context, lines []Line) error {
	body := joined(lines)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address can't be read")
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set(SignatureHeader, base64.StdEncoding.EncodeToString(ed25519.Sign(h.key, body)))
	answer, err := h.client.Do(r)
	if err != nil {
		return unaddressed(err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("it answers %d", answer.StatusCode)
	}
	return nil
}

// unaddressed takes the address away that net/http quotes whole.
func unaddressed(err error) error {
	if whole, ok := errors.AsType[*url.Error](err); ok {
		return whole.Err
	}
	return err
}
