package store

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Asking works out what a form names as far as it was filled, and what speaks for and
// against it. What is wrong with it is returned beside it, not as the error; a key that
// the viewer may not see is ErrNotFound, and ErrForbidden says that the viewer files no
// requests, or none for this key.
func (s *Store) Asking(ctx context.Context, v licensing.Viewer, f licensing.Filing) (a licensing.Asking, problems licensing.Problems, err error) {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return a, nil, err
	}
	err = s.transact(ctx, v, func(t *tx) error {
		form, err := s.ask(t, c, f)
		if err != nil {
			return err
		}
		err = errors.Join(form.people(), form.open(), form.veil())
		a, problems = form.Asking, form.problems
		return err
	})
	return a, problems, err
}

// ask is Asking within a transaction, as far as filing needs it. It takes the catalogue, as reading that may need a
// connection: whoever holds one and waits for another may wait for ever.
func (s *Store) ask(t *tx, c *licensing.Catalogue, f licensing.Filing) (*asking, error) {
	a := &asking{tx: t, v: t.by, f: f, catalogue: c, most: s.promises.RequestCap}
	a.Rules, a.Due = licensing.RulesOf(f.Kind), s.promises.Clock.Due(f.At)
	if a.Rules == nil {
		a.wrong("kind", "request.problem.kind_unknown", nil)
	}
	for _, part := range []func() error{a.subject, a.number, a.reason, a.requester, a.findings} {
		if err := part(); err != nil {
			return nil, known(err)
		}
	}
	return a, nil
}

// asking is a form while it is worked out.
type asking struct {
	licensing.Asking
	tx        *tx
	v         licensing.Viewer
	f         licensing.Filing
	catalogue *licensing.Catalogue
	most      int // that may be asked
	holds     holding
	earlier   *licensing.EarlierRequests // nil while not asked
	problems  licensing.Problems
}

func (a *asking) wrong(field, message string, args map[string]any) {
	a.problems = append(a.problems, licensing.Problem{Field: field, Message: message, Args: args})
}

// each puts questions and takes every row of the answers.
func (a *asking) each(queries ...query) error { return a.tx.all(queries...) }

// subject finds what the form is about: a key, or what was typed.
func (a *asking) subject() error {
	if a.f.Key != uuid.Nil {
		return a.ofKey()
	}
	if !a.v.May.Has(licensing.FileRequests) && !a.v.May.Has(licensing.DecideRequests) {
		return licensing.ErrForbidden
	}
	if err := a.findLicence(); err != nil {
		return err
	}
	a.findProduct()
	if err := a.findHolding(); err != nil || a.Rules == nil || a.Rules.KeyType() == "" {
		return err
	}
	return a.findKey()
}

// ofKey takes everything from the key whose row the form was opened from.
func (a *asking) ofKey() error {
	var k licensing.Key
	var number string
	if err := a.each(keyQuery(a.v, a.f.Key, &k, &number)); err != nil {
		return err
	}
	if number == "" { // none, or in the publisher's stock
		return licensing.ErrNotFound
	}
	a.earlier = &licensing.EarlierRequests{}
	if err := a.each(licenceQuery(a.v, number, &a.Licence), holdingQuery(*k.LicenceID, k.ProductID, &a.holds),
		earlierQuery(&k.ID, k.RootID, a.f.At, 0, a.earlier)); err != nil {
		return err
	}
	if !a.v.May.Has(licensing.DecideRequests) && !a.Licence.Rights.Has(licensing.FileRequests) {
		return licensing.ErrForbidden
	}
	a.Key, a.Product = &k, a.catalogue.Product(k.ProductID)
	a.Product.ID = k.ProductID // also of a product that was added within the second that the catalogue is kept
	switch {
	case a.Rules == nil:
		a.Rules = licensing.RulesOf(k.KindFor()) // what the row would have offered
	case a.Rules.KeyType() != "" && a.Rules.KeyType() != k.Type:
		a.wrong("kind", "request.problem.kind_other", map[string]any{"Type": k.Type.InFile()})
	}
	a.productFits()
	return nil
}

// veil leaves of what is known to support that has no reason to look at the customer what
// was typed: filing goes on, and the request is a reason. Whether the address of whom it
// files for is anybody's is said once it files, as notFiled does.
func (a *asking) veil() error {
	if !a.v.LooksForAReason() || a.Licence.ID == uuid.Nil {
		return nil
	}
	var k look
	if err := a.each(k.query(a.v, ofLicence(a.Licence.Number))); err != nil {
		return err
	}
	if k.needs() == nil {
		return a.tx.tellLook(k)
	}
	a.Findings, a.People, a.Veiled = nil, nil, true
	a.problems = slices.DeleteFunc(a.problems, func(p licensing.Problem) bool { return p.Field == "requester" })
	if a.Key != nil {
		withoutState(a.Key)
	}
	return nil
}

