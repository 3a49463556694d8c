package servetest

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// TestAWorkerKeepsNoMoreWorkflowsThanItIsTold: orders that sleep are not held in memory, and go on
// from their histories when something happens.
func TestAWorkerKeepsNoMoreWorkflowsThanItIsTold(t *testing.T) {
	t.Parallel()
	const kept, asleep = 2, 5
	p := newProduction(t)
	p.configures("limits:\n", "limits:\n  workflow_cache: "+strconv.Itoa(kept)+"\n")
	p.run("setup")
	doors, worker := p.serve("door,api"), p.serve("worker")
	p.startSimulator(alipaysim.Rules{Rules: []alipaysim.Rule{
		{OutOrderNo: "wakes", Merchant: &alipaysim.MerchantRule{After: 6 * soon}, Audits: []alipaysim.AuditRule{{Result: "pass", After: soon}}},
		{Merchant: &alipaysim.MerchantRule{Answer: "none"}},
	}})
	p.start("wakes")
	for i := range asleep {
		p.start("sleeps-" + strconv.Itoa(i))
	}
	for i := range asleep {
		p.await(doors, "sleeps-"+strconv.Itoa(i), order.StageAwaitingMerchant)
	}
	p.await(doors, "wakes", order.StageOnline)
	size, found := p.metric(worker, "temporal_sticky_cache_size{")
	// Those at work are kept beyond that.
	if t.Logf("%.0f workflows in memory", size); !found || size < 1 || size >= asleep {
		t.Errorf("the worker keeps %.0f workflows in memory (said: %v), want about %d", size, found, kept)
	}
}

// configures writes another text into the configuration for one that is there.
func (p *production) configures(there, instead string) {
	p.t.Helper()
	written, err := os.ReadFile(p.config)
	must(p.t, err)
	if strings.Count(string(written), there) != 1 {
		p.t.Fatalf("%q is not once in the configuration", there)
	}
	must(p.t, os.WriteFile(p.config, []byte(strings.Replace(string(written), there, instead, 1)), 0o600))
}
