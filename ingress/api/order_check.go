package api

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
)

// newSchemas describes bodies outside a running API, by the very types that it reads.
func newSchemas() huma.Registry {
	return huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
}

// startReader is made once, because describing the types takes longer than checking an order.
var startReader = sync.OnceValue(func() strict.Reader[startBody] { return strict.NewReader[startBody](newSchemas()) })

// CheckOrder returns what POST /v1/orders refuses in a body, and the fields that it would only
// warn of, so that a tool can say so before anything is sent. policy takes the place of the
// configuration's. Whether the app is served and the number is free, only a running API knows.
func CheckOrder(body []byte, policy order.Policy) (refused, warned []problem.FieldProblem, err error) {
	var fields problem.Fields
	read, err := startReader().Read(body, &fields)
	if err != nil {
		return nil, nil, err
	}
	checking := &API{config: Config{Policy: policy.Or(order.DefaultPolicy())}}
	checking.draftOf(read, &fields)
	var wrong *problem.Problem
	if errors.As(fields.Err(), &wrong) {
		refused = wrong.Errors
	}
	return refused, read.warnings(), nil
}

// OrderFields returns the path of each documented member of POST /v1/orders, such as
// submission.files.app_logo, for tools that read an order from something flatter than JSON.
// version.ext is one of them: what is in it is the merchant's.
func OrderFields() []string {
	schemas := newSchemas()
	body := schemas.Schema(reflect.TypeFor[startBody](), false, "")
	nested := map[string][]string{
		"create":     membersOf(""),
		"version":    membersOfSchema(schemas, body.Properties["version"]),
		"policy":     membersOfSchema(schemas, body.Properties["policy"]),
		"submission": namesOf(rules.SubmissionFields()),
	}
	var paths []string
	for name := range body.Properties {
		if nested[name] == nil {
			paths = append(paths, name)
		}
		for _, member := range nested[name] {
			paths = append(paths, strict.Join(name, member))
		}
	}
	for _, file := range fileNames() {
		paths = append(paths, strict.Join("submission.files", file))
	}
	slices.Sort(paths)
	return slices.Compact(paths) // formal and trial orders share some
}

func membersOfSchema(schemas huma.Registry, schema *huma.Schema) []string {
	if schema.Ref != "" {
		schema = schemas.SchemaFromRef(schema.Ref)
	}
	return slices.Collect(maps.Keys(schema.Properties))
}
