package telling

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/activities/backend"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

const appID = "2021000000000000"

// orders are orders as Temporal keeps them, with a timeline each.
type orders struct {
	mu   sync.Mutex
	kept map[string]*order.View
	// late is how much later than it happened a change is listed, and asked counts questions.
	late  time.Duration
	asked int
}

// happens puts one more event on an order's timeline.
func (o *orders) happens(outOrderNo, what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	view := o.kept[outOrderNo]
	if view == nil {
		view = &order.View{AppID: appID, OutOrderNo: outOrderNo}
		o.kept[outOrderNo] = view
	}
	view.Sequence++
	view.Timeline = append(view.Timeline, order.TimelineItem{Sequence: view.Sequence, At: time.Now(), Event: what, Stage: order.StageAuditing})
}

func (o *orders) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, text, _ := strings.Cut(request.GetQuery(), order.AttributeChangedAt+" > '")
	text, _, _ = strings.Cut(text, "'")
	after, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil, fmt.Errorf("the query %s: %w", request.GetQuery(), err)
	}
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	for no, view := range o.kept {
		var at time.Time // of the last change that shows by now
		for _, item := range view.Timeline {
			if time.Since(item.At) >= o.late {
				at = item.At
			}
		}
		if at.After(after) {
			page.Executions = append(page.Executions, &workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{
				IndexedFields: map[string]*commonpb.Payload{order.AttributeOutOrderNo: payload(no), order.AttributeChangedAt: payload(at)},
			}, Memo: memoOf(*view, at)})
		}
	}
	return page, nil
}

// memoOf is an order's memo as it was at a moment.
func memoOf(view order.View, at time.Time) *commonpb.Memo {
	last := slices.IndexFunc(view.Timeline, func(item order.TimelineItem) bool { return item.At.After(at) })
	if last >= 0 {
		view.Timeline = view.Timeline[:last]
	}
	return &commonpb.Memo{Fields: map[string]*commonpb.Payload{
		order.SummaryMemo: payload(view.Summary()), order.ToldMemo: payload(order.ToldOf(view, nil)),
	}}
}

func payload(value any) *commonpb.Payload {
	p, _ := converter.GetDefaultDataConverter().ToPayload(value)
	return p
}

func (o *orders) QueryWorkflow(_ context.Context, id, _, _ string, args ...any) (converter.EncodedValue, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	view := o.kept[strings.TrimPrefix(id, order.WorkflowID(appID, ""))]
	if view == nil {
		return nil, serviceerror.NewNotFound("no such order")
	}
	asked, _ := args[0].(order.EventsAsked)
	shown := *view
	shown.Timeline = slices.Clone(view.Timeline)
	return answered{order.EventsOf(shown, nil, asked)}, nil
}

type answered struct{ value any }

