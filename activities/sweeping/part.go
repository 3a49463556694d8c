package sweeping

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/look"
	"miniflow/order"
	"miniflow/temporalio"
)

// progress is how far a part is. It stands in the heartbeat, from which another attempt goes on.
type progress struct {
	// Token is where the list of what is due goes on, and Listed is set once that is at its end.
	Token  []byte      `json:"token,omitempty"`
	Listed bool        `json:"listed,omitempty"`
	Report look.Report `json:"report"`
	Alive  time.Time   `json:"alive"`
}

// part is one part of a pass at work.
type part struct {
	*Sweeper
	call  activities.PartCall
	began time.Time

	mutex    sync.Mutex
	progress progress
	// silent is how many questions in a row have come to no answer.
	silent int
}

// Sweep asks about one part of the orders that a plan means: first those that are due, then those of
// its share of a round, for as long as there is time until the next pass.
//
// Repeating it is harmless: it changes nothing but by pokes, which make an order ask for itself.
// Another attempt goes on where the last heartbeat was.
func (s *Sweeper) Sweep(ctx context.Context, call activities.PartCall) (look.Report, error) {
	p := &part{Sweeper: s, call: call, began: s.Now()}
	p.resume(ctx)
	err := beating(gateway.WithTurn(ctx, gateway.TurnLook), p.where, func(ctx context.Context) error {
		if err := p.due(ctx); err != nil || p.progress.Report.BrokenOff {
			return err
		}
		return p.around(ctx)
	})
	if err != nil {
		return look.Report{}, err
	}
	s.Metrics.swept(call.AppID, s.Now().Sub(p.began))
	return p.progress.Report, nil
}

// resume goes on where an earlier attempt was. A time in which nobody asked is reported: what came
// due meanwhile is made good by a round.
func (p *part) resume(ctx context.Context) {
	var earlier progress
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &earlier) == nil && !earlier.Alive.IsZero() {
		p.progress = earlier
		quiet := p.began.Sub(earlier.Alive)
		p.progress.Report.Interrupted = earlier.Report.Interrupted || look.Silent(quiet, p.call.Plan.Every.Std())
	} else if round := p.call.Plan.Round; round != nil && p.call.Part < len(round.Parts) {
		p.progress.Report.Part = round.Parts[p.call.Part]
	}
	p.progress.Alive = p.began
}

func (p *part) where() any {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	copied := p.progress
	copied.Report.Lost = nil
	for message, times := range p.progress.Report.Lost {
		copied.Report.Lose(message, times)
	}
	return copied
}

// due asks about the orders whose time has come.
func (p *part) due(ctx context.Context) error {
	if p.call.Plan.Listed == 0 {
		return nil
	}
	query := due(p.call.AppID, p.call.Plan)
	for !p.progress.Listed {
		rows, next, err := p.list(ctx, query, p.progress.Token)
		if err != nil {
			return err
		}
		if err := p.ask(ctx, rows, p.call.Plan.Due); err != nil || p.progress.Report.BrokenOff {
			return err
		}
		p.enter(func(at *progress) { at.Token, at.Listed = next, next == nil })
	}
	return nil
}

// around asks about a share of a round until it is at its end, or the next pass is near.
func (p *part) around(ctx context.Context) error {
	round := p.call.Plan.Round
	if round == nil || p.call.Part >= len(round.Parts) {
		return nil
	}
	query := around(p.call.AppID, round)
	asks := func(waiting order.Look, _ time.Time) []order.Wait { return round.Asks(waiting) }
	for !p.progress.Report.Part.Done {
		before := p.progress.Report.Asked
		rows, next, err := p.list(ctx, query, p.progress.Report.Part.Token)
		if err != nil {
			return err
		}
		if err := p.ask(ctx, rows, asks); err != nil || p.progress.Report.BrokenOff {
			return err
		}
		p.enter(func(at *progress) {
			at.Report.Part = look.Part{Token: next, Done: next == nil}
			at.Report.Around += at.Report.Asked - before
		})
		if p.Now().Sub(p.began) >= p.call.Plan.Every.Std() {
			return nil
		}
	}
	return nil
}

// enter writes down how far the part is.
func (p *part) enter(write func(*progress)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	write(&p.progress)
	p.progress.Alive = p.Now()
}

// pageTime is how long the looks of one page take, so that little is asked again after a worker
// died, and a row is not old when its turn comes.
const pageTime = 20

// list lists a page and returns the orders on it that fall to this part.
func (p *part) list(ctx context.Context, query *temporalio.Query, token []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	const least = 20
	began := p.Now()
	rows, next, err := p.page(ctx, query, max(least, int(p.Settings.CallsPerSecond/2*pageTime)), token)
	mine := slices.DeleteFunc(rows, func(row *workflowpb.WorkflowExecutionInfo) bool {
		return shareOf(row.GetExecution().GetWorkflowId(), p.call.Plan.Parts) != p.call.Part
	})
	p.enter(func(at *progress) {
		at.Report.Listed += len(mine)
		at.Report.Listing += order.Duration(p.Now().Sub(began))
	})
	return mine, next, err
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

// ask asks about the orders of a page, each for the waits that which names.
func (p *part) ask(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo, which func(order.Look, time.Time) []order.Wait) error {
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(p.atOnce())
	for _, row := range rows {
		waiting, known := temporalio.Memo[order.Look](row, order.LookMemo)
		next, listed := temporalio.Attribute[time.Time](row, order.AttributeNextLook)
		waits := which(waiting, next)
		if !known || !listed || len(waits) == 0 {
			continue
		}
		one := subject{id: row.GetExecution().GetWorkflowId(), waiting: waiting, waits: waits, due: len(p.call.Plan.Due(waiting, next)) > 0}
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

func (p *part) broken() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.progress.Report.BrokenOff
}
