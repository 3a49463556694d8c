package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

const (
	// monthSpeed makes thirty days last seven minutes.
	monthSpeed = 6000
	// monthsOrders are how many orders a whole month has; a shorter one has as many a day.
	monthsOrders = 200
	// atEnd is how long, at most, the last orders take once nothing goes wrong any more, and each order
	// more where a machine has other things to do.
	atEnd, atEndEach = 6 * time.Minute, 5 * time.Second
)

// month is many orders in the same weather, and the people about them.
type month struct {
	*standalone
	random  *rand.Rand
	console *gateway.Client
	// starts are when orders begin; running have not ended, ended have.
	starts  []time.Time
	running []string
	ended   []order.View
	met     map[string]int
	calm    bool
	did     map[string]int // what people did
	forged  []string
}

// TestAMonth lives a month of orders: of Alipay's messages three of ten are lost for good, the others
// come twice and in any order; calls fail, merchants revoke, and somebody works in Alipay's console. Every
// order ends where Alipay says, and the ledger of messages and deeds holds. It is as many days of a month as it
// has orders; a whole month has two hundred.
func TestAMonth(t *testing.T) {
	t.Parallel()
	m := &month{random: randomness(t), met: map[string]int{}, did: map[string]int{}}
	count := lives(t, 12)
	span := time.Duration(count) * 30 * 24 * time.Hour / monthsOrders / monthSpeed
	m.standalone = startStandalone(t, speed(monthSpeed), "--demo=false")
	m.console = m.gateway()
	m.weather(count)
	began := time.Now()
	for range count {
		m.starts = append(m.starts, began.Add(time.Duration(m.random.Int64N(int64(span)))))
	}
	slices.SortFunc(m.starts, time.Time.Compare)
	for n := 0; n < count || len(m.running) > 0; m.pass() {
		for ; n < count && !m.starts[n].After(time.Now()); n++ {
			m.begin(n)
		}
		if n == count && time.Since(began) > span+time.Minute {
			m.becomeCalm()
		}
		if time.Since(began) > span+atEnd+time.Duration(count)*atEndEach {
			t.Fatalf("%d orders did not end: %v", len(m.running), m.running)
		}
		<-time.After(300 * time.Millisecond)
	}
	m.judge()
}

// begin starts an order: three of four are formal.
func (m *month) begin(n int) {
	m.t.Helper()
	no := fmt.Sprintf("month-%03d", n)
	body := m.formal(no)
	if n%4 == 3 {
		body = m.trial(no)
		create, _ := body["create"].(map[string]any)
		create["uid"] = fmt.Sprintf("2088%012d", n)
	}
	submission, _ := body["submission"].(map[string]any)
	submission["auto_online"] = m.random.IntN(2) == 0
	if m.random.IntN(2) == 0 {
		submission["audit_rule"] = "BASE_PROMOTE"
	}
	body["policy"] = map[string]any{"on_base_pass": []order.BasePassPolicy{order.BasePassGoOnline, order.BasePassResubmit, order.BasePassAsk}[m.random.IntN(3)]}
	m.place(body)
	m.running = append(m.running, no)
}

// pass is one look of people at everything that runs, and a forger's and somebody's at the console.
func (m *month) pass() {
	m.t.Helper()
	state := m.state()
	m.running = slices.DeleteFunc(m.running, func(no string) bool {
		view, err := m.look(no)
		switch {
		case err != nil: // a worker is busy
		case view.Stage.Ended():
			m.ended = append(m.ended, view)
			return true
		default:
			m.tend(view, state)
		}
		return false
	})
	if !m.calm && len(m.running) > 0 && m.random.IntN(6) == 0 {
		m.forge(m.running[m.random.IntN(len(m.running))])
	}
}

