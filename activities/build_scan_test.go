package activities_test

import (
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// uploaded is a question about a build that was uploaded a moment ago, and about its scan.
func uploaded() activities.VersionQuestion {
	q := awaiting()
	q.Pacing.Schedule = order.Schedule{{Every: 2 * time.Second, Times: 1}, {Every: 3 * time.Second}}
	q.Scan = order.Schedule{{Every: 15 * time.Second}}
	return q
}

// scannedAs has a version that is built, with a scan's result.
func (p *patient) scannedAs(result gateway.ScanResult) {
	p.fakeAlipay.mu.Lock()
	defer p.fakeAlipay.mu.Unlock()
	p.fakeAlipay.builds[number] = gateway.Build{CreateStatus: gateway.BuildCreated}
	p.fakeAlipay.version(gateway.VersionInit).ScanResult = result
}

// TestABuildBringsItsScan where that is over within moments, and costs the order no further call.
func TestABuildBringsItsScan(t *testing.T) {
	tests := map[string]struct {
		until  time.Duration // the scan runs
		result gateway.ScanResult
		plans  []plan
		took   time.Duration
		asked  int // about the scan
		want   *activities.VersionAnswer
	}{
		"passed at once":          {result: gateway.ScanPassed, took: 17 * time.Second, asked: 1, want: &activities.VersionAnswer{Status: activities.VersionInit, Scan: "True"}},
		"failed at once":          {result: gateway.ScanFailed, took: 17 * time.Second, asked: 1, want: &activities.VersionAnswer{Status: activities.VersionInit, Scan: "False"}},
		"passed a little later":   {until: 20 * time.Second, result: gateway.ScanPassed, took: 32 * time.Second, asked: 2, want: &activities.VersionAnswer{Status: activities.VersionInit, Scan: "True"}},
		"not within what is left": {until: 41 * time.Second, result: gateway.ScanPassed, took: 32 * time.Second, asked: 2},
		"asked without an answer": {
			result: gateway.ScanPassed, plans: []plan{{err: refused(codes.ClassUnknown, "")}}, took: 32 * time.Second, asked: 2,
			want: &activities.VersionAnswer{Status: activities.VersionInit, Scan: "True"},
		},
		"refused": {
			result: gateway.ScanPassed, took: 32 * time.Second, asked: 2,
			plans: []plan{{err: refused(codes.ClassPermanent, "NO_RIGHT")}, {err: refused(codes.ClassPermanent, "NO_RIGHT")}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			patiently(t, func(t *testing.T, p *patient) {
				p.scannedAs(gateway.ScanRunning)
				time.AfterFunc(test.until, func() { p.scannedAs(test.result) })
				p.fakeAlipay.plan("detail", test.plans...)
				result, took, err := p.lasts(activities.AwaitBuild.Name, uploaded())
				if err != nil || took != test.took || p.fakeAlipay.calls["detail"] != test.asked {
					t.Fatalf("after %s and %d questions: %v", took, p.fakeAlipay.calls["detail"], err)
				}
				sameJSON(t, []byte(result), activities.BuildAnswer{State: activities.BuildDone, Scan: test.want})
			})
		})
	}
}

// TestABuildIsAskedAboutAMomentAfterItsUpload: it is not over at once. In a further try it has run
// for a while.
func TestABuildIsAskedAboutAMomentAfterItsUpload(t *testing.T) {
	for attempt, want := range map[int32]time.Duration{1: 2 * time.Second, 2: 0} {
		patiently(t, func(t *testing.T, p *patient) {
			p.attempt = attempt
			p.fakeAlipay.builds[number] = gateway.Build{BuildStatus: gateway.BuildFailed}
			result, took, err := p.lasts(activities.AwaitBuild.Name, uploaded())
			if err != nil || took != want || p.fakeAlipay.calls["build"] != 1 {
				t.Fatalf("try %d: after %s and %d questions: %v", attempt, took, p.fakeAlipay.calls["build"], err)
			}
			sameJSON(t, []byte(result), activities.BuildAnswer{State: activities.BuildFailed})
		})
	}
}

// TestABuildOfAnOlderOrder is awaited alone: its workflow asks for the scan by itself.
func TestABuildOfAnOlderOrder(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		p.scannedAs(gateway.ScanPassed)
		q := uploaded()
		q.Scan = nil
		result, took, err := p.lasts(activities.AwaitBuild.Name, q)
		if err != nil || took != 0 || p.fakeAlipay.calls["detail"] != 0 {
			t.Fatalf("after %s and %d questions: %v", took, p.fakeAlipay.calls["detail"], err)
		}
		sameJSON(t, []byte(result), activities.BuildAnswer{State: activities.BuildDone})
	})
}

// TestABuildIsDoneThoughItsScanIsNotAwaited: where the worker stops, the build that was
// found to be done is the answer.
func TestABuildIsDoneThoughItsScanIsNotAwaited(t *testing.T) {
	patiently(t, func(t *testing.T, p *patient) {
		p.scannedAs(gateway.ScanRunning)
		time.AfterFunc(10*time.Second, func() { close(p.stop) })
		result, took, err := p.lasts(activities.AwaitBuild.Name, uploaded())
		if err != nil || took != 10*time.Second {
			t.Fatalf("after %s: %v", took, err)
		}
		sameJSON(t, []byte(result), activities.BuildAnswer{State: activities.BuildDone})
	})
}
