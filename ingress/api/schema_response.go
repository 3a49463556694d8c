package api

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/order"
)

// enumerations are the values of the types that have a closed set of them. The
// framework knows a type's kind alone.
func enumerations() map[reflect.Type][]any {
	return map[reflect.Type][]any{
		reflect.TypeFor[order.Kind]():          values(order.Kinds()),
		reflect.TypeFor[order.Stage]():         values(order.Stages()),
		reflect.TypeFor[order.HoldKind]():      values(order.HoldKinds()),
		reflect.TypeFor[order.Certification](): values(order.Certifications()),
		reflect.TypeFor[order.Authorization](): values(order.Authorizations()),
		reflect.TypeFor[order.Disposition]():   values(order.Dispositions()),
		reflect.TypeFor[order.Execution]():     values(order.Executions()),
		reflect.TypeFor[order.Verdict]():       append(values(order.Verdicts()), ""), // none while an audit runs
		reflect.TypeFor[order.Command]():       append(values(order.Commands()), string(order.CommandBeginAgain)),
	}
}

func values[T ~string](all []T) []any {
	var texts []any
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return texts
}

// responses are the types of all answers.
func responses() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[orderBody](), reflect.TypeFor[orderList](), reflect.TypeFor[order.MiniProgramView](), reflect.TypeFor[miniProgramList](),
		reflect.TypeFor[deliveryList](), reflect.TypeFor[deliveryBody](), reflect.TypeFor[stats](), reflect.TypeFor[tokenView](), reflect.TypeFor[Problem](),
	}
}

// describeResponses says of every answer what its types can't: which values there
// are, and that no list is ever null.
func describeResponses(registry huma.Registry) {
	d := responseDescriber{registry: registry, values: enumerations(), done: map[reflect.Type]bool{}}
	for _, answer := range responses() {
		d.describe(answer)
	}
}

type responseDescriber struct {
	registry huma.Registry
	values   map[reflect.Type][]any
	done     map[reflect.Type]bool
}

// describe completes the schema of a type and of all that it holds.
func (d responseDescriber) describe(t reflect.Type) {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind()) {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || d.done[t] || t.PkgPath() == "time" {
		return
	}
	d.done[t] = true
	schema := d.registry.SchemaFromRef(d.registry.Schema(t, true, "").Ref)
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if property := schema.Properties[name]; property != nil && field.IsExported() {
			d.complete(property, field.Type)
			d.describe(field.Type)
		}
	}
}

// complete completes one property.
func (d responseDescriber) complete(property *huma.Schema, t reflect.Type) {
	switch kind := t.Kind(); {
	case kind == reflect.Slice && property.Items == nil: // JSON of any form
	case kind == reflect.Slice:
		property.Nullable = false
		property.Items.Enum = d.values[t.Elem()]
	case kind == reflect.Map:
		for _, key := range d.values[t.Key()] {
			if property.Properties == nil {
				property.Properties = map[string]*huma.Schema{}
			}
			property.Properties[fmt.Sprint(key)] = &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
		}
	case property.Ref == "":
		property.Enum = d.values[t]
	}
}
