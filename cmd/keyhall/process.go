package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// harden keeps product keys out of what a crash leaves behind (S-59): no core file,
// and of the stacks only the one that crashed.
func harden() {
	debug.SetTraceback("single")
	// A system that refuses to lower a limit has none to leave.
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. The second
// ends the program at once.
func untilSignal(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		if s, ok := (<-signals).(syscall.Signal); ok {
			os.Exit(128 + int(s))
		}
	}()
	return ctx
}
