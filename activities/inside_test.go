package activities_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/order"
)

// insideCase is an activity that speaks to Temporal.
type insideCase struct {
	input any
	// rpc is the call that is made to fail.
	rpc string
	// ready is the fakeTemporal in which it succeeds.
	ready func(*fakeTemporal)
	want  any
	// done says how much it has done, which stays the same however often it is tried.
	done func(*fakeTemporal) int
	// tries is how many tries it needs when all is well.
	tries int
}

func message() order.Notification {
	return order.Notification{
		NotificationKey: order.NotificationKey{AppID: appID, NotifyID: "n1", Digest: "aa"},
		Name:            "alipay.open.mini.merchant.confirmed", OutOrderNo: outNo,
	}
}

func delivery(n order.Notification) order.DeliveryInput {
	return order.DeliveryInput{Notification: n, Schedules: order.DefaultSchedules()}
}

func address() activities.OrderAddress {
	return activities.OrderAddress{AppID: appID, OutOrderNo: outNo}
}

func early(h *fakeTemporal, id, app, no string) *kept {
	one := &kept{kind: order.DeliveryWorkflowType, running: true,
		attributes: map[string]string{order.AttributeAppID: app, order.AttributeOutOrderNo: no}}
	h.workflows[order.DeliveryWorkflowID(app, id)] = one
	return one
}

func insideCases() map[string]insideCase {
	entity := order.MiniProgramWorkflowID(appID, miniAppID)
	locate := activities.LocateCall{Order: address(), Key: message().NotificationKey, Pacing: pacing}
	return map[string]insideCase{
		activities.ClaimMiniProgram.Name: {
			input: activities.ClaimCall{Order: address(), MiniProgram: order.MiniProgramInput{
				AppID: appID, MiniAppID: miniAppID, Schedules: order.DefaultSchedules()}},
			rpc: "signal with start", ready: func(*fakeTemporal) {}, tries: 1,
			done: func(h *fakeTemporal) int {
				if one := h.workflows[entity]; one == nil || one.kind != order.MiniProgramWorkflowType || len(one.signals) == 0 || one.signals[0] != (order.Claim{OutOrderNo: outNo}) {
					return 0
				}
				return len(h.workflows)
			},
		},
		activities.TakeCharge.Name: {
			input: activities.ClaimCall{Order: address(), MiniProgram: order.MiniProgramInput{
				AppID: appID, MiniAppID: miniAppID, Schedules: order.DefaultSchedules()}},
			rpc: "update with start", ready: func(*fakeTemporal) {}, tries: 1,
			want: order.AuthorizationChange{Authorization: order.AuthorizationNone},
			done: func(h *fakeTemporal) int {
				if one := h.workflows[entity]; one == nil || one.kind != order.MiniProgramWorkflowType || one.signals[0] != (order.Claim{OutOrderNo: outNo}) {
					return 0
				}
				return len(h.workflows)
			},
		},
		activities.Signal.Name: {
			input: activities.SignalCall{WorkflowID: order.WorkflowID(appID, outNo), Signal: order.NotificationSignal, Notification: new(message())},
			rpc:   "signal", tries: 1,
			ready: func(h *fakeTemporal) { h.order(true) },
			done:  func(h *fakeTemporal) int { return len(h.workflows[order.WorkflowID(appID, outNo)].signals) },
		},
		activities.WakeDeliveries.Name: {
			input: address(), rpc: "signal", tries: 1,
			ready: func(h *fakeTemporal) { early(h, "n1", appID, outNo) },
			done: func(h *fakeTemporal) int {
				return min(1, len(h.workflows[order.DeliveryWorkflowID(appID, "n1")].signals))
			},
		},
		activities.StartDelivery.Name: {
			input: delivery(message()), rpc: "start", ready: func(*fakeTemporal) {}, tries: 1,
			done: func(h *fakeTemporal) int { return len(h.workflows) },
		},
		activities.LocateOrder.Name: {
			input: locate, rpc: "describe", tries: 1,
			ready: func(h *fakeTemporal) { h.order(true) },
			want:  activities.Location{State: activities.LocationRunning, OutOrderNo: outNo},
			done:  func(*fakeTemporal) int { return 1 },
		},
		activities.HandOver.Name: {
			input: activities.HandOverCall{Order: address(), Notification: message()}, rpc: "signal", tries: 2,
			ready: func(h *fakeTemporal) { h.order(true) },
			want:  order.DispositionApplied,
			done:  func(h *fakeTemporal) int { return len(h.workflows[order.WorkflowID(appID, outNo)].signals) },
		},
		activities.AskMode.Name: {
			input: activities.ModeCall{AppID: appID}, ready: func(*fakeTemporal) {}, tries: 1, want: order.ModeActive, done: func(*fakeTemporal) int { return 1 },
		},
		activities.AwaitCopy.Name: {
			input: heard, rpc: "query", tries: 1,
			ready: func(h *fakeTemporal) { h.copyOf(heard, order.DispositionForwarded) },
			want:  order.DispositionForwarded,
			done:  func(*fakeTemporal) int { return 1 },
		},
	}
}

