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
	"miniflow/alipay/gateway"
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
	// taught are the tokens that came with the news: the order, whose token, and which.
	taught []string
	// holds are what it showed to lists of what needs a person.
	holds      []string
	deliveries []order.DeliveryInput
	// undeliverable are the messages, by their ids, that no Delivery can be started of.
	undeliverable map[string]bool
	sent, updates int
	err           error
	// meanwhile happens once, after Alipay has answered about a token and before the entity knows.
	meanwhile func()
	// delivering happens once, while a Delivery is being started, and informing while an order is informed.
	delivering, informing func()
	// keyLost says that the key is gone that opens tokens; silent, that Alipay gives no answer about one.
	keyLost, silent bool
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

func (a asked) QueryToken(ctx context.Context, token alipay.Secret) (gateway.TokenStatus, error) {
	status, err := a.platform.QueryToken(ctx, token)
	a.entity.platform.change(func(*platform) {
		if a.entity.silent {
			err = errors.New("no answer")
		}
	})
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
	workflows.Register(e.env)
	calls := &activities.Alipay{Gateways: map[string]activities.Gateway{appID: asked{e.platform, e}}, Tokens: e, Ring: openRing{}, Files: noFiles{}}
	calls.Register(e.env)
	calls.RegisterOnline(e.env)
	e.env.RegisterActivityWithOptions(func(_ context.Context, input order.DeliveryInput) error {
		e.platform.change(func(*platform) { e.deliveries = append(e.deliveries, input) })
		e.during(&e.delivering)
		if e.undeliverable[input.Notification.NotifyID] {
			return temporal.NewNonRetryableApplicationError("the id is not valid UTF-8", "unacceptable", nil)
		}
		return nil
	}, activityName(activities.StartDelivery.Name))
	e.env.RegisterActivityWithOptions(func(_ context.Context, call activities.SignalCall) error {
		if err := e.inform(call.WorkflowID, call.Signal, carriedBy(call)); err != nil {
			return gone(err)
		}
		if of := call.Token; of != nil {
			e.platform.change(func(*platform) {
				e.taught = append(e.taught, call.WorkflowID+" "+of.AppID+"/"+of.MiniAppID+" "+of.Token.Fingerprint)
			})
		}
		return nil
	}, activityName(activities.Signal.Name))
	e.env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(shown temporal.SearchAttributes) bool {
		hold, set := shown.GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderHold))
		if set {
			e.holds = append(e.holds, hold)
		}
		return true
	})).Return(nil).Maybe()
	e.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_, id, _, name string, arg any) error { return e.inform(id, name, arg) }).Maybe()
	return e
}

// inform writes down what an order is informed of. Temporal calls it beside the workflow.
func (e *entity) inform(id, name string, arg any) (err error) {
	if _, news := arg.(order.AuthorizationChange); news && e.informing != nil {
		during := e.informing
		e.informing = nil
		during()
	}
	no := strings.TrimPrefix(id, order.WorkflowID(appID, ""))
	e.platform.change(func(*platform) {
		switch arg := arg.(type) {
		case order.AuthorizationChange:
			e.news = append(e.news, no+" "+newsOf(arg))
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

// newsOf is what an order reads of its mini program's word.
func newsOf(change order.AuthorizationChange) string {
	news := string(change.Authorization)
	if change.Doubtful {
		news += strings.TrimRight(" in doubt "+change.Code, " ")
	}
	if change.QueuedBehind != "" {
		news += fmt.Sprintf(" behind %s #%d", change.QueuedBehind, change.Place)
	}
	return news
}

// Token and Fresh ask the entity, as a worker would.
func (e *entity) Token(context.Context, string, string) (activities.LiveToken, error) {
	keyLost := false
	e.platform.change(func(*platform) { keyLost = e.keyLost })
	if keyLost {
		return activities.LiveToken{}, temporal.NewNonRetryableApplicationError("the key is lost", "UNSEAL_FAILED", nil)
	}
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

// imports brings a token that Alipay called valid a moment before.
func (e *entity) imports(when time.Duration, token order.Token) *outcome {
	return e.update(when, order.ImportTokenUpdate, token)
}

// update asks for something with an answer.
func (e *entity) update(when time.Duration, name string, arg any) *outcome {
	result := &outcome{}
	e.updates++
	id := fmt.Sprintf("u%d", e.updates)
	e.at(when, func() { e.env.UpdateWorkflow(name, id, result, arg) })
	return result
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
	e.env.SetWorkflowRunTimeout(until)
	e.env.ExecuteWorkflow(order.MiniProgramWorkflowType, e.input)
	e.err = e.env.GetWorkflowError()
	var stopped *temporal.TimeoutError
	var continued *workflow.ContinueAsNewError
	if e.err != nil && !errors.As(e.err, &stopped) && !errors.As(e.err, &continued) {
		e.t.Fatal(e.err)
	}
}

// closedByItself reports whether the entity ended before it was stopped.
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
