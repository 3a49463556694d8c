package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

var updateRoutes = flag.Bool("update-routes", false, "write testdata/routes.txt anew")

func TestDescriptionListsEveryRoute(t *testing.T) {
	answer := openAPI(t).as("", "GET", "/openapi.json", "").want(http.StatusOK)
	document := read[struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}](answer)
	var routes []string
	for path, methods := range document.Paths {
		for method, operation := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
			if text := string(operation); !strings.Contains(text, problem.MediaType) || !strings.Contains(text, "Scope: ") {
				t.Errorf("%s %s says nothing about its problems or its scope", method, path)
			}
		}
	}
	slices.Sort(routes)
	got := strings.Join(routes, "\n") + "\n"
	if *updateRoutes {
		if err := os.WriteFile("testdata/routes.txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	keepsDescription(t, answer.text)
	if got != string(want) {
		t.Errorf("the routes differ from testdata/routes.txt; callers rely on them:\n%s", got)
	}
	for _, command := range order.Commands() {
		if !strings.Contains(got, "POST /v1/orders/{app_id}/{out_order_no}/"+string(command)+"\n") {
			t.Errorf("there is no route for %s", command)
		}
	}
	if document.OpenAPI != "3.1.0" || strings.Contains(answer.text, "ErrorModel") || strings.Contains(answer.text, "octet-stream") {
		t.Error("the framework's own words are in the description")
	}
}

// keepsDescription holds the description against docs/openapi.json, which people generate clients
// from without running anything.
func keepsDescription(t *testing.T, served string) {
	t.Helper()
	const file = "../../docs/openapi.json"
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(served), "", " "); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	if *updateRoutes {
		if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, text.Bytes()) {
		t.Error("docs/openapi.json is not what is served; write it anew with go test ./ingress/api -run TestDescriptionListsEveryRoute -update-routes")
	}
}

// TestEveryTypeOfEventIsDescribed, where an event's type is and among what webhooks are told.
func TestEveryTypeOfEventIsDescribed(t *testing.T) {
	document := read[struct {
		Webhooks   map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}](openAPI(t).as("", "GET", "/openapi.json", "").want(http.StatusOK))
	if diff := cmp.Diff(order.ToldTypes(), document.Components.Schemas["ToldEvent"].Properties["type"].Enum); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, one := range order.ToldTypes() {
		if document.Webhooks[one] == nil {
			t.Errorf("nothing describes %s", one)
		}
	}
}

// Answers fit the OpenAPI description of an order's body.
func TestDescriptionOfAnOrderIsTrue(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	document := read[struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}](env.do("GET", "/openapi.json", ""))
	described := document.Components.Schemas["OrderBody"].Properties
	for name := range read[map[string]any](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)) {
		if described[name] == nil {
			t.Errorf("%s is sent and not described", name)
		}
	}
	if !strings.Contains(string(described["hold"]), `"null"`) {
		t.Errorf("hold may be null and is described as %s", described["hold"])
	}
	start := document.Components.Schemas["StartBody"].Properties
	for name := range read[map[string]any](&apiAnswer{t: t, text: body(nil)}) {
		if start[name] == nil {
			t.Errorf("%s is taken and not described", name)
		}
	}
}

var outside = regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]|@import|url\(|src=`)

func TestPageLoadsNothing(t *testing.T) {
	answer := openAPI(t).as("", "GET", "/docs", "").want(http.StatusOK)
	// Comments of the page's script begin with // and a space.
	if found := outside.FindString(answer.text); found != "" {
		t.Errorf("the page names something outside: %q", found)
	}
	policy := answer.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Count(policy, "'sha256-") != 2 || strings.Contains(policy, "unsafe") {
		t.Errorf("the page's policy is %q", policy)
	}
	if strings.Contains(answer.text, docsMark) || strings.Count(answer.text, "</script>") != 2 {
		t.Error("the description is not in the page, or breaks out of its element")
	}
}
