package service_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/ingress/door"
	"miniflow/internal/fetch"
	"miniflow/order"
	"miniflow/workflows"
)

// way is where a message goes first.
type way string

const (
	toOrder   way = "the order that it names, or the wait for it"
	toEntity  way = "the mini program that it names"
	toBackend way = "the ISV's backend"
	// staysInside means that an authorisation is kept by its mini program, and never handed on.
	staysInside way = "the mini program, which keeps it"
)

// sentMessage is one row: a message that a service provider's app can get. A nil
// body is the simulator's sample of it.
type sentMessage struct {
	name string
	// legacy is the 1.0 layout, which has no place on the long connection.
	legacy bool
	body   map[string]any
	way    way
	note   string // tells rows of one name apart
}

// everyMessage is every message that the simulator knows, those of both published
// articles among them, a trade notification, and one that nobody knows.
func everyMessage() []sentMessage {
	trade := map[string]string{"trade_status": "TRADE_SUCCESS", "out_trade_no": "1", "total_amount": "0.10"}
	return []sentMessage{
		{name: alipay.MessageMerchantConfirmed, way: toOrder},
		{name: alipay.MessageFastRegisterChanged, way: toOrder},
		{name: alipay.MessageVersionAuditPassed, way: toEntity},
		{name: alipay.MessageVersionAuditRejected, way: toEntity},
		{name: alipay.MessageVersionBaseAuditPassed, way: toEntity},
		{name: alipay.MessageVersionAuditRejected, note: ", with much to say", way: toEntity, body: map[string]any{
			"fields": map[string]string{"audit_reason": strings.Repeat("小程序简介与实际服务不符。", 500)}}},
		{name: alipay.MessageOpenAppAuth, legacy: true, way: staysInside},
		{name: alipay.MessageAppAuthCancelled, way: toEntity},
		{name: alipay.MessageAppAuthCancel, way: toEntity},
		{name: alipay.MessageAPIFieldChanged, way: toBackend},
		{name: alipay.MessageUserAuthCancelled, way: toBackend},
		{name: alipay.MessageDepositBackCompleted, way: toBackend},
		{name: alipay.MessageZFTPassed, way: toBackend},
		{name: alipay.MessageZFTRejected, way: toBackend},
		{name: alipay.MessageServiceMarketOrder, legacy: true, way: toBackend},
		{name: alipay.MessageOperationResult, way: toBackend},
		{name: alipay.MessageIntegrationSync, way: toBackend},
		{name: alipay.MessageTradeComplainChanged, way: toBackend},
		{name: alipay.MessageTradeStatus, legacy: true, way: toBackend, body: map[string]any{"params": trade}},
		{name: "trade_of_tomorrow", way: toBackend, body: map[string]any{"biz_content": trade}},
		{name: "alipay.open.of.tomorrow", way: toBackend, body: map[string]any{"biz_content": map[string]string{"note": "示例 <b>"}}},
	}
}

// column is a way of sending and a way of handing on.
type column struct {
	channel door.Channel
	raw     bool
	charset alipaysim.Charset
}

func (c column) String() string {
	format := map[bool]string{false: "event", true: "raw"}[c.raw]
	return string(c.channel) + " " + format + " " + string(c.charset)
}

func columns() []column {
	var all []column
	for _, channel := range door.Channels() {
		all = append(all, column{channel, false, alipaysim.CharsetUTF8}, column{channel, true, alipaysim.CharsetUTF8},
			column{channel, false, alipaysim.CharsetGBK}, column{channel, true, alipaysim.CharsetGBK})
	}
	return all
}

// TestEachMessageOverEachChannel checks that everything that Alipay sends, over HTTP and over the long
// connection, goes through the real verifier and the real door to where it belongs.
// What nobody here is in charge of reaches the ISV's backend once, signed by
// Miniflow or as the very bytes that Alipay signed, though that backend is down for
// an hour: X16, each time verified by the scheme's own library, or with Alipay's key.
func TestEachMessageOverEachChannel(t *testing.T) {
	for _, c := range columns() {
		t.Run(c.String(), func(t *testing.T) {
			w := openWorld(t, c)
			for _, m := range everyMessage() {
				if m.legacy && c.channel == door.ChannelWebSocket {
					continue
				}
				t.Run("X16 "+m.name+m.note, func(t *testing.T) { w.follow(t, m) })
			}
		})
	}
}

