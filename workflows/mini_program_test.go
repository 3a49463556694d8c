package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/mock"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/order"
	"miniflow/workflows"
)

// entity is one mini program alone: what it tells orders is written down, and an
// order that has ended can't be told anything.
type entity struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	platform *platform
	input    order.MiniProgramInput
	began    time.Time
	gone     map[string]bool
	// news and passed are what orders were told: where authorisation stands, and messages.
	news, passed []string
	deliveries   []order.DeliveryInput
	sent         int
	err          error
	// meanwhile happens once, after Alipay has answered about a token and before the entity knows.
	meanwhile func()
	// delivering happens once, while a Delivery is being started.
	delivering func()
	// refuses is how Temporal refuses to start a Delivery.
	refuses error
}

// during lets something happen once, on the entity's own clock, and waits for it.
func (e *entity) during(what *func()) {
	var happen func()
	e.platform.change(func(*platform) { happen, *what = *what, nil })
	if happen != nil {
		done := make(chan struct{})
		e.at(0, func() { happen(); close(done) })
		<-done
	}
}

// asked is the platform as the entity asks it about tokens.
type asked struct {
	*platform
	entity *entity
}

func (a asked) QueryToken(ctx context.Context, token alipay.Secret) (alipay.TokenStatus, error) {
	status, err := a.platform.QueryToken(ctx, token)
	a.entity.during(&a.entity.meanwhile)
	return status, err
}

func newEntity(t *testing.T) *entity {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(logTo, nil))))
	e := &entity{t: t, env: suite.NewTestWorkflowEnvironment(), platform: newPlatform(), gone: map[string]bool{}}
	e.began = e.env.Now()
	e.input = order.MiniProgramInput{AppID: appID, MiniAppID: miniAppID, Schedules: order.DefaultSchedules()}
	e.env.SetTestTimeout(time.Minute)
	e.env.SetWorkflowRunTimeout(forEver)
	workflows.Register(e.env)
	calls := &activities.Alipay{Gateways: map[string]activities.Gateway{appID: asked{e.platform, e}}, Tokens: e, Ring: openRing{}, Files: noFiles{}}
	calls.Register(e.env)
	e.env.RegisterActivityWithOptions(func(_ context.Context, input order.DeliveryInput) error {
		e.platform.change(func(*platform) { e.deliveries = append(e.deliveries, input) })
		e.during(&e.delivering)
		return e.refuses
	}, activityName(activities.StartDelivery))
	e.env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	e.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_, id, _, name string, arg any) error { return e.tell(id, name, arg) }).Maybe()
	return e
}

// tell writes down what an order is told. Temporal calls it beside the workflow.
func (e *entity) tell(id, name string, arg any) (err error) {
	no := strings.TrimPrefix(id, order.WorkflowID(appID, ""))
	e.platform.change(func(*platform) {
		switch arg := arg.(type) {
		case order.AuthorizationChange:
			e.news = append(e.news, no+" "+string(arg.Authorization))
		case order.Notification:
			e.passed = append(e.passed, no+" "+arg.NotifyID)
			if arg.Raw != "" || arg.Signature != nil || len(arg.Content) > 8<<10 {
				e.t.Errorf("an order gets signed bytes or a large content: %+v", arg)
			}
		default:
			e.news = append(e.news, no+" "+name)
		}
		if e.gone[no] {
			err = &temporal.UnknownExternalWorkflowExecutionError{}
		}
	})
	return err
}

// Token and Fresh ask the entity, as a worker would.
func (e *entity) Token(context.Context, string, string) (activities.LiveToken, error) {
	answers := make(chan *order.Token, 1)
	e.env.RegisterDelayedCallback(func() { answers <- e.token() }, 0)
	if token := <-answers; token != nil {
		return activities.LiveToken{Secret: alipay.Secret(token.Sealed), Fingerprint: token.Fingerprint}, nil
	}
	return activities.LiveToken{}, activities.ErrNoToken
}

func (e *entity) Fresh(ctx context.Context, appID, miniAppID string) (activities.LiveToken, error) {
	return e.Token(ctx, appID, miniAppID)
}

func (e *entity) token() *order.Token {
	var token *order.Token
	e.ask(order.TokenQuery, &token)
	return token
}

func (e *entity) ask(query string, into any, args ...any) {
	value, err := e.env.QueryWorkflow(query, args...)
	if err == nil {
		err = value.Get(into)
	}
	if err != nil {
		e.t.Error(err)
	}
}

func (e *entity) at(when time.Duration, f func()) { e.env.RegisterDelayedCallback(f, when) }

func (e *entity) signal(when time.Duration, name string, arg any) {
	e.at(when, func() { e.env.SignalWorkflow(name, arg) })
}

