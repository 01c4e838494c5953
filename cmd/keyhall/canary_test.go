package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/canary"
)

const keyFileHead = "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n"

// keyRow is a row of a key file, of a MAK that is new.
func keyRow(key string) string {
	return "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\t" + key + "\tMAK\t 3/50\n"
}

// S-59: keys in files that the program takes in, from the terminal or from a browser,
// whole or broken, lie nowhere afterwards but sealed: not in what the program prints, logs
// or sends elsewhere, nor in the queue or the rest of the database.
func TestTheProgramLeavesNoKeyAnywhere(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "olli@operator.example", requester)
	i.env = append(i.env, "KEYHALL_LOG_LEVEL=debug")
	before := len(canary.ServerLog(t, i.db.SuperURL, 0))
	stored, broken, sent := canary.New(), canary.New(), canary.New()
	places := map[string][]byte{"the terminal": imported(i, stored, broken)}
	elsewhere := i.listens()
	n := i.start()
	n.use(stored)
	n.sends("broken_"+broken+".tsv", brokenFile(broken))
	n.sends("no_headings.tsv", broken+"\t"+broken+"\n")
	n.fails(sent)
	for where, got := range elsewhere {
		reached(t, where, got)
	}
	n.kill()
	for where, got := range elsewhere {
		places[where] = got.Bytes()
	}
	places["the log"] = n.said.Bytes()
	places["audit stream"] = []byte(i.says("audit", "stream"))
	places["checkpoints that are printed"] = []byte(i.says("audit", "checkpoint"))
	places["PostgreSQL's log"] = append(canary.ServerLog(t, i.db.SuperURL, before), "its end"...)
	places["the database"] = canary.Dump(t, i.db.SuperURL)
	canary.Sweep(t, places, stored, broken, sent)
	if !bytes.Contains(places["the log"], []byte("no_more_keys")) || !bytes.Contains(places["the database"], []byte("no_more_keys")) {
		t.Error("neither log nor queue tell of the job that failed: the sweep proves nothing of them")
	}
}

// brokenFile has a key wherever one may slip to, and rows that are wrong in other ways.
func brokenFile(key string) string {
	row := func(cells ...string) string { return strings.Join(cells, "\t") + "\n" }
	bare := strings.ReplaceAll(key, "-", "")
	return keyFileHead +
		row(key, "Enterprise Agreement", "Nordvik Suomi Oy", "Office LTSC 2024 Professional Plus", "", "MAK", "3/50") +
		row("74120935", key, "Nordvik Suomi Oy", "Office LTSC 2024 Professional Plus", key, "MAK", "3/50") +
		row("74120935", "Enterprise Agreement", "of "+key, bare, key, "MAK", "3/50") +
		row("74120935", "Enterprise Agreement", "Nordvik Suomi Oy", strings.ReplaceAll(key, "-", " "), "MAK", key, "3/50") +
		row("74120935", "Enterprise Agreement", "Nordvik Suomi Oy", "Office LTSC 2024 Professional Plus", key, key, "x"+key+"y") +
		row("74120935", "Enterprise Agreement", "Nordvik Suomi Oy", "Office LTSC 2024 Professional Plus", key+key, "MAK", "9/1") +
		row("74120935", "Enterprise Agreement", "Nordvik Suomi Oy", "Office LTSC 2024 Professional Plus", key[:28], "MAK", key+"/"+key) +
		row("99999999", "Enterprise Agreement", "Nordvik Suomi Oy", "No such product", key, "MAK", "five") +
		row("74120935", "Enterprise Agreement", key) +
		keyRow(key) + keyRow(key)
}

// imported takes in key files at the terminal, and returns all that is said there.
func imported(i *installation, stored, broken string) []byte {
	i.t.Helper()
	dir := i.t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			i.t.Fatal(err)
		}
		return path
	}
	whole := write("keys_"+stored+".tsv", keyFileHead+keyRow(stored))
	wrong := write("broken.tsv", brokenFile(broken))
	var said bytes.Buffer
	for _, line := range [][]string{
		{wrong},
		{wrong, "-apply"},
		{wrong, "-apply", "-create"},
		{whole},
		{whole, "-apply"},
		{whole, "-apply", "-create"},
		{write("headings.tsv", broken+"\tProduct\t"+broken+"\n"+keyRow(broken))},
		{write("twice.tsv", "License ID\tProduct\tProduct Key\tProduct Key\tType\n"+keyRow(broken))},
		{write("archive.tsv", "PK\x03\x04"+broken)},
		{write("bytes.tsv", keyFileHead+"\xff\xfe\x00"+broken+"\x00\n")},
		{filepath.Join(dir, "nothing.tsv")},
	} {
		c, complaints := i.command(append([]string{"import", "keys"}, line...)...)
		out, _ := c.Output() // most of them are refused
		said.Write(out)
		said.Write(complaints.Bytes())
	}
	if n := i.ask(`SELECT count(*) FROM keys WHERE last5 = $1`, stored[len(stored)-5:]); n != 1 {
		i.t.Fatalf("keys that were taken in: got %d, want 1: %s", n, &said)
	}
	return said.Bytes()
}

