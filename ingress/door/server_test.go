package door

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/ingress"
)

// Clients that never end, on connections of their own. The limits are shortened here; the
// test is about who they affect.
func TestSlowClientsAreSentAway(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	for row, c := range map[string]struct {
		head string
		then string // sent one byte after the other
		want []string
	}{
		"X13 says nothing":        {"", "", []string{}},
		"X13 half a request line": {"POST /ali", "", []string{"400 400 Bad Request"}},
		"X13 half a header":       {"POST /alipay/notify HTTP/1.1\r\nHost: door\r\n", "", []string{}},
		// The header's name is complete, because Go answers 400 to a line that ends in the
		// middle of one.
		"X13 a header byte by byte":     {"POST /alipay/notify HTTP/1.1\r\nX-A: ", strings.Repeat("1", 800), []string{}},
		"X14 no body":                   {formHead + "Content-Length: 100\r\n\r\n", "", []string{"408 fail"}},
		"X14 half a body":               {formHead + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(genuine), genuine[:100]), "", []string{"408 fail"}},
		"X14 half a chunk":              {formHead + "Transfer-Encoding: chunked\r\n\r\n100\r\nabc", "", []string{"408 fail"}},
		"X14 a body byte by byte":       {fmt.Sprintf("%sContent-Length: %d\r\n\r\n", formHead, len(genuine)), string(genuine), []string{"408 fail"}},
		"X14 chunks of one byte":        {formHead + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("1\r\na\r\n", 100), []string{"408 fail"}},
		"X14 no body, of another type":  {"POST / HTTP/1.1\r\nHost: door\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n", "", []string{"415 fail"}},
		"X14 no body, another's method": {"PUT / HTTP/1.1\r\nHost: door\r\nContent-Length: 100\r\n\r\n", "", []string{"405 fail"}},
	} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			s := openDoor(t, newDoorTemporal(orderOne))
			connection := connect(t, serveDoor(t, s, short()))
			began := time.Now()
			write(t, connection, c.head)
			trickle(t, connection, c.then)
			if diff := cmp.Diff(c.want, answers(t, connection)); diff != "" {
				t.Error(diff)
			}
			// A closed connection, and not the ten seconds of this side.
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("held for %v, with a limit of %v", took, short().Request)
			}
			if calls := s.temporal.operations(); len(calls) != 0 {
				t.Errorf("Temporal was asked for %v", calls)
			}
		})
	}
	if ingress.DefaultPatience().Request > 5*time.Second {
		t.Error("by default they are held for more than five seconds")
	}
}

// trickle sends one byte after the other, which never triggers a deadline on silence; it ends
// with the connection.
func trickle(t *testing.T, connection net.Conn, text string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	t.Cleanup(tick.Stop)
	go func() {
		for _, b := range []byte(text) {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				return
			}
			if _, err := connection.Write([]byte{b}); err != nil {
				return
			}
		}
	}()
}

// The deadline on the body must not apply while Temporal is called.
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
	genuine := confirmed().signed(t, doorKeys().alipay)
	withHeader := func(text string) string {
		return strings.Replace(closing(genuine), "Connection", text+"Connection", 1)
	}
	for row, c := range map[string]struct{ sent, status string }{
		"X14 a header of 1 MB":                   {withHeader("X-Long: " + strings.Repeat("x", 1<<20) + "\r\n"), "431"},
		"X14 10,000 headers":                     {withHeader(strings.Repeat("X-Many: 1\r\n", 10_000)), "431"},
		"X14 a header name of 64 kB":             {withHeader(strings.Repeat("x", 64<<10) + ": 1\r\n"), "431"},
		"X14 a request line of 1 MB":             {strings.Replace(closing(genuine), "/alipay/notify", "/"+strings.Repeat("x", 1<<20), 1), "431"},
		"X14 half of the limit is a long header": {withHeader("X-Long: " + strings.Repeat("x", ingress.MaxHeaderBytes/2) + "\r\n"), "200 success"},
	} {
		t.Run(row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			address, read := serveCounting(t, s, ingress.DefaultPatience())
			connection := connect(t, address)
			go func() { _, _ = io.WriteString(connection, c.sent) }()
			if got := answers(t, connection); len(got) != 1 || !strings.HasPrefix(got[0], c.status) {
				t.Errorf("answered %q, want %s", got, c.status)
			}
			if read.Load() > 2*ingress.MaxHeaderBytes {
				t.Errorf("%d bytes were read", read.Load())
			}
		})
	}
}

// Two statements of a body's length are the classic way to smuggle a request.
func TestSmugglingAndPipelining(t *testing.T) {
	genuine := confirmed().signed(t, doorKeys().alipay)
	other := confirmed().with("notify_id", "n2").signed(t, doorKeys().alipay)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(genuine), genuine)
	for name, c := range map[string]struct {
		sent string
		want []string
	}{
		"X21 pipelined": {fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", formHead, len(other), other) + closing(genuine), []string{"200 success", "200 success"}},
		"X21 chunked":   {formHead + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, []string{"200 success"}},
		"X21 CL and TE: the chunks count": {
			formHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + closing(other), []string{"200 success", "200 success"}},
		"X21 two lengths":       {formHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", []string{"400 400 Bad Request"}},
		"X21 TE unknown":        {formHead + "Transfer-Encoding: xchunked\r\n\r\n" + chunked, []string{"501 Unsupported transfer encoding"}},
		"X21 absolute URI":      {strings.Replace(closing(genuine), "POST /alipay", "POST http://evil/alipay", 1), []string{"200 success"}},
		"X21 traversal":         {strings.Replace(closing(genuine), "/alipay/notify", "/../../etc/passwd", 1), []string{"200 success"}},
		"X21 a length of -1":    {formHead + "Content-Length: -1\r\n\r\n", []string{"400 400 Bad Request"}},
		"X21 a length of +5":    {formHead + "Content-Length: +5\r\n\r\nabcde", []string{"400 400 Bad Request"}},
		"X21 a line of its own": {strings.Replace(closing(genuine), "Host: door", "Host: door\r\n X: folded\r\nTransfer-Encoding : chunked", 1), []string{"400 400 Bad Request: malformed Host header"}},
		"X21 no host":           {strings.Replace(closing(genuine), "Host: door\r\n", "", 1), []string{"400 400 Bad Request: missing required Host header"}},
		"X21 a smuggled request": {
			formHead + "Connection: close\r\nContent-Length: " + strconv.Itoa(len(chunked)+len(closing(other))) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + closing(other),
			[]string{"400 fail"}},
		"X21 the body of one request is no other": {closing([]byte(closing(genuine))), []string{"400 fail"}},
		"X21 body cut off":                        {formHead + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", []string{"400 fail"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			connection := connect(t, serveDoor(t, s, ingress.DefaultPatience()))
			write(t, connection, c.sent)
			if diff := cmp.Diff(c.want, answers(t, connection)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// endless is a body of zeroes.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	e.left -= n
	return n, nil
}

func TestHugeBodyIsReadToTheLimitOnly(t *testing.T) {
	const (
		huge    = 12 << 20
		limit   = MaxNotificationBody
		around  = 8 << 10 // headers, and what the server reads ahead
		chunked = limit / 100
	)
	for row, c := range map[string]struct {
		size      int
		announced bool
		answer    string
		atMost    int64
	}{
		"X11 12 MB, announced":              {huge, true, "413 fail", around},
		"X11 12 MB, chunked":                {huge, false, "413 fail", limit + chunked + around},
		"X11 one byte over, announced":      {limit + 1, true, "413 fail", around},
		"X11 one byte over, chunked":        {limit + 1, false, "413 fail", limit + chunked + around},
		"X11 the very limit, announced":     {limit, true, "400 fail", limit + around},
		"X11 the very limit, chunked":       {limit, false, "400 fail", limit + chunked + around},
		"X11 a lie about what is to follow": {1 << 10, true, "400 fail", around},
	} {
		t.Run(row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal())
			address, read := serveCounting(t, s, ingress.DefaultPatience())
			got := postEndless(t, address, c.size, c.announced)
			if got != c.answer {
				t.Errorf("answered %q, want %q", got, c.answer)
			}
			if read.Load() > c.atMost {
				t.Errorf("%d bytes were read, want %d at most", read.Load(), c.atMost)
			}
		})
	}
}

// postEndless sends zeroes until the door stops reading them, and reads its answer meanwhile.
func postEndless(t *testing.T, address string, size int, announced bool) string {
	t.Helper()
	connection := connect(t, address)
	go func() {
		head := formHead + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
		body := httputil.NewChunkedWriter(connection)
		if announced {
			head, body = fmt.Sprintf("%sConnection: close\r\nContent-Length: %d\r\n\r\n", formHead, size), writeNothingMore{connection}
		}
		_, _ = io.WriteString(connection, head)
		if _, err := io.Copy(body, &endless{left: size}); err == nil {
			_ = body.Close()
			_, _ = io.WriteString(connection, "\r\n")
		}
	}()
	return strings.Join(answers(t, connection), "; ")
}

// writeNothingMore is a writer whose end writes nothing.
type writeNothingMore struct{ io.Writer }

func (writeNothingMore) Close() error { return nil }

// After as many large bodies as there are places, one after the other, the next finds a
// place.
func TestALargeBodyGivesItsPlaceBack(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	for i := range LargeBodies {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(make([]byte, SmallNotificationBody)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		s.send(r)
		if taken := len(s.door.large); taken != 0 {
			t.Errorf("after %d large bodies %d places are taken", i+1, taken)
		}
	}
}

// With two hundred of them at once the memory stays flat, and a genuine message among them
// gets through. An answer can be lost in the reset of a connection that is closed while data
// arrives, but the door's own count is exact.
func TestManyHugeBodiesAtOnce(t *testing.T) {
	const parallel, size, bound = 200, 12 << 20, 64 << 20
	t.Run("X11 200 bodies of 12 MB at once", func(t *testing.T) {
		s := openDoor(t, newDoorTemporal(orderOne))
		patience := ingress.DefaultPatience()
		patience.Request = time.Minute // the bodies are large here, not slow, whatever the machine
		address := serveDoor(t, s, patience)
		runtime.GC()
		peak := watchMemory(t)
		var all sync.WaitGroup
		for i := range parallel {
			all.Go(func() {
				switch got := postEndless(t, address, size, i%2 == 0); got {
				case "", "413 fail", "503 fail":
				default:
					t.Errorf("answered %q", got)
				}
			})
		}
		wantAccepted(t, address, closing(confirmed().signed(t, doorKeys().alipay)))
		all.Wait()
		grown := peak()
		if grown > bound {
			t.Errorf("memory grew by %d MiB", grown>>20)
		}
		t.Logf("memory grew by %d MiB", grown>>20)
		large, crowded := s.metric("miniflow_door_refusals_total", "too_large"), s.metric("miniflow_door_refusals_total", "crowded")
		if large == 0 || large+crowded != parallel {
			t.Errorf("%v too large, %v crowded out, of %d", large, crowded, parallel)
		}
	})
}

// Two hundred bodies stop short of their end, so that all of them are in memory at once: a
// few are there completely, the others with no more than a small body.
func TestManyHugeBodiesThatDoNotEnd(t *testing.T) {
	const parallel, each = 200, MaxNotificationBody - 1<<10
	t.Run("X11 200 bodies that stop short of the limit", func(t *testing.T) {
		s := openDoor(t, newDoorTemporal(orderOne))
		patience := ingress.DefaultPatience()
		patience.Request = time.Minute
		address, read := serveCounting(t, s, patience)
		for range parallel {
			connection := connect(t, address)
			go func() {
				_, _ = fmt.Fprintf(connection, "%sContent-Length: %d\r\n\r\n", formHead, MaxNotificationBody)
				_, _ = io.Copy(connection, &endless{left: each})
			}()
		}
		const least, most = LargeBodies * each, LargeBodies*MaxNotificationBody + parallel*(SmallNotificationBody+8<<10)
		if got := idle(t, read, least); got > most {
			t.Errorf("%d MiB of them were read, want %d at most", got>>20, most>>20)
		}
		wantAccepted(t, address, closing(confirmed().signed(t, doorKeys().alipay)))
	})
}

// Half-open connections hold nothing that a genuine message needs.
func TestHalfOpenConnectionsDoNotDelayOthers(t *testing.T) {
	const halfOpen = 200
	t.Run("X13 200 half-open connections", func(t *testing.T) {
		s := openDoor(t, newDoorTemporal(orderOne))
		patience := ingress.DefaultPatience()
		patience.Request = 4 * time.Second
		address := serveDoor(t, s, patience)
		alone := genuineTimes(t, address, 200)
		began := time.Now()
		connections := make([]net.Conn, halfOpen)
		for i := range connections {
			connections[i] = connect(t, address)
			write(t, connections[i], []string{"POST / HT", formHead + "Content-Length: 900\r\n\r\na=1"}[i%2])
		}
		crowded := genuineTimes(t, address, 200)
		for i, connection := range connections {
			if got := answers(t, connection); i%2 == 1 && !cmp.Equal(got, []string{"408 fail"}) {
				t.Errorf("connection %d was answered %q", i, got)
			}
		}
		if took := time.Since(began); took > 3*5*time.Second {
			t.Errorf("they were held for %v", took)
		}
		wantUndelayed(t, alone, crowded)
		// A message that waits for a stranger's time-out is a single one, after which the
		// next find the door free.
		if slowest := slices.Max(crowded); slowest > patience.Request/2 {
			t.Errorf("a genuine message waited for %v", slowest)
		}
	})
}

// Too many large bodies wait, and are refused when it takes too long.
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
