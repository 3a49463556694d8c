package channel_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// journal records how connections ended and how long there was none.
type journal struct {
	mu      sync.Mutex
	ends    map[channel.Error]int // by step and cause
	frames  map[string]int        // by what was wrong with them
	down    time.Time             // since when there is no connection; zero while there is one
	outages []time.Duration
}

func newJournal() *journal {
	return &journal{ends: map[channel.Error]int{}, frames: map[string]int{}}
}

func (j *journal) observe(_ context.Context, e channel.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var failed *channel.Error
	var refused *notify.Refusal
	var flawed *channel.FrameError
	switch {
	case e.Outcome == channel.OutcomeConnected && !j.down.IsZero():
		j.outages, j.down = append(j.outages, time.Since(j.down)), time.Time{}
	case errors.As(e.Err, &refused):
		j.frames[string(refused.Reason)]++
	case errors.As(e.Err, &flawed):
		j.frames[string(flawed.Reason)]++
	case errors.As(e.Err, &failed):
		j.ends[channel.Error{Step: failed.Step, Cause: failed.Cause}]++
		if e.Took > 0 { // a connection, not a mere attempt
			j.down = time.Now()
		}
	}
}

func (j *journal) count(step channel.Step, cause channel.Cause) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ends[channel.Error{Step: step, Cause: cause}]
}

// quantile returns the outage that a fraction of them does not exceed.
func (j *journal) quantile(part float64) time.Duration {
	j.mu.Lock()
	defer j.mu.Unlock()
	sorted := slices.Sorted(slices.Values(j.outages))
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// memory samples the heap of this process.
type memory struct {
	idle, most uint64
	stop       func()
}

func heap() uint64 {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapInuse
}

// watchMemory starts from the heap while nothing happens.
func watchMemory() *memory {
	runtime.GC()
	m := &memory{idle: heap()}
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.most = max(m.most, heap())
			case <-over:
				return
			}
		}
	}()
	m.stop = func() { close(over); <-done }
	return m
}

// trial is a part of the load: rounds of messages under faults.
type trial struct {
	name          string
	rounds, count int
	faults        []string // set again in every round
	hangUp        string   // how the links end in every round, after the messages were sent
	fresh         bool     // the links end first, because a fault waits for the next one
	step          channel.Step
	cause         channel.Cause // what has to end a connection, or an attempt, in every round
	frames        []string      // what has to be wrong with frames
}

// trials returns 20,000 messages with everything that F11 of the project's list of faults
// names; a server that closes does so once a round.
func trials() []trial {
	link, once := channel.StepLink, func(kind string) string { return `{"kind":"` + kind + `","times":1}` }
	many := func(kind string) string { return `{"kind":"` + kind + `","times":100}` }
	return []trial{
		{name: "burst", rounds: 1, count: 5000},
		{name: "closed", rounds: 5, count: 400, hangUp: "close", step: link, cause: channel.CauseClosed},
		{name: "reset", rounds: 3, count: 500, hangUp: "reset", step: link, cause: channel.CauseLost},
		{name: "half-open", rounds: 2, count: 1000, faults: []string{once(alipaysim.ChannelHalfOpen)}, step: link, cause: channel.CauseSilent},
		{name: "never-pong", rounds: 2, count: 500, faults: []string{once(alipaysim.ChannelNeverPong)}, fresh: true, step: link, cause: channel.CauseSilent},
		{name: "zombie", rounds: 1, count: 1500, faults: []string{once(alipaysim.ChannelMute)}, fresh: true, step: link, cause: channel.CauseIdle},
		{name: "ten-megabytes", rounds: 3, count: 500, faults: []string{`{"kind":"oversized","times":1,"size":10485760}`}, step: link, cause: channel.CauseTooLarge},
		{name: "unproven", rounds: 1, count: 2000,
			faults: []string{many(alipaysim.ChannelBadJSON), many(alipaysim.ChannelForgedData), many(alipaysim.ChannelOtherApp),
				many(alipaysim.ChannelBadSignature), many(alipaysim.ChannelWrongKey)},
			frames: []string{string(channel.ReasonJSON), string(channel.ReasonDuplicate), string(notify.ReasonUnknownApp), string(notify.ReasonBadSignature)}},
		{name: "lost-acks", rounds: 1, count: 1500, faults: []string{many(alipaysim.ChannelLostAck), many(alipaysim.ChannelDuplicate)}},
		{name: "register-hangs", rounds: 1, count: 500, faults: []string{`{"kind":"register_hang","for":"1h","times":1}`}, fresh: true, step: channel.StepRegister, cause: channel.CauseTimeout},
		{name: "register-fails", rounds: 1, count: 500, faults: []string{once(alipaysim.ChannelRegisterFailure)}, fresh: true, step: channel.StepRegister, cause: channel.CauseRefused},
		{name: "register-forged", rounds: 1, count: 500, faults: []string{once(alipaysim.ChannelRegisterBadSignature)}, fresh: true, step: channel.StepRegister, cause: channel.CauseForged},
		{name: "handshake-hangs", rounds: 1, count: 500, faults: []string{`{"kind":"handshake_hang","for":"1h","times":1}`}, fresh: true, step: channel.StepHandshake, cause: channel.CauseTimeout},
	}
}

