package arch

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// sqlFrom says from which argument on gorm takes a string for SQL; the context is not
// counted.
var sqlFrom = map[string]int{
	"Where": 0, "Or": 0, "Not": 0, "Raw": 0, "Exec": 0, "Having": 0, "Joins": 0, "InnerJoins": 0, "Table": 0, "Expr": 0,
	"Order": 0, "Select": 0, "Group": 0, "Distinct": 0, "Omit": 0, "Pluck": 0, "Count": 0, "Update": 0, "UpdateColumn": 0,
	"First": 1, "Take": 1, "Last": 1, "Find": 1, "Delete": 1, "FirstOrInit": 1, "FirstOrCreate": 1,
}

// oneString are those of which only that argument is SQL; what follows are values.
var oneString = []string{
	"Where", "Or", "Not", "Raw", "Exec", "Having", "Joins", "InnerJoins", "Table", "Expr", "Update", "UpdateColumn", "First",
	"Take", "Last", "Find", "Delete", "FirstOrInit", "FirstOrCreate",
}

// loose lists what reaches a SQL position of gorm and is not a constant: a string, or
// a struct or map, of which gorm drops the zero values.
func loose(s source) []string {
	var found []string
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				for _, arg := range s.sqlArguments(n) {
					if s.variable(arg) {
						found = append(found, s.line(arg)+": SQL that is not a constant: "+types.ExprString(arg))
					}
				}
			case *ast.CompositeLit:
				for _, part := range s.clauseTexts(n) {
					found = append(found, s.line(part)+": a clause of SQL that is not a constant: "+types.ExprString(part))
				}
			}
			return true
		})
	}
	slices.Sort(found)
	return found
}

// sqlArguments are the arguments of a call of gorm that end up as SQL.
func (s source) sqlArguments(c *ast.CallExpr) []ast.Expr {
	called, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	o := s.info.Uses[called.Sel]
	from, takes := sqlFrom[called.Sel.Name]
	if !takes || kindOf(o) != function || !ofGorm(o) {
		return nil
	}
	args := slices.DeleteFunc(slices.Clone(c.Args), func(a ast.Expr) bool {
		return isNamed(s.info.TypeOf(a), "context.Context")
	})
	if len(args) <= from {
		return nil
	}
	if slices.Contains(oneString, called.Sel.Name) {
		return args[from : from+1]
	}
	return args[from:]
}

func ofGorm(o types.Object) bool {
	return o != nil && o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), "gorm.io/gorm")
}

// variable reports whether an argument is text, or hides some, and is not a constant.
// A pointer is where a result goes, a function builds a clause of its own.
func (s source) variable(e ast.Expr) bool {
	if s.info.Types[e].Value != nil || s.info.Types[e].IsNil() {
		return false
	}
	switch s.info.TypeOf(e).Underlying().(type) {
	case *types.Pointer, *types.Signature:
		return false
	}
	return true
}

// clauseTexts are the strings in a literal of gorm's clause types that are not constants.
func (s source) clauseTexts(l *ast.CompositeLit) []ast.Expr {
	named, ok := types.Unalias(s.info.TypeOf(l)).(*types.Named)
	if !ok || !ofGorm(named.Obj()) || named.Obj().Pkg().Name() != "clause" {
		return nil
	}
	var texts []ast.Expr
	for _, e := range l.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		if t, ok := s.info.TypeOf(e).Underlying().(*types.Basic); ok && t.Info()&types.IsString != 0 && s.variable(e) {
			texts = append(texts, e)
		}
	}
	return texts
}

// No non-constant string reaches a SQL position of gorm (S-04).
func TestSQLIsConstant(t *testing.T) {
	t.Parallel()
	for _, l := range ours(t) {
		if slices.ContainsFunc(l.Imports, func(path string) bool { return strings.HasPrefix(path, "gorm.io/") }) {
			for _, b := range loose(read(t, l)) {
				t.Error(b)
			}
		}
	}
}

func TestLooseSQLIsFound(t *testing.T) {
	t.Parallel()
	s := fixture(t, "sql")
	compare(t, s, loose(s))
}
