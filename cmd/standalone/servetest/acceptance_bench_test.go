package servetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/standalone/internal/embedded"
	"miniflow/ingress"
	"miniflow/ingress/door"
	"miniflow/ingress/door/journal"
	"miniflow/internal/seal"
	"miniflow/internal/telemetry"
	"miniflow/order"
	"miniflow/temporalio"
)

const (
	burst     = 20_000 // messages offered at once to the journal and to the sink
	signalled = 5_000  // to Temporal, which is slower
	callers   = 128
	orders    = 200
)

// BenchmarkAcceptance holds the door against bare signals in one run, on one machine, with the
// server and the clients on it: with Temporal behind it, with the journal, and with a sink that
// accepts and forgets. Ratios are what it is for; `-benchtime=1x` runs it once.
func BenchmarkAcceptance(b *testing.B) {
	for range b.N {
		a := newAcceptance(b)
		bare := a.bareSignals(b, "bare", signalled)
		temporal := a.offer(b, a.temporalDoor(b), a.messages(b, "t", signalled))
		many := a.messages(b, "j", burst)
		sink := a.offer(b, a.door(b, forgets{}), many)
		kept := a.journal(b)
		journalled := a.offer(b, a.door(b, kept.journal), many)
		drained := kept.drain(b)
		bareMany := a.bareSignals(b, "many", burst)
		for name, l := range map[string]load{"sink": sink, "journal": journalled, "temporal": temporal} {
			b.ReportMetric(l.rate, name+"/s")
			b.ReportMetric(float64(l.cpu.Microseconds())/float64(len(l.took)), name+"-cpu-µs")
		}
		b.ReportMetric(bare, "bare-signals/s")
		b.ReportMetric(temporal.rate/bare, "temporal÷bare")
		b.ReportMetric(journalled.rate/bare, "journal÷bare")
		b.ReportMetric(journalled.rate/sink.rate, "journal÷sink")
		b.ReportMetric(drained/bareMany, "drain÷bare")
		a.paced(b, "sink", a.door(b, forgets{}), a.messages(b, "r", burst), .7*journalled.rate)
		a.paced(b, "journal", a.door(b, kept.journal), a.messages(b, "p", burst), .7*journalled.rate)
		kept.drain(b) // or it would go on beside what is measured next
		a.paced(b, "temporal", a.temporalDoor(b), a.messages(b, "q", 1_000), .7*temporal.rate)
	}
}

// forgets accepts everything.
type forgets struct{}

func (forgets) Accept(context.Context, order.Notification) (order.Disposition, error) {
	return order.DispositionWaiting, nil
}

// acceptance is a Temporal with orders that take signals and that no worker works on.
type acceptance struct {
	temporal *embedded.Server
	client   client.Client
	private  keys.PrivateKey
	ring     *seal.Ring
}

func newAcceptance(b *testing.B) *acceptance {
	b.Helper()
	temporal, err := embedded.Start(b.Context(), embedded.Config{
		Dir: b.TempDir(), Frontend: "127.0.0.1:0", UI: "127.0.0.1:0",
		SearchAttributes: service.SearchAttributes(), Logger: slog.New(slog.DiscardHandler),
	})
	ready(b, err)
	b.Cleanup(func() { _ = temporal.Stop() })
	options := temporal.ClientOptions()
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(temporalio.RequestIDs()))
	a := &acceptance{temporal: temporal}
	a.client, err = client.DialContext(b.Context(), options)
	ready(b, err)
	b.Cleanup(a.client.Close)
	a.private, err = rsa.GenerateKey(rand.Reader, 2048)
	ready(b, err)
	key, err := seal.ParseKey("bench", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
	ready(b, err)
	a.ring, err = seal.New([]seal.Key{key})
	ready(b, err)
	return a
}

// started starts the orders that the messages of a prefix are for.
func (a *acceptance) started(b *testing.B, prefix string) {
	b.Helper()
	for i := range orders {
		_, err := a.client.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{
			ID: order.WorkflowID(appID, orderNumber(prefix, i)), TaskQueue: "nobody",
			WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		}, order.WorkflowType)
		ready(b, err)
	}
}

func orderNumber(prefix string, i int) string { return fmt.Sprintf("%s%d", prefix, i%orders) }

