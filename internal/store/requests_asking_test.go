package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// forms is a world with a KMS key on V6380217 and numbers by which licence IDs are known
// outside: two of Norge's share an agreement, told apart by their authorisations.
func forms(t testing.TB) (w *wanting, kms licensing.NewKey) {
	t.Helper()
	w = newWanting(t)
	w.addLicence("V6380218", norge, "open-value")
	kms = w.key("V6380217", datacenter, licensing.KMS, 9)
	kms.Used, kms.Total = 6, 6
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{kms, w.key("74120935", server, licensing.VLK, 10)}))
	w.do(`UPDATE licences SET agreement_no = '88001122', authorisation_no = 'AB' || number WHERE number LIKE 'V%'`)
	w.do(`UPDATE licences SET agreement_no = '90011223' WHERE number = '74120935'`)
	return w, kms
}

func last5(n int) string { return demoKey(n)[24:] }

// filled is kaisa's form for 200 more activations, without a fault.
func (w *wanting) filled() licensing.Filing {
	return licensing.Filing{
		Kind: licensing.MAKIncrease, Agreement: "90011223", Product: office, Last5: last5(1),
		Quantity: "200", Reason: "New laptops\r\nfor the school", Language: "en", At: w.now,
	}
}

func TestAFormWithoutAFault(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	for name, change := range map[string]func(*licensing.Filing){
		"as it is":                      func(*licensing.Filing) {},
		"by the licence ID's number":    func(f *licensing.Filing) { f.Agreement = " 74120935 " },
		"by licence ID":                 func(f *licensing.Filing) { f.Agreement, f.Licence = "", "74120935" },
		"by both":                       func(f *licensing.Filing) { f.Licence = "74120935" },
		"by the product's ID":           func(f *licensing.Filing) { f.Product = fmt.Sprint(w.product[office]) },
		"the product in another case":   func(f *licensing.Filing) { f.Product = " " + strings.ToUpper(office) },
		"the last five in another case": func(f *licensing.Filing) { f.Last5 = " " + strings.ToLower(f.Last5) + " " },
		"blanks around the number":      func(f *licensing.Filing) { f.Quantity = " 200 " },
		"as many as may be":             func(f *licensing.Filing) { f.Quantity = "10000" },
	} {
		f := w.filled()
		change(&f)
		a, problems, err := w.Asking(t.Context(), w.as("kaisa"), f)
		if err != nil || len(problems) > 0 || a.Key == nil || a.Key.ID != w.ours.ID || a.Licence.Number != "74120935" || a.Product.Name != office {
			t.Errorf("%s: got %+v, %v, %v", name, a, problems, err)
			continue
		}
		if got := said(a.Findings); f.Quantity == "200" && !strings.Contains(got, "Bought:340 Total:300") || !strings.Contains(got, "Left:2 Total:100") {
			t.Errorf("%s: got findings %s", name, got)
		}
		if a.KeyNumber != "" || a.Open != nil || a.People != nil || !a.Due.Equal(w.now.Add(24*time.Hour)) {
			t.Errorf("%s: got key of %q, open %v, %d people, due %v", name, a.KeyNumber, a.Open, len(a.People), a.Due)
		}
	}
}

