package drift_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/drift"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

const appID = "2021000000000000"

// canaries are people's data that the odd answers and messages hold; none may be anywhere.
var canaries = []string{"13812345678", "91330106MA2CDEFG5K", "202611BBcanarytoken", "王小明", "wang.xiaoming@example.com", "ZHANGSANFENG1985"}

// twoSides are a simulated Alipay and what Miniflow compares it with.
type twoSides struct {
	t        *testing.T
	sim      *alipaysim.Simulator
	client   *gateway.Client
	ledger   *drift.Ledger
	registry *prometheus.Registry
	log      bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func (s *twoSides) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func newSides(t *testing.T) *twoSides {
	t.Helper()
	s := &twoSides{t: t, now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), registry: prometheus.NewRegistry()}
	ours, theirs := must(rsa.GenerateKey(rand.Reader, 2048))(t), must(rsa.GenerateKey(rand.Reader, 2048))(t)
	s.ledger = must(drift.NewLedger(slog.New(slog.NewTextHandler(&s.log, nil)), s.registry, s.clock))(t)
	verifier := must(notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: &theirs.PublicKey}}}}))(t)
	receive := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		n, err := verifier.Notification(body)
		if err != nil {
			t.Errorf("a push was refused: %v", err)
			return
		}
		s.ledger.Received(appID, n)
		_, _ = io.WriteString(w, "success")
	})
	s.sim = must(alipaysim.Open(alipaysim.Config{
		Path: filepath.Join(t.TempDir(), "alipay.db"), Volatile: true, Now: s.clock,
		Apps: []alipaysim.App{{ID: appID, AppPublicKey: &ours.PublicKey, AlipayPrivateKey: theirs, GatewayURL: "http://isv.invalid/alipay"}},
		HTTP: &http.Client{Transport: alipaysim.InProcess(receive)},
	}))(t)
	t.Cleanup(func() { _ = s.sim.Close() })
	s.client = must(gateway.NewClient(gateway.Config{
		AppID: appID, Endpoint: "http://127.0.0.1/gateway.do", PrivateKey: ours, Now: s.clock,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{&theirs.PublicKey} },
		HTTP:      &http.Client{Transport: alipaysim.InProcess(s.sim.Handler())},
		Compare:   func(a gateway.Answer) { s.ledger.Answered(appID, a) },
	}))(t)
	return s
}

// manage makes a call of the simulator's management API.
func (s *twoSides) manage(method, path, body string) {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(s.t.Context(), method, "http://127.0.0.1/sim/v1/"+path, strings.NewReader(body)))
	if w.Code >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
}

// pass has the simulator do what is due for a time.
func (s *twoSides) pass(d time.Duration) {
	s.t.Helper()
	end := s.clock().Add(d)
	for {
		next := must(s.sim.RunDue(s.t.Context()))(s.t)
		s.mu.Lock()
		done := next.IsZero() || next.After(end)
		if s.now = next; done {
			s.now = end
		}
		s.mu.Unlock()
		if done {
			return
		}
	}
}

// listed returns the one difference of a kind at a place, and fails where it is not there once.
func (s *twoSides) listed(kind drift.Kind, where, field string) drift.Difference {
	s.t.Helper()
	all := s.ledger.Report([]string{appID}, true).Differences
	all = slices.DeleteFunc(all, func(d drift.Difference) bool { return d.Kind != kind || d.Where != where || d.Field != field })
	if len(all) != 1 {
		s.t.Fatalf("%d differences of kind %s at %s %s, not 1: %+v", len(all), kind, where, field, s.ledger.Report([]string{appID}, false))
	}
	return all[0]
}

// secretless looks for the canaries in everything that the ledger shows.
func (s *twoSides) secretless() {
	s.t.Helper()
	shown := string(must(json.Marshal(s.ledger.Report([]string{appID}, true)))(s.t)) + s.log.String()
	for _, family := range must(s.registry.Gather())(s.t) {
		shown += family.String()
	}
	for _, canary := range canaries {
		if strings.Contains(shown, canary) {
			s.t.Errorf("%s is shown", canary)
		}
	}
}
