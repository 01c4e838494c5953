package arch

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	tableRow  = regexp.MustCompile(`^\| ([SR]-?\d+) \| [^|]+ \| (.*) \|$`)
	tableTest = regexp.MustCompile("^`([a-z/]+)\\.(Test\\w+)`$")
	notYet    = regexp.MustCompile(`S-\d\d`)
)

// requirements is how many there are: S-01 and on.
const requirements = 64

// Whoever reads SECURITY.md can rely on its table: each requirement is there or is said not
// to be met yet, each test that is named exists and says the number of what it proves.
func TestTheTableOfRequirementsIsTrue(t *testing.T) {
	t.Parallel()
	said := comments(t)
	f, err := os.Open(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	met := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if later, ok := strings.CutPrefix(lines.Text(), "Not yet: "); ok {
			for _, number := range notYet.FindAllString(later, -1) {
				met[number] = true
			}
		}
		row := tableRow.FindStringSubmatch(lines.Text())
		if row == nil {
			continue
		}
		number := row[1]
		met[number] = true
		for _, name := range strings.Split(row[2], ", ") {
			test := tableTest.FindStringSubmatch(name)
			if test == nil {
				t.Errorf("%s: %q is no test", number, name)
				continue
			}
			if comment, ok := said[test[1]+"."+test[2]]; !ok {
				t.Errorf("%s: there is no test %s", number, name)
			} else if !slices.Contains(regexp.MustCompile(`[SR]-?\d+`).FindAllString(comment, -1), number) {
				t.Errorf("%s: the comment of %s does not say the number", number, name)
			}
		}
	}
	for n := 1; n <= requirements; n++ {
		if number := fmt.Sprintf("S-%02d", n); !met[number] {
			t.Errorf("%s is not in the table, nor among those not met yet", number)
		}
	}
}

// comments are what stands above each test, by package and name: store.TestOnce.
func comments(t *testing.T) map[string]string {
	t.Helper()
	said := map[string]string{}
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			folder, err := filepath.Rel(filepath.Join(root, top), filepath.Dir(path))
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
					said[filepath.ToSlash(folder)+"."+f.Name.Name] = f.Doc.Text()
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return said
}
