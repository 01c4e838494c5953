package licensing

import (
	"slices"
	"testing"
)

func demoCatalogue() *Catalogue {
	return NewCatalogue(
		[]Programme{{ID: "ov", Name: "open Value"}, {ID: "ea", Name: "Enterprise Agreement"}},
		[]Product{
			{ID: 3, Name: "Windows Server 2025 Standard", Pool: PoolServers},
			{ID: 1, Name: "office LTSC 2024 Professional Plus", Pool: PoolApplications, Edition: "volume"},
			{ID: 2, Name: "Windows 11 Enterprise", Pool: PoolSystems},
		})
}

func TestTheCatalogueIsInTheOrderOfNames(t *testing.T) {
	t.Parallel()
	c := demoCatalogue()
	if c.Programmes[0].ID != "ea" || c.Products[0].ID != 1 || c.Rank(1) != 0 || c.Rank(2) != 1 || c.Rank(3) != 2 {
		t.Errorf("got %v, %v", c.Programmes, c.Products)
	}
	if c.Product(2).Name != "Windows 11 Enterprise" || c.Product(9).Name != "" || c.Programme("ov").Name != "open Value" || c.Programme("x").Name != "" {
		t.Error("by ID: got another, or one that is not there")
	}
}

func TestProductsAreFoundByWords(t *testing.T) {
	t.Parallel()
	c := demoCatalogue()
	for _, one := range []struct {
		q    string
		pool Pool
		want []int32
	}{
		{"", "", []int32{1, 2, 3}},
		{"WINDOWS", "", []int32{2, 3}},
		{"enterprise  win", "", []int32{2}},
		{"volume", "", []int32{1}},
		{"windows", PoolServers, []int32{3}},
		{"", PoolSystems, []int32{2}},
		{"linux", "", []int32{}},
		{"%", "", []int32{}},
	} {
		if got := c.Find(one.q, one.pool); !slices.Equal(got, one.want) || got == nil {
			t.Errorf("%q in %q: got %v, want %v", one.q, one.pool, got, one.want)
		}
	}
}

// A filter that finds nothing lets nothing through: nil would let all.
func TestAFilterThatFindsNothingIsNotNone(t *testing.T) {
	t.Parallel()
	c := demoCatalogue()
	for _, one := range []struct {
		name   string
		filter KeyFilter
		want   []int32
	}{
		{"no filter", KeyFilter{}, nil},
		{"one product, whatever the rest", KeyFilter{Product: 2, Query: "office"}, []int32{2}},
		{"words of no product", KeyFilter{Query: "linux"}, []int32{}},
		{"a pool", KeyFilter{Pool: PoolServers}, []int32{3}},
	} {
		got := one.filter.Products(c)
		if !slices.Equal(got, one.want) || (got == nil) != (one.want == nil) {
			t.Errorf("%s: got %v, want %v", one.name, got, one.want)
		}
	}
}

func TestAProductsAdvice(t *testing.T) {
	t.Parallel()
	p := Product{Instruction: map[string]string{"en": "Ask.", "fi": "Kysy.", "sv": ""}}
	for language, want := range map[string]string{"fi": "Kysy.", "sv": "Ask.", "nb": "Ask.", "": "Ask."} {
		if got := p.Advice(language); got != want {
			t.Errorf("in %q: got %q, want %q", language, got, want)
		}
	}
	if got := (Product{}).Advice("fi"); got != "" {
		t.Errorf("a product without advice: got %q", got)
	}
}

func TestProblemsAreFoundByField(t *testing.T) {
	t.Parallel()
	p := Problems{{Field: "quantity", Message: "too_many"}, {Field: "quantity", Message: "no_number"}, {Field: "reason", Message: "missing"}}
	if got, ok := p.On("quantity"); !ok || got.Message != "too_many" {
		t.Errorf("the first problem of a field: got %v, %v", got, ok)
	}
	if got, ok := p.On("product"); ok {
		t.Errorf("a field without problem: got %v", got)
	}
	if got, want := p.Error(), "quantity: too_many; quantity: no_number; reason: missing"; got != want {
		t.Errorf("as an error: got %q, want %q", got, want)
	}
}

func TestAReportListsAThousandAndCountsAll(t *testing.T) {
	t.Parallel()
	var r ImportReport
	for line := range ImportShown + 5 {
		r.Problem(ImportProblem{Line: line})
		r.Note(ImportProblem{Line: line})
		r.Change(ImportChange{Line: line})
	}
	if r.ProblemCount != ImportShown+5 || r.NoteCount != ImportShown+5 || len(r.Problems) != ImportShown || len(r.Notes) != ImportShown || len(r.Changes) != ImportShown {
		t.Errorf("got %d problems, %d notes; listed %d, %d and %d changes", r.ProblemCount, r.NoteCount, len(r.Problems), len(r.Notes), len(r.Changes))
	}
}
