package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/order"
)

// TestHeldUntilClaimed: what comes before an order is kept, shown, and passed on in its order at the claim.
func TestHeldUntilClaimed(t *testing.T) {
	e := newEntity(t)
	whole := audited(order.VerdictRejected)
	whole.Raw, whole.Signature = "what Alipay signed", &order.Signature{Type: "RSA2"}
	whole.Content = order.Sealed(strings.Repeat("c", 60<<10))
	e.hears(time.Minute, whole)
	e.hears(2*time.Minute, audited(order.VerdictPassed))
	before := e.viewAt(3 * time.Minute)
	var held []order.DeliveryView
	e.at(3*time.Minute, func() { e.ask(order.HeldQuery, &held) })
	e.claims(4*time.Minute, outNo)
	e.claims(5*time.Minute, outNo) // a claim whose answer was lost
	e.hears(6*time.Minute, audited(order.VerdictPassed))
	after := e.viewAt(7 * time.Minute)
	e.runs(50 * 24 * time.Hour)
	if before.Held != 2 || before.OutOrderNo != "" || after.Held != 0 || after.OutOrderNo != outNo {
		t.Errorf("before: %+v, after: %+v", before, after)
	}
	if len(held) != 2 || held[0].NotifyID != "m1" || held[0].State != order.DispositionWaiting || held[0].HeldBy != "mini_program" || held[0].Reason.String() == "" {
		t.Errorf("held %+v", held)
	}
	same(t, "passed on", e.passed, outNo+" m1", outNo+" m2", outNo+" m3")
	same(t, "news", e.news, outNo+" none", outNo+" none")
	if len(e.deliveries) != 0 || e.closedByItself() {
		t.Errorf("deliveries %v; closed %v", e.deliveredAs(), e.closedByItself())
	}
}

// TestOneMessageThatNoDeliveryTakesLeavesTheEntityHearing: the next ones are received,
// and the first one has its disposition.
func TestOneMessageThatNoDeliveryTakesLeavesTheEntityHearing(t *testing.T) {
	e := newEntity(t)
	e.undeliverable = map[string]bool{"m1": true}
	e.claims(time.Minute, outNo)
	e.gone[outNo] = true
	e.hears(2*time.Minute, audited(order.VerdictPassed))
	e.claims(3*time.Minute, "next")
	e.hears(4*time.Minute, audited(order.VerdictPassed))
	var known order.Disposition
	e.at(5*time.Minute, func() {
		e.ask(order.DispositionQuery, &known, order.NotificationKey{AppID: appID, NotifyID: "m1", Digest: "m1"})
	})
	e.runs(time.Hour)
	same(t, "delivered", e.deliveredAs(), "m1 late")
	same(t, "passed on", e.passed, "next"+" m2")
	if known != order.DispositionDead {
		t.Errorf("of the first it says %q", known)
	}
}

// TestAnOrderEndsThatABegunAnewMiniProgramHasNotSeen: somebody had terminated the mini program,
// and the order that was in charge ended by asking. What came for it meanwhile is late, and
// waits for no order.
func TestAnOrderEndsThatABegunAnewMiniProgramHasNotSeen(t *testing.T) {
	e := newEntity(t)
	n := audited(order.VerdictPassed)
	n.AppVersion = "1.0.0"
	e.hears(time.Minute, n)
	held := e.viewAt(2 * time.Minute)
	e.signal(3*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.0"})
	after := e.viewAt(4 * time.Minute)
	e.runs(time.Hour)
	if held.Held != 1 || after.Held != 0 {
		t.Errorf("held %d before the order's end and %d after it", held.Held, after.Held)
	}
	same(t, "delivered", e.deliveredAs(), "m1 late")
}

// TestTheSameMessageAgain is passed on once; its id with other content is a conflict.
func TestTheSameMessageAgain(t *testing.T) {
	e := newEntity(t)
	one := audited(order.VerdictPassed)
	one.NotifyID = "x"
	impostor := audited(order.VerdictRejected)
	impostor.NotifyID, impostor.Digest = "x", "other"
	token := granted("T1", e.began)
	token.NotifyID = "t"
	other := granted("T9", e.began.Add(9*time.Hour))
	other.NotifyID, other.Digest = "t", "other"
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	for _, n := range []order.Notification{one, one, impostor, token, token, other} {
		e.hears(2*time.Minute, n)
	}
	live := e.liveAt(time.Hour)
	e.runs(2 * time.Hour)
	same(t, "passed on", e.passed, outNo+" x")
	same(t, "news", e.news, outNo+" none", outNo+" authorized")
	same(t, "deliveries", e.deliveredAs(), "x conflict", "t conflict")
	if *live != "f-T1" || e.becomes("t") != order.DispositionApplied {
		t.Errorf("lives by %q; the token's message became %s", *live, e.becomes("t"))
	}
}

// TestMoreThanCanBeHeld becomes Deliveries, counted in messages and in bytes.
func TestMoreThanCanBeHeld(t *testing.T) {
	tests := map[string]struct {
		message order.Notification
		most    int
	}{
		"many small": {audited(order.VerdictPassed), 100},
		"few large": {func() order.Notification {
			n := audited(order.VerdictRejected, order.Reason{Part: "all", Memo: strings.Repeat("因", 1300), Images: []string{}})
			n.Content = order.Sealed(strings.Repeat("c", 5<<10))
			return n
		}(), 28},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEntity(t)
			for i := range 110 {
				e.hears(time.Minute+time.Duration(i)*time.Second, test.message)
			}
			view := e.viewAt(time.Hour)
			e.runs(2 * time.Hour)
			if view.Held != test.most || len(e.deliveries) != 110-test.most {
				t.Fatalf("held %d, delivered %d", view.Held, len(e.deliveries))
			}
			for i, input := range e.deliveries {
				if want := fmt.Sprintf("m%d", test.most+i+1); input.Notification.NotifyID != want || input.Disposition != "" || input.Reason == "" {
					t.Errorf("delivered %+v, want %s", input, want)
				}
			}
		})
	}
}

