package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// Marks that stand for values on the pages that are cut up.
const (
	markNumber       = "79999991"
	markAfter        = "79999992"
	markNext         = "79999993"
	markOrganisation = "Markorganisation"
	markCity         = "Markcity"
	markProgramme    = "Markprogramme"
	markProduct      = "Markproduct"
	markViewer       = "Markviewer"
	markEmail        = "Markemail"
	markLast5        = "MARK5"
	markFirst        = "MARK1"
)

var (
	markID   = uuid.MustParse("fedcba98-7654-7210-8123-456789abcdef")
	markEnd  = time.Date(today.Year()+77, 12, 13, 0, 0, 0, 0, time.UTC)
	markAsOf = time.Date(2019, 3, 17, 13, 37, 0, 0, time.UTC)
)

// pageContext is what every page needs to be drawn.
func pageContext(ctx context.Context, may licensing.Permission, path string, query url.Values) context.Context {
	return views.WithChrome(i18n.WithZone(i18n.With(ctx, "en"), time.UTC), &views.Chrome{
		Viewer: licensing.Viewer{PersonID: markID, Name: markViewer, Email: markEmail, May: may},
		Path:   path, Query: query, Section: "licences", Version: version, Now: today,
	})
}

// version is what the foot of the pages says.
const version = "bench"

func markLicence() licensing.LicenceRow {
	total, left := 1_000_000_000, 629_876_543
	return licensing.LicenceRow{
		Licence: licensing.Licence{
			ID: markID, OrganisationID: markID, ProgrammeID: "mark", Number: markNumber, Kind: licensing.KindEnrolment,
			Ends: &markEnd, ProductsN: 345_678, KeysN: 234_567_891, LowestLeft: &left, LowestTotal: &total,
		},
		Organisation: markOrganisation, City: markCity, Country: "FI", Rights: licensing.Administrator.Permissions(),
	}
}

// variant says which of several looks a key's line has.
type variant struct {
	kind     licensing.KeyType
	level    licensing.Level
	first    bool // another is to be used first
	redeemed bool
}

// keyPage is the moulds of the key page of a licence ID.
type keyPage struct {
	head, tail mould
	group      map[licensing.Pool]mould
	line       map[variant]mould
}

func (p keyPage) draw(ctx context.Context, pool licensing.Pool, line views.KeyLine) (string, error) {
	number := markNumber
	ctx = pageContext(ctx, licensing.Administrator.Permissions(), views.LicencePath(number, "keys"), url.Values{})
	var b bytes.Buffer
	err := views.LicenceKeysPage(views.LicenceKeys{
		LicenceHead: views.LicenceHead{LicenceRow: markLicence(), Programme: licensing.Programme{Name: markProgramme}, Tab: "keys"},
		Groups: []views.KeyGroup{{
			Product: licensing.Product{Name: markProduct, Pool: pool, KeySource: licensing.KeyListed},
			Lines:   []views.KeyLine{line},
		}},
		Catalogue: licensing.NewCatalogue(nil, nil),
	}).Render(ctx, &b)
	return b.String(), err
}

// markLine is a key that looks like a variant, and the marks on it.
func markLine(v variant) (views.KeyLine, []mark) {
	line := views.KeyLine{MayReveal: true, Key: licensing.Key{ID: markID, Type: v.kind, Last5: markLast5, Source: "import"}}
	marks := []mark{{markID.String(), fKeyID}, {markLast5, fLast5}}
	switch v.kind {
	case licensing.MAK:
		line.Ask = "requests.ask_mak"
		line.AsOf, line.Total, line.Used = &markAsOf, 1_000_000_000, 370_123_457
		marks = append(marks, mark{"1,000,000,000", fTotal}, mark{"17 Mar 2019", fDay}, mark{"13:37", fClock})
		if v.level == licensing.LevelLow {
			line.Used = 870_123_457
			marks = append(marks, mark{"870,123,457", fUsed}, mark{"129,876,543", fLeft}, mark{`"87"`, fShare})
		} else {
			marks = append(marks, mark{"370,123,457", fUsed}, mark{"629,876,543", fLeft}, mark{`"37"`, fShare})
		}
	case licensing.KMS:
		line.Ask = "requests.ask_kms"
		line.AsOf, line.Total, line.Used = &markAsOf, 1_000_000_000, 370_123_457
		marks = append(marks, mark{"1,000,000,000", fTotal}, mark{"370,123,457", fUsed})
	case licensing.OSA:
		status := licensing.OSAAvailable
		if v.redeemed {
			status = licensing.OSARedeemed
		}
		line.OSAStatus = &status
	}
	if v.first {
		line.First = markFirst
		marks = append(marks, mark{markFirst, fFirst})
	}
	return line, marks
}

var variants = []variant{
	{kind: licensing.MAK},
	{kind: licensing.MAK, first: true},
	{kind: licensing.MAK, level: licensing.LevelLow},
	{kind: licensing.MAK, level: licensing.LevelLow, first: true},
	{kind: licensing.KMS},
	{kind: licensing.VLK},
	{kind: licensing.SetupKey},
	{kind: licensing.OSA},
	{kind: licensing.OSA, redeemed: true},
}

const (
	groupBegins = `<section class="group">`
	groupEnds   = `</section>`
	lineBegins  = `<div class="key"`
)

