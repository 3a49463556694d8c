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
	subjects := p.subjects(rows, which)
	if err := p.foresee(ctx, subjects); err != nil {
		return err
	}
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(p.atOnce())
	for _, one := range subjects {
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

// subjects returns the orders of a page that are to be asked about. One whose memo can't be read is
// not: an order of an older build asks for itself.
func (p *part) subjects(rows []*workflowpb.WorkflowExecutionInfo, which asks) (subjects []subject) {
	for _, row := range rows {
		id := row.GetExecution().GetWorkflowId()
		if shareOf(id, p.call.Plan.Parts) != p.call.Part {
			continue
		}
		p.enter(func(at *progress) { at.Report.Listed++ })
		waiting, known := temporalio.Memo[order.Look](row, order.LookMemo)
		next, listed := temporalio.Attribute[time.Time](row, order.AttributeNextLook)
		if waits := which(waiting, next); known && listed && len(waits) > 0 {
			subjects = append(subjects, subject{id: id, waiting: waiting, waits: waits, due: p.call.Plan.Came(waiting, next)})
		}
	}
	return subjects
}

// foresee says which tokens the questions about versions need.
func (p *part) foresee(ctx context.Context, subjects []subject) error {
	var miniAppIDs []string
	for _, one := range subjects {
		if one.hasVersion() {
			miniAppIDs = append(miniAppIDs, one.waiting.MiniAppID)
		}
	}
	if len(miniAppIDs) == 0 {
		return nil
	}
	return p.Tokens.Foresee(ctx, p.call.AppID, miniAppIDs)
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
