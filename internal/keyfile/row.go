package keyfile

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/keyhall/keyhall/internal/licensing"
)

// maxCell is the longest cell in bytes.
const maxCell = 1000

// rowParser makes a row of cells and gathers what is wrong with them.
type rowParser struct {
	*Reader
	cells    [][]byte
	line     int
	problems []Problem
}

func (r *Reader) parse(line int, cells [][]byte) (Row, []Problem) {
	p := rowParser{Reader: r, cells: cells, line: line}
	row := Row{Line: line}
	row.Licence = p.text(colLicence, RowLicenceMissing)
	row.Programme = p.text(colProgramme, "")
	row.Organisation = p.text(colOrganisation, "")
	row.Product = p.text(colProduct, RowProductMissing)
	row.Key = p.key()
	row.Type = p.keyType()
	if row.Type == licensing.MAK {
		row.Used, row.Total, row.HasCounts = p.count()
	}
	row.Seats = p.seats()
	if row.Type == licensing.OSA {
		row.OSAStatus = p.status()
	}
	return row, p.problems
}

func (p *rowParser) report(c column, code string) {
	cell := p.cells[p.layout.at[c]]
	value := show(cell, maxValue)
	if c == colKey {
		value = showKey(cell)
	}
	p.problems = append(p.problems, Problem{
		Line: p.line, Column: p.layout.at[c] + 1, Heading: p.layout.names[c], Value: value, Code: code,
	})
}

// cell returns a cell without guard and surrounding blanks, nil if the file doesn't
// have the column. It reports text that isn't fit to be kept, and then returns false.
func (p *rowParser) cell(c column) ([]byte, bool) {
	i := p.layout.at[c]
	if i < 0 {
		return nil, true
	}
	if code := textProblem(p.cells[i]); code != "" {
		p.report(c, code)
		return nil, false
	}
	cell := p.cells[i]
	if c != colKey {
		cell = unguard(cell)
	}
	return bytes.TrimFunc(cell, white), true
}

// text reads a name; missing is the code if there is none, "" if it may be missing.
func (p *rowParser) text(c column, missing string) string {
	cell, ok := p.cell(c)
	if ok && len(cell) == 0 && missing != "" {
		p.report(c, missing)
	}
	if string(cell) == p.last[c] {
		return p.last[c]
	}
	if holdsKey(cell) { // it would be kept and shown like any other name
		p.report(c, RowKeyElsewhere)
		return ""
	}
	p.last[c] = string(cell)
	return p.last[c]
}

func (p *rowParser) key() licensing.Secret {
	cell, ok := p.cell(colKey)
	if !ok {
		return licensing.Secret{}
	}
	if len(cell) == 0 {
		p.report(colKey, RowKeyMissing)
		return licensing.Secret{}
	}
	key := string(cell)
	if !licensing.ValidKey(key) {
		if key = strings.ToUpper(key); !licensing.ValidKey(key) {
			p.report(colKey, RowKeyShape)
			return licensing.Secret{}
		}
	}
	return licensing.NewSecret(key)
}

// typeNames are the ways files write a type: as we do, and others without case.
var typeNames = map[string]licensing.KeyType{
	"VL Key": licensing.VLK, "KMS": licensing.KMS, "MAK": licensing.MAK, "OSA": licensing.OSA, "Setup Key": licensing.SetupKey,
	"vl key": licensing.VLK, "vlk": licensing.VLK, "kms": licensing.KMS, "mak": licensing.MAK, "osa": licensing.OSA,
	"setup key": licensing.SetupKey,
}

func (p *rowParser) keyType() licensing.KeyType {
	cell, ok := p.cell(colType)
	if !ok {
		return ""
	}
	if len(cell) == 0 {
		p.report(colType, RowTypeMissing)
		return ""
	}
	t := typeNames[string(cell)]
	if t == "" {
		t = typeNames[string(bytes.ToLower(cell))]
	}
	if t == "" {
		p.report(colType, RowTypeUnknown)
	}
	return t
}

// count reads the counter of a MAK. What stands there for other types counts nothing.
func (p *rowParser) count() (used, total int, told bool) {
	cell, ok := p.cell(colCount)
	if !ok || len(cell) == 0 {
		return 0, 0, false
	}
	first, second, _ := bytes.Cut(cell, []byte("/"))
	used, ok = number(bytes.TrimFunc(first, white))
	total, fine := number(bytes.TrimFunc(second, white))
	if !ok || !fine {
		p.report(colCount, RowCountShape)
		return 0, 0, false
	}
	return used, total, true
}

func (p *rowParser) seats() int {
	cell, ok := p.cell(colSeats)
	if !ok || len(cell) == 0 {
		return 0
	}
	n, ok := number(cell)
	if !ok {
		p.report(colSeats, RowSeatsShape)
	}
	return n
}

// status reads the state of a single-use key, nil where the file tells none.
func (p *rowParser) status() *licensing.OSAStatus {
	cell, ok := p.cell(colStatus)
	if !ok || len(cell) == 0 {
		return nil
	}
	s := licensing.OSAStatus(bytes.ToLower(cell))
	if s != licensing.OSAAvailable && s != licensing.OSARedeemed {
		p.report(colStatus, RowStatusUnknown)
		return nil
	}
	return &s
}

// number reads digits and nothing else, up to what the database's integers hold.
func number(digits []byte) (int, bool) {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		if n = n*10 + int(d-'0'); n > math.MaxInt32 {
			return 0, false
		}
	}
	return n, len(digits) > 0
}

// textProblem says what makes a cell unfit to be kept, "" if nothing does.
func textProblem(cell []byte) string {
	if len(cell) > maxCell {
		return RowTooLong
	}
	for i := 0; i < len(cell); {
		if plain[cell[i]] || cell[i] == '"' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(cell[i:])
		switch {
		case r == utf8.RuneError:
			return RowEncoding
		case isBidi(r):
			return RowBidi
		case unsafeRune(r):
			return RowControl
		}
		i += n
	}
	return ""
}