// S-07, S-14: each fault is named on its field.
func TestWhatAFormCanHaveWrong(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	type change = func(*licensing.Filing)
	kmsHosts := func(f *licensing.Filing) { f.Kind, f.Product = licensing.MoreKMSHosts, datacenter }
	long, full := strings.Repeat("å", licensing.LongText+1), strings.Repeat("å", licensing.LongText)
	for name, c := range map[string]struct {
		change change
		want   string // field, message
	}{
		"no such kind":                   {func(f *licensing.Filing) { f.Kind = "more" }, "kind kind_unknown"},
		"no number at all":               {func(f *licensing.Filing) { f.Agreement = "" }, "agreement licence_missing"},
		"an unknown number":              {func(f *licensing.Filing) { f.Agreement = "11111111" }, "agreement licence_unknown"},
		"another family's":               {func(f *licensing.Filing) { f.Agreement = "50912277" }, "agreement licence_unknown"},
		"another family's, by number":    {func(f *licensing.Filing) { f.Licence = "50912277" }, "licence licence_unknown"},
		"a sibling's":                    {func(f *licensing.Filing) { f.Agreement = "88001122" }, "agreement licence_unknown"},
		"a number that can't be":         {func(f *licensing.Filing) { f.Licence = "7412\x000935" }, "licence licence_unknown"},
		"numbers that disagree":          {func(f *licensing.Filing) { f.Licence, f.Agreement = "74120935", "88001122" }, "agreement agreement_differs"},
		"another authorisation":          {func(f *licensing.Filing) { f.Authorise = "X1" }, "authorisation authorisation_differs"},
		"no product":                     {func(f *licensing.Filing) { f.Product = " " }, "product product_missing"},
		"an unknown product":             {func(f *licensing.Filing) { f.Product = "Office" }, "product product_unknown"},
		"a product that can't be":        {func(f *licensing.Filing) { f.Product = "Office\xff" }, "product product_unknown"},
		"a product without KMS":          {func(f *licensing.Filing) { f.Kind, f.NoKeyYet = licensing.KMSException, true }, "product product_no_kms"},
		"no last five":                   {func(f *licensing.Filing) { f.Last5 = "" }, "last5 last5_missing"},
		"six of the last five":           {func(f *licensing.Filing) { f.Last5 = "X4T9BB" }, "last5 last5_shape"},
		"letters beyond A to Z":          {func(f *licensing.Filing) { f.Last5 = "X4T9Å" }, "last5 last5_shape"},
		"a key that does not exist":      {func(f *licensing.Filing) { f.Last5 = "00000" }, "last5 key_unknown"},
		"a sibling's key":                {func(f *licensing.Filing) { f.Last5 = last5(2) }, "last5 key_unknown"},
		"another product's key":          {func(f *licensing.Filing) { f.Last5 = last5(10) }, "last5 key_other"},
		"a key of another type":          {func(f *licensing.Filing) { kmsHosts(f) }, "last5 key_other"},
		"hosts without a key":            {func(f *licensing.Filing) { kmsHosts(f); f.Last5, f.NoKeyYet = "", true }, "last5 last5_missing"},
		"no number asked":                {func(f *licensing.Filing) { f.Quantity = " " }, "quantity quantity_missing"},
		"more than may be":               {func(f *licensing.Filing) { f.Quantity = "10001" }, "quantity quantity_cap"},
		"nine digits":                    {func(f *licensing.Filing) { f.Quantity = "999999999" }, "quantity quantity_cap"},
		"no reason":                      {func(f *licensing.Filing) { f.Reason = " \n " }, "reason reason_missing"},
		"a reason of a novel's size":     {func(f *licensing.Filing) { f.Reason = long }, "reason text_long"},
		"a reason of just the size":      {func(f *licensing.Filing) { f.Reason = full }, ""},
		"a reason with NUL":              {func(f *licensing.Filing) { f.Reason = "a\x00b" }, "reason text_bad"},
		"a reason that is no UTF-8":      {func(f *licensing.Filing) { f.Reason = "a\xff" }, "reason text_bad"},
		"a reason that turns around":     {func(f *licensing.Filing) { f.Reason = "a\u202eb" }, "reason text_bad"},
		"a customer names a requester":   {func(f *licensing.Filing) { f.Requester = "anna@demo.example" }, ""},
		"a question needs no more":       {func(f *licensing.Filing) { *f = licensing.Filing{Kind: licensing.General, Reason: "Why?"} }, ""},
		"a question about a lost number": {func(f *licensing.Filing) { f.Kind, f.Licence = licensing.General, "50912277" }, "licence licence_unknown"},
	} {
		f := w.filled()
		c.change(&f)
		if got := w.faults(w.as("kaisa"), f); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	for _, n := range []string{"0", "00", "0200", "-5", "+5", "1e3", "5,000", "5.0", "5 000", "\u00a0200", "\uff11\uff10", "2\n", "0x10", "1_000", "9999999999", "99999999999999999999999"} {
		f := w.filled()
		f.Quantity = n
		if got := w.faults(w.as("kaisa"), f); got != "quantity quantity_digits" {
			t.Errorf("%q activations: got %q, want plain digits asked for", n, got)
		}
	}
}

// faults are a form's problems, field and message.
func (w *wanting) faults(v licensing.Viewer, f licensing.Filing) string {
	w.t.Helper()
	a, problems, err := w.Asking(w.t.Context(), v, f)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, p := range problems {
		all = append(all, p.Field+" "+strings.TrimPrefix(p.Message, "request.problem."))
	}
	if p, bad := problems.On("quantity"); a.Quantity != 0 && bad {
		w.t.Errorf("%s: got %d all the same", p.Message, a.Quantity)
	}
	return strings.Join(all, ", ")
}

// S-51: a key that the viewer may not see is answered like one that does not exist.
func TestAForeignKeyIsAnUnknownOne(t *testing.T) {
	t.Parallel()
	w, kms := forms(t)
	for _, v := range []licensing.Viewer{w.as("kaisa"), w.as("frode")} {
		for _, theirs := range []uuid.UUID{w.theirs.ID, kms.ID} {
			_, _, err := w.Asking(t.Context(), v, licensing.Filing{Kind: licensing.MAKIncrease, Key: theirs})
			_, _, none := w.Asking(t.Context(), v, licensing.Filing{Kind: licensing.MAKIncrease, Key: newID()})
			if !errors.Is(err, licensing.ErrNotFound) || said(err) != said(none) {
				t.Errorf("%s opens the form of a foreign key: got %v, of none %v: want both not found", v.Name, err, none)
			}
		}
	}
	w.grantOn("kaisa", licensing.DownloadManager, "V6380217") // sees the licence ID, but no key
	f := w.filled()
	f.Last5 = last5(2)
	_, foreign, _ := w.Asking(t.Context(), w.as("kaisa"), f)
	f.Last5 = "00000"
	_, none, _ := w.Asking(t.Context(), w.as("kaisa"), f)
	if said(foreign) != strings.ReplaceAll(said(none), "00000", last5(2)) {
		t.Errorf("the last five of a foreign key: got %v, of none %v: want them the same", foreign, none)
	}
}

// Not even support mixes families up.
func TestAnotherFamilysKeyWillNotDo(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.mak("50912277", office, 50, 1, 10)}))
	w.grant("anna", licensing.Administrator, kommune)
	f := w.filled()
	f.Last5 = last5(50)
	for _, v := range []licensing.Viewer{w.as("anna"), w.sofia} {
		if got := w.faults(v, f); got != "last5 key_unknown" {
			t.Errorf("%s: got %q, want it unknown", v.Name, got)
		}
	}
}

