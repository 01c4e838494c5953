package licensing

import (
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ImportRow is a row of a key file on its way in.
type ImportRow struct {
	Line      int // of the file, from 1; the headings have one too
	KeyRow        // Seats 0 and OSAStatus nil mean that the file doesn't tell
	HasCounts bool
	Problems  []ImportProblem // what made the row unreadable; such a row is not taken
	Cells     []string        // of such a row, in the order of KeyRow's fields and without a key
}

// ImportSource is a key file as it is read.
type ImportSource struct {
	Name string                    // file name, for the ledger
	Next func() (ImportRow, error) // io.EOF after the last row; any other error ends the import
	Sum  func() []byte             // SHA-256 of the whole file; asked after the last row

	Rejected func(ImportReject) error // told each row that is wrong; nil where nobody asks
}

// ImportReject is a row that an import doesn't take. A row may come more than once, with
// something else wrong each time.
type ImportReject struct {
	Line     int
	Cells    []string // as in ImportRow; nil where the line could not be told into cells
	Problems []ImportProblem
}

// FileError says why a file can't be read, or not any further. It holds nothing of the
// file's content.
type FileError struct {
	Code    string   // one of keyfile.FileCodes
	Missing []string // columns that weren't found, in English; nil unless that is what is wrong
}

func (e *FileError) Error() string {
	if len(e.Missing) > 0 {
		return "key file: " + e.Code + ": " + strings.Join(e.Missing, ", ")
	}
	return "key file: " + e.Code
}

// ImportOptions says what an import may do.
type ImportOptions struct {
	Apply        bool      // write; without it nothing is kept
	Create       bool      // add organisations, licence IDs and products that are unknown
	LowerGranted bool      // lower totals that support has raised: the word of consent
	AsOf         time.Time // when the file's counts were true; zero for now
	Pool         Pool      // of products that are added; "" for applications
	Upload       uuid.UUID // that is applied: it can be once; zero for a file that is none
}

// What can be wrong with a row beyond its own text, and what is worth a note.
const (
	ImportLicenceShape          = "licence_shape"            // no licence ID's number
	ImportLicenceUnknown        = "licence_unknown"          // not here, and not to be created
	ImportOrganisationMissing   = "organisation_missing"     // an unknown licence ID of nobody
	ImportOrganisationUnknown   = "organisation_unknown"     // not here, and not to be created
	ImportOrganisationAmbiguous = "organisation_ambiguous"   // several families have one of that name
	ImportOrganisationTwo       = "organisation_contradicts" // a new licence ID of two organisations
	ImportProgrammeUnknown      = "programme_unknown"
	ImportProductUnknown        = "product_unknown"
	ImportLineContradicts       = "line_contradicts" // a line before says something else about the key
	ImportTypeDiffers           = "type_differs"     // the key is here with another type
	ImportGrantedLowered        = "granted_lowered"  // support raised this total: lowering needs consent

	ImportLineRepeated        = "line_repeated"        // note: says the same as a line before
	ImportOrganisationDiffers = "organisation_differs" // note: the licence ID is another organisation's here, and stays so
	ImportProgrammeDiffers    = "programme_differs"    // note: the licence ID is of another programme here, and stays so
	ImportPoolAssumed         = "pool_assumed"         // note: the file tells no pool of a new product
	ImportLicenceUnattended   = "licence_unattended"   // note: nobody administers the new licence ID
)

// ImportCodes lists the codes above.
func ImportCodes() []string {
	return []string{
		ImportLicenceShape, ImportLicenceUnknown, ImportOrganisationMissing, ImportOrganisationUnknown,
		ImportOrganisationAmbiguous, ImportOrganisationTwo, ImportProgrammeUnknown, ImportProductUnknown,
		ImportLineContradicts, ImportTypeDiffers, ImportGrantedLowered,
		ImportLineRepeated, ImportOrganisationDiffers, ImportProgrammeDiffers, ImportPoolAssumed, ImportLicenceUnattended,
	}
}

// ImportProblem is one thing wrong with one line, or worth a note.
type ImportProblem struct {
	Line    int
	Column  int    // of the file, from 1; 0 where Field says it, or the whole line is meant
	Heading string // of that column, as the file writes it
	Field   string // licence, organisation, programme, product, type, count; "" if Column or the whole line
	Value   string // what stands there, never a key
	Code    string // one of the codes above, or of the reader's
}

// ImportChangeKind says what an import does to one thing.
type ImportChangeKind string

// The kinds of change.
const (
	ImportNewKey          ImportChangeKind = "key_new"
	ImportChangedKey      ImportChangeKind = "key_changed"
	ImportGoneKey         ImportChangeKind = "key_gone" // in the portal, no longer in the file; it stays
	ImportNewOrganisation ImportChangeKind = "organisation_new"
	ImportNewLicence      ImportChangeKind = "licence_new"
	ImportNewProduct      ImportChangeKind = "product_new"
)

// ImportChange is what an import does to one thing.
type ImportChange struct {
	Kind     ImportChangeKind
	Line     int    // first line that says so; 0 for a key that is gone
	Licence  string // licence ID's number
	Product  string
	Last5    string
	Name     string     // of a new organisation
	Was, Now KeyNumbers // of a changed key; equal if only the date of the counts is newer
}

// KeyNumbers are what a key file tells about a key and may change.
type KeyNumbers struct {
	Used, Total, Seats int
	OSAStatus          *OSAStatus
}

// ImportShown is up to how many problems, notes and changes a report lists; it counts
// all of them.
const ImportShown = 1000

// ImportReport says what an import did, or would do.
type ImportReport struct {
	ID      uuid.UUID  // of the import; zero unless it was applied
	Before  *time.Time // when the same file was applied before; nil if never
	Applied bool

	Lines, Added, Changed, Unchanged, Repeated, Gone int64 // Gone counts keys, the others lines
	Organisations, Licences, Products                int64 // created
	Confirmed                                        int64 // grants by other vendors that the file agrees with

	ProblemCount int64 // with any, nothing is applied
	Problems     []ImportProblem
	NoteCount    int64
	Notes        []ImportProblem
	Changes      []ImportChange // new keys only where nothing is applied
}

// Problem adds what is wrong with a line.
func (r *ImportReport) Problem(p ImportProblem) {
	r.ProblemCount++
	if len(r.Problems) < ImportShown {
		r.Problems = append(r.Problems, p)
	}
}

// Note adds what is worth knowing about a line.
func (r *ImportReport) Note(p ImportProblem) {
	r.NoteCount++
	if len(r.Notes) < ImportShown {
		r.Notes = append(r.Notes, p)
	}
}

// Change adds what happens to a thing.
func (r *ImportReport) Change(c ImportChange) {
	if len(r.Changes) < ImportShown {
		r.Changes = append(r.Changes, c)
	}
}

// Import is a line of the ledger of imports.
type Import struct {
	ID        uuid.UUID
	At        time.Time
	Actor     string
	FileName  string
	SHA256    []byte `gorm:"column:sha256"`
	Lines     int64  `gorm:"column:line_count"`
	Added     int64
	Changed   int64
	Unchanged int64
}

var numberShape = regexp.MustCompile(`^([0-9]{7,8}|[A-Z][0-9]{7})$`)

// ValidNumber reports whether s has the shape of a licence ID's number: 7 or 8
// digits, or a capital letter and 7 digits.
func ValidNumber(s string) bool { return numberShape.MatchString(s) }

// LicenceKind is what sort of number a programme's licence IDs usually have. Key files
// don't tell it.
func (p Programme) LicenceKind() LicenceKind {
	switch {
	case p.NumberKind == NumberAuthorisation:
		return KindLicence
	case p.NumberKind == NumberPurchaseAccount:
		return KindPurchaseAccount
	case p.Allotment == AllotBought:
		return KindAgreement
	}
	return KindEnrolment
}