// TestNobodyClaims: after a time the entity hands over what it holds, each message
// in its time, and closes. A revocation is among it: the token is none of ours, so
// somebody else has it.
func TestNobodyClaims(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed))
	e.hears(2*time.Minute, revoked("T0"))
	e.hears(71*time.Hour, audited(order.VerdictPassed))
	before := e.viewAt(73 * time.Hour)
	e.runs(144 * time.Hour)
	if before.Held != 1 || !e.closedByItself() {
		t.Errorf("after three days it holds %d; it is still there after six: %v", before.Held, e.err)
	}
	same(t, "deliveries", e.deliveredAs(), "m1", "m2", "m3")
}

// TestNobodyClaimsWhatHasAToken: the token keeps the entity alive, and what comes
// for a mini program that no order is about is handed on all the same, each in its
// time. An authorisation is kept here, and so is its revocation.
func TestNobodyClaimsWhatHasAToken(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, granted("T1", e.began))
	e.hears(10*24*time.Hour, audited(order.VerdictRejected))
	before, after := e.viewAt(12*24*time.Hour), e.viewAt(14*24*time.Hour)
	e.runs(30 * 24 * time.Hour)
	if e.closedByItself() || before.Held != 1 || after.Held != 0 {
		t.Errorf("before %+v, after %+v, closed %v", before, after, e.closedByItself())
	}
	same(t, "deliveries", e.deliveredAs(), "m2")

	e = newEntity(t)
	e.hears(time.Minute, granted("T1", e.began))
	e.hears(2*time.Minute, revoked("T1"))
	e.runs(30 * 24 * time.Hour)
	same(t, "deliveries", e.deliveredAs())
}

// TestAHeldRevocation says nothing to the order that claims its mini program: the
// token is dead, whenever it comes.
func TestAHeldRevocation(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, revoked("T1"))
	e.hears(2*time.Minute, audited(order.VerdictPassed))
	e.claims(time.Hour, outNo)
	e.hears(2*time.Hour, granted("T1", e.began))
	live := e.liveAt(3 * time.Hour)
	e.runs(30 * 24 * time.Hour)
	same(t, "passed on", e.passed, outNo+" m2")
	same(t, "deliveries", e.deliveredAs())
	if *live != "" || e.becomes("m1") != order.DispositionApplied {
		t.Errorf("lived by %q; the revocation became %s", *live, e.becomes("m1"))
	}
}

// TestWhatKeepsAnEntityAlive: a token, an order in charge.
func TestWhatKeepsAnEntityAlive(t *testing.T) {
	for what, live := range map[string]func(*entity){
		"a token":           func(e *entity) { e.hears(time.Minute, granted("T1", e.began)) },
		"an imported token": func(e *entity) { e.imports(time.Minute, *granted("T1", e.began).Evidence.Token) },
		"an order":          func(e *entity) { e.claims(time.Minute, outNo) },
		"the token of an order that was": func(e *entity) {
			e.claims(time.Minute, outNo)
			e.hears(time.Minute, granted("T1", e.began))
			e.signal(2*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, Stage: order.StageCancelled})
		},
		"an order that comes while it leaves": func(e *entity) {
			e.hears(time.Minute, audited(order.VerdictPassed))
			e.delivering = func() { e.env.SignalWorkflow(order.ClaimSignal, order.Claim{OutOrderNo: outNo}) }
		},
	} {
		e := newEntity(t)
		e.platform.token = "T1"
		live(e)
		e.runs(30 * 24 * time.Hour)
		if e.closedByItself() {
			t.Errorf("%s did not keep it", what)
		}
	}
}

