package demo

import (
	"context"

	"github.com/keyhall/keyhall/internal/licensing"
)

// The parent programmes, by their IDs.
const (
	ea                     = "ea"
	enterpriseSubscription = "enterprise-subscription"
	selectForecast         = "select"
	selectPlus             = "select-plus"
	openLicense            = "open-license"
	openValue              = "open-value"
	openValueSubscription  = "open-value-subscription"
	mpsa                   = "mpsa"
	academic               = "academic"
)

// schoolVendor is another vendor, whose keys the schools have.
const schoolVendor = "Lærlisens AS"

var programmes = []licensing.Programme{
	{ID: ea, Name: "Enterprise Agreement", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
	{ID: enterpriseSubscription, Name: "Enterprise Subscription", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
	{ID: selectForecast, Name: "Select", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotForecast, KMSRule: licensing.KMSByDefault},
	{ID: selectPlus, Name: "Select Plus", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
	{ID: openLicense, Name: "Open License", NumberKind: licensing.NumberAuthorisation, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByException},
	{ID: openValue, Name: "Open Value", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByException},
	{ID: openValueSubscription, Name: "Open Value Subscription", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByException},
	{ID: mpsa, Name: "MPSA", NumberKind: licensing.NumberPurchaseAccount, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByDefault},
	{ID: academic, Name: "Academic", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault, Vendor: schoolVendor},
}

func (w *world) addProgrammes(ctx context.Context) error {
	for _, p := range programmes {
		if err := settled(w.AddProgramme(ctx, w.by, p)); err != nil {
			return err
		}
	}
	return nil
}
