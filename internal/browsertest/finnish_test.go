package browsertest_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/i18n"
)

func TestFinnishWithoutScriptDoesEverything(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "fi")
	b.withoutScript()
	folder := b.keepDownloads()

	b.signIn("kaisa@nordvik.example")
	b.sees("Sopimussuhteiden yhteenveto", "Kaisa Virtanen", "Nordvik Suomi Oy")
	b.follow(`//td/a[.="74120935"]`)
	b.sees("Lisenssitunnus", b.says("licence.starts"))
	b.follow(`//nav//a[@href="/licences/74120935/keys"]`)
	b.sees("X4T9B", b.says("key.reveal"), b.says("keys.terms"))
	b.narrowTo("MAK")
	b.sees("X4T9B")
	if n := ask[int](b, `[...document.querySelectorAll(".key > .tag")].filter((e) => !e.classList.contains("mak")).length`); n != 0 {
		t.Errorf("narrowed to MAK: %d keys of other types", n)
	}
	b.follow(`//div[@class="key"][contains(., "X4T9B")]//form/button`)
	if found := b.shown(); len(found) != 1 {
		t.Errorf("a reveal: %d keys in clear", len(found))
	}
	b.sees(b.says("key.hide"), b.says("key.recorded"))
	b.follow(b.labelled("a", "key.hide"))
	b.visit("/licences/74120935", 200)
	b.click(b.labelled("main//a", "file.one"))
	checkFile(t, "the file", arrived(t, folder, "keyhall-keys-74120935-"))

	b.signOut()
	b.sees("Olet kirjautunut ulos")
	if defects := i18n.Defects(); len(defects) != 0 {
		t.Errorf("texts are missing: %q", defects)
	}
}

// narrowTo chooses a type of key by its first letters, as the keyboard does.
func (b *tab) narrowTo(keyType string) {
	b.t.Helper()
	b.do("choose a type", chromedp.Focus(chromedp.CSS("#type")))
	b.press(b.says("key.type_long." + keyType)[:3])
	b.follow(b.labelled("form//button", "filter.show"))
}
