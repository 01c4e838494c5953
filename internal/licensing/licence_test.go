package licensing

import (
	"testing"
	"time"
)

func TestALicenceIDEndsAfterItsLastDay(t *testing.T) {
	t.Parallel()
	last := date(2026, time.December, 31)
	at := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name         string
		ends         *time.Time
		now          time.Time
		active, soon bool
		left         int
	}{
		{"in the evening of its last day", last, at(2026, 12, 31, 23), true, true, 0},
		{"at midnight after it", last, at(2027, 1, 1, 0), false, false, -1},
		{"sixty days before", last, at(2026, 11, 1, 12), true, true, 60},
		{"sixty-one days before", last, at(2026, 10, 31, 12), true, false, 61},
		{"where it is the next day already", last, time.Date(2027, 1, 1, 1, 0, 0, 0, time.FixedZone("EET", 2*3600)), false, false, -1},
		{"over a leap day", date(2028, time.March, 1), at(2028, 2, 28, 0), true, true, 2},
		{"over the day the clocks go forward", date(2026, time.April, 1), at(2026, 3, 28, 23), true, true, 4},
		{"long gone", date(2001, time.January, 1), at(2026, 1, 1, 0), false, false, -9131},
	} {
		l := Licence{Ends: c.ends}
		if l.Active(c.now) != c.active || l.EndsSoon(c.now) != c.soon || l.DaysLeft(c.now) != c.left {
			t.Errorf("%s: got active %v, soon %v, %d days, want %v, %v, %d", c.name, l.Active(c.now), l.EndsSoon(c.now), l.DaysLeft(c.now), c.active, c.soon, c.left)
		}
	}
	if forever := (Licence{}); !forever.Active(at(3000, 1, 1, 0)) || forever.EndsSoon(at(3000, 1, 1, 0)) {
		t.Error("a licence ID without end: ends")
	}
}

// The wizard asks for another number for each way a programme is known by.
func TestTheWizardsNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		kind    NumberKind
		licence Licence
		want    string
	}{
		{"an Enterprise Agreement's enrolment number", NumberAgreement, Licence{Number: "74120935", AgreementNo: "8120471"}, "8120471"},
		{"an Open License's authorisation number", NumberAuthorisation, Licence{Number: "61200418", AgreementNo: "8", AuthorisationNo: "91200418ZZE2712"}, "91200418ZZE2712"},
		{"an Open License's, even unknown, is no other", NumberAuthorisation, Licence{Number: "61200418", AgreementNo: "8"}, ""},
		{"a purchase account's number", NumberPurchaseAccount, Licence{Number: "10204417", AgreementNo: "0005204417"}, "0005204417"},
		{"the licence ID's own, for want of another", NumberAgreement, Licence{Number: "V6380217"}, "V6380217"},
	} {
		if got := c.licence.WizardNumber(Programme{NumberKind: c.kind}); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNumbersOfLicenceIDs(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"74120935": true, "7412093": true, "V6380217": true, "741209": false, "741209355": false, "v6380217": false,
		"VV380217": false, "V638021": false, "7412093 ": false, "74120935\n": false, "": false, "７４１２０９３５": false,
	} {
		if got := ValidNumber(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestTheKindOfAProgrammesLicenceIDs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		programme Programme
		want      LicenceKind
	}{
		{Programme{NumberKind: NumberAgreement, Allotment: AllotPool}, KindEnrolment},
		{Programme{NumberKind: NumberAgreement, Allotment: AllotForecast}, KindEnrolment},
		{Programme{NumberKind: NumberAgreement, Allotment: AllotBought}, KindAgreement},
		{Programme{NumberKind: NumberAuthorisation, Allotment: AllotBought}, KindLicence},
		{Programme{NumberKind: NumberPurchaseAccount, Allotment: AllotBought}, KindPurchaseAccount},
	} {
		if got := c.programme.LicenceKind(); got != c.want {
			t.Errorf("%s numbers, keys by %s: got %s, want %s", c.programme.NumberKind, c.programme.Allotment, got, c.want)
		}
	}
}
