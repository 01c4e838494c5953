package arch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// portal is the module's path; the names of packages below leave it out.
const portal = "github.com/keyhall/keyhall"

// root is the module's folder, seen from this test.
const root = "../.."

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Dir        string
	Export     string // file with what the compiler exports
	GoFiles    []string
	Imports    []string // of the package itself, not of its tests
	DepOnly    bool
	Error      *struct{ Err string }
}

// name is the package's path in the module: internal/store.
func (l listed) name() string { return strings.TrimPrefix(l.ImportPath, portal+"/") }

// list asks go about packages and everything that they stand on.
func list(dir string, args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Dir,Export,GoFiles,Imports,DepOnly,Error"}, args...)...)
	cmd.Dir = dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &complaint)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var one listed
		if err := d.Decode(&one); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
}

// world is the module as the compiler sees it, and the libraries whose misuse is looked for.
var world = sync.OnceValues(func() ([]listed, error) {
	// go test remembers a result until a file that the test opened changes. The walk
	// opens every folder, so that a new package is noticed.
	err := filepath.WalkDir(root, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list(root, "-export", "-deps", "./...", "gorm.io/gorm", "gorm.io/driver/postgres",
		"github.com/labstack/echo/v4", "github.com/a-h/templ", "github.com/jackc/pgx/v5")
})

// ours are the module's own packages.
func ours(t *testing.T) []listed {
	t.Helper()
	all, err := world()
	if err != nil {
		t.Fatal(err)
	}
	var mine []listed
	for _, l := range all {
		if !strings.HasPrefix(l.ImportPath, portal) {
			continue
		}
		if l.Error != nil {
			t.Errorf("%s: %s", l.name(), l.Error.Err)
			continue
		}
		mine = append(mine, l)
	}
	if len(mine) < 10 {
		t.Fatalf("go list found %d packages of the portal: that can't be all", len(mine))
	}
	return mine
}

// source is a package with its types worked out.
type source struct {
	name  string
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
}

// line says where a node stands: internal/store/keys.go:12.
func (s source) line(n ast.Node) string {
	p := s.fset.Position(n.Pos())
	return fmt.Sprintf("%s/%s:%d", s.name, filepath.Base(p.Filename), p.Line)
}

// read parses a package's files and works out its types. Tests are not among them.
func read(t *testing.T, l listed) source {
	t.Helper()
	s := source{name: l.name(), fset: token.NewFileSet(), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
	}}
	for _, file := range l.GoFiles {
		f, err := parser.ParseFile(s.fset, filepath.Join(l.Dir, file), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
	}
	c := types.Config{Importer: importer.ForCompiler(s.fset, "gc", exported)}
	if _, err := c.Check(l.ImportPath, s.fset, s.files, s.info); err != nil {
		t.Fatal(err)
	}
	return s
}

// exported opens what the compiler wrote of a package.
func exported(path string) (io.ReadCloser, error) {
	all, err := world()
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.ImportPath == path && l.Export != "" {
			return os.Open(l.Export)
		}
	}
	return nil, fmt.Errorf("nothing of the portal stands on %s", path)
}

// fixture reads a package of testdata, which the go command leaves out.
func fixture(t *testing.T, name string) source {
	t.Helper()
	dir := filepath.Join("testdata", name)
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixture in %s", dir)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return read(t, listed{ImportPath: portal + "/" + name, Dir: dir, GoFiles: files})
}
