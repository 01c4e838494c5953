package jobs

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/riverqueue/river"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/mail"
	"github.com/keyhall/keyhall/internal/store"
	text "github.com/keyhall/keyhall/views/mail"
)

// sendMail sends one mail, at least once: between the server's taking it and our noting
// so, this process may die. Whoever gets it twice gets the same Message-ID twice.
type sendMail struct {
	river.WorkerDefaults[licensing.SendMail]
	Config
	store *store.Store
}

// Timeout leaves a slow mail server its time.
func (w *sendMail) Timeout(*river.Job[licensing.SendMail]) time.Duration { return time.Minute }

func (w *sendMail) Work(ctx context.Context, job *river.Job[licensing.SendMail]) error {
	m, err := w.store.Mail(ctx, job.Args.Mail)
	if errors.Is(err, licensing.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err != nil || m.State != "queued" {
		return err
	}
	if w.Sender == nil {
		return w.store.MailKept(ctx, m.ID)
	}
	if err := w.Sender.Send(ctx, w.message(ctx, m)); err != nil {
		return w.unsent(ctx, job, err)
	}
	return w.store.MailSent(ctx, m.ID, time.Now())
}

// unsent decides whether there is another attempt.
func (w *sendMail) unsent(ctx context.Context, job *river.Job[licensing.SendMail], why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace) // the job's own time may be up
	defer cancel()
	switch {
	case errors.Is(why, mail.ErrRefused):
		if err := w.store.MailFailed(ctx, job.Args.Mail); err != nil {
			return err // so that the next attempt notes it
		}
		return river.JobCancel(why)
	case job.Attempt >= job.MaxAttempts:
		return errors.Join(why, w.store.MailFailed(ctx, job.Args.Mail))
	}
	return errors.Join(why, w.store.MailPutOff(ctx, job.Args.Mail))
}

func (w *sendMail) message(ctx context.Context, m licensing.Mail) mail.Message {
	subject, body := text.Compose(ctx, m, w.BaseURL)
	host := "keyhall"
	if u, err := url.Parse(w.BaseURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return mail.Message{
		ID: m.ID.String() + "@" + host, Name: m.Detail.Name, Address: m.Address, Language: m.Language,
		Subject: subject, Body: body, At: m.At,
	}
}
