package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// alphabet is what the groups of a product key are written in: no letter that could
// be taken for a digit. E and O are missing, so DEMO can begin no genuine key.
const alphabet = "BCDFGHJKMPQRTVWXY2346789"

// secret makes a product key, the same for the same seed: DEMO and one sign more,
// then four groups. The last five may be given; "" makes them too.
func secret(seed, last5 string) licensing.Secret {
	sum := sha256.Sum256([]byte("demo product key\x00" + seed))
	var signs [21]byte
	for i := range signs {
		signs[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	s := string(signs[:])
	if last5 == "" {
		last5 = s[16:]
	}
	return licensing.NewSecret("DEMO" + s[:1] + "-" + s[1:6] + "-" + s[6:11] + "-" + s[11:16] + "-" + last5)
}

// born is the moment that stands in the IDs of the demo world.
var born = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// id gives a thing the same ID in every build, so that addresses with an ID in them
// can be noted down. In shape it is a UUIDv7.
func id(noun, name string) uuid.UUID {
	sum := sha256.Sum256([]byte("demo " + noun + "\x00" + name))
	var moment [8]byte
	binary.BigEndian.PutUint64(moment[:], uint64(born.UnixMilli()))
	u := uuid.UUID(sum[:16])
	copy(u[:6], moment[2:])
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u
}

// pick chooses a number from 0 to below n, the same for the same seed.
func pick(seed string, n int) int {
	sum := sha256.Sum256([]byte("demo number\x00" + seed))
	return int(binary.BigEndian.Uint32(sum[:4])) % n
}
