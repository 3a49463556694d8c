package activities_test

import (
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay"
)

// TestAnActSaysItsTrace: the one of the act itself, though questions are asked before and after it, and
// of what was asked last where the act needed no call.
func TestAnActSaysItsTrace(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	s.created()
	for _, act := range []struct {
		call   string
		input  any
		method string
	}{
		{activities.ReserveVersion.Name, activities.NumberCall{AppID: appID, MiniAppID: s.mini, OutOrderNo: outNo, Version: s.naming(number)}, alipay.MethodVersionList},
		{activities.UploadVersion.Name, s.uploading(), alipay.MethodUpload},
		{activities.SubmitAudit.Name, s.submission(), alipay.MethodAuditApply},
		{activities.SubmitAudit.Name, s.submission(), alipay.MethodVersionDetail}, // it is in audit already
		{activities.CancelAudit.Name, s.version(), alipay.MethodAuditCancel},
	} {
		before := len(s.calls(0))
		result, err := s.try(act.call, act.input)
		must(t, err)
		want := ""
		for _, call := range s.calls(before) {
			if call.Method == act.method {
				want = call.TraceID
			}
		}
		if got := decoded[activities.Traced](t, result).TraceID; got == "" || got != want {
			t.Errorf("%s says the trace %q, and that of %s is %q", act.call, got, act.method, want)
		}
		s.pass(10 * time.Minute)
	}
}
