package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"miniflow/internal/clients/miniflow"
)

// description is what this program needs of docs/openapi.json.
type description struct {
	calls  []string
	enums  map[string]bool
	values int
}

func readDescription(file string) (*description, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the file that was named
	if err != nil {
		return nil, err
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	var whole any
	if err := errors.Join(json.Unmarshal(text, &document), json.Unmarshal(text, &whole)); err != nil {
		return nil, err
	}
	d := &description{enums: map[string]bool{}}
	for path, calls := range document.Paths {
		for method := range calls {
			d.calls = append(d.calls, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(d.calls)
	d.collect(whole)
	d.values = len(d.enums)
	return d, nil
}

// collect finds every value of every enumeration of texts.
func (d *description) collect(node any) {
	switch node := node.(type) {
	case map[string]any:
		values, _ := node["enum"].([]any)
		for _, value := range values {
			if text, is := value.(string); is {
				d.enums[text] = true
			}
		}
		for _, below := range node {
			d.collect(below)
		}
	case []any:
		for _, below := range node {
			d.collect(below)
		}
	}
}

// haveConstants fails for a value without a constant in the generated client.
func (d *description) haveConstants(file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return err
	}
	constants := map[string]bool{}
	ast.Inspect(parsed, func(node ast.Node) bool {
		declared, is := node.(*ast.GenDecl)
		if !is || declared.Tok != token.CONST {
			return true
		}
		for _, spec := range declared.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				if literal, is := value.(*ast.BasicLit); is && literal.Kind == token.STRING {
					text, _ := strconv.Unquote(literal.Value)
					constants[text] = true
				}
			}
		}
		return false
	})
	var missing []error
	for value := range d.enums {
		if !constants[value] {
			missing = append(missing, fmt.Errorf("%q has no constant", value))
		}
	}
	return errors.Join(missing...)
}

// isRead fails where the client found nothing of what the description promises for the status, or
// a problem of no type that it has a constant for.
func isRead(got answer) error {
	member := "JSON" + strconv.Itoa(got.StatusCode())
	if got.StatusCode() >= 400 {
		var p miniflow.Problem
		if err := json.Unmarshal(got.GetBody(), &p); err != nil || !p.Type.Valid() || p.Status != int64(got.StatusCode()) {
			return fmt.Errorf("%T: a problem that the client does not know: %s", got, got.GetBody())
		}
		member = "ApplicationproblemJSON" + strconv.Itoa(got.StatusCode())
	}
	if read := reflect.ValueOf(got).Elem().FieldByName(member); !read.IsValid() || read.IsNil() {
		return fmt.Errorf("%T: the description promises nothing for %d: %s", got, got.StatusCode(), got.GetBody())
	}
	return nil
}
