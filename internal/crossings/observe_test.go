package crossings

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// knowing is how Miniflow comes to know that another system acts.
type knowing string

const (
	// saidAtStart means that the order is started as one that is observed.
	saidAtStart knowing = "said at the start"
	// heldAtActs means that the order learns it from its first act.
	heldAtActs knowing = "held back at the first act"
	// heldAtGateway means that nothing but the gateway's client holds it back.
	heldAtGateway knowing = "held back at the gateway"
)

// activeMerchant is the merchant for whom Miniflow acts though the app is observed.
const activeMerchant = "shop-7"

// mustNotActObserved means that an app that is observed makes no call that changes anything.
const mustNotActObserved = "nothing acts while another system does"

// mayAct is what an activity is told of who acts.
func (p *platform) mayAct(_, merchantRef string) bool {
	return p.unadmitted || p.knownToAct("", merchantRef)
}

// knownToAct is what the configuration says.
func (p *platform) knownToAct(_, merchantRef string) bool {
	return !p.observed || p.activates && merchantRef == activeMerchant
}

// checkObserved holds the calls of an observed app against the list of questions.
func (l *life) checkObserved(ours []alipaysim.Call, add func(string, string, ...any)) {
	for _, call := range ours {
		if !slices.Contains(alipay.Questions(), call.Method) {
			add(mustNotActObserved, "%s was called at %s", call.Method, elapsed(call.At))
		}
	}
}

// otherSystem does the next thing that the system which acts has to do.
func (l *life) otherSystem() {
	all := l.truth()
	mini, known := all.mini(), all.order()
	switch {
	case known == nil && l.kind != order.KindRelease:
		l.createBySelf()
	case l.calm && known != nil && (known.Status == "PROCESS" || known.Status == "WAIT_CONFIRM"):
		l.try("orders/"+known.OrderNo+"/answer", map[string]any{"status": "AGREED"})
	case mini == nil:
	case !mini.authorized():
		if l.calm {
			l.try("mini-programs/"+mini.MiniAppID+"/authorize", nil)
		}
	default:
		l.workOn(mini)
	}
}

// workOn takes the other system's newest version one step further.
func (l *life) workOn(mini *truthMini) {
	var newest truthVersion
	for _, version := range mini.Versions {
		if version.AppVersion >= newest.AppVersion {
			newest = version
		}
	}
	next := fmt.Sprintf("1.0.%d", len(mini.Versions)) // of one digit each, so that texts compare as numbers
	switch newest.Phase {
	case "":
		l.step("upload", next)
	case "INIT":
		l.step("submit", newest.AppVersion)
		if l.calm && l.times("unfit "+newest.AppVersion) > 6 && len(mini.Versions) < 9 { // such as a scan that has failed
			l.step("upload", next)
		}
	case "AUDITING":
		if l.calm {
			l.try("mini-programs/"+mini.MiniAppID+"/audit", alipaysim.AuditRule{Result: "pass"})
		}
	case "AUDIT_REJECT":
		l.step("take back", newest.AppVersion)
		if len(mini.Versions) < 9 {
			l.step("upload", next)
		}
	case "WAIT_RELEASE", "BASE_AUDIT_PASS":
		l.step("online", newest.AppVersion)
	case "BUILD_FAILED", "BUILD_TIMEOUT":
		l.step("upload", next)
	}
}

// answerObserved is what a person has to do for an order that follows: say what no message said, and
// end what the other system will not end.
func (l *life) answerObserved(view order.View) {
	known, mini := l.truth().order(), l.truth().mini()
	can := func(c order.Command) bool { return slices.Contains(view.Commands, c) }
	times := l.times(fmt.Sprint(view.Stage))
	switch {
	case view.Stage == order.StageCreating && known != nil && times > 1 && can(order.CommandProvideInput):
		l.command(order.CommandProvideInput, order.Instruction{OrderNo: known.OrderNo})
	case mini.authorized() && view.Authorization != order.AuthorizationAuthorized && l.times("unauthorized") > 1:
		l.importToken(mini)
	case view.Hold != nil && times%6 == 0 && can(order.CommandRetry):
		l.command(order.CommandRetry, order.Instruction{})
	case times > 200 && can(order.CommandGiveUp):
		l.command(order.CommandGiveUp, order.Instruction{Reason: "the other system does not go on"})
	}
}

