package door

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/keys"
	"miniflow/ingress"
	"miniflow/ingress/door/journal"
	"miniflow/ingress/internal/ingresstest"
	"miniflow/order"
)

// sink accepts everything immediately.
type sink struct{}

func (sink) Accept(context.Context, order.Notification) (order.Disposition, error) {
	return order.DispositionWaiting, nil
}

// unkept makes every message one of its own, since the benchmark sends the same few again.
type unkept struct {
	*journal.Journal
	count *atomic.Int64
}

func (u unkept) Accept(ctx context.Context, n order.Notification) (order.Disposition, error) {
	n.NotifyID = strconv.FormatInt(u.count.Add(1), 10)
	return u.Journal.Accept(ctx, n)
}

// benchJournal returns a journal that dispatches nothing, as in the worst of a burst.
func benchJournal(b *testing.B) Acceptor {
	b.Helper()
	metrics, err := journal.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	j := journal.New(journal.Config{
		Dir: b.TempDir(), MaxMessages: 1 << 30, MaxBytes: 1 << 40, MaxAge: time.Hour,
		Dispatcher: NewDispatcher(NewRouter(newDoorTemporal(), order.DefaultSchedules()), nil, nil),
		Metrics:    metrics, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err := j.Open(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ended, end := context.WithCancel(context.Background())
		end()
		if err := j.Run(ended); err != nil {
			b.Error(err)
		}
	})
	return unkept{j, &atomic.Int64{}}
}

// benchDoor returns a complete door with a sink instead of Temporal and a discarded log.
func benchDoor(b *testing.B) *Door {
	b.Helper()
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	return New(Config{
		Verifier: doorVerifier(b, doorKeys().alipay), Metrics: metrics, Log: log, Now: time.Now,
		Intake: NewIntake(IntakeConfig{
			Acceptor: sink{}, Translator: NewTranslator(ingresstest.Ring(b), time.Now), Metrics: metrics, Log: log, Now: time.Now,
		}),
	})
}

// benchPost has the door answer these bodies in turn.
func benchPost(b *testing.B, want int, memory *memory, bodies ...[]byte) {
	b.Helper()
	door := benchDoor(b)
	door.trust.Load().memory = memory
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", bytes.NewReader(bodies[i%len(bodies)]))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != want {
			b.Fatalf("answered %d", w.Code)
		}
	}
}

