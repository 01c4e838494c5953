package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

func TestARevealIsOnRecord(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	anna := w.as("anna")
	anna.From = licensing.Origin{Address: "192.0.2.7", RequestID: "REQUEST"}
	for _, why := range []store.Purpose{store.ToShow, store.ToCopy} {
		_, err := w.RevealKey(t.Context(), anna, k.ID, why)
		w.must(err)
		const complete = `SELECT count(*) FROM audit WHERE action = $1 AND outcome = 'done' AND actor_id = $2 AND actor = 'anna'
AND identity = 'https://idp.example anna' AND address = '192.0.2.7' AND request_id = 'REQUEST' AND licence_id = $3
AND object = 'key/' || $4 AND root_id = $5 AND detail->>'last5' = $6 AND detail->>'licence' = '74120935'`
		if n := w.count(complete, string(why), anna.PersonID, k.LicenceID, k.ID.String(), k.RootID, demoKey(1)[24:]); n != 1 {
			t.Errorf("complete entries of %s: got %d, want 1", why, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE audit::text LIKE '%DEMO%'`); n != 0 {
		t.Errorf("entries that hold a key: got %d, want none", n)
	}
	w.whole()
}

// S-55: a sealed value is good in its place only. What was moved or altered is never
// shown, and on record as what it is.
func TestATamperedKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(*world, uuid.UUID, uuid.UUID){
		"another key's value": func(w *world, k, f uuid.UUID) {
			w.do(`UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE id = $2) WHERE id = $1`, k, f)
		},
		"one bit flipped": func(w *world, k, _ uuid.UUID) {
			w.do(`UPDATE keys SET sealed = set_bit(sealed, 8 * length(sealed) - 9, 1 - get_bit(sealed, 8 * length(sealed) - 9)) WHERE id = $1`, k)
		},
		"cut short": func(w *world, k, _ uuid.UUID) {
			w.do(`UPDATE keys SET sealed = substr(sealed, 1, 20) WHERE id = $1`, k)
		},
		"emptied":         func(w *world, k, _ uuid.UUID) { w.do(`UPDATE keys SET sealed = '' WHERE id = $1`, k) },
		"another version": func(w *world, k, _ uuid.UUID) { w.do(`UPDATE keys SET version = 2 WHERE id = $1`, k) },
		"in clear": func(w *world, k, _ uuid.UUID) {
			w.do(`UPDATE keys SET sealed = $2 WHERE id = $1`, k, []byte(demoKey(1)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k, f := stocked(t)
			tamper(w, k.ID, f.ID)
			secret, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, store.ToShow)
			if !errors.Is(err, licensing.ErrIntegrity) || secret.Reveal() != "" {
				t.Errorf("reveal: got %q, %v, want integrity and no key", secret.Reveal(), err)
			}
			if n := w.entries("key.tampered", licensing.Refused); n != 1 {
				t.Errorf("entries about tampering: got %d, want 1", n)
			}
			if n := w.entries("key.revealed", licensing.Done); n != 0 {
				t.Errorf("entries about a reveal: got %d, want none", n)
			}
		})
	}
}

// auditFault keeps the audit log from being written, and says how it is put right.
type auditFault struct {
	name            string
	breaks, restore string
}

var auditFaults = []auditFault{
	{
		"the disk is full",
		`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no space' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION full_disk()`,
		`DROP TRIGGER full_disk ON audit`,
	},
	{
		"an entry is refused at commit",
		`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
		CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`,
		`DROP TRIGGER refuse ON audit`,
	},
	{
		"the right to append was revoked",
		`REVOKE EXECUTE ON FUNCTION audit_append FROM keyhall_serve`,
		`GRANT EXECUTE ON FUNCTION audit_append TO keyhall_serve`,
	},
	{"the table is gone", `ALTER TABLE audit RENAME TO elsewhere`, `ALTER TABLE elsewhere RENAME TO audit`},
	{
		"a full table takes no more", `ALTER TABLE audit ADD CONSTRAINT no_more CHECK (false) NOT VALID`,
		`ALTER TABLE audit DROP CONSTRAINT no_more`,
	},
	{
		"an entry has that number", `UPDATE audit_heads SET seq = seq - 1`,
		`UPDATE audit_heads SET seq = seq + 1`,
	},
}

// R6: without its entry nothing is shown and nothing changed, and when the audit log
// can be written again, so can everything, without a restart.
func TestWithoutAuditNothingHappens(t *testing.T) {
	t.Parallel()
	for _, fault := range auditFaults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			w, k, _ := stocked(t)
			anna, root := w.as("anna"), w.org[nordvik].RootID
			const everything = `SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM downloads) + (SELECT count(*) FROM organisations)`
			before := w.count(everything)
			w.do(fault.breaks)
			secret, err := w.RevealKey(t.Context(), anna, k.ID, store.ToShow)
			_, errFile := w.StartDownload(t.Context(), anna, store.NewFile{Name: "keys.tsv", Format: "tsv"})
			errSignIn := w.RecordSignIn(t.Context(), anna)
			var errAct error
			if fault.name != "the right to append was revoked" { // the desk kept it
				errAct = w.AddOrganisation(t.Context(), w.op, licensing.Organisation{ID: newID(), RootID: root, ParentID: &root, Name: "New"})
			}
			w.do(fault.restore)
			if secret.Reveal() != "" {
				t.Errorf("a reveal without entry showed %q", secret.Reveal())
			}
			for what, err := range map[string]error{"reveal": err, "start a file": errFile, "sign in": errSignIn} {
				if !errors.Is(err, licensing.ErrUnavailable) {
					t.Errorf("%s: got %v, want unavailable", what, err)
				}
			}
			if errAct == nil && fault.name != "the right to append was revoked" {
				t.Error("an organisation was added without entry")
			}
			if after := w.count(everything); after != before {
				t.Errorf("rows: got %d, want %d as before", after, before)
			}
			if secret, err := w.RevealKey(t.Context(), anna, k.ID, store.ToShow); err != nil || secret.Reveal() != demoKey(1) {
				t.Errorf("once the audit log can be written again: got %v, want the key", err)
			}
			w.whole()
		})
	}
}

