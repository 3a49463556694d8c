package crossings

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// existing is the mini program of a release order.
const existing = "2021000000000099"

// life is one order, from its request to its end, with everything that happens concurrently.
type life struct {
	scenario
	e *engine
	*platform
	trace trace

	chance  rolled // of people and the network, in the order of events
	calm    bool   // the chaos is over
	calls   map[string]int
	made    int // calls in all
	refused int
	loops   bool
	// crossed counts what was done during which of the order's activities.
	crossed map[string]int
	asked   int // updates
	memory
	// commands are those that were accepted, cancelAt is when the first cancel was.
	commands []commanded
	ended    time.Time
	// firstUndo is when the cancellation made its first call.
	firstUndo         time.Time
	unauthorizedAtEnd bool
	view              order.View
	// lasts reports whether something else has to happen after the order's end.
	lasts func() bool
}

// commanded is a command that the order accepted.
type commanded struct {
	at      time.Time
	command order.Command
	// unauthorized means that the merchant's authorisation was revoked, at Alipay or in the
	// order's view.
	unauthorized bool
}

func newLife(dir string, s scenario) (*life, error) {
	l := &life{scenario: s, chance: seeded(s.seed, "chance"), calls: map[string]int{}, crossed: map[string]int{}, lasts: func() bool { return false }}
	l.e = newEngine(workerPlan{seed: s.seed, crowdedAt: s.crowdedAt, fate: l.fate})
	l.e.trace = l.trace.writer(l.e)
	var err error
	if l.platform, err = newPlatform(l.e, dir, s); err != nil {
		return nil, err
	}
	l.strike, l.weather = l.struck, l.doorOf
	l.e.arrived = l.arrivedAt
	l.e.replaced = l.rememberDispositions
	l.serve(s.schedules)
	if err := l.sim.SetRules(alipaysim.Rules{Rules: []alipaysim.Rule{s.rule}}); err != nil {
		return nil, err
	}
	return l, nil
}

// live runs the life to its end, and returns the invariants that it broke.
func (l *life) live() []broken {
	l.e.run(l.begin)
	found := l.check()
	if err := l.sim.Close(); err != nil {
		found = append(found, broken{mustNotBreak, err.Error()})
	}
	return found
}

func (l *life) orderID() string { return order.WorkflowID(appID, outNo) }

// begin starts the order and plans what people will do.
func (l *life) begin() {
	if l.kind == order.KindRelease && l.truth().mini() == nil {
		l.bringMiniProgram()
	}
	err := l.e.start(l.orderID(), order.WorkflowType, l.input(), nil, false)
	l.must(err)
	for _, a := range l.acts {
		l.e.in(a.at, func() { l.do(a.what) })
	}
	l.e.in(l.chaos, l.becomeCalm)
	l.look()
	l.e.in(sweepEvery, l.sweep)
}

// bringMiniProgram makes the mini program of a release order.
func (l *life) bringMiniProgram() {
	l.must(l.manage(http.MethodPost, "mini-programs", map[string]any{
		"app_id": appID, "mini_app_id": existing, "out_order_no": "EARLIER", "authorized": true, "app_name": "一间咖啡",
	}, nil))
}

func (l *life) must(err error) {
	if err != nil {
		l.e.broken = append(l.e.broken, "story: "+err.Error())
	}
}

// input returns the order as the API would start it.
func (l *life) input() order.Input {
	request := order.Request{
		AppID: appID, OutOrderNo: outNo, Kind: l.kind, Policy: l.policy,
		Version:    order.Version{TemplateID: "2021000000000777", AppVersion: l.version},
		Submission: order.Submission{Fields: []order.Sealed{l.submission("第一个版本")}, AutoOnline: l.autoOnline, PermitLimitedRelease: &l.limited},
	}
	switch l.kind {
	case order.KindFormal:
		request.Create = []order.Sealed{`{"alipay_account":"a@example.com","app_name":"一间咖啡","cert_name":"示例餐饮","cert_no":"91330000000000000X",
			"contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`}
	case order.KindTrial:
		request.Create = []order.Sealed{`{"uid":"2088000000000001","app_name":"面馆"}`}
	case order.KindRelease:
		request.MiniAppID = existing
	}
	request.MerchantRef, request.Version.Experience = l.merchantRef, &l.triedOut
	return order.Input{Request: request, Schedules: l.schedules, CreatedAt: l.e.now().UTC(), CrowdedAt: l.crowdedAt, Observed: l.knows == saidAtStart}
}

