package workflows_test

import (
	"testing"
	"time"

	"miniflow/order"
)

// TestADoubtAboutATokenThatIsReplaced : the call was refused under the token before
// this one, or had none. There is nothing to look into, least of all a penalty; the order goes on.
func TestADoubtAboutATokenThatIsReplaced(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T2"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, authorized("T2", e.began))
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

// TestADoubt : an order's call was refused. Alipay says whether the token is dead,
// or valid and refused all the same; and a person can have it tried again.
func TestADoubt(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, authorized("T1", e.began))
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