// load is a running client with its sink.
type load struct {
	s    *simulation
	r    *rig
	kept *sink
	sent map[string]string
	j    *journal
}

// stable is how long a connection of a load has to last for its end not to count as a
// failure.
const stable = 100 * time.Millisecond

// newLoad connects a client whose watchdogs are a twentieth of the defaults and whose waits
// between attempts are the defaults.
func newLoad(t *testing.T, kept *sink) *load {
	t.Helper()
	l := &load{s: apart(t), kept: kept, sent: map[string]string{}, j: newJournal()}
	config := l.s.client(way{charset: channel.UTF8})
	config.PingEvery, config.Silence, config.Idle = 100*time.Millisecond, slower*600*time.Millisecond, slower*time.Second
	const most = slower * 500 * time.Millisecond
	config.Timeouts = channel.Timeouts{Register: most, Handshake: most, Handle: most}
	config.Backoff = channel.Backoff{Stable: stable}
	config.Observe = l.j.observe
	l.r = l.s.run(config, kept)
	poll(t, "the client is connected", time.Minute, func() bool { return l.r.client.State().Phase == channel.PhaseConnected })
	return l
}

// try runs one trial and returns when all of it was acted on, and what had to end has ended.
func (l *load) try(t *testing.T, one trial) {
	t.Helper()
	for round := range one.rounds {
		l.held(t)
		had := l.j.count(one.step, one.cause)
		l.s.fault(one.faults...)
		if one.fresh {
			l.s.disconnect("close")
		}
		// One content for a round, because signatures are made ahead, one for each.
		name, content := "alipay.load."+one.name, fmt.Sprintf(`{"round":"%d","text":"面馆 %s"}`, round, strings.Repeat("小程序", 20))
		for _, id := range l.s.send(name, content, one.count/fewer) {
			l.sent[id] = sum(name, content)
		}
		if one.hangUp != "" {
			was := l.kept.has()
			poll(t, "some have come", time.Minute, func() bool { return l.kept.has() > was })
			l.s.disconnect(one.hangUp)
		}
		poll(t, one.name+": all are acted on", time.Minute, func() bool { return l.kept.has() == len(l.sent) })
		if one.cause != "" {
			poll(t, one.name+": the connection ended", time.Minute, func() bool { return l.ended(one, had) })
		}
	}
	l.j.mu.Lock()
	defer l.j.mu.Unlock()
	for _, reason := range one.frames {
		if l.j.frames[reason] == 0 {
			t.Error(&breach{everyCauseOccurred, one.name + ": " + reason})
		}
	}
}

// held returns when the connection has lasted long enough to be stable. The client counts an
// earlier end as a failed attempt, each of which makes the next wait longer: a fast machine
// would measure the waits of ten failures in a row instead of the length of one outage.
func (l *load) held(t *testing.T) {
	t.Helper()
	poll(t, "the connection holds", time.Minute, func() bool {
		now := l.r.client.State()
		return now.Phase == channel.PhaseConnected && time.Since(now.Since) >= stable
	})
}

// ended reports whether connections ended as the trial requires. A close frame can arrive
// after an ack has found the connection gone, so the disconnection is repeated.
func (l *load) ended(one trial, had int) bool {
	if l.j.count(one.step, one.cause) > had {
		return true
	}
	if one.hangUp != "" && l.r.client.State().Phase == channel.PhaseConnected {
		l.s.disconnect(one.hangUp)
	}
	return false
}

