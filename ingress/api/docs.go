package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/viewer"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

// routeDocs serves the description and a page that shows it, which loads nothing from elsewhere,
// because an operator's network may be closed.
func (a *API) routeDocs(router chi.Router, calls huma.API) error {
	document := calls.OpenAPI()
	finishDescription(document)
	router = router.With(inEnglish)
	router.Get("/openapi.json", descriptionFrom(func() ([]byte, error) { return json.Marshal(document) }))
	router.Get("/openapi-3.0.json", descriptionFrom(document.Downgrade))
	pages, err := viewer.Handlers()
	if err != nil {
		return err
	}
	for path, page := range pages {
		router.Get(path, page)
	}
	return nil
}

// descriptionFrom serves a description that is written when it is first asked for: a process that nobody
// asks has no need of it.
func descriptionFrom(write func() ([]byte, error)) http.HandlerFunc {
	once := sync.OnceValues(write)
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := once()
		if err != nil {
			problem.Of(problem.Failed).Write(w)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(text) // fails only for a client that has disconnected
	}
}

var nullable = map[string]string{"hold": "Why the order does not act; null where nothing holds it.", "online": "What users see; null where nothing is online."}

// finishDescription adds what the types can't express: that an object may be null. It removes
// the framework's own error types, which this API never answers with.
func finishDescription(document *huma.OpenAPI) {
	describeResponses(document.Components.Schemas)
	schemas := document.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for name, property := range map[string]string{"View": "hold", "OrderBody": "hold", "MiniProgramView": "online"} {
		if schema := schemas[name]; schema != nil && schema.Properties[property] != nil {
			schema.Properties[property] = &huma.Schema{
				OneOf: []*huma.Schema{{Ref: schema.Properties[property].Ref}, {Type: "null"}}, Description: nullable[property],
			}
		}
	}
}

// describeBody documents the body that an operation reads by itself. An empty body may be
// valid, so the framework must not require one.
func describeBody(operation *huma.Operation, schema *huma.Schema) {
	operation.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}

// enumerations returns the values of the types that have a closed set of them, because the
// framework only sees a type's kind.
func enumerations() map[reflect.Type][]any {
	return map[reflect.Type][]any{
		reflect.TypeFor[order.Kind]():          values(order.Kinds()),
		reflect.TypeFor[order.Stage]():         values(order.Stages()),
		reflect.TypeFor[order.HoldKind]():      values(order.HoldKinds()),
		reflect.TypeFor[order.Certification](): values(order.Certifications()),
		reflect.TypeFor[order.Authorization](): values(order.Authorizations()),
		reflect.TypeFor[order.Disposition]():   values(order.Dispositions()),
		reflect.TypeFor[order.BulkState]():     values(order.BulkStates()),
		reflect.TypeFor[order.Execution]():     values(order.Executions()),
		reflect.TypeFor[rollout.State]():       values(rollout.States()),
		reflect.TypeFor[order.Verdict]():       append(values(order.Verdicts()), ""), // empty while an audit runs
		reflect.TypeFor[problem.URI]():         values(problem.URIs()),
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

func responses() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[orderBody](), reflect.TypeFor[keptFile](), reflect.TypeFor[orderList](), reflect.TypeFor[order.MiniProgramView](), reflect.TypeFor[miniProgramList](), reflect.TypeFor[miniProgramPage](),
		reflect.TypeFor[deliveryList](), reflect.TypeFor[deliveryBody](), reflect.TypeFor[stats](), reflect.TypeFor[tokenView](), reflect.TypeFor[problem.Problem](),
		reflect.TypeFor[order.BulkView](), reflect.TypeFor[eventList](), reflect.TypeFor[callList](), reflect.TypeFor[webhookList](), reflect.TypeFor[WebhookTest](),
		reflect.TypeFor[rolloutList](), reflect.TypeFor[rolloutView](), reflect.TypeFor[rollout.MembersPage](),
	}
}

// describeResponses adds to every answer's schema what its types can't express: the possible
// values, and that no list is ever null.
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

func (d responseDescriber) describe(t reflect.Type) {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind()) {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || d.done[t] || t.PkgPath() == "time" || t == reflect.TypeFor[words.Text]() { // those are strings
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

func (d responseDescriber) complete(property *huma.Schema, t reflect.Type) {
	switch kind := t.Kind(); {
	case kind == reflect.Slice && property.Items == nil:
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
	case property.Ref == "" && d.values[t] != nil && len(property.Enum) == 0: // else a tag has said it
		property.Enum = d.values[t]
		nameValues(property)
	}
}

// nameValues names the values of an enumeration of which generators of clients make no name, or a
// poor one: an empty value, and the types of problems.
func nameValues(property *huma.Schema) {
	odd := func(value any) bool { return value == "" || strings.ContainsAny(fmt.Sprint(value), "/:") }
	if !slices.ContainsFunc(property.Enum, odd) {
		return
	}
	names := make([]string, 0, len(property.Enum))
	for _, value := range property.Enum {
		name := strings.TrimPrefix(fmt.Sprint(value), problem.Path)
		names = append(names, cmp.Or(strings.ReplaceAll(name, ":", "-"), "none"))
	}
	property.Extensions = map[string]any{"x-enum-varnames": names}
}

// apiDescription returns the framework's configuration, without the framework's own pages,
// because they load scripts from elsewhere, and without its hook that adds $schema to bodies.
func apiDescription() huma.Config {
	config := huma.DefaultConfig("Miniflow", "1")
	config.Info.Description = "Alipay mini program orders as durable workflows. Errors are application/problem+json (RFC 9457)."
	config.Servers = []*huma.Server{{URL: "/", Description: "The server that this description came from."}}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	// A filter with a typing error would otherwise show everything.
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{problem.FromFramework, say}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "A key of api_keys."},
	}
	config.Security = []map[string][]string{{"key": {}}}
	return config
}
