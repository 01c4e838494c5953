package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) showAccount(c echo.Context) error {
	a, err := s.account(c)
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.AccountPage(a))
}

// account is what the page shows.
func (s *Server) account(c echo.Context) (a views.Account, err error) {
	ctx, v := c.Request().Context(), viewer(c)
	a = views.Account{Language: v.Locale, LanguageOnce: newOnce(), MailOnce: newOnce(), OthersOnce: newOnce(), ShortcutsOnce: newOnce(), EmailOnce: newOnce()}
	if a.Sessions, err = s.ownSessions(c); err != nil {
		return a, err
	}
	if a.Unwanted, err = s.Store.UnwantedMail(ctx, v); err != nil {
		return a, err
	}
	if a.EmailAsked, err = s.Store.EmailAsked(ctx, v, nil); err != nil {
		return a, err
	}
	if err := s.ownIdentities(c, &a); err != nil {
		return a, err
	}
	if a.Uses, err = s.Store.OwnUse(ctx, v); err != nil {
		return a, err
	}
	a.Catalogue, err = s.Store.Catalogue(ctx)
	return a, err
}

// ownSessions are those that go on, this one first. The table knows signs of life up to
// a minute late.
func (s *Server) ownSessions(c echo.Context) (lines []views.SessionLine, err error) {
	this, err := s.SignIn.Session(c.Request())
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Sessions(c.Request().Context(), viewer(c))
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		line := views.SessionLine{Session: n, This: n.ID == this.ID, Once: newOnce()}
		switch {
		case line.This:
			lines = slices.Insert(lines, 0, line)
		case s.Now().Sub(n.LastSeen) < signin.Idle(viewer(c))+time.Minute:
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// ownAct answers a post about the person's own account: back to its page when it is
// done, else the page with what is wrong.
func (s *Server) ownAct(do func(echo.Context, url.Values, licensing.Once) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		err = doOnce(c, form, problems, func(once licensing.Once) error {
			return do(c, form, once)
		})
		if err == nil {
			return c.Redirect(http.StatusSeeOther, "/account")
		}
		return s.accountAgain(c, form, err)
	}
}

// accountAgain draws the page after a form that did nothing.
func (s *Server) accountAgain(c echo.Context, form url.Values, err error) error {
	problems, ok := errors.AsType[licensing.Problems](err)
	if !ok {
		return err
	}
	a, err := s.account(c)
	if err != nil {
		return err
	}
	a.Problems, a.Form = problems, form
	return page(c, http.StatusUnprocessableEntity, views.AccountPage(a))
}

func (s *Server) endSession(c echo.Context, _ url.Values, once licensing.Once) error {
	which, err := id(c)
	if err != nil {
		return err
	}
	ended, err := s.Store.EndOwnSession(c.Request().Context(), viewer(c), which, once)
	s.SignIn.ForgetSessions(ended)
	return err
}

func (s *Server) endOtherSessions(c echo.Context, _ url.Values, once licensing.Once) error {
	this, err := s.SignIn.Session(c.Request())
	if err != nil {
		return err
	}
	ended, err := s.Store.EndOtherSessions(c.Request().Context(), viewer(c), this.ID, once)
	s.SignIn.ForgetSessions(ended)
	return err
}

// chooseLanguage sets the account's language. This browser's own choice goes, so that
// what was chosen shows.
func (s *Server) chooseLanguage(c echo.Context, form url.Values, once licensing.Once) error {
	lang := form.Get("language")
	if !form.Has("language") || lang != "" && !views.Speaks(lang) {
		return licensing.Problems{{Field: "once", Message: "account.language_choose"}}
	}
	if err := s.Store.ChooseLanguage(c.Request().Context(), viewer(c), lang, once); err != nil {
		return err
	}
	s.SignIn.Forget(c.Request())
	c.SetCookie(s.languageChoice("", -1))
	return nil
}

// chooseMail sets what the person is sent: what is not ticked is refused.
func (s *Server) chooseMail(c echo.Context, form url.Values, once licensing.Once) error {
	unwanted := []licensing.MailGroup{}
	for _, g := range licensing.MailGroups() {
		if !form.Has(views.MailField(g)) {
			unwanted = append(unwanted, g)
		}
	}
	return s.Store.RefuseMail(c.Request().Context(), viewer(c), unwanted, once)
}

// chooseShortcuts says whether single letters do something on the person's pages.
func (s *Server) chooseShortcuts(c echo.Context, form url.Values, once licensing.Once) error {
	if err := s.Store.ChooseShortcuts(c.Request().Context(), viewer(c), form.Get("shortcuts") == "1", once); err != nil {
		return err
	}
	s.SignIn.Forget(c.Request())
	return nil
}

// languageChoice is the cookie of what was chosen in this browser; it is taken back with
// a negative age.
func (s *Server) languageChoice(lang string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: languageCookie, Value: lang, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: strings.HasPrefix(s.BaseURL, "https:"), SameSite: http.SameSiteLaxMode,
	}
}
