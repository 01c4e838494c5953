package web

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"
)

// slowly is a reader who takes a buffer whenever they are let.
type slowly struct {
	got bytes.Buffer
	let chan struct{}
	err error
}

func (r *slowly) send(b []byte) error {
	<-r.let
	r.got.Write(b)
	return r.err
}

// some writes rows into a spool, and returns what it wrote.
func some(t *testing.T, s *spool, buffers int) []byte {
	t.Helper()
	var all []byte
	for n := range buffers {
		b := bytes.Repeat([]byte("74120935\tOffice\tDEMO"+strconv.Itoa(n)+"\r\n"), 1+rand.N(2000))
		if _, err := s.Write(b); err != nil {
			t.Fatalf("buffer %d: %v", n, err)
		}
		all = append(all, b...)
		clear(b) // a writer uses its buffer again
	}
	return all
}

func TestASlowReaderGetsAllOfAFile(t *testing.T) {
	t.Parallel()
	room, r := semaphore.NewWeighted(spoolRoom), &slowly{let: make(chan struct{})}
	s := newSpool(room, r.send)
	want := some(t, s, 5*readyBuffers)
	if room.TryAcquire(spoolRoom) {
		t.Error("a reader far behind takes no room")
	}
	close(r.let)
	if err := s.drain(); err != nil || !bytes.Equal(r.got.Bytes(), want) {
		t.Errorf("got %d bytes, %v, want %d, or others", r.got.Len(), err, len(want))
	}
	if !room.TryAcquire(spoolRoom) {
		t.Error("room is not given back")
	}
}

func TestAFileEndsWhereThereIsNoRoom(t *testing.T) {
	t.Parallel()
	const small = 1000
	room, r := semaphore.NewWeighted(small), &slowly{let: make(chan struct{})}
	s := newSpool(room, r.send)
	s.wait = time.Millisecond
	var err error
	for range 100 * readyBuffers {
		if _, err = s.Write(bytes.Repeat([]byte("row"), 5000)); err != nil {
			break
		}
	}
	if !errors.Is(err, errTooSlow) {
		t.Errorf("got %v, want errTooSlow", err)
	}
	close(r.let)
	s.stop()
	if !room.TryAcquire(small) {
		t.Error("room is not given back")
	}
}

// Slow readers may have taken all the room: who keeps up needs none.
func TestAQuickReaderWaitsForNoRoom(t *testing.T) {
	t.Parallel()
	room, r := semaphore.NewWeighted(1), &slowly{let: make(chan struct{})}
	room.TryAcquire(1)
	close(r.let)
	s := newSpool(room, r.send)
	s.wait = time.Minute // far more than it takes
	want := some(t, s, 5*readyBuffers)
	if err := s.drain(); err != nil || !bytes.Equal(r.got.Bytes(), want) {
		t.Errorf("got %d bytes, %v, want %d, or others", r.got.Len(), err, len(want))
	}
}

func TestAFileEndsWithItsReader(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	room, r := semaphore.NewWeighted(spoolRoom), &slowly{let: make(chan struct{}), err: gone}
	s := newSpool(room, r.send)
	some(t, s, 3*readyBuffers)
	close(r.let)
	<-s.done
	if _, err := s.Write([]byte("row")); !errors.Is(err, gone) {
		t.Errorf("another buffer: got %v, want the reader's", err)
	}
	if err := s.drain(); !errors.Is(err, gone) {
		t.Errorf("in the end: got %v, want the reader's", err)
	}
	if !room.TryAcquire(spoolRoom) {
		t.Error("room is not given back")
	}
}

func TestAPanicOfSendingIsAnError(t *testing.T) {
	t.Parallel()
	s := newSpool(semaphore.NewWeighted(spoolRoom), func([]byte) error { panic("no reader") })
	some(t, s, 1)
	if err := s.drain(); err == nil || !strings.Contains(err.Error(), "no reader") {
		t.Errorf("got %v, want the panic as an error", err)
	}
}

// until waits for a spool to be as it is wanted.
func until(s *spool, wanted func() bool) {
	for {
		s.mu.Lock()
		so := wanted()
		s.mu.Unlock()
		if so {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAFileThatIsStoppedSendsNothingMore(t *testing.T) {
	t.Parallel()
	room, r := semaphore.NewWeighted(spoolRoom), &slowly{let: make(chan struct{})}
	s := newSpool(room, r.send)
	some(t, s, 3*readyBuffers)
	r.let <- struct{}{} // one buffer leaves
	until(s, func() bool { return len(s.queue) == 3*readyBuffers-2 })
	stopped := make(chan struct{})
	go func() { s.stop(); close(stopped) }() // while the next is on its way
	until(s, func() bool { return s.stopped })
	had := r.got.Len()
	close(r.let)
	<-stopped
	if more := r.got.Len() - had; more > 64<<10 {
		t.Errorf("%d bytes left after it was stopped", more)
	}
	if !room.TryAcquire(spoolRoom) {
		t.Error("room is not given back")
	}
}
