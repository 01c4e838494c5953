package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// target is an address of a server, and what has to come from it.
type target struct {
	path string
	crc  uint32 // of the body
	size int    // bytes
	body []byte // until every server was compared
}

var table = crc32.MakeTable(crc32.Castagnoli)

// patience is how long one answer may take.
const patience = 30 * time.Second

// conn is one kept-alive connection of a browser that is signed in.
type conn struct {
	net.Conn
	in      *bufio.Reader
	request []byte
	rest    []byte // of each request, after the path
	origin  string // of its pages
	goTo    string // where the last answer sends the browser
}

func dial(ctx context.Context, address, token string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 64<<10), origin: "http://" + address, rest: []byte(" HTTP/1.1\r\nHost: " + address +
		"\r\nUser-Agent: keyhall-bench\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nCookie: " + cookie + "=" + token + "\r\n\r\n")}, nil
}

// ask fetches a page and passes its body, a piece at a time, to eat.
func (c *conn) ask(path string, eat func([]byte)) (status int, err error) {
	_ = c.SetDeadline(time.Now().Add(patience))
	c.request = append(append(append(c.request[:0], "GET "...), path...), c.rest...)
	return c.exchange(eat)
}

// post sends a form of the portal's own pages, and returns where its answer leads.
func (c *conn) post(path string, form url.Values) (goTo string, err error) {
	_ = c.SetDeadline(time.Now().Add(patience))
	body := form.Encode()
	c.request = append(append(append(c.request[:0], "POST "...), path...), bytes.TrimSuffix(c.rest, []byte("\r\n"))...)
	c.request = fmt.Appendf(c.request, "Origin: %s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		c.origin, len(body), body)
	c.goTo = ""
	status, err := c.exchange(func([]byte) {})
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("POST %s: status %d", path, status)
	}
	return c.goTo, err
}

// exchange sends the request that is written, and reads its answer.
func (c *conn) exchange(eat func([]byte)) (status int, err error) {
	if _, err := c.Write(c.request); err != nil {
		return 0, err
	}
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("an answer that begins with %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, err := c.headers()
	if err != nil {
		return status, err
	}
	if length >= 0 {
		return status, c.body(length, eat)
	}
	return status, c.chunks(eat)
}

func (c *conn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// headers reads to the end of the head, and returns the body's length; -1 if it comes
// in chunks.
func (c *conn) headers() (int, error) {
	length := -1
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
		if value, ok := bytes.CutPrefix(line, []byte("Location: ")); ok {
			c.goTo = string(value)
		}
	}
}

func (c *conn) chunks(eat func([]byte)) error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 64)
		if err != nil {
			return err
		}
		if err := c.body(int(size), eat); err != nil {
			return err
		}
		if _, err := c.in.Discard(2); err != nil || size == 0 {
			return err
		}
	}
}

// body reads so many bytes without copying them. A piece that comes in gives the next
// its time.
func (c *conn) body(left int, eat func([]byte)) error {
	for left > 0 {
		if c.in.Buffered() == 0 {
			_ = c.SetDeadline(time.Now().Add(patience))
			if _, err := c.in.Peek(1); err != nil {
				return err
			}
		}
		piece, err := c.in.Peek(min(left, c.in.Buffered()))
		if err != nil {
			return err
		}
		eat(piece)
		if _, err := c.in.Discard(len(piece)); err != nil {
			return err
		}
		left -= len(piece)
	}
	return nil
}

// sample is what came of one server's turn.
type sample struct {
	requests  int
	took      time.Duration
	latencies []time.Duration
	cpu       time.Duration
	peak      int64
}

func (s sample) perSecond() float64 { return float64(s.requests) / s.took.Seconds() }

// closedLoop is a load: so many connections ask until the time is over.
type closedLoop struct {
	address string
	tokens  []string // one for each connection
	targets []target
	own     [][]target // of each connection, in the place of targets
	length  time.Duration
}

func (l closedLoop) run(ctx context.Context) (sample, error) {
	conns := make([]*conn, len(l.tokens))
	for i := range conns {
		c, err := dial(ctx, l.address, l.tokens[i])
		if err != nil {
			return sample{}, err
		}
		defer func() { _ = c.Close() }()
		conns[i] = c
	}
	return l.over(ctx, conns)
}

// over runs the loop over connections that are open.
func (l closedLoop) over(ctx context.Context, conns []*conn) (sample, error) {
	var all sample
	var mu sync.Mutex
	var failed error
	var done sync.WaitGroup
	began := time.Now()
	for i, c := range conns {
		done.Go(func() {
			took, err := l.turn(ctx, c, i, began.Add(l.length))
			mu.Lock()
			defer mu.Unlock()
			all.latencies = append(all.latencies, took...)
			failed = errors.Join(failed, err)
		})
	}
	done.Wait()
	all.took, all.requests = time.Since(began), len(all.latencies)
	slices.Sort(all.latencies)
	return all, failed
}

func (l closedLoop) turn(ctx context.Context, c *conn, first int, end time.Time) ([]time.Duration, error) {
	var took []time.Duration
	targets := l.targets
	if l.own != nil {
		targets = l.own[first]
	}
	for n := first * 7919; ; n += 104729 {
		began := time.Now()
		if began.After(end) || ctx.Err() != nil {
			return took, ctx.Err()
		}
		t := &targets[n%len(targets)]
		var sum uint32
		status, err := c.ask(t.path, func(b []byte) { sum = crc32.Update(sum, table, b) })
		if err != nil {
			return took, fmt.Errorf("%s: %w", t.path, err)
		}
		if status != 200 || sum != t.crc {
			return took, fmt.Errorf("%s: status %d, another body than before", t.path, status)
		}
		took = append(took, time.Since(began))
	}
}

// percentile of durations in order.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