// listens runs a webhook and a syslog server, and has the audit log go to them.
func (i *installation) listens() map[string]*canary.Notebook {
	i.t.Helper()
	webhook, syslog := &canary.Notebook{}, &canary.Notebook{}
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.Header.Write(webhook)
		_, _ = io.Copy(webhook, r.Body) // what is cut off comes again
	}))
	i.t.Cleanup(s.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(syslog, c)
			_ = c.Close()
		}
	}()
	dir := i.t.TempDir()
	roots := filepath.Join(dir, "roots.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(roots, certificate, 0o600); err != nil {
		i.t.Fatal(err)
	}
	i.env = append(i.env, "KEYHALL_CHECKPOINT_KEY="+filepath.Join(dir, "key"))
	i.says("audit", "key", "create")
	to := s.URL + ",syslog://" + l.Addr().String()
	i.env = append(i.env, "SSL_CERT_FILE="+roots, "KEYHALL_WEBHOOK_ALLOW=127.0.0.1/32", "KEYHALL_AUDIT_STREAM="+to, "KEYHALL_CHECKPOINTS="+to)
	return map[string]*canary.Notebook{"the webhook": webhook, "the syslog server": syslog}
}

// reached waits until a place has heard of a key that was shown, and of a checkpoint.
func reached(t *testing.T, where string, got *canary.Notebook) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if text := got.Bytes(); bytes.Contains(text, []byte("key.revealed")) && bytes.Contains(text, []byte(`"signature"`)) {
			return
		}
	}
	t.Errorf("%s was not told that a key was shown, or of no checkpoint: %.2000s", where, got.Bytes())
}

// use looks for a key, shows it, and types it where it does not belong.
func (n *instance) use(key string) {
	n.i.t.Helper()
	const form = "application/x-www-form-urlencoded"
	status, path := n.send(requester, "/search", form, strings.NewReader("q="+key))
	if status != http.StatusSeeOther || !strings.HasPrefix(path, "/keys/") {
		n.i.t.Errorf("look for a key: got %d to %q", status, path)
	}
	if got := n.post(requester, path+"/reveal", url.Values{"purpose": {"copy"}}); got != http.StatusOK {
		n.i.t.Errorf("show a key: got %d, want 200", got)
	}
	for _, path := range []string{"/search?q=" + key, "/keys/" + key + "/reveal", "/" + key} {
		n.post(requester, path, url.Values{key: {key}, "q": {"no " + key}})
	}
}

// sends sends a key file as the operator, and waits until it was looked at; "" is the
// path of one that is refused at once.
func (n *instance) sends(name, content string) (path string) {
	n.i.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("once", uuid.NewString())
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		n.i.t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	_ = form.Close()
	status, path := n.send("olli@operator.example", "/imports", form.FormDataContentType(), &b)
	if status == 0 || status >= 500 {
		n.i.t.Fatalf("send %s: got %d", name, status)
	}
	n.i.until(0, `SELECT count(*) FROM uploads WHERE state IN ('receiving', 'received', 'checking')`)
	return path
}

// fails sends a file that is all right, and has the database refuse its key when a job
// takes it in.
func (n *instance) fails(key string) {
	n.i.t.Helper()
	path := n.sends("keys.tsv", keyFileHead+keyRow(key))
	n.i.tamper(`ALTER TABLE keys ADD CONSTRAINT no_more_keys CHECK (last5 <> '` + key[len(key)-5:] + `')`)
	if got := n.post("olli@operator.example", path+"/apply", url.Values{"once": {uuid.NewString()}}); got != http.StatusSeeOther {
		n.i.t.Errorf("take %s in: got %d, want 303", path, got)
	}
	n.i.until(1, `SELECT count(*) FROM river_job WHERE kind = 'apply_upload' AND cardinality(errors) > 0`)
}

// until waits for an answer to be what is wanted, and not for ever.
func (i *installation) until(want int64, question string) {
	i.t.Helper()
	for end := time.Now().Add(time.Minute); i.ask(question) != want; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			i.t.Fatalf("%s: never got %d", question, want)
		}
	}
}
