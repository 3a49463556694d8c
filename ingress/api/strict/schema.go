package strict

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
)

// Checker checks bodies against their schemas. A body's Go type is its only description: the
// OpenAPI document is generated from it and requests are checked against it. The framework's
// own check is not used, because it repeats values in its answers and names the parent of a
// missing field.
type Checker struct {
	registry huma.Registry
	// patterns holds the compiled patterns by their text, so that a request compiles none.
	patterns map[string]*regexp.Regexp
}

// Reader reads the bodies of one operation. It is generic, so that the schema and the decoded
// type can't differ.
type Reader[T any] struct {
	Schema  *huma.Schema
	checker *Checker
}

// NewChecker returns a checker for the schemas of a registry, the one from which the
// description is generated so that both agree.
func NewChecker(registry huma.Registry) *Checker {
	return &Checker{registry: registry, patterns: map[string]*regexp.Regexp{}}
}

// NewReader describes T to the framework and compiles its patterns now, so that a wrong one
// fails at start.
func NewReader[T any](checker *Checker) Reader[T] {
	schema := checker.registry.Schema(reflect.TypeFor[T](), true, "")
	checker.compile(checker.resolve(schema))
	return Reader[T]{Schema: schema, checker: checker}
}

// Read decodes a body and names its bad fields. A missing body is an empty object, because
// some commands need none. The error is for a body in which no field can be named.
func (b Reader[T]) Read(body []byte, fields *problem.Fields) (T, error) {
	var read T
	if len(body) == 0 {
		body = []byte("{}")
	}
	tree, err := ReadTree(body, fields)
	if err != nil {
		return read, Unreadable(err)
	}
	if _, isObject := tree.(map[string]any); !isObject {
		return read, Unreadable(errNotJSON)
	}
	refuseControls(tree, "", false, fields)
	b.checker.check(b.Schema, tree, "", fields)
	if err := json.Unmarshal(body, &read); err != nil && fields.Empty() {
		return read, problem.New(http.StatusBadRequest, "the body can't be read; compare it with /docs").Because(err)
	}
	return read, nil
}

func (c *Checker) resolve(schema *huma.Schema) *huma.Schema {
	if schema.Ref != "" {
		return c.registry.SchemaFromRef(schema.Ref)
	}
	return schema
}

// compile compiles the patterns of a schema and of its parts, so that a wrong one fails at
// start and not at the first request.
func (c *Checker) compile(schema *huma.Schema) {
	if schema.Pattern != "" {
		c.patterns[schema.Pattern] = regexp.MustCompile(schema.Pattern)
	}
	for _, property := range schema.Properties {
		c.compile(c.resolve(property))
	}
	if more, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		c.compile(c.resolve(more))
	}
}

func (c *Checker) check(schema *huma.Schema, value any, path string, fields *problem.Fields) {
	schema = c.resolve(schema)
	switch schema.Type {
	case huma.TypeObject:
		members, ok := value.(map[string]any)
		if !ok {
			fields.Add(path, "give a JSON object, or leave the field out")
			return
		}
		c.checkObject(schema, members, path, fields)
	case huma.TypeString:
		text, ok := value.(string)
		if !ok {
			fields.Add(path, "give a text, or leave the field out")
			return
		}
		c.checkText(schema, text, path, fields)
	case huma.TypeBoolean:
		if _, ok := value.(bool); !ok {
			fields.Add(path, "give true or false, or leave the field out")
		}
	}
}

// checkObject names what is missing, then what is wrong, in the order of names, so that equal
// bodies have equal answers.
func (c *Checker) checkObject(schema *huma.Schema, members map[string]any, path string, fields *problem.Fields) {
	for _, name := range schema.Required {
		if text, isText := members[name].(string); members[name] == nil || isText && text == "" {
			fields.Add(Join(path, name), "give a value; it is required")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, member := members[name], Join(path, name)
		known := schema.Properties[name]
		more, typed := schema.AdditionalProperties.(*huma.Schema)
		switch {
		// An empty text of a required field is skipped, because it has been named above.
		case value == "" && slices.Contains(schema.Required, name):
		case known != nil:
			c.check(known, value, member, fields)
		case typed:
			c.check(more, value, member, fields)
		case schema.AdditionalProperties == false:
			fields.Add(member, "remove it; there is no such field here, see /docs")
		}
	}
}

// checkText treats an empty text of an optional field as a missing one, because forms send
// empty inputs.
func (c *Checker) checkText(schema *huma.Schema, text, path string, fields *problem.Fields) {
	length := utf8.RuneCountInString(text)
	switch {
	case text == "":
	case len(schema.Enum) > 0 && !slices.Contains(schema.Enum, any(text)):
		fields.Add(path, "choose one of %s", choices(schema.Enum))
	case schema.MaxLength != nil && length > *schema.MaxLength:
		fields.Add(path, "use at most %d characters; there are %d", *schema.MaxLength, length)
	case schema.Pattern != "" && !c.patterns[schema.Pattern].MatchString(text):
		fields.Add(path, "use %s", schema.PatternDescription)
	}
}

func choices(values []any) string {
	words := make([]string, 0, len(values))
	for _, value := range values {
		words = append(words, fmt.Sprint(value))
	}
	return strings.Join(words, ", ")
}
