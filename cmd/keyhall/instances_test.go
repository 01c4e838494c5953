package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/pgtest"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// asProgram makes the test binary the program itself, so that tests can start it, and
// kill it.
const asProgram = "KEYHALL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(crashes) != "" {
		crash()
	}
	if os.Getenv(asProgram) != "" {
		_ = os.Unsetenv(asProgram)
		os.Args = append([]string{"keyhall"}, os.Args[1:]...)
		main()
		return
	}
	os.Exit(m.Run())
}

// installation is one database with the demo's world, and programs that serve it.
type installation struct {
	t     testing.TB
	db    *pgtest.DB
	store *store.Store
	env   []string
	token map[string]string // of a session, by the account's address
	asked licensing.Viewer  // who files what is decided
	keys  []licensing.Key
	first int64 // number of the last request that the demo's world came with
}

const issuerOfTests = "http://127.0.0.1:1/idp"

func newInstallation(t testing.TB, people ...string) *installation {
	t.Helper()
	dir := t.TempDir()
	keyset := filepath.Join(dir, "keyset")
	if err := vault.CreateFiles(keyset, keyset+".kek"); err != nil {
		t.Fatal(err)
	}
	v, err := vault.LoadFiles(keyset, keyset+".kek")
	if err != nil {
		t.Fatal(err)
	}
	i := &installation{t: t, db: pgtest.New(t), token: map[string]string{}}
	if i.store, err = store.Open(t.Context(), i.db.ServeURL, v); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.store.Close)
	if err := demo.Build(t.Context(), i.store, issuerOfTests, demo.Options{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	i.env = append(os.Environ(), asProgram+"=1", "KEYHALL_DATABASE_URL="+i.db.ServeURL, "KEYHALL_KEYSET="+keyset,
		"KEYHALL_OIDC_ISSUER="+issuerOfTests, "KEYHALL_OIDC_CLIENT_ID=keyhall", "KEYHALL_OIDC_CLIENT_SECRET=only a test", "KEYHALL_LOG_LEVEL=error")
	for _, p := range people {
		i.signIn(p)
	}
	i.asked = i.as("kaisa@nordvik.example")
	all, err := i.store.Keys(t.Context(), i.asked, "74120935", licensing.KeyFilter{Type: licensing.MAK})
	if err != nil || len(all.Keys) == 0 {
		t.Fatalf("the MAKs of 74120935: %d, %v", len(all.Keys), err)
	}
	i.keys, i.first = all.Keys, i.ask(`SELECT coalesce(max(id), 0) FROM requests`)
	return i
}

func (i *installation) as(email string) licensing.Viewer {
	i.t.Helper()
	person, err := i.store.PersonByIdentity(i.t.Context(), issuerOfTests, subjectFor(i.t, email))
	if err != nil {
		i.t.Fatal(err)
	}
	v, err := i.store.Viewer(i.t.Context(), licensing.Session{PersonID: person, Issuer: issuerOfTests})
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

func subjectFor(t testing.TB, email string) string {
	t.Helper()
	for _, a := range demo.Accounts() {
		if a.Email == email {
			return a.Subject
		}
	}
	t.Fatalf("no account %s", email)
	return ""
}

// signIn puts a session into the database, as a sign-in does.
func (i *installation) signIn(email string) {
	i.t.Helper()
	token := strings.ReplaceAll(uuid.NewString(), "-", "")
	i.ask(`WITH s AS (INSERT INTO sessions (hash, person_id, issuer, subject, auth_time, last_seen, ends_at)
SELECT sha256(convert_to($1, 'UTF8')), person_id, issuer, subject, now(), now(), now() + interval '1 hour' FROM identities WHERE issuer = $2 AND subject = $3 RETURNING 1)
SELECT count(*) FROM s`, token, issuerOfTests, subjectFor(i.t, email))
	i.token[email] = token
}

// ask puts a question with one number for an answer, past every wall.
func (i *installation) ask(sql string, args ...any) (n int64) {
	i.t.Helper()
	ctx := context.WithoutCancel(i.t.Context())
	c, err := pgx.Connect(ctx, i.db.SuperURL)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if err := c.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		i.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// file files a request for more of a MAK.
func (i *installation) file(key licensing.Key, quantity int) int64 {
	id, err := i.store.SubmitRequest(i.t.Context(), i.asked, licensing.Filing{
		Kind: licensing.MAKIncrease, Key: key.ID, Quantity: strconv.Itoa(quantity), Reason: "New laptops for the schools.",
		Duplicate: true, Language: "en", At: time.Now(),
	}, licensing.Once{Route: "/requests", Key: uuid.NewString()})
	if err != nil {
		i.t.Errorf("file a request: %v", err)
	}
	return id
}

// instance is one running program.
type instance struct {
	i       *installation
	address string
	program *exec.Cmd
	said    *bytes.Buffer
}

// start starts a program on a port of its own and waits until it answers.
func (i *installation) start() *instance {
	i.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	n := &instance{i: i, address: l.Addr().String()}
	_ = l.Close()
	n.run()
	i.t.Cleanup(n.kill)
	return n
}

func (n *instance) run() {
	n.i.t.Helper()
	n.said = &bytes.Buffer{}
	n.program = exec.Command(os.Args[0], "serve")
	n.program.Env = append(n.i.env, "KEYHALL_LISTEN="+n.address, "KEYHALL_BASE_URL=http://"+n.address)
	n.program.Stderr = n.said
	if err := n.program.Start(); err != nil {
		n.i.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if res, err := http.Get("http://" + n.address + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			n.i.t.Fatalf("the program does not answer; it said: %s", n.said)
		}
	}
}

// kill is kill -9.
func (n *instance) kill() {
	_ = n.program.Process.Kill()
	_ = n.program.Wait()
}

// client follows no redirect, and waits no longer than people do.
var client = http.Client{
	Timeout:       20 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true},
}

// post sends a form as somebody; 0 if no answer came.
func (n *instance) post(email, path string, form url.Values) int {
	status, _ := n.send(email, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	return status
}

// send posts a body as somebody, and returns where the answer leads to as well.
func (n *instance) send(email, path, kind string, body io.Reader) (status int, to string) {
	r, err := http.NewRequest(http.MethodPost, "http://"+n.address+path, body)
	if err != nil {
		return 0, ""
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "http://"+n.address)
	r.AddCookie(&http.Cookie{Name: "keyhall", Value: n.i.token[email]})
	res, err := client.Do(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, ""
	}
	return res.StatusCode, res.Header.Get("Location")
}

// approval is a form that grants n.
func approval(n int) url.Values {
	return url.Values{"once": {uuid.NewString()}, "version": {"1"}, "quantity": {strconv.Itoa(n)}}
}

// sound checks what must hold whatever happened: what keys may be used for is what they
// came with and what was granted, and each grant stands once in every book.
func (i *installation) sound(before int64) {
	i.t.Helper()
	const granted = `FROM requests WHERE state IN ('granted', 'partly_granted') AND key_id = ANY ($1) AND id > $2`
	ids := make([]uuid.UUID, len(i.keys))
	for n, k := range i.keys {
		ids[n] = k.ID
	}
	totals, sum := i.ask(`SELECT sum(total) FROM keys WHERE id = ANY ($1)`, ids), i.ask(`SELECT coalesce(sum(granted), 0) `+granted, ids, i.first)
	if totals != before+sum {
		i.t.Errorf("the keys' totals: got %d, want %d and %d granted", totals, before, sum)
	}
	for book, sql := range map[string]string{
		"ledger":        `SELECT count(*) FROM limit_entries e WHERE e.request_id = r.id AND e.new - e.old = r.granted`,
		"events":        `SELECT count(*) FROM request_events e WHERE e.request_id = r.id AND e.kind = r.state`,
		"audit log":     `SELECT count(*) FROM audit a WHERE a.object = 'request/' || r.id AND a.action = 'request.' || r.state AND a.outcome = 'done'`,
		"notices":       `SELECT count(*) FROM notices n WHERE n.request_id = r.id AND n.event = r.state`,
		"outgoing mail": `SELECT count(*) FROM mails m WHERE m.request_id = r.id AND m.event = r.state`,
	} {
		if wrong := i.ask(`SELECT count(*) FROM (SELECT * `+granted+`) r WHERE (`+sql+`) <> 1`, ids, i.first); wrong != 0 {
			i.t.Errorf("grants that don't stand in the %s once: got %d", book, wrong)
		}
	}
	if bad, err := i.store.VerifyAudit(i.t.Context()); err != nil || bad != nil {
		i.t.Errorf("the audit chains: got %+v, %v", bad, err)
	}
	if wrong, err := i.store.VerifyCounters(i.t.Context()); err != nil || wrong != 0 {
		i.t.Errorf("licence IDs with wrong counters: got %d, %v", wrong, err)
	}
}

func (i *installation) totals() int64 {
	var sum int64
	for _, k := range i.keys {
		sum += int64(k.Total)
	}
	return sum
}

const (
	anAgent   = "sofia@support.example"
	another   = "samuel@support.example"
	requester = "kaisa@nordvik.example"
)

// S-12, S-17, R18: fifty presses at once of grant, reject and withdraw on one request,
// through two programs on one database, have one effect, and nobody sees a fault. Whom a
// busy machine tells to come back presses again.
func TestFiftyPressesThroughTwoPrograms(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, anAgent, another, requester)
	programs := []*instance{i.start(), i.start()}
	for round := range 6 {
		id := i.file(i.keys[0], 50)
		path := fmt.Sprintf("/requests/%d/", id)
		same := approval(20)
		status := make([]int, 50)
		var wg sync.WaitGroup
		for n := range status {
			wg.Go(func() {
				at := programs[n%2]
				press := func(who, do string, form url.Values) (answer int) {
					for answer = http.StatusServiceUnavailable; answer == http.StatusServiceUnavailable; {
						answer = at.post(who, path+do, form)
					}
					return answer
				}
				form := url.Values{"once": {uuid.NewString()}, "version": {"1"}, "reason": {"enough_left"}, "message": {"There is enough left."}}
				switch {
				case round == 0: // one form, pressed fifty times
					status[n] = press(anAgent, "approval", same)
				case n%3 == 0:
					status[n] = press(anAgent, "approval", approval(20))
				case n%3 == 1:
					status[n] = press(another, "rejection", form)
				default:
					status[n] = press(requester, "withdrawal", form)
				}
			})
		}
		wg.Wait()
		done := 0
		for _, s := range status {
			if s == http.StatusSeeOther {
				done++
			} else if s != http.StatusConflict {
				t.Errorf("round %d: a press was answered %d, want 303 or 409", round, s)
			}
		}
		if want := map[bool]int{true: 50, false: 1}[round == 0]; done != want {
			t.Errorf("round %d: got %d presses carried out, want %d", round, done, want)
		}
		if n := i.ask(`SELECT count(*) FROM request_events WHERE request_id = $1 AND kind <> 'filed'`, id); n != 1 {
			t.Errorf("round %d: got %d events, want 1", round, n)
		}
	}
	i.sound(i.totals())
}

// kills is how often a program is killed while approvals are under way.
const kills = 200

// R1: whatever was acknowledged is there, and nothing is there twice, however often a
// program is killed with kill -9 during approvals.
func TestNothingIsLostOrDoubledByKills(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, anAgent, another)
	programs := []*instance{i.start(), i.start()}
	work := &approving{i: i, programs: programs, end: make(chan struct{}), acknowledged: map[int64]int{}}
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() { work.approve([]string{anAgent, another}[n%2]) })
	}
	for n := range kills {
		time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
		programs[n%2].kill()
		programs[n%2].run()
	}
	close(work.end)
	wg.Wait()
	for id, granted := range work.acknowledged {
		if n := i.ask(`SELECT coalesce(sum(granted), 0) FROM requests WHERE id = $1 AND state = 'partly_granted'`, id); n != int64(granted) {
			t.Errorf("request %d: acknowledged a grant of %d, there is one of %d", id, granted, n)
		}
	}
	t.Logf("%d kills, %d approvals acknowledged, %d tries without an answer", kills, len(work.acknowledged), work.unanswered)
	if len(work.acknowledged) < kills/4 || work.unanswered == 0 {
		t.Errorf("%d approvals, %d unanswered: too few to have met a kill", len(work.acknowledged), work.unanswered)
	}
	i.sound(i.totals())
}

