package demoidp

import (
	"maps"
	"sync"
	"time"
)

// shelf keeps things for a while, under names that can't be guessed. Its zero value is ready.
type shelf[T any] struct {
	mu     sync.Mutex
	things map[string]kept[T]
}

type kept[T any] struct {
	thing T
	until time.Time
}

func (s *shelf[T]) put(name string, thing T, now time.Time, life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.things == nil {
		s.things = map[string]kept[T]{}
	}
	maps.DeleteFunc(s.things, func(_ string, k kept[T]) bool { return !now.Before(k.until) })
	s.things[name] = kept[T]{thing, now.Add(life)}
}

func (s *shelf[T]) get(name string, now time.Time) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.things[name]
	return k.thing, ok && now.Before(k.until)
}

// take is get for once.
func (s *shelf[T]) take(name string, now time.Time) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.things[name]
	delete(s.things, name)
	return k.thing, ok && now.Before(k.until)
}