// hears sends a message; its id is m1, m2, … unless it has one.
func (e *entity) hears(when time.Duration, n order.Notification) {
	e.sent++
	if n.NotifyID == "" {
		n.NotifyID = fmt.Sprintf("m%d", e.sent)
	}
	if n.Digest == "" {
		n.Digest = n.NotifyID
	}
	n.AppID, n.ReceivedAt = appID, e.began.Add(when)
	e.signal(when, order.NotificationSignal, n)
}

func (e *entity) claims(when time.Duration, no string) {
	e.signal(when, order.ClaimSignal, order.Claim{OutOrderNo: no})
}

// doubts is an order's word that Alipay refused a token.
func (e *entity) doubts(when time.Duration, no, token string) {
	e.signal(when, order.DoubtSignal, order.Doubt{OutOrderNo: no, Code: "aop.invalid-app-auth-token", Fingerprint: "f-" + token})
}

// retries is an order's word that a person wants the token tried again.
func (e *entity) retries(when time.Duration, no string) {
	e.signal(when, order.DoubtSignal, order.Doubt{OutOrderNo: no, Code: "RETRY"})
}

func (e *entity) imports(when time.Duration, token order.Token) {
	e.at(when, func() { e.env.UpdateWorkflow(order.ImportTokenUpdate, token.Fingerprint, &outcome{}, token) })
}

// viewAt looks at the entity at a time.
func (e *entity) viewAt(when time.Duration) *order.MiniProgramView {
	view := &order.MiniProgramView{}
	e.at(when, func() { e.ask(order.ViewQuery, view) })
	return view
}

// liveAt is the fingerprint of the token that calls may use at a time; empty is none.
func (e *entity) liveAt(when time.Duration) *string {
	live := new(string)
	e.at(when, func() {
		if token := e.token(); token != nil {
			*live = token.Fingerprint
		}
	})
	return live
}

// becomes is what became of a message by the end of the run.
func (e *entity) becomes(id string) order.Disposition {
	var disposition order.Disposition
	e.ask(order.DispositionQuery, &disposition, order.NotificationKey{AppID: appID, NotifyID: id, Digest: id})
	return disposition
}

// runs lets the entity live for a time; one that lives for ever is stopped then.
func (e *entity) runs(until time.Duration) {
	e.t.Helper()
	e.at(until, e.env.CancelWorkflow)
	e.env.ExecuteWorkflow(order.MiniProgramWorkflowType, e.input)
	e.err = e.env.GetWorkflowError()
	var canceled *temporal.CanceledError
	var continued *workflow.ContinueAsNewError
	if e.err != nil && !errors.As(e.err, &canceled) && !errors.As(e.err, &continued) {
		e.t.Fatal(e.err)
	}
}

// closedByItself tells whether the entity ended before it was stopped.
func (e *entity) closedByItself() bool { return e.err == nil }

// deliveredAs lists what became Deliveries: the message's id and its disposition.
func (e *entity) deliveredAs() []string {
	var all []string
	for _, input := range e.deliveries {
		all = append(all, strings.TrimSpace(input.Notification.NotifyID+" "+string(input.Disposition)))
	}
	return all
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestTheNewestTokenWins whatever came first, and the order in charge hears of it.
func TestTheNewestTokenWins(t *testing.T) {
	for _, arrival := range [][]string{{"T1", "T2", "T3"}, {"T3", "T2", "T1"}, {"T2", "T3", "T1"}} {
		e := newEntity(t)
		e.claims(time.Minute, outNo)
		newest := ""
		for i, token := range arrival {
			since := time.Duration(token[1]-'0') * time.Hour
			e.hears(time.Duration(i+2)*time.Minute, authorized(token, e.began.Add(since)))
		}
		view, live := e.viewAt(time.Hour), e.liveAt(time.Hour)
		e.platform.token = "T3"
		e.runs(2 * time.Hour)
		if *live != "f-T3" || view.Authorization != order.AuthorizationAuthorized || !view.AuthorizedAt.Equal(e.began.Add(3*time.Hour)) {
			t.Errorf("%v: lives by %q, %+v", arrival, *live, view)
		}
		for i, token := range arrival {
			want := order.DispositionStale
			if token > newest {
				newest, want = token, order.DispositionApplied
			}
			if got := e.becomes(fmt.Sprintf("m%d", i+1)); got != want {
				t.Errorf("%v: %s became %s, want %s", arrival, token, got, want)
			}
		}
	}
}

// TestARevocation kills the token that it names, and no other one unless Alipay says so.
func TestARevocation(t *testing.T) {
	tests := map[string]struct {
		names string
		alive string // what Alipay takes by then
		live  string
		state order.Authorization
		as    order.Disposition
	}{
		"of the current token":              {"T1", "", "", order.AuthorizationRevoked, order.DispositionApplied},
		"of an old token, ours is valid":    {"T0", "T1", "f-T1", order.AuthorizationAuthorized, order.DispositionStale},
		"of an old token, ours is dead too": {"T0", "", "", order.AuthorizationRevoked, order.DispositionApplied},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEntity(t)
			e.platform.token = "T1"
			e.at(150*time.Second, func() { e.platform.change(func(p *platform) { p.token = test.alive }) })
			e.claims(time.Minute, outNo)
			e.hears(2*time.Minute, authorized("T1", e.began))
			e.hears(3*time.Minute, revoked(test.names))
			view, live := e.viewAt(time.Hour), e.liveAt(time.Hour)
			e.runs(2 * time.Hour)
			if *live != test.live || view.Authorization != test.state {
				t.Errorf("lives by %q, %s", *live, view.Authorization)
			}
			if got := e.becomes("m2"); got != test.as {
				t.Errorf("the revocation became %s", got)
			}
			if last := e.news[len(e.news)-1]; last != outNo+" "+string(test.state) {
				t.Errorf("the order was told %v", e.news)
			}
		})
	}
}

