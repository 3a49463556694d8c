package crossings

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// sabotage breaks an invariant outside of the workflows.
type sabotage struct {
	invariant string
	call      gatewayCall
	sabotage  func(*testing.T, *life)
}

// cancelInAudit cancels while the version is in audit.
func cancelInAudit() gatewayCall {
	return gatewayCall{change: func(s *scenario) {
		s.rule.Audits = []alipaysim.AuditRule{{Result: "none"}}
		s.acts = []act{{at: 30 * time.Minute, what: "cancel"}}
	}}
}

// sabotages returns those of the workflows' surroundings.
func sabotages() []sabotage {
	return []sabotage{
		{mustHaveDisposition, gatewayCall{}, func(_ *testing.T, l *life) { // a client that forgets what it has accepted
			l.temporal.forgets = func(id, signal string) bool {
				return signal == order.NotificationSignal && strings.HasPrefix(id, "order/")
			}
		}},
		{mustEnd, gatewayCall{}, func(_ *testing.T, l *life) { // a worker that never gets to do it
			l.e.plan.fate = func(j *job) death {
				if j.name == "AwaitMerchant" {
					return diesBefore
				}
				return lives
			}
		}},
		{mustBeOne, gatewayCall{}, func(t *testing.T, l *life) { // a second creation
			l.e.in(time.Minute, func() {
				fields := strings.ReplaceAll(string(l.input().Request.Create[0]), "a@example.com", "b@example.com")
				fields = strings.ReplaceAll(fields, "一间咖啡", "另一间咖啡")
				_, err := l.client.CreateMiniProgram(context.Background(), "OUT2", json.RawMessage(fields))
				must(t, err)
			})
		}},
		{mustBeBounded, gatewayCall{}, func(_ *testing.T, l *life) {
			l.e.in(time.Minute, func() {
				for range refusedInFirstHour + 1 {
					_, _ = l.client.QueryMiniProgramOrder(context.Background(), "1") // it is refused
				}
			})
		}},
		{mustBeOwn, gatewayCall{}, func(_ *testing.T, l *life) { // somebody else was faster
			l.strike = func(c alipaysim.Call) (alipaysim.Fault, bool) {
				if !strings.HasSuffix(c.Method, "version.upload") {
					return alipaysim.Fault{}, false
				}
				_, number, _ := strings.Cut(c.Key, "/")
				l.step("upload", number)
				return alipaysim.Fault{Kind: alipaysim.FaultDropBefore}, true
			}
		}},
		{mustNotAct, cancelInAudit(), func(_ *testing.T, l *life) {
			l.e.in(40*time.Minute, func() { l.e.scheduled = append(l.e.scheduled, scheduled{name: "PutOnline", at: l.e.now()}) })
		}},
		{mustBeFaster, gatewayCall{}, func(_ *testing.T, l *life) {
			l.e.in(time.Second, func() {
				l.commands = append(l.commands, commanded{at: l.e.now().Add(time.Hour), command: order.CommandCancel})
				l.firstUndo = l.e.now()
			})
		}},
		{mustReachEntity, gatewayCall{kind: order.KindRelease}, func(_ *testing.T, l *life) {
			l.e.lost = func(signal string) bool { return signal == order.EndSignal }
		}},
		{mustNotBreak, gatewayCall{}, func(_ *testing.T, l *life) { l.e.broken = append(l.e.broken, "something panicked") }},
	}
}

// sabotagesOfWords have Alipay answer what is not true.
func sabotagesOfWords() []sabotage {
	return []sabotage{
		{mustLeaveNothing, cancelInAudit(), func(_ *testing.T, l *life) { // a withdrawal that is confirmed and not done
			l.refuseAndLie("version.audit.cancel")
		}},
		{mustHaveLink, gatewayCall{kind: order.KindTrial}, func(_ *testing.T, l *life) {
			l.rewrite = func(_, body string) string { return strings.ReplaceAll(body, "authorize_url", "another_url") }
		}},
		{mustBeTrue, gatewayCall{}, func(_ *testing.T, l *life) {
			l.rewrite = func(_, body string) string { return strings.ReplaceAll(body, `"WAIT_RELEASE"`, `"RELEASE"`) }
		}},
		{mustBeKnown, gatewayCall{}, func(_ *testing.T, l *life) { // a submission that is confirmed and not done
			l.refuseAndLie("version.audit.apply")
			lie := l.rewrite
			l.rewrite = func(method, body string) string {
				return lie(method, strings.ReplaceAll(body, `"status":"INIT"`, `"status":"AUDITING"`))
			}
		}},
		{mustKeepToken, gatewayCall{kind: order.KindRelease}, func(_ *testing.T, l *life) { // a revocation that never happened
			l.rewrite = func(method, body string) string {
				if strings.HasSuffix(method, "token.app.query") {
					return strings.ReplaceAll(body, `"valid"`, `"invalid"`)
				}
				return body
			}
		}},
	}
}

// TestTheCheckerNamesWhatIsBroken breaks each invariant on purpose outside of the workflows:
// the checker has to find it and name it. A checker that finds nothing proves nothing.
func TestTheCheckerNamesWhatIsBroken(t *testing.T) {
	for _, test := range slices.Concat(sabotages(), sabotagesOfWords()) {
		if underRace && test.invariant == mustEnd {
			continue // a life that never ends takes the detector five minutes
		}
		t.Run(test.invariant, func(t *testing.T) {
			t.Parallel()
			s := test.call.plain()
			s.chaos = 3 * time.Hour
			l, err := newLife(t.TempDir(), s)
			must(t, err)
			l.strike = func(alipaysim.Call) (alipaysim.Fault, bool) { return alipaysim.Fault{}, false }
			test.sabotage(t, l)
			found := l.live()
			for _, b := range found {
				if b.invariant == test.invariant {
					return
				}
			}
			t.Errorf("found %v\n%s\n%s", found, &l.trace, l.page())
		})
	}
}

// TestAnUndisturbedLifeIsSound checks that the checker has no false alarms.
func TestAnUndisturbedLifeIsSound(t *testing.T) {
	for _, kind := range order.Kinds() {
		s := gatewayCall{kind: kind}.plain()
		s.chaos = 3 * time.Hour
		l, err := newLife(t.TempDir(), s)
		must(t, err)
		l.strike = func(alipaysim.Call) (alipaysim.Fault, bool) { return alipaysim.Fault{}, false }
		found := l.live()
		if len(found) > 0 || l.view.Stage != order.StageOnline {
			t.Errorf("%s ended %s: %v\n%s", kind, l.view.Stage, found, &l.trace)
		}
	}
}

// refuseAndLie has Alipay refuse a call and answer that it was done.
func (l *life) refuseAndLie(method string) {
	l.strike = func(c alipaysim.Call) (alipaysim.Fault, bool) {
		return refusedWith("40004", "A_LIE"), strings.HasSuffix(c.Method, method)
	}
	l.rewrite = func(_, body string) string {
		if strings.Contains(body, "A_LIE") {
			return `{"code":"10000","msg":"Success","speed_up":"false"}`
		}
		return body
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
