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

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
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
	schema := calls.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	return &huma.Response{
		Description: "What went wrong and what to do instead.",
		Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
	}
}

// describeBody documents the body that an operation reads by itself. A body that
// may be empty is no error, so the framework must not ask for one.
func describeBody(operation *huma.Operation, schema *huma.Schema) {
	operation.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}
