package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// pieceSize is how much of a file is sealed and kept at once; no more is in memory.
const pieceSize = 256 << 10

// uploadNames is the space of names that uploads' IDs are made in.
var uploadNames = uuid.NewSHA1(uuid.NameSpaceURL, []byte("keyhall:upload"))

// Reception takes a file in as it arrives: it is an io.Writer, and Finish ends it. What
// is never finished shows nowhere, and is forgotten with the rest.
type Reception struct {
	s       *Store
	ctx     context.Context
	by      licensing.Viewer
	id      uuid.UUID
	receipt uuid.UUID
	repeat  bool // the file is here already: it is only compared
	piece   []byte
	pieces  int
	size    int64
	sum     hash.Hash
}

const beginUpload = `INSERT INTO uploads (id, receipt, person_id, actor) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET receipt = excluded.receipt, created_at = now() WHERE uploads.state = 'receiving'`

// ReceiveUpload begins to take in a file that an operator sends. The same post again
// ends at the same upload, which is why its ID is made of who sends and once.
func (s *Store) ReceiveUpload(ctx context.Context, by licensing.Viewer, once licensing.Once) (*Reception, error) {
	if !mayOperate(by) {
		return nil, licensing.ErrForbidden
	}
	r := &Reception{
		s: s, ctx: ctx, by: by, receipt: uuid.New(), sum: sha256.New(), piece: make([]byte, 0, pieceSize),
		id: uuid.NewSHA1(uploadNames, []byte(by.PersonID.String()+" "+once.Key)),
	}
	// Nothing to tell yet: nobody sees an upload before it is whole.
	err := s.transact(ctx, by, func(t *tx) error {
		n, err := t.exec(beginUpload, r.id, r.receipt, by.PersonID, by.Name)
		r.repeat = n == 0
		return err
	})
	return r, err
}

// Write takes the next bytes. When the same post has begun again it is ErrConflict:
// then that one counts.
func (r *Reception) Write(b []byte) (int, error) {
	r.sum.Write(b)
	r.size += int64(len(b))
	written := len(b)
	for !r.repeat && len(b) > 0 {
		n := min(len(b), pieceSize-len(r.piece))
		r.piece, b = append(r.piece, b[:n]...), b[n:]
		if len(r.piece) < pieceSize {
			break
		}
		if err := r.keep(); err != nil {
			return 0, err
		}
	}
	return written, nil
}

const keepPiece = `INSERT INTO upload_chunks (upload_id, receipt, seq, sealed)
SELECT id, receipt, $3, $4 FROM uploads WHERE id = $1 AND receipt = $2 AND state = 'receiving'`

var errOvertaken = fmt.Errorf("%w: the same file is being sent again", licensing.ErrConflict)

func (r *Reception) keep() error {
	sealed, err := r.s.vault.SealBytes(r.piece, pieceContext(r.id, r.receipt, r.pieces))
	if err != nil {
		return err
	}
	err = r.s.transact(r.ctx, r.by, func(t *tx) error {
		n, err := t.exec(keepPiece, r.id, r.receipt, r.pieces, sealed)
		if err == nil && n == 0 {
			err = errOvertaken
		}
		return err
	})
	clear(r.piece)
	r.piece = r.piece[:0]
	r.pieces++
	return err
}

// pieceContext says which piece of which upload a sealed one is: it opens as no other.
func pieceContext(id, receipt uuid.UUID, n int) []byte {
	b := append([]byte("upload"), id[:]...)
	b = append(b, receipt[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(n))
}

const (
	endUpload = `UPDATE uploads SET state = 'received', file_name = $3, size = $4, sha256 = $5, options = $6, wish = $7, created_at = now()
WHERE id = $1 AND receipt = $2 AND state = 'receiving'`
	sentBefore = `SELECT sha256 = $2 AND options = $3 FROM uploads WHERE id = $1`
)

// Finish says that the file is whole, and has it checked. It returns the upload's ID.
// Another file than the one that was sent by the same post before, or other options, is
// a problem of the form.
func (r *Reception) Finish(name string, o licensing.ImportOptions) (uuid.UUID, error) {
	u := licensing.Upload{ID: r.id, FileName: name, Size: r.size, SHA256: r.sum.Sum(nil)}
	options, err := json.Marshal(o)
	if err != nil {
		return r.id, err
	}
	if r.repeat {
		return r.id, r.compare(u.SHA256, options)
	}
	if len(r.piece) > 0 {
		if err := r.keep(); err != nil {
			return r.id, err
		}
	}
	who, err := wishOf(r.by)
	if err != nil {
		return r.id, err
	}
	return r.id, r.s.write(r.ctx, r.by, func(t *tx) error {
		n, err := t.exec(endUpload, r.id, r.receipt, name, r.size, u.SHA256, options, who)
		if err == nil && n == 0 {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
		t.tell(uploadAct("upload.received", u))
		return t.enqueueImport(licensing.CheckUpload{Upload: r.id})
	})
}

// Abandon throws away what came of a file that will not be finished.
func (r *Reception) Abandon() {
	ctx := context.WithoutCancel(r.ctx)
	// What stays behind all the same is forgotten with the rest.
	_ = r.s.transact(ctx, r.by, func(t *tx) error {
		_, err := t.exec(`DELETE FROM uploads WHERE id = $1 AND receipt = $2 AND state = 'receiving'`, r.id, r.receipt)
		return err
	})
}

func (r *Reception) compare(sum, options []byte) error {
	same := false
	err := r.s.transact(r.ctx, r.by, func(t *tx) error {
		return t.pgx.QueryRow(t.ctx, sentBefore, r.id, sum, options).Scan(&same)
	})
	if err == nil && !same {
		err = licensing.Problems{{Field: "once", Message: "form.once_other"}}
	}
	return err
}
