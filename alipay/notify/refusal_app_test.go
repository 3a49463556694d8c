package notify_test

import (
	"errors"
	"strings"
	"testing"

	"miniflow/alipay/notify"
)

// An "unknown_app" without the app's id left people guessing which of their apps it was.
func TestAnUnknownAppIsNamed(t *testing.T) {
	verifier := mustVerifier(t)
	for appID, named := range map[string]bool{
		"2021999999999999": true, "2021\x1b[31m": false, "<script>": false, strings.Repeat("9", 33): false,
	} {
		var refusal *notify.Refusal
		_, err := verifier.Notification([]byte(newPush("app_id", appID).body()))
		if !errors.As(err, &refusal) || refusal.Reason != notify.ReasonUnknownApp {
			t.Fatalf("%q: %v", appID, err)
		}
		if got := refusal.AppID == appID && strings.Contains(refusal.Error(), appID); got != named || !named && refusal.AppID != "" {
			t.Errorf("%q is refused as %q: %v", appID, refusal.AppID, refusal)
		}
	}
}
