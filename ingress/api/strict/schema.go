package strict

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"miniflow/ingress/api/problem"
)

// Reader reads the bodies of one operation. A body's Go type is its only description: the
// OpenAPI document is generated from it, and the framework validates bodies against it. Its
// complaints are translated into problems, because it repeats values that a caller sent.
type Reader[T any] struct {
	// Schema describes T in the OpenAPI document; it is the very one that bodies are held
	// against.
	Schema   *huma.Schema
	registry huma.Registry
}

// init makes the framework refuse a name in another letter case, because encoding/json would
// take both for the same member, and which of the two counts would depend on their order. The
// framework has this only as a setting of the process.
func init() { huma.ValidateStrictCasing = true }

// NewReader describes T to the framework once, so that a request costs no reflection on its
// type.
func NewReader[T any](registry huma.Registry) Reader[T] {
	return Reader[T]{Schema: registry.Schema(reflect.TypeFor[T](), true, ""), registry: registry}
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
	b.validate(tree, fields)
	if err := json.Unmarshal(body, &read); err != nil && fields.Empty() {
		return read, problem.New(problem.RequestUnreadable, "the body can't be read; compare it with /docs").Because(err)
	}
	return read, nil
}

// validate names every field that does not fit the schema. It drops the field's value, which
// the framework returns with each complaint, because the value may be a secret.
func (b Reader[T]) validate(tree any, fields *problem.Fields) {
	var result huma.ValidateResult
	huma.Validate(b.registry, b.Schema, huma.NewPathBuffer([]byte{}, 0), huma.ModeWriteToServer, readied(tree, ""), &result)
	for _, complaint := range result.Errors {
		var detail *huma.ErrorDetail
		if !errors.As(complaint, &detail) {
			continue // the framework has no other kind
		}
		name, missing := missingProperty(detail.Message)
		switch {
		case missing: // the framework names the object that it is missing from
			fields.Add(Join(detail.Location, name), "give a value; it is required")
		case detail.Message == validation.MsgUnexpectedProperty:
			fields.Add(detail.Location, "remove it; there is no such field here, see /docs")
		default:
			fields.Add(detail.Location, "%s", detail.Message)
		}
	}
}

// missingProperty finds the name in the framework's complaint, which has it nowhere else.
func missingProperty(message string) (name string, ok bool) {
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	name, ok = strings.CutPrefix(message, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, after)
}

// readied returns a tree as the framework compares it: without the members that are empty texts,
// because a form sends every field and an empty one means that it was left out, and with its own
// numbers. In Alipay's blocks a number is a text, because Alipay takes it as one.
func readied(tree any, path string) any {
	if number, isNumber := tree.(json.Number); isNumber {
		if isAlipays(path) {
			return number.String()
		}
		if value, err := number.Float64(); err == nil {
			return value
		}
		return tree // too large for any field here
	}
	object, isObject := tree.(map[string]any)
	if !isObject {
		return tree
	}
	kept := make(map[string]any, len(object))
	for name, value := range object {
		if value != "" {
			kept[name] = readied(value, Join(path, name))
		}
	}
	return kept
}

func isAlipays(path string) bool {
	block, _, inside := strings.Cut(path, ".")
	return inside && (block == "create" || block == "submission")
}
