package witness

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// notPublic are the addresses that nobody's webhook has: of this machine, of the local
// network, of a cloud's metadata, for documents and tests, and those that hold another
// address within.
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(all ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(all))
	for i, one := range all {
		parsed[i] = netip.MustParsePrefix(one)
	}
	return parsed
}

// onlyPublic refuses to connect to an address that is not public, unless it is allowed.
// It is asked with the address that is connected to, after names were looked up: neither
// a name that leads inside nor a number in some other spelling gets past it (S-09).
func onlyPublic(allow []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		where, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		ip := where.Addr().Unmap()
		holds := func(p netip.Prefix) bool { return p.Contains(ip.WithZone("")) }
		if slices.ContainsFunc(allow, holds) {
			return nil
		}
		if slices.ContainsFunc(notPublic, holds) {
			return fmt.Errorf("the address %s is not public: if it is meant, name it in KEYHALL_WEBHOOK_ALLOW", ip)
		}
		return nil
	}
}
