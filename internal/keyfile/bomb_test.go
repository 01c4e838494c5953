package keyfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

const (
	bombWorkbook = `<workbook xmlns:r="x"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`
	bombRels     = `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="/xl/sheet.xml"/>` +
		`<Relationship Id="rId2" Type="x/sharedStrings" Target="shared.xml"/></Relationships>`
	bombShared = `<sst><si><t>License ID</t></si></sst>`
	bombSheet  = `<worksheet><sheetData>`
	// bombHead is a heading row, after which the reader waits for rows.
	bombHead = bombSheet + `<row><c t="str"><v>License ID</v></c><c t="str"><v>Product</v></c>` +
		`<c t="str"><v>Product Key</v></c><c t="str"><v>Type</v></c></row>`
)

// part is what a hostile workbook has in one place: a beginning, and something that is
// repeated after it. A question mark becomes another number each time: such parts
// compress badly enough to get past a look at the sizes.
type part struct {
	head, unit string
	times      int
}

func bomb(t *testing.T, parts map[string]part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	random := rand.New(rand.NewPCG(1, 2))
	for name, text := range map[string]string{
		"xl/workbook.xml": bombWorkbook, "xl/_rels/workbook.xml.rels": bombRels, "xl/shared.xml": bombShared, "xl/sheet.xml": bombHead,
	} {
		p, ok := parts[name]
		if !ok {
			p.head = text
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		text := bufio.NewWriter(w)
		_, _ = text.WriteString(p.head)
		before, after, varied := strings.Cut(p.unit, "?")
		for range p.times {
			_, _ = text.WriteString(before)
			if varied {
				_, _ = text.Write(strconv.AppendUint(nil, random.Uint64(), 36))
			}
			_, _ = text.WriteString(after)
		}
		if err := text.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// S-32, S-33: what is refused, and with how much memory. Each is refused within 8 MiB
// of where it stops making sense, so that time needs no test of its own. Not
// parallel, because it counts memory.
func TestHostileWorkbooksAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		parts map[string]part
		code  string
	}{
		"blanks and no end":       {map[string]part{"xl/sheet.xml": {bombHead, strings.Repeat(" ", 1<<20), 8}}, FileTooBig},
		"millions of empty texts": {map[string]part{"xl/shared.xml": {"<sst>", "<si x='?'/>", 500_000}}, FileTooBig},
		"millions of empty rows":  {map[string]part{"xl/sheet.xml": {bombHead, "<row x='?'/>", 500_000}}, FileTooBig},
		"a row beyond the last":   {map[string]part{"xl/sheet.xml": {bombHead + `<row r="1048577"></row>`, "", 0}}, FileWorkbook},
		"one endless text":        {map[string]part{"xl/sheet.xml": {bombHead + "<row><c><v>", "?", 30_000}}, FileTooBig},
		"one endless tag":         {map[string]part{"xl/sheet.xml": {bombHead + "<row", " x?=''", 30_000}}, FileTooBig},
		"elements without end":    {map[string]part{"xl/sheet.xml": {bombHead, "<x?>", 600_000}}, FileTooBig},
		"a row of endless cells":  {map[string]part{"xl/sheet.xml": {bombHead + "<row>", "<c r='A?'><v>1</v></c>", 400_000}}, FileTooBig},
		"cells far to the right":  {map[string]part{"xl/sheet.xml": {bombHead + "<row>", "<c r='XFD?'><v>1</v></c>", 400_000}}, FileTooBig},
		"a large list of sheets":  {map[string]part{"xl/workbook.xml": {"<workbook>", "<sheet x='?'/>", 60_000}}, FileTooBig},
		"an external entity": {map[string]part{"xl/sheet.xml": {
			`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + bombHead + `<row><c t="str"><v>&e;</v></c></row></sheetData>`, "", 0,
		}}, FileWorkbook},
		"an entity that isn't XML's": {map[string]part{"xl/sheet.xml": {bombHead + `<row><c><v>&e;</v></c></row>`, "", 0}}, FileWorkbook},
		"a text that isn't there":    {map[string]part{"xl/sheet.xml": {bombHead + `<row><c t="s"><v>7</v></c></row>`, "", 0}}, FileWorkbook},
		"a row that goes back":       {map[string]part{"xl/sheet.xml": {bombHead + `<row r="1"></row>`, "", 0}}, FileWorkbook},
		"a sheet that isn't there":   {map[string]part{"xl/_rels/workbook.xml.rels": {"<Relationships/>", "", 0}}, FileWorkbook},
		"a sheet without rows":       {map[string]part{"xl/sheet.xml": {bombSheet + "</sheetData>", "", 0}}, FileEmpty},
	} {
		file := bomb(t, c.parts)
		var rows int
		var err error
		used := allocated(func() { rows, err = drain(file) })
		if fileCode(err) != c.code || rows > 0 {
			t.Errorf("%s (%d KB): got %v after %d rows, want %s", name, len(file)>>10, err, rows, c.code)
		}
		if used > 256<<20 {
			t.Errorf("%s (%d KB): %d MB allocated", name, len(file)>>10, used>>20)
		}
	}
}

// allocated is how many bytes f takes in all; what it holds at once is less.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// S-32: the texts that are kept have a limit of their own, and each is cut.
func TestMoreSharedTextsThanFitAreRefused(t *testing.T) {
	t.Parallel()
	s := &sharedTexts{}
	long := bytes.Repeat([]byte("x"), 10*maxCell)
	var err error
	for n := 0; err == nil && n*maxCell < 2*maxShared; n++ {
		err = s.add(long)
	}
	if err != errTooBig || len(s.pieces) > maxShared/block+1 || len(s.get(7)) != maxCell+1 {
		t.Errorf("add texts: got %v with %d pieces, want %v", err, len(s.pieces), errTooBig)
	}
}

func TestAnArchiveOfTooManyPartsIsRefused(t *testing.T) {
	t.Parallel()
	file := append([]byte("PK\x03\x04"), bytes.Repeat([]byte(zipMember+strings.Repeat("\x00", 42)), maxParts+100)...)
	if _, err := drain(file); fileCode(err) != FileTooBig {
		t.Errorf("open: got %v, want %s", err, FileTooBig)
	}
	if _, err := drain(append([]byte("PK\x03\x04"), make([]byte, maxArchive)...)); fileCode(err) != FileTooBig {
		t.Errorf("open an archive over the limit: got %v, want %s", err, FileTooBig)
	}
}
