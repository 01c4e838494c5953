package store

import (
	"context"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Known is how errors of drivers come out of the store.
var Known = known

// WriteUntold is a write that changes something and tells the audit log nothing.
func (s *Store) WriteUntold(ctx context.Context, by licensing.Viewer, sql string, args ...any) error {
	return s.write(ctx, by, func(t *tx) error {
		_, err := t.exec(sql, args...)
		return err
	})
}

// WriteThenPanic is a write whose verb breaks after it has changed something.
func (s *Store) WriteThenPanic(ctx context.Context, by licensing.Viewer, sql string, args ...any) error {
	return s.write(ctx, by, func(t *tx) error {
		if _, err := t.exec(sql, args...); err != nil {
			return err
		}
		panic("broken")
	})
}

// WriteThenLeave is a write whose caller goes away before its statement is sent.
func (s *Store) WriteThenLeave(ctx context.Context, by licensing.Viewer, leave func(), o licensing.Organisation) error {
	return s.write(ctx, by, func(t *tx) error {
		leave()
		return t.db.WithContext(ctx).Create(&o).Error
	})
}

// UsualPromises hold where nothing else is set.
func UsualPromises() Promises { return usualPromises }

// ExportSize is how many key files and imports may be on their way at once.
const ExportSize = exportSize
