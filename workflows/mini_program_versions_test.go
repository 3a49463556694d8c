package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/order"
)

// takes lets an order take a version number.
func (e *entity) takes(when time.Duration, no, number string) *outcome {
	return e.update(when, order.ReserveVersionUpdate, numbered(no, number, e.began.Add(when)))
}

func numbered(no, number string, seen time.Time) order.VersionReservation {
	return order.VersionReservation{
		OutOrderNo: no, AppVersion: number, BundleID: order.DefaultBundleID, TemplateID: "T", TemplateVersion: "0.0.1", SeenFreeAt: seen.UTC(),
	}
}

func (e *entity) wantReservation(o *outcome, no, number string, seen time.Duration) {
	e.t.Helper()
	got, ok := o.view.(order.VersionReservation)
	if want := numbered(no, number, e.began.Add(seen)); !ok || o.rejected != nil || o.failed != nil || !cmp.Equal(got, want) {
		e.t.Errorf("answered %+v (%v, %v), want %+v", o.view, o.rejected, o.failed, want)
	}
}

func (e *entity) reservations() []order.VersionReservation {
	var all []order.VersionReservation
	e.ask(order.ReservationsQuery, &all)
	return all
}

// resultFor is a verdict that names its version.
func resultFor(number string) order.Notification {
	n := audited(order.VerdictPassed)
	n.AppVersion, n.BundleID = number, order.DefaultBundleID
	return n
}

// TestAVersionNumberIsTheFirstOrders: a second order learns whose it is, the first
// gets its own word back unchanged, and one that was forgotten in a crash is no other
// than the one before. The entity needs no order for it.
func TestAVersionNumberIsTheFirstOrders(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed)) // it exists, and nobody has claimed it
	first := e.takes(2*time.Minute, outNo, "1.0.0")
	again := e.takes(time.Hour, outNo, "1.0.0")
	other := e.takes(2*time.Hour, "OUT2", "1.0.0")
	another := e.takes(2*time.Hour, "OUT2", "1.0.1")
	nameless := e.takes(2*time.Hour, "", "1.0.2")
	client := numbered("OUT2", "1.0.0", e.began)
	client.BundleID = "com.alipay.iot"
	elsewhere := e.update(2*time.Hour, order.ReserveVersionUpdate, client)
	e.runs(3 * time.Hour)
	for _, o := range []*outcome{first, again, other} {
		e.wantReservation(o, outNo, "1.0.0", 2*time.Minute)
	}
	e.wantReservation(another, "OUT2", "1.0.1", 2*time.Hour)
	if got, _ := elsewhere.view.(order.VersionReservation); got != client {
		t.Errorf("another client's number is %+v", elsewhere.view)
	}
	wantRefusal(t, nameless, "needs out_order_no")
	if all := e.reservations(); len(all) != 3 || all[0].OutOrderNo != outNo || all[1].AppVersion != "1.0.1" || all[2] != client {
		t.Errorf("reserved %+v", all)
	}
}

// TestAReservationOutlivesARun and the order that has ended.
func TestAReservationOutlivesARun(t *testing.T) {
	first := newEntity(t)
	first.claims(time.Minute, outNo)
	first.takes(2*time.Minute, outNo, "1.0.0")
	first.at(3*time.Minute, func() { first.env.SetContinueAsNewSuggested(true) })
	first.signal(3*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, Stage: order.StageOnline, AppVersion: "1.0.0", BundleID: order.DefaultBundleID})
	first.runs(time.Hour)
	second := resume(t, first)
	other := second.takes(time.Minute, "OUT2", "1.0.0")
	second.runs(time.Hour)
	want := numbered(outNo, "1.0.0", first.began.Add(2*time.Minute))
	want.Ended = true
	if got, _ := other.view.(order.VersionReservation); got != want {
		t.Errorf("after the run it is %+v", other.view)
	}
}