// TestAnEntityWithNothingToLiveForCloses: a dead token is nothing, and so is an
// order that has ended without one.
func TestAnEntityWithNothingToLiveForCloses(t *testing.T) {
	for what, dead := range map[string]func(*entity){
		"a dead token": func(e *entity) {
			e.hears(10*24*time.Hour, granted("T1", e.began))
			e.hears(20*24*time.Hour, revoked("T1"))
		},
		"an order that was": func(e *entity) {
			e.claims(time.Minute, outNo)
			e.signal(20*24*time.Hour, order.EndSignal, order.End{OutOrderNo: outNo, Stage: order.StageCancelled})
		},
	} {
		e := newEntity(t)
		e.platform.token = "T1"
		e.claims(time.Minute, "OUT0")
		e.signal(19*24*time.Hour, order.EndSignal, order.End{OutOrderNo: "OUT0", Stage: order.StageCancelled})
		dead(e)
		e.runs(30 * 24 * time.Hour)
		if took := e.env.Now().Sub(e.began); !e.closedByItself() || took < 23*24*time.Hour || took > 24*24*time.Hour {
			t.Errorf("%s keeps it: closed %v after %s, want three days after its end", what, e.closedByItself(), took)
		}
	}
}

// TestOrdersTakeTurns: the second waits until the first has ended.
func TestOrdersTakeTurns(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, granted("T1", e.began))
	for i, no := range []string{outNo, "OUT2", "OUT2", "OUT3"} {
		e.claims(time.Duration(i+2)*time.Minute, no)
	}
	e.hears(6*time.Minute, audited(order.VerdictPassed))
	// One that waits is cancelled; then the first goes online.
	e.signal(7*time.Minute, order.EndSignal, order.End{OutOrderNo: "OUT2", Stage: order.StageCancelled})
	online := order.OnlineVersion{AppVersion: "1.0.0", BundleID: order.DefaultBundleID, Promotable: true, Since: e.began}
	e.signal(8*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, Stage: order.StageOnline, Online: &online})
	e.hears(9*time.Minute, audited(order.VerdictPassed))
	third := e.viewAt(10 * time.Minute)
	e.signal(11*time.Minute, order.EndSignal, order.End{OutOrderNo: "OUT3", Stage: order.StageCancelled})
	last := e.viewAt(12 * time.Minute)
	e.hears(13*time.Minute, audited(order.VerdictPassed))
	e.runs(time.Hour)
	if third.OutOrderNo != "OUT3" || last.OutOrderNo != "" || last.Online == nil || !cmp.Equal(*last.Online, online) {
		t.Errorf("third: %+v; last: %+v", third, last)
	}
	news := outNo + " authorized"
	same(t, "news", e.news, news, news, "OUT2 authorized behind OUT1 #1", news, "OUT2 authorized behind OUT1 #1",
		news, "OUT3 authorized behind OUT1 #2", "OUT3 authorized behind OUT1 #1", "OUT3 authorized")
	same(t, "passed on", e.passed, outNo+" m2", "OUT3 m3")
	same(t, "deliveries", e.deliveredAs(), "m4 late")
}

// TestAnOrderThatIsGone: one that was terminated by hand keeps nobody waiting. A
// message finds out, and so does the next order's claim.
func TestAnOrderThatIsGone(t *testing.T) {
	for who, findOut := range map[string]func(*entity){
		"a message": func(e *entity) { e.hears(5*time.Minute, audited(order.VerdictPassed)); e.claims(6*time.Minute, "OUT2") },
		"a claim":   func(e *entity) { e.claims(5*time.Minute, "OUT2") },
		"news of the token": func(e *entity) {
			e.claims(3*time.Minute, "OUT2")
			e.hears(5*time.Minute, granted("T1", e.began))
		},
		"a message to the first of a queue": func(e *entity) {
			e.claims(3*time.Minute, "OUT2")
			e.hears(5*time.Minute, audited(order.VerdictPassed))
		},
	} {
		e := newEntity(t)
		e.claims(time.Minute, outNo)
		e.at(4*time.Minute, func() { e.platform.change(func(*platform) { e.gone[outNo] = true }) })
		findOut(e)
		view := e.viewAt(10 * time.Minute)
		e.hears(11*time.Minute, audited(order.VerdictBasePassed))
		e.runs(time.Hour)
		if len(view.Queue) != 0 {
			t.Errorf("%s found out; queued are %v", who, view.Queue)
		}
		if last := e.passed[len(e.passed)-1]; view.OutOrderNo != "OUT2" || !strings.HasPrefix(last, "OUT2 ") {
			t.Errorf("%s found out; in charge is %q, informed of %v", who, view.OutOrderNo, e.passed)
		}
		if late := strings.Join(e.deliveredAs(), " "); late != "" && late != "m1 late" {
			t.Errorf("%s: deliveries %s", who, late)
		}
	}
}

