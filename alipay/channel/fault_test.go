package channel_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/notify"
)

// endsAs waits for the end of a connection or attempt and compares its error.
func (r *rig) endsAs(step channel.Step, cause channel.Cause) channel.Event {
	r.t.Helper()
	e := r.outcome(channel.OutcomeEnded)
	if !errors.Is(e.Err, &channel.Error{Step: step, Cause: cause}) {
		r.t.Errorf("ended with %v, want %s, %s", e.Err, step, cause)
	}
	return e
}

// servesAgain accepts the next connection and sends a message over it.
func (r *rig) servesAgain() {
	r.t.Helper()
	p := receive(r.t, r.server.links)
	p.text(consume("again", genuine))
	if status := p.status(); status != "SUCCESS" {
		r.t.Errorf("the next connection's message is answered %s", status)
	}
}

// TestConnectionsThatEnd checks that after every way in which a connection can fail the next
// connection follows.
func TestConnectionsThatEnd(t *testing.T) {
	tooLarge := frameBytes(true, opText, make([]byte, 10<<20))
	for name, c := range map[string]struct {
		happens func(*peer)
		cause   channel.Cause
		code    string
	}{
		"closed 1001":       {func(p *peer) { p.send(frameBytes(true, opClose, []byte("\x03\xe9going away"))) }, channel.CauseClosed, "1001"},
		"closed 4000":       {func(p *peer) { p.send(frameBytes(true, opClose, []byte("\x0f\xa0\x1b[31m"))) }, channel.CauseClosed, "4000"},
		"closed, no reason": {func(p *peer) { p.send(frameBytes(true, opClose, nil)) }, channel.CauseClosed, "1005"},
		"gone":              {func(p *peer) { _ = p.conn.Close() }, channel.CauseLost, ""},
		"gone in a frame": {func(p *peer) {
			_, _ = p.conn.Write(consume("7", genuine)[:9])
			_ = p.conn.Close()
		}, channel.CauseLost, ""},
		"10 MB": {func(p *peer) { p.send(tooLarge) }, channel.CauseTooLarge, ""},
		"a length of 2^62": {func(p *peer) {
			p.send(append(binary.BigEndian.AppendUint64([]byte{0x81, 127}, 1<<62), make([]byte, 4<<20)...))
		}, channel.CauseTooLarge, ""},
		"endless fragments":         {func(p *peer) { p.endlessFragments() }, channel.CauseTooLarge, ""},
		"half a frame":              {func(p *peer) { p.send([]byte{0x81, 100, 'x'}) }, channel.CauseTimeout, ""},
		"a compressed frame":        {func(p *peer) { p.send([]byte{0xC1, 1, 0}) }, channel.CauseLost, ""},
		"a continuation of nothing": {func(p *peer) { p.send(frameBytes(true, opContinue, []byte("x"))) }, channel.CauseLost, ""},
		"a ping of a kilobyte":      {func(p *peer) { p.send(frameBytes(true, opPing, make([]byte, 1024))) }, channel.CauseLost, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t)
				c.happens(receive(t, r.server.links))
				e := r.endsAs(channel.StepLink, c.cause)
				var failed *channel.Error
				if errors.As(e.Err, &failed) && failed.Code != c.code {
					t.Errorf("close code %q, want %q", failed.Code, c.code)
				}
				if text := e.Err.Error(); strings.Contains(text, "\x1b") || strings.Contains(text, "going") {
					t.Errorf("the other side's words are in %q", text)
				}
				if state := r.client.State(); state.Phase != channel.PhaseWaiting || state.LastCause != c.cause || state.LastStep != channel.StepLink {
					t.Errorf("state %+v", state)
				}
				r.servesAgain()
				r.handledOnly("again")
			})
		})
	}
}

func (p *peer) endlessFragments() {
	p.send(frameBytes(false, opText, make([]byte, 64<<10)))
	for range 64 {
		p.send(frameBytes(false, opContinue, make([]byte, 64<<10)))
	}
}

// handledOnly fails unless exactly one message was handled.
func (r *rig) handledOnly(id string) {
	r.t.Helper()
	if n := receive(r.t, r.handled); n.NotifyID != id {
		r.t.Errorf("handled %s, want %s", n.NotifyID, id)
	}
	r.nobodyHandled()
}

// TestTheLimitIsTheLimit checks that a frame of exactly ReadLimit is accepted.
func TestTheLimitIsTheLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		frame := consume("7", genuine)
		r := start(t, func(_ *server, c *channel.Config) { c.ReadLimit = int64(len(frame)) })
		p := receive(t, r.server.links)
		p.text(frame)
		if status := p.status(); status != "SUCCESS" {
			t.Errorf("a frame of the limit is answered %s", status)
		}
		p.text(append(frame, ' '))
		r.endsAs(channel.StepLink, channel.CauseTooLarge)
	})
}

