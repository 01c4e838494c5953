package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/witness"
)

// onAudit lends the database to a command about the audit log.
func onAudit(ctx context.Context, c config.Config, do func(*store.Store) error) (err error) {
	db, s, err := openTool(ctx, c, nil)
	if err != nil {
		return err
	}
	defer leaving(db, &err)
	defer s.Close()
	return do(s)
}

type auditVerify struct {
	Checkpoints string   `help:"A file of checkpoints that was kept elsewhere: what it knows must be there."`
	Key         []string `help:"The public key that signed them, as a file; again for each key there was."`
}

// Run names the first entry of the audit log that was changed, or that lacks the one
// before it; and, with checkpoints, the first that was there and is not any more.
func (a auditVerify) Run(ctx context.Context, c config.Config) error {
	if (a.Checkpoints == "") != (len(a.Key) == 0) {
		return config.Problems{"-checkpoints and -key belong together: give the file of checkpoints, and the public key that `keyhall audit key create` printed, as a file."}
	}
	return onAudit(ctx, c, func(s *store.Store) error {
		bad, err := s.VerifyAudit(ctx)
		if err != nil {
			return fmt.Errorf("verify the audit log: %w", err)
		}
		if bad != nil {
			return notFitting(bad)
		}
		fmt.Println("Every entry of the audit log fits the one before it.")
		if a.Checkpoints == "" {
			return nil
		}
		return a.compare(ctx, s)
	})
}

// comparing is how many checkpoints are looked up at once.
const comparing = 5000

func (a auditVerify) compare(ctx context.Context, s *store.Store) error {
	var keys []ed25519.PublicKey
	for _, path := range a.Key {
		key, err := witness.ReadPublicKey(path)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	f, err := os.Open(a.Checkpoints)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	var some []licensing.ChainHead
	look := func() error {
		bad, err := s.VerifyCheckpoints(ctx, some)
		some = some[:0]
		if err == nil && bad != nil {
			err = notFitting(bad)
		}
		return err
	}
	n, err := witness.ReadCheckpoints(f, keys, func(h licensing.ChainHead) error {
		if some = append(some, h); len(some) < comparing {
			return nil
		}
		return look()
	})
	if err == nil {
		err = look()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", a.Checkpoints, err)
	}
	if n == 0 {
		return fmt.Errorf("%s holds no checkpoint", a.Checkpoints)
	}
	fmt.Printf("All of the %d checkpoints in %s are there.\n", n, a.Checkpoints)
	return nil
}

// notFitting says in words what is wrong, and where.
func notFitting(bad *store.BrokenLink) error {
	chain := "the chain of " + bad.Family + " (" + bad.RootID.String() + ")"
	if bad.Family == "" {
		chain = "the chain " + bad.RootID.String()
	}
	when := ""
	if bad.At != nil {
		when = bad.At.UTC().Format(" of " + time.RFC3339)
	}
	switch bad.What {
	case store.LinkChanged:
		return fmt.Errorf("the audit log does not fit: in %s, entry %d%s was changed", chain, bad.Seq, when)
	case store.LinkUnlinked:
		return fmt.Errorf("the audit log does not fit: in %s, entry %d%s does not follow the one before it, which was changed or taken out", chain, bad.Seq, when)
	case store.ChainHeadless:
		return fmt.Errorf("the audit log does not fit: %s has entries up to %d%s, and its head is gone", chain, bad.Seq, when)
	case store.ChainCut:
		return fmt.Errorf("the audit log does not fit: %s does not end at entry %d, as its head says: its end was cut off, or its head set back", chain, bad.Seq)
	case store.ChainShorter:
		return fmt.Errorf("the audit log was cut: %s ends before entry %d, which the checkpoint%s knows", chain, bad.Seq, when)
	case store.ChainLost:
		return fmt.Errorf("the audit log was cut: %s is gone, and the checkpoint%s knows its entry %d", chain, when, bad.Seq)
	}
	return fmt.Errorf("the audit log was written anew: in %s, entry %d is another than the one that the checkpoint%s knows", chain, bad.Seq, when)
}

type auditCheckpoint struct{}

// Run brings a checkpoint of every chain that changed to where the settings say, or, where
// they name no place, prints one of each.
func (auditCheckpoint) Run(ctx context.Context, c config.Config) error {
	if c.CheckpointKey == "" {
		return config.Problems{"KEYHALL_CHECKPOINT_KEY is not set: give the path of the key that signs checkpoints; `keyhall audit key create` makes one."}
	}
	w, problems := witnessOf(c)
	if _, _, wrong := c.Witness(); len(wrong)+len(problems) > 0 {
		return append(wrong, problems...)
	}
	return onAudit(ctx, c, func(s *store.Store) error {
		if len(w.Checkpoints) > 0 {
			err := w.Deliver(ctx, s)
			if err == nil {
				fmt.Printf("Delivered to %d places.\n", len(w.Checkpoints))
			}
			return err
		}
		heads, err := s.Heads(ctx)
		for _, h := range heads {
			fmt.Printf("%s\n", witness.Sign(h, w.Key).Text)
		}
		return err
	})
}

type auditKeyCreate struct {
	File string `arg:"" optional:"" help:"Where the key is to be; KEYHALL_CHECKPOINT_KEY unless said."`
}

// Run makes the key that signs checkpoints, and prints what tells its signatures.
func (a auditKeyCreate) Run(c config.Config) error {
	path := a.File
	if path == "" {
		path = c.CheckpointKey
	}
	if path == "" {
		return config.Problems{"KEYHALL_CHECKPOINT_KEY is not set: give the path that the key is to have."}
	}
	public, err := witness.CreateKey(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Made the key %s, which signs checkpoints. Keep its public key where the checkpoints are, away from here:\n", path)
	fmt.Printf("%s", public)
	return nil
}

type auditStream struct {
	After  string `help:"Only entries since then: the at of the last that was read. All unless said."`
	Follow bool   `help:"Go on with new entries until stopped."`
}

// goneBack is how long before the time that was asked for entries begin: within it, an
// entry of another chain may have come late.
const goneBack = time.Minute

// Run prints entries of the audit log, a JSON object a line, those of a chain in their
// order. The ones of the last minute before the time asked for come again.
func (a auditStream) Run(ctx context.Context, c config.Config) error {
	var since time.Time
	if a.After != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, a.After); err != nil {
			return config.Problems{"-after must be a time as entries have it, such as 2026-11-22T08:00:00.123456Z."}
		}
		since = since.Add(-goneBack)
	}
	return onAudit(ctx, c, func(s *store.Store) error {
		return s.Stream(ctx, since, a.Follow, func(l licensing.Link) error {
			line, err := witness.LineOf(l)
			if err == nil {
				_, err = os.Stdout.Write(append(line.Text, '\n'))
			}
			return err
		})
	})
}
