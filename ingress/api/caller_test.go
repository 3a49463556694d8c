package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// person asks as somebody who is logged in: no key is sent.
func (s *apiEnv) person(who Caller, method, path, body string, headers ...string) *apiAnswer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(As(s.t.Context(), who), method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.send(r)
}

func mayDo(operations ...string) func(string) bool {
	return func(id string) bool { return slices.Contains(operations, id) }
}

func anOperator() Caller {
	return Caller{Name: "operator-1", Role: "operator", Apps: []string{"*"}, Operations: func(string) bool { return true }}
}

func TestAPersonNeedsNoKeyAndIsTheActor(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	env.person(anOperator(), "POST", orderPathOf("A-1")+"/withdraw", "").want(http.StatusOK)
	instruction, _ := env.temporal.updates[0].Args[0].(order.Instruction)
	if instruction.Actor != "operator-1" {
		t.Errorf("the actor is %q", instruction.Actor)
	}
	env.person(anOperator(), "POST", orderPathOf("A-1")+"/withdraw", "", "X-Actor", "somebody").wantFields("header.X-Actor")
}

func TestARoleIsRefusedWithItsNameAndWhoMay(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	viewer := Caller{Name: "viewer-1", Role: "viewer", Apps: []string{apiApp}, Operations: mayDo("get-order"),
		Who: func(string) string { return "operator, release" }}
	env.person(viewer, "GET", orderPathOf("A-1"), "").want(http.StatusOK)
	refused := env.person(viewer, "POST", orderPathOf("A-1")+"/withdraw", "").want(http.StatusForbidden)
	if !strings.Contains(refused.text, string(problem.RoleForbidden)) || !strings.Contains(refused.text, "viewer") || !strings.Contains(refused.text, "operator, release") {
		t.Error(refused.text)
	}
	if len(env.temporal.updates) > 0 {
		t.Error("the order was sent the refused command")
	}
	env.person(viewer, "GET", "/v1/orders/"+apiOtherApp+"/A-1", "").want(http.StatusForbidden)
	env.person(Caller{Name: "nobody", Apps: []string{"*"}}, "GET", orderPathOf("A-1"), "").want(http.StatusForbidden)
}

func TestEachPersonHasARateOfTheirOwn(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.RequestsPerSecond = 1 })
	env.anOrder(order.StageAuditing)
	one, other := anOperator(), anOperator()
	other.Name = "operator-2"
	env.person(one, "GET", orderPathOf("A-1"), "").want(http.StatusOK)
	env.person(one, "GET", orderPathOf("A-1"), "").want(http.StatusTooManyRequests)
	env.person(other, "GET", orderPathOf("A-1"), "").want(http.StatusOK)
}
