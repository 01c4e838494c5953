package licensing

import (
	"time"

	"github.com/google/uuid"
)

// LicenceKind says what sort of number a licence ID is.
type LicenceKind string

// The five kinds of licence ID.
const (
	KindEnrolment            LicenceKind = "enrolment"
	KindAgreement            LicenceKind = "agreement"
	KindLicence              LicenceKind = "licence"
	KindPublicCustomerNumber LicenceKind = "public_customer_number"
	KindPurchaseAccount      LicenceKind = "purchase_account"
)

// LicenceKinds lists the kinds.
func LicenceKinds() []LicenceKind {
	return []LicenceKind{KindEnrolment, KindAgreement, KindLicence, KindPublicCustomerNumber, KindPurchaseAccount}
}

// Licence is a licence ID: what pages, rights, keys and files hang on.
type Licence struct {
	ID              uuid.UUID
	RootID          uuid.UUID
	OrganisationID  uuid.UUID
	ProgrammeID     string
	Number          string // 7 or 8 digits, or a letter and 7 digits; always text
	Kind            LicenceKind
	AgreementNo     string // agreement, enrolment or purchase account number; "" if none
	AuthorisationNo string // with an Open License; "" otherwise
	Starts          *time.Time
	Ends            *time.Time // last day; nil for no end
	ProductsN       int        // products bought or with a key
	KeysN           int
	LowestLeft      *int // fewest activations left on any MAK; nil without a MAK
	LowestTotal     *int // that MAK's total
	CreatedAt       time.Time
}

// Active reports whether a licence ID has not ended by the day of now.
func (l Licence) Active(now time.Time) bool { return l.Ends == nil || l.DaysLeft(now) >= 0 }

// DaysLeft counts the days to the last day, negative when it has passed. Ask only
// where Ends is set.
func (l Licence) DaysLeft(now time.Time) int { return days(now, *l.Ends) }

// EndsSoon reports whether the last day is within the next 60 days.
func (l Licence) EndsSoon(now time.Time) bool {
	return l.Ends != nil && l.Active(now) && l.DaysLeft(now) <= 60
}

// WizardNumber is what the Remote Desktop licensing wizard asks for: the
// authorisation number for an Open License, else the agreement, enrolment or
// purchase account number.
func (l Licence) WizardNumber(p Programme) string {
	if p.NumberKind == NumberAuthorisation {
		return l.AuthorisationNo
	}
	if l.AgreementNo != "" {
		return l.AgreementNo
	}
	return l.Number
}

// Purchase is how much of a product was bought under a licence ID: entitlement, never deployment.
type Purchase struct {
	LicenceID uuid.UUID `gorm:"primaryKey"`
	ProductID int32     `gorm:"primaryKey"`
	RootID    uuid.UUID
	Quantity  int // bought
	Effective int // in force now, after upgrades and transfers
}

func days(from, to time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(to).Sub(day(from)).Hours() / 24)
}