// The last five may be of a key of another licence ID of the family that the viewer
// may see; one of the licence ID itself goes first.
func TestAKeyOfTheFamilyWillDo(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	f := w.filled()
	f.Last5 = last5(2)
	a, problems, err := w.Asking(t.Context(), w.as("anna"), f)
	if err != nil || len(problems) > 0 || a.Key == nil || a.Key.ID != w.theirs.ID || a.KeyNumber != "V6380217" || a.Licence.Number != "74120935" {
		t.Errorf("anna, of all of Nordvik: got %+v, %v, %v", a, problems, err)
	}
	w.do(`UPDATE keys SET last5 = $2 WHERE id = $1`, w.ours.ID, last5(2))
	if a, _, err := w.Asking(t.Context(), w.as("anna"), f); err != nil || a.Key == nil || a.Key.ID != w.ours.ID || a.KeyNumber != "" {
		t.Errorf("both end so: got %+v, %v, want the licence ID's own", a.Key, err)
	}
	g := f
	g.Agreement, g.Licence = "", "V6380217"
	if a, _, err := w.Asking(t.Context(), w.as("anna"), g); err != nil || a.Key == nil || a.Key.ID != w.theirs.ID || a.KeyNumber != "" {
		t.Errorf("both end so, for the other licence ID: got %+v, %v, want that one's own", a.Key, err)
	}
	w.do(`UPDATE keys SET last5 = $2 WHERE id = $1`, w.ours.ID, demoKey(30)[24:])
	w.do(`UPDATE keys SET last5 = $1 WHERE type = 'VLK'`, last5(2))
	if a, problems, err := w.Asking(t.Context(), w.as("anna"), f); err != nil || len(problems) > 0 || a.Key == nil || a.Key.ID != w.theirs.ID {
		t.Errorf("the licence ID's own is another product's: got %+v, %v, %v, want the one that fits", a.Key, problems, err)
	}
}

