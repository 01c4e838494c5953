package bench

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	productsN      = 500
	familiesN      = 9
	keysPerLicence = 30
	boughtPerID    = 4
)

// today is when the pages are read, so that they are the same in every run.
var today = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// sizes are the organisations' numbers of licence IDs, by how many organisations have
// so many: 33,334 in all.
var sizes = []struct{ organisations, licences int }{{8, 3333}, {4, 1000}, {20, 100}, {67, 10}}

// world is the data set, worked out anew wherever it is needed.
type world struct {
	organisations []organisation
	licences      int
}

// organisation is a customer below the root of its family, with a run of licence IDs.
type organisation struct {
	index, family  int
	first, licence int // the first licence ID, and how many
}

// newWorld makes a data set of so much of the whole.
func newWorld(scale float64) world {
	var w world
	for _, s := range sizes {
		for range s.organisations {
			o := organisation{index: len(w.organisations), family: len(w.organisations) % familiesN}
			o.first, o.licence = w.licences, max(1, int(float64(s.licences)*scale))
			w.licences += o.licence
			w.organisations = append(w.organisations, o)
		}
	}
	return w
}

func (w world) keys() int { return w.licences * keysPerLicence }

// What an ID belongs to is its first part, which one is its last.
const (
	forFamily = iota + 1
	forOrganisation
	forPerson
	forGrant
	forLicence
	forKey
)

func idOf(kind, n int) uuid.UUID {
	id := uuid.UUID{0x01, 0x8f, 0, 0, 0, byte(kind), 0x70, 0, 0x80}
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}

func familyID(n int) uuid.UUID  { return idOf(forFamily, n) }
func licenceID(n int) uuid.UUID { return idOf(forLicence, n) }
func number(n int) string       { return fmt.Sprintf("7%07d", n) }
func productName(n int) string  { return fmt.Sprintf("Product %03d Professional", n) }

var cities = []string{"Helsinki", "Tampere", "Turku", "Oulu"}

func organisationName(n int) string { return fmt.Sprintf("Nordvik %02d Oy", n) }

var programmes = []licensing.Programme{
	{ID: "ea", Name: "Enterprise Agreement", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
	{ID: "open-value", Name: "Open Value", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByException},
	{ID: "select-plus", Name: "Select Plus", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
}

// endOf is the last day of a licence ID: two to five years from today.
func endOf(n int) time.Time {
	return time.Date(today.Year()+3, time.Month(1+n%36), 1+n%28, 0, 0, 0, 0, time.UTC)
}

// The three who read: one of the first family's thousands of licence IDs, one of every
// licence ID there is, and one of about ten thousand keys.
const (
	reader = iota
	everyones
	someones
)

var people = []string{"Anna", "Kaisa", "Dirk"}

// The crowd are so many more people, each of whom reaches a few licence IDs of the
// first organisation.
const (
	crowdN       = 5000
	crowdReaches = 10
)

// crowdPerson is the n-th of the crowd, and crowdLicence the k-th licence ID they reach.
func crowdPerson(n int) uuid.UUID { return personID(len(people) + n) }

func (w world) crowdLicence(n, k int) int {
	return (n*crowdReaches + k) % w.organisations[0].licence
}

func personID(n int) uuid.UUID { return idOf(forPerson, n) }

// reaches says how many licence IDs of an organisation a person reaches, the first ones.
func (w world) reaches(person int, o organisation) int {
	switch {
	case person == everyones, person == reader && o.family == 0:
		return o.licence
	case person == someones && o.index == 1:
		return min(o.licence, 10_000/keysPerLicence)
	}
	return 0
}

// key is the k-th key of a licence ID: twenty MAKs, of two products two, four KMS keys,
// three VLKs, two OSA keys and a setup key, of 24 products that are others for each.
type key struct {
	product     int // from 0
	kind        licensing.KeyType
	used, total int
	seats       int
	status      *licensing.OSAStatus
	last5       string
}

func keyOf(licence, k int) key {
	slot, mix := k, uint32(licence*keysPerLicence+k)*2654435761
	made := key{last5: last5(mix)}
	switch {
	case k < 20:
		made.kind, made.total = licensing.MAK, 50+int(mix>>8%10)*50
		made.used = made.total * int(mix>>16%90) / 100
		slot = k % 18
	case k < 24:
		made.kind, made.used, made.total = licensing.KMS, int(mix>>8%6), licensing.KMSHosts
		slot = k - 20
	case k < 27:
		made.kind, slot = licensing.VLK, k-6
	case k < 29:
		status := []licensing.OSAStatus{licensing.OSAAvailable, licensing.OSARedeemed}[mix>>8%2]
		made.kind, made.seats, made.status, slot = licensing.OSA, 25, &status, k-6
	default:
		made.kind, slot = licensing.SetupKey, k-6
	}
	made.product = (licence*13 + slot*20) % productsN
	return made
}

const alphabet = "ABCDEFGHJKMNPQRTUVWXY2346789"

func last5(n uint32) string {
	var b [5]byte
	for i := range b {
		b[i] = alphabet[n%uint32(len(alphabet))]
		n /= uint32(len(alphabet))
	}
	return string(b[:])
}

// text is a product key: visibly a fake one, and another for each.
func (k key) text(licence, n int) string {
	serial := licence*keysPerLicence + n
	return fmt.Sprintf("DEMO1-%s-%s-%s-%s", last5(uint32(serial)), last5(uint32(serial>>8)+7), last5(uint32(serial)*40503), k.last5)
}
