package api

import (
	"context"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// glance counts all of an overview. Each question is a request to Temporal, of which a namespace
// answers ten a second unless told otherwise; with up to two hundred orders in each stage it is about
// thirty-five, and each stage with more adds up to a dozen. What was refused for their number is
// asked again by [retryingTemporal].
func (a *API) glance(ctx context.Context, within reach, now time.Time) (glance, error) {
	g := glanceCounting{api: a, within: within, now: now, result: glance{At: now, EndedToday: map[order.Stage]int64{}}}
	g.stages()
	g.holds()
	g.endedToday()
	g.funnel()
	g.days()
	var sample []sampled
	g.ask(func(ctx context.Context) (err error) {
		sample, err = a.sample(ctx, within)
		return err
	})
	if err := g.run(ctx); err != nil {
		return glance{}, err
	}
	g.finishDays()
	g.result.Sample, g.result.Audits, g.result.Rejections = len(sample), durationsOf(sample), rejectionsOf(sample)
	return g.result, nil
}

// glanceCounting collects the questions of one overview. They are asked one after the other, because
// nobody waits for most overviews: SQLite answers one at a time, and a page that asks meanwhile would
// wait behind all that were asked at once.
type glanceCounting struct {
	api       *API
	within    reach
	now       time.Time
	result    glance
	questions []func(context.Context) error
}

func (g *glanceCounting) ask(question func(context.Context) error) {
	g.questions = append(g.questions, question)
}

func (g *glanceCounting) run(ctx context.Context) error {
	for _, question := range g.questions {
		if err := question(ctx); err != nil {
			return err
		}
	}
	return nil
}

// count asks how many orders fit a condition.
func (g *glanceCounting) count(condition string, keep func(int64)) {
	g.ask(func(ctx context.Context) error {
		n, err := g.api.countWorkflows(ctx, g.within.orders().Where(condition))
		keep(n)
		return err
	})
}

func inStage(stages ...order.Stage) string {
	quoted := make([]string, 0, len(stages))
	for _, stage := range stages {
		quoted = append(quoted, temporalio.Quote(string(stage)))
	}
	if len(quoted) == 1 {
		return order.AttributeOrderStage + " = " + quoted[0]
	}
	return order.AttributeOrderStage + " IN (" + strings.Join(quoted, ", ") + ")"
}

func (g *glanceCounting) stages() {
	stages := order.Stages()
	g.result.Stages = make([]stageGlance, len(stages))
	for i, stage := range stages {
		g.result.Stages[i].Stage = stage
		at := &g.result.Stages[i].waitGlance
		condition := inStage(stage) + " AND " + whereStanding
		if stage.Ended() {
			g.count(condition, func(n int64) { at.Count = n })
			continue
		}
		g.wait(condition, at, func(view order.View) (time.Time, bool) { return view.StageSince, view.Stage == stage })
	}
}

func (g *glanceCounting) holds() {
	holds := order.HoldKinds()
	g.result.Holds = make([]holdGlance, len(holds))
	for i, hold := range holds {
		g.result.Holds[i].Hold = hold
		condition := order.AttributeOrderHold + " = " + temporalio.Quote(string(hold)) + " AND " + whereStanding
		g.wait(condition, &g.result.Holds[i].waitGlance, func(view order.View) (time.Time, bool) {
			if view.Hold == nil || view.Hold.Kind != hold {
				return time.Time{}, false
			}
			return view.Hold.Since, true
		})
	}
}

// wait finds how many orders fit and which of them has been so longest. One list tells both where few
// fit. since returns false for a memo that is behind its attribute.
func (g *glanceCounting) wait(condition string, into *waitGlance, since func(order.View) (time.Time, bool)) {
	g.ask(func(ctx context.Context) error {
		query := func() *temporalio.Query { return g.within.orders().Where(condition) }
		page, err := g.api.list(ctx, query().String(), maxPageSize, nil)
		if err != nil {
			return err
		}
		rows := g.within.merchants.theirs(page.GetExecutions())
		into.Count = int64(len(rows))
		if len(page.GetNextPageToken()) > 0 {
			if into.Count, err = g.api.countWorkflows(ctx, query()); err != nil {
				return err
			}
			if rows, err = g.api.startedFirst(ctx, query, g.now); err != nil {
				return err
			}
			rows = g.within.merchants.theirs(rows)
		}
		into.oldest(rows, since)
		return nil
	})
}

func (w *waitGlance) oldest(rows []*workflowpb.WorkflowExecutionInfo, since func(order.View) (time.Time, bool)) {
	for _, row := range rows {
		view, ok := summaryOf[order.View](row)
		if !ok {
			continue
		}
		if at, ok := since(view); ok && (w.OldestSince == nil || at.Before(*w.OldestSince)) {
			w.OldestSince, w.OutOrderNo, w.AppID = &at, view.OutOrderNo, view.AppID
		}
	}
}

// Bounds on the search for those that were started first: from longer ago than any retention is, and
// so often halved that what is left is a few hours.
const (
	longAgo = 400 * 24 * time.Hour
	halved  = 12
)

// startedFirst lists up to a page of those that were started first. SQL stores know no ORDER BY and
// list the youngest first, so a window is halved until a page holds what is before it.
func (a *API) startedFirst(ctx context.Context, query func() *temporalio.Query, now time.Time) ([]*workflowpb.WorkflowExecutionInfo, error) {
	early, late := now.Add(-longAgo), now
	before := func(moment time.Time) *temporalio.Query {
		return query().Where("StartTime < " + temporalio.Quote(moment.UTC().Format(time.RFC3339Nano)))
	}
	for range halved {
		middle := early.Add(late.Sub(early) / 2)
		n, err := a.countWorkflows(ctx, before(middle))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			early = middle
			continue
		}
		if late = middle; n <= maxPageSize {
			break
		}
	}
	page, err := a.list(ctx, before(late).String(), maxPageSize, nil)
	return page.GetExecutions(), err
}

func (g *glanceCounting) funnel() {
	since := func(condition string) string {
		begun := (&temporalio.Query{}).StartedSince(beijingDay(g.now).AddDate(0, 0, 1-glanceDays))
		if condition != "" {
			begun.Where("(" + condition + ")")
		}
		return begun.String()
	}
	var building []order.Stage
	for _, stage := range order.Stages() {
		if stage.NeedsAuthorization() || stage == order.StageOnline {
			building = append(building, stage)
		}
	}
	submitted := order.AttributeAuditAttempt + " >= 1"
	steps := []struct{ step, condition string }{
		{"begun", ""}, {"confirmed", order.AttributeMiniAppID + " IS NOT NULL"}, {"authorized", inStage(building...) + " OR " + submitted},
		{"submitted", submitted}, {"passed", inStage(order.StageReleasing, order.StageOnline)}, {"online", inStage(order.StageOnline)},
	}
	g.result.Funnel = make([]funnelStep, len(steps))
	for i, step := range steps {
		g.result.Funnel[i].Step = step.step
		g.count(since(step.condition), func(n int64) { g.result.Funnel[i].Orders = n })
	}
}
