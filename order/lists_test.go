package order_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"miniflow/order"
)

// TestEveryWordIsListed: the configuration, the API's schema and the pages are made from
// these lists, and a word that its list lacks is refused by them.
func TestEveryWordIsListed(t *testing.T) {
	for kind, listed := range map[string][]string{
		"Kind": texts(order.Kinds()), "Stage": texts(order.Stages()), "HoldKind": texts(order.HoldKinds()), "Event": texts(order.Events()),
		"Certification": texts(order.Certifications()), "Authorization": texts(order.Authorizations()), "Verdict": texts(order.Verdicts()),
		"Disposition": texts(order.Dispositions()), "Execution": texts(order.Executions()), "StepMode": texts(order.StepModes()),
		"BasePassPolicy": texts(order.BasePassPolicies()), "Wait": texts(order.Waits()), "Command": append(texts(order.Commands()), string(order.CommandBeginAgain)),
	} {
		declared := constants(t, func(_, ofType string) bool { return ofType == kind })
		if len(declared) < 2 || !sameWords(declared, listed) {
			t.Errorf("of %s there are %q, and listed are %q", kind, declared, listed)
		}
	}
	attributes := constants(t, func(name, _ string) bool { return len(name) > 9 && name[:9] == "Attribute" })
	listed := slices.Concat(order.KeywordAttributes(), order.IntAttributes(), order.TimeAttributes())
	few := len(order.KeywordAttributes()) <= 10 && len(order.IntAttributes()) <= 3 && len(order.TimeAttributes()) <= 3
	if !few || !sameWords(attributes, listed) {
		t.Errorf("of search attributes there are %q, and registered are %q", attributes, listed)
	}
}

// constants are the values of the package's constants that fits takes, by name and type.
func constants(t *testing.T, fits func(name, ofType string) bool) (values []string) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for spec := range ast.Preorder(file) {
			declared, ok := spec.(*ast.ValueSpec)
			if !ok || len(declared.Values) != 1 {
				continue
			}
			ofType, _ := declared.Type.(*ast.Ident)
			value, isText := declared.Values[0].(*ast.BasicLit)
			if !isText || value.Kind != token.STRING || !fits(declared.Names[0].Name, ofType.String()) {
				continue
			}
			text, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, text)
		}
	}
	return values
}

func sameWords(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b) && len(slices.Compact(slices.Clone(a))) == len(a)
}

func texts[T ~string](words []T) (all []string) {
	for _, word := range words {
		all = append(all, string(word))
	}
	return all
}
