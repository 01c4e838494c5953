package browsertest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
)

func TestAnAdministratorGoesFromSignInToTheKeyFile(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	folder := b.keepDownloads()

	b.signIn("anna@nordvik.example")
	b.sees("Relationship summary", "Nordvik Suomi Oy", "Nordvik Norge AS", "Anna Nyberg")
	b.follow(`//td/a[.="74120935"]`)
	b.sees("Licence ID 74120935", "Enterprise Agreement", "Nordvik Suomi Oy")
	b.click(`//a[contains(@href, "/licences/74120935/keys.tsv")]`)
	one := arrived(t, folder, "keyhall-keys-74120935-")
	checkFile(t, "the licence ID's file", one)

	b.follow(b.labelled(`nav//a`, "nav.keys"))
	b.click(`//a[@href="/keys.tsv"]`)
	all := arrived(t, folder, "keyhall-keys-all-")
	checkFile(t, "the profile's file", all)
	if strings.Count(all, "\r\n") <= strings.Count(one, "\r\n") {
		t.Error("the profile's file has no more rows than one licence ID's")
	}
	b.follow(b.labelled(`nav//a`, "nav.downloads"))
	b.sees("keyhall-keys-74120935-", "keyhall-keys-all-")
}

// keepDownloads lets files be saved, and says where.
func (b *tab) keepDownloads() string {
	b.t.Helper()
	folder := b.t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return folder
}

// arrived waits for a file that the browser saves, and reads it.
func arrived(t *testing.T, folder, start string) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(folder, start+"*.tsv"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 1 {
			content, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			return string(content)
		}
	}
	t.Fatalf("no file %s… was saved", start)
	return ""
}

// checkFile looks at the bytes of a key file: a mark that says UTF-8, the headings,
// a key in each row, and the MAK that the world is known by.
func checkFile(t *testing.T, what, content string) {
	t.Helper()
	const head = "\ufeffLicense ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\r\n"
	if !strings.HasPrefix(content, head) {
		t.Errorf("%s begins with %q", what, content[:min(len(content), 160)])
	}
	rows := strings.Split(strings.TrimSuffix(content, "\r\n"), "\r\n")[1:]
	if len(rows) < 5 {
		t.Errorf("%s has %d rows", what, len(rows))
	}
	known := 0
	for _, row := range rows {
		cells := strings.Split(row, "\t")
		if len(cells) != 7 || !fullKey.MatchString(cells[4]) {
			t.Errorf("%s: a row without its key, or not of seven cells: %q", what, row)
		}
		if cells[0] == "74120935" && strings.HasSuffix(cells[4], "-X4T9B") && cells[5] == "MAK" && cells[6] == " 98/100" {
			known++
		}
	}
	if known != 1 {
		t.Errorf("%s has the MAK that ends in X4T9B %d times, want once", what, known)
	}
}
