package store

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// uuidCodec moves UUIDs as the sixteen bytes that they are. By itself pgx takes the type
// for any other that database/sql can handle: it makes a string of each and reads that,
// which was a tenth of a page of keys.
type uuidCodec struct{ pgtype.UUIDCodec }

// registerUUIDs teaches a connection.
func registerUUIDs(c *pgx.Conn) {
	c.TypeMap().RegisterType(&pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}})
}

// PlanScan says how to read a value into a target.
func (c uuidCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return readUUID{}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

// PlanEncode says how to write a value.
func (c uuidCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return writeUUID{}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

type readUUID struct{}

// Scan copies the bytes.
func (readUUID) Scan(src []byte, dst any) error {
	into := dst.(*uuid.UUID)
	if src == nil {
		return fmt.Errorf("NULL where a UUID is wanted")
	}
	if len(src) != len(into) {
		return fmt.Errorf("a UUID of %d bytes", len(src))
	}
	copy(into[:], src)
	return nil
}

type writeUUID struct{}

// Encode appends the bytes.
func (writeUUID) Encode(value any, buf []byte) ([]byte, error) {
	id := value.(uuid.UUID)
	return append(buf, id[:]...), nil
}
