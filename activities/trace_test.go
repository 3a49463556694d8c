package activities_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
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

// TestAWaitAfterARefusalSaysItsCodeAndTrace, which its text alone would have to be searched for.
func TestAWaitAfterARefusalSaysItsCodeAndTrace(t *testing.T) {
	eachCase(t, func(t *testing.T, name string, e activityCase, b *bench) {
		if !e.polls || e.doubts != doubtsWait {
			return
		}
		limited := refused(codes.ClassRetry, "isv.call-limited")
		limited.TraceID = "trace-7"
		b.fakeAlipay.plan(e.method, plan{err: limited})
		_, err := b.try(name, e.input)
		var said activities.Wait
		var application *temporal.ApplicationError
		if !errors.As(err, &application) || application.Details(&said) != nil || said.Code != "isv.call-limited" || said.TraceID != "trace-7" || said.Message.IsZero() {
			t.Errorf("%+v of %v", said, err)
		}
		if failure := activities.FailureOf(err); failure.TraceID != "" {
			t.Errorf("it is taken for an answer: %+v", failure)
		}
	})
}
