package browsertest_test

import "strings"

// The first request of a list, and of the queue.
const (
	firstListed = `(//main//tbody//a[starts-with(@href, "/requests/")])[1]`
	firstQueued = `(//main//a[@data-step])[1]`
)

// requestPlays is the pages of requests, in every state and as each side sees them. key
// is the path of a counted key of licence ID 74120935 for which nobody has asked.
func requestPlays(key string) []play {
	asking := "/requests/new?kind=mak_increase&key=" + strings.TrimPrefix(key, "/keys/")
	return []play{
		{"anna@nordvik.example", []scene{
			{"request-submitted", "/requests?kind=mak_increase&state=submitted", 200, then(going(firstListed), opening)},
			{"request-waiting", "/requests?state=waiting", 200, going(firstListed)},
			{"request-answer-wrong", "/requests?state=waiting", 200, then(going(firstListed), answerNothing)},
			{"request-granted", "/requests?state=granted", 200, going(firstListed)},
			{"request-partly-granted", "/requests?state=partly_granted", 200, going(firstListed)},
			{"request-rejected", "/requests?state=rejected", 200, going(firstListed)},
			{"request-withdrawn", "/requests?state=withdrawn", 200, going(firstListed)},
			{"key-asked-for", "/requests?kind=mak_increase&state=submitted", 200, then(going(firstListed), going(`//main//dl//a[starts-with(@href, "/keys/")]`))},
		}},
		{"anna@nordvik.example", []scene{
			{"requests", "/requests", 200, nil},
			{"requests-none-found", "/requests?licence=99999999", 200, nil},
			{"choose-kind", "/requests/new", 200, nil},
			{"form-of-key", asking, 200, nil},
			{"form-exception", "/requests/new?kind=kms_exception", 200, nil},
			{"form-general", "/requests/new?kind=general", 200, nil},
			{"form-wrong", "/requests/new?kind=mak_increase", 200, askWrongly},
			{"notices", "/notices", 200, nil},
			{"account", "/account", 200, nil},
			{"outbox", "/outbox", 200, nil},
			{"mail", "/outbox", 200, going(`(//main//tbody//a)[1]`)},
			{"audit-filtered", "/audit?licence=74120935&action=request.filed&outcome=done", 200, nil},
			{"audit-none-found", "/audit?who=zzz", 200, nil},
		}},
		{"dirk@nordvik.example", []scene{
			{"requests-none", "/requests", 200, nil},
			{"notices-none", "/notices", 200, nil},
		}},
		{"sofia@support.example", []scene{
			{"queue", "/support", 200, nil},
			{"queue-none-found", "/support?customer=zzz", 200, nil},
			{"staff-requests", "/requests", 200, nil},
			{"file-for-customer", asking, 200, nil},
			{"decide", "/support?kind=mak_increase", 200, then(going(firstQueued), opening)},
			{"decide-wrong", "/support?kind=mak_increase", 200, then(going(firstQueued), grantWrongly)},
			{"decide-without-stock", "/requests?licence=5530742", 200, going(firstListed)},
			{"decide-by-vendor", "/requests?licence=84410026&state=submitted", 200, going(firstListed)},
			{"decide-barred", "/requests?licence=5530918", 200, going(firstListed)},
			{"decide-waiting", "/requests?state=waiting", 200, then(going(firstListed), opening)},
			{"decided-granted", "/requests?state=granted", 200, going(firstListed)},
			{"decided-rejected", "/requests?state=rejected", 200, going(firstListed)},
		}},
	}
}

// then does one thing after the other.
func then(steps ...func(*tab)) func(*tab) {
	return func(b *tab) {
		b.t.Helper()
		for _, step := range steps {
			step(b)
		}
	}
}

// opening opens what a request's page keeps folded.
func opening(b *tab) {
	b.t.Helper()
	if n := ask[int](b, `[...document.querySelectorAll("details.more")].map((e) => e.open = true).length`); n == 0 {
		b.t.Errorf("%s has nothing folded", b.where())
	}
}

func answerNothing(b *tab) {
	b.t.Helper()
	b.fill("answer-message", " ")
	b.refuses(b.where() + "/answer")
}

func grantWrongly(b *tab) {
	b.t.Helper()
	b.fill("approval-quantity", "1e3")
	b.refuses(b.where() + "/approval")
}

func askWrongly(b *tab) {
	b.t.Helper()
	for id, text := range map[string]string{"licence": "99999999", "product": "Office 1897", "last5": "X4T", "quantity": "1e3", "reason": "because"} {
		b.fill(id, text)
	}
	b.refuses("/requests")
}

// refuses sends a form that is not right, to where it posts.
func (b *tab) refuses(action string) {
	b.t.Helper()
	b.fails(action)
	b.send(action)
	b.answered(422)
}
