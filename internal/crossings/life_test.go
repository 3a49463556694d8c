package crossings

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// existing is the mini program of a release order.
const existing = "2021000000000099"

// life is one order, from its request to its end, with all that crosses it.
type life struct {
	story
	e *engine
	*platform
	trace trace

	chance  rolled // of people and the network, in the order of what happens
	calm    bool   // the chaos is over
	calls   map[string]int
	made    int // calls in all
	refused int
	loops   bool
	// crossed counts what was done while which activity of the order's was at it.
	crossed map[string]int
	asked   int // updates
	patience
	// commands are those that were accepted, cancelAt is when the first cancel was.
	commands []commanded
	ended    time.Time
	// firstUndo is how the version stood when the cancellation made its first call.
	firstUndo         string
	unauthorizedAtEnd bool
	view              order.View
}

// commanded is a command that the order took.
type commanded struct {
	at      time.Time
	command order.Command
	// unauthorized : the merchant's authorisation was gone at Alipay, or as the order saw it.
	unauthorized bool
}

func newLife(dir string, s story) (*life, error) {
	l := &life{story: s, chance: seeded(s.seed, "chance"), calls: map[string]int{}, crossed: map[string]int{}}
	l.e = newEngine(workerPlan{seed: s.seed, crowdedAt: s.crowdedAt, fate: l.fate})
	l.e.tell = l.trace.tell(l.e)
	var err error
	if l.platform, err = newPlatform(l.e, dir, s.seed); err != nil {
		return nil, err
	}
	l.strike, l.weather = l.struck, l.doorOf
	l.serve(s.schedules)
	if err := l.sim.SetRules(alipaysim.Rules{Rules: []alipaysim.Rule{s.rule}}); err != nil {
		return nil, err
	}
	return l, nil
}

// live lives the life to its end, and says which invariants it broke.
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
	if l.kind == order.KindRelease {
		l.must(l.manage(http.MethodPost, "mini-programs", map[string]any{
			"app_id": appID, "mini_app_id": existing, "out_order_no": "EARLIER", "authorized": true, "app_name": "一间咖啡",
		}, nil))
	}
	_, err := l.e.start(l.orderID(), order.WorkflowType, l.input(), nil, false)
	l.must(err)
	for _, a := range l.acts {
		l.e.in(a.at, func() { l.do(a.what) })
	}
	l.e.in(l.chaos, l.becomeCalm)
	l.look()
}

func (l *life) must(err error) {
	if err != nil {
		l.e.broken = append(l.e.broken, "story: "+err.Error())
	}
}

