package channel_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"reflect"
	"testing"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// limit differs from all defaults and is a multiple of the pings below.
const limit = 700 * time.Millisecond

// firing is a time-out or watchdog: how it is set, what triggers it, and how its effect
// shows. See returns once it has fired.
type firing struct {
	set  func(*channel.Config)
	make func(*server, *channel.Config)
	see  func(*rig)
}

func hang(*http.Request) string { return "" }

// timeouts has one for every field of channel.Timeouts, under its name, and the two
// watchdogs.
func timeouts() map[string]firing {
	ended := func(step channel.Step, cause channel.Cause) func(*rig) {
		return func(r *rig) { r.endsAs(step, cause) }
	}
	return map[string]firing{
		"Dial": {func(c *channel.Config) { c.Timeouts.Dial = limit }, func(_ *server, c *channel.Config) {
			c.Transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, ended(channel.StepRegister, channel.CauseTimeout)},
		"Register": {func(c *channel.Config) { c.Timeouts.Register = limit },
			func(s *server, _ *channel.Config) { s.register = hang }, ended(channel.StepRegister, channel.CauseTimeout)},
		"Handshake": {func(c *channel.Config) { c.Timeouts.Handshake = limit },
			func(s *server, _ *channel.Config) { s.upgrade = hang }, ended(channel.StepHandshake, channel.CauseTimeout)},
		"Frame": {func(c *channel.Config) { c.Timeouts.Frame = limit }, nil, func(r *rig) {
			receive(r.t, r.server.links).send([]byte{0x81, 100, 'x'})
			r.endsAs(channel.StepLink, channel.CauseTimeout)
		}},
		"Handle": {func(c *channel.Config) { c.Timeouts.Handle = limit }, func(_ *server, c *channel.Config) {
			c.Handle = func(ctx context.Context, _ *notify.Notification) error {
				<-ctx.Done()
				return ctx.Err()
			}
		}, func(r *rig) {
			p := receive(r.t, r.server.links)
			p.text(consume("7", genuine))
			if status := p.status(); status != "FAIL" {
				r.t.Errorf("answered %s", status)
			}
		}},
		"Write": {func(c *channel.Config) { c.Timeouts.Write = limit }, func(s *server, _ *channel.Config) { s.notReading = true }, func(r *rig) {
			receive(r.t, r.server.links).text(consume("7", genuine))
			// Two goroutines tell them, in either order.
			told := map[channel.Outcome]channel.Event{}
			for told[channel.OutcomeAccepted].Outcome == "" || told[channel.OutcomeEnded].Outcome == "" {
				e := receive(r.t, r.events)
				told[e.Outcome] = e
			}
			if !told[channel.OutcomeAccepted].AckLost {
				r.t.Error("the ack got out")
			}
			if err := told[channel.OutcomeEnded].Err; !errors.Is(err, &channel.Error{Step: channel.StepLink, Cause: channel.CauseLost}) {
				r.t.Errorf("ended with %v", err)
			}
		}},
		"Close": {func(c *channel.Config) { c.Timeouts.Close = limit }, func(s *server, _ *channel.Config) { s.noGoodbye.Store(true) }, func(r *rig) {
			r.outcome(channel.OutcomeConnected)
			r.end()
		}},
		"Silence": {func(c *channel.Config) { c.PingEvery, c.Silence = limit/7, limit },
			func(s *server, _ *channel.Config) { s.noPong.Store(true) }, ended(channel.StepLink, channel.CauseSilent)},
		"Idle": {func(c *channel.Config) { c.PingEvery, c.Idle, c.Timeouts.Handle = limit/7, limit, limit/2 }, nil,
			ended(channel.StepLink, channel.CauseIdle)},
	}
}

// TestEveryTimeoutFires checks that each one fires exactly when it should. A connection or an
// attempt that it ends is followed by the next one.
func TestEveryTimeoutFires(t *testing.T) {
	table := timeouts()
	for field := range reflect.TypeFor[channel.Timeouts]().Fields() {
		if table[field.Name].see == nil {
			t.Errorf("nothing is tried that needs Timeouts.%s", field.Name)
		}
	}
	for name, c := range table {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, config *channel.Config) {
					if c.make != nil {
						c.make(s, config)
					}
					c.set(config)
				})
				began := time.Now()
				c.see(r)
				if took := time.Since(began); took != limit {
					t.Errorf("it took %v, and not %v", took, limit)
				}
				if name != "Close" && name != "Handle" {
					receive(t, r.events) // of the next attempt
				}
			})
		})
	}
}
