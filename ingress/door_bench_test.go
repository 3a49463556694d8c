package ingress

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay"
	"miniflow/order"
)

// sink accepts everything, at once.
type sink struct{}

func (sink) Accept(context.Context, order.Notification) (order.Disposition, error) {
	return order.DispositionWaiting, nil
}

// benchDoor is a whole door with a sink instead of Temporal and a log that is
// written to nowhere.
func benchDoor(b *testing.B) *Door {
	b.Helper()
	metrics, err := NewDoorMetrics(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	return NewDoor(DoorConfig{
		Verifier: doorVerifier(b, doorKeys().alipay), Metrics: metrics, Log: log, Now: time.Now,
		Intake: NewIntake(IntakeConfig{
			Acceptor: sink{}, Translator: NewTranslator(doorRing(b), time.Now), Metrics: metrics, Log: log, Now: time.Now,
		}),
	})
}

// benchPost lets the door answer these bodies in turn.
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

// BenchmarkDoor : a genuine message costs one signature check, a repeated one a
// hash, a forged one as many checks as it has candidate texts.
func BenchmarkDoor(b *testing.B) {
	b.Run("genuine", func(b *testing.B) {
		bodies := make([][]byte, 512)
		for i := range bodies {
			bodies[i] = confirmed().with("notify_id", strconv.Itoa(i)).signed(b, doorKeys().alipay)
		}
		benchPost(b, 200, newMemory(1, MemoryFor), bodies...) // so that each is checked each time
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
		sign, err := alipay.Sign(doorKeys().alipay, alipay.RSA2, text)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := alipay.Verify(&doorKeys().alipay.PublicKey, alipay.RSA2, text, sign); err != nil {
				b.Fatal(err)
			}
		}
	})
}
