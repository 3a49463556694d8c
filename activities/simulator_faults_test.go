package activities_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

// write is an activity that changes something at Alipay.
type write struct {
	name string
	// before brings the mini program to where the activity makes sense.
	before func(*simulated) func()
	input  func(*simulated) any
	method string // the end of the gateway method's name
	// again is the input of the next call after one whose answer was lost.
	again func(*simulated) any
	// query is the method that tells what became of a write nobody heard of. Empty
	// where the write itself does, by its idempotency key.
	query string
}

func writes() []write {
	version := func(s *simulated) any { return s.version() }
	nothing := func(*simulated) func() { return func() {} }
	return []write{
		{name: activities.CreateMiniProgram.Name, method: "isv.create", before: nothing, input: func(s *simulated) any { return s.creation() }},
		{
			name: activities.UploadVersion.Name, method: "version.upload", query: "build.query",
			before: func(s *simulated) func() { return s.created }, input: func(s *simulated) any { return s.uploading() },
			again: func(s *simulated) any {
				unsure := s.uploading()
				unsure.Unsure = true
				return unsure
			},
		},
		{
			name: activities.SubmitAudit.Name, method: "audit.apply", query: "detail.query",
			before: func(s *simulated) func() { return s.built }, input: func(s *simulated) any { return s.submission() },
		},
		{
			name: activities.CancelAudit.Name, method: "audit.cancel", query: "detail.query",
			before: func(s *simulated) func() { return s.submitted }, input: version,
		},
		{
			name: activities.TakeBack.Name, method: "audited.cancel", query: "detail.query",
			before: func(s *simulated) func() { return s.reviewed("reject") }, input: version,
		},
		{
			name: activities.TakeBack.Name + " out of audit", method: "audit.cancel", query: "detail.query",
			before: func(s *simulated) func() { return s.submitted }, input: version,
		},
		{
			name: activities.PutOnline.Name, method: "version.online", query: "detail.query",
			before: func(s *simulated) func() { return s.reviewed("pass") },
			input:  func(s *simulated) any { return activities.ReleaseCall{Question: s.version()} },
		},
	}
}

// activity is the name of the activity.
func (w write) activity() string {
	name, _, _ := strings.Cut(w.name, " ")
	return name
}

// next is the input of the order's next call.
func (w write) next(s *simulated) any {
	if w.again != nil {
		return w.again(s)
	}
	return w.input(s)
}

// unheard are the faults after which nobody knows what became of the call.
var unheard = map[string]bool{
	alipaysim.FaultHTTPStatus: true, alipaysim.FaultDropBefore: true, alipaysim.FaultDropAfterCommit: true,
	alipaysim.FaultStallAfterCommit: true, alipaysim.FaultSlow: true, alipaysim.FaultHalfAnswer: true,
	alipaysim.FaultUnsigned: true, alipaysim.FaultBadSignature: true,
}

// TestEveryWriteMeetsEveryFault: whatever goes wrong with a write, calling again
// ends well and Alipay has done it once. Where nobody heard what became of it, the
// next call asks before it writes.
func TestEveryWriteMeetsEveryFault(t *testing.T) {
	keys := t.TempDir()
	for _, w := range writes() {
		for _, kind := range alipaysim.FaultKinds() {
			t.Run(w.name+"/"+kind, func(t *testing.T) {
				s := newSimulated(t, keys)
				w.before(s)()
				if length(kind) > 0 {
					s.dial(t, keys, brief)
				}
				already := len(s.calls(0))
				fault := alipaysim.Fault{Method: "*." + w.method, Kind: kind, Times: 1, SubCode: subCode(kind), For: length(kind)}
				if kind == alipaysim.FaultOtherAnswer {
					fault.Set = map[string]json.RawMessage{"mood": json.RawMessage(`"a member that nobody knows"`)}
				}
				must(t, s.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{fault}}))
				_, err := s.try(w.activity(), w.input(s))
				if err != nil && !unknown(err) {
					t.Fatalf("the first call ended with %v", err)
				}
				firstCalls := len(s.calls(already))
				if length(kind) > 0 {
					s.dial(t, keys, long)
				}
				if _, tries, err := s.resolve(w.activity(), w.next(s)); err != nil || tries != 1 {
					t.Fatalf("resolved after %d more calls: %v", tries, err)
				}
				w.judge(t, kind, s.calls(already), firstCalls)
			})
		}
	}
}

func subCode(kind string) string {
	if kind == alipaysim.FaultError {
		return "SYSTEM_ERROR" // on a write it leaves open what was done
	}
	return ""
}

func length(kind string) alipaysim.Duration {
	if kind == alipaysim.FaultSlow || kind == alipaysim.FaultStallAfterCommit {
		return alipaysim.Duration(time.Minute) // until the client gives up
	}
	return 0
}

// judge reads the simulator's own record of an activityCase: the calls of its first try,
// then those of the next.
func (w write) judge(t *testing.T, kind string, calls []alipaysim.Call, first int) {
	t.Helper()
	effects := 0
	for _, call := range calls {
		if strings.HasSuffix(call.Method, "."+w.method) && call.Effect {
			effects++
		}
	}
	if effects != 1 {
		t.Errorf("%d effects, want 1: %+v", effects, calls)
	}
	if !unheard[kind] || w.query == "" {
		return
	}
	// A slow call may reach the record after the client has given it up.
	for _, call := range calls[min(first, len(calls)):] {
		if strings.HasSuffix(call.Method, "."+w.query) {
			return
		}
		if strings.HasSuffix(call.Method, "."+w.method) && call.Fault == "" {
			t.Fatalf("after %s it was written again without a question: %+v", kind, calls)
		}
	}
	t.Errorf("after %s nothing was asked: %+v", kind, calls)
}

