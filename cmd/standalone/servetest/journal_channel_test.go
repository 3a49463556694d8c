package servetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// TestTemporalIsDownAndTheLongConnectionIsAnswered checks that the process that holds the connection
// answers it from its journal while Temporal is away from it, and that the orders get everything
// afterwards.
func TestTemporalIsDownAndTheLongConnectionIsAnswered(t *testing.T) {
	p := newProduction(t)
	gate := newGate(t, p.temporal)
	p.env = append(p.env, "MINIFLOW_APPS_"+appID+"_CHANNEL=websocket",
		"MINIFLOW_APPS_"+appID+"_CHANNEL_ENDPOINT=http://"+p.alipay.Addr().String())
	p.run("setup")
	doors, worker := p.serve("door,api"), p.serve("worker")
	p.startSimulator(alipaysim.Rules{Rules: []alipaysim.Rule{{Audits: []alipaysim.AuditRule{{Result: "pass", After: soon}}}}}, "*")
	p.env = append(slices.DeleteFunc(p.env, func(one string) bool { return strings.HasPrefix(one, "TEMPORAL_ADDRESS=") }),
		"TEMPORAL_ADDRESS="+gate.address(), "MINIFLOW_DOOR_ACCEPT=journal", "MINIFLOW_DOOR_JOURNAL_DIR="+p.file("journal"))
	channel := p.serve("channel")
	p.holds(channel)

	gate.shut(true)
	p.start("first")
	p.start("second")
	const some = 4 // the merchants are asked, and agree
	must(t, channel.Await(p.within(), often, func() error {
		if kept := p.journaled(channel); kept < some {
			return fmt.Errorf("%d messages are in the journal", kept)
		}
		return nil
	}))
	p.stands(channel, "connected")
	p.nothingWasRefused()

	gate.shut(false)
	p.await(doors, "first", order.StageOnline)
	p.await(doors, "second", order.StageOnline)
	must(t, channel.Await(p.within(), often, func() error {
		if kept := p.journaled(channel); kept != 0 {
			return fmt.Errorf("%d messages are left in the journal", kept)
		}
		return nil
	}))
	p.pushesWereHeard("first", "second")
	for _, process := range []*outside.Process{channel, doors, worker} {
		p.ends(process)
	}
}

// journaled is how many messages a process has accepted that Temporal has not; -1 where it does not
// say.
func (p *production) journaled(process *outside.Process) int {
	var state struct {
		Journal struct {
			Messages int
		}
	}
	at := outside.Caller{Base: "http://" + listenAddress(process.Output())}
	if err := at.Call(p.t.Context(), http.MethodGet, "/readyz", nil, &state); err != nil {
		return -1
	}
	return state.Journal.Messages
}

// nothingWasRefused checks that every message that was pushed over the connection was answered with
// success. Authorisations come over HTTP at all times.
func (p *production) nothingWasRefused() {
	p.t.Helper()
	var seen struct {
		Deliveries []struct {
			Channel string `json:"channel"`
			Message string `json:"message"`
			Success bool   `json:"success"`
		} `json:"deliveries"`
	}
	alipay := outside.Caller{Base: "http://" + p.alipay.Addr().String()}
	must(p.t, alipay.Call(p.t.Context(), http.MethodGet, "/sim/v1/deliveries", nil, &seen))
	pushed := 0
	for _, delivery := range seen.Deliveries {
		if delivery.Channel != "websocket" {
			continue
		}
		if pushed++; !delivery.Success {
			p.t.Errorf("%s was refused or not answered", delivery.Message)
		}
	}
	if pushed == 0 {
		p.t.Error("nothing was pushed")
	}
}
