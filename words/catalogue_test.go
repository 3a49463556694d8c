package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"miniflow/words"
)

var verb = regexp.MustCompile(`%(?:\[(\d)\])?-?[\d.]*[sdvqwf]`)

// argumentsOf lists which arguments a pattern shows, each once.
func argumentsOf(pattern string) []int {
	var shown []int
	next := 1
	for _, found := range verb.FindAllStringSubmatch(strings.ReplaceAll(pattern, "%%", ""), -1) {
		if found[1] != "" {
			next, _ = strconv.Atoi(found[1])
		}
		shown = append(shown, next)
		next++
	}
	slices.Sort(shown)
	return slices.Compact(shown)
}

// verbsOf lists how a pattern writes its arguments, in their order.
func verbsOf(pattern string) string {
	found := verb.FindAllStringSubmatch(strings.ReplaceAll(pattern, "%%", ""), -1)
	for i, one := range found {
		if one[1] == "" && i > 0 { // the next of the one before
			before, _ := strconv.Atoi(found[i-1][1])
			one[1] = strconv.Itoa(before + 1)
		} else if one[1] == "" {
			one[1] = "1"
		}
	}
	slices.SortFunc(found, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
	written := ""
	for _, one := range found {
		written += strings.ReplaceAll(one[0], "["+one[1]+"]", "")
	}
	return written
}

// TestEverySentenceIsInBothLanguages: with the same arguments, and the Chinese one is Chinese.
func TestEverySentenceIsInBothLanguages(t *testing.T) {
	for code, said := range words.Catalogue() {
		if said.English == "" || said.Chinese == "" {
			t.Errorf("%q is missing in a language: %+v", code, said)
		}
		if e, c := argumentsOf(said.English), argumentsOf(said.Chinese); !slices.Equal(e, c) {
			t.Errorf("%q shows the arguments %v in English and %v in Chinese", code, e, c)
		}
		if e, c := verbsOf(said.English), verbsOf(said.Chinese); e != c {
			t.Errorf("%q writes its arguments as %s in English and as %s in Chinese", code, e, c)
		}
		letters := strings.IndexFunc(verb.ReplaceAllString(said.English, ""), unicode.IsLetter) >= 0
		if han := strings.IndexFunc(said.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0; letters && !han && said.English != said.Chinese {
			t.Errorf("%q is no Chinese: %q", code, said.Chinese)
		}
	}
}

// spoken is a sentence, or a code, that the source hands to what says it.
type spoken struct {
	text  string
	args  int // -1 where they are not counted here
	where token.Position
}

// speakers are the calls that take a code, or a sentence in English, and the position of that.
var speakers = map[string]int{"words.New": 0, "words.Sentence": 0, "problem.New": 1, "problem.Bad": 1, "fields.Add": 1, "r.fields.Add": 1, "p.Row": 0, "temporalProblem": 1}

// source is what production code says, and every text that stands in it.
func source(t *testing.T) (said []spoken, literals map[string]bool) {
	t.Helper()
	literals = map[string]bool{}
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && (entry.Name() == "stubs" || strings.HasPrefix(entry.Name(), ".") && path != "..") {
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../words/") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if expression, ok := node.(ast.Expr); ok {
				if text, ok := textOf(expression); ok {
					literals[text] = true
				}
			}
			if call, ok := node.(*ast.CallExpr); ok {
				name := nameOf(call.Fun)
				if file.Name.Name == "problem" && name == "New" {
					name = "problem.New"
				}
				if at, ok := speakers[name]; ok && len(call.Args) > at {
					if text, ok := textOf(call.Args[at]); ok {
						args := len(call.Args) - at - 1
						if name == "p.Row" || name == "temporalProblem" { // the rest is no argument of it
							args = 0
						}
						said = append(said, spoken{text, args, files.Position(call.Pos())})
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return said, literals
}

// textOf reads a literal, and literals that are put together.
func textOf(expression ast.Expr) (string, bool) {
	switch expression := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(expression.Value)
		return text, err == nil && expression.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := textOf(expression.X)
		right, also := textOf(expression.Y)
		return left + right, ok && also && expression.Op == token.ADD
	}
	return "", false
}

func nameOf(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.Ident:
		return expression.Name
	case *ast.SelectorExpr:
		return nameOf(expression.X) + "." + expression.Sel.Name
	}
	return ""
}

// TestEverySentenceOfTheSourceIsInTheCatalogue: with as many arguments as it shows, and the catalogue
// has none that nobody says.
func TestEverySentenceOfTheSourceIsInTheCatalogue(t *testing.T) {
	said, literals := source(t)
	catalogue := words.Catalogue()
	for _, one := range said {
		pattern, known := catalogue[one.text]
		switch {
		case !known && !verb.MatchString(strings.Trim(one.text, "%sv")) && !strings.ContainsFunc(verb.ReplaceAllString(one.text, ""), unicode.IsLetter):
		case !known:
			t.Errorf("%s: %q is not in the catalogue", one.where, one.text)
		case one.args != len(argumentsOf(pattern.English)):
			t.Errorf("%s: %q has %d arguments, and %q shows %v", one.where, one.text, one.args, pattern.English, argumentsOf(pattern.English))
		}
	}
	if len(said) < 200 {
		t.Errorf("only %d sentences were found in the source; has what says them another name now?", len(said))
	}
	for code := range catalogue {
		if strings.HasPrefix(code, "console.") || slices.Contains(words.ConsoleNames(), code) {
			continue // pages say these: see TestTheConsoleSpeaksBothLanguages
		}
		found := literals[code] || slices.Contains(framework, code)
		if !found && !isPartOf(code, literals) {
			t.Errorf("%q is in the catalogue and said nowhere", code)
		}
	}
}

// isPartOf reports whether the source writes a sentence down in another form: a tag of a field, or
// a beginning to which the rest is added.
func isPartOf(code string, literals map[string]bool) bool {
	if label, is := strings.CutPrefix(code, "label."); is {
		return literals[label]
	}
	longest := ""
	for _, piece := range verb.Split(code, -1) {
		if len(piece) > len(longest) {
			longest = piece
		}
	}
	longest = strings.Trim(strings.ReplaceAll(longest, "%%", "%"), "; ")
	for literal := range literals {
		if strings.Contains(literal, `patternDescription:"`+code+`"`) || longest != code && strings.Contains(literal, longest) {
			return true
		}
	}
	return false
}

func filesOf(t *testing.T, folder string) []*ast.File {
	t.Helper()
	var all []*ast.File
	paths, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no source in %s: %v", folder, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file)
	}
	return all
}
