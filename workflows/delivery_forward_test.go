package workflows_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/order"
)

// backend is the ISV's: what it is sent, by the story's clock, and what it answers.
type backend struct {
	p    *post
	main *activities.Forwarder
	// status is what it answers; 0 is no answer at all.
	status     int
	retryAfter string
	// got is when each message came, counted from the beginning.
	got []time.Duration
}

func newBackend(p *post) *backend {
	b := &backend{p: p, status: http.StatusNoContent}
	b.main = &activities.Forwarder{
		Targets: map[string]activities.ForwardTarget{}, Ring: openRing{},
		Backend: activities.ForwardTargets(b, func(error) bool { return false }, p.env.Now),
	}
	b.main.Register(p.env)
	return b
}

// Do takes one request.
func (b *backend) Do(request *http.Request) (*http.Response, error) {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	b.got = append(b.got, b.p.env.Now().Sub(b.p.began))
	if b.status == 0 {
		return nil, errors.New("connection refused")
	}
	header := http.Header{}
	if b.retryAfter != "" {
		header.Set("Retry-After", b.retryAfter)
	}
	return &http.Response{StatusCode: b.status, Header: header, Body: io.NopCloser(strings.NewReader("")), Request: request}, nil
}

// newParcel is a Delivery of a message that plays no part in an order, to a backend that is there.
func newParcel(t *testing.T) *post {
	p := newPost(t)
	p.input.Reason = "messages of this name play no part in an order"
	p.input.Notification = order.Notification{
		NotificationKey: p.input.Notification.NotificationKey, Name: "alipay.open.auth.userauth.cancelled",
		ReceivedAt: p.began, Content: `{"user_id":"2088"}`,
	}
	p.backend.configure(true)
	return p
}

func (b *backend) configure(there bool) {
	delete(b.main.Targets, appID)
	if there {
		b.main.Targets[appID] = activities.ForwardTarget{URL: "https://isv.example/alipay"}
	}
}

func (p *post) wantEnd(want order.Disposition, says string) order.DeliveryView {
	p.t.Helper()
	view, _ := p.runs()
	if view.State != want || !strings.Contains(view.Reason.String(), says) || !view.ReplayableUntil.IsZero() {
		p.t.Errorf("ended %+v, want %s, %q", view, want, says)
	}
	return view
}

func TestWhatNoOrderWantsGoesToTheBackend(t *testing.T) {
	p := newParcel(t)
	p.wantEnd(order.DispositionForwarded, "play no part in an order; the forward target answered 204")
	if len(p.backend.got) != 1 || p.backend.got[0] > time.Second {
		t.Errorf("it came after %v", p.backend.got)
	}
}

// TestABackendThatIsDownForAnHour loses nothing, and is not hammered.
func TestABackendThatIsDownForAnHour(t *testing.T) {
	p := newParcel(t)
	p.backend.status = 0
	p.at(time.Hour, func() { p.backend.status = http.StatusOK })
	p.wantEnd(order.DispositionForwarded, "answered 200")
	got := p.backend.got
	if last := got[len(got)-1]; last < time.Hour || last > 2*time.Hour || len(got) < 5 || len(got) > 12 {
		t.Errorf("tried at %v", got)
	}
	for i := 2; i < len(got); i++ {
		if got[i]-got[i-1] < got[i-1]-got[i-2] {
			t.Errorf("the pauses between the tries shrink: %v", got)
		}
	}
}