func (answered) HasValue() bool { return true }
func (a answered) Get(into any) error {
	text, err := json.Marshal(a.value)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// backendOf is an ISV's backend: it verifies what it gets, keeps what it accepts, and answers as its
// plan says.
type backendOf struct {
	t      *testing.T
	verify *webhooks.Webhook
	answer func() (status int, took time.Duration, header http.Header)

	mu       sync.Mutex
	got      map[string][]order.ToldEvent // accepted, by order
	posts    []time.Time
	busy     map[string]bool
	accepted int
}

const secret = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ=="

func newBackend(t *testing.T) *backendOf {
	t.Helper()
	verify, err := webhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &backendOf{t: t, verify: verify, got: map[string][]order.ToldEvent{}, busy: map[string]bool{},
		answer: func() (int, time.Duration, http.Header) { return http.StatusOK, 10 * time.Millisecond, nil }}
}

func (b *backendOf) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var message tell.Message
	if err := json.Unmarshal(body, &message); err != nil {
		b.t.Errorf("a body that is no message: %v", err)
	}
	if err := b.verify.VerifyIgnoringTimestamp(body, request.Header); err != nil {
		b.t.Errorf("a signature does not verify: %v", err)
	}
	if !strings.HasPrefix(message.Data.Order.Links.TemporalUI, "https://temporal.example/") {
		b.t.Errorf("an order without its links: %+v", message.Data.Order.Links)
	}
	no := message.Data.OutOrderNo
	b.mu.Lock()
	if b.busy[no] {
		b.t.Errorf("two posts are under way for %s", no)
	}
	b.busy[no] = true
	b.posts = append(b.posts, time.Now())
	status, took, header := b.answer()
	b.mu.Unlock()
	<-time.After(took)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy[no] = false
	if status/100 == 2 {
		b.accepted++
		b.got[no] = append(b.got[no], message.Data.Events...)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

// check holds what a backend has accepted against what happened: each event at least once, in order,
// each under one id.
func (b *backendOf) check(o *orders) {
	b.t.Helper()
	ids := map[string]string{}
	for no, view := range o.kept {
		last, repeats := 0, 0
		for _, event := range b.got[no] {
			if event.Sequence <= last {
				repeats++
				continue
			}
			if event.Previous != last {
				b.t.Errorf("%s: %d came after %d, and says that %d is before it", no, event.Sequence, last, event.Previous)
			}
			last = event.Sequence
			if other, known := ids[event.ID]; known {
				b.t.Errorf("%s of %s is %s's too", event.ID, no, other)
			}
			ids[event.ID] = no
		}
		if last != view.Sequence {
			b.t.Errorf("%s was told up to %d of %d", no, last, view.Sequence)
		}
	}
}

// teller tells a backend.
func teller(t *testing.T, o *orders, b *backendOf) *Teller {
	t.Helper()
	signer, err := webhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := NewMetrics(prometheus.NewRegistry(), []string{appID})
	if err != nil {
		t.Fatal(err)
	}
	return &Teller{
		Temporal: o, Namespace: "default", Metrics: metrics, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Links:   temporalio.Links{UI: "https://temporal.example"},
		Targets: map[string]Target{appID: {URL: "https://isv.example/hook", Signers: []backend.Signer{signer}, Rate: 20}},
		Backend: Targets(b, func(error) bool { return false }, time.Now),
		Settings: tell.Settings{Probe: 0.1, Keep: 72 * time.Hour, Lag: time.Minute,
			Retry: order.Schedule{{Every: 5 * time.Second, Times: 3}, {Every: time.Minute, Times: 10}, {Every: 10 * time.Minute}}},
	}
}

// during runs a call while something happens, and returns the state that it leaves.
func during(t *testing.T, one *Teller, state tell.State, act func()) tell.State {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	run, ended := one.begin(appID, state, time.Now()), make(chan error, 1)
	go func() { ended <- run.tell(ctx) }()
	act()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return run.snapshot()
}

// TestAHundredOrdersAndABackendInTrouble: it refuses at random, is slow, answers 500 for an hour and
// comes back, and the process that tells it is replaced again and again.
func TestAHundredOrdersAndABackendInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, b := &orders{kept: map[string]*order.View{}, late: 20 * time.Second}, newBackend(t)
		dice, mood := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4)) // the story's and the backend's
		began := time.Now()
		downFrom, downUntil := began.Add(10*time.Minute), began.Add(70*time.Minute)
		b.answer = func() (int, time.Duration, http.Header) {
			took := time.Duration(mood.IntN(2000)) * time.Millisecond
			if now := time.Now(); now.After(downFrom) && now.Before(downUntil) || mood.IntN(4) == 0 {
				return http.StatusInternalServerError, took, nil
			}
			return http.StatusOK, took, nil
		}
		state, one := tell.State{}, teller(t, o, b)
		types := order.ToldTypes()
		for range 12 { // processes, one after the other
			state = during(t, one, state, func() {
				for range 75 {
					o.happens(fmt.Sprint("o", dice.IntN(100)), types[dice.IntN(len(types))])
					<-time.After(time.Duration(dice.IntN(8000)) * time.Millisecond)
				}
			})
		}
		state = during(t, one, state, func() { <-time.After(3 * time.Hour) })
		b.check(o)
		if state.Behind != 0 || len(state.Dead) != 0 {
			t.Errorf("%d orders were not told of, %d are dead", state.Behind, len(state.Dead))
		}
		slow, fast := 0, 0
		for i, at := range b.posts {
			if at.After(downFrom.Add(time.Minute)) && at.Before(downUntil) {
				slow++
			}
			if i >= 20 && at.Sub(b.posts[i-20]) < time.Second-time.Millisecond {
				fast++
			}
		}
		if slow > 59*60/10+12 || fast > 0 {
			t.Errorf("%d posts in the hour in which nothing was accepted; %d times more than 20 in a second", slow, fast)
		}
		if o.asked == 0 || o.asked > len(b.posts) { // what was refused, and what a memo is too short for
			t.Errorf("%d questions for %d posts", o.asked, len(b.posts))
		}
		t.Logf("%d events of %d orders in %d posts, %d of them in the bad hour, after %d questions", state.Events, len(o.kept), len(b.posts), slow, o.asked)
	})
}

