package store

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Who signs in is nobody yet, so it is the client's address that is counted, in the
// database as all else: it has to be the same count at every server.
var (
	signIns = rate{"signin", time.Minute}
	logouts = rate{"logout", time.Minute}
)

// mostLogouts is how many words of providers one address may bring in a minute: a provider
// that ends the sessions of a whole company has as many to say.
const mostLogouts = 600

// CountSignIn counts a sign-in that is begun from an address, or was refused, and is
// licensing.TooMany when there were as many as may be.
func (s *Store) CountSignIn(ctx context.Context, from licensing.Origin) error {
	return s.countAddress(ctx, signIns, s.rates.SignIns, from)
}

// CountLogout is CountSignIn for what a provider says about sessions.
func (s *Store) CountLogout(ctx context.Context, from licensing.Origin) error {
	return s.countAddress(ctx, logouts, mostLogouts, from)
}

func (s *Store) countAddress(ctx context.Context, r rate, most int, from licensing.Origin) error {
	if most == 0 {
		return nil
	}
	_, err := s.exec(ctx, takeRate, []uuid.UUID{holderOf(from.Address)}, r.what, []int{most}, r.span)
	return err
}

// holderOf names an address as rates do their holders. Of version 6 a client has as many
// addresses as it likes, so it is its network that is counted.
func holderOf(address string) uuid.UUID {
	ip, err := netip.ParseAddr(address)
	if err == nil && ip.Unmap().Is6() {
		network, _ := ip.WithZone("").Prefix(64) // never fails for version 6
		address = network.String()
	} else if err == nil {
		address = ip.Unmap().String()
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("keyhall:client:"+address))
}