// TestNothingActsWhileAnotherSystemDoes lives random lives of an app that is observed: every command,
// message, policy and kind, and everything that goes wrong in other lives.
func TestNothingActsWhileAnotherSystemDoes(t *testing.T) {
	dir, ends := t.TempDir(), map[string]int{}
	lives := *count / 4
	for i := range lives {
		s := newScenario(*first + uint64(i))
		if *oneSeed != 0 {
			s = newScenario(*oneSeed)
		}
		s.knows = []knowing{saidAtStart, heldAtActs, heldAtGateway}[s.seed%3]
		l, err := newLife(dir, s)
		if err != nil {
			t.Fatal(err)
		}
		found := l.live()
		ends[fmt.Sprint(l.kind, " ", l.view.Stage)]++
		if len(found) > 0 || *oneSeed != 0 {
			t.Fatalf("seed %d, %s:\n%s\n%s\n%s", s.seed, s.knows, joined(found), &l.trace, l.page())
		}
	}
	t.Logf("ends: %s", counted(ends))
	if lives >= 20 && ends["formal online"]+ends["trial online"]+ends["release online"] < lives/3 {
		t.Errorf("few orders followed another system to the end: %s", counted(ends))
	}
}

// TestAnObservedAppGoesActiveForOneMerchant: from wherever the other system has brought an order, it
// goes on by itself; an order of another merchant goes on following.
func TestAnObservedAppGoesActiveForOneMerchant(t *testing.T) {
	moments := []time.Duration{time.Second, 5 * time.Minute, 15 * time.Minute, 25 * time.Minute}
	if underRace {
		moments = moments[2:3] // from where it goes on shows without the detector
	}
	for _, merchant := range []string{activeMerchant, "shop-8"} {
		for _, at := range moments {
			t.Run(fmt.Sprint(merchant, " after ", at), func(t *testing.T) {
				l, err := newLife(t.TempDir(), untroubled(merchant))
				if err != nil {
					t.Fatal(err)
				}
				l.calm, l.tried = true, map[string]int{} // nobody does anything else
				l.e.in(at, func() {
					l.activates = true
					if l.knownToAct(appID, merchant) { // as a worker does that starts with this configuration
						l.must(l.e.signal(l.orderID(), order.PokeSignal, order.Poke{Mode: order.ModeActive}))
					}
				})
				l.e.in(48*time.Hour, l.e.finish)
				l.e.run(l.begin)
				view, _ := l.see()
				ours, _ := l.log()
				acts := slices.DeleteFunc(ours, func(c alipaysim.Call) bool { return slices.Contains(alipay.Questions(), c.Method) })
				if active := merchant == activeMerchant; active != (len(acts) > 0) || view.Observed == active || view.Stage != order.StageOnline {
					t.Errorf("%d acts, observed %t:\n%s\n%s", len(acts), view.Observed, &l.trace, l.page())
				}
			})
		}
	}
}

// untroubled is a life of an observed app in which nothing goes wrong.
func untroubled(merchant string) scenario {
	seconds, hour := alipaysim.Duration(time.Second), alipaysim.Duration(time.Hour)
	s := scenario{
		seed: 1, crowdedAt: 1000, schedules: schedules(), kind: order.KindFormal, policy: order.DefaultPolicy(), chaos: 1000 * time.Hour,
		knows: heldAtActs, merchantRef: merchant, focus: ".none",
	}
	s.rule = kindly().Rules[0]
	s.rule.Merchant.After, s.rule.Authorize.After, s.rule.Build.After, s.rule.Scan.After = seconds, seconds, seconds, seconds
	s.rule.Audits[0].After = hour
	return s
}

// TestAnObservedOrderFollowsTheNextVersion of the other system after a rejection.
func TestAnObservedOrderFollowsTheNextVersion(t *testing.T) {
	s := untroubled("shop-8")
	hour := alipaysim.Duration(time.Hour)
	s.rule.Audits = []alipaysim.AuditRule{{Result: "reject", After: hour}, {Result: "pass", After: hour}}
	l, err := newLife(t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	l.e.arrived = func(string, order.Stage, order.HoldKind) {} // nobody does anything else
	l.e.in(48*time.Hour, l.e.finish)
	l.e.run(l.begin)
	if view, _ := l.see(); view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.1" || len(view.Audits) != 2 {
		t.Errorf("%s\n%s", &l.trace, l.page())
	}
}
