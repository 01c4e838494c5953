package licensing_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Each kind that the package's source says is listed once.
func TestEveryKindOfNewsIsListedOnce(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []licensing.NewsKind
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`NewsKind += "([a-z_]+)"`).FindAllSubmatch(source, -1) {
			want = append(want, licensing.NewsKind(found[1]))
		}
	}
	got := licensing.NewsKinds()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("listed are %q, want %q", got, want)
	}
}
