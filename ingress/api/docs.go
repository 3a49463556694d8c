package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

//go:embed docs.html
var docsPage []byte

// docsMark is where the page takes the API's description in.
const docsMark = "OPENAPI_DOCUMENT"

// inlinePart finds what the page's policy has to allow, by its hash. The description
// itself is data, which no policy concerns.
var inlinePart = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

// routeDocs serves the description and a page that shows it. The page is whole:
// it loads nothing, from here or from elsewhere, and its policy forbids it to.
func (a *API) routeDocs(router chi.Router, calls huma.API) error {
	finishDescription(calls.OpenAPI())
	document, err := json.Marshal(calls.OpenAPI())
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	older, err := calls.OpenAPI().Downgrade()
	if err != nil {
		return fmt.Errorf("describe the API in OpenAPI 3.0: %w", err)
	}
	// json.Marshal has escaped <, > and &, so the document can't leave its element.
	page := bytes.Replace(docsPage, []byte(docsMark), document, 1)
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for _, part := range inlinePart.FindAllSubmatch(docsPage, -1) {
		sum := sha256.Sum256(part[2])
		policy += fmt.Sprintf("; %s-src 'sha256-%s'", part[1], base64.StdEncoding.EncodeToString(sum[:]))
	}
	for path, text := range map[string][]byte{"/openapi.json": document, "/openapi-3.0.json": older} {
		router.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(text) // a caller that has gone away can't be told
		})
	}
	router.Get("/docs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(page) // as above
	})
	return nil
}

// nullable are the objects that may be null, with what they say.
var nullable = map[string]string{"hold": "Why the order does not act; null where nothing holds it.", "online": "What users see; null where nothing is online."}

// finishDescription says what the types can't: that an object may be null. The
// framework's own error types are no answer of this API.
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

// problemResponse describes every answer that is no success.
func problemResponse(calls huma.API) *huma.Response {
	schema := calls.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "")
	return &huma.Response{
		Description: "What went wrong and what to do instead.",
		Content:     map[string]*huma.MediaType{problem.Type: {Schema: schema}},
	}
}

// describeBody documents the body that an operation reads by itself. A body that
// may be empty is no error, so the framework must not ask for one.
func describeBody(operation *huma.Operation, schema *huma.Schema) {
	operation.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}

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
		reflect.TypeFor[deliveryList](), reflect.TypeFor[deliveryBody](), reflect.TypeFor[stats](), reflect.TypeFor[tokenView](), reflect.TypeFor[problem.Problem](),
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
