package door

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/ingress"
	"miniflow/order"
)

// short returns limits that a test can wait for.
func short() ingress.Patience {
	return ingress.Patience{Request: 150 * time.Millisecond, Answer: 10 * time.Second, Idle: time.Second}
}

// serveDoor serves a door on a real TCP port and returns its address.
func serveDoor(t testing.TB, s *doorEnv, patience ingress.Patience) string {
	t.Helper()
	address, _ := serveCounting(t, s, patience)
	return address
}

// serveCounting is serveDoor, with the number of bytes that the server has read from all of
// its connections.
func serveCounting(t testing.TB, s *doorEnv, patience ingress.Patience) (address string, read *atomic.Int64) {
	t.Helper()
	return serveHandler(t, s, s.door, patience)
}

func serveHandler(t testing.TB, s *doorEnv, handler http.Handler, patience ingress.Patience) (address string, read *atomic.Int64) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	read = new(atomic.Int64)
	server := ingress.NewServer(handler, s.door.config.Log, patience)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(countingListener{listener, read}) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String(), read
}

// countingListener counts what is read from its connections.
type countingListener struct {
	net.Listener
	read *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{connection, l.read}, nil
}

type countingConn struct {
	net.Conn
	read *atomic.Int64
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

func connect(t testing.TB, address string) net.Conn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func write(t testing.TB, connection io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
}

// answers reads every answer of a connection until it is closed.
func answers(t testing.TB, connection net.Conn) []string {
	t.Helper()
	found := []string{}
	reader := bufio.NewReader(connection)
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return found
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		found = append(found, strconv.Itoa(response.StatusCode)+" "+strings.TrimSpace(string(body)))
	}
}

const formHead = "POST /alipay/notify HTTP/1.1\r\nHost: door\r\nContent-Type: application/x-www-form-urlencoded\r\n"

// closing returns a whole request after which the connection ends.
func closing(body []byte) string {
	return fmt.Sprintf("%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", formHead, len(body), body)
}

// exchange sends bytes over a connection of their own and returns the answers.
func exchange(t testing.TB, address, sent string) []string {
	t.Helper()
	connection := connect(t, address)
	write(t, connection, sent)
	return answers(t, connection)
}

// wantAccepted sends a whole request and expects the word that Alipay understands.
func wantAccepted(t testing.TB, address, sent string) {
	t.Helper()
	if diff := cmp.Diff([]string{"200 success"}, exchange(t, address, sent)); diff != "" {
		t.Error(diff)
	}
}

// genuineTimes posts genuine messages, each over a connection of its own, and returns their
// times, one after the other.
func genuineTimes(t testing.TB, address string, count int) []time.Duration {
	t.Helper()
	times := make([]time.Duration, count)
	for i := range times {
		body := confirmed().with("notify_id", rand.Text()).signed(t, doorKeys().alipay)
		began := time.Now()
		wantAccepted(t, address, closing(body))
		times[i] = time.Since(began)
	}
	return times
}

// wantUndelayed compares two rounds of one run. A shared machine has pauses of its own, so
// each round counts by its best third, and the bound is generous: it has to find a door at
// which genuine messages wait for strangers.
func wantUndelayed(t testing.TB, alone, crowded []time.Duration) {
	t.Helper()
	before, during := bestP99(alone), bestP99(crowded)
	if bound := 3*before + 50*time.Millisecond; during > bound {
		t.Errorf("p99 of genuine messages went from %v to %v, bound %v", before, during, bound)
	}
	t.Logf("genuine messages: p99 %v alone, %v in the crowd", before, during)
}

// bestP99 returns the p99 of the third of a round that the machine disturbed least. Delays of
// the door itself are in every third.
func bestP99(times []time.Duration) time.Duration {
	best := time.Duration(math.MaxInt64)
	for third := range slices.Chunk(times, (len(times)+2)/3) {
		sorted := slices.Sorted(slices.Values(third))
		best = min(best, sorted[len(sorted)*99/100])
	}
	return best
}

// kept opens what went to Temporal with the newest call: the content as a person will read
// it.
func (s *doorEnv) kept() string {
	s.t.Helper()
	n := s.temporal.last(s.t).Notification
	opened, err := s.ring.Open(n.Content, n.AppID, order.SealContent)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(opened)
}

// idle waits until at least so much was read, and then until nothing more is.
func idle(t *testing.T, read *atomic.Int64, least int64) int64 {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	for last, same := int64(-1), 0; same < 6; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d bytes were read, want %d", read.Load(), least)
		}
		now := read.Load()
		if same++; now != last || now < least {
			same = 0
		}
		last = now
	}
	return read.Load()
}

// watchMemory samples the heap until it is asked for the growth.
func watchMemory(t *testing.T) (peak func() uint64) {
	t.Helper()
	// On a busy machine garbage waits for its collector, and is not memory that the door
	// holds.
	percent := debug.SetGCPercent(25)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	var before, sample runtime.MemStats
	runtime.ReadMemStats(&before)
	highest := before.HeapInuse
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
			runtime.ReadMemStats(&sample)
			highest = max(highest, sample.HeapInuse)
		}
	}()
	return func() uint64 {
		stop()
		<-ended
		return highest - before.HeapInuse
	}
}
