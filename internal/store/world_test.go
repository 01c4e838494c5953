package store_test

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/pgtest"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// world is a database with two families, for tests to add to. Everything in it has a
// name, so that a test reads like what it says.
type world struct {
	*store.Store
	t  testing.TB
	db *pgtest.DB
	op licensing.Viewer // who made it

	org     map[string]licensing.Organisation
	licence map[string]licensing.Licence // by number
	person  map[string]licensing.Person
	product map[string]int32
}

const (
	office  = "Office LTSC 2024 Professional Plus"
	server  = "Windows Server 2025 Standard"
	ltsc    = "Windows 11 Enterprise LTSC 2024"
	nordvik = "Nordvik Group"
	suomi   = "Nordvik Suomi Oy"
	norge   = "Nordvik Norge AS"
	kommune = "Fjellheim Kommune"
)

// newWorld makes two families with a licence ID each that holds no key yet: 74120935
// of Nordvik Suomi, below Nordvik Group, and 50912277 of Fjellheim. Anna administers
// all of Nordvik, Frode all of Fjellheim, Lena reads Nordvik Suomi.
func newWorld(t testing.TB) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{
		t: t, db: db, Store: openStore(t, db), op: store.AtCommandLine("olli"),
		org: map[string]licensing.Organisation{}, licence: map[string]licensing.Licence{},
		person: map[string]licensing.Person{}, product: map[string]int32{},
	}
	w.addProgrammes()
	for name, pool := range map[string]licensing.Pool{
		office: licensing.PoolApplications, server: licensing.PoolServers, ltsc: licensing.PoolSystems,
	} {
		id, err := w.AddProduct(t.Context(), w.op, licensing.Product{Name: name, Pool: pool})
		w.must(err)
		w.product[name] = id
	}
	w.addOrganisation(nordvik, "")
	w.addOrganisation(suomi, nordvik)
	w.addOrganisation(norge, nordvik)
	w.addOrganisation(kommune, "")
	w.addLicence("74120935", suomi, "ea")
	w.addLicence("50912277", kommune, "open-value")
	w.grant("anna", licensing.Administrator, nordvik)
	w.grant("frode", licensing.Administrator, kommune)
	w.grant("lena", licensing.LicenceReader, suomi)
	return w
}

func openStore(t testing.TB, db *pgtest.DB) *store.Store {
	t.Helper()
	kek := make([]byte, 32)
	text, err := vault.Create(kek)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(text, kek)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), db.ServeURL, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) addProgrammes() {
	w.t.Helper()
	for _, p := range []licensing.Programme{
		{ID: "ea", Name: "Enterprise Agreement", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault},
		{ID: "open-value", Name: "Open Value", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByException},
	} {
		w.must(w.AddProgramme(w.t.Context(), w.op, p))
	}
}

// addOrganisation adds a root where no parent is named.
func (w *world) addOrganisation(name, parent string) licensing.Organisation {
	w.t.Helper()
	o := licensing.Organisation{ID: newID(), Name: name}
	o.RootID = o.ID
	if above, ok := w.org[parent]; ok {
		o.ParentID, o.RootID = &above.ID, above.RootID
	}
	w.must(w.AddOrganisation(w.t.Context(), w.op, o))
	w.org[name] = o
	return o
}

func (w *world) addLicence(number, organisation, programme string) licensing.Licence {
	w.t.Helper()
	o := w.org[organisation]
	l := licensing.Licence{
		ID: newID(), RootID: o.RootID, OrganisationID: o.ID, ProgrammeID: programme,
		Number: number, Kind: licensing.KindEnrolment,
	}
	w.must(w.AddLicence(w.t.Context(), w.op, l))
	w.licence[number] = l
	return l
}

// grant gives a person, who is added if new, a role on an organisation.
func (w *world) grant(name string, role licensing.Role, organisation string) {
	w.t.Helper()
	o := w.org[organisation]
	w.must(w.GrantRole(w.t.Context(), w.op, licensing.Grant{
		PersonID: w.someone(name).ID, RootID: o.RootID, Role: role, OrganisationID: &o.ID,
	}))
}

