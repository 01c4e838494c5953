package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// server is a child process that answers.
type server struct {
	role    string
	address string
	cmd     *exec.Cmd
	stdin   io.Closer
}

// startServer runs this program again as a server.
func startServer(ctx context.Context, command []string, c childConfig) (*server, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{role: c.Role, cmd: cmd, stdin: in}
	err = json.NewEncoder(in).Encode(c)
	if err == nil {
		s.address, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the %s did not start: %w", c.Role, err)
	}
	s.address = strings.TrimSpace(s.address)
	return s, nil
}

// stop ends the process in an orderly way.
func (s *server) stop() {
	_ = s.stdin.Close()
	_ = s.cmd.Wait()
}

// cpu is the processor time that the process has had.
func (s *server) cpu() time.Duration {
	stat, err := os.ReadFile(s.proc("stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel's clock tick
}

// memory is a number of the process's status in bytes: VmRSS now, VmHWM the peak.
func (s *server) memory(name string) int64 {
	status, err := os.ReadFile(s.proc("status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// forgetPeak lets the peak begin anew. Where the kernel refuses, the peak is that of
// the whole life.
func (s *server) forgetPeak() { _ = os.WriteFile(s.proc("clear_refs"), []byte("5"), 0) }

func (s *server) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", s.cmd.Process.Pid, name)
}
