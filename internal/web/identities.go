package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// ownIdentities are the reader's sign-in accounts, and where they may add one. What would be
// refused, signed in as they are, is not offered.
func (s *Server) ownIdentities(c echo.Context, a *views.Account) error {
	list, err := s.Store.Identities(c.Request().Context(), viewer(c))
	if err != nil {
		return err
	}
	names := s.providerNames(c)
	for _, o := range s.SignIn.Choices(c.Request(), "").Options {
		if s.Store.MayLink(viewer(c), o.Issuer) {
			a.Doors = append(a.Doors, views.Door{Name: o.Name, Path: o.ID})
		}
	}
	for _, id := range list {
		a.Identities = append(a.Identities, views.IdentityLine{
			Identity: id, Provider: names[id.Issuer], Once: newOnce(),
			Used: id.Issuer == viewer(c).Issuer && id.Subject == viewer(c).Subject,
			Kept: !s.Store.MayLink(viewer(c), id.Issuer),
		})
	}
	return nil
}

// providerNames are the names of sign-in providers by issuer.
func (s *Server) providerNames(c echo.Context) map[string]string {
	names := map[string]string{}
	for _, o := range s.SignIn.Choices(c.Request(), "").Options {
		names[o.Issuer] = o.Name
	}
	return names
}

// linkIdentity leads to a provider, to prove that a sign-in account there is the reader's
// too. It takes a post, so that nobody else's page begins it; and since browsers follow no
// form to another origin, a page of ours leads on.
func (s *Server) linkIdentity(c echo.Context) error {
	sent, err := form(c)
	if err != nil {
		return err
	}
	if err := s.Store.CountSignIn(c.Request().Context(), origin(c)); err != nil {
		return err
	}
	location, err := s.SignIn.BeginLink(c.Response(), c.Request(), sent.Get("provider"))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Refresh", "0; url="+location)
	return page(c, http.StatusOK, views.MessagePage(views.Message{
		Icon: "user", Title: "link.title", Text: "link.text", Next: location, NextText: "link.next",
	}))
}

// unlinkIdentity takes a sign-in account away. A form names it by what the page shows of it.
func (s *Server) unlinkIdentity(c echo.Context, form url.Values, once licensing.Once) error {
	list, err := s.Store.Identities(c.Request().Context(), viewer(c))
	if err != nil {
		return err
	}
	var found licensing.Identity // nobody's, which is not found unless the post came before
	for _, id := range list {
		if views.IdentityName(id) == form.Get("identity") {
			found = id
		}
	}
	ended, err := s.Store.UnlinkIdentity(c.Request().Context(), viewer(c), found, once)
	s.SignIn.ForgetSessions(ended)
	return err
}
