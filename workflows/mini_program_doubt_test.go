package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestADoubtAboutATokenThatIsReplaced: the call was refused under the token before
// this one, or had none. There is nothing to look into, least of all a penalty; the order goes on.
func TestADoubtAboutATokenThatIsReplaced(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T2"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T2", e.began))
	e.doubts(3*time.Minute, outNo, "T1")
	e.signal(4*time.Minute, order.DoubtSignal, order.Doubt{OutOrderNo: outNo, Code: "NO_TOKEN"})
	later, usable := e.viewAt(5*time.Minute), e.liveAt(5*time.Minute)
	e.doubts(6*time.Minute, outNo, "T2")
	e.runs(time.Hour)
	if later.Authorization != order.AuthorizationAuthorized || *usable != "f-T2" {
		t.Errorf("it is %s, lives by %q", later.Authorization, *usable)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" authorized", outNo+" authorized", outNo+" punished")
}

// TestADoubt: an order's call was refused. Alipay says whether the token is dead,
// or valid and refused all the same; and a person can have it tried again.
func TestADoubt(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.doubts(4*time.Minute, outNo, "T1")
	punished, usable := e.viewAt(5*time.Minute), e.liveAt(5*time.Minute)
	e.retries(6*time.Minute, outNo)
	again := e.viewAt(7 * time.Minute)
	e.at(8*time.Minute, func() { e.platform.change(func(p *platform) { p.token = "" }) })
	e.doubts(9*time.Minute, outNo, "T1")
	dead := e.viewAt(10 * time.Minute)
	e.retries(11*time.Minute, outNo)
	e.runs(time.Hour)
	if punished.Authorization != order.AuthorizationPunished || *usable != "f-T1" {
		t.Errorf("a valid token that is refused: %s, lives by %q", punished.Authorization, *usable)
	}
	if again.Authorization != order.AuthorizationAuthorized || dead.Authorization != order.AuthorizationRevoked {
		t.Errorf("tried again: %s; dead: %s", again.Authorization, dead.Authorization)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" punished", outNo+" authorized", outNo+" revoked", outNo+" revoked")
}

// TestAQueuedOrdersDoubtStopsNobody: the order in charge works with the token all the same.
func TestAQueuedOrdersDoubtStopsNobody(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, granted("T1", e.began))
	e.claims(2*time.Minute, outNo)
	e.claims(3*time.Minute, "OUT2")
	e.doubts(4*time.Minute, "OUT2", "T1")
	after := e.viewAt(5 * time.Minute)
	e.runs(time.Hour)
	if after.Authorization != order.AuthorizationAuthorized || strings.Contains(strings.Join(e.news, "; "), outNo+" punished") {
		t.Errorf("%s; informed of %v", after.Authorization, e.news)
	}
}

// ours is a refusal of the question for a reason of the ISV's own.
func ours() *gateway.Error { return refusal(codes.ClassPermanent, "isv.illegal-client-ip") }

// TestAQuestionRefusedForOurOwnReasons kills no token: one call was refused, and then
// Alipay would not say whether the token is valid. The token is in doubt, the order is
// told why, and Alipay is asked again, by the schedule and not in a loop.
func TestAQuestionRefusedForOurOwnReasons(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.at(4*time.Minute, func() {
		e.platform.refuse("token", ours(), ours(), ours(), refusal(codes.ClassAuthorization, "aop.invalid-app-auth-token"), ours())
	})
	e.doubts(5*time.Minute, outNo, "T1")
	inDoubt, usable := e.viewAt(510*time.Second), e.liveAt(510*time.Second)
	resolved := e.viewAt(time.Hour)
	e.runs(20 * time.Hour)
	if inDoubt.Doubt == nil || inDoubt.Doubt.Code != "aop.invalid-app-auth-token" || *usable != "f-T1" || !inDoubt.Doubt.NextTry.After(e.began.Add(8*time.Minute)) {
		t.Errorf("after three minutes %+v, %+v, lives by %q", inDoubt, inDoubt.Doubt, *usable)
	}
	if resolved.Doubt != nil || resolved.Authorization != order.AuthorizationPunished {
		t.Errorf("after an hour %+v", resolved)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" authorized in doubt isv.illegal-client-ip",
		outNo+" authorized in doubt aop.invalid-app-auth-token", outNo+" authorized in doubt isv.illegal-client-ip", outNo+" punished")
	if asked := e.platform.calls["token"]; asked != 6 { // about the doubt: a token that has only just come is not asked about
		t.Errorf("Alipay was asked %d times", asked)
	}
}

