package service_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/alipaysim"
	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress/door"
	"miniflow/internal/seal"
	"miniflow/order"
)

// world is a simulated Alipay, both doors of Miniflow, and the ISV's backend. In
// Temporal's place stands a fake that writes down what comes.
type world struct {
	column   column
	dir      string
	sim      *httptest.Server
	answers  chan doorAnswer
	temporal *fakeTemporal
	ring     *seal.Ring
	backend  *isvBackend
}

// doorAnswer is what Alipay was answered over HTTP.
type doorAnswer struct {
	status int
	body   string
}

func openWorld(t *testing.T, c column) *world {
	t.Helper()
	w := &world{column: c, dir: t.TempDir(), answers: make(chan doorAnswer, 100), temporal: &fakeTemporal{came: make(chan handed, 100)}}
	must(t, alipaysim.GenerateKeys(w.dir, agreedApp))
	key, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{5}, seal.KeySize)))
	must(t, err)
	w.ring, err = seal.New([]seal.Key{key})
	must(t, err)
	receiver, intake := w.doors(t)
	server := httptest.NewServer(receiver)
	t.Cleanup(server.Close)
	w.openAlipay(t, server.URL)
	w.backend = openBackend(t, w, read(t, w.dir, "alipay_public.pem"))
	if c.channel == door.ChannelWebSocket {
		w.connect(t, intake)
	}
	return w
}

// impatient are schedules by which nobody waits for an order.
func impatient() order.Schedules {
	schedules := order.DefaultSchedules()
	schedules.LocateFor = 1
	return schedules
}

// doors are the door as it is served and the intake behind it and the long connection.
func (w *world) doors(t *testing.T) (http.Handler, *door.Intake) {
	t.Helper()
	metrics, err := door.NewMetrics(prometheus.NewRegistry())
	must(t, err)
	private, err := keys.ParsePrivateKey(read(t, w.dir, "app_private.pem"))
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	intake := door.NewIntake(door.IntakeConfig{
		Acceptor:   door.NewRouter(w.temporal, impatient(), door.Forwarding{AppID: agreedApp, Raw: w.column.raw}),
		Translator: door.NewTranslator(w.ring, time.Now), Metrics: metrics, Log: log, Now: time.Now,
	})
	door := door.New(door.Config{
		Verifier: w.verifier(t), Intake: intake, Metrics: metrics, Log: log, Now: time.Now,
		GatewayKeys: map[string]door.GatewayKey{agreedApp: {Private: private}},
	})
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		door.ServeHTTP(recorded, r)
		out.WriteHeader(recorded.Code)
		_, _ = out.Write(recorded.Body.Bytes())
		w.answers <- doorAnswer{recorded.Code, recorded.Body.String()}
	}), intake
}

func (w *world) verifier(t *testing.T) *notify.Verifier {
	t.Helper()
	public, err := keys.ParsePublicKey(read(t, w.dir, "alipay_public.pem"))
	must(t, err)
	verifier, err := notify.NewVerifier([]notify.App{{ID: agreedApp, AlipayKeys: []keys.AlipayKey{{Public: public}}}})
	must(t, err)
	return verifier
}

// openAlipay starts the simulator.
func (w *world) openAlipay(t *testing.T, gateway string) {
	t.Helper()
	app, err := alipaysim.LoadApp(w.dir, agreedApp)
	must(t, err)
	app.GatewayURL, app.Charset = gateway, w.column.charset
	sim, err := alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(w.dir, "alipay.db"), Apps: []alipaysim.App{app}, Speed: 1000})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(ctx) }()
	w.sim = httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		w.sim.Close()
		must(t, sim.Close())
	})
}

// connect opens the long connection, as the process that takes its messages does.
func (w *world) connect(t *testing.T, intake *door.Intake) {
	t.Helper()
	private, err := keys.ParsePrivateKey(read(t, w.dir, "app_private.pem"))
	must(t, err)
	public, err := keys.ParsePublicKey(read(t, w.dir, "alipay_public.pem"))
	must(t, err)
	connected := make(chan struct{}, 100)
	c, err := channel.New(channel.Config{
		AppID: agreedApp, URL: w.sim.URL, PrivateKey: private, Verifier: w.verifier(t), AlipayKey: only(public),
		Charset: channel.Charset(w.column.charset),
		Handle: func(ctx context.Context, n *notify.Notification) error {
			_, err := intake.Take(ctx, n, door.ChannelWebSocket)
			return err
		},
		Observe: func(_ context.Context, e channel.Event) {
			if e.Outcome == channel.OutcomeConnected {
				connected <- struct{}{}
			}
		},
	})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
	})
	await(t, connected, "the long connection")
}

// sends has Alipay send a message over the column's channel, and returns its id.
func (w *world) sends(t *testing.T, m sentMessage) string {
	t.Helper()
	body := map[string]any{"channel": w.column.channel}
	for name, value := range m.body {
		body[name] = value
	}
	body[map[bool]string{false: "msg_method", true: "notify_type"}[m.legacy]] = m.name
	return w.send(t, body)
}

func (w *world) send(t *testing.T, body map[string]any) string {
	t.Helper()
	body["app_id"] = agreedApp
	text, err := json.Marshal(body)
	must(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.sim.URL+"/sim/v1/messages", bytes.NewReader(text))
	must(t, err)
	response, err := w.sim.Client().Do(request)
	must(t, err)
	answer, err := io.ReadAll(response.Body)
	must(t, errors.Join(err, response.Body.Close()))
	var sent struct {
		NotifyID string `json:"notify_id"`
	}
	if must(t, json.Unmarshal(answer, &sent)); response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("the simulator answers %d %s to %s", response.StatusCode, answer, text)
	}
	return sent.NotifyID
}

// answered is the next answer that Alipay gets over HTTP.
func (w *world) answered(t *testing.T) doorAnswer {
	t.Helper()
	return await(t, w.answers, "an answer of the door")
}

// await waits for what has to come.
func await[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case it := <-from:
		return it
	case <-time.After(30 * time.Second):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

// only is a book of keys with one in it.
func only(public keys.PublicKey) func(string) []keys.PublicKey {
	return func(string) []keys.PublicKey { return []keys.PublicKey{public} }
}
