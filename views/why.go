package views

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Why is a question why somebody sees something or not, as it was typed, with what decides
// it.
type Why struct {
	Typed     map[string]string // number, product, key, person
	Several   []licensing.Product
	Facts     licensing.WhyFacts
	Catalogue *licensing.Catalogue
}

// asked reports whether there is something to answer.
func (w Why) asked() bool { return w.Facts.Number != "" || w.Facts.Key != uuid.Nil }

// unknownProduct reports whether nothing is called what was typed.
func (w Why) unknownProduct() bool {
	return w.Typed["product"] != "" && w.Facts.Product.ID == 0 && len(w.Several) == 0
}

// product is the product as the form shows it: by its name, however it was asked for.
func (w Why) product() string {
	if w.Facts.Product.ID != 0 {
		return w.Facts.Product.Name
	}
	return w.Typed["product"]
}

// key is the key as the form shows it: by its last five.
func (w Why) key() string {
	if w.Facts.Found != nil {
		return w.Facts.Found.Last5
	}
	return w.Facts.Last5
}

// with is the same question about one product.
func (w Why) with(p licensing.Product) string {
	q := url.Values{}
	for name, typed := range w.Typed {
		if typed != "" {
			q.Set(name, typed)
		}
	}
	return with("/why", q, "product", p.Name)
}

// WhyPath asks why the reader sees a licence ID and what is there, or one key of it.
func WhyPath(number string, key uuid.UUID) string {
	if key == uuid.Nil {
		return with("/why", nil, "number", number)
	}
	return with("/why", nil, "number", number, "key", key.String())
}

// reasonText says a reason with what it names in the reader's words.
func reasonText(ctx context.Context, r licensing.Reason) string {
	args := map[string]any{}
	for name, value := range r.Args {
		switch value := value.(type) {
		case licensing.Role:
			args[name] = i18n.T(ctx, "role."+string(value))
		case licensing.Pool:
			args[name] = i18n.T(ctx, "pool."+string(value))
		case time.Time:
			args[name] = i18n.Date(ctx, value)
		default:
			args[name] = value
		}
	}
	said := i18n.Named(ctx, r.Message, args)
	if strings.HasSuffix(said, "..") { // an organisation's name, such as Inc., ends the sentence
		said = said[:len(said)-1]
	}
	return said
}

// stepPath leads to what can be done; "" where there is no page for it, or the reason says
// it by itself.
func (w Why) stepPath(ctx context.Context, r licensing.Reason) string {
	switch r.Step {
	case licensing.StepAccess:
		if w.Facts.Email == "" {
			return askPath(r.Where)
		}
	case licensing.StepSupport:
		if w.Facts.Email == "" && w.Facts.May().Has(licensing.FileRequests) {
			return with("/requests/new", nil, "kind", string(licensing.General), "licence", r.Where, "product", w.Facts.Product.Name)
		}
	case licensing.StepKMS:
		return askForKMS(r.Where, w.Facts.Product.Name)
	case licensing.StepKeys:
		return with(LicencePath(r.Where, "keys"), nil, "q", w.Facts.Product.Name)
	case licensing.StepKey:
		return KeyPath(w.Facts.Found.ID)
	case licensing.StepLicence:
		if r.Where != "" {
			return LicencePath(r.Where)
		}
	}
	return ""
}