// TestOneOfTheQueueThatIsGone is passed over when its turn comes.
func TestOneOfTheQueueThatIsGone(t *testing.T) {
	e := newEntity(t)
	for i, no := range []string{outNo, "OUT2", "OUT3", "OUT4"} {
		e.claims(time.Duration(i+1)*time.Minute, no)
	}
	e.at(6*time.Minute, func() { e.platform.change(func(*platform) { e.gone["OUT2"] = true }) })
	e.signal(7*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, Stage: order.StageOnline})
	view := e.viewAt(8 * time.Minute)
	e.runs(time.Hour)
	if view.OutOrderNo != "OUT3" || !slices.Equal(view.Queue, []string{"OUT4"}) {
		t.Errorf("in charge is %q, behind it %v", view.OutOrderNo, view.Queue)
	}
	same(t, "the last news", e.news[len(e.news)-2:], "OUT3 none", "OUT4 none behind OUT3 #1")
}

// TestANewClaimFindsOutThatTheFirstIsGone: the next of the queue is told that it is in
// charge, and gets the result that was held for it.
func TestANewClaimFindsOutThatTheFirstIsGone(t *testing.T) {
	e := newEntity(t)
	e.claims(time.Minute, outNo)
	e.takes(time.Minute, outNo, "1.0.0")
	e.claims(2*time.Minute, "OUT2")
	e.takes(2*time.Minute, "OUT2", "1.0.1")
	e.hears(3*time.Minute, resultFor("1.0.1"))
	e.at(4*time.Minute, func() { e.platform.change(func(*platform) { e.gone[outNo] = true }) })
	e.claims(5*time.Minute, "OUT3")
	view := e.viewAt(6 * time.Minute)
	e.runs(time.Hour)
	if view.OutOrderNo != "OUT2" || !slices.Equal(view.Queue, []string{"OUT3"}) {
		t.Errorf("in charge is %q, behind it %v", view.OutOrderNo, view.Queue)
	}
	same(t, "the last news", e.news[len(e.news)-4:], outNo+" none", "OUT3 none behind OUT2 #1", "OUT2 none", "OUT3 none behind OUT2 #1")
	same(t, "passed on", e.passed, "OUT2 m1")
}

// TestATokenPutsTheOrderInChargeThatItNames, which has claimed nothing yet: what was kept is the
// order's. One that does not run here is in charge of nothing, and a message is kept on.
func TestATokenPutsTheOrderInChargeThatItNames(t *testing.T) {
	for _, gone := range []bool{false, true} {
		e := newEntity(t)
		e.platform.token, e.gone[outNo] = "T1", gone
		e.hears(time.Minute, audited(order.VerdictPassed))
		e.hears(2*time.Minute, authorized("T1", e.began))
		after := e.viewAt(3 * time.Minute)
		e.runs(time.Hour)
		if gone {
			if after.OutOrderNo != "" || after.Held != 1 || len(e.deliveries) > 0 || after.Authorization != order.AuthorizationAuthorized {
				t.Errorf("%+v, and handed on %v", after, e.deliveredAs())
			}
			continue
		}
		same(t, "news", e.news, outNo+" authorized")
		same(t, "passed on", e.passed, outNo+" m1")
		if after.OutOrderNo != outNo {
			t.Errorf("in charge is %+v", after)
		}
	}
}

// TestATokenPokesTheOrderThatItNames while another is in charge: it may wait for its merchant,
// whose answer this is as well.
func TestATokenPokesTheOrderThatItNames(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, "OUT2")
	e.hears(2*time.Minute, authorized("T1", e.began))
	e.runs(time.Hour)
	same(t, "news", e.news, "OUT2 none", outNo+" "+order.PokeSignal, "OUT2 authorized")
}
