package signin

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// claims are what go-oidc reads not, or not for us.
type claims struct {
	AuthorizedParty *string         `json:"azp"`
	AuthTime        json.Number     `json:"auth_time"`
	SID             string          `json:"sid"`
	ACR             string          `json:"acr"`
	Email           string          `json:"email"`
	Events          json.RawMessage `json:"events"`
}

// ordinaryJWT refuses access tokens and logout tokens, which say so in their header.
func ordinaryJWT(raw string) bool {
	typ := typeOf(raw)
	return typ == "" || strings.EqualFold(typ, "JWT")
}

// typeOf is what a token's header says that it is; "?" for a header that can't be read.
func typeOf(raw string) string {
	head, _, _ := strings.Cut(raw, ".")
	plain, err := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		Typ string `json:"typ"`
	}
	if err != nil || json.Unmarshal(plain, &header) != nil {
		return "?"
	}
	return header.Typ
}

// namedOnce reports whether each claim that matters is there once, the one that tells of
// groups too. encoding/json takes "Sub" for "sub", and the last of two: a provider that
// lets people name claims of their own would let them name themselves.
func namedOnce(payload []byte, groups string) bool {
	matters := []string{"iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "at_hash", "azp", "auth_time", "acr", "sid", "email", "name", "jti", "events", "_claim_names", "_claim_sources", groups}
	d := json.NewDecoder(bytes.NewReader(payload))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return false
		}
		for _, m := range matters {
			if strings.EqualFold(m, name.(string)) && (m != name || seen[m]) {
				return false
			}
		}
		seen[name.(string)] = true
	}
	return true
}

// goodSubject holds for 1–255 printable ASCII characters (S-36). Without the check,
// everyone whose token has no sub would be the same person.
func goodSubject(sub string) bool {
	return sub != "" && len(sub) <= 255 && !strings.ContainsFunc(sub, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

// printable returns an address that can be shown, or "".
func printable(email string) string {
	if len(email) > 254 || said(email) != email {
		return ""
	}
	return email
}

// instant reads a claim of Unix seconds; the zero time when it isn't there.
func instant(n json.Number) (time.Time, error) {
	if n == "" {
		return time.Time{}, nil
	}
	seconds, err := n.Float64()
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}, errors.New("no instant")
	}
	return time.Unix(int64(seconds), 0), nil
}
