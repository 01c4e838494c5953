package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/keyhall/keyhall/internal/licensing"
)

// shownLines is up to how many lines of one sort a report has; the rest is counted.
const shownLines = 50

// printReport says what an import did, or would do: what is wrong, what is worth a
// note, what changes, and last the sums.
func printReport(w io.Writer, r licensing.ImportReport) {
	if r.Before != nil {
		fmt.Fprintf(w, "The same file was imported on %s.\n", r.Before.UTC().Format("2006-01-02 at 15:04 UTC"))
	}
	printProblems(w, "Wrong", r.Problems, r.ProblemCount)
	printProblems(w, "Worth a look", r.Notes, r.NoteCount)
	for _, group := range changeGroups {
		printChanges(w, group.title, group.kind, r.Changes)
	}
	printSums(w, r)
}

func printProblems(w io.Writer, title string, list []licensing.ImportProblem, count int64) {
	if count == 0 {
		return
	}
	fmt.Fprintf(w, "%s:\n", title)
	for _, p := range list[:min(len(list), shownLines)] {
		fmt.Fprintf(w, "  %s\n", problemLine(p))
	}
	more(w, count)
	fmt.Fprintln(w)
}

// problemLine is "line 12, column 5 (Product Key): no product key".
func problemLine(p licensing.ImportProblem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d", p.Line)
	if p.Column > 0 {
		fmt.Fprintf(&b, ", column %d", p.Column)
	}
	if p.Heading != "" {
		fmt.Fprintf(&b, " (%s)", p.Heading)
	} else if p.Field != "" {
		fmt.Fprintf(&b, ", %s", fieldWords[p.Field])
	}
	if p.Value != "" {
		fmt.Fprintf(&b, ", %q", p.Value)
	}
	return b.String() + ": " + rowWords[p.Code]
}

var changeGroups = []struct {
	title string
	kind  licensing.ImportChangeKind
}{
	{"New organisations", licensing.ImportNewOrganisation},
	{"New licence IDs", licensing.ImportNewLicence},
	{"New products", licensing.ImportNewProduct},
	{"New keys", licensing.ImportNewKey},
	{"Changed keys", licensing.ImportChangedKey},
	{"No longer in the file; they stay in the portal", licensing.ImportGoneKey},
}

func printChanges(w io.Writer, title string, kind licensing.ImportChangeKind, all []licensing.ImportChange) {
	var lines []string
	for _, c := range all {
		if c.Kind == kind {
			lines = append(lines, changeLine(c))
		}
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "%s:\n", title)
	for _, line := range lines[:min(len(lines), shownLines)] {
		fmt.Fprintf(w, "  %s\n", line)
	}
	more(w, int64(len(lines)))
	fmt.Fprintln(w)
}

func changeLine(c licensing.ImportChange) string {
	parts := make([]string, 0, 5)
	for _, part := range []string{c.Licence, c.Name, c.Product} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if c.Last5 != "" {
		parts = append(parts, "…"+c.Last5)
	}
	if c.Kind == licensing.ImportChangedKey {
		parts = append(parts, numbers(c.Was)+" → "+numbers(c.Now))
	}
	line := strings.Join(parts, " · ")
	if c.Line > 0 {
		return fmt.Sprintf("line %d: %s", c.Line, line)
	}
	return line
}

// numbers is "12/100", with seats and status where the key has them.
func numbers(n licensing.KeyNumbers) string {
	s := fmt.Sprintf("%d/%d", n.Used, n.Total)
	if n.Seats > 0 {
		s += fmt.Sprintf(" for %d seats", n.Seats)
	}
	if n.OSAStatus != nil {
		s += " " + string(*n.OSAStatus)
	}
	return s
}

func more(w io.Writer, count int64) {
	if count > shownLines {
		fmt.Fprintf(w, "  … %d in all\n", count)
	}
}

func printSums(w io.Writer, r licensing.ImportReport) {
	fmt.Fprintf(w, "Lines: %d. New: %d, changed: %d, unchanged: %d, repeated: %d, wrong: %d. Keys no longer in the file: %d.\n",
		r.Lines, r.Added, r.Changed, r.Unchanged, r.Repeated, r.ProblemCount, r.Gone)
	if r.Organisations+r.Licences+r.Products > 0 {
		fmt.Fprintf(w, "Besides, new organisations: %d, licence IDs: %d, products: %d.\n", r.Organisations, r.Licences, r.Products)
	}
	switch {
	case r.Applied:
		fmt.Fprintln(w, "Imported.")
	case r.ProblemCount > 0:
		fmt.Fprintln(w, "Nothing was imported: put the wrong rows right first.")
	default:
		fmt.Fprintln(w, "Nothing was written yet: -apply does it.")
	}
}
