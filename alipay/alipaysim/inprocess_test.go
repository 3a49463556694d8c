package alipaysim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// strikes holds the faults that a test wants for the next calls of a method.
type strikes map[string][]alipaysim.Fault

func (s strikes) next(call alipaysim.Call) (alipaysim.Fault, bool) {
	list := s[call.Method]
	if len(list) == 0 {
		return alipaysim.Fault{}, false
	}
	s[call.Method] = list[1:]
	return list[0], true
}

// newWorldInProcess is a world without a socket: calls and pushes are function
// calls, a slow answer moves the clock.
func newWorldInProcess(t *testing.T, planned strikes) *world {
	t.Helper()
	var w *world
	w = newWorld(t, func(c *alipaysim.Config) {
		c.Volatile = true
		c.HTTP = &http.Client{Transport: alipaysim.InProcess(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.receive(rw, r) }))}
		c.Wait = func(_ context.Context, length time.Duration) { w.clock.set(w.clock.Now().Add(length)) }
		c.Strike = planned.next
	})
	w.server.Close()
	w.client = &http.Client{Transport: alipaysim.InProcess(w.sim.Handler())}
	return w
}

// fateOfOneOrder tells of a life whose first create lost its answer, and whose
// second took an hour.
func fateOfOneOrder(t *testing.T) []string {
	w := newWorldInProcess(t, strikes{createMethod: {
		{Kind: alipaysim.FaultDropAfterCommit},
		{Kind: alipaysim.FaultStallAfterCommit, For: alipaysim.Duration(time.Hour)},
	}})
	if _, err := w.tryCreate(t.Context(), "lost"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a lost answer is %v", err)
	}
	if effect := w.lastCall()["effect"]; effect != true {
		t.Errorf("the effect of the lost call: %v", effect)
	}
	// The first due thing is the push that tells of the order.
	if next, err := w.sim.NextDue(); err != nil || !next.Equal(begin) {
		t.Errorf("due at first: %v, %v", next, err)
	}
	if r, err := w.tryCreate(t.Context(), "lost"); err != nil || r.code() != "10000" {
		t.Errorf("the repeated create: %v, %v", r, err)
	}
	if now := w.clock.Now(); !now.Equal(begin.Add(time.Hour)) {
		t.Errorf("an answer that took an hour left the clock at %v", now)
	}
	w.pass(24 * time.Hour)
	if next, err := w.sim.NextDue(); err != nil || !next.IsZero() {
		t.Errorf("due at the end: %v, %v", next, err)
	}
	var told []string
	for _, p := range w.pushes("") {
		told = append(told, fmt.Sprint(p.at.Sub(begin), " ", p.params))
	}
	return told
}

func TestALifeWithoutSocketsGoesTheSameWayTwice(t *testing.T) {
	first, second := fateOfOneOrder(t), fateOfOneOrder(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("one seed, two lives (-first +second):\n%s", diff)
	}
	if len(first) != 3 {
		t.Errorf("%d pushes: %s", len(first), strings.Join(first, "\n"))
	}
}

func TestPushesGoOutInTheOrderInWhichTheyAreDue(t *testing.T) {
	w := newWorldInProcess(t, nil)
	var sent []string
	for i := range 20 {
		id := fmt.Sprintf("2026112100000000000000000000%04d", i)
		w.sendMessage(`,"notify_id":"` + id + `"`)
		sent = append(sent, id)
	}
	w.run()
	var got []string
	for _, p := range w.pushes("") {
		got = append(got, p.params["notify_id"])
	}
	if !slices.Equal(sent, got) {
		t.Errorf("sent %v, arrived %v", sent, got)
	}
}

func TestNothingIsDueThatNobodyCanBeTold(t *testing.T) {
	w := newWorldInProcess(t, nil)
	if err := w.sim.SetGatewayURL(appID, ""); err != nil {
		t.Fatal(err)
	}
	w.sendMessage("")
	if next, err := w.sim.NextDue(); err != nil || !next.IsZero() {
		t.Errorf("without an address there is nothing to wait for, not %v (%v)", next, err)
	}
}

// serveOnce makes one request in process; the status is -1 where there is no answer.
func serveOnce(ctx context.Context, t *testing.T, handler http.HandlerFunc) (status int, body string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://alipay.invalid/path?a=b", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := alipaysim.InProcess(handler).RoundTrip(request)
	if err != nil {
		return -1, "", err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return response.StatusCode, string(read), err
}

func TestInProcessIsLikeANetwork(t *testing.T) {
	left, leave := context.WithCancel(t.Context())
	leave()
	half := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hal")
		panic(http.ErrAbortHandler)
	}
	for name, test := range map[string]struct {
		ctx     context.Context //nolint:containedctx // a row of a table
		handler http.HandlerFunc
		status  int
		body    string
		err     error
	}{
		"an answer": {t.Context(), func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.Host+r.RequestURI, http.StatusTeapot)
		}, http.StatusTeapot, "alipay.invalid/path?a=b\n", nil},
		"nothing said": {t.Context(), func(http.ResponseWriter, *http.Request) {}, http.StatusOK, "", nil},
		"half said":    {t.Context(), half, http.StatusOK, "hal", io.ErrUnexpectedEOF},
		"hung up":      {t.Context(), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, -1, "", io.ErrUnexpectedEOF},
		"caller left":  {left, half, -1, "", context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := serveOnce(test.ctx, t, test.handler)
			if status != test.status || body != test.body || !errors.Is(err, test.err) {
				t.Errorf("%d %q %v; want %d %q %v", status, body, err, test.status, test.body, test.err)
			}
		})
	}
}
