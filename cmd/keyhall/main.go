// Command keyhall is the portal and everything that is done to it from a terminal:
// one program, a file for each command.
//
// It is wiring only. What a command does stands in the packages below; here is how
// they are started, in which order they are stopped, and what the terminal is told.
//
// It ends with 0 when all is well, 1 when something failed or was found wrong, and 2
// when the command line or the settings have to be put right first.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/alecthomas/kong"
	"github.com/caarlos0/env/v11"

	"github.com/keyhall/keyhall/internal/config"
)

type commands struct {
	Demo    demoCommand    `cmd:"" help:"Try Keyhall: a private database, sample data and a sign-in without passwords."`
	Serve   serveCommand   `cmd:"" help:"Run the portal."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to this program's version, as its owner."`
	Import  struct {
		Keys importKeys `cmd:"" help:"Take in a key file: shows what it would do, and does it with -apply."`
	} `cmd:"" help:"Take in data."`
	Keyset struct {
		Create    keysetCreate    `cmd:"" help:"Make the keyset that seals product keys, and the KEK that opens it."`
		Rotate    keysetRotate    `cmd:"" help:"Add a new primary key to the keyset; it keeps the others."`
		RotateKEK keysetRotateKEK `cmd:"" name:"rotate-kek" help:"Make a new KEK that alone opens the keyset."`
		Rewrap    keysetRewrap    `cmd:"" help:"Seal anew every product key that an older key of the keyset has sealed."`
	} `cmd:"" help:"Look after the keyset."`
	Audit struct {
		Verify     auditVerify     `cmd:"" help:"Recompute the audit log's chains and name the first entry that does not fit."`
		Checkpoint auditCheckpoint `cmd:"" help:"Deliver signed checkpoints of the chains now, or print them where no place is set."`
		Stream     auditStream     `cmd:"" help:"Print entries as JSON, one a line, for programs that watch."`
		Key        struct {
			Create auditKeyCreate `cmd:"" help:"Make the key that signs checkpoints, and print its public key."`
		} `cmd:"" help:"Look after the key that signs checkpoints."`
	} `cmd:"" help:"Look after the audit log."`
	Bench   benchCommand   `cmd:"" help:"Measure the portal against the limits of this machine."`
	Routes  routesCommand  `cmd:"" help:"Print the matrix: which role may use which address."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

const (
	exitWrong = 1 // something failed, or was found wrong
	exitUsage = 2 // the command line or the settings have to be put right first
)

func main() {
	harden()
	os.Exit(run(untilSignal(context.Background()), os.Args[1:], env.ToMap(os.Environ()), os.Stderr))
}

// run carries out one command line and returns what the program ends with.
func run(ctx context.Context, args []string, environment map[string]string, complaints io.Writer) int {
	parser := kong.Must(&commands{}, kong.Name("keyhall"),
		kong.Description("A volume licensing portal: product keys, and who may see them. Settings come from KEYHALL_… in the environment."))
	chosen, err := parser.Parse(longFlags(args))
	if err != nil {
		fmt.Fprintf(complaints, "keyhall: %v; `keyhall --help` lists the commands.\n", err)
		return exitUsage
	}
	settings, err := config.Read(environment)
	if err == nil {
		chosen.BindTo(ctx, (*context.Context)(nil))
		err = chosen.Run(settings)
	}
	return complain(complaints, err)
}

// complain says what went wrong, a sentence a line, and what the program ends with.
func complain(w io.Writer, err error) int {
	var unfit config.Problems
	switch {
	case err == nil:
		return 0
	case errors.As(err, &unfit):
		for _, sentence := range unfit {
			fmt.Fprintln(w, "keyhall:", sentence)
		}
		return exitUsage
	case !errors.Is(err, errWrongRows):
		fmt.Fprintln(w, "keyhall:", err)
	}
	return exitWrong
}

var singleDash = regexp.MustCompile(`^-[a-z][a-z-]+(=|$)`)

// longFlags lets flags be written with one hyphen, -apply, as well as with two. None
// has a short form of more than one letter.
func longFlags(args []string) []string {
	long := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(long[i:], args[i:])
			break
		}
		if long[i] = a; singleDash.MatchString(a) {
			long[i] = "-" + a
		}
	}
	return long
}
