package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/order"
	"miniflow/tell"
)

// describeEvents describes what webhooks are told, one entry for each type of event.
func describeEvents(calls huma.API) {
	document := calls.OpenAPI()
	message := messageSchema[tell.Message, tell.Data](document.Components.Schemas)
	ofMiniProgram := messageSchema[tell.MiniProgramMessage, tell.MiniProgramData](document.Components.Schemas)
	text := func(name, description string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	document.Webhooks = map[string]*huma.PathItem{}
	for _, one := range append(order.ToldTypes(), order.ToldOfMiniPrograms()...) {
		message := message
		if slices.Contains(order.ToldOfMiniPrograms(), one) {
			message = ofMiniProgram
		}
		document.Webhooks[one] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "told-" + strings.ReplaceAll(strings.ReplaceAll(one, ".", "-"), "_", "-"), Tags: []string{"webhooks"},
			Summary: "Posted to webhook.url: " + one, Security: []map[string][]string{},
			Description: "Signed by the Standard Webhooks scheme with every live secret. A message carries all events of an order that were not accepted yet and is named after the last; answer with a 2xx once they are kept, and drop those whose id you have seen. 410 ends all posts until the webhook is enabled.",
			Parameters: []*huma.Param{
				text("webhook-id", "The id of the last event, the same each time."), text("webhook-timestamp", "When it was signed, in seconds since 1970."),
				text("webhook-signature", "v1 and the signature in base64, one for each live secret, separated by blanks."),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: message}}},
			Responses:   map[string]*huma.Response{"204": {Description: "It is kept."}},
		}}
	}
}

// messageSchema describes a message in place, without components of its own: generators of clients
// leave out components that no call names, and then miss them.
func messageSchema[Message, Data any](schemas huma.Registry) *huma.Schema {
	flat := func(t reflect.Type) *huma.Schema {
		ref := schemas.Schema(t, true, "").Ref
		schema := schemas.SchemaFromRef(ref)
		delete(schemas.Map(), ref[strings.LastIndex(ref, "/")+1:])
		return schema
	}
	message, data := flat(reflect.TypeFor[Message]()), flat(reflect.TypeFor[Data]())
	data.Properties["events"].Nullable = false
	message.Properties["data"] = data
	return message
}