// TestABackendThatIsGone is told nothing more, and all that it missed once it is enabled.
func TestABackendThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, b := &orders{kept: map[string]*order.View{}}, newBackend(t)
		status := http.StatusGone
		b.answer = func() (int, time.Duration, http.Header) { return status, time.Millisecond, nil }
		one := teller(t, o, b)
		state := during(t, one, tell.State{}, func() {
			for i := range 50 {
				<-time.After(time.Minute)
				o.happens(fmt.Sprint("o", i), order.HappenedStageChanged)
			}
			<-time.After(time.Minute)
		})
		if len(b.posts) != 1 || state.Disabled == nil {
			t.Fatalf("%d posts; %+v", len(b.posts), state.Disabled)
		}
		status = http.StatusNoContent
		state.Instruct(tell.Instruction{Action: tell.ActionEnable}, time.Now())
		during(t, one, state, func() { <-time.After(time.Hour) })
		b.check(o)
	})
}

// TestOfTwoWebhooksOneIsDown: the other is told as soon as if it were alone.
func TestOfTwoWebhooksOneIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, good, bad := &orders{kept: map[string]*order.View{}}, newBackend(t), newBackend(t)
		bad.answer = func() (int, time.Duration, http.Header) { return http.StatusBadGateway, 15 * time.Second, nil }
		var slowest time.Duration
		during(t, teller(t, o, bad), tell.State{}, func() {
			during(t, teller(t, o, good), tell.State{}, func() {
				for i := range 200 {
					o.happens(fmt.Sprint("o", i), order.HappenedStageChanged)
					happened, had := time.Now(), good.has()
					for good.has() == had {
						<-time.After(10 * time.Millisecond)
					}
					slowest = max(slowest, time.Since(happened))
				}
			})
		})
		good.check(o)
		if o.asked > len(bad.posts) {
			t.Errorf("%d questions, though the webhook that takes everything can be told from lists and the other had %d posts", o.asked, len(bad.posts))
		}
		if slowest > 2*listEvery {
			t.Errorf("one event took %v beside a webhook that is down", slowest)
		}
	})
}

func (b *backendOf) has() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accepted
}

// TestABackendThatAsksForNoPause of one order is not flooded with it, and is told of the others: a
// Retry-After of no time, or of a time that is over, is what a clock that goes wrong says.
func TestABackendThatAsksForNoPause(t *testing.T) {
	for name, header := range map[string]string{"none": "0", "one that is over": "Wed, 21 Oct 1998 07:28:00 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			o, b := &orders{kept: map[string]*order.View{}}, newBackend(t)
			b.answer = func() (int, time.Duration, http.Header) {
				return http.StatusServiceUnavailable, time.Millisecond, http.Header{"Retry-After": {header}}
			}
			during(t, teller(t, o, b), tell.State{}, func() {
				o.happens("A", order.HappenedStageChanged)
				<-time.After(19 * time.Second)
			})
			if len(b.posts) > 4 {
				t.Errorf("a pause that is %s: %d posts in 19 seconds", name, len(b.posts))
			}
		})
	}
}

// TestAClockThatIsAheadLosesNothing: events bear Temporal's time, and this process has another.
func TestAClockThatIsAheadLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, b := &orders{kept: map[string]*order.View{}}, newBackend(t)
		one, began := teller(t, o, b), time.Now()
		one.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
		ctx, stop := context.WithCancel(t.Context())
		run, ended := one.begin(appID, tell.State{Through: began}, began), make(chan error, 1)
		go func() { ended <- run.tell(ctx) }()
		for i := range 20 {
			o.happens(fmt.Sprint("o", i), order.HappenedStageChanged)
			<-time.After(10 * time.Second)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.check(o)
	})
}
