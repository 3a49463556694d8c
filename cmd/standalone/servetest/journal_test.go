package servetest

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"

	"miniflow/alipay/keys"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

var (
	kills = flag.Int("kills", 5, "how often the door with the journal is killed")
	down  = flag.Duration("down", 0, "how long Temporal is down at least, with a thousand messages for each order meanwhile")
)

// The door with a journal is killed at random points between append, answer and dispatch,
// under load, with Temporal gone in every second life: in the end every message that got
// `success` is in its workflow's history, once, and those of one workflow are in the order in
// which they were sent.
func TestKilledAgainAndAgainTheJournalLosesNothing(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	j := newJournaled(t)
	stop := j.send(0)
	j.gate.shut(true) // Temporal is down while the door begins for the first time
	for life := range *kills {
		kill := j.life()
		j.gate.shut(life%2 == 0)
		<-time.After(time.Duration(random.Int64N(int64(2 * time.Second))))
		kill()
	}
	j.gate.shut(false)
	last := j.start(j.p.t.Context())
	j.awaitAnswers(last, 100)
	stop()
	must(t, last.Await(j.p.within(), often, j.drained))
	j.p.ends(last)
	j.judge()
}

// While Temporal is down every push is answered success, by a process that began without it
// too; the backlog is shown, and applied once Temporal is back.
func TestTemporalIsDownAndEveryPushIsTaken(t *testing.T) {
	t.Parallel()
	j := newJournaled(t)
	j.gate.shut(true)
	door := j.start(t.Context())
	must(t, door.Await(j.p.within(), often, j.ready))
	stop := j.send(*down / 1000)
	<-time.After(*down)
	j.awaitAnswers(door, 500)
	stop()
	if refused := j.refused.Load(); refused > 0 {
		t.Errorf("%d pushes were refused", refused)
	}
	var listed struct {
		Deliveries []order.DeliveryView
		NextCursor string `json:"next_cursor"`
	}
	must(t, j.caller().Call(t.Context(), http.MethodGet, "/v1/deliveries?state=journaled&limit=200", nil, &listed))
	if len(listed.Deliveries) != 200 || listed.NextCursor == "" || listed.Deliveries[0].HeldBy != order.HeldByJournal {
		t.Errorf("listed %d, %q", len(listed.Deliveries), listed.NextCursor)
	}
	j.gate.shut(false)
	// A second process on the same directory says what is wrong.
	j.p.refusesToServe("beside another on the same journal", "another process uses this journal")
	must(t, door.Await(j.p.within(), often, j.drained))
	j.p.ends(door)
	j.judge()
}

// journaled is a door with a journal in front of a Temporal that can go away, and senders that
// behave as Alipay does: the same message again until it is answered success.
type journaled struct {
	p       *production
	gate    *gate
	private keys.PrivateKey
	address atomic.Pointer[string]
	refused atomic.Int64

	mu    sync.Mutex
	acked map[string][]string // by order number
}

const targets = 12

func newJournaled(t *testing.T) *journaled {
	t.Helper()
	p := newProduction(t)
	p.run("setup")
	j := &journaled{p: p, gate: newGate(t, p.temporal), acked: map[string][]string{}}
	pem, err := os.ReadFile(p.file("keys/" + appID + "/alipay_private.pem"))
	must(t, err)
	j.private, err = keys.ParsePrivateKey(string(pem))
	must(t, err)
	p.env = append(slices.DeleteFunc(p.env, func(one string) bool { return strings.HasPrefix(one, "TEMPORAL_ADDRESS=") }),
		"TEMPORAL_ADDRESS="+j.gate.address(), "MINIFLOW_DOOR_ACCEPT=journal", "MINIFLOW_DOOR_JOURNAL_DIR="+p.file("journal"))
	// The orders that the messages are for; nothing works on them, so their histories show
	// what Temporal was given.
	for i := range targets {
		_, err := j.temporal().ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: order.WorkflowID(appID, number(i)), TaskQueue: "nobody",
		}, order.WorkflowType)
		must(t, err)
	}
	return j
}

func number(i int) string { return fmt.Sprintf("OUT%d", i) }

