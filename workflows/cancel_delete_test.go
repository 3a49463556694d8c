package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestACancelledOrderDeletesItsVersion at Alipay, once that is in development: one that Miniflow has
// uploaded itself, and no other. What Alipay does not delete ends the order all the same, and is said.
func TestACancelledOrderDeletesItsVersion(t *testing.T) {
	external := func(w *world) {
		w.input.Request.Policy.Upload, w.input.Request.Version.AppVersion = order.StepExternal, "1.0.5"
		w.at(3*time.Minute, func(p *platform) {
			p.versions["1.0.5"] = &gateway.VersionDetail{Status: gateway.VersionInit, ScanResult: gateway.ScanPassed}
		})
	}
	for name, c := range map[string]struct {
		set     func(*world)
		when    time.Duration
		deletes int
		note    string
	}{
		"in audit":             {func(*world) {}, 30 * time.Minute, 1, "was deleted"},
		"in development":       {func(w *world) { w.input.Request.Policy.Submit = order.StepManual }, 30 * time.Minute, 1, "was deleted"},
		"another's":            {external, 30 * time.Minute, 0, ""},
		"Alipay keeps it":      {func(w *world) { w.platform.refuse("delete", refusal(codes.ClassWait, "CAN_NOT_DELETE_WITH_SCANNING")) }, 30 * time.Minute, 0, "CAN_NOT_DELETE_WITH_SCANNING"},
		"nobody knows":         {func(w *world) { w.platform.lose("delete", 0) }, 30 * time.Minute, 1, "NO_ANSWER"},
		"nothing uploaded yet": {func(w *world) { w.input.Request.Policy.Upload = order.StepManual }, 30 * time.Minute, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := ready(t)
			w.platform.verdicts = nil
			c.set(w)
			w.command(c.when, order.CommandCancel, order.Instruction{Reason: "not now"})
			view := w.run()
			if view.Stage != order.StageCancelled || view.FinishedAt.Sub(w.input.CreatedAt) > time.Hour || view.Reason.String() != "not now" {
				t.Errorf("ended %s at %v because %q", view.Stage, view.FinishedAt, view.Reason)
			}
			if got := w.platform.effects["delete"]; got != c.deletes || !strings.Contains(notes(view), c.note) {
				t.Errorf("%d deleted, want %d; noted %q", got, c.deletes, notes(view))
			}
		})
	}
}