// TestSilence checks that a server that doesn't answer pings is given up, whatever else it
// sends, because nothing of ours seems to reach it.
func TestSilence(t *testing.T) {
	for name, talk := range map[string]bool{"says nothing": false, "sends messages": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, _ *channel.Config) { s.noPong.Store(true) })
				p := receive(t, r.server.links)
				for range 15 {
					wait(t, time.Second)
					if talk {
						p.text(consume("7", genuine))
					}
				}
				if e := r.endsAs(channel.StepLink, channel.CauseSilent); e.Took != 20*time.Second {
					t.Errorf("given up after %v", e.Took)
				}
				r.server.noPong.Store(false)
				p = receive(t, r.server.links)
				wait(t, 10*time.Minute)
				p.text(consume("again", genuine))
				if status := p.status(); status != "SUCCESS" {
					t.Errorf("answered %s", status)
				}
			})
		})
	}
}

// TestIdle is about a server that answers pings on a connection that it no longer sends
// messages to. The connection is closed in order, and a message postpones that.
func TestIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, func(_ *server, c *channel.Config) { c.Rand = dice(0) })
		p := receive(t, r.server.links)
		wait(t, 14*time.Minute)
		p.text(consume("7", genuine))
		if status := p.status(); status != "SUCCESS" {
			t.Errorf("answered %s", status)
		}
		wait(t, 15*time.Minute)
		if e := r.endsAs(channel.StepLink, channel.CauseIdle); e.Took != 29*time.Minute {
			t.Errorf("left after %v", e.Took)
		}
		if goodbye := receive(t, p.got); goodbye.opcode != opClose || string(goodbye.payload) != "\x03\xe8" {
			t.Errorf("left with opcode %d, %q", goodbye.opcode, goodbye.payload)
		}
		r.servesAgain()
	})
}

// TestHangingRequests is about the failure in which the official client waits for ever and
// receives no message any more.
func TestHangingRequests(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*server, *channel.Config)
		step   channel.Step
		after  time.Duration
	}{
		"register": {func(s *server, _ *channel.Config) { s.register = hang }, channel.StepRegister, 10 * time.Second},
		"register, in the middle of the answer": {func(s *server, _ *channel.Config) {
			s.register = func(*http.Request) string { return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" }
			s.stay = true
		}, channel.StepRegister, 10 * time.Second},
		"handshake": {func(s *server, _ *channel.Config) { s.upgrade = hang }, channel.StepHandshake, 10 * time.Second},
		"dial": {func(_ *server, c *channel.Config) {
			c.Transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, channel.StepRegister, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, c.change)
				began := time.Now()
				r.endsAs(c.step, channel.CauseTimeout)
				if took := time.Since(began); took != c.after {
					t.Errorf("given up after %v, want %v", took, c.after)
				}
				r.endsAs(c.step, channel.CauseTimeout) // and again, and again
			})
		})
	}
}

// TestAServerThatStopsReading checks that a connection on which neither acks nor pings get
// through is given up.
func TestAServerThatStopsReading(t *testing.T) {
	notReading := func(s *server, c *channel.Config) {
		s.notReading = true
		c.PingEvery, c.Silence = 10*time.Second, time.Hour
	}
	t.Run("an ack", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, notReading)
			p := receive(t, r.server.links)
			p.text(consume("7", genuine))
			e := r.outcome(channel.OutcomeAccepted)
			if !e.AckLost || e.Took != 5*time.Second || r.client.State().AcksLost != 1 {
				t.Errorf("told as %+v", e)
			}
			r.endsAs(channel.StepLink, channel.CauseLost)
		})
	})
	t.Run("a ping", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, notReading)
			if e := r.endsAs(channel.StepLink, channel.CauseLost); e.Took != 15*time.Second {
				t.Errorf("given up after %v", e.Took)
			}
		})
	})
}

// TestTheAckFindsItsConnectionGone checks that the message comes again on another connection,
// and that only there it is acknowledged.
func TestTheAckFindsItsConnectionGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began, finish := make(chan struct{}, 2), make(chan struct{}, 2)
		r := start(t, func(_ *server, c *channel.Config) {
			c.Handle = func(context.Context, *notify.Notification) error {
				began <- struct{}{}
				<-finish
				return nil
			}
		})
		first := receive(t, r.server.links)
		first.text(consume("7", genuine))
		receive(t, began)
		_ = first.conn.Close()
		second := receive(t, r.server.links)
		finish <- struct{}{}
		if e := r.outcome(channel.OutcomeAccepted); !e.AckLost {
			t.Error("the first ack was not lost")
		}
		second.text(consume("7", genuine))
		finish <- struct{}{}
		if status := second.status(); status != "SUCCESS" || len(second.got) != 0 {
			t.Errorf("answered %s, and %d frames more", status, len(second.got))
		}
	})
}

