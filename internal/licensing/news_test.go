package licensing_test

import (
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestNoKindOfNewsIsListedTwice(t *testing.T) {
	t.Parallel()
	listed := map[licensing.NewsKind]bool{}
	for _, kind := range licensing.NewsKinds() {
		if kind == "" || listed[kind] {
			t.Errorf("%q is listed twice, or is none", kind)
		}
		listed[kind] = true
	}
}
