package i18n

import (
	"log/slog"
	"slices"
	"sync"
)

// defects are mistakes of ours seen while saying things: a key that no file has, a
// placeholder without a value. Each is kept and logged once, and no more than a
// hundred, so that a key built from a stranger's input fills neither memory nor log.
var defects = struct {
	sync.Mutex
	seen map[string]string
}{seen: map[string]string{}}

const mostDefects = 100

func report(id, what string) {
	defects.Lock()
	defer defects.Unlock()
	if _, ok := defects.seen[id]; ok || len(defects.seen) == mostDefects {
		return
	}
	defects.seen[id] = what
	slog.Error("a text is missing", "what", what)
}

// Defects lists the unknown keys and unfilled placeholders seen since the start, at
// most a hundred, sorted. A journey through the pages ends by finding none.
func Defects() []string {
	defects.Lock()
	defer defects.Unlock()
	list := make([]string, 0, len(defects.seen))
	for _, what := range defects.seen {
		list = append(list, what)
	}
	slices.Sort(list)
	return list
}
