package store_test

import (
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// writeAnew makes a chain anew from its first entry on, as somebody would who has the
// whole database in their hands: every hash fits, and so does the head.
const writeAnew = `DO $$
DECLARE
	e audit;
	last bytea := decode(repeat('00', 32), 'hex');
BEGIN
	FOR e IN SELECT * FROM audit WHERE root_id = (SELECT id FROM organisations WHERE name = 'Nordvik Group') ORDER BY seq LOOP
		e.prev := last;
		IF e.seq = 2 THEN e.actor := 'frode'; END IF;
		e.hash := audit_hash(e);
		last := e.hash;
		UPDATE audit SET actor = e.actor, prev = e.prev, hash = e.hash WHERE root_id = e.root_id AND seq = e.seq;
		UPDATE audit_heads SET hash = e.hash WHERE root_id = e.root_id AND seq = e.seq;
	END LOOP;
END $$`

// S-64, pitfall 3.7: whoever makes the whole chain fit again is found out by what was
// kept of it elsewhere, and by nothing else.
func TestOnlyACheckpointShowsAChainMadeAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper []string
		what   string
	}{
		"the tail cut, and the head with it": {[]string{
			`DELETE FROM audit a USING audit_heads h WHERE h.root_id = a.root_id AND a.root_id = (SELECT id FROM organisations WHERE name = 'Nordvik Group') AND a.seq >= h.seq - 1`,
			`UPDATE audit_heads h SET (seq, hash) = (SELECT a.seq, a.hash FROM audit a WHERE a.root_id = h.root_id ORDER BY a.seq DESC LIMIT 1) WHERE h.root_id = (SELECT id FROM organisations WHERE name = 'Nordvik Group')`,
		}, store.ChainShorter},
		"the whole chain made anew": {[]string{writeAnew}, store.ChainAnew},
		"the whole family's chain gone": {[]string{
			`DELETE FROM audit WHERE root_id = (SELECT id FROM organisations WHERE name = 'Nordvik Group')`,
			`DELETE FROM audit_heads WHERE root_id = (SELECT id FROM organisations WHERE name = 'Nordvik Group')`,
		}, store.ChainLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k, _ := stocked(t)
			for range 3 {
				_, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, store.ToShow)
				w.must(err)
			}
			kept, err := w.Heads(t.Context())
			w.must(err)
			_, err = w.RevealKey(t.Context(), w.as("anna"), k.ID, store.ToShow)
			w.must(err)
			if bad, err := w.VerifyCheckpoints(t.Context(), kept); err != nil || bad != nil {
				t.Fatalf("before, with an entry more: got %+v, %v, want all there", bad, err)
			}
			for _, statement := range c.tamper {
				w.do(statement)
			}
			w.whole()
			bad, err := w.VerifyCheckpoints(t.Context(), kept)
			if err != nil || bad == nil || bad.RootID != w.org[nordvik].RootID || bad.Family != nordvik || bad.What != c.what {
				t.Errorf("got %+v, %v, want Nordvik's chain %s", bad, err, c.what)
			}
			if bad != nil && (bad.At == nil || bad.Seq != headOf(kept, bad).Seq) {
				t.Errorf("got %+v, want the entry and the time of the checkpoint", bad)
			}
		})
	}
}

func headOf(heads []licensing.ChainHead, bad *store.BrokenLink) licensing.ChainHead {
	for _, h := range heads {
		if h.RootID == bad.RootID {
			return h
		}
	}
	return licensing.ChainHead{}
}
