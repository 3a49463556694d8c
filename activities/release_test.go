package activities_test

import (
	"net/http"
	"slices"
	"testing"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

// TestALimitedRelease is asked for in a call of its own. Alipay's refusal of the full
// one says that it is for want of a filing, and nothing else does.
func TestALimitedRelease(t *testing.T) {
	for _, limited := range []bool{false, true} {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionWaitRelease)
		b.fakeAlipay.unfiled = true
		result, err := b.try(activities.PutOnline.Name, activities.ReleaseCall{Question: question(), Limited: limited})
		if b.fakeAlipay.calls["online"] != 1 {
			t.Errorf("limited %v: %d calls", limited, b.fakeAlipay.calls["online"])
		}
		if limited {
			must(t, err)
			sameJSON(t, result, stands(activities.VersionRelease))
			continue
		}
		failure := failureOf(t, err)
		if failure.Class != activities.FailureWait || !failure.NeedsFiling || b.fakeAlipay.effect("online") != 0 {
			t.Errorf("ended with %v: %+v", err, failure)
		}
	}
}

// TestAReleaseThatIsRefusedForAnotherReason says nothing of a filing.
func TestAReleaseThatIsRefusedForAnotherReason(t *testing.T) {
	b := newBench(t)
	b.fakeAlipay.version(gateway.VersionWaitRelease)
	b.fakeAlipay.plan("online", plan{err: refused(codes.ClassWait, "MINI_APP_VERSION_ITERATION_EXIST")})
	_, err := b.try(activities.PutOnline.Name, activities.ReleaseCall{Question: question()})
	if failure := failureOf(t, err); failure.NeedsFiling || failure.Code != "MINI_APP_VERSION_ITERATION_EXIST" {
		t.Errorf("ended with %+v", failure)
	}
}

// TestALimitedReleaseAtAlipay: the same through the real client.
func TestALimitedReleaseAtAlipay(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	s.manage(http.MethodPut, "rules", `{"rules":[{"registration":"missing"}]}`, nil)
	s.reviewed("pass")()
	_, err := s.try(activities.PutOnline.Name, activities.ReleaseCall{Question: s.version()})
	failure := failureOf(t, err)
	if !failure.NeedsFiling || !slices.Equal(failure.Fields, []string{"submission.permit_registration_limit_release"}) {
		t.Errorf("ended with %v: %+v", err, failure)
	}
	result, err := s.try(activities.PutOnline.Name, activities.ReleaseCall{Question: s.version(), Limited: true})
	must(t, err)
	if answer := decoded[activities.VersionAnswer](t, result); answer.Status != activities.VersionRelease {
		t.Errorf("the version is %+v", answer)
	}
}