// TestOneOrderNumberIsOneOrder: the same creation by two workers is one order;
// another merchant's under the same number asks for a person.
func TestOneOrderNumberIsOneOrder(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	var numbers []string
	for range 2 {
		result, err := newTestEnv(t, s.activities(t).Register).try(activities.CreateMiniProgram.Name, s.creation())
		must(t, err)
		var created activities.Created
		must(t, json.Unmarshal(result, &created))
		numbers = append(numbers, created.OrderNo)
	}
	if numbers[0] == "" || numbers[0] != numbers[1] {
		t.Errorf("two creations under one number: %v", numbers)
	}
	other := s.creation()
	other.Create = append(other.Create, `{"cert_no":"91330000000000000Y"}`)
	_, err := s.try(activities.CreateMiniProgram.Name, other)
	if failure := activities.FailureOf(err); retryable(err) || failure.Code != "NOT_UNIQUE" || failure.Class != activities.FailureFix {
		t.Errorf("another content under the number ended with %v", err)
	}
}

// TestAPersonFindsTheCallAgain: what Alipay refuses reaches the Temporal UI with
// the trace_id that Alipay's support asks for, as a text and as a detail.
func TestAPersonFindsTheCallAgain(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	for kind, f := range map[string]alipaysim.Fault{
		"refused":     {Kind: alipaysim.FaultError, SubCode: "HAS_RISK"},
		"tried again": {Kind: alipaysim.FaultRateLimit},
		"not proven":  {Kind: alipaysim.FaultUnsigned},
	} {
		f.Times = 1
		before := len(s.calls(0))
		must(t, s.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{f}}))
		_, err := s.try(activities.CreateMiniProgram.Name, s.creation())
		trace := s.calls(before)[0].TraceID
		if err == nil || trace == "" || !strings.Contains(err.Error(), "[trace "+trace+"]") {
			t.Errorf("%s: trace %s is not in %v", kind, trace, err)
		}
		if activities.FailureOf(err).TraceID != trace {
			t.Errorf("%s: the details are %+v", kind, activities.FailureOf(err))
		}
	}
}

// TestFieldsThatAreUnfitAreNotSent: the rules are asked by the client too, so
// that a correction that came past the door, or a file, costs no call.
func TestFieldsThatAreUnfitAreNotSent(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	s.built()
	before := len(s.calls(0))
	unfit := s.submission()
	unfit.Fields = append(unfit.Fields, `{"fields":{"version_desc":"太短"}}`)
	_, err := s.try(activities.SubmitAudit.Name, unfit)
	failure := activities.FailureOf(err)
	if retryable(err) || failure.Class != activities.FailureFix || failure.Code != activities.CodeNotSent ||
		len(failure.Fields) != 1 || failure.Fields[0] != "submission.version_desc" || !strings.Contains(failure.Message.String(), "30 to 500") {
		t.Errorf("ended with %v, %+v", err, failure)
	}
	for _, call := range s.calls(before) {
		if strings.HasSuffix(call.Method, "audit.apply") {
			t.Error("it was sent all the same")
		}
	}
	unsent := &gateway.Error{}
	if errors.As(err, &unsent) {
		t.Error("an error of package alipay got out of an activity: Temporal can't carry it")
	}
}

// TestAStormOfLimitsIsWaitedOut: 40005 to everything. A question's pauses are long,
// so that an hour of it costs one order a few dozen calls; an act tells its order to
// make them. Afterwards all is done, once.
func TestAStormOfLimitsIsWaitedOut(t *testing.T) {
	s := newSimulated(t, t.TempDir())
	must(t, s.sim.SetFaults(alipaysim.Faults{Faults: []alipaysim.Fault{{Kind: alipaysim.FaultRateLimit}}}))
	_, err := s.try(activities.CreateMiniProgram.Name, s.creation())
	if failure := activities.FailureOf(err); !unknown(err) || !failure.Slow {
		t.Errorf("an act ended with %v: %+v", err, failure)
	}
	often := activities.Pacing{Schedule: order.Schedule{{Every: time.Second}}, Again: order.Schedule{{Every: time.Second}}}
	before, waited := len(s.calls(0)), time.Duration(0)
	for s.attempt = 1; waited < time.Hour; s.attempt++ {
		_, err := s.try(activities.AwaitMerchant.Name, activities.MerchantQuestion{AppID: appID, Kind: order.KindFormal, OrderNo: "1", Pacing: often})
		got := endingOf(t, err)
		if !got.again || got.delay < 30*time.Second || got.delay > 5*time.Minute {
			t.Fatalf("try %d ended with %+v", s.attempt, got)
		}
		waited += got.delay
	}
	if calls := len(s.calls(before)); calls > 120 {
		t.Errorf("%d questions within an hour of limits", calls)
	}
	s.attempt = 1
	s.manage(http.MethodPut, "faults", `{"faults":[]}`, nil)
	s.created()
}
