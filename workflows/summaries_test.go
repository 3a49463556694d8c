package workflows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inEnglish are the files whose summaries are in English: what orders of 0.1.0 still do, and the
// election for a long connection, which is of no app's language but of a process.
var inEnglish = []string{"order_v0_1.go", "miniprogram/v0_1.go", "long_connection.go"}

// TestEverySummaryIsSaidInALanguage: what the Temporal UI says of an activity or a timer is a text of the
// catalogue, and no sentence that stands in the source.
func TestEverySummaryIsSaidInALanguage(t *testing.T) {
	starts := []string{"durable.Start", "durable.Asking", "durable.Near", "durable.Waiting"}
	found := 0
	judge := func(files *token.FileSet, summary ast.Expr) {
		found++
		ast.Inspect(summary, func(node ast.Node) bool {
			if call, is := node.(*ast.CallExpr); is && nameOfCall(call) == "words.New" {
				return false
			}
			if literal, is := node.(*ast.BasicLit); is {
				t.Errorf("%s: the summary is in one language: %s", files.Position(literal.Pos()), literal.Value)
			}
			return true
		})
	}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || slices.Contains(inEnglish, path) {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.CallExpr:
				if slices.Contains(starts, nameOfCall(node)) {
					judge(files, node.Args[len(node.Args)-1])
				}
			case *ast.KeyValueExpr:
				if key, is := node.Key.(*ast.Ident); is && key.Name == "Summary" {
					judge(files, node.Value)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < 25 {
		t.Errorf("%d summaries were found: %v", found, err)
	}
}

// nameOfCall is package.Function, or empty.
func nameOfCall(call *ast.CallExpr) string {
	function, is := call.Fun.(*ast.SelectorExpr)
	if !is {
		return ""
	}
	of, is := function.X.(*ast.Ident)
	if !is {
		return ""
	}
	return of.Name + "." + function.Sel.Name
}
