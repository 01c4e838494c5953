package keyfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
)

// maxSheetCells is how many columns of a sheet are looked at.
const maxSheetCells = 64

// workbook reads the first sheet of a spreadsheet, row by row, with the shared texts
// in memory. Nothing is unpacked to the disk.
//
// A library that holds a workbook as a tree, or unpacks it into temporary files, was
// tried first: 22 KB of empty texts cost it 670 MB, and keys lay on the disk in clear.
type workbook struct {
	xml    *xmlReader
	shared *sharedTexts
	inside bool // between the rows' first and last
	line   int
	text   capture
	row    []byte // texts of the row's cells, one after the other
	ends   [maxSheetCells][2]int
	width  int
	cells  [][]byte
}

func openWorkbook(r io.Reader) (*workbook, layout, error) {
	a, err := openArchive(r)
	if err != nil {
		return nil, layout{}, err
	}
	sheet, shared, err := a.firstSheet()
	if err != nil {
		return nil, layout{}, err
	}
	w := &workbook{}
	if w.shared, err = a.readShared(shared); err != nil {
		return nil, layout{}, err
	}
	if w.xml, err = a.open(sheet, maxSheet); err != nil {
		return nil, layout{}, err
	}
	for {
		_, cells, _, err := w.next()
		if errors.Is(err, io.EOF) {
			return nil, layout{}, &FileError{Code: FileEmpty}
		}
		if err != nil {
			return nil, layout{}, err
		}
		if !blank(cells) {
			return w, recognise(cells), nil
		}
	}
}

func (w *workbook) format() Format { return Format{Workbook: true, Encoding: UTF8} }

func (w *workbook) next() (int, [][]byte, string, error) {
	for {
		token, err := w.xml.token()
		if errors.Is(err, io.EOF) {
			return 0, nil, "", errWorkbook // it ends in the middle
		}
		if err != nil {
			return 0, nil, "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			err = w.begin(e)
		case xml.EndElement:
			switch {
			case w.inside && e.Name.Local == "row":
				return w.line, w.finish(), "", nil
			case e.Name.Local == "sheetData":
				return 0, nil, "", w.xml.finish()
			}
		}
		if err != nil {
			return 0, nil, "", err
		}
	}
}

func (w *workbook) begin(e xml.StartElement) error {
	switch {
	case e.Name.Local == "sheetData":
		w.inside = true
	case w.inside && e.Name.Local == "row":
		return w.beginRow(attr(e, "r"))
	case w.inside && e.Name.Local == "c":
		return w.readCell(attr(e, "r"), attr(e, "t"))
	}
	return nil
}

// beginRow takes the row's number, which may be left out and never goes back.
func (w *workbook) beginRow(number string) error {
	line := w.line + 1
	if number != "" {
		n, err := strconv.Atoi(number)
		if err != nil || n < line {
			return errWorkbook
		}
		line = n
	}
	if line > maxSheetRows {
		return errWorkbook
	}
	w.line, w.row, w.width = line, w.row[:0], 0
	clear(w.ends[:])
	return nil
}

// finish cuts the row's text into its cells.
func (w *workbook) finish() [][]byte {
	w.cells = w.cells[:0]
	filled := 0
	for _, end := range w.ends[:w.width] {
		if end[0] < end[1] {
			filled++
		}
		w.cells = append(w.cells, w.row[end[0]:end[1]])
	}
	w.width = 0
	w.xml.earn(filled)
	return w.cells
}

// readCell reads up to the end of a cell.
func (w *workbook) readCell(ref, kind string) error {
	i := w.width
	if ref != "" {
		i = columnIndex(ref)
	}
	holder := "v"
	if kind == "inlineStr" {
		holder = "t"
	}
	for {
		token, err := w.xml.token()
		if errors.Is(err, io.EOF) {
			return errWorkbook
		}
		if err != nil {
			return err
		}
		w.text.see(token, holder)
		if e, ok := token.(xml.EndElement); ok && e.Name.Local == "c" {
			return w.keep(i, kind, w.text.take())
		}
	}
}

// keep adds a cell to the row. Numbers are kept as they are written, so that a licence
// ID which somebody's program made a number of stays what it was.
func (w *workbook) keep(i int, kind string, text []byte) error {
	if i < 0 || i >= maxSheetCells {
		return nil
	}
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(bytes.TrimSpace(text)))
		if err != nil || n < 0 || n >= len(w.shared.at) {
			return errWorkbook
		}
		text = w.shared.get(n)
	case "inlineStr", "str":
		text = unescape(text)
	}
	start := len(w.row)
	w.row = append(w.row, text[:min(len(text), maxCell+1)]...)
	w.ends[i] = [2]int{start, len(w.row)}
	w.width = max(w.width, i+1)
	return nil
}

// columnIndex makes 0 of A7 and 27 of AB7, and -1 of what names no column.
func columnIndex(ref string) int {
	n := 0
	for i := range len(ref) {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' || n > maxSheetCells {
			break
		}
		n = n*26 + int(c-'a') + 1
	}
	return n - 1
}
