package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// What callers rely on: the kind and the status of each way to be refused.
func TestProblemsHaveTypes(t *testing.T) {
	for name, test := range map[string]struct {
		key, method, path, body string
		kind                    problem.Kind
		status                  int
	}{
		"no such path":         {keyAll, "GET", "/v1/nothing", "", problem.PathUnknown, 404},
		"another method":       {keyAll, "PUT", "/v1/orders", "{}", problem.MethodNotAllowed, 405},
		"no key":               {"", "GET", "/v1/orders", "", problem.KeyUnknown, 401},
		"no scope":             {keyRead, "POST", "/v1/orders", body(nil), problem.ScopeMissing, 403},
		"another's app":        {keyOther, "GET", orderPathOf("A-1"), "", problem.AppForbidden, 403},
		"no such app":          {keyAll, "GET", "/v1/orders/2021000000000009/A-1", "", problem.AppUnknown, 404},
		"no such order":        {keyAll, "GET", orderPathOf("B-1"), "", problem.OrderUnknown, 404},
		"no such message":      {keyAll, "GET", "/v1/deliveries/" + apiApp + "/n-1", "", problem.DeliveryUnknown, 404},
		"no such mini program": {keyAll, "GET", "/v1/mini-programs/" + apiApp + "/" + apiMini, "", problem.MiniProgramUnknown, 404},
		"no webhook":           {keyAll, "POST", "/v1/webhooks/" + apiApp + "/test", "", problem.WebhookUnknown, 404},
		"no door":              {keyAll, "GET", "/v1/deliveries/tail", "", problem.DoorMissing, 409},
		"no journal":           {keyAll, "GET", "/v1/deliveries?state=journaled", "", problem.JournalMissing, 409},
		"a number that is had": {keyAll, "POST", "/v1/orders", body(map[string]any{"merchant_ref": "another"}), problem.OrderNumberTaken, 409},
		"a bad field":          {keyAll, "POST", "/v1/orders", body(map[string]any{"kind": "none"}), problem.FieldsInvalid, 422},
		"a bad parameter":      {keyAll, "GET", "/v1/orders?stage=none", "", problem.FieldsInvalid, 422},
		"no JSON":              {keyAll, "POST", "/v1/orders", "{", problem.RequestUnreadable, 400},
		"a cursor of nothing":  {keyAll, "GET", "/v1/orders?cursor=x", "", problem.CursorUnknown, 400},
		"no command for now":   {keyAll, "POST", orderPathOf("A-1") + "/begin-again", "", problem.NotNow, 409},
		"too large":            {keyAll, "POST", "/v1/orders", strings.Repeat(" ", 1<<20+1), problem.BodyTooLarge, 413},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			env.anOrder(order.StageAuditing)
			p := read[problem.Problem](env.as(test.key, test.method, test.path, test.body).want(test.status))
			if p.Type != problem.URI("/problems/"+string(test.kind)) || p.Title.String() != test.kind.Title() {
				t.Errorf("the type is %s (%s), want that of %s", p.Type, p.Title, test.kind)
			}
		})
	}
}

// Each type resolves to a page that loads nothing, needs no key, and explains that kind.
func TestTypesOfProblemsResolve(t *testing.T) {
	env := openAPI(t)
	all := env.as("", "GET", "/problems/", "").want(http.StatusOK).text
	for _, kind := range problem.Kinds() {
		path := string(kind.URI())
		answer := env.as("", "GET", path, "").want(http.StatusOK)
		if !strings.Contains(answer.text, "<code>"+path+"</code>") || !strings.Contains(all, "<code>"+path+"</code>") {
			t.Errorf("the page of %s is about something else, or it is missing among all", kind)
		}
		if strings.Count(answer.text, "<section") != 1 || outside.MatchString(answer.text) {
			t.Errorf("the page of %s says too much, or names something outside", kind)
		}
		if policy := answer.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "script") || strings.Contains(policy, "unsafe") {
			t.Errorf("the policy is %q", policy)
		}
	}
}

// A server in front of the API hands over what Paths says.
func TestPathsAreWhole(t *testing.T) {
	err := chi.Walk(openAPI(t).api.router, func(_, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !slices.ContainsFunc(Paths(), func(path string) bool {
			before, open := strings.CutSuffix(path, "*")
			return route == path || open && strings.HasPrefix(route, before)
		}) {
			t.Errorf("nothing hands %s over", route)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Names and statuses are what programs rely on: what is here stays.
func TestKindsOfProblemsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range problem.Kinds() {
		if seen[string(kind)] || seen[kind.Title()] {
			t.Errorf("%s or its title is there twice", kind)
		}
		seen[string(kind)], seen[kind.Title()] = true, true
		if kind.Status() < 400 || len(kind.About()) < 20 || len(kind.Chinese()) < 20 || strings.HasSuffix(kind.About(), ".") {
			t.Errorf("%s has no status, or says too little: %q, %q", kind, kind.About(), kind.Chinese())
		}
	}
	described := read[struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}](openAPI(t).as("", "GET", "/openapi.json", "")).Components.Schemas["Problem"].Properties["type"].Enum
	for _, kind := range problem.Kinds() {
		if !slices.Contains(described, string(kind.URI())) {
			t.Errorf("the description does not name %s", kind.URI())
		}
	}
}