// benchServe measures how many messages a second the door answers on a real port, to clients
// that keep their connections. The clients run on the same processors.
func benchServe(b *testing.B, acceptor Acceptor, want string, bodies ...[]byte) {
	b.Helper()
	s := openDoor(b, newDoorTemporal(), func(c *IntakeConfig) { c.Acceptor, c.Log, c.Now = acceptor, slog.New(slog.DiscardHandler), time.Now })
	s.door.config.Log = slog.New(slog.DiscardHandler)
	s.door.trust.Load().memory = newMemory(1, MemoryFor)
	address := serveDoor(b, s, ingress.DefaultPatience())
	var next atomic.Int64
	b.SetParallelism(64) // connections, so that a sync is shared as in a burst
	b.ReportAllocs()
	began := used(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		connection := connect(b, address)
		reader := bufio.NewReader(connection)
		for pb.Next() {
			body := bodies[int(next.Add(1))%len(bodies)]
			word, err := say(connection, reader, body)
			if err != nil || word != want {
				b.Errorf("answered %q, %v", word, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	b.ReportMetric(float64((used(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
}

// used is the processor time of this process, which says more than the clock on a machine that
// others use too.
func used(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// genuineBodies returns more than a door that remembers one can remember.
func genuineBodies(b *testing.B) [][]byte {
	b.Helper()
	bodies := make([][]byte, 512)
	for i := range bodies {
		bodies[i] = confirmed().with("notify_id", strconv.Itoa(i)).signed(b, doorKeys().alipay)
	}
	return bodies
}

// BenchmarkDoorServing measures the complete door behind its server, with a sink instead of
// Temporal.
func BenchmarkDoorServing(b *testing.B) {
	b.Run("genuine", func(b *testing.B) { benchServe(b, sink{}, wordSuccess, genuineBodies(b)...) })
	b.Run("journaled", func(b *testing.B) { benchServe(b, benchJournal(b), wordSuccess, genuineBodies(b)...) })
	b.Run("duplicate", func(b *testing.B) { benchServe(b, sink{}, wordSuccess, confirmed().signed(b, doorKeys().alipay)) })
	b.Run("forged", func(b *testing.B) { benchServe(b, sink{}, wordFail, confirmed().signed(b, doorKeys().other)) })
	b.Run("unknown app", func(b *testing.B) {
		benchServe(b, sink{}, wordFail, confirmed().with("app_id", "1").signed(b, doorKeys().alipay))
	})
}

// BenchmarkDoor shows that a genuine message costs one signature check, a repeated one a
// hash, a forged one as many checks as it has candidate texts.
func BenchmarkDoor(b *testing.B) {
	b.Run("genuine", func(b *testing.B) {
		benchPost(b, 200, newMemory(1, MemoryFor), genuineBodies(b)...) // so that each is checked each time
	})
	b.Run("repeated", func(b *testing.B) {
		benchPost(b, 200, newMemory(1, MemoryFor), confirmed().signed(b, doorKeys().alipay))
	})
	b.Run("forged", func(b *testing.B) {
		benchPost(b, 403, newMemory(1, MemoryFor), confirmed().signed(b, doorKeys().other))
	})
	b.Run("unknown app", func(b *testing.B) {
		benchPost(b, 403, newMemory(1, MemoryFor), confirmed().with("app_id", "1").signed(b, doorKeys().alipay))
	})
	b.Run("bare RSA check", func(b *testing.B) {
		text := []byte("text")
		sign, err := keys.Sign(doorKeys().alipay, keys.RSA2, text)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := keys.Verify(&doorKeys().alipay.PublicKey, keys.RSA2, text, sign); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkGenuineUnderForgery measures how long genuine messages take at a steady rate while
// nobody else sends, and while forgers send as fast as they get answers, over connections of
// their own: from an address of their own, or, as behind a proxy, from the same one. Only the
// ratio says something. With the same address the first message of each connection waits with
// the forgers' own.
func BenchmarkGenuineUnderForgery(b *testing.B) {
	b.Run("another address", func(b *testing.B) { benchForgery(b, "127.0.0.2") })
	b.Run("the same address", func(b *testing.B) { benchForgery(b, "127.0.0.1") })
}

func benchForgery(b *testing.B, from string) {
	b.Helper()
	const perSecond, forgers = 500, 32
	for range b.N {
		s := openDoor(b, newDoorTemporal(), func(c *IntakeConfig) { c.Acceptor, c.Log, c.Now = sink{}, slog.New(slog.DiscardHandler), time.Now })
		s.door.config.Log, s.door.config.Now, s.door.senders = slog.New(slog.DiscardHandler), time.Now, newSenders(time.Now)
		address := serveDoor(b, s, ingress.DefaultPatience())
		genuine := make([][]byte, 6*perSecond)
		for i := range genuine {
			genuine[i] = confirmed().with("notify_id", strconv.Itoa(i)).signed(b, doorKeys().alipay)
		}
		forged := confirmed().signed(b, doorKeys().other)
		steady(b, address, genuine[:perSecond], perSecond) // warm
		alone := steady(b, address, genuine[perSecond:3*perSecond], perSecond)
		ctx, stop := context.WithCancel(b.Context())
		var all sync.WaitGroup
		var refused atomic.Int64
		for range forgers {
			all.Go(func() {
				dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
				connection, err := dialer.DialContext(b.Context(), "tcp", address)
				if err != nil {
					b.Error(err)
					return
				}
				defer func() { _ = connection.Close() }()
				reader := bufio.NewReader(connection)
				for ctx.Err() == nil {
					_, _ = say(connection, reader, forged)
					refused.Add(1)
				}
			})
		}
		under := steady(b, address, genuine[3*perSecond:5*perSecond], perSecond)
		stop()
		all.Wait()
		for name, p := range map[string]float64{"p50": .5, "p99": .99} {
			b.ReportMetric(float64(percentile(alone, p).Microseconds())/1000, "alone-"+name+"-ms")
			b.ReportMetric(float64(percentile(under, p).Microseconds())/1000, "forged-"+name+"-ms")
		}
		b.ReportMetric(float64(refused.Load())/2, "forged/s")
	}
}

// steady posts the bodies at a rate, and returns how long each took from the moment when it
// was due.
func steady(b *testing.B, address string, bodies [][]byte, perSecond int) []time.Duration {
	b.Helper()
	took := make([]time.Duration, len(bodies))
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range 16 {
		all.Go(func() {
			connection := connect(b, address)
			reader := bufio.NewReader(connection)
			for i := int(next.Add(1)) - 1; i < len(bodies); i = int(next.Add(1)) - 1 {
				due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
				<-time.After(time.Until(due))
				if word, err := say(connection, reader, bodies[i]); err != nil || word != wordSuccess {
					b.Errorf("answered %q, %v", word, err)
					return
				}
				took[i] = time.Since(due)
			}
		})
	}
	all.Wait()
	return took
}

func say(connection net.Conn, reader *bufio.Reader, body []byte) (string, error) {
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(connection, "%sContent-Length: %d\r\n\r\n%s", formHead, len(body), body); err != nil {
		return "", err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return "", err
	}
	word, err := io.ReadAll(response.Body)
	return string(word), err
}

func percentile(took []time.Duration, p float64) time.Duration {
	slices.Sort(took)
	return took[int(p*float64(len(took)-1))]
}