func ready(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// messages returns n signed bodies for orders that have started.
func (a *acceptance) messages(b *testing.B, prefix string, n int) [][]byte {
	b.Helper()
	a.started(b, prefix)
	return a.signedFor(b, prefix, n)
}

// signedFor returns n signed bodies, made by two goroutines because that takes longest.
func (a *acceptance) signedFor(b *testing.B, prefix string, n int) [][]byte {
	b.Helper()
	bodies := make([][]byte, n)
	var makers sync.WaitGroup
	for k := range 2 {
		makers.Go(func() {
			for i := k; i < n; i += 2 {
				bodies[i] = signedForm(b, a.private, map[string]string{
					"app_id": appID, "charset": "UTF-8", "version": "1.1", "utc_timestamp": fmt.Sprint(time.Now().UnixMilli()),
					"notify_id": fmt.Sprint(prefix, i), "msg_method": "alipay.open.mini.merchant.confirmed",
					"biz_content": fmt.Sprintf(`{"order_no":"ORD%d","out_order_no":"%s","min_app_id":"2021000000000001","status":"AGREED","pid":"2088000000000001"}`, i, orderNumber(prefix, i)),
				})
			}
		})
	}
	makers.Wait()
	return bodies
}

// bareSignals is how many signals a second Temporal takes from as many callers, with what the
// door would send.
func (a *acceptance) bareSignals(b *testing.B, prefix string, n int) float64 {
	b.Helper()
	translator := door.NewTranslator(a.ring, time.Now)
	verifier := a.verifier(b)
	message, err := verifier.Notification(a.messages(b, prefix, 1)[0])
	ready(b, err)
	payload, err := translator.Translate(message, door.ChannelHTTP)
	ready(b, err)
	payload = payload.WithoutRaw()
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				if err := a.client.SignalWorkflow(b.Context(), order.WorkflowID(appID, orderNumber(prefix, i)), "", order.NotificationSignal, payload); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return float64(n) / time.Since(began).Seconds()
}

func (a *acceptance) verifier(b *testing.B) *notify.Verifier {
	b.Helper()
	verifier, err := notify.NewVerifier([]notify.App{{ID: appID, AlipayKeys: []keys.AlipayKey{{Public: keys.PublicOf(a.private)}}}})
	ready(b, err)
	return verifier
}

func (a *acceptance) temporalDoor(b *testing.B) string {
	b.Helper()
	return a.door(b, door.NewRouter(a.client, order.DefaultSchedules()))
}

// door serves a door on a port of its own and returns the address.
func (a *acceptance) door(b *testing.B, acceptor door.Acceptor) string {
	b.Helper()
	metrics, err := door.NewMetrics(telemetry.NewRegistry())
	ready(b, err)
	// As serve writes it, to nowhere: the lines cost what they cost.
	log, err := telemetry.NewLogger(io.Discard, telemetry.LogOptions{Format: telemetry.FormatJSON})
	ready(b, err)
	intake := door.NewIntake(door.IntakeConfig{
		Acceptor: acceptor, Translator: door.NewTranslator(a.ring, time.Now), Metrics: metrics, Log: log, Now: time.Now,
	})
	handler := door.New(door.Config{Verifier: a.verifier(b), Intake: intake, Metrics: metrics, Log: log, Now: time.Now})
	var listening net.ListenConfig
	listener, err := listening.Listen(b.Context(), "tcp", "127.0.0.1:0")
	ready(b, err)
	server := ingress.NewServer(handler, log, ingress.DefaultPatience())
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// kept is a journal that dispatches to Temporal.
type kept struct {
	journal *journal.Journal
}

func (a *acceptance) journal(b *testing.B) *kept {
	b.Helper()
	registry := telemetry.NewRegistry()
	doors, err := door.NewMetrics(registry)
	ready(b, err)
	metrics, err := journal.NewMetrics(registry)
	ready(b, err)
	log := slog.New(slog.DiscardHandler)
	k := &kept{journal.New(journal.Config{
		Dir: filepath.Join(b.TempDir(), "journal"), MaxMessages: 100_000, MaxBytes: 512 << 20, MaxAge: time.Hour,
		Workers: door.DispatchConcurrency, Patience: time.Minute,
		Dispatcher: door.NewDispatcher(door.NewRouter(a.client, order.DefaultSchedules()), doors, log),
		Metrics:    metrics, Log: log, Now: time.Now,
	})}
	ready(b, k.journal.Open())
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- k.journal.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		ready(b, <-ended)
	})
	return k
}

// drain returns how many messages a second leave the journal once nothing more arrives.
func (k *kept) drain(b *testing.B) float64 {
	b.Helper()
	began, left := time.Now(), k.journal.Status().Messages
	b.Logf("%d of %d wait at the end of the burst", left, burst)
	for k.journal.Status().Messages > 0 {
		<-time.After(10 * time.Millisecond)
	}
	return float64(left) / time.Since(began).Seconds()
}

// load is what a door made of what was offered.
type load struct {
	rate float64
	took []time.Duration
	cpu  time.Duration // of all in this process: door, callers, Temporal
}

func (l load) percentile(p float64) time.Duration {
	slices.Sort(l.took)
	return l.took[int(p*float64(len(l.took)-1))]
}

// offer posts the bodies as fast as the callers get their answers.
func (a *acceptance) offer(b *testing.B, address string, bodies [][]byte) load {
	b.Helper()
	began, cpu := time.Now(), used(b)
	took := a.post(b, address, bodies, func(int) time.Time { return time.Time{} })
	return load{float64(len(bodies)) / time.Since(began).Seconds(), took, used(b) - cpu}
}

// paced posts the bodies at a rate whatever the answers do; a latency begins at the moment
// when its message was due.
func (a *acceptance) paced(b *testing.B, name, address string, bodies [][]byte, rate float64) {
	b.Helper()
	began := time.Now()
	l := load{took: a.post(b, address, bodies, func(i int) time.Time {
		return began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
	})}
	b.ReportMetric(float64(l.percentile(.5).Microseconds())/1000, name+"-p50-ms")
	b.ReportMetric(float64(l.percentile(.99).Microseconds())/1000, name+"-p99-ms")
}

// post returns how long each answer took. due is when a message has to be sent; zero means at
// once.
func (a *acceptance) post(b *testing.B, address string, bodies [][]byte, due func(i int) time.Time) []time.Duration {
	b.Helper()
	took := make([]time.Duration, len(bodies))
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			connection, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = connection.Close() }()
			reader := bufio.NewReader(connection)
			for i := int(next.Add(1)) - 1; i < len(bodies); i = int(next.Add(1)) - 1 {
				began := time.Now()
				if at := due(i); !at.IsZero() {
					<-time.After(time.Until(at))
					began = at
				}
				if err := exchange(connection, reader, bodies[i]); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	return took
}

// exchange posts one message and wants it accepted.
func exchange(connection net.Conn, reader *bufio.Reader, body []byte) error {
	_, err := fmt.Fprintf(connection,
		"POST /alipay/notify HTTP/1.1\r\nHost: door\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	word, err := io.ReadAll(response.Body)
	if err == nil && !strings.HasPrefix(string(word), "success") {
		err = errors.New(response.Status)
	}
	return err
}