// TestAHundredNumbersAreKept ; the oldest of an order that has ended is forgotten
// first, and one of an order that is in charge or queued only after all others.
func TestAHundredNumbersAreKept(t *testing.T) {
	e := newEntity(t)
	e.claims(time.Minute, outNo)
	e.claims(time.Minute, "OUT2")
	e.takes(2*time.Minute, outNo, "in charge")
	e.takes(2*time.Minute, "OUT2", "queued")
	e.takes(2*time.Minute, "OUT3", "to come")
	for i := range 97 {
		e.takes(3*time.Minute, "OUT0", fmt.Sprint(i))
	}
	e.claims(4*time.Minute, "OUT0")
	e.signal(5*time.Minute, order.EndSignal, order.End{OutOrderNo: "OUT0"})
	e.takes(6*time.Minute, outNo, "new 0")
	var before, after []order.VersionReservation
	e.at(370*time.Second, func() { before = e.reservations() })
	for i := range 97 {
		e.takes(380*time.Second, outNo, fmt.Sprint("new ", i+1))
	}
	e.at(7*time.Minute, func() { after = e.reservations() })
	e.takes(8*time.Minute, outNo, "one more")
	e.runs(time.Hour)
	last := e.reservations()
	if len(before) != 100 || before[2].AppVersion != "to come" || before[3].AppVersion != "1" {
		t.Errorf("%d are kept, the first %+v", len(before), before[:4])
	}
	if len(after) != 100 || after[0].AppVersion != "in charge" || after[1].AppVersion != "queued" || after[2].AppVersion != "new 0" {
		t.Errorf("%d are kept, the first %+v", len(after), after[:3])
	}
	if len(last) != 100 || last[0].AppVersion != "queued" || last[99].AppVersion != "one more" {
		t.Errorf("%d are kept, the first %+v", len(last), last[0])
	}
}

// TestAResultForAnOrderThatIsQueued is held until that order's turn comes: the order
// in charge would call it another version's. One that no order here has taken is held
// as well, for as long as a first order would have been waited for.
func TestAResultForAnOrderThatIsQueued(t *testing.T) {
	e := newEntity(t)
	e.claims(time.Minute, outNo)
	e.claims(time.Minute, "OUT2")
	e.takes(2*time.Minute, outNo, "1.0.0")
	e.takes(2*time.Minute, "OUT2", "1.0.1")
	for i, number := range []string{"1.0.0", "1.0.1", "9.9.9", ""} {
		e.hears(time.Duration(i+3)*time.Minute, resultFor(number))
	}
	early := e.viewAt(time.Hour)
	var held []order.DeliveryView
	e.at(time.Hour, func() { e.ask(order.HeldQuery, &held) })
	late := e.viewAt(10 * 24 * time.Hour)
	e.signal(11*24*time.Hour, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.0", BundleID: order.DefaultBundleID})
	e.hears(12*24*time.Hour, resultFor("1.0.0"))
	e.runs(13 * 24 * time.Hour)
	if early.Held != 2 || late.Held != 1 || late.OutOrderNo != outNo || !cmp.Equal(late.Queue, []string{"OUT2"}) {
		t.Errorf("after an hour %+v, after ten days %+v", early, late)
	}
	if len(held) != 2 || held[0].NotifyID != "m2" || held[0].State != order.DispositionWaiting || held[0].Reason.String() == held[1].Reason.String() {
		t.Errorf("held %+v", held)
	}
	same(t, "passed on", e.passed, outNo+" m1", outNo+" m4", "OUT2 m2")
	same(t, "deliveries", e.deliveredAs(), "m3", "m5 late")
}

// TestAnOrderThatBeginsAgain (somebody reset it) has its version number as before.
func TestAnOrderThatBeginsAgain(t *testing.T) {
	e := newEntity(t)
	e.claims(time.Minute, outNo)
	e.takes(time.Minute, outNo, "1.0.0")
	e.signal(2*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo})
	e.claims(3*time.Minute, "OUT2")
	e.takes(3*time.Minute, "OUT2", "1.0.1")
	e.claims(4*time.Minute, outNo)
	e.hears(5*time.Minute, resultFor("1.0.0"))
	e.signal(6*time.Minute, order.EndSignal, order.End{OutOrderNo: "OUT2"})
	e.runs(time.Hour)
	same(t, "passed on", e.passed, outNo+" m1")
	same(t, "deliveries", e.deliveredAs())
}

// TestAnOrderThatUploadsByItself takes no number, so what comes is given to it.
func TestAnOrderThatUploadsByItself(t *testing.T) {
	e := newEntity(t)
	e.takes(time.Minute, "OUT0", "1.0.0")
	e.claims(2*time.Minute, "OUT0")
	e.signal(3*time.Minute, order.EndSignal, order.End{OutOrderNo: "OUT0", AppVersion: "1.0.0", BundleID: order.DefaultBundleID})
	e.claims(4*time.Minute, outNo)
	e.hears(5*time.Minute, resultFor("1.0.0"))
	e.hears(6*time.Minute, resultFor("7.0.0"))
	e.runs(time.Hour)
	same(t, "passed on", e.passed, outNo+" m1", outNo+" m2")
}

