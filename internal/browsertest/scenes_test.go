package browsertest_test

import "fmt"

// scene is a page as somebody comes to see it.
type scene struct {
	name   string
	path   string
	status int64      // that the path answers with
	then   func(*tab) // what one does there; nil for nothing
}

// play is the scenes of one account; nobody is signed in for an empty one.
type play struct {
	account string
	scenes  []scene
}

// pressing follows what changes the page, without leaving it.
func pressing(selector string) func(*tab) {
	return func(b *tab) { b.t.Helper(); b.click(selector) }
}

// going follows what leads to another page.
func going(selector string) func(*tab) {
	return func(b *tab) { b.t.Helper(); b.follow(selector) }
}

// failing follows what leads to a page that says why not.
func failing(path, selector string) func(*tab) {
	return func(b *tab) { b.t.Helper(); b.fails(path); b.follow(selector) }
}

func revealInRow(b *tab) {
	b.t.Helper()
	b.click(`(//form[@data-reveal]/button)[1]`)
	b.until("the key shows", anyShown)
}

// postNothing sends an empty form, as our pages do.
func postNothing(path string) func(*tab) {
	return func(b *tab) {
		b.t.Helper()
		ask[bool](b, fmt.Sprintf(`(() => { const f = document.createElement("form"); f.method = "post"; f.action = %q; document.body.append(f); setTimeout(() => f.submit()); return true; })()`, path))
		b.until("the answer is there", fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
	}
}

// plays is every type of page, in every state that looks different. key is the path of
// a counted key of licence ID 74120935.
func plays(key string) []play {
	return []play{
		{"", []scene{
			{"picker", "/", 200, nil},
			{"idp-signed-out", "/demo-idp/signout", 200, nil},
			{"signin-stale", "/signin/callback", 400, nil},
			{"signin-denied", "/", 200, failing("/signin/callback", `//button[@name="cancel"]`)},
			{"signin-no-account", "/", 200, failing("/signin/callback", `//button[@value="gast@nordvik.example"]`)},
			{"idp-refused", "/demo-idp/authorize", 400, nil},
			{"nobody-not-found", "/nowhere", 404, nil},
			{"signed-out", "/nowhere", 404, postNothing("/signout")},
		}},
		{"anna@nordvik.example", []scene{
			{"summary", "/", 200, nil},
			{"summary-all", "/licences?status=all&sort=left", 200, nil},
			{"summary-empty", "/licences?q=zzz", 200, nil},
			{"licence", "/licences/74120935", 200, nil},
			{"licence-open", "/licences/V6380217", 200, nil},
			{"purchases", "/licences/74120935/purchases", 200, nil},
			{"people", "/licences/V6380217/people", 200, nil},
			{"people-opened", "/licences/V6380217/people", 200, opening},
			{"people-all", "/people", 200, nil},
			{"people-none-found", "/people?q=zzz", 200, nil},
			{"history", "/licences/74120935/history", 200, nil},
			{"keys-of", "/licences/74120935/keys", 200, nil},
			{"keys-narrowed", "/licences/74120935/keys?type=KMS", 200, nil},
			{"keys-none", "/licences/74120935/keys?q=zzz", 200, nil},
			{"keys-revealed", "/licences/74120935/keys?type=MAK", 200, revealInRow},
			{"key", key, 200, nil},
			{"key-revealed", key, 200, going(`//form[contains(@action, "/reveal")]/button`)},
			{"profile", "/keys?q=windows", 200, nil},
			{"profile-unknown", "/keys?found=no&q=zzz", 200, nil},
			{"downloads", "/downloads", 200, nil},
			{"audit", "/audit", 200, nil},
			{"help", "/help", 200, nil},
			{"menu-language", "/help", 200, pressing(`(//details/summary)[1]`)},
			{"menu-person", "/help", 200, pressing(`(//details/summary)[2]`)},
			{"not-found", "/licences/00000000", 404, nil},
			{"forbidden", "/imports", 403, nil},
			{"bad", "/?q=1&q=2", 400, nil},
			{"method", "/signout", 405, nil},
		}},
		{"lena@nordvik.example", []scene{
			{"reader-summary", "/", 200, nil},
			{"reader-keys", "/licences/74120935/keys?type=MAK", 200, nil},
			{"reader-key", key, 200, nil},
		}},
		{"dirk@nordvik.example", []scene{
			{"downloader-summary", "/", 200, nil},
			{"downloader-licence", "/licences/74120935", 200, nil},
		}},
		{"sofia@support.example", []scene{
			{"customers", "/", 200, nil},
			{"find-start", "/keys", 200, nil},
			{"find-none", "/keys?last5=ZZZZZ", 200, nil},
			{"find-one", "/keys?last5=X4T9B", 200, nil},
		}},
	}
}

// enter plays a scene up to where one looks at it.
func (b *tab) enter(s scene) {
	b.t.Helper()
	b.visit(s.path, s.status)
	if s.then != nil {
		s.then(b)
	}
}
