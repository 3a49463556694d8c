package sweeping

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/look"
	"miniflow/order"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// fakeAlipay answers questions about orders, by order number or version.
type fakeAlipay struct {
	mutex     sync.Mutex
	merchants map[string]activities.MerchantAnswer
	versions  map[string]activities.VersionAnswer
	filing    order.Filing
	online    map[string]activities.OnlineAnswer
	fails     map[string]error
	asked     []string
	turns     map[gateway.Turn]int
	foreseen  []string
}

func (f *fakeAlipay) LookAtMerchant(ctx context.Context, question activities.MerchantQuestion) (activities.MerchantAnswer, error) {
	err := f.ask(ctx, question.OrderNo)
	return f.merchants[question.OrderNo], err
}

func (f *fakeAlipay) LookAtVersion(ctx context.Context, question activities.VersionQuestion) (activities.VersionAnswer, error) {
	err := f.ask(ctx, question.AppVersion)
	return f.versions[question.AppVersion], err
}

func (f *fakeAlipay) LookAtFiling(ctx context.Context, question activities.VersionQuestion) (activities.FilingAnswer, error) {
	err := f.ask(ctx, question.AppVersion)
	return activities.FilingAnswer{Version: f.versions[question.AppVersion], Status: f.filing}, err
}

func (f *fakeAlipay) ask(ctx context.Context, what string) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.turns[gateway.TurnOf(ctx)]++
	f.asked = append(f.asked, what)
	if f.fails["*"] != nil {
		return f.fails["*"]
	}
	return f.fails[what]
}

// Foresee notes which tokens were said to be needed.
func (f *fakeAlipay) Foresee(_ context.Context, app string, miniAppIDs []string) error {
	f.foreseen = append(f.foreseen, fmt.Sprint(app == appID, miniAppIDs))
	return nil
}

func (f *fakeAlipay) sorted() []string {
	sorted := slices.Sorted(slices.Values(f.asked))
	f.asked = nil
	return sorted
}

// bench is a Sweeper with everything that it speaks to.
type bench struct {
	*Sweeper
	t        *testing.T
	env      *testsuite.TestActivityEnvironment
	temporal *fakeTemporal
	alipay   *fakeAlipay
	registry *prometheus.Registry
	workers  int
	now      time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, temporal: newFakeTemporal(t), alipay: &fakeAlipay{fails: map[string]error{}, turns: map[gateway.Turn]int{}}, registry: prometheus.NewRegistry(), workers: 1, now: noon}
	metrics, err := NewMetrics(b.registry, []string{appID})
	if err != nil {
		t.Fatal(err)
	}
	b.alipay.merchants, b.alipay.versions = map[string]activities.MerchantAnswer{}, map[string]activities.VersionAnswer{}
	b.Sweeper = &Sweeper{
		Temporal: b.temporal, Namespace: "default", Asker: b.alipay, Tokens: b.alipay, Metrics: metrics, Now: func() time.Time { return b.now },
		Settings: look.Settings{Schedules: order.DefaultSchedules(), CallsPerSecond: 10}, Workers: func(string) int { return b.workers },
	}
	b.fresh()
	return b
}

// fresh is a worker that has no attempt behind it.
func (b *bench) fresh() {
	suite := testsuite.WorkflowTestSuite{}
	b.env = suite.NewTestActivityEnvironment()
	b.env.SetWorkerOptions(worker.Options{})
	b.Register(b.env)
}

// plan plans a pass and returns what is planned.
func (b *bench) plan(state look.State) activities.Planned {
	b.t.Helper()
	value, err := b.env.ExecuteActivity(activities.PlanSweep.Name, activities.SweepCall{AppID: appID, At: b.now, State: state})
	if err != nil {
		b.t.Fatal(err)
	}
	var planned activities.Planned
	if err := value.Get(&planned); err != nil {
		b.t.Fatal(err)
	}
	return planned
}

func (b *bench) sweep(plan look.Plan, part int) (report look.Report, err error) {
	b.t.Helper()
	value, err := b.env.ExecuteActivity(activities.Sweep.Name, activities.PartCall{AppID: appID, Plan: plan, Part: part})
	if err != nil {
		return report, err
	}
	return report, value.Get(&report)
}

// pass makes a whole pass and returns the state after it.
func (b *bench) pass(state look.State) (look.State, look.Report) {
	b.t.Helper()
	planned := b.plan(state)
	reports, total := make([]look.Report, planned.Plan.Parts), look.Report{}
	for i := range reports {
		var err error
		if reports[i], err = b.sweep(planned.Plan, i); err != nil {
			b.t.Fatal(err)
		}
		total.Asked += reports[i].Asked
		total.News += reports[i].News
	}
	state, _ = planned.State.Finish(planned.Plan, reports, b.now)
	return state, total
}

// healthy is the state of a Sweep that has nothing to learn, ten minutes after its last pass.
func healthy() look.State {
	state := look.State{Messages: map[string]look.Record{}, Judged: noon.Add(-11 * time.Minute), Swept: noon.Add(-10 * time.Minute), Relisted: noon.Add(-10 * time.Minute), Next: noon}
	for _, topic := range look.Topics() {
		for _, message := range topic.Messages() {
			state.Messages[message] = look.Record{Facts: "11111"}
		}
	}
	return state
}

// merchant keeps an order that waits for its merchant.
func (b *bench) merchant(no string, nextLook time.Time) *kept {
	one := &kept{
		id: order.WorkflowID(appID, no), kind: order.KindFormal, stage: order.StageAwaitingMerchant, nextLook: nextLook,
		look: order.Look{Waits: []order.Wait{order.WaitMerchant}, Kind: order.KindFormal, OrderNo: no},
	}
	b.alipay.merchants[no] = activities.MerchantAnswer{Status: order.MerchantWaiting}
	b.temporal.kept = append(b.temporal.kept, one)
	return one
}

// version keeps an order whose version waits.
func (b *bench) version(number string, nextLook time.Time, stage order.Stage, wait order.Wait) *kept {
	one := &kept{
		id: order.WorkflowID(appID, number), kind: order.KindFormal, stage: stage, nextLook: nextLook,
		look: order.Look{Waits: []order.Wait{wait}, Kind: order.KindFormal, MiniAppID: "M", AppVersion: number, While: []string{"AUDITING"}},
	}
	b.alipay.versions[number] = activities.VersionAnswer{Status: activities.VersionAuditing}
	b.temporal.kept = append(b.temporal.kept, one)
	return one
}

func refused(class activities.FailureClass) error {
	return temporal.NewNonRetryableApplicationError("no", string(class), nil, activities.Failure{Class: class, Code: "X"})
}
