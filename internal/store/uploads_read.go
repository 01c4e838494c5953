package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// sealedFile reads what an upload was received as. At its end it is certain that it is
// that to the last byte; else the end is ErrIntegrity. An upload that was discarded
// meanwhile ends as ErrNotFound.
type sealedFile struct {
	s       *Store
	ctx     context.Context
	id      uuid.UUID
	receipt uuid.UUID
	pieces  int
	rest    []byte
	left    int64
	sum     hash.Hash
	want    []byte
}

func (s *Store) openSealed(ctx context.Context, w work) *sealedFile {
	return &sealedFile{s: s, ctx: ctx, id: w.ID, receipt: w.receipt, left: w.Size, sum: sha256.New(), want: w.SHA256}
}

// Read gives the file in clear, piece by piece.
func (f *sealedFile) Read(b []byte) (int, error) {
	if len(f.rest) == 0 && f.left == 0 {
		if !bytes.Equal(f.sum.Sum(nil), f.want) {
			return 0, licensing.ErrIntegrity
		}
		return 0, io.EOF
	}
	if len(f.rest) == 0 {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

const pieceOf = `SELECT sealed FROM upload_chunks WHERE upload_id = $1 AND receipt = $2 AND seq = $3`

func (f *sealedFile) next() error {
	var sealed []byte
	err := f.s.read(f.ctx, desk, query{pieceOf, []any{f.id, f.receipt, f.pieces}, func(rows pgx.Rows) error { return rows.Scan(&sealed) }})
	if err != nil {
		return err
	}
	if sealed == nil {
		return licensing.ErrNotFound
	}
	piece, err := f.s.vault.OpenBytes(sealed, pieceContext(f.id, f.receipt, f.pieces))
	if err != nil || int64(len(piece)) > f.left || len(piece) == 0 {
		return licensing.ErrIntegrity
	}
	f.pieces++
	f.left -= int64(len(piece))
	f.rest = piece
	f.sum.Write(piece)
	return nil
}