// temporal is a client that goes past the gate.
func (j *journaled) temporal() client.Client {
	j.p.t.Helper()
	temporal, err := client.DialContext(j.p.t.Context(), client.Options{
		HostPort: j.p.temporal, Namespace: namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	must(j.p.t, err)
	j.p.t.Cleanup(temporal.Close)
	return temporal
}

// start starts the door and the API and does not wait for them.
func (j *journaled) start(ctx context.Context) *outside.Process {
	j.p.t.Helper()
	process, err := outside.Start(ctx, program, []string{"serve", "--config", j.p.config, "--roles", "door,api"}, j.p.env)
	must(j.p.t, err)
	must(j.p.t, process.Await(j.p.within(), 10*time.Millisecond, func() error {
		address := listenAddress(process.Output())
		if address == "" {
			return fmt.Errorf("it does not listen")
		}
		j.address.Store(&address)
		return nil
	}))
	return process
}

// life starts a process and returns what kills it with SIGKILL.
func (j *journaled) life() (kill func()) {
	process := j.start(j.p.t.Context())
	return func() {
		must(j.p.t, syscall.Kill(process.PID(), syscall.SIGKILL))
		<-process.Ended()
	}
}

func (j *journaled) caller() outside.Caller {
	return outside.Caller{Base: "http://" + *j.address.Load(), Key: j.p.apiKey}
}

func (j *journaled) ready() error {
	return j.caller().Call(j.p.t.Context(), http.MethodGet, "/readyz", nil, nil)
}

// drained returns an error while something waits in the journal.
func (j *journaled) drained() error {
	var state struct {
		Journal struct {
			Messages, Refused, Damaged int
		}
	}
	if err := j.caller().Call(j.p.t.Context(), http.MethodGet, "/readyz", nil, &state); err != nil {
		return err
	}
	if left := state.Journal; left.Messages+left.Refused+left.Damaged > 0 {
		return fmt.Errorf("left in the journal: %+v", left)
	}
	return nil
}

// send begins a sender for each order, with a pause after each message, and returns what ends them.
func (j *journaled) send(pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(j.p.t.Context())
	var all sync.WaitGroup
	for i := range targets {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprintf("%s-%05d", number(i), n)
				if !j.sendOne(ctx, number(i), id) {
					return
				}
				j.mu.Lock()
				j.acked[number(i)] = append(j.acked[number(i)], id)
				j.mu.Unlock()
				<-time.After(pause)
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// sendOne repeats a message until it is answered success; false when it was given up.
func (j *journaled) sendOne(ctx context.Context, outOrderNo, id string) bool {
	body := string(signedForm(j.p.t, j.private, map[string]string{
		"app_id": appID, "charset": "UTF-8", "version": "1.1", "utc_timestamp": strconv.FormatInt(time.Now().UnixMilli(), 10),
		"notify_id": id, "msg_method": "alipay.open.mini.merchant.confirmed",
		"biz_content": fmt.Sprintf(`{"order_no":"ORD","out_order_no":"%s","min_app_id":"2021000000000001","status":"AGREED","pid":"2088000000000001"}`, outOrderNo),
	}))
	for ctx.Err() == nil {
		word, err := j.post(ctx, body)
		switch {
		case word == "success":
			return true
		case err == nil:
			j.refused.Add(1)
		}
		<-time.After(time.Millisecond)
	}
	return false
}

func (j *journaled) post(ctx context.Context, body string) (string, error) {
	address := j.address.Load()
	if address == nil {
		return "", io.EOF
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+*address+"/alipay/notify", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	word, err := io.ReadAll(answer.Body)
	return string(word), err
}

// awaitAnswers waits until so many more messages were answered success.
func (j *journaled) awaitAnswers(process *outside.Process, more int) {
	j.p.t.Helper()
	count := func() (n int) {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, ids := range j.acked {
			n += len(ids)
		}
		return n
	}
	until := count() + more
	must(j.p.t, process.Await(j.p.within(), often, func() error {
		if n := count(); n < until {
			return fmt.Errorf("%d of %d messages were answered success", n, until)
		}
		return nil
	}))
}

// judge holds what was answered against the histories.
func (j *journaled) judge() {
	j.p.t.Helper()
	temporal, total := j.temporal(), 0
	for i := range targets {
		var found []string
		history := temporal.GetWorkflowHistory(j.p.t.Context(), order.WorkflowID(appID, number(i)), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			must(j.p.t, err)
			signalled := event.GetWorkflowExecutionSignaledEventAttributes()
			if signalled == nil {
				continue
			}
			var n order.Notification
			must(j.p.t, converter.GetDefaultDataConverter().FromPayloads(signalled.GetInput(), &n))
			found = append(found, n.NotifyID)
		}
		for _, wrong := range ledger(j.acked[number(i)], found) {
			j.p.t.Errorf("%s: %s", number(i), wrong)
		}
		total += len(j.acked[number(i)])
	}
	if total < 100 {
		j.p.t.Errorf("only %d messages were answered, which proves little", total)
	}
	j.p.t.Logf("%d messages were answered success", total)
}

// ledger says what is wrong with a history, given what was answered success, in order.
func ledger(acked, history []string) (wrong []string) {
	count := map[string]int{}
	for _, id := range history {
		count[id]++
	}
	for _, id := range acked {
		switch {
		case count[id] == 0:
			wrong = append(wrong, id+" is lost")
		case count[id] > 1:
			wrong = append(wrong, id+" is doubled")
		}
	}
	if !slices.IsSorted(history) {
		wrong = append(wrong, "out of order")
	}
	return wrong
}

func TestTheLedgerSees(t *testing.T) {
	acked := []string{"1", "2", "3"}
	for want, history := range map[string][]string{
		"[]": {"1", "2", "3", "4"}, "[2 is lost]": {"1", "3"}, "[2 is doubled]": {"1", "2", "2", "3"}, "[out of order]": {"2", "1", "3"},
	} {
		if got := fmt.Sprint(ledger(acked, history)); got != want {
			t.Errorf("%v: %s, want %s", history, got, want)
		}
	}
}
