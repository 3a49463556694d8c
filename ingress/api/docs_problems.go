package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
)

// describeProblems says how an operation may be refused, by status: what every call may meet, what
// one with a body may, and what those that ask Alipay may. What stands there already stays.
func describeProblems(calls huma.API, operation *huma.Operation) {
	refused := []int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
	}
	if operation.Method != http.MethodGet {
		refused = append(refused, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if slices.Contains(operation.Tags, tagAuthorisation) {
		refused = append(refused, http.StatusBadGateway)
	}
	if operation.Responses == nil {
		operation.Responses = map[string]*huma.Response{}
	}
	for _, status := range refused {
		operation.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + problemName(status)}
	}
	operation.Responses["default"] = &huma.Response{Ref: "#/components/responses/" + problemName(0)}
	describeProblemResponses(calls.OpenAPI().Components)
}

// problemName is the name of the description of all problems with a status.
func problemName(status int) string {
	return "Problem" + strings.ReplaceAll(http.StatusText(status), " ", "")
}

// describeProblemResponses describes the problems of each status once, with the types that they have.
func describeProblemResponses(components *huma.Components) {
	if components.Responses != nil {
		return
	}
	schema := components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "")
	types := map[int][]string{}
	for _, kind := range problem.Kinds() {
		types[kind.Status()] = append(types[kind.Status()], string(kind.URI()))
	}
	content := map[string]*huma.MediaType{problem.MediaType: {Schema: schema}}
	components.Responses = map[string]*huma.Response{problemName(0): {Description: "What went wrong and what to do instead.", Content: content}}
	for status, uris := range types {
		components.Responses[problemName(status)] = &huma.Response{
			Description: http.StatusText(status) + ": " + strings.Join(uris, ", ") + ".", Content: content,
		}
	}
}
