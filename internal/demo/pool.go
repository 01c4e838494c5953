package demo

import "github.com/keyhall/keyhall/internal/licensing"

// wholePool holds every product there is, as an agreement for all pools does: those
// given as they are, of the others MAKs of a total with fewer than below used.
func wholePool(number string, total, below int, given ...holding) []holding {
	list := given
	for _, p := range products {
		if !holds(given, p.name) {
			list = append(list, poolHolding(p, number, total, below))
		}
	}
	return list
}

func holds(list []holding, product string) bool {
	for _, h := range list {
		if h.product == product {
			return true
		}
	}
	return false
}

func poolHolding(p product, number string, total, below int) holding {
	h := holding{product: p.name, bought: total * 3 / 5}
	if p.pool == licensing.PoolServers && p.source != licensing.KeyNone {
		h.bought = max(2, total/100)
	}
	switch p.key {
	case licensing.MAK:
		h.keys = keys(mak(pick(number+p.name, below), total))
	case licensing.OSA:
		h.bought, h.keys = 100, keys(osa(100, licensing.OSAAvailable))
	case licensing.VLK:
		h.keys = keys(vlk())
	case licensing.SetupKey:
		h.keys = keys(setup())
	}
	if p.hasHostKey() {
		h.keys = append(h.keys, kms(pick("hosts "+number+p.name, licensing.KMSHosts)))
	}
	return h
}
