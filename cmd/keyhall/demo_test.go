package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/localpg"
	"github.com/keyhall/keyhall/internal/store"
)

// trial is a data folder and the settings of a demo in it.
func trial(t *testing.T) config.Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	// PostgreSQL's user may not enter t.TempDir.
	dir, err := os.MkdirTemp("", "keyhall-demo-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := config.Read(map[string]string{
		"KEYHALL_LISTEN": l.Addr().String(), "KEYHALL_DATA_DIR": filepath.Join(dir, "data"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// started runs the demo until the returned function stops it, and returns when it is
// ready.
func started(t *testing.T, c config.Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- demoCommand{}.Run(ctx, c) }()
	for {
		select {
		case err := <-ended:
			cancel()
			if errors.Is(err, localpg.ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			}
			t.Fatalf("keyhall demo: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if status, _ := get(t, c.DemoBaseURL()+"/readyz"); status == http.StatusOK {
			break
		}
	}
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("stop the demo: %v", err)
		}
	}
}

// get returns status and body, without following redirects; 0 if nobody answers.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	client := http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Get(address)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

const oneKey = "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n" +
	"74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\tDEMO1-7QK2M-HV3CR-9PWXT-ZZ4W2\tMAK\t 3/50\n"

// The demo comes up from nothing, other commands join it, and nothing stays running.
func TestTheDemoFromNothing(t *testing.T) {
	t.Parallel()
	c := trial(t)
	stop := started(t, c)
	if status, _ := get(t, c.DemoBaseURL()+"/licences"); status != http.StatusSeeOther {
		t.Errorf("a stranger's GET /licences: got %d, want 303", status)
	}
	if _, body := get(t, c.DemoBaseURL()+demoPath+"/.well-known/openid-configuration"); !strings.Contains(body, c.DemoBaseURL()+demoPath) {
		t.Errorf("the demo's provider: got %s", body)
	}
	signInAtTheDemo(t, c.DemoBaseURL())
	if err := (auditVerify{}).Run(t.Context(), c); err != nil {
		t.Errorf("verify the audit log beside the demo: %v", err)
	}
	if status, _ := get(t, c.DemoBaseURL()+"/readyz"); status != http.StatusOK {
		t.Errorf("after another command left: got %d, want the demo's database still there", status)
	}
	stop()
	if _, err := os.Stat(filepath.Join(c.DataDir, "localpg", "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the stop the private PostgreSQL still runs: %v", err)
	}

	file := filepath.Join(t.TempDir(), "keys.tsv")
	if err := os.WriteFile(file, []byte(oneKey), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, apply := range []bool{false, true, true} {
		if err := (importKeys{File: file, Apply: apply}).Run(t.Context(), c); err != nil {
			t.Errorf("import keys, apply %t: %v", apply, err)
		}
	}
	c.BaseURL = strings.Replace(c.DemoBaseURL(), "127.0.0.1", "localhost", 1) // its people may come by another name
	started(t, c)()
}

// signInAtTheDemo looks where people sign in: straight at the first provider, or at the
// branch's own, for whoever asks where else.
func signInAtTheDemo(t *testing.T, base string) {
	t.Helper()
	for path, want := range map[string]string{
		"/signin": demoPath + "/authorize?",
		"/signin?login_hint=femke@nl.nordvik.example":             demoPath + "/authorize?",
		"/signin?provider=nederland":                              demoPath + "/nederland/authorize?",
		"/signin?provider=":                                       "",
		"/signin?provider=&login_hint=femke%40nl.nordvik.example": "",
	} {
		res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if got := res.Header.Get("Location"); want != "" && !strings.HasPrefix(got, base+want) || want == "" && (got != "" || !strings.Contains(string(body), "provider=nederland")) {
			t.Errorf("%s: got %d to %q, want %q", path, res.StatusCode, got, want)
		}
	}
	if _, body := get(t, base+demoPath+"/nederland/.well-known/openid-configuration"); !strings.Contains(body, `"`+base+demoPath+`/nederland"`) {
		t.Errorf("the branch's provider: got %s", body)
	}
}

// S-42: the demo's accounts have no password, so the demo keeps away from real data.
func TestTheDemoTouchesNoOtherData(t *testing.T) {
	t.Parallel()
	c := trial(t)
	addProgramme(t, c)
	err := demoCommand{}.Run(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "something else than the demo") {
		t.Errorf("the demo over other data: got %v, want a refusal", err)
	}
}

// addProgramme makes the private database of a data folder one that is not the demo's.
func addProgramme(t *testing.T, c config.Config) {
	t.Helper()
	db, s, err := openTool(t.Context(), c, nil)
	if errors.Is(err, localpg.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddProgramme(t.Context(), store.AtCommandLine("olli"), licensing.Programme{
		ID: "ours", Name: "Ours", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotPool, KMSRule: licensing.KMSByDefault,
	}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := db.leave(); err != nil {
		t.Fatal(err)
	}
}

// One of two files is a loss to be told of, not a reason to make the other anew.
func TestHalfAKeysetIsNotMadeGood(t *testing.T) {
	t.Parallel()
	c := config.Config{Keyset: filepath.Join(t.TempDir(), "keyset")}
	c.KEK = c.Keyset + ".kek"
	if _, err := demoVault(c); err != nil {
		t.Fatalf("the first time: %v", err)
	}
	if err := os.Remove(c.KEK); err != nil {
		t.Fatal(err)
	}
	if _, err := demoVault(c); err == nil || !missing(c.KEK) {
		t.Errorf("without the KEK: got %v, want an error and no new KEK", err)
	}
}
