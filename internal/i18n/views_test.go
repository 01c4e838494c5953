package i18n

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"golang.org/x/net/html"
)

// Views hold no words: what a reader sees comes from the locales. The check reads the
// Go files that templ makes, which are what runs.
func TestViewsHoldNoLiteralText(t *testing.T) {
	t.Parallel()
	found, err := wordsInViews(os.DirFS(repository), "views")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

func TestLiteralTextInViewsIsFound(t *testing.T) {
	t.Parallel()
	for want, written := range map[string]string{
		"text \"Product keys\"":     `templruntime.WriteString(b, 1, "<h1>Product keys</h1>")`,
		"text \"keys\"":             `templruntime.WriteString(b, 1, "<p>"); b.WriteString(templ.EscapeString(v)); templruntime.WriteString(b, 2, " keys</p>")`,
		"title \"Close\"":           `templruntime.WriteString(b, 1, "<a title=\"Close\">")`,
		"placeholder \"Name\"":      `templruntime.WriteString(b, 1, "<input placeholder=\"Name\">")`,
		"aria-label \"Main\"":       `templruntime.WriteString(b, 1, "<nav aria-label=\"Main\">")`,
		"alt \"A key\"":             `templruntime.WriteString(b, 1, "<img alt=\"A key\">")`,
		"value \"Send\"":            `templruntime.WriteString(b, 1, "<input type=\"submit\" value=\"Send\">")`,
		"data-done-text \"Copied\"": `templruntime.WriteString(b, 1, "<button data-done-text=\"Copied\">")`,
		"expression \"Hello\"":      `v, err = templ.JoinStringErrs("Hello")`,
		"expression \"A title\"":    `i18n.Attr(templ.ResolveAttributeValue("A title"))`,
	} {
		got, err := planWords(written)
		if err != nil {
			t.Fatal(err)
		}
		if joined := strings.Join(got, "\n"); !strings.Contains(joined, want) {
			t.Errorf("planted %s: got %q, want %q", written, joined, want)
		}
	}
	for name, written := range map[string]string{
		"signs and numbers are no words":      `templruntime.WriteString(b, 1, "<span>· / &middot; 24 &nbsp;</span>")`,
		"what is typed on a keyboard":         `templruntime.WriteString(b, 1, "<kbd>g</kbd> <code>setup.exe</code>")`,
		"values that only the server reads":   `templruntime.WriteString(b, 1, "<input type=\"hidden\" name=\"kind\" value=\"general\"><option value=\"MAK\">")`,
		"a value that comes by an expression": `templruntime.WriteString(b, 1, "<input title=\""); b.WriteString(v); templruntime.WriteString(b, 2, "\">")`,
		"other attributes":                    `templruntime.WriteString(b, 1, "<a class=\"brand\" href=\"/licences\">")`,
		"a translated expression":             `v, err = templ.JoinStringErrs(i18n.T(ctx, "key.title"))`,
	} {
		if got, err := planWords(written); err != nil || len(got) > 0 {
			t.Errorf("%s: got %q, %v, want nothing", name, got, err)
		}
	}
}

func planWords(statement string) ([]string, error) {
	file := "package views\nfunc f() {\n" + statement + "\n}"
	return wordsInViews(fstest.MapFS{
		"views/a.templ":    {Data: []byte("package views")},
		"views/a_templ.go": {Data: []byte(file)},
	}, "views")
}

func TestAViewThatWasNotGeneratedIsFound(t *testing.T) {
	t.Parallel()
	got, err := wordsInViews(fstest.MapFS{"views/mail/a.templ": {}}, "views")
	if err != nil || len(got) != 1 {
		t.Errorf("a templ file without its Go file: got %q, %v, want one finding", got, err)
	}
	if got, err := wordsInViews(fstest.MapFS{}, "views"); err != nil || len(got) != 0 {
		t.Errorf("no views at all: got %q, %v, want nothing", got, err)
	}
}

// wordsInViews lists the literal words in the views below a folder, each with its place.
func wordsInViews(root fs.FS, folder string) ([]string, error) {
	var found []string
	err := fs.WalkDir(root, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".templ") {
			return err
		}
		generated := strings.TrimSuffix(name, ".templ") + "_templ.go"
		text, err := fs.ReadFile(root, generated)
		if os.IsNotExist(err) {
			found = append(found, name+": has no "+generated+" beside it")
			return nil
		}
		if err != nil {
			return err
		}
		words, err := wordsInGenerated(generated, text)
		found = append(found, words...)
		return err
	})
	if os.IsNotExist(err) {
		return nil, nil
	}
	return found, err
}

func wordsInGenerated(name string, text []byte) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		markup, words := written(f)
		for _, w := range append(words, wordsInMarkup(markup)...) {
			found = append(found, fmt.Sprintf("%s: %s: %s", name, f.Name.Name, w))
		}
	}
	return found, nil
}

// written returns the markup that a component writes with everything dynamic left out,
// and the expressions that are nothing but a literal.
func written(f *ast.FuncDecl) (markup string, words []string) {
	var b strings.Builder
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || len(c.Args) == 0 {
			return true
		}
		last := literal(c.Args[len(c.Args)-1])
		switch typeName(c.Fun) {
		case "WriteString":
			b.WriteString(last)
		case "JoinStringErrs", "ResolveAttributeValue", "EscapeString":
			if hasLetter(last) {
				words = append(words, fmt.Sprintf("expression %q", last))
			}
		}
		return true
	})
	return b.String(), words
}

// read are the attributes that are read to somebody; those of the scripts end in -text.
var read = []string{"title", "placeholder", "aria-label", "aria-description", "aria-roledescription", "alt", "label", "value"}

func wordsInMarkup(markup string) []string {
	var found []string
	silent := 0 // how many elements around hold what is typed, not read
	z := html.NewTokenizer(strings.NewReader(markup))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		t := z.Token()
		switch {
		case kind == html.TextToken && silent == 0 && hasLetter(t.Data):
			found = append(found, fmt.Sprintf("text %q", strings.TrimSpace(t.Data)))
		case kind == html.StartTagToken && slices.Contains(typed, t.Data):
			silent++
		case kind == html.EndTagToken && slices.Contains(typed, t.Data):
			silent--
		}
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			found = append(found, wordsInAttributes(t)...)
		}
	}
	return found
}

var typed = []string{"kbd", "code", "script", "style"}

func wordsInAttributes(t html.Token) []string {
	var found []string
	for _, a := range t.Attr {
		isRead := slices.Contains(read, a.Key) || strings.HasPrefix(a.Key, "data-") && strings.HasSuffix(a.Key, "-text")
		if a.Key == "value" && !showsValue(t) {
			continue
		}
		if isRead && hasLetter(a.Val) {
			found = append(found, fmt.Sprintf("%s %q", a.Key, a.Val))
		}
	}
	return found
}

// showsValue reports whether an element's value is what the reader sees.
func showsValue(t html.Token) bool {
	if t.Data != "input" {
		return false
	}
	for _, a := range t.Attr {
		if a.Key == "type" {
			return !slices.Contains([]string{"hidden", "checkbox", "radio"}, a.Val)
		}
	}
	return true
}

func hasLetter(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) >= 0 }
