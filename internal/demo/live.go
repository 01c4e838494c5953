package demo

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// act is one thing that a person does.
type act func(ctx context.Context, w *world, v licensing.Viewer) error

// days are what people do first of all. Frode's mark is the last of it: see done.
var days = []struct {
	email string
	acts  []act
}{
	{kaisa, []act{
		takes(store.ToShow, "74120935", office24Pro, licensing.MAK),
		takes(store.ToShow, "74120935", office24Pro, licensing.KMS),
		takes(store.ToCopy, "74120935", win11LTSC24, licensing.MAK),
		downloads("74120935"),
		hands("74120935", "M3HRF", lena),
	}},
	{kevin, []act{
		takes(store.ToShow, "V6380217", office24Std, licensing.MAK),
		takes(store.ToCopy, "V6380217", win11Pro, licensing.MAK),
	}},
	{lena, []act{refused(takes(store.ToShow, "74120935", office24Pro, licensing.MAK))}},
	{dirk, []act{refused(downloads("74120935"))}},
	{anna, []act{
		takes(store.ToShow, "74120935", office24Pro, licensing.MAK),
		takes(store.ToCopy, "S2047731", win11Ent, licensing.KMS),
		downloads(""),
		losesDownload("S2047731"),
	}},
	{sofia, nil},
	{samuel, nil},
	{olli, nil},
	{frode, []act{
		takes(store.ToShow, "74150113", office24Pro, licensing.MAK),
		hands(spiltOf, spilt, astrid),
		opens(spiltOf, spilt, astrid),
		downloads(spiltOf),
		marks(spiltOf, spilt, spiltHow),
	}},
}

// live lets the people do some of what they do every day, so that the audit log, the
// ledger of key files and the pages about a key's use have something to say. They do
// it by the verbs of everyone, and now.
func (w *world) live(ctx context.Context) error {
	for _, d := range days {
		v, err := w.visit(ctx, d.email)
		if err != nil {
			return err
		}
		if err := w.RecordSignIn(ctx, v); err != nil {
			return err
		}
		for _, do := range d.acts {
			if err := do(ctx, w, v); err != nil {
				return fmt.Errorf("as %s: %w", d.email, err)
			}
		}
	}
	return nil
}

// takes reveals or copies a licence ID's key of a product and type.
func takes(why store.Purpose, number, product string, kind licensing.KeyType) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		all, err := w.Keys(ctx, v, number, licensing.KeyFilter{Product: w.products[product].ID, Type: kind})
		if err != nil {
			return err
		}
		if len(all.Keys) == 0 {
			return licensing.ErrNotFound
		}
		_, err = w.RevealKey(ctx, v, all.Keys[0].ID, why)
		return err
	}
}

// refused expects an act to be forbidden.
func refused(do act) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		err := do(ctx, w, v)
		if errors.Is(err, licensing.ErrForbidden) {
			return nil
		}
		return fmt.Errorf("this should have been refused: %w", err)
	}
}

// downloads takes the key file of a licence ID, or of the whole profile for "".
func downloads(number string) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		sum := sha256.New()
		d, rows, err := w.download(ctx, v, number, sum)
		if err != nil {
			return err
		}
		return w.FinishDownload(ctx, v, d, rows, sum.Sum(nil))
	}
}

// losesDownload takes a key file, but the connection breaks when the file is sent.
func losesDownload(number string) act {
	return func(ctx context.Context, w *world, v licensing.Viewer) error {
		d, rows, err := w.download(ctx, v, number, gone{})
		if !errors.Is(err, errGone) {
			return fmt.Errorf("this connection should have broken: %w", err)
		}
		return w.BreakDownload(ctx, v, d, rows)
	}
}

// errGone says that whoever wanted a file is not there any more.
var errGone = errors.New("connection lost")

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, errGone }

func (w *world) download(ctx context.Context, v licensing.Viewer, number string, to io.Writer) (licensing.Download, map[uuid.UUID]int64, error) {
	scope := number
	if scope == "" {
		scope = "all"
	}
	d, err := w.StartDownload(ctx, v, store.NewFile{Number: number, Name: keyfile.Name(scope, w.now, "tsv"), Format: "tsv"})
	if err != nil {
		return d, nil, err
	}
	file, err := keyfile.NewTSV(to, keyfile.Options{})
	if err != nil {
		return d, nil, err
	}
	rows, err := w.ExportKeys(ctx, v, d, file.Write)
	if err != nil {
		return d, rows, err
	}
	return d, rows, file.Close()
}