// Opened from a key's row, the key says everything that identifies.
func TestAFormFromAKeysRow(t *testing.T) {
	t.Parallel()
	w, kms := forms(t)
	junk := licensing.Filing{Agreement: "1", Licence: "50912277", Authorise: "x", Product: "y", Last5: "?", NoKeyYet: true, Quantity: "7", Reason: "More", At: w.now}
	for _, c := range []struct {
		name string
		kind licensing.RequestKind
		key  uuid.UUID
		want string
	}{
		{"kaisa", licensing.MAKIncrease, w.ours.ID, ""},
		{"anna", licensing.MAKIncrease, w.theirs.ID, ""},
		{"kevin", licensing.MoreKMSHosts, kms.ID, ""},
		{"kevin", licensing.KMSException, kms.ID, ""},
		{"kevin", licensing.General, kms.ID, ""},
		{"kaisa", licensing.MoreKMSHosts, w.ours.ID, "kind kind_other, product product_no_kms"},
		{"kaisa", "", w.ours.ID, "kind kind_unknown"},
		{"lena", licensing.MAKIncrease, w.ours.ID, "forbidden"},
		{"dirk", licensing.MAKIncrease, w.ours.ID, "not found"},
		{"frode", licensing.MAKIncrease, w.ours.ID, "not found"},
		{"sofia", licensing.MAKIncrease, w.ours.ID, ""},
		{"oskar", licensing.MAKIncrease, w.ours.ID, "forbidden"},
	} {
		f, v := junk, w.everybody()[c.name]
		f.Kind, f.Key = c.kind, c.key
		if got := w.faults(v, f); got != c.want {
			t.Errorf("%s, %s: got %q, want %q", c.name, c.kind, got, c.want)
		}
		if a, _, err := w.Asking(t.Context(), v, f); err == nil && (a.Key.ID != c.key || a.Licence.Number == "50912277" || a.Product.ID != a.Key.ProductID || a.KeyNumber != "") {
			t.Errorf("%s, %s: got %+v", c.name, c.kind, a)
		}
	}
	// A key in the publisher's stock is nobody's to ask about.
	k := w.mak("74120935", office, 40, 0, 10)
	k.RootID, k.LicenceID = licensing.PublisherRoot, nil
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
	if got := w.faults(w.sofia, licensing.Filing{Kind: licensing.MAKIncrease, Key: k.ID}); got != "not found" {
		t.Errorf("a key in stock: got %q, want not found", got)
	}
}

