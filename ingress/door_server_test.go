package ingress

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// short is patience that a test can wait out.
func short() Patience {
	return Patience{Request: 150 * time.Millisecond, Answer: 10 * time.Second, Idle: time.Second}
}

// serveDoor puts a door on a real TCP port and returns its address.
func serveDoor(t testing.TB, s *doorStand, patience Patience) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(s.door, slog.New(slog.DiscardHandler), patience)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return listener.Addr().String()
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

// answers reads every answer that a connection gives until it is closed.
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

// closing is a whole request after which the connection ends.
func closing(body []byte) string {
	return fmt.Sprintf("%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", formHead, len(body), body)
}

func TestSlowClientsAreSentAway(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	for name, c := range map[string]struct {
		head string
		want []string
	}{
		"says nothing":          {"", []string{}},
		"half a header":         {"POST /alipay/notify HTTP/1.1\r\nHost: door\r\n", []string{}},
		"no body":               {formHead + "Content-Length: 100\r\n\r\n", []string{"408 fail"}},
		"half a body":           {formHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(genuine), genuine[:100]), []string{"408 fail"}},
		"half a chunk":          {formHead + "Transfer-Encoding: chunked\r\n\r\n100\r\nabc", []string{"408 fail"}},
		"no body, wrong type":   {"POST / HTTP/1.1\r\nHost: door\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n", []string{"415 fail"}},
		"no body, wrong method": {"PUT / HTTP/1.1\r\nHost: door\r\nContent-Length: 100\r\n\r\n", []string{"405 fail"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openDoor(t, newDoorTemporal(orderOne))
			connection := connect(t, serveDoor(t, s, short()))
			write(t, connection, c.head)
			if diff := cmp.Diff(c.want, answers(t, connection)); diff != "" {
				t.Error(diff)
			}
			if calls := s.temporal.operations(); len(calls) != 0 {
				t.Errorf("Temporal was asked for %v", calls)
			}
		})
	}
}