// R6: a chain that somebody holds locked makes a reveal wait for a while, not for ever,
// and other families not at all.
func TestALockedChainIsWaitedForAWhile(t *testing.T) {
	t.Parallel()
	w, k, f := stocked(t)
	anna, frode := w.as("anna"), w.as("frode")
	holder := w.connect(w.db.SuperURL)
	begun, err := holder.Begin(t.Context())
	w.must(err)
	_, err = begun.Exec(t.Context(), `SELECT FROM audit_heads WHERE root_id = $1 FOR UPDATE`, w.org[nordvik].RootID)
	w.must(err)
	if _, err := w.RevealKey(t.Context(), frode, f.ID, store.ToShow); err != nil {
		t.Errorf("another family's reveal: got %v, want the key", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // far beyond the store's own
	defer cancel()
	secret, err := w.RevealKey(ctx, anna, k.ID, store.ToShow)
	if !errors.Is(err, licensing.ErrUnavailable) || secret.Reveal() != "" || ctx.Err() != nil {
		t.Errorf("behind the lock: got %q, %v, want unavailable before the caller gives up", secret.Reveal(), err)
	}
	w.must(begun.Rollback(t.Context()))
	if _, err := w.RevealKey(t.Context(), anna, k.ID, store.ToShow); err != nil {
		t.Errorf("without the lock: got %v, want the key", err)
	}
	w.whole()
}

// R6: a connection that dies between the act and its entry takes the act with it.
func TestAConnectionThatDiesTakesTheActWithIt(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	anna, before := w.as("anna"), w.count(`SELECT count(*) FROM audit`)
	holder := w.connect(w.db.SuperURL)
	begun, err := holder.Begin(t.Context())
	w.must(err)
	_, err = begun.Exec(t.Context(), `SELECT FROM audit_heads WHERE root_id = $1 FOR UPDATE`, w.org[nordvik].RootID)
	w.must(err)
	type answer struct {
		secret licensing.Secret
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		secret, err := w.RevealKey(t.Context(), anna, k.ID, store.ToShow)
		answers <- answer{secret, err}
	}()
	const kill = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'keyhall_serve' AND wait_event_type = 'Lock'`
	for w.count(kill) == 0 { // until it waits for the chain
		time.Sleep(10 * time.Millisecond)
	}
	if got := <-answers; !errors.Is(got.err, licensing.ErrUnavailable) || got.secret.Reveal() != "" {
		t.Errorf("a killed connection: got %q, %v, want unavailable", got.secret.Reveal(), got.err)
	}
	w.must(begun.Rollback(t.Context()))
	w.do(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'keyhall_serve'`)
	if after := w.count(`SELECT count(*) FROM audit`); after != before {
		t.Errorf("entries: got %d, want %d as before", after, before)
	}
	// Every connection is dead, and each is found out once.
	var secret licensing.Secret
	for range 10 {
		if secret, err = w.RevealKey(t.Context(), anna, k.ID, store.ToShow); err == nil {
			break
		}
		if !errors.Is(err, licensing.ErrUnavailable) {
			t.Errorf("a dead connection: got %v, want unavailable", err)
		}
	}
	if secret.Reveal() != demoKey(1) {
		t.Errorf("after the connections were made anew: got %v, want the key", err)
	}
	w.whole()
}
