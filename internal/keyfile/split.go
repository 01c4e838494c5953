package keyfile

import "bytes"

const maxCells = 256 // of a line; more are not told apart

// split cuts a line into cells, in place. Quotes count where they enclose a whole cell
// and are doubled inside it; any other quote is a sign like others.
func split(cells [][]byte, line []byte, delimiter byte) [][]byte {
	for len(cells) < maxCells {
		if n := quoted(line, delimiter); n > 0 {
			cells = append(cells, unquote(line[1:n-1]))
			if n == len(line) {
				return cells
			}
			line = line[n+1:]
			continue
		}
		i := bytes.IndexByte(line, delimiter)
		if i < 0 {
			break
		}
		cells = append(cells, line[:i])
		line = line[i+1:]
	}
	return append(cells, line)
}

// quoted returns the length of the quoted cell that a line begins with, quotes
// included, 0 if it begins with none.
func quoted(line []byte, delimiter byte) int {
	if len(line) < 2 || line[0] != '"' {
		return 0
	}
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] != '"':
		case i+1 == len(line) || line[i+1] == delimiter:
			return i + 1
		case line[i+1] == '"':
			i++
		default:
			return 0
		}
	}
	return 0
}

// unquote makes one quote of two.
func unquote(cell []byte) []byte {
	if bytes.IndexByte(cell, '"') < 0 {
		return cell
	}
	out := cell[:0]
	for i := 0; i < len(cell); i++ {
		out = append(out, cell[i])
		if cell[i] == '"' {
			i++
		}
	}
	return out
}
