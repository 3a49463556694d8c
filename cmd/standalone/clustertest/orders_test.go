package clustertest

import (
	"slices"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// TestEveryKindOfOrderReachesItsEnd runs an order of each kind to each of the ends that merchants
// and reviewers lead to, over both doors.
func TestEveryKindOfOrderReachesItsEnd(t *testing.T) {
	defer running.intact(t)
	pass, reject := alipaysim.AuditRule{Result: "pass", After: minute}, alipaysim.AuditRule{Result: "reject", After: minute, Reasons: []alipaysim.Reason{{Memo: "简介与服务不符 \u0001"}}}
	agrees := &alipaysim.MerchantRule{After: minute}
	must(t, running.alipay.Rules(t.Context(),
		alipaysim.Rule{OutOrderNo: "kind-rejected", Merchant: agrees, Audits: []alipaysim.AuditRule{reject, pass}},
		alipaysim.Rule{OutOrderNo: "kind-base-passed", Merchant: agrees, Audits: []alipaysim.AuditRule{{Result: "base_pass", After: minute}}},
		alipaysim.Rule{OutOrderNo: "kind-declined", Merchant: &alipaysim.MerchantRule{Answer: "REJECTED", After: minute}},
		alipaysim.Rule{OutOrderNo: "kind-silent", Merchant: &alipaysim.MerchantRule{Answer: "TIMEOUT", After: minute}},
		alipaysim.Rule{
			OutOrderNo: "kind-trial", Merchant: agrees, Audits: []alipaysim.AuditRule{pass}, AuditNeedsCertification: true,
			Certify: []alipaysim.CertifyStep{{Status: alipaysim.CertifyMerchant, After: minute}, {Status: alipaysim.CertifySuccess, After: minute}},
		},
		alipaysim.Rule{OutOrderNo: "kind-revoked", Merchant: agrees, Audits: []alipaysim.AuditRule{pass}, Revoke: &alipaysim.RevokeRule{On: "auditing", After: minute / 4, ReauthorizeAfter: minute}},
		alipaysim.Rule{OutOrderNo: "kind-cancelled", Merchant: agrees, Audits: []alipaysim.AuditRule{{Result: "none"}}},
		alipaysim.Rule{Merchant: agrees, Audits: []alipaysim.AuditRule{pass}},
	))
	ends := map[string]order.Stage{
		"kind-formal": order.StageOnline, "kind-rejected": order.StageOnline, "kind-base-passed": order.StageOnline, "kind-revoked": order.StageOnline,
		"kind-declined": order.StageMerchantRejected, "kind-silent": order.StageConfirmTimedOut, "kind-trial": order.StageOnline, "kind-cancelled": order.StageCancelled,
	}
	for no := range ends {
		body := running.formal(no)
		if no == "kind-trial" {
			body["kind"] = order.KindTrial
			body["create"] = map[string]any{"uid": "2088000000000002", "app_name": "小店" + no, "auth_notify_url": "https://isv.example/authorized"}
		}
		running.place(t, body)
	}
	led(t)
	for no, end := range ends {
		view := running.await(t, no, func(v order.View) bool { return v.Stage.Ended() })
		if view.Stage != end {
			t.Errorf("%s ended %s (%s), want %s", no, view.Stage, view.Reason, end)
		}
	}
	released(t, running.await(t, "kind-formal", at(order.StageOnline)))
	bothDoors(t)
}

// led does what people do about orders that wait for one.
func led(t *testing.T) {
	t.Helper()
	running.await(t, "kind-base-passed", at(order.StageBasePassed))
	must(t, running.command(t, "kind-base-passed", order.CommandDecideBasePass, map[string]any{"decision": order.BasePassGoOnline}))
	running.await(t, "kind-rejected", at(order.StageAuditRejected))
	submission, _ := running.formal("kind-rejected")["submission"].(map[string]any)
	submission["app_desc"] = "示例小店是一家社区餐厅，提供堂食与外带，营业时间为每日九点至二十一点。"
	must(t, running.command(t, "kind-rejected", order.CommandResubmit, map[string]any{"submission": submission}))
	running.await(t, "kind-cancelled", at(order.StageAuditing))
	must(t, running.command(t, "kind-cancelled", order.CommandCancel, map[string]any{"reason": "the merchant has closed"}))
}

// released brings a new version of a mini program online.
func released(t *testing.T, created order.View) {
	t.Helper()
	body := running.formal("kind-release")
	delete(body, "create")
	body["kind"], body["mini_app_id"] = order.KindRelease, created.MiniAppID
	running.place(t, body)
	view := running.await(t, "kind-release", at(order.StageOnline))
	if view.Version.AppVersion == created.Version.AppVersion {
		t.Errorf("the release is version %s, which the mini program had already", view.Version.AppVersion)
	}
}

// bothDoors wants messages to have come over HTTP and over the long connection, and to have moved
// orders either way.
func bothDoors(t *testing.T) {
	t.Helper()
	tried, _, err := running.alipay.Pushes(t.Context())
	must(t, err)
	for channel, message := range map[string]string{"http": "alipay.open.mini.merchant.confirmed", "websocket": "alipay.open.mini.version.audit.passed"} {
		taken := slices.ContainsFunc(tried, func(d alipaysim.Delivery) bool { return d.Channel == channel && d.Message == message && d.Success })
		if !taken {
			t.Errorf("no %s was taken over %s, of %d tries", message, channel, len(tried))
		}
	}
	for _, message := range []string{"alipay.open.mini.merchant.confirmed", "alipay.open.mini.version.audit.passed"} {
		view := running.await(t, "kind-formal", at(order.StageOnline))
		if !slices.ContainsFunc(view.Timeline, func(item order.TimelineItem) bool {
			return item.NotifyID != "" && item.Disposition == order.DispositionApplied && slices.ContainsFunc(tried, func(d alipaysim.Delivery) bool {
				return d.NotifyID == item.NotifyID && d.Message == message
			})
		}) {
			t.Errorf("no %s moved the order: %+v", message, view.Timeline)
		}
	}
}
