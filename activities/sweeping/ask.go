package sweeping

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"

	"miniflow/order"
	"miniflow/temporalio"
)

// asks returns the waits of an order that are asked about, by what its memo and its NextLook say.
type asks func(waiting order.Look, next time.Time) []order.Wait

// ask asks about those orders of a page that fall to this part, each for the waits that which
// returns.
func (p *part) ask(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo, which asks) error {
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(p.atOnce())
	for _, row := range rows {
		id := row.GetExecution().GetWorkflowId()
		if shareOf(id, p.call.Plan.Parts) != p.call.Part {
			continue
		}
		p.enter(func(at *progress) { at.Report.Listed++ })
		waiting, known := temporalio.Memo[order.Look](row, order.LookMemo)
		next, listed := temporalio.Attribute[time.Time](row, order.AttributeNextLook)
		waits := which(waiting, next)
		if !known || !listed || len(waits) == 0 {
			continue
		}
		one := subject{id: id, waiting: waiting, waits: waits, due: p.call.Plan.Came(waiting, next)}
		asking.Go(func() error {
			if ctx.Err() != nil || p.broken() {
				return ctx.Err()
			}
			return p.look(ctx, one)
		})
	}
	if err := asking.Wait(); err != nil {
		return fmt.Errorf("ask about the orders that wait: %w", err)
	}
	return nil
}

// shareOf returns the part that an order falls to. It follows from the order's name, so that every
// part lists all and none asks about another's.
func shareOf(id string, parts int) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(id))
	return int(sum.Sum32() % uint32(max(parts, 1))) //nolint:gosec // less than parts
}

// atOnce returns how many questions are under way at once: as many as the pace has begin in a
// second or two, which Alipay may take to answer.
func (p *part) atOnce() int {
	const least, most = 8, 100
	return min(most, max(least, int(p.Settings.CallsPerSecond)))
}

// silence is how many questions in a row without an answer break a pass off.
const silence = 5