func cutKeyPage(ctx context.Context) (keyPage, error) {
	p := keyPage{group: map[licensing.Pool]mould{}, line: map[variant]mould{}}
	for _, v := range variants {
		line, marks := markLine(v)
		_, _, text, _, err := p.parts(ctx, licensing.PoolServers, line)
		if err != nil {
			return p, err
		}
		if p.line[v], err = cut(text, marks...); err != nil {
			return p, err
		}
	}
	line, _ := markLine(variants[0])
	for _, pool := range licensing.Pools() {
		head, group, _, tail, err := p.parts(ctx, pool, line)
		if err != nil {
			return p, err
		}
		if p.group[pool], err = cut(group, mark{markProduct, fProduct}); err != nil {
			return p, err
		}
		if p.head, err = cut(head, mark{markViewer, fViewer}, mark{markEmail, fEmail}, mark{markNumber, fNumber},
			mark{markID.String(), fOrganisationID}, mark{markOrganisation, fOrganisation}, mark{markCity, fCity},
			mark{markProgramme, fProgramme}, mark{markEnd.Format("2 January 2006"), fEnd}, mark{"234,567,891", fKeysN}); err != nil {
			return p, err
		}
		if p.tail, err = cut(tail, mark{markNumber, fNumber}); err != nil {
			return p, err
		}
	}
	return p, nil
}

// parts takes a page with one key apart.
func (p keyPage) parts(ctx context.Context, pool licensing.Pool, key views.KeyLine) (head, group, line, tail string, err error) {
	page, err := p.draw(ctx, pool, key)
	if err != nil {
		return "", "", "", "", err
	}
	head, rest, ok := strings.Cut(page, groupBegins)
	group, rest, fine := strings.Cut(rest, lineBegins)
	line, tail, ended := strings.Cut(rest, groupEnds)
	if !ok || !fine || !ended {
		return "", "", "", "", fmt.Errorf("the key page is built differently now")
	}
	return head, groupBegins + group, lineBegins + line, tail, nil
}

// summaryPage is the moulds of a page of the relationship summary.
type summaryPage struct {
	head, choice, middle, tail mould
	row                        map[licensing.Level]mould
}

func cutSummaryPage(ctx context.Context, may licensing.Permission) (summaryPage, error) {
	p := summaryPage{row: map[licensing.Level]mould{}}
	for _, level := range []licensing.Level{licensing.LevelFine, licensing.LevelLow} {
		if err := p.cut(ctx, may, level); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *summaryPage) cut(ctx context.Context, may licensing.Permission, level licensing.Level) error {
	row := markLicence()
	marks := []mark{
		{markNumber, fNumber},
		{markOrganisation, fOrganisation},
		{markCity, fCity},
		{markProgramme, fProgramme},
		{markEnd.Format("2 Jan 2006"), fEndShort},
		{"77", fYears},
		{"345,678", fProductsN},
		{"234,567,891", fKeysN},
		{"629,876,543", fLeft},
		{"370,123,457", fUsed},
		{"1,000,000,000", fTotal},
		{`"37"`, fShare},
	}
	if level == licensing.LevelLow {
		*row.LowestLeft = 129_876_543
		marks = append(marks[:8], mark{"129,876,543", fLeft}, mark{"870,123,457", fUsed}, mark{"1,000,000,000", fTotal}, mark{`"87"`, fShare})
	}
	page, err := drawSummary(ctx, may, row)
	if err != nil {
		return err
	}
	head, rest, begins := strings.Cut(page, "<tbody>")
	one, _, ends := strings.Cut(rest, "</tr>")
	_, tail, over := strings.Cut(rest, "</tbody>")
	head, choices, offers := strings.Cut(head, `<option value="`+markID.String())
	choice, _, closes := strings.Cut(choices, "</option>")
	middle := choices[strings.LastIndex(choices, markOrganisation)+len(markOrganisation+"</option>"):]
	if !begins || !ends || !over || !offers || !closes {
		return fmt.Errorf("the relationship summary is built differently now")
	}
	if p.row[level], err = cut(one+"</tr>", marks...); err != nil {
		return err
	}
	if p.head, err = cut(head, mark{markViewer, fViewer}, mark{markEmail, fEmail}, mark{markAfter, fAfter}); err != nil {
		return err
	}
	if p.choice, err = cut(`<option value="`+markID.String()+choice+"</option>", mark{markID.String(), fOrganisationID}, mark{markOrganisation, fOrganisation}); err != nil {
		return err
	}
	if p.middle, err = cut(middle + "<tbody>"); err != nil {
		return err
	}
	p.tail, err = cut("</tbody>"+tail, mark{markNext, fNext})
	return err
}

// rowsPerPage is how many licence IDs a page of the summary has.
const rowsPerPage = 50

func drawSummary(ctx context.Context, may licensing.Permission, row licensing.LicenceRow) (string, error) {
	ctx = pageContext(ctx, may, "/licences", url.Values{"after": {"~" + markAfter}})
	catalogue := licensing.NewCatalogue(append([]licensing.Programme{{ID: "mark", Name: markProgramme}}, programmes...), nil)
	catalogue.Programmes = licensing.NewCatalogue(append([]licensing.Programme{}, programmes...), nil).Programmes
	rows := make([]licensing.LicenceRow, rowsPerPage)
	for i := range rows {
		rows[i] = row
	}
	organisation := licensing.Organisation{ID: markID, Name: markOrganisation}
	var b bytes.Buffer
	err := views.SummaryPage(views.Summary{
		Page:          licensing.LicencePage{Rows: rows, Next: "~" + markNext},
		Filter:        licensing.LicenceFilter{Status: "active", Sort: "number", After: "~" + markAfter, Today: today},
		Catalogue:     catalogue,
		Organisations: []licensing.Organisation{organisation, organisation},
	}).Render(ctx, &b)
	return b.String(), err
}
