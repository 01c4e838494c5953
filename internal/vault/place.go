package vault

import "encoding/binary"

// Place is where a sealed product key belongs. It is authenticated with the key and not
// stored in it: a value copied to another row, family or version does not open.
type Place struct {
	Root    [16]byte // root organisation
	Key     [16]byte // the key's own id
	Version int      // of the sealed value, one more each time it is sealed anew
}

// What a key of the keyset is used for comes first in everything it authenticates or
// hashes, so that no value made for one purpose passes for another. These are part of
// the stored format.
const (
	forKey         = 'k'
	forBytes       = 'b'
	forFingerprint = 'f'
)

// associated returns 41 bytes: purpose, root organisation, key, version (big-endian).
// All have fixed lengths, so no two places give the same bytes.
func (p Place) associated() []byte {
	b := make([]byte, 0, 1+16+16+8)
	b = append(b, forKey)
	b = append(b, p.Root[:]...)
	b = append(b, p.Key[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(p.Version))
}

func associatedBytes(context []byte) []byte {
	b := make([]byte, 0, 1+len(context))
	b = append(b, forBytes)
	return append(b, context...)
}
