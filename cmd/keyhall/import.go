package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

type importKeys struct {
	File         string         `arg:"" help:"Key file: tab, comma or semicolon between the columns, or .xlsx."`
	Apply        bool           `help:"Write. Without it the report says what would happen, and nothing is kept."`
	Create       bool           `help:"Add organisations, licence IDs and products that are unknown."`
	LowerGranted bool           `help:"Lower totals that support has raised."`
	AsOf         time.Time      `format:"2006-01-02" help:"Day on which the file's counts were true; now if not said."`
	Pool         licensing.Pool `enum:"systems,servers,applications" default:"applications" help:"Pool of products that are added: ${enum}."`
}

// errWrongRows ends the program with 1, silently: the report has said why.
var errWrongRows = errors.New("nothing was imported, as some rows are wrong")

// Run prints the report and fails when a row is wrong.
func (i importKeys) Run(ctx context.Context, c config.Config) (err error) {
	v, err := openVault(c)
	if err != nil {
		return err
	}
	source, closeFile, err := openSource(i.File)
	if err != nil {
		return err
	}
	defer closeFile()
	db, s, err := openTool(ctx, c, v)
	if err != nil {
		return err
	}
	defer leaving(db, &err)
	defer s.Close()
	report, err := s.ImportKeys(ctx, store.AtCommandLine(account()), source, licensing.ImportOptions{
		Apply: i.Apply, Create: i.Create, LowerGranted: i.LowerGranted, AsOf: i.AsOf, Pool: i.Pool,
	})
	if err != nil {
		return inWords(i.File, err)
	}
	printReport(os.Stdout, report)
	if report.ProblemCount > 0 {
		return errWrongRows
	}
	return nil
}

// account is who works at the terminal, for the audit log.
func account() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprint("uid ", os.Getuid())
}

// openSource opens a key file and reads its headings.
func openSource(path string) (licensing.ImportSource, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return licensing.ImportSource{}, nil, err
	}
	closeFile := func() { _ = f.Close() }
	source, err := keyfile.Source(licensing.VeilKeys(filepath.Base(path)), f, 0)
	if err != nil {
		closeFile()
		return licensing.ImportSource{}, nil, inWords(path, err)
	}
	return source, closeFile, nil
}

// inWords says what is wrong with a file as a whole.
func inWords(path string, err error) error {
	var bad *keyfile.FileError
	switch {
	case errors.As(err, &bad) && len(bad.Missing) > 0:
		return fmt.Errorf("%s %s: %s", path, fileWords[bad.Code], strings.Join(bad.Missing, ", "))
	case errors.As(err, &bad):
		return fmt.Errorf("%s %s", path, fileWords[bad.Code])
	case errors.Is(err, licensing.ErrConflict):
		return errors.New("another import is being applied: try again when it is done")
	}
	return err
}
