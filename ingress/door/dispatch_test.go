package door

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"miniflow/alipay"
	"miniflow/ingress/door/journal"
	"miniflow/order"
)

// openJournaled returns a door whose journal dispatches to a Temporal, and what ends it.
func openJournaled(t *testing.T, temporal *doorTemporal) (*doorEnv, *journal.Journal) {
	t.Helper()
	var kept *journal.Journal
	s := openDoor(t, temporal, func(c *IntakeConfig) {
		metrics, err := journal.NewMetrics(prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		kept = journal.New(journal.Config{
			Dir: t.TempDir(), MaxMessages: 100, MaxBytes: 1 << 20, MaxAge: time.Hour, Workers: 4, Patience: time.Second,
			Dispatcher: NewDispatcher(c.Acceptor.(*Router), c.Metrics, c.Log), Metrics: metrics, Log: c.Log, Now: time.Now,
		})
		c.Acceptor = kept
	})
	if err := kept.Open(); err != nil {
		t.Fatal(err)
	}
	return s, kept
}

// What goes to Temporal through the journal is what goes there without it: the same calls with
// the same ids, request ids and contents.
func TestTheJournalChangesNothingOfAMessage(t *testing.T) {
	for name, p := range map[string]params{
		"order":        confirmed(),
		"mini program": standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+doorMini+`","mini_app_version":"0.0.1"}`),
		"token":        authorised(`{"detail":{"app_auth_token":"canary","auth_app_id":"` + doorMini + `","auth_time":1795300000000}}`),
		"delivery":     standard("alipay.some.other.message", `{"a":"ü <&>","b":[1,2]}`),
		"dead":         standard(alipay.MessageMerchantConfirmed, `{`),
	} {
		t.Run(name, func(t *testing.T) {
			body := p.signed(t, doorKeys().alipay)
			direct := openDoor(t, newDoorTemporal(orderOne))
			wantAnswer(t, direct.post(body), http.StatusOK, "success")
			behind := newDoorTemporal(orderOne)
			s, kept := openJournaled(t, behind)
			wantAnswer(t, s.post(body), http.StatusOK, "success")
			wantAnswer(t, s.post(body), http.StatusOK, "success") // remembered
			if calls := behind.operations(); len(calls) != 0 {
				t.Fatalf("Temporal was called before the answer: %v", calls)
			}
			if status := kept.Status(); status.Messages != 1 {
				t.Fatalf("%d records", status.Messages)
			}
			dispatchAll(t, kept)
			sealed := cmp.Comparer(func(a, b order.Sealed) bool { return (a == "") == (b == "") }) // each sealing is another
			options := cmp.Comparer(func(a, b client.StartWorkflowOptions) bool { return reflect.DeepEqual(a, b) })
			if diff := cmp.Diff(direct.temporal.calls, behind.calls, sealed, options); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(behind.wire.String(), "canary") {
				t.Error("a token goes in clear")
			}
		})
	}
}

// dispatchAll ends a journal, which dispatches what is left.
func dispatchAll(t *testing.T, kept *journal.Journal) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	end()
	if err := kept.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// A target is the workflow that a message's first call names, or order would be lost.
func TestTargetsAreTheWorkflowsOfTheCalls(t *testing.T) {
	for _, p := range []params{
		confirmed(),
		standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+doorMini+`"}`),
		standard("alipay.some.other.message", `{}`),
	} {
		temporal := newDoorTemporal(orderOne)
		s := openDoor(t, temporal)
		wantAnswer(t, s.post(p.signed(t, doorKeys().alipay)), http.StatusOK, "success")
		call := temporal.last(t)
		if got := NewDispatcher(nil, nil, nil).Target(call.Notification); got != call.WorkflowID {
			t.Errorf("the target is %s, the call goes to %s", got, call.WorkflowID)
		}
	}
}

func testDispatcher(t *testing.T, temporal RouterClient) (*Dispatcher, *doorEnv) {
	t.Helper()
	s := openDoor(t, newDoorTemporal())
	return NewDispatcher(NewRouter(temporal, order.DefaultSchedules()), s.intake.config.Metrics, s.intake.config.Log), s
}

// refusing refuses signals for good, as Temporal does once a workflow has taken too many.
type refusing struct {
	*doorTemporal
	signals, starts error
}

func (r refusing) SignalWorkflow(context.Context, string, string, string, any) error {
	return r.signals
}

func (r refusing) ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	if r.starts != nil {
		return nil, r.starts
	}
	return r.doorTemporal.ExecuteWorkflow(ctx, options, workflow, args...)
}

// A message that its workflow can't take becomes a dead letter, which a person sees and can
// replay.
func TestWhatTemporalRefusesForGoodIsADeadLetter(t *testing.T) {
	tooMany := serviceerror.NewInvalidArgument("exceeded workflow execution limit for signal events")
	temporal := refusing{doorTemporal: newDoorTemporal(), signals: tooMany}
	d, s := testDispatcher(t, temporal)
	n := order.Notification{NotificationKey: order.NotificationKey{AppID: doorApp, NotifyID: "n"}, Name: alipay.MessageMerchantConfirmed, OutOrderNo: "OUT1", Raw: "raw"}
	if err := d.Dispatch(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	call := temporal.last(t)
	if call.WorkflowID != order.DeliveryWorkflowID(doorApp, "n") || call.Delivery.Disposition != order.DispositionDead ||
		!strings.Contains(call.Delivery.Reason, "limit for signal events") || call.Notification.Raw != "" || call.RequestID == "" {
		t.Errorf("kept as %+v", call)
	}
	if !strings.Contains(s.log.String(), `"level":"WARN","msg":"notification dispatched"`) {
		t.Errorf("the log says %s", s.log)
	}
	temporal.starts = serviceerror.NewInvalidArgument("blob size exceeds limit")
	d, _ = testDispatcher(t, temporal)
	if err := d.Dispatch(t.Context(), n); !errors.Is(err, journal.ErrRefused) {
		t.Errorf("answered %v", err)
	}
	temporal.starts = serviceerror.NewUnavailable("down")
	d, _ = testDispatcher(t, temporal)
	if err := d.Dispatch(t.Context(), n); err == nil || errors.Is(err, journal.ErrRefused) {
		t.Errorf("answered %v", err)
	}
}

func TestADispatchThatFailsIsTriedAgain(t *testing.T) {
	temporal := newDoorTemporal()
	temporal.down = serviceerror.NewUnavailable("down")
	d, _ := testDispatcher(t, temporal)
	if err := d.Dispatch(t.Context(), order.Notification{}); err == nil || errors.Is(err, journal.ErrRefused) {
		t.Errorf("answered %v", err)
	}
}