func TestWhoFilesRequests(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	for name, want := range map[string]string{
		"anna": "", "kaisa": "", "sofia": "", "lena": "forbidden", "dirk": "forbidden", "oskar": "forbidden",
		"frode": "agreement licence_unknown", "kevin": "agreement licence_unknown",
	} {
		if got := w.faults(w.everybody()[name], w.filled()); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	// Rights of which one is to read: filing for the other opens nothing here.
	w.grantOn("lena", licensing.KeyViewer, "V6380217")
	if got := w.faults(w.as("lena"), w.filled()); got != "agreement licence_unknown" {
		t.Errorf("lena, who files for another licence ID: got %q, want it unknown", got)
	}
	if got := w.faults(w.as("lena"), licensing.Filing{Kind: licensing.MAKIncrease, Key: w.ours.ID}); got != "forbidden" {
		t.Errorf("lena, from the row of a key that she only reads: got %q, want forbidden", got)
	}
}

func TestNumbersThatMeanSeveralLicenceIDs(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	f := w.filled()
	f.Agreement, f.Last5 = "88001122", last5(2)
	for name, c := range map[string]struct {
		licence, authorisation, want string
	}{
		"the agreement alone":       {"", "", "agreement licence_several"},
		"with a licence ID":         {"v6380217", "", ""},
		"with an authorisation":     {"", "abV6380217", ""},
		"with both":                 {"V6380217", "ABV6380217", ""},
		"with both, which disagree": {"V6380217", "ABV6380218", "authorisation authorisation_differs"},
	} {
		f.Licence, f.Authorise = c.licence, c.authorisation
		if got := w.faults(w.as("anna"), f); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	f.Licence, f.Authorise = "", ""
	_, problems, err := w.Asking(t.Context(), w.as("anna"), f)
	w.must(err)
	if p, _ := problems.On("agreement"); p.Args["Numbers"] != "V6380217, V6380218" {
		t.Errorf("several: got %v", p.Args)
	}
	for n := range 12 {
		w.addLicence(fmt.Sprintf("6000%04d", n), norge, "ea")
	}
	w.do(`UPDATE licences SET agreement_no = '88001122' WHERE number LIKE '6000%'`)
	_, problems, err = w.Asking(t.Context(), w.as("anna"), f)
	w.must(err)
	if p, _ := problems.On("agreement"); strings.Count(said(p.Args["Numbers"]), ",") != 9 || !strings.HasSuffix(said(p.Args["Numbers"]), "60000009 …]") {
		t.Errorf("a dozen: got %v, want ten of them", p.Args)
	}
	if got := w.faults(w.as("kevin"), f); got != "" { // he files for one of them
		t.Errorf("kevin: got %q, want the one that is his", got)
	}
}

// A first KMS key is asked for where there is none; where there is one, it is named.
func TestAFirstKMSKey(t *testing.T) {
	t.Parallel()
	w, kms := forms(t)
	for name, c := range map[string]struct {
		licence, last5 string
		none           bool
		want           string
		key            uuid.UUID
	}{
		"there is none, and it says so":        {"74120935", "", true, "", uuid.Nil},
		"there is none, and it says nothing":   {"74120935", "", false, "no_key_yet no_key_yet", uuid.Nil},
		"there is one, and it is named":        {"V6380217", last5(9), false, "", kms.ID},
		"there is one, and it says none":       {"V6380217", "", true, "no_key_yet has_key", uuid.Nil},
		"there is one, and it says nothing":    {"V6380217", "", false, "last5 last5_missing", uuid.Nil},
		"there is one elsewhere in the family": {"74120935", last5(9), false, "", kms.ID},
	} {
		f := licensing.Filing{Kind: licensing.KMSException, Licence: c.licence, Product: datacenter, Last5: c.last5, NoKeyYet: c.none, Quantity: "60", Reason: "A host", At: w.now}
		if got := w.faults(w.as("anna"), f); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if a, _, err := w.Asking(t.Context(), w.as("anna"), f); err != nil || (a.Key == nil) != (c.key == uuid.Nil) || a.Key != nil && a.Key.ID != c.key {
			t.Errorf("%s: got the key %+v, %v", name, a.Key, err)
		}
	}
}

// Support files for somebody who could have filed, or for the licence ID itself.
func TestSupportFilesForSomebody(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	w.grant("ada", licensing.Administrator, suomi)
	w.grant("gone", licensing.Administrator, suomi)
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'gone'`)
	w.must(w.visit(w.sofia, "74120935", 0))
	f := w.filled()
	for email, want := range map[string]string{
		"": "", " Kaisa@demo.example": "", "anna@demo.example": "",
		"lena@demo.example": "requester requester_unknown", "frode@demo.example": "requester requester_unknown",
		"gone@demo.example": "requester requester_unknown", "kaisa\x00": "requester requester_unknown",
	} {
		if f.Requester = email; w.faults(w.sofia, f) != want {
			t.Errorf("for %q: got %q, want %q", email, w.faults(w.sofia, f), want)
		}
	}
	f.Requester = "kaisa@demo.example"
	a, _, err := w.Asking(t.Context(), w.sofia, f)
	w.must(err)
	var people []string
	for _, p := range a.People {
		people = append(people, p.Name)
	}
	if a.Requester != w.person["kaisa"].ID || !slices.Equal(people, []string{"ada", "anna", "kaisa"}) {
		t.Errorf("for kaisa: got %v among %q, want administrators first", a.Requester, people)
	}
	for kind, want := range map[licensing.RequestKind]string{licensing.General: "agreement licence_missing"} {
		if got := w.faults(w.sofia, licensing.Filing{Kind: kind, Reason: "Why?"}); got != want {
			t.Errorf("support without a licence ID: got %q, want %q", got, want)
		}
	}
	w.grant("anna", licensing.Administrator, kommune)
	if got := w.faults(w.as("anna"), licensing.Filing{Kind: licensing.General, Reason: "Why?"}); got != "agreement licence_missing" {
		t.Errorf("somebody of two families without a licence ID: got %q, want one asked for", got)
	}
}

// What was asked before, and what is still open, is found as far as the viewer may see it.
func TestWhatWasAskedBefore(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	w.put(put{state: licensing.Granted, days: 364})
	w.put(put{state: licensing.Granted, days: 366})
	w.put(put{state: licensing.Rejected, days: 3})
	w.put(put{state: licensing.Withdrawn, days: 3})
	a, _, err := w.Asking(t.Context(), w.as("kaisa"), w.filled())
	w.must(err)
	if got := said(a.Findings); !strings.Contains(got, "finding.earlier.key Args:map[Count:2 Granted:1]") || a.Open != nil {
		t.Errorf("two within a year: got %s, open %v", got, a.Open)
	}
	f := w.filled()
	f.Agreement, f.Licence, f.Last5 = "", "V6380217", last5(2)
	if a, _, err = w.Asking(t.Context(), w.as("kevin"), f); err != nil || !strings.Contains(said(a.Findings), "finding.earlier.family Args:map[Count:1]") {
		t.Errorf("another key of the family: got %v, %v", a.Findings, err)
	}
	first := w.put(put{state: licensing.Waiting})
	w.put(put{})
	w.put(put{by: "anna", licence: "V6380217", kind: licensing.MAKIncrease, key: &w.theirs.ID, product: office})
	for v, want := range map[string]int64{"kaisa": first, "sofia": first} {
		if a, _, err := w.Asking(t.Context(), w.everybody()[v], w.filled()); err != nil || a.Open == nil || a.Open.ID != want {
			t.Errorf("%s: got open %+v, %v, want request %d", v, a.Open, err, want)
		}
	}
	w.grantOn("lena", licensing.KeyViewer, "74120935")
	w.do(`UPDATE requests SET licence_id = $1 WHERE id = $2 OR closed_at IS NULL`, w.licence["V6380217"].ID, first)
	if a, _, err := w.Asking(t.Context(), w.as("lena"), w.filled()); err != nil || a.Open != nil {
		t.Errorf("filed for a licence ID that lena does not see: got open %+v, %v, want none", a.Open, err)
	}
	exception := w.put(put{kind: licensing.KMSException, product: datacenter})
	f = licensing.Filing{Kind: licensing.KMSException, Licence: "74120935", Product: datacenter, NoKeyYet: true, At: w.now}
	if a, _, err := w.Asking(t.Context(), w.as("kaisa"), f); err != nil || a.Open == nil || a.Open.ID != exception {
		t.Errorf("without a key: got open %+v, %v, want request %d", a.Open, err, exception)
	}
}

// A form just opened names nothing, and half of one what is there.
func TestAHalfEmptyForm(t *testing.T) {
	t.Parallel()
	w, _ := forms(t)
	for _, kind := range licensing.RequestKinds() {
		for name, v := range maps.All(map[string]licensing.Viewer{"kaisa": w.as("kaisa"), "sofia": w.sofia}) {
			if a, _, err := w.Asking(t.Context(), v, licensing.Filing{Kind: kind, At: w.now}); err != nil || a.Rules.Kind() != kind || len(a.Findings) > 0 {
				t.Errorf("%s opens %s: got %+v, %v", name, kind, a, err)
			}
		}
	}
	a, _, err := w.Asking(t.Context(), w.as("kaisa"), licensing.Filing{Kind: licensing.MAKIncrease, Licence: "74120935", Product: office, At: w.now})
	if err != nil || a.Licence.Number != "74120935" || !strings.Contains(said(a.Findings), "finding.bought.count") {
		t.Errorf("half of it: got %+v, %v", a, err)
	}
}
