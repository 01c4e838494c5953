package demo

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// newcomer is whom Anna has invited. Nobody has that address: the invitation waits.
var newcomer = licensing.Giving{
	Number: "74133208", Language: "nb",
	Invitee: licensing.Invitee{Email: "hanne@nordvik.example", Name: "Hanne Lie"},
	Terms:   licensing.Terms{Role: licensing.LicenceReader},
}

// administer lets administrators look after their people: Anna invites somebody and
// reviews the rights in Norway, and Erik names Lena to take Sweden over if nobody is left.
func (w *world) administer(ctx context.Context) error {
	v, err := w.visit(ctx, anna)
	if err != nil {
		return err
	}
	g := newcomer
	g.At = w.now
	if err := w.GiveRight(ctx, v, g, once("/licences/:number/people", 0, 0)); err != nil {
		return err
	}
	if err := w.review(ctx, v); err != nil {
		return err
	}
	if v, err = w.visit(ctx, erik); err != nil {
		return err
	}
	return w.NameSuccessor(ctx, v, grantID(erik, sverige), lena, once("/rights/:id/successor", 0, 0))
}

// review starts one on Norway that ends in twelve days, and decides about Kevin.
func (w *world) review(ctx context.Context, v licensing.Viewer) error {
	f := licensing.ReviewStart{
		Organisation: organisationID(norge), At: w.before(2 * day), Every: licensing.ReviewQuarter, Unanswered: licensing.ReviewKept,
		Ends: licensing.LastDay(w.now.AddDate(0, 0, 12).Format(time.DateOnly), time.UTC),
	}
	if err := w.StartReview(ctx, v, f, once("/people/reviews", 0, 0)); err != nil {
		return err
	}
	list, _, err := w.Reviews(ctx, v)
	if err != nil || len(list) == 0 {
		return err
	}
	kept := map[uuid.UUID]licensing.ReviewDecision{grantID(kevin, "V6380217"): licensing.KeepRight}
	_, err = w.AnswerReview(ctx, v, list[0].ID, licensing.ReviewAnswers{Each: kept, At: w.before(day)}, once("/people/reviews/:id", 0, 0))
	return err
}
