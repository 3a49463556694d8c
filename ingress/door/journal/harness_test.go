package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"miniflow/order"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// temporal is a fake of what dispatch leads to. It records what it takes, by target.
type temporal struct {
	mu     sync.Mutex
	taken  []string // "target id", in order
	calls  int
	refuse func(n order.Notification) error
	takes  time.Duration
}

func (f *temporal) Target(n order.Notification) string { return n.OutOrderNo }

func (f *temporal) Dispatch(ctx context.Context, n order.Notification) error {
	if f.takes > 0 {
		select {
		case <-time.After(f.takes):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.refuse != nil {
		if err := f.refuse(n); err != nil {
			return err
		}
	}
	f.taken = append(f.taken, n.OutOrderNo+" "+n.NotifyID)
	return nil
}

func (f *temporal) setRefuse(refuse func(n order.Notification) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = refuse
}

// all returns what was taken; of one target, in order, when it is named.
func (f *temporal) all(target string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []string
	for _, one := range f.taken {
		if target == "" || strings.HasPrefix(one, target+" ") {
			found = append(found, one)
		}
	}
	return found
}

var errDown = errors.New("connection refused")

func down(order.Notification) error { return errDown }

// stuck refuses what goes to one target.
func stuck(n order.Notification) error {
	if n.OutOrderNo == "STUCK" {
		return errDown
	}
	return nil
}

// env is a journal in a directory, which several processes use one after the other.
type env struct {
	t        *testing.T
	dir      string
	temporal *temporal
	config   Config
	registry *prometheus.Registry
	log      *synced
	disk     func(disk) disk
	journal  *Journal
	stop     context.CancelFunc
	ended    chan error
}

func newEnv(t *testing.T) *env {
	t.Helper()
	return &env{t: t, dir: filepath.Join(t.TempDir(), "journal"), temporal: &temporal{}, config: Config{
		MaxMessages: 1000, MaxBytes: 64 << 20, MaxAge: time.Hour, Workers: 8, Patience: time.Second,
	}, disk: func(d disk) disk { return d }}
}

// start begins a process on the directory; it dispatches at once.
func (e *env) start() {
	e.t.Helper()
	e.open()
	e.run()
}

// open begins a process that dispatches nothing yet.
func (e *env) open() {
	e.t.Helper()
	e.registry, e.log = prometheus.NewRegistry(), &synced{}
	metrics, err := NewMetrics(e.registry)
	if err != nil {
		e.t.Fatal(err)
	}
	config := e.config
	config.Dir, config.Dispatcher, config.Metrics, config.Now = e.dir, e.temporal, metrics, time.Now
	config.Log = slog.New(slog.NewJSONHandler(e.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e.journal = New(config)
	d, err := openDirectory(e.dir)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.journal.openOn(e.disk(d)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) run() {
	ctx, stop := context.WithCancel(e.t.Context())
	e.stop, e.ended = stop, make(chan error, 1)
	journal, ended := e.journal, e.ended
	go func() { ended <- journal.Run(ctx) }()
}

// end ends the process as SIGTERM does.
func (e *env) end() {
	e.t.Helper()
	e.stop()
	if err := <-e.ended; err != nil {
		e.t.Fatal(err)
	}
}

// die ends the process as kill -9 does: nothing more is written, marked or tidied.
func (e *env) die() {
	e.t.Helper()
	e.journal.writer.mu.Lock()
	e.journal.writer.closed = true
	e.journal.writer.mu.Unlock()
	signal(e.journal.writer.wake)
	e.journal.writing.Wait()
	for _, s := range e.journal.writer.segments {
		_ = s.file.Close()
	}
}

// drained waits until nothing waits any more.
func (e *env) drained() {
	e.t.Helper()
	for e.journal.Status().Messages > 0 {
		<-time.After(time.Millisecond)
	}
	synctest.Wait()
}

func message1(target, id string) order.Notification {
	return order.Notification{
		NotificationKey: order.NotificationKey{AppID: "2021", NotifyID: id, Digest: "digest of " + target},
		Name:            "alipay.open.mini.merchant.confirmed", Channel: "http", OutOrderNo: target, Content: "sealed",
	}
}

func (e *env) accept(n order.Notification) (order.Disposition, error) {
	return e.journal.Accept(e.t.Context(), n)
}

func (e *env) mustAccept(target string, ids ...string) {
	e.t.Helper()
	for _, id := range ids {
		if _, err := e.accept(message1(target, id)); err != nil {
			e.t.Fatalf("%s %s: %v", target, id, err)
		}
	}
}

func (e *env) want(target string, ids ...string) {
	e.t.Helper()
	want := make([]string, 0, len(ids))
	for _, id := range ids {
		want = append(want, target+" "+id)
	}
	if got := e.temporal.all(target); !slices.Equal(got, want) {
		e.t.Errorf("Temporal took %v, want %v", got, want)
	}
}

func (e *env) metric(name string) float64 {
	e.t.Helper()
	families, err := e.registry.Gather()
	if err != nil {
		e.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "miniflow_journal_"+name {
			return family.GetMetric()[0].GetCounter().GetValue() + family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	e.t.Fatalf("there is no metric %s", name)
	return 0
}

// files returns what is in the directory with its sizes.
func (e *env) files(suffix string) map[string]int64 {
	e.t.Helper()
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		e.t.Fatal(err)
	}
	found := map[string]int64{}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			e.t.Fatal(err)
		}
		if strings.HasSuffix(entry.Name(), suffix) {
			found[entry.Name()] = info.Size()
		}
		if info.Mode().Perm()&0o077 != 0 {
			e.t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
	}
	return found
}

// onlySegment returns the path and content of the one segment.
func (e *env) onlySegment() (string, []byte) {
	e.t.Helper()
	files := e.files(segmentSuffix)
	if len(files) != 1 {
		e.t.Fatalf("segments: %v", files)
	}
	for name := range files {
		path := filepath.Join(e.dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			e.t.Fatal(err)
		}
		return path, data
	}
	return "", nil
}

// synced is a log that several goroutines write.
type synced struct {
	mu sync.Mutex
	w  bytes.Buffer
}

// lines counts the lines with a text.
func (s *synced) lines(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.w.String(), text)
}

func (s *synced) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// ids returns n ids in order.
func ids(n int) []string {
	all := make([]string, 0, n)
	for i := range n {
		all = append(all, fmt.Sprintf("n%04d", i))
	}
	return all
}
