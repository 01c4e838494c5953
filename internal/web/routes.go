package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Scope says what a route's permission is asked about.
type Scope int

// A route is open to everybody, to whoever is signed in and has its permission
// anywhere, or concerns one licence ID or key and leaves the answer to the store.
const (
	Public Scope = iota
	Self
	OnLicence
	OnKey
)

func (s Scope) String() string { return [...]string{"public", "self", "licence", "key"}[s] }

// Route is an address and who may use it.
type Route struct {
	Method     string
	Path       string
	Scope      Scope
	Permission licensing.Permission // any bit of it will do; 0: whoever is signed in
	handle     echo.HandlerFunc
}

// Allows reports whether somebody with these permissions may use the route; of a
// scope narrower than Self, whether they might.
func (r Route) Allows(may licensing.Permission) bool {
	return r.Permission == 0 || may&r.Permission != 0
}

// Routes is every address of the portal but the static files. There is no other way
// to register one.
func (s *Server) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		{get, "/", Self, 0, s.listLicences},
		{get, "/licences", Self, 0, s.listLicences},
		{get, "/licences/:number", OnLicence, licensing.SeeLicence, s.showLicence},
		{get, "/licences/:number/keys", OnLicence, licensing.SeeKeys, s.listKeys},
		{get, "/licences/:number/keys.tsv", OnLicence, licensing.RevealKeys, s.licenceKeyFile("tsv")},
		{get, "/licences/:number/keys.xlsx", OnLicence, licensing.RevealKeys, s.licenceKeyFile("xlsx")},
		{get, "/licences/:number/purchases", OnLicence, licensing.SeeLicence, s.listPurchases},
		{get, "/licences/:number/people", OnLicence, licensing.SeeLicence, s.listPeople},
		{get, "/licences/:number/history", OnLicence, licensing.SeeLicence, s.listHistory},
		{get, "/keys", Self, licensing.SeeKeys, s.listProfile},
		{get, "/keys.tsv", Self, licensing.RevealKeys, s.profileKeyFile("tsv")},
		{get, "/keys.xlsx", Self, licensing.RevealKeys, s.profileKeyFile("xlsx")},
		{get, "/keys/:id", OnKey, licensing.SeeKeys, s.showKey},
		{post, "/keys/:id/reveal", OnKey, licensing.RevealKeys, s.revealKey},
		{post, "/search", Self, 0, s.search},
		{get, "/downloads", Self, licensing.RevealKeys | licensing.SeeUse, s.listDownloads},
		{get, "/imports", Self, licensing.Operate, s.listImports},
		{get, "/audit", Self, 0, s.listAudit},
		{get, "/help", Self, 0, s.help},
		{get, "/signin", Public, 0, s.begin},
		{get, "/signin/callback", Public, 0, s.callback},
		{post, "/signout", Public, 0, s.signOut},
		{get, "/healthz", Public, 0, s.healthy},
		{get, "/readyz", Public, 0, s.ready},
	}
}
