package clustertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/atalipay"
	"miniflow/cmd/standalone/internal/cluster"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	// stalled is how much some answers of Alipay's are late.
	stalled = 2 * time.Second
	// mostCalls bounds what one of these lives may ask of Alipay.
	mostCalls = 60
	// together is how many orders are under way at once.
	together = 10
)

// TestCrossings cancels orders at random moments while Alipay's answers are late and processes are
// killed. Of none that ended cancelled anything is at work at Alipay, and one that was online
// already ends online.
func TestCrossings(t *testing.T) {
	defer running.intact(t)
	all, err := outside.Lives(together)
	must(t, err)
	seed := time.Now().UnixNano()
	t.Logf("the seed is %d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 1)) //nolint:gosec // no secret, and no overflow that matters
	agrees := &alipaysim.MerchantRule{After: minute}
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{
		Merchant: agrees, Audits: []alipaysim.AuditRule{{Result: "pass", After: minute}}, AutoOnline: &alipaysim.AutoOnlineRule{After: minute},
	}))
	must(t, running.alipay.Faults(t.Context(), atalipay.LateAnswers(stalled)...))
	ended, ends := []order.View{}, map[order.Stage]int{}
	for begun := 0; begun < all; begun += together {
		numbers := begin(t, random, begun, min(together, all-begun))
		// One of each, in turn: all three are replaced without anybody's noticing.
		victim := []string{cluster.Worker(1), cluster.Door, cluster.API}[begun/together%3]
		must(t, running.Kill(victim))
		must(t, running.Restart(t.Context(), victim))
		cancelInTurn(t, random, numbers)
		for _, no := range numbers {
			view := running.await(t, no, func(v order.View) bool { return v.Stage.Ended() })
			state, err := running.alipay.State(t.Context())
			must(t, errors.Join(err, atalipay.NothingAtWork(view, state)))
			ended = append(ended, view)
			ends[view.Stage]++
		}
	}
	must(t, running.alipay.Faults(t.Context()))
	calls, err := running.alipay.Calls(t.Context())
	must(t, err)
	most, err := atalipay.Orderly(ended, calls, mostCalls)
	must(t, err)
	nothingWaits(t)
	t.Logf("ended %v, at most %d calls each", ends, most)
}

// begin starts orders; some answers to their calls are late, some go online by themselves.
func begin(t *testing.T, random *rand.Rand, first, count int) []string {
	t.Helper()
	var numbers []string
	for i := range count {
		no := fmt.Sprintf("crossed-%03d%s", first+i, []string{"", "-before", "-after"}[random.IntN(3)])
		body := running.formal(no)
		submission, _ := body["submission"].(map[string]any)
		submission["auto_online"] = random.IntN(2) == 0
		running.place(t, body)
		numbers = append(numbers, no)
	}
	return numbers
}

// cancelInTurn cancels each order once, at a moment of its own. One that has ended refuses.
func cancelInTurn(t *testing.T, random *rand.Rand, numbers []string) {
	t.Helper()
	for _, no := range numbers {
		<-time.After(time.Duration(random.Int64N(int64(time.Second))))
		err := running.command(t, no, order.CommandCancel, map[string]any{"reason": "at a random moment"})
		var refused *outside.StatusError
		if err != nil && (!errors.As(err, &refused) || refused.Status != http.StatusConflict) {
			t.Errorf("cancel %s: %v", no, err)
		}
	}
}

// nothingWaits wants no message to wait for an order.
func nothingWaits(t *testing.T) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		var listed struct{ Deliveries []order.DeliveryView }
		err := running.api.Call(t.Context(), http.MethodGet, "/v1/deliveries?limit=200&state="+string(order.DispositionWaiting), nil, &listed)
		if err != nil {
			return err
		}
		if waiting := listed.Deliveries; len(waiting) > 0 {
			return fmt.Errorf("%d messages wait, such as %+v", len(waiting), waiting[0])
		}
		return nil
	}))
}
