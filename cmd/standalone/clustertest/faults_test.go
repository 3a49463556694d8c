package clustertest

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/cluster"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// noHang is how long an answer of the door may take, whatever has happened to Temporal; three times
// as long where the machine is a CI's, which others share.
func noHang() time.Duration {
	if os.Getenv("CI") != "" {
		return 9 * time.Second
	}
	return 3 * time.Second
}

// perOrder is how many messages each order gets in the middle of a fault; few enough for a timeline
// to show each.
const perOrder = 10

// TestAHistoryHostIsKilledUnderLoad kills one of two history hosts while messages come in (F19).
func TestAHistoryHostIsKilledUnderLoad(t *testing.T) {
	underLoad(t, "history", func() {
		must(t, running.Kill(cluster.HistoryTwo))
	}, func() {
		must(t, running.Restart(t.Context(), cluster.HistoryTwo))
	})
}

// TestPostgreSQLIsKilledUnderLoad kills the database while messages come in, and starts it again
// (F18). Temporal's processes go on by themselves.
func TestPostgreSQLIsKilledUnderLoad(t *testing.T) {
	underLoad(t, "postgres", func() {
		must(t, running.Kill(cluster.Postgres))
		must(t, running.Restart(t.Context(), cluster.Postgres))
	}, func() {})
}

// underLoad has Alipay push messages, breaks something in the middle of it, and wants what was
// acknowledged to be in its order's history and to have become one thing, no answer to have hung,
// and orders to end where Alipay says.
func underLoad(t *testing.T, name string, fault, mended func()) {
	t.Helper()
	defer running.intact(t)
	count, err := outside.Lives(together)
	must(t, err)
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}, Audits: []alipaysim.AuditRule{{Result: "pass", After: minute}}}))
	var orders []order.View
	for i := range count {
		running.place(t, running.formal(fmt.Sprintf("%s-%03d", name, i)))
	}
	for i := range count {
		orders = append(orders, running.await(t, fmt.Sprintf("%s-%03d", name, i), at(order.StageAwaitingMerchant)))
	}
	var broken sync.WaitGroup
	for round := range perOrder {
		if round == perOrder/2 {
			broken.Go(fault)
		}
		for _, o := range orders {
			push(t, o, round)
		}
	}
	broken.Wait()
	for _, o := range orders {
		must(t, running.alipay.Call(t.Context(), http.MethodPost, "/sim/v1/orders/"+o.OrderNo+"/answer", map[string]any{"status": "AGREED"}, nil))
	}
	for _, o := range orders {
		running.await(t, o.OutOrderNo, at(order.StageOnline))
	}
	mended()
	nothingLost(t, orders)
	nothingHung(t, name)
}

// push has Alipay say once more that a merchant was asked.
func push(t *testing.T, o order.View, round int) {
	t.Helper()
	must(t, running.alipay.Call(t.Context(), http.MethodPost, "/sim/v1/messages", map[string]any{
		"app_id": appID, "notify_id": notifyID(o, round), "msg_method": "alipay.open.mini.merchant.confirmed", "biz_content": map[string]any{
			"order_no": o.OrderNo, "out_order_no": o.OutOrderNo, "status": "PROCESS", "pid": "2088000000000001",
		},
	}, nil))
}

func notifyID(o order.View, round int) string { return fmt.Sprintf("%s-%d", o.OutOrderNo, round) }

// nothingLost wants each message to have been taken in the end, to be in its order's history, and to
// have become one thing.
func nothingLost(t *testing.T, orders []order.View) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		tried, _, err := running.alipay.Pushes(t.Context())
		if err != nil {
			return err
		}
		taken := map[string]bool{}
		for _, d := range tried {
			taken[d.NotifyID] = taken[d.NotifyID] || d.Success
		}
		for _, o := range orders {
			for round := range perOrder {
				if id := notifyID(o, round); !taken[id] {
					return fmt.Errorf("%s was not taken yet", id)
				}
			}
		}
		return nil
	}))
	for _, o := range orders {
		// Those that were taken late may come after the order's end, and are listed then.
		heard := signalled(t, o)
		view, err := running.api.Order(t.Context(), appID, o.OutOrderNo)
		must(t, err)
		for round := range perOrder {
			id := notifyID(o, round)
			said := 0
			for _, item := range view.Timeline {
				if item.NotifyID == id && item.Disposition != "" {
					said++
				}
			}
			if !heard[id] {
				late(t, id)
			} else if said != 1 {
				t.Errorf("%s was acknowledged, and its order says %d times what became of it", id, said)
			}
		}
	}
}

// late wants a message that its order has not got to be kept as late.
func late(t *testing.T, id string) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		var view order.DeliveryView
		err := running.api.Call(t.Context(), http.MethodGet, "/v1/deliveries/"+appID+"/"+id, nil, &view)
		if err == nil && view.State != order.DispositionLate {
			err = fmt.Errorf("%s is %s", id, view.State)
		}
		return err
	}))
}

// signalled are the messages in an order's history.
func signalled(t *testing.T, o order.View) map[string]bool {
	t.Helper()
	heard := map[string]bool{}
	events := running.temporal.GetWorkflowHistory(t.Context(), order.WorkflowID(appID, o.OutOrderNo), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		must(t, err)
		signal := event.GetWorkflowExecutionSignaledEventAttributes()
		if signal.GetSignalName() != order.NotificationSignal {
			continue
		}
		var n order.Notification
		must(t, converter.GetDefaultDataConverter().FromPayloads(signal.GetInput(), &n))
		heard[n.NotifyID] = true
	}
	return heard
}

// nothingHung wants every answer of the door to the messages of this load in time, and that some were
// refused: otherwise nothing was broken.
func nothingHung(t *testing.T, name string) {
	t.Helper()
	tried, _, err := running.alipay.Pushes(t.Context())
	must(t, err)
	count, refused, longest := 0, 0, time.Duration(0)
	for _, d := range tried {
		if !strings.HasPrefix(d.NotifyID, name+"-") {
			continue
		}
		count, longest = count+1, max(longest, time.Duration(d.Latency))
		if !d.Success {
			refused++
		}
	}
	t.Logf("%d deliveries, %d of them refused; the longest answer took %s", count, refused, longest)
	if longest > noHang() {
		t.Errorf("an answer of the door took %s", longest)
	}
	if refused == 0 {
		t.Error("no message was refused: the load has not met the fault")
	}
}
