package alipaysim_test

import (
	"strings"
	"testing"
	"time"
)

// TestAnExperienceVersion is packaged after a while, has a code then, and keeps its version from being
// deleted until it is ended; Alipay makes one once.
func TestAnExperienceVersion(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"build":{"after":"1m","result":"ok"},"scan":{"after":"0s","result":"pass"}}]}`)
	_, token := w.created("e-1")
	fields := map[string]string{"app_version": "1.0.0", "template_id": "1"}
	call := func(name string) string { t.Helper(); return w.call("alipay.open.mini."+name, token, fields).code() }
	status := func() string {
		t.Helper()
		return w.call("alipay.open.mini.experience.query", token, fields)["status"].(string)
	}
	for _, step := range []struct {
		call, want, status string
		after              time.Duration
	}{
		{"version.upload", "10000", "notExpVersion", 2 * time.Minute},
		{"experience.cancel", "CAN_NOT_CANCEL_EXP_WITH_INVALID_STATUS", "notExpVersion", 0},
		{"experience.create", "10000", "expVersionPackaging", 0},
		{"experience.create", "CAN_NOT_SET_EXP_REPEAT", "expVersionPackaging", 0},
		{"experience.cancel", "CAN_NOT_CANCEL_WITHOUT_PACKAGED", "expVersionPackged", 2 * time.Minute},
		{"version.delete", "CAN_NOT_DELETE_WITH_EXPERIENCE", "expVersionPackged", 0},
		{"experience.cancel", "10000", "notExpVersion", 0},
		{"version.delete", "10000", "notExpVersion", 0},
	} {
		if got := call(step.call); got != step.want {
			t.Errorf("%s: %s, want %s", step.call, got, step.want)
		}
		w.pass(step.after)
		if got := status(); got != step.status {
			t.Errorf("after %s it is %s, want %s", step.call, got, step.status)
		}
		if answer := w.call("alipay.open.mini.experience.query", token, fields); step.status == "expVersionPackged" &&
			(!strings.HasPrefix(answer["exp_qr_code_url"].(string), "https://") || !strings.HasPrefix(answer["exp_schema_url"].(string), "alipays://")) {
			t.Errorf("it can be tried out at %v", answer)
		}
	}
}