// TestHandlersThatFail checks that every failure of the handler is answered FAIL and leaves
// the connection open.
func TestHandlersThatFail(t *testing.T) {
	for name, handle := range map[string]func(context.Context, *notify.Notification) error{
		"an error": func(context.Context, *notify.Notification) error { return errors.New("no") },
		"a panic":  func(_ context.Context, n *notify.Notification) error { panic("secret of " + string(n.Content)) },
		"too slow": func(ctx context.Context, _ *notify.Notification) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(_ *server, c *channel.Config) { c.Handle = handle })
				p := receive(t, r.server.links)
				for range 2 {
					p.text(consume("7", genuine))
					if status := p.status(); status != "FAIL" {
						t.Errorf("answered %s", status)
					}
				}
				if e := r.outcome(channel.OutcomeFailed); e.Err == nil || e.Took > 10*time.Second {
					t.Errorf("told as %+v", e)
				}
				if log := r.log.String(); strings.Contains(log, "secret") || strings.Contains(log, "2021000000000009") {
					t.Error(log)
				}
			})
		})
	}
}

// TestReset is about the abrupt end that only TCP has.
func TestReset(t *testing.T) {
	r := start(t, overTCP)
	for range 3 {
		r.outcome(channel.OutcomeConnected)
		receive(t, r.server.links)
		r.server.mu.Lock()
		for _, conn := range r.server.open {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
				_ = tcp.Close()
			}
		}
		r.server.open = nil
		r.server.mu.Unlock()
		r.endsAs(channel.StepLink, channel.CauseLost)
	}
	r.servesAgain()
}

// TestTheServerHasToProveItsName on both requests; the official client checks the name only
// on the first.
func TestTheServerHasToProveItsName(t *testing.T) {
	for name, changes := range map[string][]func(*server, *channel.Config){
		"another name":      {overTCP, func(_ *server, c *channel.Config) { c.URL = "https://openchannel.elsewhere" }},
		"an unknown issuer": {overTCP, func(_ *server, c *channel.Config) { c.Transport.TLSClientConfig = nil }},
		"no TLS at all":     {func(s *server, _ *channel.Config) { s.plain = true }, overTCP},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, changes...)
			r.endsAs(channel.StepRegister, channel.CauseUnreachable)
			r.stop()
			if len(r.server.requests) != 0 {
				t.Error("a request was sent")
			}
		})
	}
}

// TestNoSecretIsTold checks that no log line and no error contains link_token and signature,
// which are in the address of the handshake, nor a message's content.
func TestNoSecretIsTold(t *testing.T) {
	for name, change := range map[string]func(*server, *channel.Config){
		"handshake can't be tried": func(s *server, c *channel.Config) {
			c.Transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				if s.tokens.Load() == 0 {
					return s.dialled(), nil
				}
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
			}
		},
		"handshake hangs": func(s *server, _ *channel.Config) { s.upgrade = func(*http.Request) string { return "" } },
		"handshake refused": func(s *server, _ *channel.Config) {
			s.upgrade = func(*http.Request) string { return "HTTP/1.1 400 Bad\r\n\r\n" }
		},
		"handshake babbles": func(s *server, _ *channel.Config) {
			s.upgrade = func(*http.Request) string { return "c4nary-link-token\r\n\r\n" }
		},
		"handshake wrong": func(s *server, _ *channel.Config) {
			s.upgrade = func(r *http.Request) string { return switching(r, "Sec-WebSocket-Protocol: c4nary-link-token") }
		},
		"register babbles": func(s *server, _ *channel.Config) {
			s.register = func(*http.Request) string { return "c4nary-link-token\r\n\r\n" }
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, func(s *server, c *channel.Config) {
					s.register = func(*http.Request) string {
						s.tokens.Add(1)
						return answer200(s.grant("c4nary-link-token"))
					}
					change(s, c)
				})
				e := r.outcome(channel.OutcomeEnded)
				for _, text := range []string{e.Err.Error(), r.log.String()} {
					if text == "" || strings.Contains(text, "c4nary") || strings.Contains(text, "sign=") {
						t.Errorf("%q", text)
					}
				}
			})
		})
	}
}

// TestALostFrameIsNotKept checks that half a frame of a broken connection is not completed by
// the next one.
func TestALostFrameIsNotKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		p := receive(t, r.server.links)
		frame := frameBytes(true, opText, consume("7", genuine))
		if _, err := io.Copy(p.conn, bytes.NewReader(frame[:len(frame)-1])); err != nil {
			t.Fatal(err)
		}
		_ = p.conn.Close()
		r.endsAs(channel.StepLink, channel.CauseLost)
		r.nobodyHandled()
		r.servesAgain()
	})
}