func withTemporal(t testing.TB, h *fakeTemporal) *testEnv {
	inside := &activities.Inside{Temporal: h, Namespace: "default"}
	return newTestEnv(t, inside.Register)
}

// TestEveryCaseInside succeeds, and does what it does once: when all is well,
// when Temporal's answer is lost, when its worker is lost in the middle.
func TestEveryCaseInside(t *testing.T) {
	for name, e := range insideCases() {
		t.Run(name, func(t *testing.T) {
			for what, planned := range map[string]plan{"well": {}, "answer lost": {err: errDown, after: true}, "refused": {err: errDown}} {
				if e.rpc == "" && what != "well" { // it asks nobody
					continue
				}
				h := newFakeTemporal()
				e.ready(h)
				h.plan(e.rpc, planned)
				result, tries, err := withTemporal(t, h).resolve(name, e.input)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if what == "well" && tries != e.tries {
					t.Errorf("%s: %d tries, want %d", what, tries, e.tries)
				}
				if what != "well" && tries < 2 {
					t.Errorf("%s: resolved at once", what)
				}
				sameJSON(t, result, e.want)
				if e.done(h) != 1 {
					t.Errorf("%s: done %d times", what, e.done(h))
				}
			}
			if e.rpc != "" {
				e.losesItsWorker(t, name)
			}
		})
	}
}

func (e insideCase) losesItsWorker(t *testing.T, name string) {
	h := newFakeTemporal()
	e.ready(h)
	hanging := plan{reached: make(chan struct{}), release: make(chan struct{})}
	h.plan(e.rpc, hanging)
	lost := make(chan struct{})
	first := withTemporal(t, h)
	go func() {
		defer close(lost)
		_, _ = first.try(name, e.input)
	}()
	<-hanging.reached
	second := withTemporal(t, h)
	second.attempt = 2
	result, _, err := second.resolve(name, e.input)
	if err != nil || e.done(h) != 1 {
		t.Errorf("after its worker was lost: %v, done %d times", err, e.done(h))
	}
	sameJSON(t, result, e.want)
	close(hanging.release)
	<-lost
}

// TestAClaimStartsTheEntityAgain: an entity that closed, or was terminated by hand, does not swallow its mini program.
func TestAClaimStartsTheEntityAgain(t *testing.T) {
	h := newFakeTemporal()
	h.workflows[order.MiniProgramWorkflowID(appID, miniAppID)] = &kept{kind: order.MiniProgramWorkflowType}
	e := insideCases()[activities.ClaimMiniProgram.Name]
	if _, err := withTemporal(t, h).try(activities.ClaimMiniProgram.Name, e.input); err != nil || e.done(h) != 1 {
		t.Errorf("%v; done %d times", err, e.done(h))
	}
}

// TestWhoIsWoken checks that the Deliveries of this order and app that still run are
// woken, and nobody else, also where the number is one that no order can have.
func TestWhoIsWoken(t *testing.T) {
	for no, woken := range map[string]int{outNo: 1, "A_b-1": 1, `O'Brien`: 0, `x' OR AppId = '`: 0, `back\slash`: 0} {
		h := newFakeTemporal()
		mine := early(h, "mine", appID, no)
		ended := early(h, "ended", appID, no)
		ended.running = false
		others := []*kept{early(h, "other order", appID, no+"2"), early(h, "other app", "2021000000000002", no)}
		others = append(others, ended, h.order(true))
		_, err := withTemporal(t, h).try(activities.WakeDeliveries.Name, activities.OrderAddress{AppID: appID, OutOrderNo: no})
		if err != nil || len(mine.signals) != woken {
			t.Errorf("%q: %v, called %d times", no, err, len(mine.signals))
		}
		for i, other := range others {
			if len(other.signals) != 0 {
				t.Errorf("%q: called the wrong one, %d", no, i)
			}
		}
	}
}

