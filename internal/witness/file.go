package witness

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// file appends to a file, best on another machine's disk, and knows that it is there when
// the disk says so.
type file struct{ path string }

func newFile(u *url.URL) (carrier, error) {
	if u.Host != "" || !filepath.IsAbs(u.Path) || u.RawQuery != "" {
		return nil, errors.New("holds a file that is not written file:///path")
	}
	return file{u.Path}, nil
}

func (f file) carry(_ context.Context, lines []Line) error {
	out, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(appendWhole(out, joined(lines)), out.Close())
}

// appendWhole writes to the end of a file, or leaves it as it was. Half a line that a
// power cut has left stays a line of its own.
func appendWhole(f *os.File, text []byte) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if size > 0 {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' {
		text = append([]byte{'\n'}, text...)
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}
