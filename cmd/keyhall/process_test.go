package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// crashes makes the test binary a program that breaks as the portal would, if it did,
// with keys in its memory.
const crashes = "KEYHALL_TEST_CRASHES"

// crash is the portal's start and a panic that nobody catches, while another goroutine
// holds something.
func crash() {
	harden()
	var core syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &core); err != nil || core.Cur != 0 || core.Max != 0 {
		panic("a core file would be left")
	}
	held, up := make(chan struct{}), make(chan struct{})
	go holds(up, held)
	<-up
	panic("broken")
}

func holds(up, held chan struct{}) {
	close(up)
	<-held
}

// S-59: what a crash leaves is the stack that crashed, nothing of what others did, and no
// core file.
func TestACrashLeavesOneStack(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env, c.Stderr = append(os.Environ(), crashes+"=1", "GOTRACEBACK=none"), &said
	err := c.Run()
	if text := said.String(); err == nil || !strings.Contains(text, "panic: broken") || !strings.Contains(text, ".crash(") || strings.Contains(text, ".holds(") {
		t.Errorf("a crash: got %v, %s, want the stack that crashed alone", err, text)
	}
	if state := c.ProcessState.Sys().(syscall.WaitStatus); state.CoreDump() {
		t.Error("a crash left a core file")
	}
}
