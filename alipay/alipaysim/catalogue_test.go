package alipaysim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestTheCatalogueIsSentAsItStands sends every message of the catalogue back as it was
// given: what a client reads there needs no knowledge of its own.
func TestTheCatalogueIsSentAsItStands(t *testing.T) {
	w := newWorld(t)
	list := w.must("GET", "catalogue?app_id="+appID+"&out_order_no=no-1&mini_app_id=2021000000000042", "")["messages"].([]any)
	if len(list) != len(sampleFields)+1 { // and the service market's, which is flat
		t.Fatalf("%d messages are listed", len(list))
	}
	tokens := map[any]bool{}
	for _, one := range list {
		message := one.(map[string]any)
		name := message["name"].(string)
		if message["about"] == "" {
			t.Errorf("%s says nothing of itself", name)
		}
		delete(message, "name")
		delete(message, "about")
		message["app_id"] = appID
		body, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		w.must("POST", "messages", string(body))
		w.run()
		push := w.lastPush(name)
		if token := push.biz["app_auth_token"]; token != nil {
			tokens[token] = true
		}
		if detail, authorized := push.biz["detail"].(map[string]any); authorized {
			tokens[detail["app_auth_token"]] = true
		}
		for _, member := range []string{"mini_app_id", "min_app_id", "merchant_app_id"} {
			if got := push.biz[member]; got != nil && got != "2021000000000042" {
				t.Errorf("%s is about %v", name, got)
			}
		}
	}
	if len(tokens) != 1 {
		t.Errorf("one cast has %d tokens", len(tokens))
	}
}

func TestAScenarioIsActedOutForItsOrders(t *testing.T) {
	w := newWorld(t)
	for _, one := range w.must("GET", "catalogue", "")["scenarios"].([]any) {
		scenario := one.(map[string]any)
		name := scenario["name"].(string)
		status, answer := w.manage("POST", "scenarios/"+name, `{"orders":"`+name+`-*"}`)
		if _, acts := scenario["rule"]; acts != (status == http.StatusOK) {
			t.Errorf("%s is answered %d %v", name, status, answer)
		}
	}
	w.must("POST", "scenarios/times-out", `{"orders":"pass-*"}`) // in the place of the former
	rules := w.must("GET", "rules", "")["rules"].([]any)
	first := rules[0].(map[string]any)
	if len(rules) != 10 || first["out_order_no"] != "pass-*" || first["merchant"].(map[string]any)["answer"] != "TIMEOUT" {
		t.Errorf("%d rules, the first is %v", len(rules), first)
	}
	for body, path := range map[string]string{`{"orders":"["}`: "scenarios/pass", `{}`: "scenarios/pass", `{"orders":"x"}`: "scenarios/nonsense"} {
		if status, answer := w.manage("POST", path, body); status < 400 || !strings.Contains(answer["detail"].(string), " ") {
			t.Errorf("%s with %s is answered %d %v", path, body, status, answer)
		}
	}
}
