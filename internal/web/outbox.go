package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
	text "github.com/keyhall/keyhall/views/mail"
)

// The outbox shows everybody's mail to everybody: only the demo has it.

func (s *Server) listOutbox(c echo.Context) error {
	ctx := c.Request().Context()
	mails, next, err := s.Store.Outbox(ctx, short(c.QueryParam("after"), 100))
	if err != nil {
		return err
	}
	letters := make([]views.Letter, len(mails))
	for i, m := range mails {
		letters[i] = s.letter(ctx, m)
	}
	return page(c, http.StatusOK, views.OutboxPage(letters, next))
}

func (s *Server) showMail(c echo.Context) error {
	ctx := c.Request().Context()
	n, err := id(c)
	if err != nil {
		return err
	}
	m, err := s.Store.Mail(ctx, n)
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.MailPage(s.letter(ctx, m)))
}

func (s *Server) letter(ctx context.Context, m licensing.Mail) views.Letter {
	l := views.Letter{Mail: m}
	l.Subject, l.Body = text.Compose(ctx, m, s.BaseURL)
	return l
}
