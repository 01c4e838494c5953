package keyfile

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// Limits for spreadsheets. They leave room for a full sheet of a million rows, and a
// hostile one is refused before or soon after it begins to unpack.
const (
	maxArchive = 64 << 20 // bytes as uploaded
	maxSheet   = 1 << 30  // bytes of one part, unpacked
	maxSmall   = 1 << 20  // bytes of the workbook's list of sheets; any part may have as many
	maxRatio   = 100      // times that a larger part may unpack; honest ones stay under 40
	maxParts   = 10_000   // entries of the archive
)

var (
	errTooBig   = &FileError{Code: FileTooBig}
	errWorkbook = &FileError{Code: FileWorkbook}
)

const (
	block     = 1 << 20
	zipMember = "PK\x01\x02" // begins each entry of the archive's directory
)

// blocks holds an archive in memory, in pieces: growing one piece would hold it twice.
type blocks struct {
	data [][]byte
	size int64
}

// readBlocks reads an archive to its end. It counts the entries before anyone makes a
// list of them.
func readBlocks(r io.Reader) (*blocks, error) {
	b := &blocks{}
	members := 0
	for {
		piece := make([]byte, block)
		n, err := io.ReadFull(r, piece)
		b.data = append(b.data, piece[:n])
		b.size += int64(n)
		members += bytes.Count(piece[:n], []byte(zipMember))
		switch {
		case b.size > maxArchive || members > maxParts:
			return nil, errTooBig
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n < block:
			return b, nil
		case err != nil:
			return nil, err
		}
	}
}

// ReadAt makes blocks an io.ReaderAt. A hostile directory points before the beginning.
func (b *blocks) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errWorkbook
	}
	n := 0
	for n < len(p) && at < b.size {
		m := copy(p[n:], b.data[at/block][at%block:])
		n += m
		at += int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// archive finds the parts of a spreadsheet.
type archive map[string]*zip.File

func openArchive(r io.Reader) (archive, error) {
	b, err := readBlocks(r)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(b, b.size)
	if err != nil {
		return nil, errWorkbook
	}
	a := archive{}
	for _, f := range z.File {
		a[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))] = f
	}
	return a, nil
}

// open opens a part for reading. What it says about its sizes can be believed: more
// than that is not unpacked.
func (a archive) open(name string, limit uint64) (*xmlReader, error) {
	f := a[strings.ToLower(name)]
	if f == nil {
		return nil, errWorkbook
	}
	size := f.UncompressedSize64
	if size > limit || size > maxSmall && size/maxRatio > f.CompressedSize64 {
		return nil, errTooBig
	}
	r, err := f.Open()
	if err != nil {
		return nil, errWorkbook
	}
	return newXMLReader(r), nil
}

// firstSheet returns the names of the part that holds the first sheet one can see, and
// of the one with the shared texts, "" if there are none.
func (a archive) firstSheet() (sheet, shared string, err error) {
	id := ""
	err = a.elements("xl/workbook.xml", func(e xml.StartElement) {
		if e.Name.Local == "sheet" && id == "" && attr(e, "state") != "hidden" && attr(e, "state") != "veryHidden" {
			id = attr(e, "id")
		}
	})
	if err != nil {
		return "", "", err
	}
	err = a.elements("xl/_rels/workbook.xml.rels", func(e xml.StartElement) {
		target := attr(e, "Target")
		if path.IsAbs(target) {
			target = target[1:]
		} else {
			target = path.Join("xl", target)
		}
		switch {
		case id != "" && attr(e, "Id") == id:
			sheet = target
		case strings.HasSuffix(attr(e, "Type"), "/sharedStrings"):
			shared = target
		}
	})
	return sheet, shared, err
}

// elements tells a small part's elements one by one.
func (a archive) elements(name string, tell func(xml.StartElement)) error {
	x, err := a.open(name, maxSmall)
	if err != nil {
		return err
	}
	for {
		token, err := x.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			tell(e)
		}
	}
}

// attr returns an attribute, whatever its prefix: of a sheet's two ids, sheetId has
// another name.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
