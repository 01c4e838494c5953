package arch

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// kind is what sort of thing a name stands for: a package may use one name twice.
type kind int

const (
	function kind = iota // or a method
	field
	other // a type, a constant
)

// banned are names that nothing of the portal mentions, and what to do instead.
var banned = map[string]struct {
	kind    kind
	instead string
}{
	"github.com/a-h/templ.Raw":                            {function, "templ escapes; a part that is markup is a component"},
	"github.com/a-h/templ.FromGoHTML":                     {function, "templ escapes; a part that is markup is a component"},
	"github.com/a-h/templ.JSUnsafeFuncCall":               {function, "scripts are static files"},
	"github.com/labstack/echo/v4.Attachment":              {function, "it writes any name into the header: make one of the server's own words"},
	"github.com/labstack/echo/v4.Start":                   {function, "it knows no time limits: cmd/keyhall has a server that does"},
	"github.com/labstack/echo/v4/middleware.Decompress":   {function, "a body that unpacks is bounded nowhere"},
	"github.com/labstack/echo/v4.Bind":                    {function, "a form has a function that reads its named fields"},
	"github.com/labstack/echo/v4.BindBody":                {function, "a form has a function that reads its named fields"},
	"github.com/labstack/echo/v4.BindQueryParams":         {function, "a form has a function that reads its named fields"},
	"github.com/labstack/echo/v4.BindPathParams":          {function, "a form has a function that reads its named fields"},
	"github.com/labstack/echo/v4.BindHeaders":             {function, "a form has a function that reads its named fields"},
	"github.com/labstack/echo/v4.Debug":                   {field, "it prints internal errors to browsers"},
	"gorm.io/gorm.Updates":                                {function, "name the columns: of a struct it leaves out what is zero"},
	"gorm.io/gorm.Save":                                   {function, "name the columns: Save writes every one, of whichever row the ID names"},
	"gorm.io/gorm.Preload":                                {function, "scopes do not reach it: write the join"},
	"gorm.io/gorm.AutoMigrate":                            {function, "write a migration"},
	"gorm.io/gorm.Model":                                  {other, "a plain struct; removal is a fact of the domain"},
	"gorm.io/driver/postgres.PreferSimpleProtocol":        {field, "it lets stacked statements run"},
	"github.com/jackc/pgx/v5.QueryExecModeSimpleProtocol": {other, "it lets stacked statements run"},
}

func kindOf(o types.Object) kind {
	switch o := o.(type) {
	case *types.Func:
		return function
	case *types.Var:
		if o.IsField() {
			return field
		}
	}
	return other
}

// nameOf is an object's name with its package's path, whatever type it hangs on.
func nameOf(o types.Object) string {
	if o == nil || o.Pkg() == nil {
		return ""
	}
	return o.Pkg().Path() + "." + o.Name()
}

// bans lists what a package mentions and should not.
func bans(s source) []string {
	var found []string
	for id, o := range s.info.Uses {
		if b, ok := banned[nameOf(o)]; ok && b.kind == kindOf(o) {
			found = append(found, s.line(id)+": "+o.Name()+": "+b.instead)
		}
	}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			// templ's own generated code declares variables of the type; only a
			// conversion says that an address is safe.
			if c, ok := n.(*ast.CallExpr); ok && s.info.Types[c.Fun].IsType() && isNamed(s.info.TypeOf(c), "github.com/a-h/templ.SafeURL") {
				found = append(found, s.line(c)+": SafeURL: let templ look at the address")
			}
			return true
		})
	}
	slices.Sort(found)
	return found
}

func isNamed(t types.Type, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && nameOf(n.Obj()) == name
}

// seers are the files that may see a product key in clear, each for one reason.
var seers = map[string]string{
	"internal/store/keys_add.go":       "seals a new key",
	"internal/store/profile.go":        "finds a whole key that was typed, by its fingerprint",
	"internal/store/imports_gather.go": "compares and seals the keys of a file",
	"internal/keyfile/tsv.go":          "writes key files",
	"internal/keyfile/xlsx_write.go":   "writes key files",
	"internal/web/keys.go":             "shows one key to whom it was revealed",
	"internal/web/handovers.go":        "shows one key, once, to whom it was handed over",
}

// reveals lists where else a Secret is opened: by Reveal, or handed on as a function.
func reveals(s source) []string {
	var found []string
	for id, o := range s.info.Uses {
		at := s.line(id)
		file, _, _ := strings.Cut(at, ":")
		if nameOf(o) == portal+"/internal/licensing.Reveal" && s.name != "internal/licensing" && seers[file] == "" {
			found = append(found, at+": Reveal: only the files in seers see a key in clear")
		}
	}
	slices.Sort(found)
	return found
}

// S-62: nothing binds a request to a struct, so no request is a row; a form has a function
// that reads its named fields.
func TestNothingBannedIsCalled(t *testing.T) {
	t.Parallel()
	for _, l := range ours(t) {
		for _, b := range bans(read(t, l)) {
			t.Error(b)
		}
	}
}

// Keys are seen where they are sealed, written to a file, or revealed (S-59).
func TestKeysAreSeenWhereTheyMustBe(t *testing.T) {
	t.Parallel()
	for _, l := range ours(t) {
		for _, b := range reveals(read(t, l)) {
			t.Error(b)
		}
	}
}

func TestBansAreFound(t *testing.T) {
	t.Parallel()
	s := fixture(t, "bans")
	compare(t, s, append(bans(s), reveals(s)...))
}

// compare holds what was found against the fixture's lines that end in a comment
// "found". More than one finding a line is one.
func compare(t *testing.T, s source, found []string) {
	t.Helper()
	var want, got []string
	for _, f := range s.files {
		for _, g := range f.Comments {
			if strings.TrimSpace(g.Text()) == "found" {
				want = append(want, s.line(g))
			}
		}
	}
	for _, one := range found {
		at, _, _ := strings.Cut(one, ": ")
		got = append(got, at)
	}
	sortLines(want)
	sortLines(got)
	got = slices.Compact(got)
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func sortLines(lines []string) {
	slices.SortFunc(lines, func(a, b string) int {
		if d := len(a) - len(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}
