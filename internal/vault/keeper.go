package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keeper is where a KEK is kept: in a file, or with a server that never lets go of it.
// Printed it names itself, for sentences.
type Keeper interface {
	fmt.Stringer
	// open returns what wraps and unwraps keysets. Its errors are sentences.
	open() (tink.AEAD, error)
	// prepare makes a KEK that is not there, for the owner of a file.
	prepare(like string) error
}

// ErrNoKEK says that whoever keeps the KEK does not let it be used, or does not answer.
var ErrNoKEK = errors.New("the KEK can't be used")

// failure is why a keeper failed, if it knows more than what Tink makes of it.
func failure(wrapper tink.AEAD, otherwise error) error {
	if t, ok := wrapper.(*transit); ok && t.failed != nil {
		return t.failed
	}
	return otherwise
}

// InFile keeps a KEK in a file, as CreateFiles makes it.
func InFile(path string) Keeper { return inFile(path) }

type inFile string

func (f inFile) String() string { return "the KEK file " + string(f) }

func (f inFile) open() (tink.AEAD, error) {
	kek, err := ReadKEK(string(f))
	if err != nil {
		return nil, err
	}
	return wrapperFor(kek)
}

func (f inFile) prepare(like string) error {
	path := string(f)
	if _, err := ReadKEK(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kek, err := NewKEK()
	if err != nil {
		return err
	}
	if err := writeNew("KEK", path, kekText(kek)); err != nil {
		return err
	}
	err = likeFile(path, like)
	if err == nil {
		err = os.Chmod(path, 0o600) // a keyset may be readable by more than its owner
	}
	if err != nil {
		return errors.Join(unwritable("KEK", path, err), os.Remove(path))
	}
	return nil
}
