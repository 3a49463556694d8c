package activities_test

import (
	"net/http"
	"slices"
	"testing"

	"miniflow/activities"
	"miniflow/alipay"
)

// TestALimitedRelease is asked for only where it is permitted and Alipay wants a
// filing for the full one; and then the answer says so.
func TestALimitedRelease(t *testing.T) {
	limited := stands(activities.VersionRelease)
	limited.Limited = true
	tests := map[string]struct {
		unfiled, permit bool
		want            activities.VersionAnswer // empty when it is refused
		calls           int
	}{
		"filed":                             {want: stands(activities.VersionRelease), calls: 1},
		"filed, and permitted all the same": {permit: true, want: stands(activities.VersionRelease), calls: 1},
		"unfiled and permitted":             {unfiled: true, permit: true, want: limited, calls: 2},
		"unfiled and not permitted":         {unfiled: true, calls: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.office.version(alipay.VersionWaitRelease)
			b.office.unfiled = test.unfiled
			result, err := b.try(activities.PutOnline, activities.ReleaseCall{Question: question(), PermitLimited: test.permit})
			if b.office.calls["online"] != test.calls {
				t.Errorf("%d calls, want %d", b.office.calls["online"], test.calls)
			}
			if test.want.Status != "" {
				if err != nil {
					t.Fatal(err)
				}
				sameJSON(t, result, test.want)
				return
			}
			failure := failureOf(t, err)
			if failure.Class != activities.FailureWait || failure.Code != "CAN_NOT_ONLINE_WITHOUT_REGISTRATION" || b.office.effect("online") != 0 {
				t.Errorf("ended with %v: %+v", err, failure)
			}
		})
	}
}

// TestALimitedReleaseThatIsNoSuccess : its answer is lost, or the version is somewhere
// else by then.
func TestALimitedReleaseThatIsNoSuccess(t *testing.T) {
	unfiled := plan{err: refused(alipay.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION")}
	call := activities.ReleaseCall{Question: question(), PermitLimited: true}
	b := newBench(t)
	b.office.version(alipay.VersionWaitRelease)
	b.office.plan("online", unfiled, plan{err: refused(alipay.ClassUnknown, "")})
	if _, err := b.try(activities.PutOnline, call); !unknown(err) || activities.FailureOf(err).Traceless {
		t.Errorf("ended with %v", err)
	}
	b.office.plan("online", unfiled, plan{err: refused(alipay.ClassQuery, "OTHER_STATUS"), first: func(o *office) {
		o.versions[number].Status = alipay.VersionAuditOffline
	}})
	result, err := b.try(activities.PutOnline, call)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, result, stands(activities.VersionAuditOffline))
}

// TestALimitedReleaseAtAlipay : the same through the real client.
func TestALimitedReleaseAtAlipay(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	s.manage(http.MethodPut, "rules", `{"rules":[{"registration":"missing"}]}`, nil)
	s.reviewed("pass")()
	_, err := s.try(activities.PutOnline, activities.ReleaseCall{Question: s.version()})
	failure := failureOf(t, err)
	if failure.Class != activities.FailureWait || !slices.Equal(failure.Fields, []string{"submission.permit_registration_limit_release"}) {
		t.Errorf("ended with %v: %+v", err, failure)
	}
	result, err := s.try(activities.PutOnline, activities.ReleaseCall{Question: s.version(), PermitLimited: true})
	must(t, err)
	answer := decoded[activities.VersionAnswer](t, result)
	if answer.Status != activities.VersionRelease || !answer.Limited {
		t.Errorf("the version is %+v", answer)
	}
}
