package keyfile

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// maxShared is how many bytes of shared texts are kept: a million keys with as many
// names. Cells refer to them in any order, so they have to be at hand.
const maxShared = 48 << 20

// sharedTexts holds the texts that a spreadsheet's cells refer to by number, packed:
// as a list of strings they would take twice the room.
type sharedTexts struct {
	pieces [][]byte // each text with its length in front, never across two pieces
	at     []uint32 // where a text begins: piece and place in it
	size   int
}

func (s *sharedTexts) add(text []byte) error {
	if len(text) > maxCell {
		text = text[:maxCell+1] // enough to be found too long
	}
	last := len(s.pieces) - 1
	if last < 0 || len(s.pieces[last])+len(text)+2 > block {
		s.pieces = append(s.pieces, make([]byte, 0, block))
		last++
	}
	s.at = append(s.at, uint32(last*block+len(s.pieces[last])))
	s.pieces[last] = binary.BigEndian.AppendUint16(s.pieces[last], uint16(len(text)))
	s.pieces[last] = append(s.pieces[last], text...)
	if s.size += len(text) + 6; s.size > maxShared {
		return errTooBig
	}
	return nil
}

func (s *sharedTexts) get(i int) []byte {
	at := int(s.at[i])
	piece := s.pieces[at/block][at%block:]
	return piece[2 : 2+binary.BigEndian.Uint16(piece)]
}

// readShared reads the part with the shared texts.
func (a archive) readShared(name string) (*sharedTexts, error) {
	s := &sharedTexts{}
	if name == "" {
		return s, nil
	}
	x, err := a.open(name, maxSheet)
	if err != nil {
		return nil, err
	}
	var text capture
	for {
		token, err := x.token()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		text.see(token, "t")
		if e, ok := token.(xml.EndElement); ok && e.Name.Local == "si" {
			found := unescape(text.take())
			if err := s.add(found); err != nil {
				return nil, err
			}
			x.earn(min(len(found), 1))
		}
	}
}

// capture gathers the text inside elements of one name, but not how East Asian signs
// are read aloud, which stands beside them in elements of the same name.
type capture struct {
	text  []byte
	on    bool
	aloud bool
}

func (c *capture) see(token xml.Token, name string) {
	switch e := token.(type) {
	case xml.StartElement:
		c.on = c.on || e.Name.Local == name
		c.aloud = c.aloud || e.Name.Local == "rPh"
	case xml.CharData:
		if c.on && !c.aloud && len(c.text) <= maxToken {
			c.text = append(c.text, e...)
		}
	case xml.EndElement:
		c.on = c.on && e.Name.Local != name
		c.aloud = c.aloud && e.Name.Local != "rPh"
	}
}

// take returns what was gathered, valid until the next see, and begins anew.
func (c *capture) take() []byte {
	text := c.text
	c.text = c.text[:0]
	return text
}

// unescape resolves, in place, the escapes by which spreadsheets write what XML can't.
func unescape(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); {
		unit := -1
		if text[i] == '_' {
			unit = escapeAt(text[i:])
		}
		if unit < 0 {
			out = append(out, text[i])
			i++
			continue
		}
		r := rune(unit)
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r)
		i += 7
	}
	return out
}
