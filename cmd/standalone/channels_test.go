package main_test

import (
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// trial is the body of a trial order.
func (s *standalone) trial(no string) map[string]any {
	s.t.Helper()
	body := s.formal(no)
	body["kind"] = order.KindTrial
	body["create"] = map[string]any{"uid": "2088000000000002", "app_name": "小店" + no, "auth_notify_url": "https://isv.example/authorized"}
	return body
}

// With every push lost, asking alone brings an order to its end. The token is the
// exception that no question returns: the ISV hands it in.
func TestWithoutPushesOrdersFinishByAsking(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false")
	lost := alipaysim.PushRule{Off: true}
	minute := after(time.Minute)
	s.rules(
		alipaysim.Rule{OutOrderNo: "*-refused", Pushes: &lost, Merchant: &alipaysim.MerchantRule{Answer: "REJECTED", After: minute}},
		alipaysim.Rule{
			OutOrderNo: "*-trial", Pushes: &lost, AuditNeedsCertification: true,
			Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{After: minute}},
			Certify: []alipaysim.CertifyStep{
				{Status: alipaysim.CertifyMerchant, After: minute}, {Status: alipaysim.CertifySuccess, After: after(time.Hour)},
			},
		},
		alipaysim.Rule{Pushes: &lost, Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{After: minute}}},
	)
	s.place(s.formal("asked-formal"))
	s.place(s.trial("asked-trial"))
	s.place(s.formal("asked-refused"))
	for _, no := range []string{"asked-formal", "asked-trial"} {
		s.importToken(s.awaitAgreed(no).MiniAppID)
	}
	s.awaitStage("asked-formal", order.StageOnline)
	s.awaitStage("asked-refused", order.StageMerchantRejected)
	if trial := s.awaitStage("asked-trial", order.StageOnline); trial.Certification != order.CertificationCertified {
		t.Errorf("the trial went online at certification %s", trial.Certification)
	}

	made, messages := s.pushes()
	if len(made) != 0 || len(messages) < 8 {
		t.Errorf("%d deliveries were made of %d messages, want none of at least 8: pushes were not off", len(made), len(messages))
	}
	for _, message := range messages {
		if message.Fate != "withheld" {
			t.Errorf("%s was %s", message.Message, message.Fate)
		}
	}
}

// At life's own speed an order asks for the merchant's answer after a minute and
// for the audit's result after half an hour. What finishes it within seconds is
// what Alipay pushes.
func TestPushesAloneFinishAnOrderWithinSeconds(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(prompt(2 * time.Second))
	s.place(s.formal("pushed"))
	view := s.awaitStage("pushed", order.StageOnline)
	for stage, asks := range map[order.Stage]time.Duration{
		order.StageAwaitingAuthorization: time.Minute, order.StageReleasing: 30 * time.Minute,
	} {
		if took := reached(view, stage).Sub(view.CreatedAt); took >= asks {
			t.Errorf("%s was reached after %s; a question would have found it after %s", stage, took, asks)
		}
	}
	// Each push was heard, as the one that told the fact.
	_, messages := s.pushes()
	for _, message := range messages {
		switch message.Message {
		case "alipay.open.mini.merchant.confirmed", "alipay.open.mini.version.audit.passed":
			s.awaitHeard("pushed", message.NotifyID, order.DispositionApplied)
		case "open_app_auth_notify":
		default:
			t.Errorf("%s was pushed, which nothing in this story causes", message.Message)
		}
	}
	if len(messages) != 4 {
		t.Errorf("%d messages, want the merchant's two, the authorisation and the audit's", len(messages))
	}
}

// prompt is a rule in which merchant and reviewer say yes after a while, and
// every push goes out.
func prompt(deliberate time.Duration) alipaysim.Rule {
	rule := quiet()
	rule.Merchant = &alipaysim.MerchantRule{Answer: "AGREED", After: after(deliberate)}
	rule.Audits = []alipaysim.AuditRule{{Result: "pass", After: after(deliberate)}}
	rule.Pushes = nil
	return rule
}
