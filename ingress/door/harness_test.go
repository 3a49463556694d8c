package door

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress/internal/ingresstest"
	"miniflow/internal/seal"
	"miniflow/order"
)

const (
	doorApp  = "2021999999999999"
	doorMini = "2021000000000001"
)

// doorNow is the time of every test of the door.
func doorNow() time.Time { return time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC) }

// doorKeys are made once, because that is slow.
var doorKeys = sync.OnceValue(func() (keys struct{ alipay, other, application *rsa.PrivateKey }) {
	for _, key := range []**rsa.PrivateKey{&keys.alipay, &keys.other, &keys.application} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		*key = made
	}
	return keys
})

func doorVerifier(t testing.TB, key *rsa.PrivateKey) *notify.Verifier {
	t.Helper()
	verifier, err := notify.NewVerifier([]notify.App{{
		ID: doorApp, AlipayKeys: []keys.AlipayKey{{Public: &key.PublicKey}}, AESKey: []byte("0123456789abcdef"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// params are the parameters of one message.
type params map[string]string

// standard returns a message in the layout of version 1.1.
func standard(name, content string) params {
	return params{
		"app_id": doorApp, "notify_id": "n-" + name, "msg_method": name, "version": "1.1", "charset": "UTF-8",
		"utc_timestamp": millis(doorNow().Add(-time.Second)), "biz_content": content,
	}
}

// authorised returns open_app_auth_notify, in the layout of version 1.0.
func authorised(content string) params {
	return params{
		"app_id": doorApp, "auth_app_id": doorMini, "notify_id": "n-" + alipay.MessageOpenAppAuth, "notify_type": alipay.MessageOpenAppAuth, "status": "execute_auth",
		"notify_time": "2026-11-20 15:59:59", "charset": "UTF-8", "biz_content": content,
	}
}

func (p params) with(name, value string) params {
	changed := maps.Clone(p)
	changed[name] = value
	return changed
}

// signed returns the body as Alipay would send it, under the rule that leaves sign_type out
// of the signed text.
func (p params) signed(t testing.TB, key *rsa.PrivateKey) []byte {
	t.Helper()
	return p.signedAs(t, key, keys.RSA2)
}

// signedSHA1 returns the body of an app that never left the old algorithm.
func (p params) signedSHA1(t testing.TB, key *rsa.PrivateKey) []byte {
	t.Helper()
	return p.signedAs(t, key, keys.RSA)
}

func (p params) signedAs(t testing.TB, key *rsa.PrivateKey, signType keys.SignType) []byte {
	t.Helper()
	pairs := make([]string, 0, len(p))
	for _, name := range slices.Sorted(maps.Keys(p)) {
		pairs = append(pairs, name+"="+p[name])
	}
	sign, err := keys.Sign(key, signType, []byte(strings.Join(pairs, "&")))
	if err != nil {
		t.Fatal(err)
	}
	return p.with("sign", sign).with("sign_type", string(signType)).encode()
}

func (p params) encode() []byte {
	values := url.Values{}
	for name, value := range p {
		values.Set(name, value)
	}
	return []byte(values.Encode())
}

// confirmed returns the message that most tests send.
func confirmed() params {
	return standard(alipay.MessageMerchantConfirmed,
		`{"order_no":"ORD1","out_order_no":"OUT1","min_app_id":"`+doorMini+`","status":"AGREED","pid":"2088000000000001"}`)
}

// doorEnv is a door with everything behind it.
type doorEnv struct {
	t        testing.TB
	temporal *doorTemporal
	registry *prometheus.Registry
	log      *ingresstest.Buffer
	clock    *ingresstest.Clock
	ring     *seal.Ring
	intake   *Intake
	door     *Door
}

// openDoor returns a door in front of a Temporal. Options change the intake.
func openDoor(t testing.TB, temporal *doorTemporal, options ...func(*IntakeConfig)) *doorEnv {
	t.Helper()
	s := &doorEnv{
		t: t, temporal: temporal, registry: prometheus.NewRegistry(), log: &ingresstest.Buffer{},
		clock: ingresstest.NewClock(doorNow()), ring: ingresstest.Ring(t),
	}
	metrics, err := NewMetrics(s.registry)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := IntakeConfig{
		Acceptor: NewRouter(temporal, order.DefaultSchedules()), Translator: NewTranslator(s.ring, s.clock.Now),
		Metrics: metrics, Log: log, Now: s.clock.Now,
	}
	for _, option := range options {
		option(&config)
	}
	s.intake = NewIntake(config)
	s.door = New(Config{
		Verifier: doorVerifier(t, doorKeys().alipay), Intake: s.intake, Metrics: metrics, Log: log, Now: s.clock.Now,
		GatewayKeys: map[string]GatewayKey{doorApp: {Private: doorKeys().application}},
	})
	return s
}

// post sends a body as Alipay does.
func (s *doorEnv) post(body []byte) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/alipay/notify", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; text/html; charset=UTF-8")
	return s.send(r)
}

func (s *doorEnv) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	return w
}

// wantAnswer checks the two things that Alipay looks at.
func wantAnswer(t testing.TB, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || w.Body.String() != body {
		t.Errorf("answered %d %q, want %d %q", w.Code, w.Body, status, body)
	}
}

// metric sums a metric's series whose labels contain all of the given values.
func (s *doorEnv) metric(name string, labels ...string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		for _, series := range family.GetMetric() {
			if family.GetName() == name && hasLabels(series, labels) {
				sum += series.GetCounter().GetValue() + series.GetGauge().GetValue() + float64(series.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

func hasLabels(series *dto.Metric, values []string) bool {
	for _, value := range values {
		if !slices.ContainsFunc(series.GetLabel(), func(l *dto.LabelPair) bool { return l.GetValue() == value }) {
			return false
		}
	}
	return true
}

// records returns the log's records.
func (s *doorEnv) records() []map[string]any {
	s.t.Helper()
	var found []map[string]any
	for line := range strings.Lines(s.log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			s.t.Fatal(err)
		}
		found = append(found, record)
	}
	return found
}

var errDown = errors.New("connection refused")

func millis(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }
