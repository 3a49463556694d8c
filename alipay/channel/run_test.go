package channel_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// dice is a source of randomness that always returns the same eight bytes.
type dice uint64

func (d dice) Read(p []byte) (int, error) {
	number := binary.BigEndian.AppendUint64(nil, uint64(d))
	return copy(p, bytes.Repeat(number, len(p)/8+1)), nil
}

// attempts returns the waits between n registrations.
func (r *rig) attempts(n int) []time.Duration {
	r.t.Helper()
	var waits []time.Duration
	last := r.server.next("/websocket/register.do").at
	for range n {
		next := r.server.next("/websocket/register.do").at
		waits = append(waits, next.Sub(last))
		last = next
	}
	return waits
}

func TestBackoff(t *testing.T) {
	const ms = time.Millisecond
	refuse := func(s *server, _ *channel.Config) {
		s.register = func(*http.Request) string { return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" }
	}
	rand := func(d dice) func(*server, *channel.Config) {
		return func(_ *server, c *channel.Config) { c.Rand = d }
	}
	for name, c := range map[string]struct {
		dice dice
		want []time.Duration
	}{
		"least luck": {0, []time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 7500 * ms, 7500 * ms}},
		// Modulo half the wait plus one, which is odd, so any number that yields half of each
		// serves.
		"some luck": {250_000_000, []time.Duration{500 * ms, 750 * ms, 1250 * ms, 2250 * ms, 4250 * ms, 7750 * ms, 7750 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, refuse, rand(c.dice))
				if diff := cmp.Diff(c.want, r.attempts(7)); diff != "" {
					t.Errorf("waits (-want +got)\n%s", diff)
				}
			})
		})
	}
	t.Run("real randomness, within its bounds, and no two clients alike", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			one, other := start(t, refuse).attempts(40), start(t, refuse).attempts(40)
			if slices.Equal(one, other) {
				t.Error("two clients come back together")
			}
			for i, got := range one {
				if most := min(15*time.Second, 500*ms<<min(i, 10)); got < most/2 || got > most {
					t.Errorf("attempt %d after %v", i, got)
				}
			}
		})
	})
	t.Run("a connection that held begins anew, one that didn't goes on", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, rand(0))
			var ended time.Time
			var waits []time.Duration
			for _, holds := range []time.Duration{time.Second, time.Second, 0, 5 * time.Second, 3 * time.Second, 0} {
				p := receive(t, r.server.links)
				if began := time.Now(); !ended.IsZero() {
					waits = append(waits, began.Sub(ended))
				}
				wait(t, holds)
				_ = p.conn.Close()
				ended = time.Now()
			}
			if diff := cmp.Diff([]time.Duration{250 * ms, 500 * ms, 1000 * ms, 250 * ms, 250 * ms}, waits); diff != "" {
				t.Errorf("waits (-want +got)\n%s", diff)
			}
		})
	})
}

// TestBackoffThatCantBeDoubled uses a wait that fourteen doublings would overflow to 16 µs.
func TestBackoffThatCantBeDoubled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const least, most = 1<<50 + 1, 1 << 52
		r := start(t, func(s *server, c *channel.Config) {
			s.register = func(*http.Request) string { return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" }
			c.Rand, c.Backoff.Min, c.Backoff.Max = dice(0), least, most
		})
		last := r.server.next("/websocket/register.do").at
		for i := range 20 {
			limit := time.Duration(min(least<<min(i, 5), most))
			want := limit - limit/2
			wait(t, want)
			next := r.server.next("/websocket/register.do").at
			if got := next.Sub(last); got != want {
				t.Fatalf("attempt %d after %v, want %v", i, got, want)
			}
			last = next
		}
	})
}

// TestStop checks that messages being handled are acknowledged, that no further one is
// accepted, and that both sides close in order.
func TestStop(t *testing.T) {
	for name, silent := range map[string]bool{"with a goodbye": false, "without an answer to ours": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				began, finish := make(chan struct{}, 2), make(chan struct{})
				r := start(t, func(s *server, c *channel.Config) {
					s.noGoodbye.Store(silent)
					c.PingEvery = 300 * time.Millisecond
					c.Handle = func(ctx context.Context, _ *notify.Notification) error {
						began <- struct{}{}
						<-finish
						return ctx.Err()
					}
				})
				p := receive(t, r.server.links)
				p.text(consume("1", genuine))
				receive(t, began)
				r.stop()
				synctest.Wait()
				if !silent {
					p.text(consume("2", genuine)) // while a message is being handled
				}
				wait(t, 5*time.Second)
				stopped := time.Now()
				close(finish)
				if status := p.status(); status != "SUCCESS" {
					t.Errorf("the message in hand is answered %s", status)
				}
				goodbye := receive(t, p.got)
				if goodbye.opcode != opClose || !bytes.Equal(goodbye.payload, []byte{0x03, 0xe8}) {
					t.Errorf("goodbye is opcode %d, %q", goodbye.opcode, goodbye.payload)
				}
				if silent {
					p.text(consume("3", genuine)) // instead of an answer to the close frame
				}
				if err := receive(t, r.done); err != nil {
					t.Errorf("Run gives %v", err)
				}
				if took := time.Since(stopped); silent && took != 2*time.Second || !silent && took != 0 {
					t.Errorf("stopped after %v", took)
				}
				receive(t, p.gone)
				for _, ping := range p.pings {
					if ping.at.After(goodbye.at) {
						t.Errorf("a ping %v after the goodbye", ping.at.Sub(goodbye.at))
					}
				}
				if silent && len(p.pings) != 16 {
					t.Errorf("%d pings in the 5 s before the goodbye", len(p.pings))
				}
				if len(began) != 0 || len(p.got) != 0 {
					t.Error("a message was taken, or answered, after the end")
				}
				r.outcome(channel.OutcomeAccepted)
				r.endsAs(channel.StepLink, channel.CauseStopped)
				if state := r.client.State(); state.Phase != channel.PhaseStopped || state.InHand != 0 {
					t.Errorf("state %+v", state)
				}
			})
		})
	}
}

