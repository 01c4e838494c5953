package browsertest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/i18n"
)

var errNoBrowser = errors.New("no Chromium on this machine: install the package chromium to walk the journeys")

// chromium is the one process of this package, started by the first test that needs it.
var chromium = sync.OnceValues(startBrowser)

var stopBrowser = func() {}

func startBrowser() (context.Context, error) {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		return nil, errNoBrowser
	}
	profile, err := os.MkdirTemp("", "keyhall-browser-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("mute-audio", true),
	)
	process, kill := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(process)
	stopBrowser = func() {
		leave()
		kill()
		_ = os.RemoveAll(profile) // lies in the temporary folder
	}
	return ctx, chromedp.Do(ctx)
}

// The texts of every page that any journey saw have been there, or the run fails.
func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	for _, defect := range i18n.Defects() {
		fmt.Fprintln(os.Stderr, "a text is missing:", defect)
		code = max(code, 1)
	}
	os.Exit(code)
}
