package channel_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// burst returns n messages under their own ids. x-msgId is not signed, so one signature
// serves all of them.
func burst(n int) [][]byte {
	one := string(consume("@", genuine))
	frames := make([][]byte, n)
	for i := range frames {
		frames[i] = []byte(strings.ReplaceAll(one, "@", fmt.Sprint(i)))
	}
	return frames
}

// TestBurst sends ten times as many messages as the official client can hold to a slow
// handler. No message may be dropped or answered twice, and no more may be read than there
// are places.
func TestBurst(t *testing.T) {
	const messages, places = 5000, 8
	bubble(t, func(t *testing.T) {
		var inHand, most atomic.Int64
		r := start(t, func(_ *server, c *channel.Config) {
			c.Concurrency = places
			c.Handle = func(ctx context.Context, _ *notify.Notification) error {
				most.Store(max(most.Load(), inHand.Add(1)))
				defer inHand.Add(-1)
				wait(t, 300*time.Millisecond)
				return ctx.Err()
			}
		})
		p := receive(t, r.server.links)
		frames := burst(messages)
		for _, frame := range frames {
			p.text(frame)
		}
		// The places, one frame's header, a read buffer, and an ack on its way to
		// this goroutine.
		ahead := int64(places + 1 + (4096/len(frames[0]) + 1) + 1)
		seen := make(map[string]bool)
		for answered := range int64(messages) {
			ack := p.ack()
			if seen[ack] || !strings.Contains(ack, "SUCCESS") {
				t.Fatalf("answer %d: %q", answered, ack)
			}
			seen[ack] = true
			if taken := p.sent.Load() - (answered + 1 + int64(len(p.got))); taken > ahead {
				t.Fatalf("%d messages taken that are not answered", taken)
			}
		}
		if got := most.Load(); got != places {
			t.Errorf("at most %d in hand at once, want %d", got, places)
		}
		synctest.Wait() // an ack is sent before it is counted
		if state := r.client.State(); state.Accepted != messages || state.Connections != 1 || state.Phase != channel.PhaseConnected {
			t.Errorf("state %+v", state) // three minutes of stop and go are not silence
		}
	})
}

// TestWhileNothingIsReadPongsAreNotMissing keeps all places taken for longer than Silence,
// with a message and all pongs waiting unread.
func TestWhileNothingIsReadPongsAreNotMissing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		finish := make(chan struct{})
		r := start(t, func(_ *server, c *channel.Config) {
			c.Concurrency, c.Timeouts.Handle = 1, time.Hour
			c.Handle = func(context.Context, *notify.Notification) error {
				<-finish
				return nil
			}
		})
		p := receive(t, r.server.links)
		for _, frame := range burst(3) {
			p.text(frame)
		}
		wait(t, 10*time.Minute)
		if state := r.client.State(); state.InHand != 1 {
			t.Errorf("state %+v", state)
		}
		close(finish)
		for range 3 {
			if status := p.status(); status != "SUCCESS" {
				t.Errorf("answered %s", status)
			}
		}
		r.server.noPong.Store(true) // from now on they are missing
		r.endsAs(channel.StepLink, channel.CauseSilent)
	})
}

// onePlace is an option for start: one message at a time, whose handler reports its start and
// waits for finish.
func onePlace(began chan<- struct{}, finish <-chan struct{}) func(*server, *channel.Config) {
	return func(_ *server, c *channel.Config) {
		c.Concurrency, c.Timeouts.Handle = 1, time.Hour
		c.Handle = func(context.Context, *notify.Notification) error {
			began <- struct{}{}
			<-finish
			return nil
		}
	}
}

// TestPlacesAreSharedByConnections checks that messages of a lost connection still count.
func TestPlacesAreSharedByConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, finish := make(chan struct{}, 3), make(chan struct{})
		r := start(t, onePlace(began, finish))
		first := receive(t, r.server.links)
		first.text(consume("1", genuine))
		receive(t, began)
		_ = first.conn.Close()
		second := receive(t, r.server.links)
		second.text(consume("2", genuine))
		wait(t, time.Minute)
		if len(began) != 0 {
			t.Error("two in hand")
		}
		finish <- struct{}{}
		receive(t, began)
		finish <- struct{}{}
		if status := second.status(); status != "SUCCESS" {
			t.Errorf("answered %s", status)
		}
	})
}

// TestBurstOverTCP repeats the burst with TLS, buffers and the real clock.
func TestBurstOverTCP(t *testing.T) {
	const messages = 1000
	r := start(t, overTCP)
	r.outcome(channel.OutcomeConnected)
	p := receive(t, r.server.links)
	for _, frame := range burst(messages) {
		p.text(frame)
	}
	seen := make(map[string]bool)
	for range messages {
		seen[p.ack()] = true
	}
	r.end() // an ack is sent before it is counted
	if len(seen) != messages || r.client.State().Accepted != messages {
		t.Errorf("%d answers, %+v", len(seen), r.client.State())
	}
	if n := r.server.elsewhere.Load(); n != 0 {
		t.Errorf("%d connections to another port than that of TLS", n)
	}
}

// TestEndsWhileNothingIsRead checks that a client that waits for a place notices that it has
// to stop, and that its connection is gone.
func TestEndsWhileNothingIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*rig, *peer)
		status  string // of the message being handled; empty where its ack is lost
		cause   channel.Cause
	}{
		"told to stop":       {func(r *rig, _ *peer) { r.stop() }, "SUCCESS", channel.CauseStopped},
		"the server is gone": {func(_ *rig, p *peer) { _ = p.conn.Close() }, "", channel.CauseLost},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				began, finish := make(chan struct{}, 2), make(chan struct{})
				r := start(t, onePlace(began, finish))
				p := receive(t, r.server.links)
				p.text(consume("1", genuine))
				p.text(consume("2", genuine))
				receive(t, began)
				synctest.Wait()
				c.happens(r, p)
				if c.cause != channel.CauseStopped {
					r.endsAs(channel.StepLink, c.cause)
				}
				close(finish)
				if c.status != "" {
					if status := p.status(); status != c.status {
						t.Errorf("answered %s", status)
					}
					r.endsAs(channel.StepLink, c.cause)
				}
				synctest.Wait()
				if len(began) != 0 {
					t.Error("the message that waited was handled too")
				}
			})
		})
	}
}
