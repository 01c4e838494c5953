package views

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Imports is the operator's page of key files: those that wait, those that were taken
// in, and the form that sends one.
type Imports struct {
	List     []licensing.Import
	Next     string
	Uploads  []licensing.Upload
	Once     string     // hidden field of the form
	Form     url.Values // what was chosen, kept after 413 and 422
	Problems licensing.Problems
}

// Upload is the page of one file that was sent.
type Upload struct {
	licensing.Upload
	Once     string // hidden field of both its forms: each posts somewhere else
	Problems licensing.Problems
}

// UploadPath is the address of a file that was sent, or of what lies below it.
func UploadPath(id uuid.UUID, below ...string) string {
	return strings.Join(append([]string{"/imports/" + id.String()}, below...), "/")
}

// uploadAccept is what a browser offers to choose; what a file is, its content says.
const uploadAccept = ".tsv,.csv,.txt,.xlsx,text/tab-separated-values,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// fileSize writes a number of bytes, never less than there are.
func fileSize(ctx context.Context, bytes int64) string {
	if bytes < 10<<20 {
		return i18n.T(ctx, "imports.kb", "Size", int((bytes+1023)>>10))
	}
	return i18n.T(ctx, "imports.mb", "Size", int((bytes+1<<20-1)>>20))
}

// poolChosen is the pool that the form shows.
func poolChosen(form url.Values) licensing.Pool {
	if form.Has("pool") {
		return licensing.Pool(form.Get("pool"))
	}
	return licensing.PoolApplications
}

// uploadClass is how an upload's state looks.
func uploadClass(u licensing.Upload) string {
	switch {
	case u.State == licensing.UploadApplied:
		return "tag ok"
	case u.State == licensing.UploadFailed || u.State == licensing.UploadChecked && !u.MayApply():
		return "tag bad"
	}
	return "tag"
}

// uploadState says how far an upload has come.
func uploadState(ctx context.Context, u licensing.Upload) string {
	if u.State == licensing.UploadChecked && !u.MayApply() {
		return i18n.T(ctx, "imports.state.wrong")
	}
	return i18n.T(ctx, "imports.state."+string(u.State))
}

// uploadWishes says what was chosen when a file was sent.
func uploadWishes(ctx context.Context, o licensing.ImportOptions) (said []string) {
	if o.Create {
		said = append(said, i18n.T(ctx, "imports.creates", "Pool", i18n.T(ctx, "pool."+string(o.Pool))))
	}
	if o.LowerGranted {
		said = append(said, i18n.T(ctx, "imports.lowers"))
	}
	if !o.AsOf.IsZero() {
		said = append(said, i18n.T(ctx, "imports.counted_on", "Day", i18n.Date(ctx, o.AsOf)))
	}
	return said
}

// FileProblem says why a file can't be read; in English the columns that it lacks are as
// files have them in any language.
func FileProblem(ctx context.Context, code string, missing []string) string {
	if len(missing) > 0 {
		return i18n.T(ctx, "imports.lacks", "Columns", strings.Join(missing, ", "))
	}
	return i18n.T(ctx, "imports.file."+code)
}

// ImportPlace says which column a problem is about; "" for the whole line.
func ImportPlace(ctx context.Context, p licensing.ImportProblem) string {
	if p.Heading != "" || p.Field == "" {
		return p.Heading
	}
	return i18n.T(ctx, "imports.field."+p.Field)
}

// ImportSentence says what is wrong with a line, or worth a note.
func ImportSentence(ctx context.Context, p licensing.ImportProblem) string {
	switch p.Code {
	case licensing.ImportLineContradicts:
		return i18n.T(ctx, "imports.contradicts", "Line", p.Value)
	case licensing.ImportLineRepeated:
		return i18n.T(ctx, "imports.repeats", "Line", p.Value)
	}
	return i18n.T(ctx, "imports.row."+p.Code)
}

// byLine puts problems in the order of the file; they are found in another.
func byLine(list []licensing.ImportProblem) []licensing.ImportProblem {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b licensing.ImportProblem) int { return a.Line - b.Line })
	return list
}

// importValue is what stands in the column, unless the sentence has said it.
func importValue(p licensing.ImportProblem) string {
	if p.Code == licensing.ImportLineContradicts || p.Code == licensing.ImportLineRepeated {
		return ""
	}
	return p.Value
}

// RejectHeadings are the columns around the nine of a key file, in the file of wrong rows.
func RejectHeadings(ctx context.Context, columns []string) []string {
	return append(append([]string{i18n.T(ctx, "imports.line")}, columns...), i18n.T(ctx, "imports.wrong"))
}

// RejectCells is a row of the file of wrong rows; columns is how many a key file has.
func RejectCells(ctx context.Context, r licensing.ImportReject, columns int) []string {
	cells := make([]string, columns+2)
	cells[0] = strconv.Itoa(r.Line)
	copy(cells[1:columns+1], r.Cells)
	said := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		if place := ImportPlace(ctx, p); place != "" {
			said[i] = place + ": "
		}
		said[i] += ImportSentence(ctx, p)
	}
	cells[columns+1] = strings.Join(said, " ")
	return cells
}

// importFigures are the sums of a report, those of nothing left out but for the first.
func importFigures(ctx context.Context, r *licensing.ImportReport) []figure {
	all := []figure{
		{i18n.T(ctx, "imports.added"), r.Added, true},
		{i18n.T(ctx, "imports.changed"), r.Changed, true},
		{i18n.T(ctx, "imports.unchanged"), r.Unchanged, true},
		{i18n.T(ctx, "imports.gone"), r.Gone, true},
		{i18n.T(ctx, "imports.repeated"), r.Repeated, false},
		{i18n.T(ctx, "imports.wrong_rows"), r.ProblemCount, false},
		{i18n.T(ctx, "imports.organisations"), r.Organisations, false},
		{i18n.T(ctx, "imports.licences"), r.Licences, false},
		{i18n.T(ctx, "imports.products"), r.Products, false},
		{i18n.T(ctx, "imports.confirmed"), r.Confirmed, false},
	}
	shown := all[:0]
	for _, f := range all {
		if f.always || f.count > 0 {
			shown = append(shown, f)
		}
	}
	return shown
}

type figure struct {
	label  string
	count  int64
	always bool
}

// unlisted is how many changes a report counts and doesn't list. New keys are listed
// only before they are there.
func unlisted(r *licensing.ImportReport) int {
	all := r.Changed + r.Gone + r.Organisations + r.Licences + r.Products
	if !r.Applied {
		all += r.Added
	}
	return int(all) - len(r.Changes)
}

// wasAndNow says what changes about a key, and nothing that stays; nothing at all where
// only the date of its counts is newer.
func wasAndNow(ctx context.Context, c licensing.ImportChange) (was, now string) {
	var before, after []string
	differ := func(a, b string) {
		if a != b {
			before, after = append(before, a), append(after, b)
		}
	}
	count := func(n licensing.KeyNumbers) string { return strconv.Itoa(n.Used) + "/" + strconv.Itoa(n.Total) }
	differ(count(c.Was), count(c.Now))
	differ(i18n.N(ctx, "imports.seats", c.Was.Seats), i18n.N(ctx, "imports.seats", c.Now.Seats))
	differ(statusText(ctx, c.Was.OSAStatus), statusText(ctx, c.Now.OSAStatus))
	return strings.Join(before, ", "), strings.Join(after, ", ")
}

func statusText(ctx context.Context, s *licensing.OSAStatus) string {
	if s == nil {
		return "–"
	}
	return i18n.T(ctx, "osa."+string(*s))
}