// tend does what an order's people do about it.
func (m *month) tend(view order.View, state simState) {
	m.t.Helper()
	m.met[fmt.Sprint(view.OutOrderNo, view.Stage, view.Hold)]++
	times := m.met[fmt.Sprint(view.OutOrderNo, view.Stage, view.Hold)]
	if !m.calm && m.random.IntN(40) == 0 {
		m.atTheConsole(view)
	}
	if times%4 != 3 { // they have other things to do
		return
	}
	hold := order.HoldKind("")
	if view.Hold != nil {
		hold = view.Hold.Kind
	}
	switch {
	case view.Stage == order.StageAwaitingAuthorization, hold == order.HoldAuthorizationRevoked:
		m.authorize(view, times)
	case hold == order.HoldNeedsApproval:
		m.tell(view, order.CommandApprove, nil)
	case hold == order.HoldNeedsInput && slices.ContainsFunc(view.Hold.Fields, func(f string) bool { return strings.Contains(f, "order_no") }):
		if known, there := find(state, view.OutOrderNo); there {
			m.tell(view, order.CommandProvideInput, map[string]any{"order_no": known.OrderNo})
		}
	case hold == order.HoldNeedsInput, view.Stage == order.StageAuditRejected:
		m.correct(view, times)
	case view.Stage == order.StageBasePassed:
		m.tell(view, order.CommandDecideBasePass, map[string]any{"decision": order.BasePassGoOnline})
	case hold == order.HoldNeedsOperator, hold == order.HoldPunished, hold == order.HoldPipelineBusy:
		m.tell(view, order.CommandRetry, nil)
	}
}

// correct submits again, and after a while another version.
func (m *month) correct(view order.View, times int) {
	m.t.Helper()
	if times > 20 || view.Stage == order.StageBuilding {
		m.tell(view, order.CommandResubmit, map[string]any{"version": map[string]any{"template_version": "1.0.1"}})
		return
	}
	command := order.CommandResubmit
	if view.Stage != order.StageAuditRejected {
		command = order.CommandProvideInput
	}
	m.tell(view, command, map[string]any{"submission": map[string]any{"app_desc": fmt.Sprintf("示例小店是一家社区餐厅，提供堂食与外带服务，第%d稿。", times)}})
}

// authorize has the merchant authorise, and the ISV hand the token in where no message brings it.
func (m *month) authorize(view order.View, times int) {
	m.t.Helper()
	if view.MiniAppID == "" {
		return
	}
	if times > 8 {
		m.sim(http.MethodPost, "mini-programs/"+view.MiniAppID+"/authorize", nil, nil)
		m.did["authorised again"]++
	}
	body := map[string]any{"app_auth_token": m.token(view.MiniAppID).Token}
	m.api(http.MethodPut, "/v1/mini-programs/"+appID+"/"+view.MiniAppID+"/authorization", body) // one that is revoked is refused
}

// tell gives an order a command. It may have moved on meanwhile.
func (m *month) tell(view order.View, command order.Command, body any) {
	m.t.Helper()
	m.did[string(command)]++
	if answer := m.command(view.OutOrderNo, command, body); answer.status >= http.StatusInternalServerError {
		m.t.Logf("%s %s: %s", command, view.OutOrderNo, answer)
	}
}

// atTheConsole has somebody take a version a step further, or back, whom Miniflow does not know.
func (m *month) atTheConsole(view order.View) {
	m.t.Helper()
	number := view.Version.AppVersion
	if number == "" || view.Authorization != order.AuthorizationAuthorized {
		return
	}
	token := alipay.Secret(m.token(view.MiniAppID).Token)
	m.did["at the console"]++
	ctx, bundle := m.t.Context(), order.DefaultBundleID
	switch m.random.IntN(3) { // Alipay refuses what does not fit
	case 0:
		_ = m.console.CancelAudit(ctx, token, number, bundle)
	case 1:
		_ = m.console.CancelAudited(ctx, token, number, bundle)
	default:
		_ = m.console.GoOnline(ctx, token, number, bundle, false)
	}
}

// forge posts a message about an order that nobody has signed.
func (m *month) forge(no string) {
	m.t.Helper()
	known, there := m.atAlipay(no)
	if !there {
		return
	}
	forged := confirmed(m.t, fmt.Sprintf("forged-%03d", len(m.forged)), known, "REJECTED")
	m.forged = append(m.forged, forged.id())
	if answer, err := m.post(forged.body(make([]byte, 256))); err == nil && (answer.status == http.StatusOK || string(answer.body) == "success") {
		m.t.Errorf("a forged message is answered %s", answer)
	}
}

func find(state simState, no string) (simOrder, bool) {
	i := slices.IndexFunc(state.Orders, func(o simOrder) bool { return o.OutOrderNo == no })
	if i < 0 {
		return simOrder{}, false
	}
	return state.Orders[i], true
}

// becomeCalm ends what goes wrong, and has everybody agree.
func (m *month) becomeCalm() {
	if m.calm {
		return
	}
	m.calm = true
	m.faults()
	rule := prompt(time.Hour)
	rule.Pushes = &alipaysim.PushRule{}
	m.rules(rule)
}
