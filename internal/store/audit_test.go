package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// S-64, R18: however many write at once, through whichever process, each chain has one
// order and no gap.
func TestManyWritersMakeOneChain(t *testing.T) {
	t.Parallel()
	w, k, _ := twoFamilies(t)
	second := openStore(t, w.db) // as another process would
	before := map[string]int64{nordvik: w.seq(nordvik), kommune: w.seq(kommune)}
	anna, frode, bo := w.as("anna"), w.as("frode"), w.as("bo")
	crowd(2, 100, func(i int) {
		s := []*store.Store{w.Store, second}[i%2]
		var err error
		switch i % 4 {
		case 0:
			_, err = w.RevealKey(t.Context(), anna, k.ID, store.ToShow)
		case 1:
			err = s.RecordSignIn(t.Context(), frode)
		default:
			err = s.RecordSignOut(t.Context(), bo) // in both chains
		}
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	})
	for name, n := range map[string]int64{nordvik: 75, kommune: 75} {
		if got := w.seq(name) - before[name]; got != n {
			t.Errorf("entries added to the chain of %s: got %d, want %d", name, got, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM (SELECT root_id FROM audit GROUP BY root_id HAVING min(seq) <> 1 OR max(seq) <> count(*)) x`); n != 0 {
		t.Errorf("chains with a gap: got %d, want none", n)
	}
	const backwards = `SELECT count(*) FROM audit a JOIN audit b ON b.root_id = a.root_id AND b.seq = a.seq + 1 WHERE b.at < a.at`
	if n := w.count(backwards); n != 0 {
		t.Errorf("entries older than the one before: got %d, want none", n)
	}
	w.whole()
}

func (w *world) seq(name string) int64 {
	w.t.Helper()
	return w.count(`SELECT seq FROM audit_heads WHERE root_id = $1`, w.org[name].RootID)
}

// S-63: an entry says when by the database's clock, who by name and by sign-in account, from
// where, in which request, of which family, what, and how it ended.
func TestAnEntryIsWhole(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	began := w.count(`SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`)
	for name, outcome := range map[string]licensing.Outcome{"anna": licensing.Done, "lena": licensing.Refused} {
		v := w.as(name)
		v.Issuer, v.Subject = "https://idp.example", "p-"+name
		v.From = licensing.Origin{Address: "192.0.2.7", RequestID: "R-" + name}
		_, _ = w.RevealKey(t.Context(), v, k.ID, store.ToShow)
		const entries = `SELECT count(*) FROM audit WHERE root_id = $1 AND licence_id = $2 AND object = 'key/' || $3 AND action = 'key.revealed' AND outcome = $4
AND actor = $5 AND actor_id = $6 AND identity = 'https://idp.example p-' || $5 AND address = '192.0.2.7' AND request_id = 'R-' || $5
AND at BETWEEN to_timestamp($7::bigint / 1000000.0) - interval '1 millisecond' AND clock_timestamp()`
		if n := w.count(entries, k.RootID, k.LicenceID, k.ID.String(), string(outcome), name, v.PersonID, began); n != 1 {
			t.Errorf("%s reveals: got %d whole entries, want 1", name, n)
		}
	}
}

// S-64: whoever has the database in their hands is found out, and where.
func TestAChangedChainIsFoundOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper string // $1 is the family; the chain has five entries or more
		at     int64  // the entry that is found; 0 is the last
		what   string
	}{
		"another actor":                {`UPDATE audit SET actor = 'frode' WHERE root_id = $1 AND seq = 3`, 3, store.LinkChanged},
		"another time":                 {`UPDATE audit SET at = at - interval '1 microsecond' WHERE root_id = $1 AND seq = 3`, 3, store.LinkChanged},
		"another detail":               {`UPDATE audit SET detail = '{"role": "operator"}' WHERE root_id = $1 AND seq = 3`, 3, store.LinkChanged},
		"a refusal made a deed":        {`UPDATE audit SET outcome = 'refused' WHERE root_id = $1 AND seq = 3`, 3, store.LinkChanged},
		"text moved to the next field": {`UPDATE audit SET action = action || left(object, 1), object = substr(object, 2) WHERE root_id = $1 AND seq = 3`, 3, store.LinkChanged},
		"a hash made to fit":           {`UPDATE audit a SET actor = 'frode', hash = audit_hash(jsonb_populate_record(a, '{"actor": "frode"}')) WHERE root_id = $1 AND seq = 3`, 4, store.LinkUnlinked},
		"an entry deleted":             {`DELETE FROM audit WHERE root_id = $1 AND seq = 3`, 4, store.LinkUnlinked},
		"the first deleted":            {`DELETE FROM audit WHERE root_id = $1 AND seq = 1`, 2, store.LinkUnlinked},
		"two swapped":                  {`UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE root_id = $1 AND seq IN (2, 3)`, -3, store.LinkChanged},
		"the tail cut":                 {`DELETE FROM audit WHERE root_id = $1 AND seq >= 4`, 0, store.ChainCut},
		"the head lost":                {`DELETE FROM audit_heads WHERE root_id = $1`, 0, store.ChainHeadless},
		"the head set back":            {`UPDATE audit_heads SET seq = 3, hash = (SELECT hash FROM audit a WHERE a.root_id = audit_heads.root_id AND seq = 3) WHERE root_id = $1`, 3, store.ChainCut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k, _ := stocked(t)
			for range 3 {
				_, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, store.ToShow)
				w.must(err)
			}
			if bad, err := w.VerifyAudit(t.Context()); err != nil || bad != nil {
				t.Fatalf("before: got %v, %v, want chains that fit", bad, err)
			}
			root, at := w.org[nordvik].RootID, c.at
			if at == 0 {
				at = w.seq(nordvik)
			}
			if w.do(c.tamper, root) == 0 {
				t.Fatal("nothing was tampered with")
			}
			bad, err := w.VerifyAudit(t.Context())
			if err != nil || bad == nil || bad.RootID != root || bad.Seq != at || bad.Family != nordvik || bad.What != c.what {
				t.Errorf("got %+v, %v, want entry %d of %s, %s", bad, err, at, root, c.what)
			}
		})
	}
}

// S-64: the roles that serve write the audit log by its function alone, and may do
// nothing else that nothing of theirs needs.
func TestWhatTheServingRolesMayWrite(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	const rights = `SELECT table_name || ' ' || string_agg(DISTINCT privilege_type || CASE WHEN whole THEN '' ELSE ' of ' || columns END, ', ' ORDER BY privilege_type || CASE WHEN whole THEN '' ELSE ' of ' || columns END)
FROM (
	SELECT table_name, privilege_type, true AS whole, '' AS columns FROM information_schema.role_table_grants WHERE grantee = $1
	UNION ALL
	SELECT c.table_name, c.privilege_type, false, string_agg(c.column_name, ' ' ORDER BY c.column_name) FROM information_schema.column_privileges c
	WHERE c.grantee = $1 AND NOT EXISTS (SELECT FROM information_schema.role_table_grants t WHERE t.grantee = $1 AND t.table_name = c.table_name AND t.privilege_type = c.privilege_type)
	GROUP BY 1, 2) x
WHERE privilege_type <> 'SELECT' AND table_name NOT LIKE 'river%' GROUP BY table_name ORDER BY 1`
	c := w.connect(w.db.SuperURL)
	for role, want := range map[string][]string{
		"keyhall_serve": {
			"downloads INSERT, UPDATE of ended_at row_count sha256 state", "mails INSERT", "notices INSERT, UPDATE of read_at",
			"once INSERT", "request_events INSERT", "requests INSERT of due_at filed_at filed_by findings key_id kind language last5 last_event licence_id product_id quantity reason region requester_id root_id, UPDATE of closed_at due_at last_event paused_at state version",
			"reach DELETE, INSERT, UPDATE",
			"sessions DELETE, INSERT, UPDATE of last_seen", "logout_tokens DELETE, INSERT",
		},
		"keyhall_desk": {
			"audit_cursors INSERT, UPDATE", "audit_targets INSERT, UPDATE",
			"downloads UPDATE of ended_at state", "grants INSERT, UPDATE", "group_roles INSERT, UPDATE of ended_at", "rates DELETE", "identities DELETE, INSERT",
			"issuers_heard INSERT, UPDATE of asked_at heard_at told", "import_families INSERT, UPDATE", "imports INSERT", "handovers DELETE, INSERT, UPDATE of used_at withdrawn_at", "keys INSERT, UPDATE", "leak_notes INSERT",
			"leaks INSERT, UPDATE of replaced_by resolution resolved_at resolved_by resolver state version", "licences INSERT, UPDATE",
			"limit_entries INSERT", "mails DELETE, INSERT, UPDATE of attempts secret sent_at state", "notices INSERT, UPDATE of read_at",
			"email_changes DELETE, INSERT, UPDATE", "invitations DELETE, INSERT, UPDATE of accepted_at accepted_by ends_at failed_at invited_by sent_at token_hash withdrawn_at",
			"once DELETE, INSERT", "request_events INSERT", "requests INSERT, UPDATE", "request_approvals INSERT",
			"successors INSERT, UPDATE of closed_at state",
			"access_requests INSERT, UPDATE", "agreement_locks DELETE, INSERT, UPDATE", "org_closure DELETE, INSERT", "organisations INSERT, UPDATE", "persons INSERT, UPDATE",
			"emergency_cases INSERT, UPDATE of closed_at closed_by confirmed_at confirmed_by due_at objection state version",
			"reviews INSERT, UPDATE of closed_at due_at every step", "review_lines INSERT, UPDATE of decided_at decided_by decision only_of outcome",
			"products INSERT, UPDATE", "programmes INSERT, UPDATE", "purchases INSERT, UPDATE", "reach DELETE, INSERT, UPDATE", "sessions DELETE",
			"looks DELETE, INSERT, UPDATE of told_at", "visits DELETE, INSERT, UPDATE of ended_at",
			"unwanted_mail DELETE, INSERT", "upload_chunks DELETE, INSERT", "upload_rejects DELETE, INSERT", "uploads DELETE, INSERT, UPDATE",
		},
	} {
		rows, err := c.Query(t.Context(), rights, role)
		w.must(err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		w.must(err)
		sayDifferences(t, role, got, want)
	}
}

func sayDifferences(t *testing.T, role string, got, want []string) {
	t.Helper()
	expected := map[string]bool{}
	for _, line := range want {
		expected[line] = true
	}
	for _, line := range got {
		if !expected[line] {
			t.Errorf("%s may: %s. Does it need to?", role, line)
		}
		delete(expected, line)
	}
	for line := range expected {
		t.Errorf("%s may no longer: %s", role, line)
	}
}

// S-64: and indeed it can't, in its own part nor in the desk's.
func TestTheAuditLogIsAppendedToAlone(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	for _, role := range []string{"keyhall_serve", "keyhall_desk"} {
		c := w.connect(w.db.ServeURL)
		w.must(exec(c, `SELECT set_config('keyhall.roots', $1, false)`, "{"+w.org[nordvik].RootID.String()+"}"))
		w.must(exec(c, `SET ROLE `+role))
		for _, statement := range []string{
			`INSERT INTO audit SELECT * FROM audit`, `UPDATE audit SET actor = 'frode'`, `DELETE FROM audit`, `TRUNCATE audit`,
			`INSERT INTO audit_heads SELECT * FROM audit_heads`, `UPDATE audit_heads SET seq = 0`, `DELETE FROM audit_heads`,
			`ALTER TABLE audit DISABLE ROW LEVEL SECURITY`, `DROP TABLE audit`, `SELECT * FROM audit FOR UPDATE`,
			`CREATE OR REPLACE FUNCTION audit_text(v text) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$`,
			`CREATE TABLE public.mine (id int)`,
		} {
			var pg *pgconn.PgError
			if err := exec(c, statement); !errors.As(err, &pg) || pg.Code != "42501" {
				t.Errorf("%s, %s: got %v, want insufficient privilege", role, statement, err)
			}
		}
	}
	w.whole()
}

// What runs as the owner is not led astray by the caller's temporary tables.
func TestTemporaryTablesDeceiveNoFunctionOfTheOwner(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	c := w.connect(w.db.ServeURL)
	for _, statement := range []string{
		`CREATE TEMP TABLE audit (LIKE public.audit)`, `CREATE TEMP TABLE audit_heads (LIKE public.audit_heads INCLUDING INDEXES)`,
		`CREATE TEMP TABLE reach (LIKE public.reach)`, `GRANT ALL ON audit, audit_heads, reach TO PUBLIC`,
	} {
		w.must(exec(c, statement))
	}
	before := w.seq(nordvik)
	w.must(exec(c, `INSERT INTO pg_temp.reach VALUES ($1, $2, $3, '74120935', 255)`, w.person["frode"].ID, w.licence["74120935"].ID, w.org[nordvik].RootID))
	w.must(exec(c, `SELECT audit_append($1, NULL, 'x', '', '', '', 'x.done', NULL, '', 'done', '{}')`, w.org[nordvik].RootID))
	if got := w.seq(nordvik); got != before+1 {
		t.Errorf("the entry went elsewhere: the chain has %d, want %d", got, before+1)
	}
	rows, err := c.Query(t.Context(), `SELECT root_id FROM person_roots($1)`, w.person["frode"].ID)
	w.must(err)
	roots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	w.must(err)
	if len(roots) != 1 || roots[0] != w.org[kommune].RootID {
		t.Errorf("frode's families: got %v, want Fjellheim alone", roots)
	}
	const careless = `SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prosecdef
AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%, pg_temp')`
	if n := w.count(careless); n != 0 {
		t.Errorf("functions of the owner that search temporary tables first: got %d, want none", n)
	}
	w.whole()
}

// A page of the log begins where the one before ended, and no cursor is a fault.
func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	anna := w.as("anna")
	for range store.PageSize + 7 {
		w.must(w.RecordSignIn(t.Context(), anna))
	}
	first, next, err := w.Audit(t.Context(), anna, licensing.AuditFilter{})
	w.must(err)
	rest, end, err := w.Audit(t.Context(), anna, licensing.AuditFilter{After: next})
	w.must(err)
	seen := map[int64]bool{}
	for _, l := range append(first, rest...) {
		if l.Action == "session.started" {
			seen[l.Seq] = true
		}
	}
	if len(first) != store.PageSize || end != "" || len(seen) != store.PageSize+7 {
		t.Errorf("got %d on the first page, then to %q, %d sign-ins in all, want %d, the end, %d", len(first), end, len(seen), store.PageSize, store.PageSize+7)
	}
	for _, cursor := range []string{"x", "~", "-1~1", "1~x", "99999999999999999999~1", "253370764800000001~1", "0~9223372036854775808"} {
		if _, _, err := w.Audit(t.Context(), anna, licensing.AuditFilter{After: cursor}); err != nil {
			t.Errorf("the cursor %q: got %v", cursor, err)
		}
		if _, _, err := w.Downloads(t.Context(), anna, cursor); err != nil {
			t.Errorf("the cursor %q of the ledger: got %v", cursor, err)
		}
		if _, err := w.Licences(t.Context(), anna, licensing.LicenceFilter{Sort: "ends", After: cursor}); err != nil {
			t.Errorf("the cursor %q of the summary: got %v", cursor, err)
		}
	}
}