// input is the order as the door would start it.
func (l *life) input() order.Input {
	request := order.Request{
		AppID: appID, OutOrderNo: outNo, Kind: l.kind, Policy: l.policy,
		Version:    order.Version{TemplateID: "2021000000000777", AppVersion: l.version},
		Submission: order.Submission{Fields: []order.Sealed{l.submission("第一个版本")}, AutoOnline: l.autoOnline},
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
	return order.Input{Request: request, Schedules: l.schedules, CreatedAt: l.e.now().UTC(), CrowdedAt: l.crowdedAt}
}

// submission is a sealed block of fields that Alipay takes.
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

// look looks now and then whether the order has ended.
func (l *life) look() {
	if x := l.e.executions[l.orderID()]; x.state == closed {
		l.ended = l.e.now()
		l.unauthorizedAtEnd = !l.truth().mini().authorized()
		l.becomeCalm()
		l.e.in(20*time.Minute, l.clearUp)
		return
	}
	l.e.in(10*time.Minute, l.look)
}

// clearUp waits until every message has its disposition.
func (l *life) clearUp() {
	const patience = 14 * 24 * time.Hour
	if l.e.now().Sub(l.ended) < patience && l.someWait() {
		l.e.in(2*time.Hour, l.clearUp)
		return
	}
	l.e.finish()
}

// someWait tells whether a message is still without a final disposition.
func (l *life) someWait() bool {
	for _, n := range l.accepted {
		if finals, _ := l.dispositions(n); len(finals) == 0 {
			return true
		}
	}
	return false
}

// see asks the order how it stands.
func (l *life) see() (order.View, bool) {
	var view order.View
	value, err := l.e.query(l.orderID(), order.ViewQuery)
	if err != nil || value.Get(&view) != nil {
		return view, false
	}
	l.view = view
	return view, true
}

// fate is what happens to a worker in the chaos.
func (l *life) fate(j *job) death {
	if l.calm || !strings.HasPrefix(j.options.TaskQueue, "alipay/") && j.rng.Float64() > .3 {
		return lives
	}
	r := rolled{j.rng}
	if !r.chance(l.dying) {
		return lives
	}
	return death(1 + r.IntN(3))
}

// doorOf is what happens to a push at the door in the chaos.
func (l *life) doorOf(notifyID string, nth int) door {
	r := seeded(l.seed, "door", notifyID, fmt.Sprint(nth))
	if l.calm || !r.chance(l.door) {
		return doorOpen
	}
	return door(1 + r.IntN(2))
}

// writes are the calls that change something.
func isWrite(method string) bool {
	for _, write := range []string{".create", ".upload", ".apply", ".cancel", ".online", ".delete"} {
		if strings.HasSuffix(method, write) {
			return true
		}
	}
	return false
}

// struck decides what goes wrong with a call: it is held back while people act,
// its answer is lost, it is refused.
func (l *life) struck(c alipaysim.Call) (alipaysim.Fault, bool) {
	l.calls[c.Method]++
	if l.made++; l.made > callsOfALoop {
		l.loops = true
		l.e.finish()
	}
	l.noteUndo(c)
	r := seeded(l.seed, "call", c.Method, c.Key, fmt.Sprint(l.calls[c.Method]))
	if l.calm {
		return alipaysim.Fault{}, false
	}
	crossing := l.crossing
	if !isWrite(c.Method) {
		crossing *= .06 // there are many more questions than writes
	}
	if r.chance(crossing) {
		return l.hold(r), true
	}
	if r.chance(l.fault) {
		return fault(r), true
	}
	if r.chance(l.refusal) {
		refusals := refusalsOf(c.Method)
		return refusals[r.IntN(len(refusals))], true
	}
	return alipaysim.Fault{}, false
}

// noteUndo notes how the version stood when a cancellation made its first call.
func (l *life) noteUndo(c alipaysim.Call) {
	_, cancelled := l.cancelled()
	_, number, named := strings.Cut(c.Key, "/")
	if !cancelled || !named || l.firstUndo != "" || !strings.HasSuffix(c.Method, ".cancel") {
		return
	}
	if version := l.truth().mini().version(number); version != nil {
		l.firstUndo = version.Phase
	}
}

// hold holds a call, or its answer, back for a few seconds in which people act.
func (l *life) hold(r rolled) alipaysim.Fault {
	length := r.between(300*time.Millisecond, 8*time.Second)
	for range 1 + r.IntN(2) {
		what := r.deed()
		l.e.in(time.Duration(r.Float64()*float64(length)), func() { l.do(what) })
	}
	kind := r.one(weighted{alipaysim.FaultStallAfterCommit, 7}, weighted{alipaysim.FaultSlow, 3})
	return alipaysim.Fault{Kind: kind, For: alipaysim.Duration(length)}
}

// fault is something that the network or the gateway does.
func fault(r rolled) alipaysim.Fault {
	kind := r.one(
		weighted{alipaysim.FaultDropAfterCommit, 4}, weighted{alipaysim.FaultDropBefore, 2}, weighted{alipaysim.FaultHTTPStatus, 1},
		weighted{alipaysim.FaultHalfAnswer, 1}, weighted{alipaysim.FaultUnsigned, 1}, weighted{alipaysim.FaultBadSignature, 1},
		weighted{alipaysim.FaultRateLimit, 2}, weighted{"20000", 1},
	)
	if kind == "20000" {
		return alipaysim.Fault{Kind: alipaysim.FaultError, Code: "20000", SubCode: "isp.unknow-error", SubMsg: "系统繁忙"}
	}
	return alipaysim.Fault{Kind: kind}
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
			l.e.tell("command", fmt.Sprintf("%s refused: %s", command, clip(a.err.Error())))
		default:
			l.e.tell("command", string(command)+" taken")
			l.commands = append(l.commands, commanded{at: l.e.now(), command: command, unauthorized: unauthorized})
		}
	})
	if err != nil {
		l.e.tell("command", fmt.Sprintf("%s: %s", command, clip(err.Error())))
	}
}

// cancelledAt is when a cancellation was first taken; zero for never.
func (l *life) cancelled() (commanded, bool) {
	for _, c := range l.commands {
		if c.command == order.CommandCancel {
			return c, true
		}
	}
	return commanded{}, false
}

// number is the version that the order is about, as far as is known.
func (l *life) number() string {
	view, ok := l.see()
	if !ok {
		return ""
	}
	return view.Version.AppVersion
}

// miniID is the mini program's id, empty while there is none.
func (l *life) miniID() string {
	if mini := l.truth().mini(); mini != nil {
		return mini.MiniAppID
	}
	return ""
}

// dispositions are the final ones that a message has, by who gave them, and those
// that are not final.
func (l *life) dispositions(n order.Notification) (finals, others map[string]order.Disposition) {
	finals, others = map[string]order.Disposition{}, map[string]order.Disposition{}
	note := func(who string, d order.Disposition) {
		if d.Final() {
			finals[who] = d
		} else if d != "" {
			others[who] = d
		}
	}
	ask := func(who, id string) {
		if value, err := l.e.query(id, order.DispositionQuery, n.NotificationKey); err == nil {
			var d order.Disposition
			if value.Get(&d) == nil {
				note(who, d)
			}
		}
	}
	ask("order", l.orderID())
	for id, x := range l.e.executions {
		if x.kind == order.MiniProgramWorkflowType {
			ask("entity", id)
		}
	}
	for _, id := range []string{order.DeliveryWorkflowID(appID, n.NotifyID), order.ConflictWorkflowID(n.NotificationKey)} {
		input, ours := l.deliveryInput(id)
		if !ours || input.Notification.Digest != n.Digest {
			continue
		}
		if value, err := l.e.query(id, order.ViewQuery); err == nil {
			var view order.DeliveryView
			if value.Get(&view) == nil {
				note("delivery", view.State)
			}
		}
	}
	return finals, others
}

func (l *life) deliveryInput(id string) (order.DeliveryInput, bool) {
	x := l.e.executions[id]
	if x == nil {
		return order.DeliveryInput{}, false
	}
	input, ok := x.input.(order.DeliveryInput)
	return input, ok
}
