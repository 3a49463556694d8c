package door

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress"
	"miniflow/order"
)

// linkEnv is a long connection to a simulated Alipay, with everything behind it.
type linkEnv struct {
	*doorEnv
	link *LongConnection
	at   string // where the simulator serves
	stop context.CancelFunc
	done chan error
}

// openLink connects to a simulator that knows the app.
func openLink(t *testing.T, temporal *doorTemporal) *linkEnv {
	t.Helper()
	s := &linkEnv{doorEnv: openDoor(t, temporal, func(c *IntakeConfig) { c.Now = time.Now }), done: make(chan error, 1)}
	s.at = simulated(t)
	metrics, err := NewChannelMetrics(s.registry)
	if err != nil {
		t.Fatal(err)
	}
	s.link, err = NewLongConnection(channel.Config{
		AppID: doorApp, URL: s.at, PrivateKey: doorKeys().application, Verifier: doorVerifier(t, doorKeys().alipay),
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{&doorKeys().alipay.PublicKey} },
		Log:       slog.New(slog.NewJSONHandler(s.log, nil)),
	}, s.intake, metrics)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() { s.done <- s.link.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-s.done; err != nil {
			t.Errorf("Run gives %v", err)
		}
	})
	return s
}

// simulated serves an Alipay whose retries come at once.
func simulated(t *testing.T) string {
	t.Helper()
	simulator, err := alipaysim.Open(alipaysim.Config{
		Volatile: true, Path: filepath.Join(t.TempDir(), "alipay.db"), AckTimeout: 300 * time.Millisecond, Retries: slices.Repeat([]time.Duration{10 * time.Millisecond}, 8),
		Apps: []alipaysim.App{{
			ID: doorApp, AppPublicKey: &doorKeys().application.PublicKey, AlipayPrivateKey: doorKeys().alipay, WebSocket: []string{"*"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(simulator.Handler())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- simulator.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		server.Close()
		if err := errors.Join(<-ended, simulator.Close()); err != nil {
			t.Errorf("the simulator: %v", err)
		}
	})
	return server.URL
}

// manage calls the simulator's management API.
func (s *linkEnv) manage(method, path, body string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.at+"/sim/v1/"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		s.t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, text, err)
	}
	return string(text)
}

// until polls, because the other side runs on its own.
func (s *linkEnv) until(what string, so func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(5 * time.Millisecond); !so(); {
		select {
		case <-ctx.Done():
			s.t.Fatalf("not so: %s\n%s", what, s.log)
		case <-tick.C:
		}
	}
}

func (s *linkEnv) connected() bool { return s.link.Status().(ConnectionStatus).State == "connected" }

const messageConfirmed = `{"app_id":"` + doorApp + `","msg_method":"alipay.open.mini.merchant.confirmed",` +
	`"fields":{"out_order_no":"OUT1"}}`

// TestAMessageOverTheLongConnection checks that it reaches its order, is counted for this
// channel, and is acknowledged only after that.
func TestAMessageOverTheLongConnection(t *testing.T) {
	temporal := newDoorTemporal(order.WorkflowID(doorApp, "OUT1"))
	s := openLink(t, temporal)
	s.until("connected", s.connected)
	temporal.mu.Lock()
	temporal.down = errDown
	temporal.mu.Unlock()
	s.manage(http.MethodPost, "messages", messageConfirmed)
	s.until("FAIL while Temporal is down", func() bool {
		return s.metric("miniflow_channel_frames_total", "failed") >= 2 && s.metric("miniflow_door_unaccepted_total", "websocket", "error") >= 2
	})
	temporal.mu.Lock()
	temporal.down, temporal.calls = nil, nil
	temporal.mu.Unlock()
	s.until("SUCCESS", func() bool { return s.metric("miniflow_channel_frames_total", "accepted") == 1 })
	s.until("the simulator has it", func() bool { return strings.Contains(s.manage(http.MethodGet, "deliveries", ""), `"body":"SUCCESS"`) })

	temporal.mu.Lock()
	defer temporal.mu.Unlock()
	if len(temporal.calls) != 1 {
		t.Fatalf("Temporal was called %d times: %+v", len(temporal.calls), temporal.calls)
	}
	call := temporal.calls[0]
	if call.WorkflowID != order.WorkflowID(doorApp, "OUT1") || call.Notification.Channel != string(ChannelWebSocket) ||
		call.Notification.Name != alipay.MessageMerchantConfirmed || call.Notification.NotifyID == "" {
		t.Errorf("Temporal got %+v", call)
	}
	if s.metric("miniflow_channel_connected", doorApp) != 1 || s.metric("miniflow_channel_connections_total", doorApp) != 1 {
		t.Error("the metrics do not tell of the one connection")
	}
}

// TestAForgerOnTheLongConnection checks that a forged message is answered FAIL, counted and
// logged with its reason, and never reaches Temporal.
func TestAForgerOnTheLongConnection(t *testing.T) {
	for fault, seen := range map[string]func(*linkEnv) bool{
		"wrong_key": func(s *linkEnv) bool {
			return s.metric("miniflow_door_refusals_total", "websocket", string(notify.ReasonBadSignature)) == 1
		},
		"other_app": func(s *linkEnv) bool {
			return s.metric("miniflow_door_refusals_total", "websocket", string(notify.ReasonUnknownApp)) == 1
		},
		"forged_data": func(s *linkEnv) bool {
			return s.metric("miniflow_channel_frames_total", string(channel.ReasonDuplicate)) == 1
		},
	} {
		t.Run(fault, func(t *testing.T) {
			temporal := newDoorTemporal(order.WorkflowID(doorApp, "OUT1"))
			s := openLink(t, temporal)
			s.until("connected", s.connected)
			s.manage(http.MethodPut, "faults", `{"channel":[{"kind":"`+fault+`","times":1}]}`)
			s.manage(http.MethodPost, "messages", messageConfirmed)
			s.until("the genuine one", func() bool { return s.metric("miniflow_channel_frames_total", "accepted") == 1 })
			if !seen(s) {
				t.Errorf("the refusal is not counted:\n%s", s.log)
			}
			temporal.mu.Lock()
			defer temporal.mu.Unlock()
			if len(temporal.calls) != 1 {
				t.Errorf("Temporal was called %d times", len(temporal.calls))
			}
		})
	}
}

// TestReadinessTellsOfLongConnections checks that readiness shows them but does not depend on
// them.
func TestReadinessTellsOfLongConnections(t *testing.T) {
	s := openLink(t, newDoorTemporal())
	health := ingress.NewHealth(nil, []ingress.Link{s.link}, slog.New(slog.DiscardHandler), time.Now)
	status := func() (int, string) {
		w := httptest.NewRecorder()
		health.Readyz(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		return w.Code, w.Body.String()
	}
	s.until("connected", func() bool {
		_, body := status()
		return strings.Contains(body, `"long_connections":[{"app_id":"`+doorApp+`","state":"connected"`)
	})
	s.manage(http.MethodPut, "faults", `{"channel":[{"kind":"register_failure","times":2,"code":"40002"}]}`)
	s.manage(http.MethodPost, "apps/"+doorApp+"/disconnect", "")
	s.until("waiting, and why", func() bool {
		code, body := status()
		return code == http.StatusOK && strings.Contains(body, `"state":"waiting"`) && strings.Contains(body, `"last_step":"register","last_cause":"refused"`)
	})
	s.until("connected again", s.connected)
	s.until("the metrics tell how connections ended", func() bool { // they are counted after the state has changed
		return s.metric("miniflow_channel_ended_total", "register", "refused") == 2 && s.metric("miniflow_channel_connections_total", doorApp) == 2
	})
	s.stop()
	s.until("standby", func() bool { _, body := status(); return strings.Contains(body, `"state":"standby"`) })
	if bytes.Contains([]byte(s.log.String()), []byte("link_token")) {
		t.Error("the log shows a link_token")
	}
}
