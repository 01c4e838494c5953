package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/keyhall/keyhall/internal/bench"
)

type benchCommand struct {
	Only    []string      `help:"Measure these alone: P1, P2, P3, P6, P8." placeholder:"P1,P3"`
	Rounds  int           `help:"Rounds of each measurement." default:"5"`
	Length  time.Duration `help:"How long each server is asked in a round." default:"2s"`
	Scale   float64       `help:"How much of the data set is built; 1 is a million keys." default:"1"`
	Profile string        `help:"Write a processor profile of the portal to this file." placeholder:"FILE"`
	Gate    bool          `help:"End with 1 when a goal is missed."`
	Child   bool          `hidden:""`
}

// Run measures and prints a table. The same command, as a child, is one of the servers.
func (b benchCommand) Run(ctx context.Context) error {
	if b.Child {
		return bench.Serve(ctx, os.Stdin, os.Stdout)
	}
	for _, w := range b.Only {
		if !slices.Contains(bench.Works(), w) {
			return fmt.Errorf("there is no %s: only %s can be measured", w, strings.Join(bench.Works(), ", "))
		}
	}
	if b.Rounds < 1 || b.Scale <= 0 || b.Scale > 1 || b.Length <= 0 {
		return errors.New("a benchmark has at least one round, of some length, over at most the whole data set")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	err = bench.Run(ctx, bench.Options{
		Scale: b.Scale, Rounds: b.Rounds, Length: b.Length, Only: b.Only, Profile: b.Profile,
		Command: []string{self, "bench", "--child"},
	}, os.Stdout)
	if errors.Is(err, bench.ErrShort) && !b.Gate {
		return nil
	}
	return err
}
