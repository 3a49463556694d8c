package workflows_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/order"
	"miniflow/workflows"
)

const (
	appID = "2021999999999999"
	outNo = "OUT1"
)

// tester is as much of a test, plain or of generated input, as a world needs.
type tester interface {
	Helper()
	Error(args ...any)
	Fatal(args ...any)
}

// forEver is a run time-out: the test environment, unlike a server, needs one, and lives that long with the mini program.
const forEver = 60 * 24 * time.Hour

// world is one order, its mini program and Alipay, on a clock that skips. The
// workflows and the activities are the real ones; Alipay is a platform.
type world struct {
	t        tester
	env      *testsuite.TestWorkflowEnvironment
	platform *platform
	input    order.Input
	// unheard is called for a message whose order has ended; the real door makes a Delivery of it.
	late       []string
	wire       *wire
	numbers    *numbers
	deliveries []order.DeliveryInput
	// pictures are the addresses of reviewers' pictures that were to be copied, and unpictured is how
	// often that fails first.
	pictures []string
	// resealed are the values of each call to seal anew.
	resealed   [][]order.Sealed
	unpictured int
	mu         sync.Mutex
	sent       int
	commands   int
	// epilogue is how long the story goes on after the order's end.
	epilogue time.Duration
	// horizon, when set, is when the story ends though the order has not.
	horizon time.Duration

	// summary is what a list shows of the order.
	summary order.View
	sweep   *sweeper
	ended   bool
	result  order.View
}

func newWorld(t tester) *world {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(logTo, nil))))
	w := &world{t: t, env: suite.NewTestWorkflowEnvironment(), platform: newPlatform(), numbers: &numbers{}}
	w.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&flagWatch{t: t}}})
	w.sweep = &sweeper{platform: w.platform}
	w.env.SetTestTimeout(time.Minute)
	w.env.SetWorkflowRunTimeout(forEver)
	w.platform.later = func(after time.Duration, f func()) { w.env.RegisterDelayedCallback(f, after) }
	schedules := order.DefaultSchedules()
	schedules.Unclaimed = order.Duration(1000 * 24 * time.Hour)
	w.input = order.Input{
		Request: order.Request{
			AppID: appID, OutOrderNo: outNo, Kind: order.KindFormal,
			Create: []order.Sealed{`{"app_name":"店"}`}, Version: order.Version{TemplateID: "T1"},
			Submission: order.Submission{Fields: []order.Sealed{`{"fields":{"version_desc":"x"}}`}},
			Policy:     order.DefaultPolicy(),
		},
		Schedules: schedules, CreatedAt: w.env.Now(),
	}
	workflows.Register(w.env)
	w.env.RegisterWorkflowWithOptions(w.root, workflow.RegisterOptions{Name: "root"})
	calls := &activities.Alipay{
		Gateways: map[string]activities.Gateway{appID: w.platform}, Tokens: w, Numbers: w.numbers, Ring: openRing{}, Files: noFiles{},
		Now: w.env.Now,
	}
	w.wire = &wire{env: w.env}
	w.platform.now = w.env.Now
	calls.Register(w.wire)
	w.registerInside()
	w.env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	w.env.OnUpsertMemo(mock.MatchedBy(w.listed)).Return(nil).Maybe()
	w.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(fmt.Errorf("no such workflow")).Maybe()
	return w
}

// root runs an order and its mini program as siblings, so that they can signal one
// another. What Alipay does by itself goes on for a while after the order has ended.
func (w *world) root(ctx workflow.Context, input order.Input) (order.View, error) {
	id, life := order.MiniProgramWorkflowID(appID, miniAppID), cmp.Or(w.horizon, forEver)
	entity := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: id, ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON, WorkflowRunTimeout: life,
	})
	workflow.ExecuteChildWorkflow(entity, order.MiniProgramWorkflowType, order.MiniProgramInput{
		AppID: appID, MiniAppID: miniAppID, Schedules: input.Schedules,
	})
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: order.WorkflowID(appID, input.Request.OutOrderNo), WorkflowRunTimeout: life,
	})
	var view order.View
	err := workflow.ExecuteChildWorkflow(child, order.WorkflowType, input).Get(ctx, &view)
	w.ended = true
	if err != nil {
		if temporal.IsTimeoutError(err) && w.horizon > 0 {
			return view, nil
		}
		return view, err
	}
	return view, workflow.Sleep(ctx, w.epilogue)
}

