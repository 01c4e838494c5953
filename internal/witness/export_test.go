package witness

import (
	"net/http"
	"net/url"
)

// OnlyPublic lets tests ask about addresses that no test can connect to.
var OnlyPublic = onlyPublic

// Proxied reports whether a webhook would ask anything for a proxy.
func Proxied(u *url.URL, o Options) (bool, error) {
	c, err := newWebhook(u, o)
	if err != nil {
		return false, err
	}
	return c.(webhook).client.Transport.(*http.Transport).Proxy != nil, nil
}
