package main_test

import (
	"net/http"
	"testing"

	"miniflow/alipay"
	"miniflow/order"
)

// told is one order whose story each message in turn tells over one channel.
// Nothing else is pushed, and at life's own speed nothing is asked for a minute.
type told struct {
	s           *standalone
	t           *testing.T
	channel, no string
	mini        simOrder
}

// message has Alipay send a message about the order, over the story's channel
// where it has a place there, and wants the order to have taken it.
func (o *told) message(name string, content map[string]any) {
	o.t.Helper()
	id := o.s.push(map[string]any{"msg_method": name, "channel": o.channel, "biz_content": content})
	o.s.awaitHeard(o.no, id, order.DispositionApplied)
	o.wentOver(id, o.channel)
}

// wentOver wants a message to have been delivered over this channel alone.
func (o *told) wentOver(id, channel string) {
	o.t.Helper()
	made, _ := o.s.pushes()
	taken := 0
	for _, delivery := range made {
		if delivery.NotifyID == id && delivery.Success && delivery.Channel == channel {
			taken++
		} else if delivery.NotifyID == id {
			o.t.Errorf("%s was delivered %+v", id, delivery)
		}
	}
	if taken != 1 {
		o.t.Errorf("%s was delivered over %s %d times", id, channel, taken)
	}
}

// authorized sends the authorisation, which comes over HTTP on every channel.
func (o *told) authorized() {
	o.t.Helper()
	token := o.s.token(o.mini.MiniAppID)
	id := o.s.push(map[string]any{
		"notify_type": alipay.MessageOpenAppAuth, "params": map[string]string{"status": "execute_auth", "auth_app_id": o.mini.MiniAppID},
		"biz_content": map[string]any{
			"notify_context": map[string]any{"trigger_context": map[string]any{"out_biz_no": o.no}},
			"detail": map[string]any{
				"app_auth_token": token.Token, "app_refresh_token": token.Refresh, "app_id": appID, "auth_app_id": o.mini.MiniAppID,
				"user_id": token.UserID, "auth_time": token.AuthTime,
			},
		},
	})
	o.s.awaitStage(o.no, order.StageAuditing)
	o.wentOver(id, "http")
}

// verdict is the content of an audit's message.
func (o *told) verdict(more map[string]any) map[string]any {
	content := map[string]any{
		"mini_app_id": o.mini.MiniAppID, "bundle_id": order.DefaultBundleID,
		"mini_app_version": o.s.view(o.no).Version.AppVersion,
	}
	for name, value := range more {
		content[name] = value
	}
	return content
}

// again submits again.
func (o *told) again() {
	o.t.Helper()
	o.commands(order.CommandResubmit, map[string]any{"submission": map[string]any{"app_desc": "示例小店是一家社区餐厅，提供堂食与外带服务。"}})
	o.s.awaitStage(o.no, order.StageAuditing)
}

func (o *told) commands(command order.Command, body map[string]any) {
	o.t.Helper()
	if answer := o.s.command(o.no, command, body); answer.status != http.StatusOK {
		o.t.Fatalf("%s: %s", command, answer)
	}
}

// TestEachMessageMovesItsOrder checks that the messages that orders are about, over either
// channel, each as the one that told the fact.
func TestEachMessageMovesItsOrder(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1), "--demo=false", "--channel=websocket", "--well-behaved")
	s.awaitLongConnection()
	s.rules(quiet())
	for _, channel := range channels {
		for name, story := range map[string]func(*told){"formal": (*told).formal, "revoked": (*told).revoked, "trial": (*told).fastRegister} {
			t.Run(channel+" "+name, func(t *testing.T) {
				t.Parallel() // an order at life's own speed mostly waits
				story(&told{s: s.in(t), t: t, channel: channel, no: name + "-" + channel})
			})
		}
	}
}

// agreed is how a formal order begins: the merchant agrees and authorises, and a
// version is in audit.
func (o *told) agreed() {
	o.t.Helper()
	body := o.s.formal(o.no)
	body["submission"].(map[string]any)["audit_rule"] = "BASE_PROMOTE"
	o.s.place(body)
	o.s.awaitStage(o.no, order.StageAwaitingMerchant)
	asked, _ := o.s.atAlipay(o.no)
	o.mini = o.s.answers(asked.OrderNo, "AGREED")
	o.message(alipay.MessageMerchantConfirmed, map[string]any{
		"order_no": o.mini.OrderNo, "out_order_no": o.no, "min_app_id": o.mini.MiniAppID, "status": "AGREED", "pid": o.mini.PID,
	})
	o.s.awaitStage(o.no, order.StageAwaitingAuthorization)
	o.authorized()
}

// formal is the story of an audit that rejects, admits, and passes.
func (o *told) formal() {
	o.agreed()
	o.s.judges(o.mini.MiniAppID, "reject")
	o.message(alipay.MessageVersionAuditRejected, o.verdict(map[string]any{"audit_reason": "简介不符", "base_audit": "REJECT", "promote_audit": "REJECT"}))
	o.s.awaitStage(o.no, order.StageAuditRejected)
	o.again()

	o.s.judges(o.mini.MiniAppID, "base_pass")
	o.message(alipay.MessageVersionBaseAuditPassed, o.verdict(map[string]any{"base_audit": "PASS", "promote_audit": "REJECT"}))
	o.s.awaitStage(o.no, order.StageBasePassed)
	o.commands(order.CommandDecideBasePass, map[string]any{"decision": "resubmit"})
	o.again()

	o.s.judges(o.mini.MiniAppID, "pass")
	o.message(alipay.MessageVersionAuditPassed, o.verdict(nil))
	o.s.awaitStage(o.no, order.StageOnline)
}

// revoked has the merchant take the authorisation back while the version is in audit.
func (o *told) revoked() {
	o.agreed()
	mini := o.mini.MiniAppID
	old := o.s.token(mini).Token
	o.s.sim(http.MethodPost, "mini-programs/"+mini+"/revoke", nil, nil)
	id := o.s.push(map[string]any{"msg_method": alipay.MessageAppAuthCancelled, "channel": o.channel, "biz_content": map[string]any{
		"app_auth_token": old, "app_id": appID, "auth_app_id": mini, "user_id": o.mini.PID,
	}})
	o.s.await(o.no, "has lost its authorisation", func(view order.View) bool {
		return view.Authorization == order.AuthorizationRevoked && view.Hold != nil && view.Hold.Kind == order.HoldAuthorizationRevoked
	})
	o.wentOver(id, o.channel)
}

// fastRegister is the beginning of a trial order.
func (o *told) fastRegister() {
	body := o.s.trial(o.no)
	// One merchant has one unfinished order.
	body["create"].(map[string]any)["uid"] = map[string]string{"http": "2088000000000003", "websocket": "2088000000000004"}[o.channel]
	o.s.place(body)
	o.s.awaitStage(o.no, order.StageAwaitingMerchant)
	asked, _ := o.s.atAlipay(o.no)
	o.mini = o.s.answers(asked.OrderNo, "AGREED")
	o.message(alipay.MessageFastRegisterChanged, map[string]any{
		"order_no": o.mini.OrderNo, "out_order_no": o.no, "merchant_app_id": o.mini.MiniAppID,
		"status": "CREATE_MINI_APP_SUCCESS", "app_name": "面馆的试用小程序", "merchant_id": o.mini.PID,
	})
	o.s.awaitStage(o.no, order.StageAwaitingAuthorization)
}
