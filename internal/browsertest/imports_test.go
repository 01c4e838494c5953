package browsertest_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// Rows of a key file: two new keys, and one whose counter says nothing.
const (
	fileHead = "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n"
	goodMAK  = "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\tDEMO7-QW3RT-8KLMN-PX4CV-B6HJ9\tMAK\t 5/250\n"
	goodKey  = "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tWindows Server 2025 Standard\tDEMO8-ZX7CV-2BNMK-QW9RT-H3JP4\tVL Key\t 0/0\n"
	wrongRow = "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tWindows Server 2025 Standard\tDEMO9-QW3RT-8KLMN-PX4CV-K2MN5\tMAK\t many\n"
)

// S-35, S-58: a file is looked at before anything of it counts. One wrong row keeps all
// of it out.
func TestTheOperatorSendsAKeyFile(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	p.Work(t)
	b := open(t, p, "en")
	folder := b.keepDownloads()
	b.signIn("olli@operator.example")

	b.sendFile("broken.tsv", fileHead+goodMAK+wrongRow)
	b.sees(b.says("imports.problems"), b.says("imports.row.count_shape"), b.says("imports.nothing"))
	if line := ask[string](b, `document.querySelector("table[aria-labelledby=problems] tbody td").innerText`); line != "3" {
		t.Errorf("the problem is said to be on line %s, want 3", line)
	}
	if found := b.shown(); len(found) != 0 {
		t.Errorf("the preview shows %d keys", len(found))
	}
	if n := b.count(`form[action$='/apply']`); n != 0 {
		t.Error("a file with a wrong row can be taken in")
	}
	b.click(b.labelled("a", "imports.rejected"))
	rejected := arrived(t, folder, "keyhall-rejected-")
	if strings.Count(rejected, "\r\n") != 2 || !strings.Contains(rejected, b.says("imports.row.count_shape")) || inClear.MatchString(rejected) {
		t.Errorf("the file of wrong rows, which holds no key: %q", rejected)
	}
	isListed(t, p, false)

	b.sendFile("good.tsv", fileHead+goodMAK+goodKey)
	b.sees(b.says("imports.preview"), "B6HJ9", "H3JP4")
	isListed(t, p, false)
	b.follow(b.labelled("button", "imports.apply"))
	b.until("the file is taken in", fmt.Sprintf(`document.readyState === "complete" && document.body.innerText.includes(%q)`, b.says("imports.applied")))
	isListed(t, p, true)
	b.visit("/imports", 200)
	b.sees("good.tsv", "broken.tsv", b.says("imports.state.wrong"))
	kaisa := open(t, p, "fi")
	kaisa.signIn("kaisa@nordvik.example")
	kaisa.visit("/licences/74120935/keys", 200)
	kaisa.sees("B6HJ9", kaisa.says("meter.used", "Used", 5, "Total", 250))
}

// sendFile sends a key file, and waits until it was checked.
func (b *tab) sendFile(name, content string) {
	b.t.Helper()
	b.visit("/imports", 200)
	b.chooseFile(name, content)
	b.send("/imports")
	b.answered(200)
	b.until("the file is checked", `document.readyState === "complete" && document.querySelector("main dl.figures") !== null`)
	b.sees(name)
}

// chooseFile lets a form send a file of this name and content.
func (b *tab) chooseFile(name, content string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do("choose the file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
}

// isListed checks whether the new keys are on their licence ID's page.
func isListed(t *testing.T, p *browsertest.Portal, want bool) {
	t.Helper()
	page, err := io.ReadAll(p.SignIn(t, "kaisa@nordvik.example").Get("/licences/74120935/keys").Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, last5 := range []string{"B6HJ9", "H3JP4"} {
		if got := strings.Contains(string(page), last5); got != want {
			t.Errorf("the key that ends in %s is listed: %t, want %t", last5, got, want)
		}
	}
}
