package clustertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
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
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	agrees := &alipaysim.MerchantRule{After: minute}
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{
		Merchant: agrees, Audits: []alipaysim.AuditRule{{Result: "pass", After: minute}}, AutoOnline: &alipaysim.AutoOnlineRule{After: minute},
	}))
	must(t, running.alipay.Faults(t.Context(), atalipay.LateAnswers(stalled)...))
	ended, ends := []order.View{}, map[order.Stage]int{}
	for begun := 0; begun < all; begun += together {
		numbers := begin(t, random, begun, min(together, all-begun))
		// One of each, in turn. What a killed worker has begun is tried again half a minute later.
		victim := []string{cluster.Door, cluster.Worker(1), cluster.API}[begun/together%3]
		must(t, running.Kill(victim))
		must(t, running.Restart(t.Context(), victim))
		cancelAll(t, random, numbers)
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
	nothingWaits(t, ended)
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

// cancelAll cancels each order once, at a moment of its own. One that has ended refuses.
func cancelAll(t *testing.T, random *rand.Rand, numbers []string) {
	t.Helper()
	var group sync.WaitGroup
	for _, no := range numbers {
		moment := time.Duration(random.Int64N(int64(3 * time.Second)))
		group.Go(func() {
			<-time.After(moment)
			err := running.command(t, no, order.CommandCancel, map[string]any{"reason": "at a random moment"})
			var refused *outside.StatusError
			if err != nil && (!errors.As(err, &refused) || refused.Status != http.StatusConflict) {
				t.Errorf("cancel %s: %v", no, err)
			}
		})
	}
	group.Wait()
}

// nothingWaits wants no message about these orders to wait.
func nothingWaits(t *testing.T, ended []order.View) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		var listed struct{ Deliveries []order.DeliveryView }
		err := running.api.Call(t.Context(), http.MethodGet, "/v1/deliveries?limit=200&state="+string(order.DispositionWaiting), nil, &listed)
		for _, d := range listed.Deliveries {
			if slices.ContainsFunc(ended, func(v order.View) bool {
				return d.OutOrderNo == v.OutOrderNo || d.MiniAppID != "" && d.MiniAppID == v.MiniAppID
			}) {
				return fmt.Errorf("a message waits: %+v", d)
			}
		}
		return err
	}))
}
