package console

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// description is the part of docs/openapi.json that says what the REST API answers. Answers of the fake
// are made of it, every member filled, so that none can be forgotten and none is invented.
type description struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Responses map[string]struct {
		Content map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Format     string             `json:"format"`
	Enum       []any              `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	OneOf      []*schema          `json:"oneOf"`
	// Additional is false, or the schema of a map's values.
	Additional json.RawMessage `json:"additionalProperties"`
}

var described = sync.OnceValue(func() description {
	text, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		panic(err)
	}
	var all description
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	return all
})

// answered returns the schema of what an operation answers.
func (d description) answered(t *testing.T, method, path string) *schema {
	t.Helper()
	for _, status := range []string{"200", "201"} {
		if found := d.Paths[path][strings.ToLower(method)].Responses[status].Content["application/json"].Schema; found != nil {
			return found
		}
	}
	t.Fatalf("%s %s is not in the description", method, path)
	return nil
}

func (d description) resolve(s *schema) *schema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	for _, one := range s.OneOf {
		if one.Type != "null" {
			return d.resolve(one)
		}
	}
	return s
}

// codes are the values of an enumeration.
func (d description) codes(t *testing.T, of, member string) []string {
	t.Helper()
	found := d.Components.Schemas[of]
	if found == nil || found.Properties[member] == nil {
		t.Fatalf("the description has no %s.%s", of, member)
	}
	var codes []string
	for _, value := range d.resolve(found.Properties[member]).Enum {
		if text, ok := value.(string); ok && text != "" {
			codes = append(codes, text)
		}
	}
	if len(codes) < 2 {
		t.Fatalf("%s.%s has the codes %v", of, member, codes)
	}
	return codes
}

// filler makes answers of their description.
type filler struct {
	// text is what every string gets that may be anybody's.
	text string
	// alien are whether codes of the vocabulary get it, too, as from a newer release.
	alien bool
	// set are members by name that get something else.
	set map[string]any
}

// earlier is every moment of an answer.
var earlier = noon.Add(-49 * time.Hour)

func (f filler) of(s *schema) any {
	d := described()
	s = d.resolve(s)
	switch kind := kindOf(s); {
	case s.Format == "date-time":
		return earlier.Format(time.RFC3339)
	case len(s.Enum) > 0 && !f.alien:
		return s.Enum[0]
	case kind == "string":
		return f.text
	case kind == "integer":
		return 7
	case kind == "number":
		return 2.5
	case kind == "boolean":
		return true
	case kind == "array":
		return []any{f.of(s.Items), f.of(s.Items)}
	default:
		return f.members(s)
	}
}

func (f filler) members(s *schema) any {
	object := map[string]any{}
	for name, member := range s.Properties {
		if value, set := f.set[name]; set {
			object[name] = value
		} else {
			object[name] = f.of(member)
		}
	}
	var values schema
	if json.Unmarshal(s.Additional, &values) == nil && string(s.Additional) != "false" && len(s.Additional) > 0 {
		object[f.text] = f.of(&values)
	}
	if len(object) == 0 { // anything at all, such as a message's content
		object[f.text] = f.text
	}
	return object
}

func kindOf(s *schema) string {
	switch kind := s.Type.(type) {
	case string:
		return kind
	case []any:
		for _, one := range kind {
			if one != "null" {
				return one.(string)
			}
		}
	}
	return "object"
}

// with returns the filler with other members set.
func (f filler) with(pairs ...any) filler {
	set := maps.Clone(f.set)
	for i := 0; i+1 < len(pairs); i += 2 {
		set[pairs[i].(string)] = pairs[i+1]
	}
	f.set = set
	return f
}

// reads are what pages read, by the path of the description.
var reads = map[string]string{
	"/v1/audit": "/v1/audit", "/v1/overview": "/v1/overview", "/v1/stats": "/v1/stats", "/v1/orders": "/v1/orders", "/v1/attention": "/v1/attention",
	orderAPI(app, no): "/v1/orders/{app_id}/{out_order_no}", orderAPI(app, no) + "/calls": "/v1/orders/{app_id}/{out_order_no}/calls",
	orderAPI(app, no) + "/events":  "/v1/orders/{app_id}/{out_order_no}/events",
	attentionAPI(app, "order:"+no): "/v1/attention/{app_id}/{id}", attentionAPI(app, "delivery:n-1"): "/v1/attention/{app_id}/{id}",
	attentionAPI(app, "mini-program:m-1"): "/v1/attention/{app_id}/{id}",
	"/v1/deliveries":                      "/v1/deliveries", deliveryAPI(app, "n-1"): "/v1/deliveries/{app_id}/{notify_id}",
	"/v1/deliveries/bulk/" + app + "/b-1": "/v1/deliveries/bulk/{app_id}/{bulk_id}",
	"/v1/mini-programs":                   "/v1/mini-programs", miniProgramAPI(app, "m-1"): "/v1/mini-programs/{app_id}/{mini_app_id}",
	"/v1/rollouts": "/v1/rollouts", rolloutAPI(app, "autumn"): "/v1/rollouts/{app_id}/{rollout_id}",
	rolloutAPI(app, "autumn") + "/members": "/v1/rollouts/{app_id}/{rollout_id}/members",
}

// answers lets the fake answer all that pages read.
func (h *house) answers(f filler) {
	h.t.Helper()
	h.api.mutex.Lock()
	defer h.api.mutex.Unlock()
	for path, at := range reads {
		h.api.answers["GET "+path] = f.of(described().answered(h.t, "GET", at))
	}
}

// places are all pages that are read, each with everything that it can be asked.
func places() []string {
	pages := []string{
		Path, Path + "/", Path + "?app_id=" + app, to("attention"), to("attention") + "?kind=audit_rejected&assigned_to=viewer-1&snoozed=include&app_id=" + app,
		to("orders"), to("orders") + "?q=x&stage=auditing&hold=needs_input&app_id=" + app, to("orders", app, no), to("orders", app, no) + "?done=withdraw",
		to("orders", app, no) + "?requested=resubmit", to("orders", app, no) + "?view=calls", to("deliveries"), to("deliveries") + "?state=dead&app_id=" + app,
		to("deliveries", app, "n-1"), to("deliveries", app, "n-1") + "?copy=true&reveal=true&done=replay", to("deliveries", app, "n-1") + "?done=discard",
		to("deliveries", "bulk"), to("deliveries", "bulk", app, "b-1"), to("mini-programs"), to("mini-programs", app, "m-1"),
		to("rollouts"), to("rollouts") + "?app_id=" + app, to("rollouts", app, "autumn"), to("rollouts", app, "autumn") + "?where=kept&after=50", to("audit"), to("audit") + "?who=x&object=y&since=2026-11-30",
	}
	for _, command := range append(orderCommands(), "begin-again") {
		pages = append(pages, to("orders", app, no, "do", command))
	}
	return slices.Compact(pages)
}
