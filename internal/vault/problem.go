package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// problem is an error that reads as one plain sentence and still is its cause to
// errors.Is.
type problem struct {
	cause    error
	sentence string
}

func (p problem) Error() string { return p.sentence }

func (p problem) Unwrap() error { return p.cause }

func unreadable(what, path string, err error) error {
	return problem{err, fmt.Sprintf("the %s file %s cannot be read (%v): it must be a file that the user who runs Keyhall may read", what, path, reason(err))}
}

func unwritable(what, path string, err error) error {
	return problem{err, fmt.Sprintf("the %s file %s cannot be made (%v): its folder must exist and be open to the user who runs Keyhall", what, path, reason(err))}
}

// reason is what the system said, without the path that the sentence names already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