// One byte after the other keeps a deadline on silence away for ever; ours is on
// the whole body.
func TestTrickledBodyIsSentAway(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	connection := connect(t, serveDoor(t, s, short()))
	body := confirmed().signed(t, doorKeys().alipay)
	write(t, connection, fmt.Sprintf("%sContent-Length: %d\r\n\r\n", formHead, len(body)))
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	go func() {
		for _, b := range body {
			<-tick.C
			if _, err := connection.Write([]byte{b}); err != nil {
				return
			}
		}
	}()
	if diff := cmp.Diff([]string{"408 fail"}, answers(t, connection)); diff != "" {
		t.Error(diff)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// The deadline on the body must not strike while Temporal is asked.
func TestDeadlineEndsWithTheBody(t *testing.T) {
	patience := short()
	temporal := newDoorTemporal(orderOne)
	temporal.during = func() {
		waited := time.NewTimer(2 * patience.Request)
		<-waited.C
	}
	s := openDoor(t, temporal)
	for _, head := range []string{"", "Expect: 100-continue\r\n"} {
		connection := connect(t, serveDoor(t, s, patience))
		body := confirmed().with("notify_id", "n"+head[:min(1, len(head))]).signed(t, doorKeys().alipay)
		write(t, connection, strings.Replace(closing(body), "Connection", head+"Connection", 1))
		got := answers(t, connection)
		if got[len(got)-1] != "200 success" {
			t.Errorf("answered %q: %s", got, s.log)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	address := serveDoor(t, s, DefaultPatience())
	for name, text := range map[string]string{
		"one of a megabyte": "X-Long: " + strings.Repeat("x", 1<<20) + "\r\n",
		"very many":         strings.Repeat("X-Many: 1\r\n", 10_000),
	} {
		connection := connect(t, address)
		go func() { _, _ = io.WriteString(connection, formHead+text+"Content-Length: 0\r\n\r\n") }()
		if got := answers(t, connection); len(got) != 1 || !strings.HasPrefix(got[0], "431") {
			t.Errorf("%s: answered %q", name, got)
		}
	}
	genuine := confirmed().signed(t, doorKeys().alipay)
	connection := connect(t, address)
	write(t, connection, strings.Replace(closing(genuine), "Connection", "X-Long: "+strings.Repeat("x", MaxHeaderBytes/2)+"\r\nConnection", 1))
	if diff := cmp.Diff([]string{"200 success"}, answers(t, connection)); diff != "" {
		t.Error(diff)
	}
}

// Two ways to say where a body ends are the classic way to smuggle a request.
func TestSmugglingAndPipelining(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	other := confirmed().with("notify_id", "n2").signed(t, doorKeys().alipay)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(genuine), genuine)
	for name, c := range map[string]struct {
		sent string
		want []string
	}{
		"pipelined": {fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", formHead, len(other), other) + closing(genuine), []string{"200 success", "200 success"}},
		"chunked":   {formHead + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []string{"200 success"}},
		"CL and TE: the chunks count": {
			formHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + closing(other), []string{"200 success", "200 success"}},
		"two lengths":  {formHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", []string{"400 400 Bad Request"}},
		"TE unknown":   {formHead + "Transfer-Encoding: xchunked\r\n\r\n" + chunked, []string{"501 Unsupported transfer encoding"}},
		"absolute URI": {strings.Replace(closing(genuine), "POST /alipay", "POST http://evil/alipay", 1), []string{"200 success"}},
		"traversal":    {strings.Replace(closing(genuine), "/alipay/notify", "/../../etc/passwd", 1), []string{"200 success"}},
		"body cut off": {formHead + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", []string{"400 fail"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			connection := connect(t, serveDoor(t, s, DefaultPatience()))
			write(t, connection, c.sent)
			if diff := cmp.Diff(c.want, answers(t, connection)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// endless is a body of zeroes that counts what was taken from it.
type endless struct{ read, size int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.size-e.read)
	if n == 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	e.read += n
	return n, nil
}

func TestHugeBodyIsReadToTheLimitOnly(t *testing.T) {
	const size = 12 << 20
	for name, length := range map[string]int64{"announced": size, "chunked": -1} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal())
			body := &endless{size: size}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/alipay/notify", body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = length
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			wantAnswer(t, s.send(r), 413, "fail")
			if length > 0 && body.read != 0 || body.read > MaxNotificationBody+1 {
				t.Errorf("%d bytes read", body.read)
			}
		})
	}
}

// Two hundred of them at once, over TCP: the memory stays flat, and a genuine
// message among them gets through.
func TestManyHugeBodiesAtOnce(t *testing.T) {
	const parallel, size, bound = 200, 12 << 20, 96 << 20
	s := openDoor(t, newDoorTemporal(orderOne))
	patience := DefaultPatience()
	patience.Request = time.Minute // the bodies are large here, not slow, whatever the machine
	address := serveDoor(t, s, patience)
	runtime.GC()
	peak := watchMemory(t)
	var all sync.WaitGroup
	for i := range parallel {
		all.Go(func() {
			postHuge(t, address, size, i%2 == 0)
		})
	}
	connection := connect(t, address)
	write(t, connection, closing(confirmed().signed(t, doorKeys().alipay)))
	if diff := cmp.Diff([]string{"200 success"}, answers(t, connection)); diff != "" {
		t.Error(diff)
	}
	all.Wait()
	if grown := peak(); grown > bound {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	large, crowded := s.metric("miniflow_door_refusals_total", "too_large"), s.metric("miniflow_door_refusals_total", "crowded")
	if large == 0 || large+crowded != parallel {
		t.Errorf("%v too large, %v crowded out, of %d", large, crowded, parallel)
	}
}

// postHuge sends a huge body until the door has had enough of it. What comes back
// can be lost in the reset of a connection that is closed while data arrives; the
// door's own count is exact.
func postHuge(t *testing.T, address string, size int, announced bool) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/alipay/notify", &endless{size: size})
	if err != nil {
		t.Error(err)
		return
	}
	if announced {
		r.ContentLength = int64(size)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusRequestEntityTooLarge && response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered %s", response.Status)
	}
}

// watchMemory samples the heap until it is asked by how much it grew.
func watchMemory(t *testing.T) (peak func() uint64) {
	t.Helper()
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

// Half-open connections hold nothing that a genuine message needs.
func TestHalfOpenConnectionsDoNotDelayOthers(t *testing.T) {
	const halfOpen = 200
	s := openDoor(t, newDoorTemporal(orderOne))
	patience := DefaultPatience()
	patience.Request = 2 * time.Second
	address := serveDoor(t, s, patience)
	connections := make([]net.Conn, halfOpen)
	for i := range connections {
		connections[i] = connect(t, address)
		write(t, connections[i], []string{"POST / HT", formHead + "Content-Length: 900\r\n\r\na=1"}[i%2])
	}
	began := time.Now()
	for i := range 50 {
		connection := connect(t, address)
		write(t, connection, closing(confirmed().with("notify_id", strconv.Itoa(i)).signed(t, doorKeys().alipay)))
		if diff := cmp.Diff([]string{"200 success"}, answers(t, connection)); diff != "" {
			t.Fatal(diff)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("fifty genuine messages took %v", took)
	}
	for i, connection := range connections {
		if got := answers(t, connection); i%2 == 1 && !cmp.Equal(got, []string{"408 fail"}) {
			t.Errorf("connection %d was answered %q", i, got)
		}
	}
	if took := time.Since(began); took > 3*5*time.Second {
		t.Errorf("they were held for %v", took)
	}
}

// Too many large bodies wait, and are sent away when it takes too long.
func TestLargeBodiesTakeTurns(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	for range LargeBodies {
		_, reason := s.door.largePlace(t.Context())
		if reason != "" {
			t.Fatal(reason)
		}
	}
	ctx, gone := context.WithCancel(t.Context())
	gone()
	if _, reason := s.door.largePlace(ctx); reason != ReasonCrowded {
		t.Errorf("reason %q", reason)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(make([]byte, SmallNotificationBody)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	wantAnswer(t, s.send(r), 503, "fail")
}
