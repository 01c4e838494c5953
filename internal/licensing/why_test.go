package licensing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

var whyDay = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// whyFacts are those of a key viewer of an enrolment whose product has a key, but for what
// a case changes.
func whyFacts(change func(*licensing.WhyFacts)) licensing.WhyFacts {
	f := licensing.WhyFacts{
		WhyAsked:  licensing.WhyAsked{Number: "74120935", Product: licensing.Product{ID: 7, Name: "Office", Pool: licensing.PoolApplications, KeySource: licensing.KeyListed}},
		Rights:    []licensing.HeldRight{{Role: licensing.KeyViewer}},
		Licence:   licensing.LicenceRow{Licence: licensing.Licence{Number: "74120935", AgreementNo: "74120935"}},
		Programme: licensing.Programme{Name: "Enterprise Agreement", Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
		Keys:      []licensing.Key{{ID: uuid.New(), Type: licensing.MAK, Last5: "X4T9B"}},
		Now:       whyDay,
	}
	change(&f)
	return f
}

func without(f *licensing.WhyFacts) { f.Keys = nil }

// What shows or hides a licence ID, a product and a key, rule by rule: rights and roles, the
// programme, what was bought and what the product's key comes as.
func TestWhySomebodySeesSomethingOrNot(t *testing.T) {
	t.Parallel()
	later, before := whyDay.AddDate(0, 1, 0), whyDay.AddDate(0, -1, 0)
	redeemed := licensing.OSARedeemed
	for name, c := range map[string]struct {
		change func(*licensing.WhyFacts)
		want   []string
	}{
		"nobody has a right":        {func(f *licensing.WhyFacts) { f.Rights = nil }, []string{"why.none access"}},
		"nothing but the past":      {func(f *licensing.WhyFacts) { f.Rights[0].EndedAt = &before }, []string{"why.ended access"}},
		"support reads its own":     {func(f *licensing.WhyFacts) { f.Staff = licensing.SupportAgent }, []string{"why.staff.support_agent licence"}},
		"the operator reads theirs": {func(f *licensing.WhyFacts) { f.Staff = licensing.Operator }, []string{"why.staff.operator licence"}},
		"a key viewer sees a key":   {func(*licensing.WhyFacts) {}, []string{"why.here", "why.reveals", "why.listed keys"}},
		"an inherited right":        {func(f *licensing.WhyFacts) { f.Rights[0].Organisation = "Nordvik" }, []string{"why.inherited", "why.reveals", "why.listed keys"}},
		"rights that end": {func(f *licensing.WhyFacts) {
			f.Rights = []licensing.HeldRight{{Role: licensing.KeyViewer, Until: &later}, {Role: licensing.LicenceReader, Organisation: "Nordvik", Until: &later}}
		}, []string{"why.here_until", "why.inherited_until", "why.reveals", "why.listed keys"}},
		"a right that lasts beside one that ended": {func(f *licensing.WhyFacts) {
			f.Rights = append(f.Rights, licensing.HeldRight{Role: licensing.Administrator, EndedAt: &before})
		}, []string{"why.here", "why.reveals", "why.listed keys"}},
		"a licence reader": {func(f *licensing.WhyFacts) { f.Rights[0].Role = licensing.LicenceReader }, []string{"why.here", "why.masked access", "why.listed keys"}},
		"a download manager is told of no key": {func(f *licensing.WhyFacts) {
			f.Rights[0].Role, f.Found, f.Last5 = licensing.DownloadManager, &f.Keys[0], "X4T9B"
		}, []string{"why.here", "why.no_keys access"}},
		"two roles add up": {func(f *licensing.WhyFacts) {
			f.Rights = []licensing.HeldRight{{Role: licensing.DownloadManager}, {Role: licensing.LicenceReader}}
		}, []string{"why.here", "why.here", "why.masked access", "why.listed keys"}},
		"a licence ID that ended": {func(f *licensing.WhyFacts) { f.Licence.Ends = &before }, []string{"why.here", "why.reveals", "why.licence_ended", "why.listed keys"}},

		"no product is named":        {func(f *licensing.WhyFacts) { f.Product = licensing.Product{} }, []string{"why.here", "why.reveals", "programme.allotment.pool"}},
		"the installer has it":       {func(f *licensing.WhyFacts) { without(f); f.Product.KeySource = licensing.KeyEmbedded }, []string{"why.here", "why.reveals", "key_source.embedded_what keys"}},
		"the wizard asks":            {func(f *licensing.WhyFacts) { without(f); f.Product.KeySource = licensing.KeyWizard }, []string{"why.here", "why.reveals", "why.wizard"}},
		"none is needed":             {func(f *licensing.WhyFacts) { without(f); f.Product.KeySource = licensing.KeyNone }, []string{"why.here", "why.reveals", "key_source.none_what keys"}},
		"bought, and no key":         {func(f *licensing.WhyFacts) { without(f); f.Bought = 3 }, []string{"why.here", "why.reveals", "programme.allotment.pool", "why.bought support"}},
		"of a pool that was bought":  {func(f *licensing.WhyFacts) { without(f); f.PoolBought = true }, []string{"why.here", "why.reveals", "programme.allotment.pool", "why.pool_bought support"}},
		"of no pool that was bought": {without, []string{"why.here", "why.reveals", "programme.allotment.pool", "why.pool_not_bought"}},
		"an Open programme shows what was bought": {func(f *licensing.WhyFacts) {
			without(f)
			f.Programme.Allotment, f.PoolBought = licensing.AllotBought, true
		}, []string{"why.here", "why.reveals", "programme.allotment.bought", "why.not_bought"}},
		"Select goes by forecast": {func(f *licensing.WhyFacts) {
			without(f)
			f.Programme.Allotment = licensing.AllotForecast
		}, []string{"why.here", "why.reveals", "programme.allotment.forecast", "why.not_forecast support"}},
		"an Open programme's MAK without a KMS key": {func(f *licensing.WhyFacts) {
			f.Programme.KMSRule, f.Product.KMSThreshold = licensing.KMSByException, 5
		}, []string{"why.here", "why.reveals", "why.listed keys", "why.kms kms"}},
		"an Open programme's KMS key that was granted": {func(f *licensing.WhyFacts) {
			f.Programme.KMSRule, f.Product.KMSThreshold, f.Keys[0].Type = licensing.KMSByException, 5, licensing.KMS
		}, []string{"why.here", "why.reveals", "why.listed keys"}},
		"a licence reader asks for no KMS key": {func(f *licensing.WhyFacts) {
			f.Rights[0].Role, f.Programme.KMSRule, f.Product.KMSThreshold = licensing.LicenceReader, licensing.KMSByException, 5
		}, []string{"why.here", "why.masked access", "why.listed keys", "why.kms"}},
		"under another licence ID of the family": {func(f *licensing.WhyFacts) {
			without(f)
			f.Elsewhere = []licensing.LicenceName{{Number: "5530742", Organisation: "Nordvik Norge"}}
		}, []string{"why.here", "why.reveals", "programme.allotment.pool", "why.pool_not_bought", "why.elsewhere keys"}},
		"listed before it works": {func(f *licensing.WhyFacts) { f.Keys[0].UsableFrom = &later }, []string{"why.here", "why.reveals", "why.listed keys", "why.not_yet"}},
		"works already":          {func(f *licensing.WhyFacts) { f.Keys[0].UsableFrom = &before }, []string{"why.here", "why.reveals", "why.listed keys"}},

		"a key that is here": {func(f *licensing.WhyFacts) {
			f.Last5, f.Found, f.FoundAt.Number, f.Product = "X4T9B", &f.Keys[0], "74120935", licensing.Product{}
		}, []string{"why.here", "why.reveals", "why.key_here key"}},
		"a key that is here and used up": {func(f *licensing.WhyFacts) {
			f.Keys[0].OSAStatus, f.Keys[0].UsableFrom = &redeemed, &later
			f.Last5, f.Found, f.FoundAt.Number = "X4T9B", &f.Keys[0], "74120935"
		}, []string{"why.here", "why.reveals", "why.key_here key", "why.not_yet", "why.redeemed", "why.listed keys"}},
		"a key that is elsewhere": {func(f *licensing.WhyFacts) {
			f.Last5, f.Found, f.FoundAt.Number, f.Product = "X4T9B", &f.Keys[0], "5530742", licensing.Product{}
		}, []string{"why.here", "why.reveals", "why.key_elsewhere key"}},
		"a key of which nothing is seen": {func(f *licensing.WhyFacts) { f.Key, f.Product = uuid.New(), licensing.Product{} }, []string{"why.here", "why.reveals", "why.key_unknown"}},

		"a colleague elsewhere":       {func(f *licensing.WhyFacts) { f.Email = "kevin@nordvik.example" }, []string{"why.not_managed"}},
		"a colleague without a right": {func(f *licensing.WhyFacts) { f.Email, f.Managed, f.Rights = "kevin@nordvik.example", true, nil }, []string{"why.colleague_none"}},
		"a colleague whose right ended": {func(f *licensing.WhyFacts) {
			f.Email, f.Managed, f.Rights[0].EndedAt = "k@nordvik.example", true, &before
		}, []string{"why.colleague_ended"}},
		"a colleague with a right": {func(f *licensing.WhyFacts) { f.Email, f.Managed = "kevin@nordvik.example", true }, []string{"why.here", "why.reveals", "why.listed keys"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, r := range whyFacts(c.change).Explain() {
				said := r.Message
				if r.Step != licensing.StepNone {
					said += " " + string(r.Step)
				}
				got = append(got, said)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
