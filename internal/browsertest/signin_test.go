package browsertest_test

import (
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
)

func TestAWrongAccountIsToldSoAndLedToAnother(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.fails("/signin/callback")
	b.signIn("gast@nordvik.example")
	b.answered(403)
	b.sees(b.says("signin.no_account"), b.says("signin.no_account_what"), "gast@nordvik.example")
	b.follow(`//main//a[contains(@class, "primary")]`)
	b.choose("kevin@nordvik.example")
	b.answered(200)
	b.sees(b.says("licences.title"), "V6380217", "Kevin Haugen")
}

func TestCancellingAtTheProviderSignsNobodyIn(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "nl")
	b.fails("/signin/callback")
	b.visit("/downloads", 200)
	b.follow(`//button[@name="cancel"]`)
	b.answered(403)
	b.sees(b.says("signin.denied"))
	b.follow(`//main//a[contains(@class, "primary")]`)
	b.choose("kevin@nordvik.example")
	b.sees("Kevin Haugen")
}

// S-25: after sign-out nothing that Back brings up shows a key, or who it was.
func TestAfterSignOutBackShowsNoKey(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.fails("/signout")
	b.signIn("kevin@nordvik.example")
	b.visit("/licences/V6380217/keys", 200)
	b.click(`(//form[@data-reveal]/button)[1]`)
	b.until("the key shows in its row", anyShown)
	b.follow(`(//div[@class="acts"]/a)[1]`)
	b.fails(b.where() + "/reveal")
	b.follow(b.labelled("button", "key.reveal"))
	b.until("the key shows", anyShown)
	b.follow(b.labelled("nav//a", "nav.help"))
	b.goBack(1)
	b.signOut()
	b.sees(b.says("idp.signed_out"))
	b.follow(b.labelled("a", "idp.back"))
	b.sees("kevin@nordvik.example", "anna@nordvik.example")
	b.goBack(10)
	b.visit("/licences/V6380217/keys", 200)
	b.sees(b.says("idp.title"))
}

// signOut signs out by the menu, and waits for the provider to have heard of it.
func (b *tab) signOut() {
	b.t.Helper()
	b.visit("/help", 200)
	b.click(`//form[@action="/signout"]/ancestor::details/summary`)
	b.follow(b.labelled("button", "nav.signout"))
	b.until("the provider knows", `location.pathname.startsWith("/demo-idp/") && document.readyState === "complete"`)
}

// goBack goes back some pages, as far as there are any: none shows a key.
func (b *tab) goBack(pages int) {
	b.t.Helper()
	for range pages {
		history, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
		if err != nil {
			b.t.Fatal(err)
		}
		if history.CurrentIndex == 0 {
			return
		}
		to := history.Entries[history.CurrentIndex-1]
		b.do("go back", command(page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: to.ID}))
		b.until("the page is there", `document.readyState === "complete"`)
		if found := b.shown(); len(found) != 0 {
			b.t.Errorf("Back to %s shows %d keys", to.URL, len(found))
		}
	}
}
