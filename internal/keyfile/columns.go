package keyfile

import (
	"bytes"
	"slices"
	"strings"
)

type column int

// The columns of today's files, in their order; the first seven are the classic file.
const (
	colLicence column = iota
	colProgramme
	colOrganisation
	colProduct
	colKey
	colType
	colCount
	colSeats
	colStatus
	columnsAll
)

// columnsClassic is how many columns a file has unless more are asked for.
const columnsClassic = 7

// languages lists the headings' languages, English first: where a heading row fits
// two languages equally well, it is taken for the earlier one.
var languages = []string{"en", "fi", "nb", "sv", "nl"}

// headings are what files in a language have in their first row. They stand here and
// not with the other texts because reading needs all of them at once, and because
// they are a file format: rewording one makes older files unreadable.
var headings = map[string][columnsAll]string{
	"en": {
		"License ID", "Parent Program", "Organization", "Product", "Product Key", "Type",
		"MAK Activations-Used/Available", "Seats", "OSA Status",
	},
	"fi": {
		"Lisenssitunnus", "Ylätason lisenssiohjelma", "Organisaatio", "Tuote", "Tuoteavain", "Tyyppi",
		"MAK-aktivoinnit käytetty/yhteensä", "Paikat", "OSA-tila",
	},
	"nb": {
		"Lisens-ID", "Overordnet lisensprogram", "Organisasjon", "Produkt", "Produktnøkkel", "Type",
		"MAK-aktiveringer brukt/totalt", "Plasser", "OSA-status",
	},
	"sv": {
		"Licens-ID", "Överordnat licensprogram", "Organisation", "Produkt", "Produktnyckel", "Typ",
		"MAK-aktiveringar använda/totalt", "Platser", "OSA-status",
	},
	"nl": {
		"Licentie-id", "Bovenliggend licentieprogramma", "Organisatie", "Product", "Productcode", "Type",
		"MAK-activeringen gebruikt/totaal", "Plaatsen", "OSA-status",
	},
}

// Headings are those of today's nine columns in a language; English where files have
// none in it.
func Headings(language string) []string {
	row, ok := headings[language]
	if !ok {
		row = headings[languages[0]]
	}
	return slices.Clone(row[:])
}

// aliases are headings that are read but never written: those of older exports, and
// English as this portal spells it.
var aliases = map[string]column{
	"Licensing ID":               colLicence,
	"Licence ID":                 colLicence,
	"Parent Programme":           colProgramme,
	"MAK activations used/total": colCount,
	"Status":                     colStatus,
}

// required are the columns without which a row says nothing.
var required = []column{colLicence, colProduct, colKey, colType}

var columnOf = func() map[string]column {
	found := map[string]column{}
	for _, row := range headings {
		for c, heading := range row {
			found[fold(heading)] = column(c)
		}
	}
	for heading, c := range aliases {
		found[fold(heading)] = c
	}
	return found
}()

// fold makes headings comparable: case and blanks don't count.
func fold(heading string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(heading, white), " "))
}

// layout says where a file has which column.
type layout struct {
	at       [columnsAll]int // from 0; -1 for a column the file doesn't have
	names    [columnsAll]string
	columns  int // cells in the heading row
	known    int // columns recognised
	twice    bool
	language string
}

// recognise finds the columns by their headings, in any order and any case.
func recognise(cells [][]byte) layout {
	l := layout{}
	for i := range l.at {
		l.at[i] = -1
	}
	for i, cell := range cells {
		name := string(bytes.TrimFunc(unguard(cell), white))
		if name != "" {
			l.columns = i + 1
		}
		c, ok := columnOf[fold(name)]
		if !ok {
			continue
		}
		l.twice = l.twice || l.at[c] >= 0
		l.at[c], l.names[c] = i, name
		l.known++
	}
	l.language = languageOf(l.names)
	return l
}

func languageOf(names [columnsAll]string) string {
	best, most := languages[0], 0
	for _, language := range languages {
		n := 0
		for c, heading := range headings[language] {
			if fold(names[c]) == fold(heading) {
				n++
			}
		}
		if n > most {
			best, most = language, n
		}
	}
	return best
}

// missing lists, in English, the required columns that a file doesn't have.
func (l layout) missing() []string {
	var names []string
	for _, c := range required {
		if l.at[c] < 0 {
			names = append(names, headings["en"][c])
		}
	}
	return names
}

// check says what makes a heading row unusable, nil if nothing does.
func (l layout) check() error {
	if names := l.missing(); len(names) > 0 {
		return &FileError{Code: FileHeadings, Missing: slices.Clip(names)}
	}
	if l.twice {
		return &FileError{Code: FileHeadingsTwice}
	}
	return nil
}
