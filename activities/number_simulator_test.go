package activities_test

import (
	"testing"
	"time"

	"miniflow/activities"
)

// TestANumberIsOneOrders: two orders of one mini program and a number, through the
// real client, from the moment when the build has begun and no list shows it.
func TestANumberIsOneOrders(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	s.created()
	call := func(order, named string) activities.NumberCall {
		return activities.NumberCall{AppID: appID, MiniAppID: s.mini, OutOrderNo: order, Version: s.naming(named)}
	}
	reserve := func(order, named string) activities.Number {
		t.Helper()
		result, err := s.try(activities.ReserveVersion.Name, call(order, named))
		must(t, err)
		reserved := decoded[activities.Number](t, result)
		reserved.TraceID = "" // another each time
		return reserved
	}
	if got := reserve(outNo, number); got != (activities.Number{AppVersion: number}) {
		t.Fatalf("a free number: %+v", got)
	}
	_, err := s.try(activities.UploadVersion.Name, s.uploading())
	must(t, err)
	for _, since := range []time.Duration{0, time.Hour} { // it is being built, it is there
		s.pass(since)
		if got := reserve(outNo, number); got != (activities.Number{AppVersion: number, Uploaded: true}) {
			t.Errorf("our own number: %+v", got)
		}
		_, err := s.try(activities.ReserveVersion.Name, call("OUT2", number))
		checkTaken(t, err, "order "+outNo)
		// Another installation, or a record that was lost: nothing says whose it is.
		_, err = newTestEnv(t, s.activities(t).Register).try(activities.ReserveVersion.Name, call("OUT2", number))
		checkTaken(t, err, "no record says")
	}
	if got := reserve("OUT2", ""); got != (activities.Number{AppVersion: "1.2.11"}) {
		t.Errorf("the next number: %+v", got)
	}
}