// follow sends a message and follows it to its end.
func (w *world) follow(t *testing.T, m sentMessage) {
	id := w.sends(t, m)
	arrived := w.temporal.next(t)
	n := arrived.notification
	if n.NotifyID != id || n.Name != m.name || n.Channel != string(w.column.channel) || n.Flaw != "" {
		t.Fatalf("%s became %+v", id, n)
	}
	entity := "mini-program/" + agreedApp + "/" + n.MiniAppID
	switch m.way {
	case toOrder:
		if !slices.Contains(w.temporal.missed, "order/"+agreedApp+"/"+n.OutOrderNo) || n.OutOrderNo == "" || n.Evidence.MerchantStatus+n.Evidence.RegisterStatus == "" {
			t.Errorf("it went to %s past its order %q, claiming %+v", arrived.id, n.OutOrderNo, n.Evidence)
		}
	case toEntity:
		if arrived.id != entity || n.MiniAppID == "" {
			t.Fatalf("it went to %s, want %s", arrived.id, entity)
		}
		arrived = w.unclaimed(t, arrived)
	case staysInside:
		if arrived.id != entity || n.Evidence.Token == nil {
			t.Errorf("it went to %s with %+v, want %s with a token", arrived.id, n.Evidence, entity)
		}
		return
	case toBackend:
	}
	if arrived.id != "delivery/"+agreedApp+"/"+id || arrived.delivery == nil {
		t.Fatalf("it became %s, want a delivery", arrived.id)
	}
	w.handOn(t, *arrived.delivery)
}

// unclaimed has the mini program wait in vain for an order, and returns what it hands on.
func (w *world) unclaimed(t *testing.T, message handed) handed {
	t.Helper()
	env := w.environment()
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(order.NotificationSignal, message.notification) }, 0)
	env.ExecuteWorkflow(order.MiniProgramWorkflowType, order.MiniProgramInput{
		AppID: agreedApp, MiniAppID: message.notification.MiniAppID, Schedules: impatient(),
	})
	must(t, env.GetWorkflowError())
	return w.temporal.next(t)
}

// outages are the pauses that the backend asks for, one for each try that it does
// not take: an hour in all.
var outages = []time.Duration{10 * time.Minute, 30 * time.Minute, 20 * time.Minute}

// handOn runs the Delivery against a backend that is down for an hour. The hour
// passes on the workflow's clock and ends now, when the last signature has to be fresh.
func (w *world) handOn(t *testing.T, input order.DeliveryInput) {
	t.Helper()
	env := w.environment()
	began := time.Now().Add(-time.Hour)
	env.SetStartTime(began)
	w.backend.open(t, input.Notification.NotifyID, env.Now)
	forwarder := &activities.Forwarder{
		Targets: map[string]activities.ForwardTarget{agreedApp: {URL: w.backend.server.URL, Raw: w.column.raw, Signers: signers(t, oldSecret, newSecret)}},
		Ring:    w.ring, Backend: activities.ForwardTargets(w.backend.guarded(t), fetch.Forbidden, env.Now),
	}
	forwarder.Register(env)
	env.ExecuteWorkflow(order.DeliveryWorkflowType, input)
	must(t, env.GetWorkflowError())
	var view order.DeliveryView
	must(t, env.GetWorkflowResult(&view))
	if view.State != order.DispositionForwarded {
		t.Errorf("it ended %+v", view)
	}
	w.backend.wantOne(t, began)
}

// environment is a Temporal whose clock skips what nobody does anything in.
func (w *world) environment() *testsuite.TestWorkflowEnvironment {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(silent())
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	workflows.Register(env)
	(&activities.Inside{Temporal: w.temporal, Namespace: "default"}).Register(env)
	env.OnUpsertMemo(mock.Anything).Return(nil).Maybe()
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	return env
}

// TestAMessageOfAnOrderThatRuns goes to it over either channel, with the same
// evidence and without the bytes that only a backend wants.
func TestAMessageOfAnOrderThatRuns(t *testing.T) {
	const running = "order/" + agreedApp + "/OURS"
	for _, channel := range door.Channels() {
		w := openWorld(t, column{channel, true, alipaysim.CharsetUTF8})
		w.temporal.runs = running
		for name, evidence := range map[string]order.Evidence{
			alipay.MessageMerchantConfirmed:   {MerchantStatus: "AGREED"},
			alipay.MessageFastRegisterChanged: {RegisterStatus: "CREATE_MINI_APP_SUCCESS"},
		} {
			w.sends(t, sentMessage{name: name, body: map[string]any{"fields": map[string]string{"out_order_no": "OURS"}}})
			got := w.temporal.next(t)
			if n := got.notification; got.id != running || n.Evidence.MerchantStatus != evidence.MerchantStatus ||
				n.Evidence.RegisterStatus != evidence.RegisterStatus || n.Raw != "" || n.Signature != nil {
				t.Errorf("%s over %s: %s gets %+v", name, channel, got.id, n)
			}
		}
	}
}

// TestTheConsolesCheckIsNoMessage checks that it is answered at the door and goes nowhere.
func TestTheConsolesCheckIsNoMessage(t *testing.T) {
	w := openWorld(t, column{door.ChannelHTTP, false, alipaysim.CharsetUTF8})
	w.send(t, map[string]any{"service": alipay.MessageGatewayCheck})
	answer := w.answered(t)
	if answer.status != http.StatusOK || !strings.Contains(answer.body, "<success>true</success>") {
		t.Errorf("answered %d %s", answer.status, answer.body)
	}
	if len(w.temporal.came) != 0 {
		t.Error("it went on as a message")
	}
}
