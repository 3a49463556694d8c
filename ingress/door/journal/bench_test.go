package journal

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.etcd.io/bbolt"

	"miniflow/order"
)

// BenchmarkAppend holds the journal against bbolt's batches, the library that the simulator
// keeps its file with, at the same number of callers: what a message costs until it is
// durable. bbolt syncs twice for each commit, rewrites pages, and keeps its file mapped and at
// its largest size.
func BenchmarkAppend(b *testing.B) {
	payload := bytes.Repeat([]byte("x"), 2400)
	b.Run("journal", func(b *testing.B) {
		metrics, err := NewMetrics(prometheus.NewRegistry())
		if err != nil {
			b.Fatal(err)
		}
		j := New(Config{
			Dir: filepath.Join(b.TempDir(), "journal"), MaxMessages: 1 << 30, MaxBytes: 1 << 40, MaxAge: time.Hour, Workers: 1,
			Dispatcher: &temporal{}, Metrics: metrics, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		})
		if err := j.Open(); err != nil {
			b.Fatal(err)
		}
		concurrently(b, func(i int64) error {
			n := order.Notification{NotificationKey: order.NotificationKey{AppID: "2021", Digest: string(binary.BigEndian.AppendUint64(nil, uint64(i)))}} //nolint:gosec // it counts up from 1
			n.Content = order.Sealed(payload)
			_, err := j.Accept(b.Context(), n)
			return err
		})
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("bbolt", func(b *testing.B) {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), "bbolt"), fileMode, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: true})
		if err != nil {
			b.Fatal(err)
		}
		db.MaxBatchDelay = time.Millisecond
		concurrently(b, func(int64) error {
			return db.Batch(func(tx *bbolt.Tx) error {
				queue, err := tx.CreateBucketIfNotExists([]byte("queue"))
				if err != nil {
					return err
				}
				sequence, err := queue.NextSequence()
				if err != nil {
					return err
				}
				return queue.Put(binary.BigEndian.AppendUint64(nil, sequence), payload)
			})
		})
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	})
}

// concurrently calls do from as many goroutines as the door has places.
func concurrently(b *testing.B, do func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	b.SetParallelism(256 / runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(next.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
