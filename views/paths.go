package views

import (
	"net/url"

	"github.com/google/uuid"
)

// LicencePath is the address of one licence ID, or of what lies below it.
func LicencePath(number string, below ...string) string {
	path := "/licences/" + url.PathEscape(number)
	for _, b := range below {
		path += "/" + b
	}
	return path
}

// KeyPath is the address of one key.
func KeyPath(id uuid.UUID) string { return "/keys/" + id.String() }

// MailPath is the address of one of the demo's mails.
func MailPath(id uuid.UUID) string { return "/outbox/" + id.String() }

// KeyFilePath is the address of the key file of a licence ID, or of the whole profile
// for an empty number. ext is tsv or xlsx.
func KeyFilePath(number, ext string) string {
	if number == "" {
		return "/keys." + ext
	}
	return LicencePath(number, "keys."+ext)
}

// with sets parameters of an address, names and values in turn; an empty value takes
// the parameter away.
func with(path string, query url.Values, pairs ...string) string {
	q := url.Values{}
	for name, values := range query {
		q[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
