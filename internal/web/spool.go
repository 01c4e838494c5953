package web

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// What files of a server have ready for their readers takes room, all of them together;
// what a file has beyond some buffers is packed. One buffer of each needs none, so whoever
// reads as fast as rows come never waits for others. A file whose reader is behind waits
// for room, but only for so long: the database waits with it.
const (
	readyBuffers = 16       // of 64 KB
	spoolRoom    = 64 << 20 // bytes
	spoolWait    = 10 * time.Second
)

// errTooSlow ends a file whose reader is too far behind.
var errTooSlow = errors.New("the reader is too slow, and there is no room for more of the file")

// spool stands between the database, which gives a file's rows as fast as it can, and a
// reader who takes them as slowly as they like. Nothing of it is kept on disk. One
// goroutine writes to it, another of its own sends. Call stop when done with it.
type spool struct {
	send func([]byte) error
	room *semaphore.Weighted // of all files of a server, in bytes
	wait time.Duration       // it still waits so long for room, all in all
	pack *flate.Writer       // nil as long as nobody is slow
	done chan struct{}       // closed when nothing is sent any more

	mu      sync.Mutex
	changed *sync.Cond
	queue   []parcel
	ended   bool  // no more is coming
	stopped bool  // what is here is wanted no more
	err     error // of sending
}

// parcel is a buffer on its way.
type parcel struct {
	data   []byte
	packed bool
	held   int64 // bytes of the room that it takes
}

func newSpool(room *semaphore.Weighted, send func([]byte) error) *spool {
	s := &spool{send: send, room: room, wait: spoolWait, done: make(chan struct{})}
	s.changed = sync.NewCond(&s.mu)
	go s.deliver()
	return s
}

// Write keeps a copy of a buffer to be sent. It returns what sending came to.
func (s *spool) Write(b []byte) (int, error) {
	p := parcel{data: bytes.Clone(b)}
	if s.waiting() >= readyBuffers {
		var err error
		if p.data, err = s.packed(b); err != nil {
			return 0, err
		}
		p.packed = true
	}
	if err := s.makeRoom(&p); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		s.room.Release(p.held)
		return 0, s.err
	}
	s.queue = append(s.queue, p)
	s.changed.Signal()
	return len(b), nil
}

// waiting is how many buffers there are to be sent.
func (s *spool) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// packed makes a buffer smaller. Keys don't pack well, but the names beside them do.
func (s *spool) packed(b []byte) ([]byte, error) {
	var to bytes.Buffer
	if s.pack == nil {
		s.pack, _ = flate.NewWriter(nil, flate.BestSpeed) // fails for unknown levels alone
	}
	s.pack.Reset(&to)
	if _, err := s.pack.Write(b); err != nil {
		return nil, err
	}
	if err := s.pack.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(to.Bytes()), nil
}

// makeRoom waits until there is room for a parcel, or nothing waits before it.
func (s *spool) makeRoom(p *parcel) error {
	began := time.Now()
	for s.waiting() > 0 {
		if n := int64(len(p.data)); s.room.TryAcquire(n) {
			p.held = n
			break
		}
		if time.Since(began) > s.wait {
			return errTooSlow
		}
		time.Sleep(time.Millisecond)
	}
	s.wait -= time.Since(began)
	return nil
}

// deliver sends what there is, until there is no more or it fails.
func (s *spool) deliver() {
	defer close(s.done)
	for {
		p, there := s.next()
		if !there {
			return
		}
		if err := s.deliverOne(p); err != nil {
			s.end(err)
			return
		}
	}
}

func (s *spool) next() (p parcel, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && !s.ended && !s.stopped {
		s.changed.Wait()
	}
	if len(s.queue) == 0 || s.stopped {
		return p, false
	}
	p, s.queue[0] = s.queue[0], parcel{}
	s.queue = s.queue[1:]
	return p, true
}

// deliverOne sends a parcel. A panic is an error of it: nobody else would catch it here.
func (s *spool) deliverOne(p parcel) (err error) {
	defer s.room.Release(p.held)
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if !p.packed {
		return s.send(p.data)
	}
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(p.data)))
	if err != nil {
		return err
	}
	return s.send(b)
}

// end gives up what waits to be sent, with the room that it takes.
func (s *spool) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.queue {
		s.room.Release(p.held)
	}
	s.queue, s.stopped, s.err = nil, true, cmp.Or(s.err, err)
	s.changed.Signal()
}

// drain waits until all is sent, and returns what that came to. Write no more then.
func (s *spool) drain() error {
	s.mu.Lock()
	s.ended = true
	s.changed.Signal()
	s.mu.Unlock()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// stop sends nothing any more, and waits for what is being sent.
func (s *spool) stop() {
	s.end(context.Canceled)
	<-s.done
}
