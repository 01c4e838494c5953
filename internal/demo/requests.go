package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// requests are what the people have asked, the oldest first: they are numbered in this
// order.
var requests = slices.Concat(olderRequests, todaysRequests)

// request is what somebody asked, and what became of it.
type request struct {
	by   string
	ago  time.Duration // how long before the build it was filed
	asks licensing.Filing
	then []turn
}

// turn is what somebody did to a request, so long before the build.
type turn struct {
	by   string
	ago  time.Duration
	move licensing.Move
	with licensing.Decision
}

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// more asks for more activations of the MAK that a licence ID has for a product.
func more(number, product string, n int, reason string) licensing.Filing {
	return licensing.Filing{
		Kind: licensing.MAKIncrease, Key: keyID(number, product, licensing.MAK), Quantity: strconv.Itoa(n), Reason: reason,
	}
}

// moreHosts asks for more host activations of a licence ID's KMS host key.
func moreHosts(number, product string, n int, reason string) licensing.Filing {
	return licensing.Filing{
		Kind: licensing.MoreKMSHosts, Key: keyID(number, product, licensing.KMS), Quantity: strconv.Itoa(n), Reason: reason,
	}
}

// firstHost asks for a KMS host key where the programme gives none.
func firstHost(number, product string, n int, reason string) licensing.Filing {
	return licensing.Filing{
		Kind: licensing.KMSException, Licence: number, Product: product, NoKeyYet: true, Quantity: strconv.Itoa(n), Reason: reason,
	}
}

// anything asks a question, about a licence ID or, for "", about none.
func anything(number, question string) licensing.Filing {
	return licensing.Filing{Kind: licensing.General, Licence: number, Reason: question}
}

// behalf says for whom support files.
func behalf(email string, f licensing.Filing) licensing.Filing {
	f.Requester = email
	return f
}

func asks(by string, ago time.Duration, question string) turn {
	return turn{by, ago, licensing.Question, licensing.Decision{Message: question}}
}

func answers(by string, ago time.Duration, answer string) turn {
	return turn{by, ago, licensing.Answer, licensing.Decision{Message: answer}}
}

func notes(by string, ago time.Duration, text string) turn {
	return turn{by, ago, licensing.Note, licensing.Decision{Message: text}}
}

// assigns gives a request to the agent who does it.
func assigns(by string, ago time.Duration) turn {
	return turn{by, ago, licensing.Assign, licensing.Decision{}}
}

func approves(by string, ago time.Duration, d licensing.Decision) turn {
	return turn{by, ago, licensing.Approve, d}
}

func rejects(by string, ago time.Duration, reason, message string) turn {
	return turn{by, ago, licensing.Reject, licensing.Decision{Code: reason, Message: message}}
}

func withdraws(by string, ago time.Duration, message string) turn {
	return turn{by, ago, licensing.Withdraw, licensing.Decision{Message: message}}
}

// keyID is the ID of a licence ID's key of a product and type in the tables: of several,
// the one with the fewest left, for which people ask. It is zero where there is none.
func keyID(number, product string, kind licensing.KeyType) (found uuid.UUID) {
	least := math.MaxInt
	for _, l := range licences {
		for _, h := range l.holds {
			for i, k := range h.keys {
				if l.number == number && h.product == product && k.kind == kind && k.total-k.used < least {
					found, least = id("key", k.name(number, product, i)), k.total-k.used
				}
			}
		}
	}
	return found
}

// ask lets the people ask, and others answer them, at times that they would have.
func (w *world) ask(ctx context.Context) error {
	for i, r := range requests {
		v, err := w.visit(ctx, r.by)
		if err != nil {
			return err
		}
		f := r.asks
		f.Language, f.At = languageOf(r.by), w.before(r.ago)
		number, err := w.SubmitRequest(ctx, v, f, once("/requests", i, 0))
		if err != nil {
			return fmt.Errorf("file request %d: %w", i, err)
		}
		if err := w.follow(ctx, number, r.then, i); err != nil {
			return err
		}
	}
	return nil
}

// follow does to a request, the i-th, what was done to it one after the other.
func (w *world) follow(ctx context.Context, number int64, turns []turn, i int) error {
	version := 1
	for n, t := range turns {
		t.with.Version, t.with.At = version, w.before(t.ago)
		if err := w.turn(ctx, number, t, once("/requests/:id/"+string(t.move), i, n+1)); err != nil {
			return fmt.Errorf("%s request %d: %w", t.move, i, err)
		}
		if t.move != licensing.Assign && t.move != licensing.Note {
			version++
		}
	}
	return nil
}

// turn does to a request what somebody did to it.
func (w *world) turn(ctx context.Context, number int64, t turn, o licensing.Once) error {
	v, err := w.visit(ctx, t.by)
	if err != nil {
		return err
	}
	d := t.with
	switch t.move {
	case licensing.Approve:
		return w.ApproveRequest(ctx, v, number, d, o)
	case licensing.Reject:
		return w.RejectRequest(ctx, v, number, d, o)
	case licensing.Question:
		return w.QuestionRequest(ctx, v, number, d, o)
	case licensing.Assign:
		return w.AssignRequest(ctx, v, number, true, d, o)
	case licensing.Note:
		return w.NoteRequest(ctx, v, number, d, o)
	case licensing.Answer:
		return w.AnswerRequest(ctx, v, number, d, o)
	}
	return w.WithdrawRequest(ctx, v, number, d, o)
}

// before is a moment so long before the build.
func (w *world) before(ago time.Duration) time.Time { return w.now.Add(-ago).Truncate(time.Second) }

// once names what was done n-th to the i-th request, the same in every build: one that
// goes on after another was broken off finds what is done already.
func once(route string, i, n int) licensing.Once {
	key := fmt.Sprintf("demo-request-%d-%d", i, n)
	return licensing.Once{Route: route, Key: key, Body: sha256.Sum256([]byte(key))}
}
