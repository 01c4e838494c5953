package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/mail"
)

// letterbox is a mail server that answers as it was told to, then takes what comes.
type letterbox struct {
	mu      sync.Mutex
	answers []error
	got     []mail.Message
}

func (b *letterbox) Send(_ context.Context, m mail.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, m)
	if len(b.answers) == 0 {
		return nil
	}
	answer := b.answers[0]
	b.answers = b.answers[1:]
	return answer
}

func (b *letterbox) all() []mail.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

// ask lets frode ask support something, and support answer.
func (h *hall) ask() {
	h.t.Helper()
	frode := licensing.Person{ID: uuid.Must(uuid.NewV7()), Name: "Frode Dahl", BusinessEmail: "frode@fjellheim.example", Locale: "nb"}
	sofia := licensing.Person{ID: uuid.Must(uuid.NewV7()), Name: "Sofia Lind", BusinessEmail: "sofia@support.example", StaffRole: licensing.SupportAgent}
	for _, p := range []licensing.Person{frode, sofia} {
		h.must(h.AddPerson(h.t.Context(), h.by, p))
	}
	h.must(h.GrantRole(h.t.Context(), h.by, licensing.Grant{PersonID: frode.ID, RootID: h.root, Role: licensing.Administrator, OrganisationID: &h.root}))
	var id int64
	h.must(h.db.QueryRow(h.t.Context(), `INSERT INTO requests (root_id, kind, reason, requester_id, filed_by, filed_at, due_at)
		VALUES ($1, 'general', 'Which key is for Visio?', $2, $2, now(), now() + interval '1 day') RETURNING id`, h.root, frode.ID).Scan(&id))
	v, err := h.Viewer(h.t.Context(), licensing.Session{PersonID: sofia.ID, Issuer: "https://idp.example", Subject: "sofia"})
	h.must(err)
	h.must(h.QuestionRequest(h.t.Context(), v, id, licensing.Decision{Version: 1, Message: "Which version?", At: time.Now()},
		licensing.Once{Route: "/requests/:id/question", Key: "a-form-of-the-test"}))
}

// mailIs waits for the one mail to have come so far.
func (h *hall) mailIs(state string, attempts int) {
	h.t.Helper()
	h.until(1, `SELECT count(*) FROM mails WHERE state = $1 AND attempts = $2 AND (sent_at IS NOT NULL) = (state = 'sent')`, state, attempts)
}

func TestAMailIsSent(t *testing.T) {
	t.Parallel()
	h, box := newHall(t), &letterbox{}
	h.startWith(box)
	h.ask()
	h.mailIs("sent", 1)
	list, _, err := h.Outbox(t.Context(), "")
	h.must(err)
	got := box.all()
	if len(got) != 1 || len(list) != 1 {
		t.Fatalf("got %d messages, %d mails, want one", len(got), len(list))
	}
	m := got[0]
	if m.ID != list[0].ID.String()+"@keys.example.com" || m.Address != "frode@fjellheim.example" || m.Name != "Frode Dahl" || m.Language != "nb" || !m.At.Equal(list[0].At) {
		t.Errorf("got %+v", m)
	}
	if !strings.Contains(m.Body, "> Which version?") || !strings.Contains(m.Body, "https://keys.example.com/requests/") || m.Subject == "" {
		t.Errorf("got subject %q and\n%s", m.Subject, m.Body)
	}
}

// R9: a server that is down now gets the same message later.
func TestAMailIsTriedAgain(t *testing.T) {
	t.Parallel()
	h, box := newHall(t), &letterbox{answers: []error{errors.New("the mail server answered 451")}}
	h.startWith(box)
	h.ask()
	h.mailIs("sent", 2)
	if got := box.all(); len(got) != 2 || got[0] != got[1] {
		t.Errorf("got %+v, want the same message twice", got)
	}
}

func TestAMailThatIsRefusedIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	h, box := newHall(t), &letterbox{answers: []error{fmt.Errorf("%w: the mail server answered 550", mail.ErrRefused)}}
	h.startWith(box)
	h.ask()
	h.mailIs("failed", 1)
	h.until(1, `SELECT count(*) FROM river_job WHERE kind = 'send_mail' AND state = 'cancelled'`)
}

func TestAMailThatNeverGoesFailsInTheEnd(t *testing.T) {
	t.Parallel()
	down := errors.New("the mail server answered 451")
	h, box := newHall(t), &letterbox{answers: []error{down, down}}
	h.ask()
	_, err := h.db.Exec(t.Context(), `UPDATE river_job SET max_attempts = 2 WHERE kind = 'send_mail'`)
	h.must(err)
	h.startWith(box)
	h.mailIs("failed", 2)
	h.until(1, `SELECT count(*) FROM river_job WHERE kind = 'send_mail' AND state = 'discarded'`)
}

func TestWithoutAMailServerMailsAreKept(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.start()
	h.ask()
	h.mailIs("kept", 0)
	h.until(1, `SELECT count(*) FROM river_job WHERE kind = 'send_mail' AND state = 'completed'`)
}

// A process that died between sending and noting so works the job again: what was
// settled is left alone.
func TestAMailThatIsSettledIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h, box := newHall(t), &letterbox{}
	h.ask()
	list, _, err := h.Outbox(t.Context(), "")
	h.must(err)
	h.must(h.MailSent(t.Context(), list[0].ID, time.Now()))
	h.startWith(box)
	h.until(1, `SELECT count(*) FROM river_job WHERE kind = 'send_mail' AND state = 'completed'`)
	if got := box.all(); len(got) != 0 {
		t.Errorf("got %+v, want nothing sent", got)
	}
}