// TestOneThatHasGoneMeanwhile keeps nobody else asleep.
func TestOneThatHasGoneMeanwhile(t *testing.T) {
	h := newFakeTemporal()
	early(h, "a", appID, outNo)
	last := early(h, "b", appID, outNo)
	h.plan("signal", plan{err: fmt.Errorf("signal: %w", errGone)})
	if _, err := withTemporal(t, h).try(activities.WakeDeliveries.Name, address()); err != nil || len(last.signals) != 1 {
		t.Errorf("%v; the other was called %d times", err, len(last.signals))
	}
}

// TestWhereAnOrderIs: unknown, running, or ended, and then what it had made of the message.
func TestWhereAnOrderIs(t *testing.T) {
	call := activities.LocateCall{Order: address(), Key: message().NotificationKey,
		Pacing: activities.Pacing{Schedule: slow, GiveUpAfter: order.Duration(5 * time.Minute)}}
	tests := map[string]struct {
		ready   func(*fakeTemporal)
		attempt int32
		want    activities.Location
	}{
		"running":           {ready: func(h *fakeTemporal) { h.order(true) }, attempt: 1, want: activities.Location{State: activities.LocationRunning, OutOrderNo: outNo}},
		"ended, unheard":    {ready: func(h *fakeTemporal) { h.order(false) }, attempt: 1, want: activities.Location{State: activities.LocationEnded, OutOrderNo: outNo}},
		"unknown, given up": {ready: func(*fakeTemporal) {}, attempt: 4, want: activities.Location{State: activities.LocationUnknown}},
		"ended, heard": {
			ready: func(h *fakeTemporal) {
				one := h.order(false)
				one.known[call.Key] = order.DispositionStale
				one.view = order.View{Stage: order.StageCancelled, OrderNo: "ORD1", MiniAppID: miniAppID}
			},
			attempt: 1, want: activities.Location{State: activities.LocationEnded, OutOrderNo: outNo, Disposition: order.DispositionStale,
				Stage: order.StageCancelled, OrderNo: "ORD1", MiniAppID: miniAppID},
		},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			h := newFakeTemporal()
			test.ready(h)
			d := withTemporal(t, h)
			d.attempt = test.attempt
			result, err := d.try(activities.LocateOrder.Name, call)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, result, test.want)
		})
	}
	// A message that names its order is that order's, whoever is in charge of the mini program.
	h := newFakeTemporal()
	h.order(true)
	h.workflows[order.MiniProgramWorkflowID(appID, miniAppID)] = &kept{
		kind: order.MiniProgramWorkflowType, running: true, view: order.MiniProgramView{OutOrderNo: "OUT2"}}
	named := call
	named.MiniAppID = miniAppID
	result, err := withTemporal(t, h).try(activities.LocateOrder.Name, named)
	must(t, err)
	sameJSON(t, result, activities.Location{State: activities.LocationRunning, OutOrderNo: outNo})
	d := withTemporal(t, newFakeTemporal())
	d.attempt = 3
	if _, err := d.try(activities.LocateOrder.Name, call); endingOf(t, err) != waits(20*time.Minute) {
		t.Errorf("an unknown order ended with %v", err)
	}
}