// TestAResultForAnOrderThatHasNotStarted after the last one has ended is held as it
// was for the first; one for the order that has ended is late.
func TestAResultForAnOrderThatHasNotStarted(t *testing.T) {
	for _, comes := range []bool{true, false} {
		e := newEntity(t)
		e.claims(time.Minute, outNo)
		e.signal(2*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.0", BundleID: order.DefaultBundleID})
		e.at(3*time.Minute, func() { e.platform.change(func(*platform) { e.gone[outNo] = true }) })
		e.doubts(3*time.Minute, outNo, "T1") // sent before its end, received after it
		for i, number := range []string{"1.0.0", "1.0.1", ""} {
			e.hears(time.Duration(i+1)*time.Hour, resultFor(number))
		}
		held := e.viewAt(70 * time.Hour)
		if comes {
			e.claims(71*time.Hour, "OUT2")
		}
		e.runs(75 * time.Hour)
		want, passed := []string{"m1 late", "m3 late", "m2"}, []string(nil)
		if comes {
			want, passed = want[:2], []string{"OUT2 m2"}
		}
		if held.Held != 1 {
			t.Errorf("holds %d", held.Held)
		}
		same(t, "deliveries", e.deliveredAs(), want...)
		same(t, "passed on", e.passed, passed...)
	}
}

// TestAHeldMessageKeepsItsTime though an order for another version comes and goes.
func TestAHeldMessageKeepsItsTime(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Hour, resultFor("1.0.0"))
	e.takes(2*time.Hour, outNo, "2.0.0")
	e.claims(50*time.Hour, outNo)
	e.signal(60*time.Hour, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "2.0.0", BundleID: order.DefaultBundleID})
	before, after := e.viewAt(72*time.Hour), e.viewAt(74*time.Hour)
	e.runs(80 * time.Hour)
	if before.Held != 1 || after.Held != 0 {
		t.Errorf("held %d, an hour later %d", before.Held, after.Held)
	}
	same(t, "passed on", e.passed)
	same(t, "deliveries", e.deliveredAs(), "m1")
}

// TestAQueueThatIsFull keeps no more, so that the mini program's state stays small. An
// order that finds no place is told whom it is behind, and claims again by itself.
func TestAQueueThatIsFull(t *testing.T) {
	e := newEntity(t)
	e.claims(time.Minute, outNo)
	const many = 210
	for i := range many {
		e.claims(2*time.Minute, fmt.Sprint("OUT", 2+i))
	}
	full := e.viewAt(3 * time.Minute)
	e.signal(4*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo})
	e.claims(5*time.Minute, fmt.Sprint("OUT", 1+many))
	again := e.viewAt(6 * time.Minute)
	e.runs(time.Hour)
	if len(full.Queue) != 200 || full.Queue[199] != "OUT201" || len(again.Queue) != 200 || again.Queue[199] != fmt.Sprint("OUT", 1+many) {
		t.Errorf("%d wait, then %d: %v", len(full.Queue), len(again.Queue), again.Queue)
	}
	for _, news := range []string{"OUT202 none behind OUT1 #201", fmt.Sprint("OUT", 1+many, " none behind OUT1 #201")} {
		if !slices.Contains(e.news, news) {
			t.Errorf("nobody was told %q", news)
		}
	}
}

// TestTheSecondOrderLearnsItsPlace: it waits for its turn, and for no authorisation
// that exists; and it hears when the queue moves.
func TestTheSecondOrderLearnsItsPlace(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, granted("T1", e.began))
	e.claims(2*time.Minute, outNo)
	e.claims(3*time.Minute, "OUT2")
	e.claims(4*time.Minute, "OUT3")
	queued := e.viewAt(5 * time.Minute)
	e.signal(6*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo})
	moved := e.viewAt(7 * time.Minute)
	e.runs(time.Hour)
	same(t, "news", e.news, outNo+" authorized",
		outNo+" authorized", "OUT2 authorized behind OUT1 #1",
		outNo+" authorized", "OUT3 authorized behind OUT1 #2",
		"OUT2 authorized", "OUT3 authorized behind OUT2 #1")
	if !cmp.Equal(queued.Queue, []string{"OUT2", "OUT3"}) || moved.OutOrderNo != "OUT2" || !cmp.Equal(moved.Queue, []string{"OUT3"}) {
		t.Errorf("queued %+v, moved %+v", queued, moved)
	}
}