// TestAPersonsRetryInDoubt asks Alipay at once, and lets the order try when the token is valid.
func TestAPersonsRetryInDoubt(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.at(3*time.Minute, func() { e.platform.refuse("token", ours(), ours(), ours(), ours(), ours(), ours()) })
	e.doubts(3*time.Minute, outNo, "T1")
	inDoubt := e.viewAt(20 * time.Minute)
	e.at(21*time.Minute, func() { e.platform.change(func(p *platform) { p.refusals["token"] = nil }) })
	e.retries(21*time.Minute, outNo)
	retried := e.viewAt(21*time.Minute + time.Second)
	e.runs(time.Hour)
	if inDoubt.Doubt == nil || !inDoubt.Doubt.NextTry.After(e.began.Add(22*time.Minute)) || retried.Doubt != nil || retried.Authorization != order.AuthorizationAuthorized {
		t.Errorf("in doubt %+v, retried %+v", inDoubt.Doubt, retried)
	}
}

// TestADoubtOutlivesARun and is not forgotten by an order that comes meanwhile.
func TestADoubtOutlivesARun(t *testing.T) {
	first := newEntity(t)
	first.platform.token = "T1"
	first.claims(time.Minute, outNo)
	first.hears(2*time.Minute, granted("T1", first.began))
	first.at(3*time.Minute, func() { first.platform.refuse("token", ours()) })
	first.doubts(3*time.Minute, outNo, "T1")
	first.at(210*time.Second, func() { first.env.SetContinueAsNewSuggested(true) })
	first.claims(210*time.Second, outNo)
	first.runs(time.Hour)
	second := resume(t, first)
	second.platform.refuse("token", ours())
	before, after := second.viewAt(10*time.Second), second.viewAt(20*time.Minute)
	second.runs(time.Hour)
	if before.Doubt == nil || after.Doubt != nil || after.Authorization != order.AuthorizationPunished {
		t.Errorf("before %+v, after %+v", before, after)
	}
	same(t, "news", second.news, outNo+" authorized in doubt isv.illegal-client-ip", outNo+" punished")
}

// TestAPunishedTokenIsTriedDaily: a day later Alipay is asked again, the order tries
// once, and is punished again while the penalty lasts.
func TestAPunishedTokenIsTriedDaily(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.doubts(3*time.Minute, outNo, "T1")
	waits, lifted := e.viewAt(23*time.Hour), e.viewAt(25*time.Hour)
	e.doubts(26*time.Hour, outNo, "T1")
	again, free := e.viewAt(27*time.Hour), e.viewAt(60*time.Hour)
	e.runs(80 * time.Hour)
	if waits.Authorization != order.AuthorizationPunished || lifted.Authorization != order.AuthorizationAuthorized ||
		again.Authorization != order.AuthorizationPunished || free.Authorization != order.AuthorizationAuthorized {
		t.Errorf("%s, a day later %s, tried in vain %s, the next day %s",
			waits.Authorization, lifted.Authorization, again.Authorization, free.Authorization)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" punished", outNo+" authorized", outNo+" punished", outNo+" authorized")
}

// TestAnOldTokensRevocationInTheDark: Alipay can't be asked about the token that is
// kept. Its order goes on, since none of its calls was refused; the message waits.
func TestAnOldTokensRevocationInTheDark(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.at(3*time.Minute, func() { e.platform.refuse("token", ours()) })
	e.hears(3*time.Minute, revoked("T0"))
	var dark order.Disposition
	e.at(200*time.Second, func() { dark = e.becomes("m2") })
	e.runs(time.Hour)
	if dark != order.DispositionWaiting || e.becomes("m2") != order.DispositionStale {
		t.Errorf("the revocation became %s, then %s", dark, e.becomes("m2"))
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized")
}

// TestTheWatchBeginsAgain after it ended without an answer: a key was lost for a while.
func TestTheWatchBeginsAgain(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.platform.change(func(*platform) { e.keyLost = true })
	e.hears(2*time.Minute, granted("T1", e.began))
	e.at(time.Hour, func() { e.platform.change(func(p *platform) { e.keyLost, p.token = false, "" }) })
	before, after := e.viewAt(23*time.Hour), e.viewAt(25*time.Hour)
	e.runs(26 * time.Hour)
	if before.Authorization != order.AuthorizationAuthorized || after.Authorization != order.AuthorizationRevoked {
		t.Errorf("was %s, then %s", before.Authorization, after.Authorization)
	}
	if asked := e.platform.calls["token"]; asked != 1 {
		t.Errorf("Alipay was asked %d times", asked)
	}
}

// TestAnOrderThatTheEntityDoesNotKnow has claimed another, which was terminated, and
// a message has begun this one. It is put in charge and told where it stands.
func TestAnOrderThatTheEntityDoesNotKnow(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed))
	e.signal(2*time.Minute, order.DoubtSignal, order.Doubt{OutOrderNo: outNo, Code: "NO_TOKEN"})
	view := e.viewAt(3 * time.Minute)
	e.imports(4*time.Minute, *granted("T1", e.began).Evidence.Token)
	e.platform.token = "T1"
	e.doubts(5*time.Minute, "OUT2", "T1")
	e.runs(time.Hour)
	if view.OutOrderNo != outNo {
		t.Errorf("in charge is %q", view.OutOrderNo)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" authorized", "OUT2 authorized behind OUT1 #1")
	same(t, "passed on", e.passed, outNo+" m1")
}