// approving is agents at work, who press again when no answer comes.
type approving struct {
	i        *installation
	programs []*instance
	end      chan struct{}

	sync.Mutex
	acknowledged map[int64]int // what was granted, by request
	unanswered   int
}

func (a *approving) approve(agent string) {
	for {
		select {
		case <-a.end:
			return
		default:
		}
		id := a.i.file(a.i.keys[rand.IntN(len(a.i.keys))], 10)
		a.press(agent, id, 1+rand.IntN(9))
	}
}

// press grants a request and does not give up: one press in four is a double click, the
// second through the other program.
func (a *approving) press(agent string, id int64, n int) {
	path, form := fmt.Sprintf("/requests/%d/approval", id), approval(n)
	var wg sync.WaitGroup
	presses := 1 + rand.IntN(4)/3
	for p := range presses {
		wg.Go(func() {
			for try := p; try < 200; try++ {
				status := a.programs[try%2].post(agent, path, form)
				a.Lock()
				switch status {
				case http.StatusSeeOther:
					a.acknowledged[id] = n
				case 0, http.StatusServiceUnavailable:
					a.unanswered++
				default:
					a.i.t.Errorf("request %d: the press was answered %d", id, status)
				}
				a.Unlock()
				if status != 0 && status != http.StatusServiceUnavailable {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
			a.i.t.Errorf("request %d: no answer in 200 tries", id)
		})
	}
	wg.Wait()
}
