package i18n

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// repository is where the sources are, seen from this package.
const repository = "../.."

func TestEveryMessageSaidExistsAndEveryMessageIsSaid(t *testing.T) {
	t.Parallel()
	s := newSource(catalogues["en"].messages)
	if err := s.read(os.DirFS(repository)); err != nil {
		t.Fatal(err)
	}
	for _, d := range s.defects {
		t.Error(d)
	}
	for _, key := range s.unsaid() {
		t.Errorf("nothing says %s: remove it from the locales, or use it", key)
	}
}

func TestDefectsInSourcesAreFound(t *testing.T) {
	t.Parallel()
	english, err := parse([]byte(plantedFile), "planted.en.json")
	if err != nil {
		t.Fatal(err)
	}
	for want, statement := range map[string]string{
		"":                               `i18n.T(ctx, "key.title"); i18n.N(ctx, "key.count", 2); i18n.T(ctx, "key.used", "Used", 1, "Total", 2); i18n.Parts(ctx, "notice.ends", "Date", d)`,
		`no message "key.nothing"`:       `i18n.T(ctx, "key.nothing")`,
		`no message "key.gone"`:          `i18n.N(ctx, "key.gone", 3)`,
		`no message "form.gone"`:         `_ = licensing.Problem{"quantity", "form.gone", nil}`,
		`no message "form.lost"`:         `_ = licensing.Problems{{Field: "quantity", Message: "form.lost"}}`,
		`no message begins with "role."`: `i18n.T(ctx, "role."+string(r))`,
		`"key.used" wants the values ["Total" "Used"`: `i18n.T(ctx, "key.used", "Used", 1)`,
		`"key.title" wants the values []`:             `i18n.T(ctx, "key.title", "Used", 1)`,
		`"notice.ends" has no placeholder "Day"`:      `i18n.Parts(ctx, "notice.ends", "Day", 1)`,
		`"key.used" needs a value for each name`:      `i18n.T(ctx, "key.used", "Used")`,
	} {
		s := newSource(english)
		file := "package web\nfunc f() {\n" + statement + "\n}"
		if err := s.read(fstest.MapFS{"internal/web/x.go": {Data: []byte(file)}}); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(s.defects, "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("planted %s: got %q, want %q", statement, got, want)
		}
	}
}

func TestAMessageThatNothingSaysIsFound(t *testing.T) {
	t.Parallel()
	english, err := parse([]byte(`{"key.title": "a", "key.type.mak": "b", "key.spare": "c", "form.large": "d"}`), "planted.en.json")
	if err != nil {
		t.Fatal(err)
	}
	s := newSource(english)
	sources := fstest.MapFS{
		"views/a_templ.go": {Data: []byte(`package views; func f() { i18n.T(ctx, "key.title"); i18n.T(ctx, "key.type."+k) }`)},
		"internal/a.go":    {Data: []byte(`package a; const large = "form.large"`)},
		"a_test.go":        {Data: []byte(`package a; const x = "key.spare"`)},
	}
	if err := s.read(sources); err != nil {
		t.Fatal(err)
	}
	if got := s.unsaid(); !slices.Equal(got, []string{"key.spare"}) {
		t.Errorf("unsaid: got %q, want the key that only a test names", got)
	}
}

// source is what Go files, those that templ generates among them, say by key. A key
// counts as said where its literal stands, so that a constant or a Problem can carry
// it; "role."+r says every key that begins so.
type source struct {
	messages map[string]message
	literals map[string]bool
	prefixes map[string]bool
	defects  []string
}

func newSource(messages map[string]message) *source {
	return &source{messages: messages, literals: map[string]bool{}, prefixes: map[string]bool{}}
}

func (s *source) read(root fs.FS) error {
	return fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return s.readFile(root, name)
	})
}

func (s *source) readFile(root fs.FS, name string) error {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	at := func(n ast.Node, format string, args ...any) {
		p := files.Position(n.Pos())
		s.defects = append(s.defects, fmt.Sprintf("%s:%d: ", p.Filename, p.Line)+fmt.Sprintf(format, args...))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			s.literals[literal(n)] = true
		case *ast.BinaryExpr:
			s.addPrefix(n)
		case *ast.CallExpr:
			s.call(n, file.Name.Name, at)
		case *ast.CompositeLit:
			s.problem(n, at)
		}
		return true
	})
	return nil
}

