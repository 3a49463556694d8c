package activities_test

import (
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

func filingQuestion(known order.Filing) activities.FilingQuestion {
	return activities.FilingQuestion{Version: awaiting(activities.VersionWaitRelease), Known: known}
}

// TestAFilingIsNewsOnceItChanges, and so is a version that goes on without it.
func TestAFilingIsNewsOnceItChanges(t *testing.T) {
	tests := map[string]struct {
		known   order.Filing
		says    gateway.FilingStatus
		version gateway.VersionStatus
		news    bool
	}{
		"nothing is said":      {"", "", gateway.VersionWaitRelease, false},
		"nothing is said more": {"AUDITING", "", gateway.VersionWaitRelease, false},
		"the same":             {"AUDITING", "AUDITING", gateway.VersionWaitRelease, false},
		"another":              {"AUDITING", "FINISHED", gateway.VersionWaitRelease, true},
		"released elsewhere":   {"AUDITING", "AUDITING", gateway.VersionRelease, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.version(test.version)
			b.fakeAlipay.filing.Status = test.says
			if _, err := b.try(activities.AwaitFiling.Name, filingQuestion(test.known)); (err == nil) != test.news {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// TestWhatAlipayRefusesToSayOfAFiling is no news, and says nothing of the token, which has just been
// good; where there is no answer the question is asked again.
func TestWhatAlipayRefusesToSayOfAFiling(t *testing.T) {
	for _, class := range codes.Classes() {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionRelease)
		b.fakeAlipay.plan("filing", plan{err: refused(class, "isv.insufficient-isv-permissions")})
		answer, err := b.try(activities.AwaitFiling.Name, filingQuestion(""))
		if again := class == codes.ClassUnknown || class == codes.ClassRetry; again != retryable(err) || !again && err != nil {
			t.Errorf("%s ended with %v", class, err)
			continue
		} else if !again {
			sameJSON(t, answer, activities.FilingAnswer{Version: stands(activities.VersionRelease)})
		}
	}
}