// TestABackendThatIsDownForThreeDays makes a dead letter, which can be replayed for a month.
func TestABackendThatIsDownForThreeDays(t *testing.T) {
	p := newParcel(t)
	p.backend.status = http.StatusServiceUnavailable
	waiting, dead := p.pageAt(71*time.Hour), p.pageAt(80*time.Hour)
	view := p.wantEnd(order.DispositionDead, "at last the forward target answered 503")
	if !strings.Contains(view.Reason.String(), "play no part") {
		t.Errorf("the reason why it was forwarded is lost: %s", view.Reason)
	}
	last := p.backend.got[len(p.backend.got)-1]
	if last > 72*time.Hour+time.Minute || last < 72*time.Hour || len(p.backend.got) > 40 {
		t.Errorf("tried at %v", p.backend.got)
	}
	if waiting.State != order.DispositionWaiting || dead.State != order.DispositionDead {
		t.Errorf("waiting %+v, dead %+v", waiting, dead)
	}
	if until := dead.ReplayableUntil.Sub(p.began); until < deadFor+72*time.Hour || until > deadFor+73*time.Hour {
		t.Errorf("it can be replayed until %s", dead.ReplayableUntil)
	}
}

func TestRetryAfterIsRespected(t *testing.T) {
	p := newParcel(t)
	p.backend.status, p.backend.retryAfter = http.StatusTooManyRequests, "5000"
	p.at(4*time.Hour, func() { p.backend.status = http.StatusOK })
	p.wantEnd(order.DispositionForwarded, "answered 200")
	for i, at := range p.backend.got {
		if want := time.Duration(i) * 5000 * time.Second; at < want || at > want+time.Minute {
			t.Errorf("try %d came after %s, want %s", i+1, at, want)
		}
	}
}

// TestNobodyToSendItTo: it waits visibly, goes out once a target is configured,
// and is a dead letter after three days without one.
func TestNobodyToSendItTo(t *testing.T) {
	p := newParcel(t)
	p.backend.configure(false)
	waiting, dead := p.pageAt(60*time.Hour), p.pageAt(80*time.Hour)
	p.wantEnd(order.DispositionDead, "no forward target is configured: set forward.url")
	if waiting.State != order.DispositionWaiting || dead.State != order.DispositionDead || len(p.backend.got) != 0 {
		t.Errorf("waiting %s, dead %s", waiting.State, dead.State)
	}
	p = newParcel(t)
	p.backend.configure(false)
	p.at(24*time.Hour, func() { p.backend.configure(true) })
	p.wantEnd(order.DispositionForwarded, "answered 204")
	if p.backend.got[0] > 31*time.Hour {
		t.Errorf("it came after %v", p.backend.got)
	}
}

// TestTheWaitForATargetIsConfigured: schedules.forward_for says how long a message
// without a target waits, counted from its arrival, and schedules.dead_for how long
// it can be seen and replayed after that.
func TestTheWaitForATargetIsConfigured(t *testing.T) {
	p := newParcel(t)
	p.backend.configure(false)
	p.input.Notification.ReceivedAt = p.began.Add(-2 * time.Hour)
	p.input.Schedules.ForwardFor, p.input.Schedules.DeadFor = order.Duration(26*time.Hour), order.Duration(10*time.Hour)
	waiting, dead := p.pageAt(23*time.Hour), p.pageAt(31*time.Hour)
	view, took := p.runs()
	if waiting.State != order.DispositionWaiting || dead.State != order.DispositionDead || dead.ReplayableUntil.IsZero() {
		t.Errorf("after 23 hours %+v, after 31 %+v", waiting, dead)
	}
	if view.State != order.DispositionDead || took < 34*time.Hour || took > 41*time.Hour {
		t.Errorf("ended %+v after %s", view, took)
	}
}

// TestAnOrderThatNeverCame: the message is somebody else's, and goes to the
// backend once its order has been waited for. Without a target it is dead at once:
// it has waited.
func TestAnOrderThatNeverCame(t *testing.T) {
	p := newPost(t)
	p.backend.configure(true)
	p.wantEnd(order.DispositionForwarded, "no order with its out_order_no was started in time; the forward target answered")
	if p.backend.got[0] < 72*time.Hour || p.backend.got[0] > 74*time.Hour {
		t.Errorf("it came after %v", p.backend.got)
	}
	p = newPost(t)
	p.input.Notification.ReceivedAt = p.began
	dead := p.pageAt(80 * time.Hour)
	p.wantEnd(order.DispositionDead, "no forward target is configured")
	if dead.State != order.DispositionDead {
		t.Errorf("after its order was waited for it is still %+v", dead)
	}
}