// TestStopAtAnyMoment checks that a client stops at once whatever it is doing.
func TestStopAtAnyMoment(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*server, *channel.Config)
		ready  func(*rig)
	}{
		"registering":   {func(s *server, _ *channel.Config) { s.register = hang }, func(r *rig) { r.server.next("/websocket/register.do") }},
		"shaking hands": {func(s *server, _ *channel.Config) { s.upgrade = hang }, func(r *rig) { r.server.next("/websocket") }},
		"connected":     {func(*server, *channel.Config) {}, func(r *rig) { r.outcome(channel.OutcomeConnected) }},
		"waiting": {func(s *server, c *channel.Config) {
			s.register, c.Backoff.Min, c.Backoff.Max = func(*http.Request) string { return answer200("") }, time.Hour, time.Hour
		}, func(r *rig) { r.outcome(channel.OutcomeEnded) }},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, c.change)
				c.ready(r)
				began := time.Now()
				r.stop()
				if err := receive(t, r.done); err != nil || time.Since(began) != 0 {
					t.Errorf("stopped after %v with %v", time.Since(began), err)
				}
			})
		})
	}
}

// TestStopWaitsForWhatALostConnectionLeft checks that stopping waits for messages of a lost
// connection that are still being handled.
func TestStopWaitsForWhatALostConnectionLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, finish := make(chan struct{}), make(chan struct{})
		r := start(t, func(_ *server, c *channel.Config) {
			c.Handle = func(context.Context, *notify.Notification) error {
				close(began)
				<-finish
				return nil
			}
		})
		p := receive(t, r.server.links)
		p.text(consume("1", genuine))
		receive(t, began)
		_ = p.conn.Close()
		r.endsAs(channel.StepLink, channel.CauseLost)
		r.stop()
		synctest.Wait()
		if len(r.done) != 0 {
			t.Error("Run came back with a message in hand")
		}
		close(finish)
		r.end()
	})
}

func TestRunRunsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		receive(t, r.server.links)
		ended, stop := context.WithCancel(t.Context())
		stop()
		if err := r.client.Run(ended); !errors.Is(err, channel.ErrRunning) {
			t.Errorf("a second Run gives %v", err)
		}
		r.end()
		ctx, stop := context.WithCancel(t.Context())
		again := make(chan error, 1)
		go func() { again <- r.client.Run(ctx) }()
		r.servesAgain() // possible once the first has returned
		stop()
		if err := receive(t, again); err != nil {
			t.Error(err)
		}
	})
}

// TestState checks the state through all phases of a client.
func TestState(t *testing.T) {
	bubble(t, func(t *testing.T) {
		proceed := make(chan bool)
		r := start(t, func(s *server, c *channel.Config) {
			c.Rand, c.Backoff.Min, c.Backoff.Max = dice(0), 2*time.Second, 2*time.Second
			s.register = func(*http.Request) string {
				if <-proceed {
					return answer200(s.grant("t"))
				}
				return answer200(`{"response":{"code":"40002"}}`)
			}
		})
		began := time.Now()
		expect := func(want channel.State) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(want, r.client.State()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		}
		expect(channel.State{Phase: channel.PhaseConnecting, Since: began})
		proceed <- false
		expect(channel.State{Phase: channel.PhaseWaiting, Since: began, Attempts: 1, LastEnd: began,
			LastStep: channel.StepRegister, LastCause: channel.CauseRefused})
		proceed <- true
		connected := channel.State{Phase: channel.PhaseConnected, Since: began.Add(time.Second), LastEnd: began,
			LastStep: channel.StepRegister, LastCause: channel.CauseRefused, Connections: 1}
		expect(connected)
		p := receive(t, r.server.links)
		for _, frame := range [][]byte{consume("1", genuine), consume("2", genuine), consume("3", "{}"), nil} {
			p.text(frame)
		}
		connected.Accepted, connected.Refused, connected.Dropped = 2, 1, 1
		expect(connected)
	})
}

// TestNoRandomness checks that without it there is no nonce, and waits have their maximum.
func TestNoRandomness(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, func(_ *server, c *channel.Config) { c.Rand = bytes.NewReader(nil) })
		began := time.Now()
		if e := r.outcome(channel.OutcomeEnded); !errors.Is(e.Err, io.EOF) {
			t.Errorf("ended with %v", e.Err)
		}
		r.outcome(channel.OutcomeEnded)
		if waited := time.Since(began); waited != 500*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		if len(r.server.requests) != 0 {
			t.Error("registered without a nonce")
		}
	})
}