// submission returns a sealed block of fields that Alipay accepts.
func (l *life) submission(text string) order.Sealed {
	fields := map[string]string{
		"version_desc": text + "，请审核这个小程序的全部内容", "region_type": "CHINA", "app_name": "一间咖啡", "app_english_name": "cafe",
		"app_slogan": "好喝的咖啡在这里等你", "app_desc": "街角的一间咖啡馆，每天现磨现做", "mini_category_ids": "XS1001_XS2001", "service_phone": "0571-88156688",
	}
	if l.split {
		fields["audit_rule"] = "BASE_PROMOTE"
	}
	if l.autoOnline != nil {
		fields["auto_online"] = fmt.Sprint(*l.autoOnline)
	}
	written, err := json.Marshal(order.SubmissionBlock{Fields: fields, Files: map[string]order.FileRef{"app_logo": {URL: "https://isv.example/logo"}}})
	l.must(err)
	return order.Sealed(written)
}

// look checks from time to time whether the order has ended.
func (l *life) look() {
	if x := l.e.executions[l.orderID()]; x.state == closed {
		l.ended = l.e.now()
		l.unauthorizedAtEnd = !l.truth().mini().authorized()
		l.becomeCalm()
		l.e.in(20*time.Minute, l.clearUp)
		return
	}
	if !l.knownToAct(appID, l.merchantRef) {
		l.otherSystem()
	}
	l.e.in(10*time.Minute, l.look)
}

// clearUp waits until every message has its disposition.
func (l *life) clearUp() {
	const limit = 14 * 24 * time.Hour
	if l.e.now().Sub(l.ended) < limit && (l.someWait() || l.lasts()) {
		l.e.in(2*time.Hour, l.clearUp)
		return
	}
	l.e.finish()
}

// see queries the order.
func (l *life) see() (order.View, bool) {
	var view order.View
	value, err := l.e.query(l.orderID(), order.ViewQuery)
	if err != nil || value.Get(&view) != nil {
		return view, false
	}
	l.view = view
	return view, true
}

// command sends a command, as the REST API does.
func (l *life) command(command order.Command, in order.Instruction) {
	l.asked++
	in.Actor = "story"
	unauthorized := !l.truth().mini().authorized()
	if view, ok := l.see(); ok {
		unauthorized = unauthorized || view.Authorization != order.AuthorizationAuthorized
	}
	err := l.e.update(l.orderID(), string(command), fmt.Sprintf("u%d", l.asked), in, func(a answered) {
		switch {
		case a.err != nil:
			l.e.trace("command", fmt.Sprintf("%s refused: %s", command, clip(a.err.Error())))
		default:
			l.e.trace("command", string(command)+" taken")
			l.commands = append(l.commands, commanded{at: l.e.now(), command: command, unauthorized: unauthorized})
		}
	})
	if err != nil {
		l.e.trace("command", fmt.Sprintf("%s: %s", command, clip(err.Error())))
	}
}

// cancelled returns the first cancellation that was accepted.
func (l *life) cancelled() (commanded, bool) {
	for _, c := range l.commands {
		if c.command == order.CommandCancel {
			return c, true
		}
	}
	return commanded{}, false
}

// number returns the version that the order is about, as far as is known.
func (l *life) number() string {
	view, ok := l.see()
	if !ok {
		return ""
	}
	return view.Version.AppVersion
}