// registerInside stands in for what only a Temporal client can do.
func (w *world) registerInside() {
	inside := map[string]any{
		activities.ClaimMiniProgram.Name: func(_ context.Context, call activities.ClaimCall) error {
			w.env.RegisterDelayedCallback(func() {
				w.must(w.env.SignalWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), order.ClaimSignal,
					order.Claim{OutOrderNo: call.Order.OutOrderNo}))
			}, time.Millisecond) // a release claims at once, when the entity beside it may not have begun
			return nil
		},
		activities.CopyPictures.Name: func(_ context.Context, call activities.PicturesCall) (activities.PicturesCopied, error) {
			return w.copied(call)
		},
		activities.Reseal.Name: func(_ context.Context, call activities.ResealCall) (activities.Resealed, error) {
			return w.reseal(call), nil
		},
		activities.WakeDeliveries.Name: func(context.Context, activities.OrderAddress) error { return nil },
		activities.StartDelivery.Name: func(_ context.Context, input order.DeliveryInput) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.deliveries = append(w.deliveries, input)
			return nil
		},
	}
	maps.Copy(inside, near(w.env))
	for name, function := range inside {
		w.env.RegisterActivityWithOptions(function, activityName(name))
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

// Token and Fresh ask the real MiniProgram for its token, as a worker would.
func (w *world) Token(_ context.Context, _, _ string) (activities.LiveToken, error) {
	answers := make(chan activities.LiveToken, 1)
	w.env.RegisterDelayedCallback(func() {
		var token *order.Token
		value, err := w.env.QueryWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), order.TokenQuery)
		if err == nil && value.Get(&token) == nil && token != nil {
			answers <- activities.LiveToken{Secret: alipay.Secret(plainOf(token.Sealed)), Fingerprint: token.Fingerprint}
			return
		}
		answers <- activities.LiveToken{}
	}, 0)
	if token := <-answers; token.Fingerprint != "" {
		return token, nil
	}
	return activities.LiveToken{}, activities.ErrNoToken
}

func (w *world) Fresh(ctx context.Context, appID, miniAppID string) (activities.LiveToken, error) {
	return w.Token(ctx, appID, miniAppID)
}

// openRing opens everything as it is: sealing has its own tests.
type openRing struct{}

func (openRing) Open(sealed order.Sealed, _ ...string) ([]byte, error) {
	if at := strings.LastIndex(string(sealed), ":"); strings.HasPrefix(string(sealed), "sealed:v1:") {
		return base64.RawURLEncoding.DecodeString(string(sealed)[at+1:])
	}
	return []byte(string(sealed)), nil
}

func plainOf(sealed order.Sealed) string {
	plain, err := openRing{}.Open(sealed)
	if err != nil {
		panic(err)
	}
	return string(plain)
}

type noFiles struct{}

func (noFiles) Fetch(context.Context, string, order.FileRef) ([]byte, error) {
	return nil, activities.ErrFileUnusable
}

// at changes the truth at a time of the story.
func (w *world) at(when time.Duration, f func(*platform)) {
	w.env.RegisterDelayedCallback(func() { w.platform.change(f) }, when)
}

