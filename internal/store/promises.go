package store

import "github.com/keyhall/keyhall/internal/worktime"

// Promises is what whoever runs Keyhall promises, and how much support may grant.
type Promises struct {
	Clock      worktime.Clock // when an answer is due
	RequestCap int            // most that one request may ask
	TotalCap   int            // largest total that granting may bring a key to
	TwoAbove   int            // granting more than this takes two agents; 0: never (S-13)
}

// Promise sets them. Call it before anything is served.
func (s *Store) Promise(p Promises) { s.promises = p }

// usualPromises hold where nothing else is set.
var usualPromises = Promises{Clock: worktime.Around(), RequestCap: 10_000, TotalCap: 100_000}