// TestWhatAnOrderMakesOfAMessage that is handed over to it.
func TestWhatAnOrderMakesOfAMessage(t *testing.T) {
	key := message().NotificationKey
	tests := map[string]struct {
		ready func(*fakeTemporal)
		want  order.Disposition
		heard int
	}{
		"heard and resolved": {ready: func(h *fakeTemporal) { h.order(true) }, want: order.DispositionApplied, heard: 1},
		"heard before":       {ready: func(h *fakeTemporal) { h.order(true).known[key] = order.DispositionStale }, want: order.DispositionStale},
		"another content": {ready: func(h *fakeTemporal) { h.order(true).known[key] = order.DispositionConflict },
			want: order.DispositionConflict},
		"ended meanwhile":         {ready: func(h *fakeTemporal) { h.order(false) }, want: order.DispositionLate},
		"ended, and had heard it": {ready: func(h *fakeTemporal) { h.order(false).known[key] = order.DispositionApplied }, want: order.DispositionApplied},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			h := newFakeTemporal()
			test.ready(h)
			result, _, err := withTemporal(t, h).resolve(activities.HandOver.Name, insideCases()[activities.HandOver.Name].input)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, result, test.want)
			if heard := len(h.workflows[order.WorkflowID(appID, outNo)].signals); heard != test.heard {
				t.Errorf("heard %d times, want %d", heard, test.heard)
			}
		})
	}
}

// TestAMessageThatIsNotSettledYet is asked about until it is, ever less often, and not sent again.
func TestAMessageThatIsNotSettledYet(t *testing.T) {
	h := newFakeTemporal()
	h.resolves = order.DispositionWaiting
	one := h.order(true)
	d := withTemporal(t, h)
	input := insideCases()[activities.HandOver.Name].input
	for attempt, delay := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 15 * time.Second,
		time.Minute, time.Minute, time.Minute, time.Minute, time.Minute, 5 * time.Minute, 5 * time.Minute} {
		d.attempt = int32(attempt) + 1
		if _, err := d.try(activities.HandOver.Name, input); endingOf(t, err) != waits(delay) {
			t.Fatalf("try %d ended with %v", d.attempt, err)
		}
	}
	one.known[message().NotificationKey] = order.DispositionDuplicate
	result, err := d.try(activities.HandOver.Name, input)
	if err != nil || len(one.signals) != 1 {
		t.Errorf("%v after %d signals", err, len(one.signals))
	}
	sameJSON(t, result, order.DispositionDuplicate)
}

// TestASignal carries what it was given, and one to a workflow that does not run says so for good.
func TestASignal(t *testing.T) {
	h := newFakeTemporal()
	one := h.order(true)
	standing, end := order.AuthorizationChange{Place: 2}, order.End{OutOrderNo: outNo}
	for _, call := range []activities.SignalCall{{Authorization: &standing}, {End: &end}} {
		call.WorkflowID, call.Signal = order.WorkflowID(appID, outNo), order.AuthorizationSignal
		if _, err := withTemporal(t, h).try(activities.Signal.Name, call); err != nil {
			t.Error(err)
		}
	}
	if len(one.signals) != 2 || one.signals[0] != standing || one.signals[1].(order.End).OutOrderNo != outNo {
		t.Errorf("it got %+v", one.signals)
	}
	one.running = false
	_, err := withTemporal(t, h).try(activities.Signal.Name, activities.SignalCall{WorkflowID: order.WorkflowID(appID, outNo), Signal: order.EndSignal, End: &end})
	var final *temporal.ApplicationError
	if !activities.IsSignalGone(err) || !errors.As(err, &final) || !final.NonRetryable() {
		t.Errorf("nobody was there, and it said %v", err)
	}
}

// TestASignalThatWasHeard before its workflow ended, and whose answer was lost, has arrived: the
// message has its disposition, and "late" would be a second one.
func TestASignalThatWasHeard(t *testing.T) {
	n := order.Notification{NotificationKey: order.NotificationKey{AppID: appID, NotifyID: "n1", Digest: "d"}}
	for known, gone := range map[order.Disposition]bool{
		order.DispositionDuplicate: false, order.DispositionApplied: false, order.DispositionWaiting: true, "": true,
	} {
		h := newFakeTemporal()
		one := h.order(false)
		one.known[n.NotificationKey] = known
		_, err := withTemporal(t, h).try(activities.Signal.Name, activities.SignalCall{
			WorkflowID: order.WorkflowID(appID, outNo), Signal: order.NotificationSignal, Notification: &n,
		})
		if gone != activities.IsSignalGone(err) || !gone && err != nil {
			t.Errorf("an order that has ended with the message %q said %v", known, err)
		}
	}
}
