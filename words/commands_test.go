package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"miniflow/words"
)

// spokenBy is where the command line, and what it says in others' words, is written down.
var spokenBy = []string{
	"../cmd/miniflow", "../cmd/internal/command", "../cmd/internal/remote", "../cmd/internal/serving", "../internal/config", "../alipay/diagnose", "../alipay/keys", "../alipay/repair.go",
	"../ingress/console/people/file.go", "../ingress/console/people/write.go", "../ingress/console/people/password.go",
	"../cmd/internal/service/apps.go", "../cmd/internal/service/namespace.go", "../cmd/internal/service/prober.go", "../cmd/internal/service/prober_names.go",
}

// inEnglish are parts of that which stay English, each with its reason.
var inEnglish = map[string]string{
	"../cmd/miniflow/main.go":                             "help is English",
	"../cmd/miniflow/internal/bench":                      "figures for those who choose machines, and charts beside them",
	"../cmd/miniflow/internal/backtest/report/picture.go": "the page of --html is English",
	"../cmd/miniflow/internal/backtest/synth":             "logs for tests",
	"../cmd/internal/command/language.go":                 "help is English",
	"../cmd/miniflow/internal/backtest/progress.go":       "a bar of figures, which is gone at the end",
	"../alipay/keys/keyinfo.go":                           "names of formats",
}

// layouts are literals that look like sentences and are none.
var layouts = regexp.MustCompile(`\n[^ ]|\.\n$|^2006-|^[A-Z ]+ KEY$|^[A-Z]+ #?\d+$|charset=|IS NOT NULL|\\s|\[\^|\(\?|^\^|SHA-256 $|^Miniflow simulator key|^miniflow orders import\n$|^openssl | -inkey `)

var english = regexp.MustCompile(`\b[a-z]{2,}`)

// untold are literals that nobody reads at a command line.
var untold = map[string]string{
	"Alipay posts its notifications": "an answer over HTTP",
	"the namespace was made":         "a line of the log",
	"app %s: ":                       "before a sentence",
	"can't be set: %s":               "a mistake in the program",
	"<!doctype html":                 "a mark of a page",
	"log.level: %w":                  "a name of the configuration",
	"%.0f ms  %s":                    "a layout",
	"out_order_no %s · order_no %s · mini_app_id %s": "members of the API",
	"%s %-16s %-44s %-10s %-32s %.1f ms":             "a layout",
}

// readsAsEnglish reports whether a literal is words for people: more than one, or one beside a verb.
func readsAsEnglish(literal string) bool {
	bare := verb.ReplaceAllString(literal, "")
	return english.MatchString(bare) && strings.Contains(strings.TrimSpace(literal), " ") && !layouts.MatchString(literal)
}

// TestTheCommandLineSpeaksBothLanguages: whatever reads as English there is a sentence of the
// catalogue, or a part of one that is put together; and so is what is marked or named on a page.
func TestTheCommandLineSpeaksBothLanguages(t *testing.T) {
	catalogue, formats := words.Catalogue(), words.Formats()
	known := func(literal string, said bool) bool {
		if _, is := catalogue[literal]; is {
			_, isLine := formats[literal]
			return said || !isLine // what is recognised as a sentence must not be a mere format
		}
		if _, is := catalogue["label."+literal]; is {
			return true
		}
		trimmed := strings.Trim(literal, " ;:,?()\"\n")
		if trimmed == literal {
			return false
		}
		for key := range catalogue { // a part of one
			if strings.Contains(key, trimmed) {
				return true
			}
		}
		return false
	}
	found := 0
	for _, root := range spokenBy {
		literalsOf(t, root, func(where, literal string, said bool) {
			if untold[literal] != "" || !said && !readsAsEnglish(literal) || !english.MatchString(verb.ReplaceAllString(literal, "")) {
				return
			}
			found++
			if !known(literal, said) {
				t.Errorf("%s: %q is not in the catalogue, and would be English in a Chinese terminal", where, literal)
			}
		})
	}
	if found < 400 {
		t.Errorf("only %d sentences were found", found)
	}
}

// sayers are methods of a page and of the environment whose first argument is a sentence of the
// catalogue, or a label. What else they are given, and what printers are given, is shown as it is.
var (
	sayers   = map[string]bool{"Line": true, "Item": true, "Sayf": true, "Note": true, "say": true}
	printers = map[string]bool{"Good": true, "Bad": true, "Warn": true, "Faint": true}
)

// TestNothingIsShownAsItIsWritten: a literal beside a format, or with a colour, has to be said first.
func TestNothingIsShownAsItIsWritten(t *testing.T) {
	calls := 0
	eachFile(t, "../cmd/miniflow", func(file *ast.File, at func(ast.Node) string) {
		ast.Inspect(file, func(node ast.Node) bool {
			call, is := node.(*ast.CallExpr)
			if !is {
				return true
			}
			name := nameOf(call.Fun)
			name = name[strings.LastIndexByte(name, '.')+1:]
			shown := call.Args
			switch {
			case sayers[name] && len(shown) > 0:
				shown = shown[1:]
			case !printers[name]:
				return true
			}
			calls++
			for _, one := range shown {
				if text, is := textOf(one); is && english.MatchString(text) {
					t.Errorf("%s: %q is shown in English: say it with Sayf", at(one), text)
				}
			}
			return true
		})
	})
	if calls < 100 {
		t.Errorf("only %d calls were found", calls)
	}
}

// member is a name of the API, a flag or a variable, which is the same in every language.
var member = regexp.MustCompile(`^[a-z]+[_-][a-z_-]+$`)

// literalsOf hands over every literal of a file, or of a folder's. said marks those that a page shows
// whatever they look like.
func literalsOf(t *testing.T, root string, each func(where, literal string, said bool)) {
	t.Helper()
	eachFile(t, root, func(file *ast.File, at func(ast.Node) string) {
		told := map[token.Pos]bool{}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.Field, *ast.ImportSpec:
				if field, is := node.(*ast.Field); is && field.Tag == nil {
					return true
				}
				return false
			case *ast.CallExpr:
				if name := nameOf(node.Fun); sayers[name[strings.LastIndexByte(name, '.')+1:]] && len(node.Args) > 0 {
					text, is := textOf(node.Args[0])
					if told[node.Args[0].Pos()] = is; is && !member.MatchString(text) {
						each(at(node), text, true)
					}
				}
			case ast.Expr:
				if text, is := textOf(node); is {
					if told[node.Pos()] {
						return false
					}
					each(at(node), text, false)
					return false
				}
			}
			return true
		})
	})
}

// eachFile parses a file, or those of a folder, but for tests and what stays English.
func eachFile(t *testing.T, root string, see func(file *ast.File, at func(ast.Node) string)) {
	t.Helper()
	files := token.NewFileSet()
	at := func(node ast.Node) string { return files.Position(node.Pos()).String() }
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for part := range inEnglish {
			if strings.HasPrefix(path, part) {
				return nil
			}
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err == nil {
			see(file, at)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
