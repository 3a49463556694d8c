package servetest

import (
	"fmt"
	"syscall"
	"testing"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// TestOneProcessHoldsTheLongConnection checks that of the processes with the role channel
// Temporal elects one. When it is killed or asked to end the other takes over, and
// what was pushed meanwhile arrives.
func TestOneProcessHoldsTheLongConnection(t *testing.T) {
	t.Parallel()
	p := newProduction(t)
	p.env = append(p.env, "MINIFLOW_APPS_"+appID+"_CHANNEL=websocket",
		"MINIFLOW_APPS_"+appID+"_CHANNEL_ENDPOINT=http://"+p.alipay.Addr().String())
	p.run("setup")
	doors := p.serve("door,api")
	worker := p.serve("worker")
	p.startSimulator(alipaysim.Rules{Rules: []alipaysim.Rule{{Audits: []alipaysim.AuditRule{{Result: "pass", After: soon}}}}}, "*")

	holder, standby := p.elected(p.serve("channel"), p.serve("channel"))
	p.goesOnline(doors, "first")
	must(t, syscall.Kill(holder.PID(), syscall.SIGKILL))
	<-holder.Ended()
	p.start("meanwhile") // its messages wait for a connection
	p.holds(standby)
	p.await(doors, "meanwhile", order.StageOnline)

	next := p.serve("channel")
	p.stands(next, "standby")
	p.ends(standby)
	p.holds(next)
	p.goesOnline(doors, "last")
	p.pushesWereHeard("first", "meanwhile", "last")
	for _, process := range []*outside.Process{next, doors, worker} {
		p.ends(process)
	}
}

// goesOnline has an order go its way, with messages that came over the long connection.
func (p *production) goesOnline(doors *outside.Process, outOrderNo string) {
	p.t.Helper()
	p.start(outOrderNo)
	p.await(doors, outOrderNo, order.StageOnline)
}

// elected waits until one of two processes holds the connection, and returns which.
func (p *production) elected(a, b *outside.Process) (holder, standby *outside.Process) {
	p.t.Helper()
	must(p.t, a.Await(p.within(), often, func() error {
		first, second := p.state(a), p.state(b)
		switch {
		case first == "connected" && second == "standby":
			holder, standby = a, b
		case second == "connected" && first == "standby":
			holder, standby = b, a
		default:
			return fmt.Errorf("one is %s, the other %s", first, second)
		}
		return nil
	}))
	return holder, standby
}

// holds waits until a process holds the connection, and expects it to be the only one that Alipay sees.
func (p *production) holds(process *outside.Process) {
	p.t.Helper()
	p.stands(process, "connected")
	var seen struct {
		Links []struct {
			AppID string `json:"app_id"`
		} `json:"links"`
	}
	alipay := outside.Caller{Base: "http://" + p.alipay.Addr().String()}
	must(p.t, process.Await(p.within(), often, func() error {
		if err := alipay.Call(p.t.Context(), "GET", "/sim/v1/channel", nil, &seen); err != nil {
			return err
		}
		if len(seen.Links) != 1 {
			return fmt.Errorf("Alipay sees %d connections", len(seen.Links))
		}
		return nil
	}))
}

// stands waits until /readyz of a process says so of its connection.
func (p *production) stands(process *outside.Process, state string) {
	p.t.Helper()
	must(p.t, process.Await(p.within(), often, func() error {
		if got := p.state(process); got != state {
			return fmt.Errorf("its connection is %s, want %s", got, state)
		}
		return nil
	}))
}

// state is what /readyz of a process says of its connection.
func (p *production) state(process *outside.Process) string {
	var ready struct {
		LongConnections []struct {
			AppID string `json:"app_id"`
			State string `json:"state"`
		} `json:"long_connections"`
	}
	at := outside.Caller{Base: "http://" + listenAddress(process.Output())}
	if err := at.Call(p.t.Context(), "GET", "/readyz", nil, &ready); err != nil {
		return err.Error()
	}
	if len(ready.LongConnections) != 1 || ready.LongConnections[0].AppID != appID {
		return fmt.Sprintf("told as %+v", ready.LongConnections)
	}
	return ready.LongConnections[0].State
}
