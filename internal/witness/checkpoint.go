package witness

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// checkpoint is a signed head of a chain as one line of JSON. What is signed is
//
//	keyhall checkpoint 1␊root␊seq␊hash␊at␊
//
// with each value as it stands in the line, and a line feed after each.
type checkpoint struct {
	Format    int       `json:"keyhall_checkpoint"` // 1
	Root      uuid.UUID `json:"root"`
	Seq       int64     `json:"seq"`
	Hash      string    `json:"hash"` // hex
	At        string    `json:"at"`   // RFC 3339, UTC, by the database's clock
	Key       string    `json:"key"`  // half of the SHA-256 of the public key, hex
	Signature []byte    `json:"signature"`
}

const checkpointFormat = 1

func (c checkpoint) signed() []byte {
	return fmt.Appendf(nil, "keyhall checkpoint %d\n%s\n%d\n%s\n%s\n", c.Format, c.Root, c.Seq, c.Hash, c.At)
}

// Sign makes a checkpoint's line of a head.
func Sign(h licensing.ChainHead, key ed25519.PrivateKey) Line {
	c := checkpoint{
		Format: checkpointFormat, Root: h.RootID, Seq: h.Seq, Hash: hex.EncodeToString(h.Hash),
		At: h.At.UTC().Format(time.RFC3339Nano), Key: idOf(key.Public().(ed25519.PublicKey)),
	}
	c.Signature = ed25519.Sign(key, c.signed())
	text, err := json.Marshal(c)
	if err != nil {
		panic("witness: a checkpoint is no JSON: " + err.Error())
	}
	return Line{At: h.At, What: "checkpoint", Text: text}
}

// longestLine is more than any line takes, in bytes.
const longestLine = 4 << 20

// ReadCheckpoints gives each checkpoint of a text, a line each, that one of the keys has
// signed, and returns how many there were. Empty lines and those of entries are passed
// over; a line that is neither, or that none of them has signed, ends it with an error
// that names the line.
func ReadCheckpoints(r io.Reader, keys []ed25519.PublicKey, each func(licensing.ChainHead) error) (n int, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var c checkpoint
		if err := json.Unmarshal(line, &c); err != nil {
			return n, fmt.Errorf("line %d is no checkpoint", number)
		}
		if c.Format == 0 {
			continue // an entry
		}
		h, err := c.head(keys)
		if err != nil {
			return n, fmt.Errorf("line %d %w", number, err)
		}
		if err := each(h); err != nil {
			return n, err
		}
		n++
	}
	return n, lines.Err()
}

// head is what a checkpoint says, if one of the keys has signed it.
func (c checkpoint) head(keys []ed25519.PublicKey) (licensing.ChainHead, error) {
	if c.Format != checkpointFormat {
		return licensing.ChainHead{}, fmt.Errorf("is a checkpoint of format %d, which this version does not know", c.Format)
	}
	signer := slices.IndexFunc(keys, func(k ed25519.PublicKey) bool { return idOf(k) == c.Key })
	if signer < 0 {
		return licensing.ChainHead{}, fmt.Errorf("is signed by another key, %.32q", c.Key)
	}
	if !ed25519.Verify(keys[signer], c.signed(), c.Signature) {
		return licensing.ChainHead{}, errors.New("was changed: its signature does not fit")
	}
	hash, err := hex.DecodeString(c.Hash)
	if err != nil {
		return licensing.ChainHead{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, c.At)
	return licensing.ChainHead{RootID: c.Root, Seq: c.Seq, Hash: hash, At: at}, err
}
