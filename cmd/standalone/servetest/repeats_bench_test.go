package servetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/standalone/internal/embedded"
	"miniflow/ingress/door"
	"miniflow/internal/seal"
	"miniflow/internal/telemetry"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/workflows"
)

// BenchmarkRepeats measures what the second of two equal notifications costs, Temporal's
// server included, by where it is recognised: in the door's memory, by Temporal because
// of its request id, or in the workflow. It is the reason why the door has the first two:
// the workflow alone would be enough for the promise. Events are those that a repeat adds
// to the history of the mini program, which an operator has to read past.
func BenchmarkRepeats(b *testing.B) {
	temporal, err := embedded.Start(b.Context(), embedded.Config{
		Dir: b.TempDir(), Frontend: "127.0.0.1:0", UI: "127.0.0.1:0",
		SearchAttributes: service.SearchAttributes(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = temporal.Stop() })
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	for name, c := range map[string]struct{ requestIDs, bytes, fresh bool }{
		"the door remembers":    {requestIDs: true},
		"Temporal knows its id": {requestIDs: true, bytes: true},
		"the workflow knows it": {bytes: true},
		"a message of its own":  {fresh: true},
	} {
		b.Run(name, func(b *testing.B) {
			s := newRepeats(b, temporal, private, c.requestIDs)
			bodies, entities := s.bodies(b, c.bytes, c.fresh)
			events, cpu := s.events(b, entities), used(b)
			b.ResetTimer()
			for _, body := range bodies {
				s.post(b, body)
			}
			b.StopTimer()
			n := float64(b.N)
			b.ReportMetric(float64((used(b)-cpu).Microseconds())/n/1000, "cpu-ms/op")
			b.ReportMetric(float64(s.events(b, entities)-events)/n, "events/op")
		})
	}
}

// bodies posts a first message to each of as many mini programs as needed, and returns
// what b.N repeats of them send. A mini program gets a hundred, so that no history is
// long enough to continue as new.
func (s *repeats) bodies(b *testing.B, bytes, fresh bool) (bodies [][]byte, entities []string) {
	b.Helper()
	const each = 100
	var last []byte
	for i := range b.N {
		if i%each == 0 {
			entities = append(entities, fmt.Sprintf("2021%012d", time.Now().UnixNano()%1e12))
			s.post(b, s.message(b, entities[len(entities)-1], "first"))
		}
		miniAppID, id := entities[len(entities)-1], "first"
		if fresh {
			id = fmt.Sprint("own-", i)
		}
		body := last
		if fresh || i%each == 0 {
			body = s.message(b, miniAppID, id)
		}
		if bytes { // the door's memory knows a message by its bytes, the others by its content
			body = append(body[:len(body):len(body)], '&')
		}
		last, bodies = body, append(bodies, body)
	}
	return bodies, entities
}

// repeats is a door in front of a Temporal, with a worker behind it.
type repeats struct {
	client  client.Client
	door    *door.Door
	private *rsa.PrivateKey
}

func newRepeats(b *testing.B, temporal *embedded.Server, private *rsa.PrivateKey, requestIDs bool) *repeats {
	b.Helper()
	options := temporal.ClientOptions()
	if requestIDs {
		options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(temporalio.RequestIDs()))
	}
	dialled, err := client.DialContext(b.Context(), options)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(dialled.Close)
	w := worker.New(dialled, order.TaskQueue, worker.Options{})
	workflows.Register(w)
	if err := w.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Stop)
	key, err := seal.ParseKey("bench", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
	if err != nil {
		b.Fatal(err)
	}
	ring, err := seal.New([]seal.Key{key})
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: &private.PublicKey}}}})
	if err != nil {
		b.Fatal(err)
	}
	metrics, err := door.NewMetrics(telemetry.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	intake := door.NewIntake(door.IntakeConfig{
		Acceptor:   door.NewRouter(dialled, order.DefaultSchedules()),
		Translator: door.NewTranslator(ring, time.Now), Metrics: metrics, Log: log, Now: time.Now,
	})
	return &repeats{dialled, door.New(door.Config{Verifier: verifier, Intake: intake, Metrics: metrics, Log: log, Now: time.Now}), private}
}

// message is a signed form.
func (s *repeats) message(b *testing.B, miniAppID, id string) []byte {
	b.Helper()
	return signedForm(b, s.private, map[string]string{
		"app_id": appID, "charset": "UTF-8", "version": "1.1", "utc_timestamp": "1795300000000",
		"notify_id": id, "msg_method": "alipay.open.mini.version.audit.passed",
		"biz_content": fmt.Sprintf(`{"mini_app_id":"%s","bundle_id":"com.alipay.alipaywallet","mini_app_version":"0.0.1"}`, miniAppID),
	})
}

// signedForm is a form with a signature over these parameters.
func signedForm(t testing.TB, private keys.PrivateKey, parameters map[string]string) []byte {
	t.Helper()
	var text strings.Builder
	form := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if text.Len() > 0 {
			text.WriteByte('&')
		}
		text.WriteString(name + "=" + parameters[name])
		form.Set(name, parameters[name])
	}
	sign, err := keys.Sign(private, keys.RSA2, []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	form.Set("sign", sign)
	form.Set("sign_type", "RSA2")
	return []byte(form.Encode())
}

func (s *repeats) post(b *testing.B, body []byte) {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/alipay/notify", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.door.ServeHTTP(w, r)
	if answer, _ := io.ReadAll(w.Body); string(answer) != "success" {
		b.Fatalf("answered %d %s", w.Code, answer)
	}
}

// events counts the signals in the mini programs' histories, and what they set off there.
func (s *repeats) events(b *testing.B, entities []string) (count int64) {
	b.Helper()
	for _, miniAppID := range entities {
		history := s.client.GetWorkflowHistory(context.Background(), order.MiniProgramWorkflowID(appID, miniAppID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			if _, err := history.Next(); err != nil {
				b.Fatal(err)
			}
			count++
		}
	}
	return count
}

// used is the processor time of this process, which is Temporal's too.
func used(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
