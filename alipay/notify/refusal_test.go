package notify_test

import (
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/notify"
)

func TestEveryHintIsWritten(t *testing.T) {
	for _, reason := range notify.Reasons() {
		if hint := reason.Hint(); len(hint) < 20 || strings.Contains(hint, "package documentation") {
			t.Errorf("%s: %q", reason, hint)
		}
	}
	for _, problem := range alipay.ContentProblems() {
		if text := (&notify.ContentError{Problem: problem}).Error(); !strings.Contains(text, "; ") {
			t.Errorf("%s: %q", problem, text)
		}
	}
}
