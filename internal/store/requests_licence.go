package store

import (
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// severalShown is how many licence IDs are named when a number means several.
const severalShown = 10

// A number is a licence ID's own, or its agreement's, enrolment's or purchase account's.
// A customer finds those for which they may file (bit 16).
const (
	numbered   = ` AND l.id IN (SELECT id FROM licences WHERE number = $2 UNION ALL SELECT id FROM licences WHERE agreement_no = $3 AND agreement_no <> '') ORDER BY l.number LIMIT $4`
	ownToFile  = ownLicences + `''` + ownFrom + ` AND r.rights & 16 <> 0` + numbered
	deskToFile = deskLicences + `''` + deskFrom + numbered
)

// findLicence finds the licence ID by the numbers that were typed.
func (a *asking) findLicence() error {
	agreement, licence := numberTyped(a.f.Agreement), numberTyped(a.f.Licence)
	field, number := "licence", licence
	if licence == "" {
		field, number = "agreement", agreement
	}
	if number == "" {
		if a.needsLicence() {
			a.wrong("agreement", "request.problem.licence_missing", nil)
		}
		return nil
	}
	candidates, err := a.licencesTo(number, field == "agreement")
	if err != nil {
		return err
	}
	a.choose(field, agreement, candidates)
	return nil
}

// needsLicence is false only for somebody of one family with a question about anything.
func (a *asking) needsLicence() bool {
	general := a.Rules != nil && a.Rules.Kind() == licensing.General
	return !general || a.v.SeesAllCustomers() || len(a.v.Roots) > 1
}

// numberTyped is a number as it is kept; one that can't be is none's.
func numberTyped(s string) string {
	text, bad := licensing.CleanText(s, licensing.ShortText)
	if bad != "" {
		return "?"
	}
	return strings.ToUpper(text)
}

// licencesTo lists the licence IDs that a number means.
func (a *asking) licencesTo(number string, orAgreement bool) ([]licensing.LicenceRow, error) {
	sql, agreement, all := ownToFile, "", []licensing.LicenceRow(nil)
	if a.v.SeesAllCustomers() {
		sql = deskToFile
	}
	if orAgreement {
		agreement = number
	}
	args := []any{who(a.v), number, agreement, severalShown + 1}
	err := a.each(query{sql, args, func(rows pgx.Rows) error {
		var l licensing.LicenceRow
		var sorted string
		if err := scanLicence(rows, &l, &sorted); err != nil {
			return err
		}
		all = append(all, l)
		return nil
	}})
	return all, err
}

// choose takes the one licence ID that everything typed agrees on.
func (a *asking) choose(field, agreement string, found []licensing.LicenceRow) {
	if len(found) == 0 {
		a.wrong(field, "request.problem.licence_unknown", nil)
		return
	}
	if l := found[0]; field == "licence" && agreement != "" && agreement != l.Number && agreement != strings.ToUpper(l.AgreementNo) {
		a.wrong("agreement", "request.problem.agreement_differs", map[string]any{"Number": l.Number})
		return
	}
	if authorisation := numberTyped(a.f.Authorise); authorisation != "" {
		if found = authorised(found, authorisation); len(found) == 0 {
			a.wrong("authorisation", "request.problem.authorisation_differs", nil)
			return
		}
	}
	if len(found) > 1 {
		a.wrong(field, "request.problem.licence_several", map[string]any{"Numbers": numbersOf(found)})
		return
	}
	a.Licence = found[0]
}

func authorised(found []licensing.LicenceRow, number string) []licensing.LicenceRow {
	var fit []licensing.LicenceRow
	for _, l := range found {
		if strings.ToUpper(l.AuthorisationNo) == number {
			fit = append(fit, l)
		}
	}
	return fit
}

// numbersOf names licence IDs, not all where there are many.
func numbersOf(found []licensing.LicenceRow) string {
	var numbers []string
	for i, l := range found {
		if i == severalShown {
			return strings.Join(numbers, ", ") + " …"
		}
		numbers = append(numbers, l.Number)
	}
	return strings.Join(numbers, ", ")
}

// Who may file for a licence ID, those who manage its people (bit 64) first.
const (
	peopleToFile = `SELECT p.id, p.name, p.business_email FROM reach r JOIN persons p ON p.id = r.person_id
WHERE r.licence_id = $1 AND r.rights & 16 <> 0 AND (r.until IS NULL OR r.until > now()) AND p.ended_at IS NULL
AND p.staff_role = '' AND ($2 = '' OR lower(p.business_email) = lower($2)) ORDER BY r.rights & 64 = 0, p.name, p.id LIMIT $3`
	peopleShown = 50
)

// people lists for whom support may file.
func (a *asking) people() (err error) {
	if a.v.SeesAllCustomers() && a.Licence.ID != uuid.Nil {
		a.People, err = a.peopleToFile("", peopleShown)
	}
	return err
}

// requester finds for whom support files.
func (a *asking) requester() error {
	email, bad := licensing.CleanText(a.f.Requester, licensing.LongText)
	if !a.v.SeesAllCustomers() || a.Licence.ID == uuid.Nil || email == "" && bad == "" {
		return nil
	}
	var found []licensing.Person
	if bad == "" {
		var err error
		if found, err = a.peopleToFile(email, 1); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		a.wrong("requester", "request.problem.requester_unknown", map[string]any{"Number": a.Licence.Number})
		return nil
	}
	a.Requester = found[0].ID
	return nil
}

func (a *asking) peopleToFile(email string, most int) (people []licensing.Person, err error) {
	err = a.each(query{peopleToFile, []any{a.Licence.ID, email, most}, func(rows pgx.Rows) error {
		var p licensing.Person
		if err := rows.Scan(&p.ID, &p.Name, &p.BusinessEmail); err != nil {
			return err
		}
		people = append(people, p)
		return nil
	}})
	return people, err
}