// TestF11TwentyThousandMessages sends 20,000 messages over the long connection, under every
// known fault. Each is acted on once, and little memory is needed.
func TestF11TwentyThousandMessages(t *testing.T) {
	l := newLoad(t, newSink())
	began, heap := time.Now(), watchMemory()
	for _, one := range trials() {
		at := time.Now()
		l.try(t, one)
		t.Logf("%-16s %5d messages in %v", one.name, one.rounds*one.count/fewer, time.Since(at).Round(time.Millisecond))
	}
	took := time.Since(began)
	heap.stop()
	l.s.idle()
	l.r.end()

	state := l.r.client.State()
	if err := l.s.book(l.sent, state, l.kept).check(); err != nil {
		t.Error(err)
	}
	if len(l.sent) != 20_000/fewer {
		t.Errorf("%d messages", len(l.sent))
	}
	t.Logf("%d messages in %v, %d duplicates, %d connections, %+v", len(l.sent), took.Round(time.Millisecond), l.kept.duplicates, state.Connections, state)
	t.Logf("ends %v, frames %v", l.j.ends, l.j.frames)
	const most = 64 << 20
	t.Logf("heap in use: %d KiB idle, at most %d KiB over that", heap.idle>>10, (heap.most-min(heap.most, heap.idle))>>10)
	if heap.most > heap.idle+most {
		t.Errorf("%d bytes over idle", heap.most-heap.idle)
	}
	p95 := l.j.quantile(0.95)
	t.Logf("%d outages, median %v, p95 %v", len(l.j.outages), l.j.quantile(0.5), p95)
	if p95 >= 5*time.Second {
		t.Errorf("95 of 100 reconnects take %v", p95)
	}
}

// badSinks are sinks that must fail the comparison, with the invariant that the ledger has to
// name.
var badSinks = map[string]struct {
	spoil func(*sink)
	named invariant
}{
	"accepts and forgets": {func(s *sink) {
		var n int
		s.forgets = func(*notify.Notification) bool { n++; return n%50 == 0 }
	}, ackedIsKept},
	"acts on repeats": {func(s *sink) { s.forgetful = true }, actedOnOnce},
	"changes what it keeps": {func(s *sink) {
		var n int
		s.forgets = func(kept *notify.Notification) bool {
			if n++; n == 1 {
				kept.Content = []byte(`{"forged":"true"}`)
			}
			return false
		}
	}, nothingUnproven},
}

// TestTheLedgerSeesABadSink checks that the comparison at the end of the load is able to
// fail, and names the right invariant.
func TestTheLedgerSeesABadSink(t *testing.T) {
	for name, c := range badSinks {
		t.Run(name, func(t *testing.T) {
			kept := newSink()
			c.spoil(kept)
			s := simulate(t, way{charset: channel.UTF8})
			r := s.run(s.client(way{charset: channel.UTF8}), kept)
			r.outcome(channel.OutcomeConnected)
			s.fault(`{"kind":"lost_ack","times":20}`)
			const name, content = "alipay.test", `{"a":"b"}`
			sent := map[string]string{}
			for _, id := range s.send(name, content, 200) {
				sent[id] = sum(name, content)
			}
			s.idle()
			r.end()
			err := s.book(sent, r.client.State(), kept).check()
			if !errors.Is(err, &breach{of: c.named}) || !strings.Contains(err.Error(), string(c.named)) {
				t.Errorf("the ledger says %v, and not %q", err, c.named)
			}
		})
	}
}

// TestTheLedgerSeesALoss checks that one changed record is noticed too.
func TestTheLedgerSeesALoss(t *testing.T) {
	whole := func() *ledger {
		kept := newSink()
		kept.acted[effect{appID, "1", "d"}], kept.contents["1"] = 1, "sum"
		return &ledger{sent: map[string]string{"1": "sum"}, sink: kept, client: channel.State{Accepted: 1},
			deliveries: []alipaysim.Delivery{{NotifyID: "1", Success: true, Body: "SUCCESS"}}, messages: []fate{{"1", "delivered"}}}
	}
	if err := whole().check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[invariant]func(*ledger){
		ackedIsKept:      func(l *ledger) { l.deliveries[0].NotifyID = "2" },
		everyoneHasAnEnd: func(l *ledger) { l.messages[0].Fate = "given_up" },
		actedOnOnce:      func(l *ledger) { l.sink.acted[effect{appID, "1", "e"}] = 1 },
		nothingUnproven:  func(l *ledger) { l.deliveries[0].Fault = alipaysim.ChannelForgedData },
		nothingUncounted: func(l *ledger) { l.client.Accepted = 0 },
	} {
		l := whole()
		change(l)
		if err := l.check(); !errors.Is(err, &breach{of: want}) {
			t.Errorf("the ledger says %v, and not %q", err, want)
		}
	}
}
