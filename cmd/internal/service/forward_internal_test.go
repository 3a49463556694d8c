package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/ingress/door"
	"miniflow/internal/config"
)

// TestWhatTheDoorAndTheWorkersKnowOfTargets checks that the door knows which app wants what, the
// workers where to and signed by whom; neither anything of an app without a target.
func TestWhatTheDoorAndTheWorkersKnowOfTargets(t *testing.T) {
	cfg := &config.Config{Apps: []config.App{
		{ID: "none", Webhook: config.Webhook{URL: "https://isv.example/events"}},
		{ID: "event", Forward: config.Forward{URL: "https://isv.example/1"}, Webhook: config.Webhook{
			Secrets: []config.WebhookSecret{{Secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}, {Secret: "whsec_MTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4"}}}},
		{ID: "raw", Forward: config.Forward{URL: "https://isv.example/2", Format: "raw", Scope: "all"}},
	}}
	cfg.Fill()
	want := []door.Forwarding{{AppID: "event"}, {AppID: "raw", Raw: true, All: true}}
	if diff := cmp.Diff(want, forwardings(cfg)); diff != "" {
		t.Error(diff)
	}
	targets, err := forwardTargets(cfg)
	if err != nil || len(targets) != 2 {
		t.Fatalf("%d targets, %v", len(targets), err)
	}
	if event := targets["event"]; event.Raw || event.URL != "https://isv.example/1" || len(event.Signers) != 2 {
		t.Errorf("event: %+v", event)
	}
	if raw := targets["raw"]; !raw.Raw || raw.URL != "https://isv.example/2" {
		t.Errorf("raw: %+v", raw)
	}
}