func (w *world) someone(name string) licensing.Person {
	w.t.Helper()
	p, ok := w.person[name]
	if !ok {
		p = licensing.Person{ID: newID(), Name: name, BusinessEmail: name + "@demo.example"}
		w.person[name] = p
		w.must(w.AddPerson(w.t.Context(), w.op, p))
		w.must(w.AddIdentity(w.t.Context(), w.op, licensing.Identity{Issuer: "https://idp.example", Subject: name, PersonID: p.ID}))
	}
	return p
}

// as is somebody who has just signed in.
func (w *world) as(name string) licensing.Viewer {
	w.t.Helper()
	v, err := w.Viewer(w.t.Context(), licensing.Session{PersonID: w.person[name].ID, Issuer: "https://idp.example", Subject: name})
	w.must(err)
	return v
}

// key is the nth key of a product on a licence ID, in clear demoKey(n).
func (w *world) key(number, product string, kind licensing.KeyType, n int) licensing.NewKey {
	l := w.licence[number]
	k := licensing.NewKey{
		Key:    licensing.Key{ID: newID(), RootID: l.RootID, LicenceID: &l.ID, ProductID: w.product[product], Type: kind},
		Secret: licensing.NewSecret(demoKey(n)),
	}
	if kind == licensing.OSA {
		available := licensing.OSAAvailable
		k.OSAStatus = &available
	}
	return k
}

// mak is a key with a counter.
func (w *world) mak(number, product string, n, used, total int) licensing.NewKey {
	k := w.key(number, product, licensing.MAK, n)
	k.Used, k.Total = used, total
	return k
}

// count asks the database, past every wall, for one number.
func (w *world) count(sql string, args ...any) (n int64) {
	w.t.Helper()
	c, err := pgx.Connect(w.t.Context(), w.db.SuperURL)
	w.must(err)
	defer func() { _ = c.Close(w.t.Context()) }()
	w.must(c.QueryRow(w.t.Context(), sql, args...).Scan(&n))
	return n
}

// whole checks what must hold after any change: chains that fit, counters and ledgers
// that agree with the keys.
func (w *world) whole() {
	w.t.Helper()
	if broken, err := w.VerifyAudit(w.t.Context()); err != nil || broken != nil {
		w.t.Errorf("the audit chains: got %+v, %v, want none broken", broken, err)
	}
	if wrong, err := w.VerifyCounters(w.t.Context()); err != nil || wrong != 0 {
		w.t.Errorf("licence IDs with wrong counters: got %d, %v, want 0", wrong, err)
	}
	const unbalanced = `SELECT count(*) FROM keys k WHERE total IS DISTINCT FROM coalesce(
		(SELECT new FROM limit_entries e WHERE e.key_id = k.id ORDER BY seq DESC LIMIT 1), 0)`
	if n := w.count(unbalanced); n != 0 {
		w.t.Errorf("keys whose ledger does not end at their total: got %d, want 0", n)
	}
	const broken = `SELECT count(*) FROM limit_entries a WHERE old <> coalesce(
		(SELECT new FROM limit_entries b WHERE b.key_id = a.key_id AND b.seq = a.seq - 1), 0)`
	if n := w.count(broken); n != 0 {
		w.t.Errorf("ledger entries that do not follow the one before: got %d, want 0", n)
	}
}

// crowd does n things, four at once for each of so many servers: whoever waits long for a
// connection or a lock is told to come back (R17), and of more on a busy machine some would be.
func crowd(servers, n int, do func(i int)) {
	many := 4 * servers
	var all sync.WaitGroup
	for first := range many {
		all.Go(func() {
			for i := first; i < n; i += many {
				do(i)
			}
		})
	}
	all.Wait()
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// demoKey makes the nth product key: visibly fake, and with last five as varied as real ones.
func demoKey(n int) string {
	const signs = "23456789BCDFGHJKMPQRTVWXY"
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	b := []byte("DEMO" + string(signs[n%25]))
	for i := range 20 {
		if i%5 == 0 {
			b = append(b, '-')
		}
		b = append(b, signs[int(sum[i])%25])
	}
	return strings.ToUpper(string(b))
}
