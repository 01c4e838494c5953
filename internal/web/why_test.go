package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// why is what the page answers.
func why(t *testing.T, c *browsertest.Client, pairs ...string) string {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	answer := c.Get("/why?" + q.Encode())
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("/why?%s: got %d", q.Encode(), answer.StatusCode)
	}
	lists := byClass(dom(t, answer), "ul", "findings")
	if len(lists) == 0 {
		return ""
	}
	return text(lists[0])
}

// Each role reads what its right is, what that permits, and what to do.
func TestThePageSaysWhyOneSeesSomething(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	key := firstKey(t, anna, "74120935")
	for _, c := range []struct {
		account string
		asked   []string
		want    []string
	}{
		{"anna@nordvik.example", []string{"number", "74120935", "key", key}, []string{"Administrator, inherited from Nordvik Group", "is listed under this licence ID", "See the key"}},
		{"lena@nordvik.example", []string{"number", " 74120935 "}, []string{"Licence reader", "masked to the last five", "Ask for a right", "every product of the pools"}},
		{"dirk@nordvik.example", []string{"number", "74120935", "product", "SQL Server 2022 Standard"}, []string{"Download manager", "no keys and no counters"}},
		{"anna@nordvik.example", []string{"number", "74120935", "product", "remote desktop services 2025, user cal"}, []string{"wizard", "choose Enterprise Agreement and enter 74120935"}},
		{"frode@fjellheim.example", []string{"number", "74120935", "product", "SQL Server 2022 Standard"}, []string{"You have no right on this number, or it doesn’t exist."}},
		{"anna@nordvik.example", []string{"number", "74120935", "person", "dirk@nordvik.example"}, []string{"Download manager", "no keys and no counters"}},
		{"frode@fjellheim.example", []string{"number", "74120935", "person", "dirk@nordvik.example"}, []string{"You don’t manage the people of this number, or it doesn’t exist."}},
		{sofia, []string{"number", "74120935"}, []string{"As support you see"}},
		{"olli@operator.example", []string{"number", "74120935"}, []string{"As operator you see"}},
	} {
		got := why(t, p.SignIn(t, c.account), c.asked...)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s asks %q: got %q, want %q in it", c.account, c.asked, got, want)
			}
		}
	}
	if said := text(dom(t, anna.Get("/why?number=74120935&product=windows"))); !strings.Contains(said, "Which of these do you mean?") {
		t.Errorf("half a name: %s", said)
	}
	if got := why(t, anna); got != "" {
		t.Errorf("nothing asked: got %q", got)
	}
}

// S-51: but for what was typed, the page is the same for what belongs to others and for
// what doesn't exist, whoever asks and for whom.
func TestWhyIsThePageOfNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, frode, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, "kevin@nordvik.example")
	key := firstKey(t, anna, "74120935")
	const none = "019aaaaa-0000-7000-8000-000000000000"
	page := func(c *browsertest.Client, number, key, more string) string {
		address := "/why?number=" + number + "&key=" + key + more
		return strings.NewReplacer(number, "N", key, "K").Replace(body(t, c.Get(address)))
	}
	for name, c := range map[string]*browsertest.Client{"another family": frode, "another licence ID of the family": kevin} {
		for _, more := range []string{"", "&product=SQL+Server+2022+Standard", "&product=windows", "&person=lena@nordvik.example"} {
			if page(c, "74120935", key, more) != page(c, "99999999", none, more) {
				t.Errorf("%s, %s: the page differs from that of what does not exist", name, more)
			}
		}
	}
	for _, person := range []string{"frode@fjellheim.example", "nobody@nordvik.example"} {
		if got := why(t, anna, "number", "74120935", "person", person); !strings.Contains(got, "Nobody with this address has a right here") {
			t.Errorf("%s: got %q", person, got)
		}
	}
}

// The question is asked where it comes up.
func TestWhyIsAskedWhereItComesUp(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	key := firstKey(t, anna, "74120935")
	for path, want := range map[string]string{
		"/licences/74120935":                             "/why?number=74120935",
		"/licences/74120935/keys":                        "/why?number=74120935",
		"/licences/74120935/people":                      "/why?number=74120935",
		"/licences/74120935/keys?q=nothing+of+this+name": "/why?number=74120935&product=nothing+of+this+name",
		"/keys":              "/why",
		"/keys?q=no+product": "/why?product=no+product",
		"/keys/" + key:       "/why?key=" + key + "&number=74120935",
		"/help":              "/why",
		"/licences/99999999": "/why",
	} {
		found := false
		for _, a := range all(dom(t, anna.Get(path)), "a") {
			found = found || attr(a, "href") == want
		}
		if !found {
			t.Errorf("%s doesn't lead to %s", path, want)
		}
	}
	if said := text(dom(t, anna.Get("/licences/74120935/people"))); !strings.Contains(said, "people can reveal keys here") {
		t.Errorf("the page of people doesn't count who can reveal keys: %s", said)
	}
}