// notFiled says what is wrong with a form. That nobody has the address of whom support files
// for, which it may have no reason to know, is said when nothing else is wrong, and is on
// record then: no name is found out by trying.
func (a *asking) notFiled() error {
	all := slices.Clone(a.problems)
	if err := a.veil(); err != nil {
		return err
	}
	if !a.Veiled || len(a.problems) > 0 {
		return a.problems
	}
	a.tx.tell(licensing.Act{
		RootID: a.Licence.RootID, Action: "request.filed", LicenceID: &a.Licence.ID, Object: "licence/" + a.Licence.Number,
		Outcome: licensing.Refused, Detail: map[string]any{"kind": a.f.Kind},
	})
	return refused{all}
}

// findProduct finds a product by its name, or its ID.
func (a *asking) findProduct() {
	name, bad := licensing.CleanText(a.f.Product, licensing.LongText)
	if name == "" && bad == "" {
		if a.Rules != nil && a.Rules.Kind() != licensing.General {
			a.wrong("product", "request.problem.product_missing", nil)
		}
		return
	}
	a.Product = a.catalogue.Product(id32(name))
	for _, p := range a.catalogue.Products {
		if strings.EqualFold(p.Name, name) {
			a.Product = p
		}
	}
	if a.Product.ID == 0 {
		a.wrong("product", "request.problem.product_unknown", nil)
	}
	a.productFits()
}

// productFits refuses a product that knows no KMS where a KMS key is asked for.
func (a *asking) productFits() {
	if a.Rules != nil && a.Rules.KeyType() == licensing.KMS && a.Product.Name != "" && a.Product.KMSThreshold == 0 {
		a.wrong("product", "request.problem.product_no_kms", map[string]any{"Product": a.Product.Name})
	}
}

var last5Shape = regexp.MustCompile(`^[A-Z0-9]{5}$`)

// findKey finds the key by its last five characters; asking for a first KMS key says
// that there is none instead.
func (a *asking) findKey() error {
	found := a.Licence.ID != uuid.Nil && a.Product.ID != 0
	last5 := strings.ToUpper(strings.TrimSpace(a.f.Last5))
	args := map[string]any{"Number": a.Licence.Number}
	switch {
	case a.f.NoKeyYet && !a.Rules.NeedsKey():
		if found && a.holds.kms {
			a.wrong("no_key_yet", "request.problem.has_key", args)
		}
		return nil
	case last5 == "" && !a.Rules.NeedsKey() && found && !a.holds.kms:
		a.wrong("no_key_yet", "request.problem.no_key_yet", args)
		return nil
	case last5 == "":
		a.wrong("last5", "request.problem.last5_missing", nil)
		return nil
	case !last5Shape.MatchString(last5):
		a.wrong("last5", "request.problem.last5_shape", nil)
		return nil
	}
	if !found {
		return nil
	}
	return a.keyEndingIn(last5)
}

// The key may be another licence ID's of the family, if the viewer may see it (bit 2);
// one that fits comes first, then one of the licence ID itself.
const (
	last5Tail = ` WHERE k.last5 = $2 AND k.root_id = $3
ORDER BY k.product_id = $4 AND k.type = $5 DESC, k.licence_id = $6 DESC, k.id LIMIT 1`
	ownLast5 = `SELECT` + keyColumns + `, l.number FROM keys k JOIN licences l ON l.id = k.licence_id
JOIN reach r ON r.person_id = $1 AND r.licence_id = k.licence_id AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())` + last5Tail
	deskLast5 = `SELECT` + keyColumns + `, l.number FROM keys k JOIN licences l ON l.id = k.licence_id AND $1::integer <> 0` + last5Tail
)

func (a *asking) keyEndingIn(last5 string) error {
	sql := ownLast5
	if a.v.SeesAllCustomers() {
		sql = deskLast5
	}
	var k licensing.Key
	var number string
	args := []any{who(a.v), last5, a.Licence.RootID, a.Product.ID, string(a.Rules.KeyType()), a.Licence.ID}
	err := a.each(query{sql, args, func(rows pgx.Rows) error { return scanKey(rows, &k, &number) }})
	switch {
	case err != nil:
		return err
	case k.ID == uuid.Nil:
		a.wrong("last5", "request.problem.key_unknown", map[string]any{"Last5": last5})
	case k.ProductID != a.Product.ID || k.Type != a.Rules.KeyType():
		a.wrong("last5", "request.problem.key_other", map[string]any{
			"Last5": last5, "Product": a.catalogue.Product(k.ProductID).Name, "Type": k.Type.InFile(),
		})
	default:
		if a.Key = &k; number != a.Licence.Number {
			a.KeyNumber = number
		}
	}
	return nil
}

// number reads how much is asked, where a number is.
func (a *asking) number() error {
	if a.Rules == nil || !a.Rules.Counts() {
		return nil
	}
	n, wrong := licensing.ReadQuantity(a.f.Quantity)
	if wrong == "" && n > a.most {
		wrong = "request.problem.quantity_cap"
	}
	if wrong != "" {
		a.wrong("quantity", wrong, map[string]any{"Most": a.most})
		return nil
	}
	a.Quantity = n
	return nil
}

func (a *asking) reason() error {
	text, wrong := licensing.CleanText(a.f.Reason, licensing.LongText)
	if text == "" && wrong == "" {
		wrong = "request.problem.reason_missing"
	}
	if wrong != "" {
		a.wrong("reason", wrong, map[string]any{"Most": licensing.LongText})
	}
	return nil
}
