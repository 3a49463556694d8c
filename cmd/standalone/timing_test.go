package main_test

import (
	"encoding/json"
	"os"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"

	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/order"
)

// A push that comes after the end is an answer, not a restart.
func TestALatePushRestartsNothing(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(prompt(0))
	s.place(s.formal("late"))
	ended := s.awaitStage("late", order.StageOnline)
	temporal, id := s.temporal(), order.WorkflowID(appID, "late")
	eventually(t, patience, "the workflow has closed", func() error {
		if temporal.described(id).GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			return errNotYet
		}
		return nil
	})
	run := temporal.described(id).GetExecution().GetRunId()
	before := s.view("late")

	known, _ := s.atAlipay("late")
	for _, late := range []push{
		confirmed(t, "late-order", known, "AGREED"),                                   // named by its number: to the order's workflow
		audited(t, "late-audit", "passed", known.MiniAppID, ended.Version.AppVersion), // named by its app: over the mini program
	} {
		s.pushed(late)
		if listed := s.awaitDelivery(late.id(), order.DispositionLate); listed.Reason.IsZero() {
			t.Errorf("%s is listed without a reason: %+v", late.id(), listed)
		}
	}
	after := temporal.described(id)
	if after.GetExecution().GetRunId() != run || after.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		t.Errorf("the order's workflow is %s in run %s, want completed in %s", after.GetStatus(), after.GetExecution().GetRunId(), run)
	}
	if view := s.view("late"); view.Sequence != before.Sequence || view.Stage != order.StageOnline {
		t.Errorf("the ended order is at %s with %d items, before it had %d", view.Stage, view.Sequence, before.Sequence)
	}
}

// gateway is a caller of the simulated Alipay such as the ISV's own systems have.
func (s *standalone) gateway() *gateway.Client {
	s.t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(s.keyFile(name))
		if err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
	private, err := keys.ParsePrivateKey(read("app_private.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := keys.ParsePublicKey(read("alipay_public.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	client, err := gateway.NewClient(gateway.Config{
		AppID: appID, Endpoint: s.at.Simulator + "/gateway.do", PrivateKey: private,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{public} },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// created has the ISV's own systems ask Alipay for a mini program, and returns the order's number.
func (s *standalone) created(no string) string {
	s.t.Helper()
	fields, err := json.Marshal(s.formal(no)["create"])
	if err != nil {
		s.t.Fatal(err)
	}
	orderNo, err := s.gateway().CreateMiniProgram(s.t.Context(), no, fields)
	if err != nil {
		s.t.Fatalf("the ISV's own create: %v", err)
	}
	return orderNo
}

// A message may come before its order: the ISV's own systems asked Alipay for the
// mini program, and tell Miniflow later. It waits, in sight, and is applied as
// soon as there is an order.
func TestAnEarlyMessageWaitsForItsOrder(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	body := s.formal("early")
	orderNo := s.created("early")
	message := confirmed(t, "early-1", s.answers(orderNo, "AGREED"), "AGREED")
	s.pushed(message)
	waiting := s.awaitDelivery("early-1", order.DispositionWaiting)
	if waiting.OutOrderNo != "early" || waiting.HeldBy != "delivery" {
		t.Errorf("it waits as %+v", waiting)
	}

	delete(body, "create")
	body["order_no"] = orderNo
	s.place(body)
	s.awaitHeard("early", "early-1", order.DispositionApplied)
	s.awaitStage("early", order.StageAwaitingAuthorization)
	s.awaitDelivery("early-1", order.DispositionApplied)
	for _, delivery := range s.deliveries(order.DispositionWaiting) {
		t.Errorf("something still waits: %+v", delivery)
	}
	creates := 0
	for _, call := range s.calls() {
		if call.Method == "alipay.open.mini.isv.create" {
			creates++
		}
	}
	if creates != 1 {
		t.Errorf("create was called %d times, want by the ISV alone: the order was adopted", creates)
	}
}

// A message that names only the app waits with the mini program, and goes to the
// order that takes charge of it.
func TestAMessageOfAnUnclaimedAppWaitsWithIt(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("claims")
	agreed := s.answers(waiting.OrderNo, "AGREED")
	premature := audited(t, "claims-1", "passed", agreed.MiniAppID, "0.0.1")
	s.pushed(premature)
	if held := s.awaitDelivery("claims-1", order.DispositionWaiting); held.HeldBy != "mini_program" || held.MiniAppID != agreed.MiniAppID {
		t.Errorf("it waits as %+v", held)
	}
	s.pushed(confirmed(t, "claims-2", agreed, "AGREED"))
	s.awaitStage("claims", order.StageAwaitingAuthorization)
	// No audit was ever asked for, so Alipay's own answer is another.
	s.awaitHeard("claims", "claims-1", order.DispositionStale)
}
