package servetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// TestAnAppIsObservedAndThenActiveForOneMerchant by its configuration alone: while another system
// acts nothing but questions leaves the processes, orders follow it, a message begins the order that
// it names; and a worker that starts with a merchant on the list has that merchant's order go on.
func TestAnAppIsObservedAndThenActiveForOneMerchant(t *testing.T) {
	t.Parallel()
	p := newProduction(t)
	p.reconfigure("schedules:\n", "schedules:\n  agree_for: 1s\n  locate: 500ms\n  sweep: 1s\n")
	p.reconfigure("    private_key_file:", "    mode: observe\n    private_key_file:")
	p.run("setup")
	doors, worker := p.serve("door,api"), p.serve("worker")
	p.startSimulator(alipaysim.Rules{Rules: []alipaysim.Rule{{Audits: []alipaysim.AuditRule{{Result: "pass", After: soon}}}}})

	orders := map[string]string{"seven-1": "shop-7", "eight-1": "shop-8"}
	for outOrderNo, merchant := range orders {
		sample := outside.Sample(appID, outOrderNo, p.logo)
		sample["merchant_ref"] = merchant
		must(t, p.api.Call(t.Context(), http.MethodPost, "/v1/orders", sample, nil))
		p.commandEach(outOrderNo)
	}
	other := p.otherSystem()
	for _, outOrderNo := range []string{"seven-1", "eight-1", "stranger-1"} {
		fields, err := json.Marshal(outside.Sample(appID, outOrderNo, p.logo)["create"])
		must(t, err)
		_, err = other.CreateMiniProgram(t.Context(), outOrderNo, fields)
		must(t, err)
	}
	for _, outOrderNo := range []string{"seven-1", "eight-1", "stranger-1"} {
		if view := p.await(doors, outOrderNo, order.StageBuilding); !view.Observed {
			t.Errorf("%s is not observed: %+v", outOrderNo, view)
		}
		p.commandEach(outOrderNo)
	}
	if acts := p.acts(); len(acts) != 3 {
		t.Errorf("the other system made three calls that act, and Alipay has %v", acts)
	}

	must(t, worker.Terminate(p.within()))
	p.reconfigure("    mode: observe\n", "    mode: observe\n    active_merchants: [shop-7]\n")
	p.serve("worker")
	if view := p.await(doors, "seven-1", order.StageOnline); view.Observed {
		t.Errorf("it is observed still: %+v", view)
	}
	if view := p.await(doors, "eight-1", order.StageBuilding); !view.Observed {
		t.Errorf("another merchant's order is not observed any more: %+v", view)
	}
	uploads := slices.DeleteFunc(p.acts(), func(call string) bool { return !strings.HasPrefix(call, alipay.MethodUpload) })
	if len(uploads) != 1 {
		t.Errorf("uploads %v, want the active merchant's alone", uploads)
	}
}

// reconfigure changes a text of the configuration.
func (p *production) reconfigure(from, to string) {
	p.t.Helper()
	text, err := os.ReadFile(p.config)
	must(p.t, err)
	changed := strings.Replace(string(text), from, to, 1)
	if changed == string(text) {
		p.t.Fatalf("the configuration has no %q", from)
	}
	must(p.t, os.WriteFile(p.config, []byte(changed), 0o600))
}

// commandEach sends an order every command but those that end it, whatever is answered.
func (p *production) commandEach(outOrderNo string) {
	for _, command := range order.Commands() {
		if command != order.CommandGiveUp {
			path := fmt.Sprintf("/v1/orders/%s/%s/%s", appID, outOrderNo, command)
			_ = p.api.Call(p.t.Context(), http.MethodPost, path, struct{}{}, nil) // most are refused
		}
	}
}

// otherSystem is the client of the system that acts, with the app's own key.
func (p *production) otherSystem() *gateway.Client {
	p.t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(p.file("keys/" + appID + "/" + name))
		must(p.t, err)
		return string(text)
	}
	private, err := keys.ParsePrivateKey(read("app_private.pem"))
	must(p.t, err)
	public, err := keys.ParsePublicKey(read("alipay_public.pem"))
	must(p.t, err)
	client, err := gateway.NewClient(gateway.Config{
		AppID: appID, Endpoint: "http://" + p.alipay.Addr().String() + "/gateway.do", PrivateKey: private,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{public} },
	})
	must(p.t, err)
	return client
}

// acts are the calls in Alipay's log that are no questions.
func (p *production) acts() (acts []string) {
	p.t.Helper()
	var list struct {
		Calls []alipaysim.Call `json:"calls"`
	}
	must(p.t, outside.Caller{Base: "http://" + p.alipay.Addr().String()}.Call(p.t.Context(), http.MethodGet, "/sim/v1/calls", nil, &list))
	for _, call := range list.Calls {
		if !slices.Contains(alipay.Questions(), call.Method) {
			acts = append(acts, call.Method+" "+call.Key)
		}
	}
	return acts
}