// TestARevocationThatCameFirst : the token that it names is dead on arrival; the next one is not.
func TestARevocationThatCameFirst(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T2"
	e.hears(time.Minute, revoked("T1"))
	e.hears(2*time.Minute, authorized("T1", e.began))
	dead := e.liveAt(3 * time.Minute)
	e.hears(4*time.Minute, authorized("T2", e.began.Add(time.Hour)))
	live := e.liveAt(5 * time.Minute)
	e.runs(time.Hour)
	if *dead != "" || *live != "f-T2" || e.becomes("m2") != order.DispositionStale {
		t.Errorf("lived by %q, then by %q; the dead token became %s", *dead, *live, e.becomes("m2"))
	}
}

// TestAnImportDuringAQuestion : the answer, whatever it is, is about the token that
// was asked about, and says nothing of the one that came meanwhile.
func TestAnImportDuringAQuestion(t *testing.T) {
	for who, ask := range map[string]func(*entity){
		"a revocation": func(e *entity) { e.hears(3*time.Minute, revoked("T0")) },
		"a doubt":      func(e *entity) { e.doubts(3*time.Minute, outNo, "T1") },
		"the watch":    func(*entity) {},
	} {
		for _, answer := range []string{"T1", "none"} { // what Alipay takes while it is asked
			e := newEntity(t)
			e.platform.token = "T1"
			e.claims(time.Minute, outNo)
			e.hears(time.Minute, authorized("T1", e.began))
			e.at(2*time.Minute, func() {
				e.platform.change(func(p *platform) { p.token, e.meanwhile = answer, e.importDuring })
			})
			ask(e)
			view, live := e.viewAt(26*time.Hour), e.liveAt(26*time.Hour)
			e.runs(27 * time.Hour)
			if *live != "f-T2" || view.Authorization != order.AuthorizationAuthorized || e.meanwhile != nil {
				t.Errorf("%s asked, Alipay takes %s: lives by %q, %s", who, answer, *live, view.Authorization)
			}
		}
	}
}

// importDuring imports a token that Alipay takes from now on.
func (e *entity) importDuring() {
	e.platform.change(func(p *platform) { p.token = "T2" })
	token := *authorized("T2", e.began.Add(time.Hour)).Evidence.Token
	e.env.UpdateWorkflow(order.ImportTokenUpdate, "import", &outcome{}, token)
}

// TestAnImportIsTold to the order in charge, and an older one changes nothing.
func TestAnImportIsTold(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T2"
	e.claims(time.Minute, outNo)
	e.imports(2*time.Minute, *authorized("T2", e.began.Add(time.Hour)).Evidence.Token)
	e.imports(3*time.Minute, *authorized("T1", e.began).Evidence.Token)
	live := e.liveAt(4 * time.Minute)
	e.runs(time.Hour)
	if *live != "f-T2" {
		t.Errorf("lives by %q", *live)
	}
	same(t, "news", e.news, outNo+" none", outNo+" authorized", outNo+" authorized")
}

// TestALostRevocation is found by the daily look at the token.
func TestALostRevocation(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, authorized("T1", e.began))
	e.at(30*time.Hour, func() { e.platform.change(func(p *platform) { p.token = "" }) })
	before, after := e.viewAt(47*time.Hour), e.viewAt(49*time.Hour)
	e.runs(50 * time.Hour)
	if before.Authorization != order.AuthorizationAuthorized || after.Authorization != order.AuthorizationRevoked {
		t.Errorf("was %s, then %s", before.Authorization, after.Authorization)
	}
	if last := e.news[len(e.news)-1]; last != outNo+" revoked" {
		t.Errorf("told %v", e.news)
	}
}