// verdictParcel is a verdict on a mini program that nobody has claimed in time.
func verdictParcel(t *testing.T) *post {
	p := newParcel(t)
	p.input.Reason = "no order has claimed its mini program"
	p.input.Notification.MiniAppID = miniAppID
	p.input.Notification.Evidence = order.Evidence{Verdict: order.VerdictPassed}
	return p
}

// TestAVerdictThatNobodyClaimed goes to the backend, or to an order that has taken
// charge of the mini program by then.
func TestAVerdictThatNobodyClaimed(t *testing.T) {
	p := verdictParcel(t)
	p.wantEnd(order.DispositionForwarded, "no order has claimed its mini program; the forward target answered")
	if len(p.backend.got) != 1 || p.backend.got[0] > time.Minute {
		t.Errorf("it came after %v", p.backend.got)
	}
	p = verdictParcel(t)
	p.charge = outNo
	p.starts(0, false)
	p.wantEnd(order.DispositionApplied, "its order has taken it")
	if p.received != 1 || len(p.backend.got) != 0 {
		t.Errorf("the order received it %d times, the backend %d times", p.received, len(p.backend.got))
	}
}

// TestAMessageWhoseCopyWasTaken does not come a second time days later; one whose copy died does.
func TestAMessageWhoseCopyWasTaken(t *testing.T) {
	for copied, posts := range map[order.Disposition]int{order.DispositionForwarded: 0, order.DispositionDead: 1, "": 1} {
		p := verdictParcel(t)
		p.input.Notification.Copied, p.copied = true, copied
		if copied == "" {
			p.copied = order.DispositionWaiting
			p.at(time.Hour, func() { p.copied = order.DispositionDead })
		}
		p.wantEnd(order.DispositionForwarded, "no order has claimed its mini program; the forward target")
		if len(p.backend.got) != posts {
			t.Errorf("copy %q: it came %d times, want %d", copied, len(p.backend.got), posts)
		}
	}
}

// TestACopyOnlyGoesToTheBackend: it looks for no order, whatever it names, and no
// order that starts takes it off its way.
func TestACopyOnlyGoesToTheBackend(t *testing.T) {
	p := newPost(t)
	p.backend.configure(true)
	p.backend.status = 0
	p.input.Copy, p.input.Notification.Flaw = true, "biz_content is no JSON"
	p.starts(time.Minute, true)
	p.at(time.Hour, func() { p.backend.status = http.StatusOK })
	if view := p.wantEnd(order.DispositionForwarded, "answered 200"); !view.Copy {
		t.Errorf("it is no copy any more: %+v", view)
	}
	if p.looks != 0 || p.received != 0 {
		t.Errorf("looked for its order %d times, which received it %d times", p.looks, p.received)
	}
}

// TestWhatTheBackendWillNeverTake is dead at once.
func TestWhatTheBackendWillNeverTake(t *testing.T) {
	p := newParcel(t)
	p.backend.status = http.StatusGone
	dead := p.pageAt(time.Minute)
	p.wantEnd(order.DispositionDead, "answered 410")
	if dead.State != order.DispositionDead || len(p.backend.got) != 1 {
		t.Errorf("a minute later %+v, tried %d times", dead, len(p.backend.got))
	}
}

// pageAt reads the Delivery's page at a time of the story.
func (p *post) pageAt(when time.Duration) *order.DeliveryView {
	view := &order.DeliveryView{}
	p.env.RegisterDelayedCallback(func() {
		value, err := p.env.QueryWorkflow(order.ViewQuery)
		if err != nil || value.Get(view) != nil {
			p.t.Errorf("its page after %s: %v", when, err)
		}
	}, when)
	return view
}
