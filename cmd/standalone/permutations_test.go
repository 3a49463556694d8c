package main_test

import (
	"fmt"
	"net/http"
	"testing"

	"miniflow/order"
)

// shuffled is one order whose messages come in an order of their own. Its story is
// the same every time: rejected once, corrected, online.
type shuffled struct {
	s        *standalone
	no       string
	atAlipay simOrder
	// turn says which message is sent at which point of the story.
	turn     []int
	messages []push
	bodies   []string
}

// prepare makes the order's messages as soon as Alipay has the merchant's answer.
// What the order does not have yet, the first version's number, is known: it is
// the first.
func (f *shuffled) prepare(t *testing.T) {
	t.Helper()
	f.atAlipay = f.s.awaitAgreed(f.no)
	mini := f.atAlipay.MiniAppID
	f.messages = []push{
		confirmed(t, f.no+"-process", f.atAlipay, "PROCESS"),
		confirmed(t, f.no+"-agreed", f.atAlipay, "AGREED"),
		authorized(t, f.no+"-token", f.atAlipay, f.s.token(mini)),
		audited(t, f.no+"-rejected", "rejected", mini, "0.0.1"),
		audited(t, f.no+"-passed", "passed", mini, "0.0.1"),
	}
	for _, message := range f.messages {
		f.bodies = append(f.bodies, f.s.sign(message))
	}
}

// send sends the message whose turn it is, twice.
func (f *shuffled) send(point int) {
	f.s.t.Helper()
	for range 2 {
		f.s.acknowledged(f.bodies[f.turn[point]])
	}
}

// points are what happens between the messages. A message comes when its turn is:
// before what it tells, when it is news, or long after.
func points() []func(*shuffled) {
	return []func(*shuffled){
		func(f *shuffled) {
			f.s.await(f.no, "knows its mini program", func(v order.View) bool { return v.MiniAppID != "" })
			f.s.importToken(f.atAlipay.MiniAppID)
		},
		func(f *shuffled) {
			f.s.awaitStage(f.no, order.StageAuditing)
			f.s.judges(f.atAlipay.MiniAppID, "reject")
		},
		func(f *shuffled) {
			f.s.awaitStage(f.no, order.StageAuditRejected)
			body := map[string]any{"submission": map[string]any{"app_desc": "示例小店是一家社区餐厅，提供堂食与外带服务。"}}
			if answer := f.s.command(f.no, order.CommandResubmit, body); answer.status != http.StatusOK {
				f.s.t.Fatalf("resubmit %s: %s", f.no, answer)
			}
		},
		func(f *shuffled) {
			f.s.awaitStage(f.no, order.StageAuditing)
			f.s.judges(f.atAlipay.MiniAppID, "pass")
		},
		func(f *shuffled) { f.s.awaitStage(f.no, order.StageOnline) },
	}
}

// Alipay promises no order. In every order in which its messages can come, each of
// them twice, the end is the same and each has one effect at most.
func TestMessagesInAnyOrderLeadToTheSameEnd(t *testing.T) {
	t.Parallel()
	const samples = 12
	random := randomness(t)
	s := startStandalone(t, speed(1000), "--demo=false")
	prompt := quiet()
	prompt.Merchant.Answer = "AGREED"
	s.rules(prompt)

	orders := make([]*shuffled, samples)
	for i := range orders {
		orders[i] = &shuffled{s: s, no: fmt.Sprintf("shuffled-%02d", i), turn: random.Perm(len(points()))}
		s.place(s.formal(orders[i].no))
	}
	for _, f := range orders {
		f.prepare(t)
	}
	for point, happens := range points() {
		for _, f := range orders {
			f.send(point)
		}
		for _, f := range orders {
			happens(f)
		}
	}
	for _, f := range orders {
		f.wantTheSameEnd(t)
	}
	eventually(t, patience, "every message has exactly one disposition", func() error {
		return onceDisposed(s, orders)
	})
}

func (f *shuffled) wantTheSameEnd(t *testing.T) {
	t.Helper()
	view := f.s.view(f.no)
	var verdicts []order.Verdict
	for _, audit := range view.Audits {
		verdicts = append(verdicts, audit.Verdict)
		if audit.Unconfirmed {
			t.Errorf("%s %v: attempt %d rests on a message alone", f.no, f.turn, audit.Attempt)
		}
	}
	want := fmt.Sprint([]order.Verdict{order.VerdictRejected, order.VerdictPassed})
	if fmt.Sprint(verdicts) != want || view.Hold != nil || view.Promotable == nil || !*view.Promotable {
		t.Errorf("%s %v ended with the verdicts %v, hold %+v, promotable %v; want %s, none, true",
			f.no, f.turn, verdicts, view.Hold, view.Promotable, want)
	}
	deeds := map[string]int{}
	for _, call := range f.s.calls() {
		if call.Effect && (call.Key == f.no || call.Key == f.atAlipay.MiniAppID+"/"+view.Version.AppVersion) {
			deeds[call.Method]++
		}
	}
	for method, times := range map[string]int{
		"alipay.open.mini.isv.create": 1, "alipay.open.mini.version.upload": 1, "alipay.open.mini.version.audit.apply": 2,
		"alipay.open.mini.version.audited.cancel": 1, "alipay.open.mini.version.online": 1,
	} {
		if deeds[method] != times {
			t.Errorf("%s %v: %s had %d effects, want %d", f.no, f.turn, method, deeds[method], times)
		}
	}
}

// onceDisposed looks for every message in every place where one can end: in its order, in its
// mini program, among the deliveries.
func onceDisposed(s *standalone, orders []*shuffled) error {
	s.t.Helper()
	found := map[string][]string{}
	for _, state := range order.Dispositions() {
		for _, delivery := range s.deliveries(state) {
			if state.Final() {
				found[delivery.NotifyID] = append(found[delivery.NotifyID], "delivery: "+string(state))
			}
		}
	}
	temporal := s.temporal()
	for _, f := range orders {
		view := s.view(f.no)
		for i, message := range f.messages {
			final := found[message.id()]
			for _, item := range heardOf(view, message.id()) {
				final = append(final, "order: "+string(item.Disposition))
			}
			entity := ask[order.Disposition](temporal, order.MiniProgramWorkflowID(appID, f.atAlipay.MiniAppID),
				order.DispositionQuery, s.identity(f.bodies[i]))
			if entity.Final() {
				final = append(final, "mini program: "+string(entity))
			}
			if len(final) != 1 {
				return fmt.Errorf("in the order of %v %s has %d: %v", f.turn, message.id(), len(final), final)
			}
		}
	}
	return nil
}
