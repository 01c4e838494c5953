package keyfile

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// S-34: names come from the server's own words, and only plain signs get through.
func TestName(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 4, 23, 59, 0, 0, time.UTC)
	for scope, want := range map[string]string{
		"74120935":         "keyhall-keys-74120935-2026-03-04.tsv",
		"all":              "keyhall-keys-all-2026-03-04.tsv",
		"../../etc/passwd": "keyhall-keys-etcpasswd-2026-03-04.tsv",
		"Ä\u202Efdp\r\n\"": "keyhall-keys-fdp-2026-03-04.tsv",
		`C:\con`:           "keyhall-keys-Ccon-2026-03-04.tsv",
	} {
		if got := Name(scope, day, ".t\\sv"); got != want {
			t.Errorf("name for %q: got %q, want %q", scope, got, want)
		}
	}
}

// Keys in clear never touch the disk: what the package is made of can't open a file.
// The spreadsheet library, which spills into temporary files, is for tests alone.
func TestNothingHereCanWriteToTheDisk(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("own files: got %v, %v", files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range parsed.Imports {
			switch strings.Trim(imported.Path.Value, `"`) {
			case "os", "syscall", "io/ioutil", "github.com/xuri/excelize/v2":
				t.Errorf("%s imports %s", file, imported.Path.Value)
			}
		}
	}
}

// A heading that meant two columns would make files unreadable.
func TestNoHeadingMeansTwoColumns(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		for c, heading := range headings[language] {
			if got := columnOf[fold(heading)]; heading == "" || got != column(c) {
				t.Errorf("%s heading %q: read as column %d, want %d", language, heading, got, c)
			}
		}
	}
	for heading, c := range aliases {
		if got := columnOf[fold(heading)]; got != c {
			t.Errorf("alias %q: read as column %d, want %d", heading, got, c)
		}
	}
}
