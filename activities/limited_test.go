package activities_test

import (
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestALimitedReleaseIsAskedAbout until Alipay says that it is limited no more, which silence does not.
func TestALimitedReleaseIsAskedAbout(t *testing.T) {
	tests := map[string]struct {
		form   gateway.LimitedRelease
		filing gateway.FilingStatus
		failed error
		want   *activities.LimitAnswer
	}{
		"limited":                        {form: gateway.ReleaseLimited, filing: "AUDITING"},
		"no word of it":                  {filing: "AUDITING"},
		"lifted":                         {form: gateway.ReleaseFull, filing: "AUDITING", want: &activities.LimitAnswer{Full: true}},
		"the filing goes on":             {form: gateway.ReleaseLimited, filing: "FINISHED", want: &activities.LimitAnswer{Filing: "FINISHED"}},
		"a filing not to be asked about": {form: gateway.ReleaseLimited, failed: refused(codes.ClassAuthorization, "isv.insufficient-isv-permissions")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.form, b.fakeAlipay.filing.Status = test.form, test.filing
			b.fakeAlipay.plan("filing", plan{err: test.failed})
			result, err := newTestEnv(t, b.activities().RegisterOnline).try(activities.AwaitFullRelease.Name,
				activities.LimitQuestion{AppID: appID, MiniAppID: miniAppID, Known: order.Filing("AUDITING"), Pacing: pacing})
			if test.want == nil {
				if !retryable(err) {
					t.Errorf("ended with %v", err)
				}
				return
			}
			must(t, err)
			sameJSON(t, result, *test.want)
		})
	}
}
