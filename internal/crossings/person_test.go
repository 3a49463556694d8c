package crossings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// memory is what the person who brings an order to its end remembers.
type memory struct {
	rounds   int
	tried    map[string]int
	stuck    bool
	deeds    []time.Time
	handedIn bool // an order_no was handed in
}

const (
	// everyRound is how often a person looks, lateRounds after how many the order is
	// cancelled, lastRound when it should have ended long ago.
	everyRound = 30 * time.Minute
	lateRounds = 70
	lastRound  = 48 * 25
)

// becomeCalm ends the chaos: nothing goes wrong any more, and a person brings the order to
// its end.
func (l *life) becomeCalm() {
	if l.calm {
		return
	}
	l.calm = true
	l.e.trace("calm", "the chaos is over")
	l.must(l.sim.SetFaults(alipaysim.Faults{}))
	l.must(l.sim.SetRules(kindly()))
	l.tried = map[string]int{}
	if l.ended.IsZero() {
		l.round()
	}
}

// round is one look of the person.
func (l *life) round() {
	if l.e.executions[l.orderID()].state == closed {
		return
	}
	if l.rounds++; l.rounds > lastRound {
		l.stuck = true
		l.see()
		l.e.finish()
		return
	}
	if view, ok := l.see(); ok && l.observed {
		l.answerObserved(view)
	} else if ok {
		l.helpAtAlipay(view)
		l.answer(view)
	}
	l.e.in(everyRound, l.round)
}

// times counts how often the person has met a situation.
func (l *life) times(what string) int {
	l.tried[what]++
	return l.tried[what]
}

// helpAtAlipay does what merchants, reviewers and the ISV's own systems have to do.
func (l *life) helpAtAlipay(view order.View) {
	all := l.truth()
	mini, known := all.mini(), all.order()
	switch {
	case l.kind != order.KindRelease && l.policy.Create == order.StepExternal && known == nil && !view.CancelRequested:
		l.createBySelf()
	case known != nil && (known.Status == "PROCESS" || known.Status == "WAIT_CONFIRM") && l.times("merchant") > 1:
		l.try("orders/"+known.OrderNo+"/answer", map[string]any{"status": "AGREED"})
	case mini == nil:
	case !mini.authorized():
		l.try("mini-programs/"+mini.MiniAppID+"/authorize", nil)
	case view.Authorization != order.AuthorizationAuthorized && l.times("unauthorized") > 1:
		l.importToken(mini)
	default:
		l.doSteps(view, mini)
	}
}

// doSteps does the external steps of a version, and decides an audit that nobody decides.
func (l *life) doSteps(view order.View, mini *truthMini) {
	number := view.Version.AppVersion
	version := mini.version(number)
	phase := ""
	if version != nil {
		phase = version.Phase
	}
	switch {
	case view.CancelRequested:
	case view.Stage == order.StageBuilding && l.policy.Upload == order.StepExternal && version == nil:
		l.step("upload", number)
	case view.Stage == order.StageSubmitting && l.policy.Submit == order.StepExternal && phase == "INIT":
		l.step("submit", number)
	case view.Stage == order.StageReleasing && l.policy.Release == order.StepExternal:
		l.step("online", number)
	case phase == "AUDITING" && l.times("audit") > 2:
		l.try("mini-programs/"+mini.MiniAppID+"/audit", alipaysim.AuditRule{Result: "pass"})
	case view.Hold != nil && view.Hold.Kind == order.HoldAwaitingCertification && l.times("certify") > 1:
		l.try("mini-programs/"+mini.MiniAppID+"/certify", map[string]any{"status": "CERTIFY_SUCCESS"})
	}
}

// createBySelf is the ISV's own system that requests the mini program.
func (l *life) createBySelf() {
	fields := json.RawMessage(string(l.input().Request.Create[0]))
	var err error
	if l.kind == order.KindTrial {
		_, err = l.console.CreateTrial(context.Background(), outNo, fields)
	} else {
		_, err = l.console.CreateMiniProgram(context.Background(), outNo, fields)
	}
	l.must(err)
}

// answer answers what the order asks of people.
func (l *life) answer(view order.View) {
	can := func(c order.Command) bool { return slices.Contains(view.Commands, c) }
	send := func(c order.Command, in order.Instruction) {
		if can(c) {
			l.deeds = append(l.deeds, l.e.now())
			l.command(c, in)
		}
	}
	kind, code := order.HoldKind(""), ""
	if view.Hold != nil {
		kind, code = view.Hold.Kind, view.Hold.Code
	}
	times := l.times(fmt.Sprint(view.Stage, kind, code))
	switch {
	case view.CancelRequested && can("give-up") && times > 24:
		send("give-up", order.Instruction{Reason: "nothing helps"})
	case view.CancelRequested:
		if times%6 == 0 {
			send(order.CommandRetry, order.Instruction{})
			send(order.CommandRefresh, order.Instruction{})
		}
	case l.rounds > lateRounds || times > 12 && kind != "":
		send(order.CommandCancel, order.Instruction{Reason: "it takes too long"})
	case view.Stage == order.StageCreating && l.policy.Create == order.StepExternal && times > 1 && l.truth().order() != nil:
		send(order.CommandProvideInput, order.Instruction{OrderNo: l.truth().order().OrderNo})
	case kind == order.HoldNeedsApproval:
		send(order.CommandApprove, order.Instruction{})
	case kind == order.HoldNeedsInput:
		l.correct(view, times, send)
	case kind == order.HoldNeedsOperator:
		l.operate(times, can, send)
	case kind == order.HoldPunished && times > 2:
		send(order.CommandRetry, order.Instruction{})
	case view.Stage == order.StageBasePassed:
		send(order.CommandDecideBasePass, order.Instruction{Decision: order.BasePassGoOnline})
	case view.Stage == order.StageAuditRejected && times <= 3:
		send(order.CommandResubmit, order.Instruction{Submission: l.correction()})
	case view.Stage == order.StageAuditRejected:
		send(order.CommandCancel, order.Instruction{Reason: "rejected too often"})
	}
}

// correct corrects what Alipay refused.
func (l *life) correct(view order.View, times int, send func(order.Command, order.Instruction)) {
	about := strings.Join(view.Hold.Fields, " ")
	switch {
	case strings.Contains(about, "order_no") && l.truth().order() != nil:
		send(order.CommandProvideInput, order.Instruction{OrderNo: l.truth().order().OrderNo})
	case strings.Contains(about, "version.") || view.Stage == order.StageBuilding:
		send(order.CommandResubmit, order.Instruction{Version: &order.Version{AppVersion: fmt.Sprintf("4.0.%d", times)}})
	case strings.Contains(about, "create") || view.Stage == order.StageCreating:
		send(order.CommandProvideInput, order.Instruction{Create: l.input().Request.Create[0]})
	default:
		send(order.CommandProvideInput, order.Instruction{Submission: l.correction()})
	}
}

// operate does what an operator tries when the order asks for one: a retry, then a new
// version, then giving up.
func (l *life) operate(times int, can func(order.Command) bool, send func(order.Command, order.Instruction)) {
	switch {
	case times <= 3:
		send(order.CommandRetry, order.Instruction{})
	case times <= 5 && can(order.CommandResubmit):
		send(order.CommandResubmit, order.Instruction{Version: &order.Version{TemplateVersion: "0.0.3"}})
	case can("give-up"):
		send("give-up", order.Instruction{Reason: "nothing helps"})
	default:
		send(order.CommandCancel, order.Instruction{Reason: "nothing helps"})
	}
}