// send delivers a message at a time of the story, the way the door routes it.
func (w *world) send(when time.Duration, n order.Notification) {
	if n.NotifyID == "" {
		w.sent++
		n.NotifyID = fmt.Sprintf("n%d", w.sent)
	}
	if n.Digest == "" {
		n.Digest = strings.Repeat(fmt.Sprintf("%x", len(n.Name)), 32)
	}
	n.AppID = appID
	target := order.WorkflowID(appID, outNo)
	if n.OutOrderNo == "" || n.Evidence.Token != nil {
		target = order.MiniProgramWorkflowID(appID, miniAppID)
	}
	w.env.RegisterDelayedCallback(func() {
		if err := w.env.SignalWorkflowByID(target, order.NotificationSignal, n); err != nil {
			w.late = append(w.late, n.NotifyID)
		}
	}, when)
}

// command sends a command at a time of the story and returns what came of it.
func (w *world) command(when time.Duration, command order.Command, in order.Instruction) *outcome {
	result := &outcome{}
	w.commands++
	id := fmt.Sprintf("u%d", w.commands)
	w.env.RegisterDelayedCallback(func() {
		w.must(w.env.UpdateWorkflowByID(order.WorkflowID(appID, outNo), string(command), id, result, in))
	}, when)
	return result
}

// outcome is what came of a command.
type outcome struct {
	rejected, failed error
	view             any
}

func (o *outcome) Accept()          {}
func (o *outcome) Reject(err error) { o.rejected = err }
func (o *outcome) Complete(success any, err error) {
	o.view, o.failed = success, err
}

// run runs the order to its end.
func (w *world) run() order.View {
	w.t.Helper()
	w.sweep.every(w.env, w.input.CreatedAt, func() bool { return w.ended }, func(poke order.Poke) {
		_ = w.env.SignalWorkflowByID(order.WorkflowID(appID, outNo), order.PokeSignal, poke)
	})
	w.env.ExecuteWorkflow("root", w.input)
	if !w.env.IsWorkflowCompleted() {
		w.t.Fatal("the order did not end")
	}
	if err := w.env.GetWorkflowError(); err != nil {
		w.t.Fatal(err)
	}
	w.must(w.env.GetWorkflowResult(&w.result))
	return w.result
}

// dispositions lists what became of each message, by its id.
func dispositions(view order.View) map[string]order.Disposition {
	all := map[string]order.Disposition{}
	for _, item := range view.Timeline {
		if item.NotifyID != "" {
			all[item.NotifyID] = item.Disposition
		}
	}
	return all
}

// trail lists the stages that the order went through.
func trail(view order.View) string {
	stages := []string{string(order.StageCreating)}
	for _, item := range view.Timeline {
		if item.Event == order.HappenedStageChanged && string(item.Stage) != stages[len(stages)-1] {
			stages = append(stages, string(item.Stage))
		}
	}
	return strings.Join(stages, " ")
}

// Messages of the story.

func confirmed(status string) order.Notification {
	n := order.Notification{Name: alipay.MessageMerchantConfirmed, OutOrderNo: outNo, OrderNo: orderNo,
		Evidence: order.Evidence{MerchantStatus: status}}
	if status == string(alipay.MerchantAgreed) {
		n.MiniAppID = miniAppID
	}
	return n
}

func authorized(token string, at time.Time) order.Notification {
	return order.Notification{Name: alipay.MessageOpenAppAuth, MiniAppID: miniAppID, OutOrderNo: outNo,
		Evidence: order.Evidence{Token: &order.Token{Sealed: order.Sealed(token), Fingerprint: "f-" + token, AuthTime: at}}}
}

// granted is an authorisation that names no order, as one that the ISV asked for outside of any.
func granted(token string, at time.Time) order.Notification {
	n := authorized(token, at)
	n.OutOrderNo = ""
	return n
}

func revoked(token string) order.Notification {
	return order.Notification{Name: alipay.MessageAppAuthCancelled, MiniAppID: miniAppID,
		Evidence: order.Evidence{RevokedToken: "f-" + token}}
}

func audited(v order.Verdict, reasons ...order.Reason) order.Notification {
	return order.Notification{Name: "audit " + string(v), MiniAppID: miniAppID,
		Evidence: order.Evidence{Verdict: v, Reasons: reasons}}
}

// logTo is where the engine's log goes: nowhere, unless a test is being debugged.
var logTo = io.Discard
