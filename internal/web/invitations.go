package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

// invitationToken is under which name a browser keeps the token of an invitation.
const invitationToken = "invitation"

// followInvitation takes the token out of a mail's link into the browser, and leads to an
// address without it (S-57). Whether it opens anything is said there.
func (s *Server) followInvitation(c echo.Context) error {
	if err := s.SignIn.KeepToken(c.Response(), invitationToken, c.Param("token")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, signin.InvitationPath)
}

// showInvitation says what a browser was invited to. It changes nothing (S-20).
func (s *Server) showInvitation(c echo.Context) error {
	i, err := s.Store.InvitationByToken(c.Request().Context(), viewer(c), s.SignIn.Token(c.Request(), invitationToken))
	switch {
	case errors.Is(err, licensing.ErrNotFound):
		return invitationOver(c)
	case err != nil:
		return err
	case i.AcceptedBy != nil: // by who asks: their account was opened with it
		return s.afterInvitation(c, i)
	}
	return page(c, http.StatusOK, views.InvitationPage(i, newOnce()))
}

// invitationOver is one page for tokens unknown, used, withdrawn and too old.
func invitationOver(c echo.Context) error {
	return page(c, http.StatusNotFound, views.MessagePage(views.Message{
		Icon: "mail", Title: "invitation.over", Text: "invitation.over_what", Next: "/", NextText: "fault.home",
	}))
}

func (s *Server) acceptInvitation(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	once, err := onceOf(c, form)
	if len(problems) > 0 || err != nil {
		return errBadText
	}
	ctx, token := c.Request().Context(), s.SignIn.Token(c.Request(), invitationToken)
	i, err := s.Store.InvitationByToken(ctx, viewer(c), token)
	if err == nil || errors.Is(err, licensing.ErrNotFound) { // that one is over is on record when it is accepted
		err = s.Store.AcceptInvitation(ctx, viewer(c), token, once)
	}
	if errors.Is(err, licensing.ErrNotFound) {
		return invitationOver(c)
	}
	if err != nil {
		return err
	}
	return s.afterInvitation(c, i)
}

// afterInvitation leads on to the first page, which says what is the reader's now.
func (s *Server) afterInvitation(c echo.Context, i licensing.InvitationLine) error {
	if i.Role != "" {
		s.keepDone(c, views.Done{Key: "invitation_accepted", Role: i.Role, Place: cmp.Or(i.Number, i.Organisation)})
	}
	s.SignIn.DropToken(c.Response(), invitationToken)
	s.SignIn.Forget(c.Request())
	return c.Redirect(http.StatusSeeOther, "/")
}

func (s *Server) resendInvitation(c echo.Context, n uuid.UUID, _ url.Values, once licensing.Once) error {
	return s.Store.ResendInvitation(c.Request().Context(), viewer(c), n, once)
}

func (s *Server) withdrawInvitation(c echo.Context, n uuid.UUID, _ url.Values, once licensing.Once) error {
	return s.Store.WithdrawInvitation(c.Request().Context(), viewer(c), n, once)
}
