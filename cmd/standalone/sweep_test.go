package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	temporalsdk "go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/order"
)

// waits has an order wait as lists show it, with nobody who works on it: what a Sweep does with it
// stands in its history.
func (tp temporal) waits(no string, look order.Look, next time.Time) {
	tp.t.Helper()
	attributes := []temporalsdk.SearchAttributeUpdate{
		temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(appID),
		temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeOrderKind).ValueSet(string(order.KindFormal)),
		temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeOrderStage).ValueSet(string(order.StageAwaitingMerchant)),
	}
	if !next.IsZero() {
		attributes = append(attributes, temporalsdk.NewSearchAttributeKeyTime(order.AttributeNextLook).ValueSet(next))
	}
	if facts := len(look.Facts); facts > 0 {
		attributes = append(attributes, temporalsdk.NewSearchAttributeKeyTime(order.AttributeFactAt).ValueSet(look.Facts[facts-1].At))
	}
	_, err := tp.ExecuteWorkflow(tp.t.Context(), client.StartWorkflowOptions{
		ID: order.WorkflowID(appID, no), TaskQueue: "nobody",
		TypedSearchAttributes: temporalsdk.NewSearchAttributes(attributes...),
		Memo:                  map[string]any{order.LookMemo: look},
	}, order.WorkflowType)
	if err != nil {
		tp.t.Fatal(err)
	}
}

// pokes are what a Sweep has told an order, as its history has it.
func (tp temporal) pokes(no string) (pokes []string) {
	tp.t.Helper()
	run := tp.described(order.WorkflowID(appID, no)).GetExecution().GetRunId()
	for _, event := range tp.history(order.WorkflowID(appID, no), run).GetEvents() {
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			signal := event.GetWorkflowExecutionSignaledEventAttributes()
			pokes = append(pokes, signal.GetSignalName()+" "+string(signal.GetInput().GetPayloads()[0].GetData()))
		}
	}
	return pokes
}

// TestASweepFindsWhatNoMessageTold: while it is learning whether messages arrive it asks about every
// order that waits, and once it knows only about those whose time has come. Only an order with news
// hears of it. Its page says what it does.
func TestASweepFindsWhatNoMessageTold(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false", "--well-behaved")
	s.rules(quiet())
	// The ISV's own systems have asked for them: an order of Miniflow's would be asked about too, and what
	// no message told of it counts against the messages.
	agreed, quiet := s.created("agreed"), s.created("quiet")
	s.answers(agreed, "AGREED")
	tp := s.temporal()
	waiting := func(orderNo string) order.Look {
		return order.Look{Waits: []order.Wait{order.WaitMerchant}, Kind: order.KindFormal, OrderNo: orderNo}
	}
	longFromNow := time.Now().Add(time.Hour)
	tp.waits("waits-agreed", waiting(agreed), longFromNow)
	tp.waits("waits-quiet", waiting(quiet), longFromNow)
	tp.waits("does-not-wait", waiting(agreed), time.Time{})
	page := func() string {
		return strings.ReplaceAll(string(page(tp, order.SweepWorkflowID(appID), "")), "&#58;", ":")
	}
	eventually(t, patience, "an order with news is told", func() error {
		if pokes := tp.pokes("waits-agreed"); len(pokes) == 0 || pokes[0] != `poke {"why":{"code":"note.swept","args":["agreed"]}}` {
			return fmt.Errorf("told %v; the page:\n%s", pokes, page())
		}
		return nil
	})

	// Messages arrive: each has told what it announces.
	told := waiting("")
	for i, message := range []string{alipay.MessageMerchantConfirmed, alipay.MessageFastRegisterChanged, alipay.MessageVersionAuditPassed} {
		for j := range 8 {
			at := time.Now().Add(time.Duration(10*i+j-40) * time.Millisecond)
			told.Facts = append(told.Facts, order.Fact{Message: message, At: at, Waited: order.Duration(time.Hour), Told: true})
		}
	}
	tp.waits("was-told", told, time.Time{})
	eventually(t, patience, "the sweep learns", func() error {
		if shown := page(); strings.Count(shown, "| healthy |") != 3 || strings.Contains(shown, "asking about all") {
			return fmt.Errorf("the page:\n%s", shown)
		}
		return nil
	})
	tp.waits("due", waiting(agreed), time.Now())
	tp.waits("not-due", waiting(agreed), longFromNow)
	eventually(t, patience, "an order whose time has come is asked about", func() error {
		if len(tp.pokes("due")) == 0 {
			return fmt.Errorf("the page:\n%s", page())
		}
		return nil
	})
	for _, no := range []string{"waits-quiet", "does-not-wait", "not-due"} {
		if pokes := tp.pokes(no); len(pokes) > 0 {
			t.Errorf("%s is told %v", no, pokes)
		}
	}
}

// openRing opens what was not sealed.
type openRing struct{}

func (openRing) Open(sealed order.Sealed, _ ...string) ([]byte, error) { return []byte(sealed), nil }

// TestTokensAreReadFromMemos: of many mini programs in one list, of one past every list, and no
// worker is needed for it.
func TestTokensAreReadFromMemos(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, "--demo=false", "--well-behaved")
	tp := s.temporal()
	keeper := &activities.TokenKeeper{Temporal: tp, Namespace: client.DefaultNamespace, Ring: openRing{}, Now: time.Now}
	ids := []string{"2021009900000001", "2021009900000002"}
	for _, id := range ids {
		_, err := tp.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: order.MiniProgramWorkflowID(appID, id), TaskQueue: "nobody",
			TypedSearchAttributes: temporalsdk.NewSearchAttributes(temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(appID)),
			Memo:                  map[string]any{order.TokenMemo: order.Token{Sealed: order.Sealed("token of " + id), Fingerprint: id}},
		}, order.MiniProgramWorkflowType)
		if err != nil {
			t.Fatal(err)
		}
		if token, err := keeper.Fresh(t.Context(), appID, id); err != nil || token.Fingerprint != id {
			t.Errorf("at once: %v, %v", token.Fingerprint, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel() // whatever is not known by now is not found
	eventually(t, patience, "the tokens are foreseen", func() error {
		foreseeing := &activities.TokenKeeper{Temporal: tp, Namespace: client.DefaultNamespace, Ring: openRing{}, Now: time.Now}
		if err := foreseeing.Foresee(t.Context(), appID, ids); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if token, err := foreseeing.Token(gone, appID, id); err != nil || string(token.Secret) != "token of "+id {
				return fmt.Errorf("of %s: %w", id, err)
			}
		}
		return nil
	})
}
