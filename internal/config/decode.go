package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"miniflow/internal/spelling"
)

// decoder applies a YAML file to a configuration and records each field's line. It continues
// after a problem, so that all of them are reported together, and it reads scalars as they
// are written, because an app id is text however much it looks like a number.
type decoder struct {
	config   *Config
	problems Problems
}

// Decode reads another YAML file of ours into a struct as strictly as the configuration: unknown and
// repeated keys are problems with their lines, and scalars are taken as they are written. name stands
// before the lines. Errors are [Problems].
func Decode(name string, text []byte, into any) error {
	d := decoder{config: &Config{sources: sources{name: name, fields: map[string]source{}}}}
	d.decode(text, reflect.ValueOf(into).Elem())
	return d.problems.asError()
}

func (d *decoder) decode(text []byte, into reflect.Value) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		d.syntax(err)
		return
	}
	var bodies []ast.Node
	for _, document := range file.Docs {
		if document.Body != nil {
			bodies = append(bodies, document.Body)
		}
	}
	if len(bodies) > 1 {
		d.at(bodies[1], "", "a second document begins here; a configuration is one document, take the --- out")
		return
	}
	for _, body := range bodies {
		d.value(body, into, "")
	}
}

// syntax keeps the parser's message and position but not the excerpt of the file in its
// error, because that may contain secrets.
func (d *decoder) syntax(err error) {
	problem := Problem{Where: d.config.sources.name, Text: "this is not YAML"}
	var broken yaml.Error
	if errors.As(err, &broken) && broken.GetToken() != nil {
		problem.Where = fmt.Sprintf("%s:%d", d.config.sources.name, broken.GetToken().Position.Line)
		problem.Text = "this is not YAML: " + broken.GetMessage()
	}
	d.problems = append(d.problems, problem)
}

func (d *decoder) at(node ast.Node, path, format string, args ...any) {
	where := fmt.Sprintf("%s:%d", d.config.sources.name, node.GetToken().Position.Line)
	d.problems = append(d.problems, Problem{Field: path, Where: where, Text: fmt.Sprintf(format, args...)})
}

func (d *decoder) value(node ast.Node, value reflect.Value, path string) {
	d.config.sources.fields[path] = source{line: node.GetToken().Position.Line}
	if node.Type() == ast.NullType {
		// An empty value keeps the default, because a commented template has empty keys.
		return
	}
	if word, ok := value.Addr().Interface().(worded); ok && isScalar(node) {
		if err := word.fromWord(scalar(node)); err != nil {
			d.at(node, path, "%v", err)
		}
		return
	}
	switch {
	case single(value):
		d.scalar(node, value, path)
	case value.Kind() == reflect.Slice:
		d.list(node, value, path)
	case value.Kind() == reflect.Map:
		d.dictionary(node, value, path)
	default:
		d.mapping(node, value, path)
	}
}

func isScalar(node ast.Node) bool {
	_, scalar := node.(ast.ScalarNode)
	return scalar && node.Type() != ast.TagType && node.Type() != ast.AnchorType && node.Type() != ast.AliasType
}

// scalar returns a scalar's text as it was written, without quotes and block indentation,
// because YAML's own types would turn an app id into a number.
func scalar(node ast.Node) string {
	if literal, block := node.(*ast.LiteralNode); block {
		return literal.Value.Value
	}
	return node.GetToken().Value
}

func (d *decoder) scalar(node ast.Node, value reflect.Value, path string) {
	if !isScalar(node) {
		d.at(node, path, "has to be a single value%s", kindHint(node))
		return
	}
	if err := setText(value, scalar(node)); err != nil {
		d.at(node, path, "%v", err)
	}
}

// kindHint explains why something is refused although YAML allows it, because the author may
// know YAML well.
func kindHint(node ast.Node) string {
	switch node.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType:
		return "; anchors and aliases are not taken, write it out"
	case ast.TagType:
		return "; tags are not taken"
	default:
		return ""
	}
}

func (d *decoder) list(node ast.Node, value reflect.Value, path string) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.at(node, path, "has to be a list%s", kindHint(node))
		return
	}
	made := reflect.MakeSlice(value.Type(), len(sequence.Values), len(sequence.Values))
	for i, child := range sequence.Values {
		d.value(child, made.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	value.Set(made)
}

// pairs returns the entries of a mapping; repeated keys need no check here, because the
// parser refuses them.
func (d *decoder) pairs(node ast.Node, path string) []*ast.MappingValueNode {
	switch mapping := node.(type) {
	case *ast.MappingNode:
		return mapping.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{mapping}
	default:
		d.at(node, path, "has to be a mapping of names to values%s", kindHint(node))
		return nil
	}
}

func (d *decoder) mapping(node ast.Node, value reflect.Value, path string) {
	fields := fieldsOf(value)
	for _, pair := range d.pairs(node, path) {
		name := pair.Key.GetToken().Value
		known := false
		for _, field := range fields {
			if field.key == name {
				d.value(pair.Value, field.value, join(path, name))
				known = true
			}
		}
		if !known {
			d.unknown(pair, fields, path, name)
		}
	}
}

func (d *decoder) unknown(pair *ast.MappingValueNode, fields []field, path, name string) {
	keys := make([]string, len(fields))
	for i, field := range fields {
		keys[i] = field.key
	}
	if near := spelling.Nearest(name, keys); near != "" {
		d.at(pair.Key, path, "%q is no known key; did you mean %q?", name, near)
		return
	}
	if !keyForm.MatchString(name) { // a secret with a comma in it, written without quotes
		d.at(pair.Key, path, "this is no known key; known here are %s; a text with commas or colons in it needs quotes", strings.Join(keys, ", "))
		return
	}
	d.at(pair.Key, path, "%q is no known key; known here are %s", name, strings.Join(keys, ", "))
}

var keyForm = regexp.MustCompile(`^[A-Za-z_-]{1,40}$`)

// dictionary adds to a map of named values; entries that the file doesn't name keep their
// defaults, so that one watchdog can be changed alone.
func (d *decoder) dictionary(node ast.Node, value reflect.Value, path string) {
	made := reflect.MakeMap(value.Type())
	for _, key := range value.MapKeys() {
		made.SetMapIndex(key, value.MapIndex(key))
	}
	for _, pair := range d.pairs(node, path) {
		name := pair.Key.GetToken().Value
		child := reflect.New(value.Type().Elem()).Elem()
		d.value(pair.Value, child, join(path, name))
		made.SetMapIndex(reflect.ValueOf(name).Convert(value.Type().Key()), child)
	}
	value.Set(made)
}
