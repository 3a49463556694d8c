package servetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// window is how long calls are counted, once every burst is over.
const window = 20 * time.Second

// TestTwoWorkersShareOneBudget under a mixed load: Alipay counts no more than the budget, and acts
// do not wait, though there are looks without end.
func TestTwoWorkersShareOneBudget(t *testing.T) {
	const budget, looks, actsPerSecond = 10, 400, 4
	p := newProductionOf(t, budget)
	p.run("setup")
	p.serve("door,api")
	workers := []*outside.Process{p.serve("worker"), p.serve("worker")}
	p.startSimulator(alipaysim.Rules{Rules: []alipaysim.Rule{{
		Merchant: &alipaysim.MerchantRule{Answer: "none", Quiet: true}, Pushes: &alipaysim.PushRule{Off: true},
	}}})
	p.waiting(looks)
	p.call("pass") // a round of all that wait begins
	acting, stop := context.WithCancel(t.Context())
	defer stop()
	var acts errgroup.Group
	var posted atomic.Int64
	acts.Go(func() error { return p.act(acting, actsPerSecond, &posted) })

	must(t, outside.Poll(p.within(), often, func() error {
		for _, worker := range workers {
			if share, _ := p.metric(worker, "miniflow_alipay_calls_per_second{"); share != budget/2. {
				return fmt.Errorf("a worker's share of %d calls a second is %v", budget, share)
			}
		}
		return nil
	}))
	const settled = 5 * time.Second
	<-time.After(settled)
	before, begun := p.counted(), posted.Load()
	<-time.After(window)
	after, wanted := p.counted(), float64(posted.Load()-begun)
	stop()
	must(t, acts.Wait())

	took := after.now.Sub(before.now).Seconds()
	calls, acted := float64(after.calls-before.calls)/took, float64(after.creates-before.creates)/took
	t.Logf("%.2f calls a second of %d, %.2f of them acts", calls, budget, acted)
	if calls > budget*1.05 {
		t.Errorf("Alipay counts %.2f calls a second, the budget is %d", calls, budget)
	}
	if acted*took < wanted*0.8 {
		t.Errorf("of %.0f orders that began, %.0f acted meanwhile", wanted, acted*took)
	}
	for _, worker := range workers {
		look, acts := p.waited(worker, "look"), p.waited(worker, "act")
		t.Logf("an act waited %.4f s on average, %d of them; a look %.4f s, %d of them", acts.mean(), acts.count, look.mean(), look.count)
		if acts.count == 0 || look.count == 0 || acts.mean() > 0.02 {
			t.Errorf("in one worker acts waited: %+v, looks %+v", acts, look)
		}
	}
}

// waiting has so many orders wait, as lists show them: nobody works on them.
func (p *production) waiting(many int) {
	p.t.Helper()
	p.start("asked")
	orderNo := ""
	must(p.t, outside.Poll(p.within(), often, func() error {
		view, err := p.api.Order(p.t.Context(), appID, "asked")
		if orderNo = view.OrderNo; err == nil && orderNo == "" {
			err = fmt.Errorf("it has no number at Alipay yet: %s", view.Stage)
		}
		return err
	}))
	dialled := p.dialled()
	var rows errgroup.Group
	rows.SetLimit(16)
	for i := range many {
		no := "waits-" + strconv.Itoa(i)
		rows.Go(func() error {
			_, err := dialled.ExecuteWorkflow(p.t.Context(), client.StartWorkflowOptions{
				ID: order.WorkflowID(appID, no), TaskQueue: "nobody",
				TypedSearchAttributes: temporal.NewSearchAttributes(
					temporal.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(appID),
					temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderKind).ValueSet(string(order.KindFormal)),
					temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderStage).ValueSet(string(order.StageAwaitingMerchant)),
					temporal.NewSearchAttributeKeyTime(order.AttributeNextLook).ValueSet(time.Now().Add(time.Hour)),
				),
				Memo: map[string]any{order.LookMemo: order.Look{Waits: []order.Wait{order.WaitMerchant}, Kind: order.KindFormal, OrderNo: orderNo}},
			}, order.WorkflowType)
			return err
		})
	}
	must(p.t, rows.Wait())
}

func (p *production) dialled() client.Client {
	p.t.Helper()
	dialled, err := client.DialContext(p.t.Context(), client.Options{HostPort: p.temporal, Namespace: namespace, Logger: silent()})
	must(p.t, err)
	p.t.Cleanup(dialled.Close)
	return dialled
}

// call signals the Sweep.
func (p *production) call(signal string) {
	p.t.Helper()
	must(p.t, p.dialled().SignalWorkflow(p.t.Context(), order.SweepWorkflowID(appID), "", signal, nil))
}

// act starts orders, at this pace, until the context ends, and counts them.
func (p *production) act(ctx context.Context, perSecond int, posted *atomic.Int64) error {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := p.api.Call(ctx, http.MethodPost, "/v1/orders", outside.Sample(appID, "acts-"+strconv.Itoa(i), p.logo), nil)
		if err != nil && ctx.Err() == nil {
			return err
		}
		posted.Add(1)
	}
}

// counted is what reached Alipay so far.
type counted struct {
	calls, creates int
	now            time.Time
}

func (p *production) counted() (seen counted) {
	p.t.Helper()
	var list struct {
		Calls []alipaysim.Call `json:"calls"`
		Now   time.Time        `json:"now"`
	}
	must(p.t, outside.Caller{Base: "http://" + p.alipay.Addr().String()}.Call(p.t.Context(), http.MethodGet, "/sim/v1/calls", nil, &list))
	for _, one := range list.Calls {
		if seen.calls++; strings.HasSuffix(one.Method, ".isv.create") {
			seen.creates++
		}
	}
	seen.now = list.Now
	return seen
}

// waits are how long calls of one turn waited in one process.
type waits struct {
	sum   float64
	count int
}

func (w waits) mean() float64 { return w.sum / float64(max(w.count, 1)) }

// waited reads the waits of a turn from a process's metrics.
func (p *production) waited(process *outside.Process, turn string) waits {
	p.t.Helper()
	labels := fmt.Sprintf(`{app_id="%s",turn="%s"} `, appID, turn)
	sum, _ := p.metric(process, "miniflow_alipay_wait_seconds_sum"+labels)
	count, _ := p.metric(process, "miniflow_alipay_wait_seconds_count"+labels)
	return waits{sum: sum, count: int(count)}
}

// metric adds up those of a process's metrics that begin so, and says whether there are any.
func (p *production) metric(process *outside.Process, prefix string) (sum float64, found bool) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+listenAddress(process.Output())+"/metrics", nil)
	must(p.t, err)
	answer, err := http.DefaultClient.Do(request)
	must(p.t, err)
	defer func() { _, _ = io.Copy(io.Discard, answer.Body); _ = answer.Body.Close() }()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), prefix) {
			value, err := strconv.ParseFloat(lines.Text()[strings.LastIndexByte(lines.Text(), ' ')+1:], 64)
			must(p.t, err)
			sum, found = sum+value, true
		}
	}
	return sum, found
}
