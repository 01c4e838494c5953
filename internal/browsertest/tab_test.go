package browsertest_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/i18n"
)

// tab is a browser window with cookies of its own, and what a person does in it.
type tab struct {
	t       *testing.T
	ctx     context.Context
	base    string
	lang    string
	mu      sync.Mutex
	dark    bool            // its colour scheme
	faulty  map[string]bool // paths that are meant to answer with an error
	deaf    bool            // nothing is noted for the moment
	wrongs  []string        // what the console complained about
	address string          // of the page that came last, and its status
	status  int64
}

// patience is how long anything on a page may take, on a machine that is very busy: what
// takes longer hangs.
const patience = 2 * time.Minute

// open opens a window whose reader wants a language. When the test ends, the console
// must have had nothing to complain about: no error, nothing against the policy.
func open(t *testing.T, p *browsertest.Portal, lang string) *tab {
	t.Helper()
	whole, err := chromium()
	if errors.Is(err, errNoBrowser) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, base: p.URL, lang: lang, faulty: map[string]bool{}}
	ctx, leave := chromedp.NewContext(whole, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.hear))
	t.Cleanup(leave)
	b.ctx = ctx
	// A window lives as long as the context of its first step.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b.do("open a window", chromedp.EmulateViewport(1280, 900), command(log.Enable, cdp.Empty{}),
		command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		command(network.Enable, network.EnableParams{}),
		command(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}}),
		command(network.SetCookie, network.SetCookieParams{Name: "lang", Value: lang, URL: p.URL}),
	)
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, w := range b.wrongs {
			t.Error("console:", w)
		}
	})
	return b
}

// command makes a step of a command of the DevTools protocol.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// hear notes what goes wrong on a page. That the browser says of an error page that it
// came with an error is not one of those.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deaf {
		return
	}
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.wrongs = append(b.wrongs, fmt.Sprintf("%s: %v", e.ExceptionDetails.URL, e.ExceptionDetails.Text))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.wrongs = append(b.wrongs, fmt.Sprintf("%s: %v", e.Type, e.Args))
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			b.address, b.status = e.Response.URL, e.Response.Status
		}
	case *log.EventEntryAdded:
		entry := e.Entry
		if entry.Level == log.EntryLevelError && !(entry.Source == log.EntrySourceNetwork && b.mayFail(entry.URL)) {
			b.wrongs = append(b.wrongs, fmt.Sprintf("%s: %s (%s)", entry.Source, entry.Text, entry.URL))
		}
	}
}

func (b *tab) deafen(deaf bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deaf = deaf
}

// mayFail reports whether an address is meant to answer with an error, or is the icon
// that browsers ask for on pages that name none, such as the demo provider's.
func (b *tab) mayFail(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (b.faulty[u.Path] || u.Path == "/favicon.ico")
}

// fails says of paths that they are meant to answer with an error.
func (b *tab) fails(paths ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, path := range paths {
		b.faulty[path] = true
	}
}

// do takes steps, and ends the test at one that can't be taken.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v, on the page %s", what, err, b.words())
	}
}

// ask evaluates JavaScript on the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression[:min(len(expression), 200)], err)
	}
	return answer
}

// visit types an address of the portal. It must answer with a status, usually 200.
func (b *tab) visit(path string, status int64) {
	b.t.Helper()
	if only, _, _ := strings.Cut(path, "?"); status >= 400 {
		b.fails(only)
	}
	b.leaveBy("visit "+path, command(page.Navigate, page.NavigateParams{URL: b.base + path}))
	b.answered(status)
}

// answered checks the status that the page came with.
func (b *tab) answered(status int64) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.status != status {
		b.t.Fatalf("%s: got %d, want %d", b.address, b.status, status)
	}
}

// click clicks something that changes the page one is on.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(chromedp.Search(selector), chromedp.NodeVisible))
}

// follow clicks something that leads to another page, and waits for that.
func (b *tab) follow(selector string) {
	b.t.Helper()
	b.leaveBy("follow "+selector, chromedp.Click(chromedp.Search(selector), chromedp.NodeVisible))
}

// leaveBy does something that leads to another page, and waits for that.
func (b *tab) leaveBy(what string, step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step)); err != nil {
		b.t.Fatalf("%s: %v, on the page %s", what, err, b.words())
	}
}

// labelled is what has a label that a person reads.
func (b *tab) labelled(element, key string) string {
	return fmt.Sprintf("//%s[contains(normalize-space(.), %q)]", element, b.says(key))
}

// says is a message in the reader's language.
func (b *tab) says(key string, args ...any) string {
	return i18n.T(i18n.With(b.t.Context(), b.lang), key, args...)
}

// words is what stands on the page, as its reader sees it.
func (b *tab) words() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// sees checks that the page shows texts.
func (b *tab) sees(texts ...string) {
	b.t.Helper()
	shown := b.words()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Errorf("%s doesn't show %q: %s", b.where(), text, shown)
		}
	}
}

// where is the path of the page.
func (b *tab) where() string {
	b.t.Helper()
	u, err := url.Parse(ask[string](b, `location.href`))
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Path
}

// until waits for something to be so on the page.
func (b *tab) until(what, condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		// Between two pages there is nothing to ask: that is not an answer.
		if so, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition)); err == nil && so {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	b.t.Fatalf("%s: it never was so, on the page %s", what, b.words())
}

// signIn signs in through the demo's provider, from the first page on.
func (b *tab) signIn(email string) {
	b.t.Helper()
	b.visit("/", 200)
	b.choose(email)
}

// choose picks an account on the provider's page. It presses the button itself, not the
// place where it was: the page may still be moving as its style arrives, and how people
// sign in to the demo is looked at elsewhere.
func (b *tab) choose(email string) {
	b.t.Helper()
	press := fmt.Sprintf("document.querySelector('button[value=%q]').click()", email)
	b.leaveBy("sign in as "+email, command(runtime.Evaluate, runtime.EvaluateParams{Expression: press}))
}