type complain func(n ast.Node, format string, args ...any)

// literal is the text of a string literal, "" of any other.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	t, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return t
}

func (s *source) addPrefix(e *ast.BinaryExpr) {
	if p := literal(e.X); e.Op == token.ADD && keyShape.MatchString(strings.TrimRight(p, "._")+".x") && p != "" {
		s.prefixes[p] = true
	}
}

// call checks i18n.T(ctx, key, …) and its siblings; in this package they have no i18n.
func (s *source) call(c *ast.CallExpr, pkg string, at complain) {
	saying := ""
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "i18n" {
			saying = f.Sel.Name
		}
	case *ast.Ident:
		if pkg == "i18n" {
			saying = f.Name
		}
	}
	first := map[string]int{"T": 2, "Parts": 2, "N": 3, "Named": 3}[saying] // where values begin
	if first == 0 || len(c.Args) < 2 {
		return
	}
	if sum, ok := c.Args[1].(*ast.BinaryExpr); ok {
		s.checkPrefix(sum, at)
		return
	}
	key := literal(c.Args[1])
	if key == "" {
		return
	}
	m, ok := s.messages[key]
	if !ok {
		at(c, "no message %q", key)
		return
	}
	if saying != "Named" && c.Ellipsis == token.NoPos {
		checkValues(c.Args[first:], key, saying, m, func(format string, args ...any) { at(c, format, args...) })
	}
}

func (s *source) checkPrefix(sum *ast.BinaryExpr, at complain) {
	for {
		left, ok := sum.X.(*ast.BinaryExpr)
		if !ok {
			break
		}
		sum = left
	}
	prefix := literal(sum.X)
	if prefix == "" {
		return
	}
	for key := range s.messages {
		if strings.HasPrefix(key, prefix) {
			return
		}
	}
	at(sum, "no message begins with %q", prefix)
}

// checkValues compares the names at a call with the message's placeholders.
func checkValues(args []ast.Expr, key, saying string, m message, bad func(string, ...any)) {
	if len(args)%2 != 0 {
		bad("%q needs a value for each name", key)
		return
	}
	var names []string
	for i := 0; i < len(args); i += 2 {
		names = append(names, literal(args[i]))
	}
	if saying == "N" {
		names = append(names, "N")
	}
	slices.Sort(names)
	want := m.all()
	if saying == "Parts" { // draws the others itself
		for _, name := range names {
			if !slices.Contains(want, name) {
				bad("%q has no placeholder %q", key, name)
			}
		}
		return
	}
	if saying == "N" && !slices.Contains(want, "N") {
		want = append(want, "N") // "no keys left" may do without
		slices.Sort(want)
	}
	if !slices.Equal(names, want) {
		bad("%q wants the values %q, gets %q", key, want, names)
	}
}

// problem checks the message key of a licensing.Problem, alone or in Problems{{…}}.
func (s *source) problem(c *ast.CompositeLit, at complain) {
	switch typeName(c.Type) {
	case "Problem":
		s.problemKey(c, at)
	case "Problems":
		for _, e := range c.Elts {
			if one, ok := e.(*ast.CompositeLit); ok && one.Type == nil {
				s.problemKey(one, at)
			}
		}
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func (s *source) problemKey(c *ast.CompositeLit, at complain) {
	key := ""
	for i, e := range c.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if typeName(kv.Key) == "Message" {
				key = literal(kv.Value)
			}
		} else if i == 1 {
			key = literal(e)
		}
	}
	if _, ok := s.messages[key]; !ok && key != "" {
		at(c, "no message %q", key)
	}
}

// unsaid lists the keys that no source says.
func (s *source) unsaid() []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(s.messages)) {
		if !s.literals[key] && !s.begun(key) {
			list = append(list, key)
		}
	}
	return list
}

func (s *source) begun(key string) bool {
	for p := range s.prefixes {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}
