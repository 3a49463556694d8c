package sweeping

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/look"
	"miniflow/order"
	"miniflow/temporalio"
)

// progress is how far a part is. It stands in the heartbeat, from which another attempt goes on.
type progress struct {
	// Stretches is how many stretches of what is due are done, and From where the next one goes on.
	Stretches int         `json:"stretches,omitempty"`
	From      time.Time   `json:"from,omitzero"`
	Report    look.Report `json:"report"`
	Alive     time.Time   `json:"alive"`
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
// its share of a round, for as long as it is from one pass to the next.
//
// Repeating it is harmless: it changes nothing but by pokes, which make an order ask for itself.
// Another attempt goes on where the last heartbeat was.
func (s *Sweeper) Sweep(ctx context.Context, call activities.PartCall) (look.Report, error) {
	p := &part{Sweeper: s, call: call, began: s.Now()}
	p.resume(ctx)
	err := activities.Beating(gateway.WithTurn(ctx, gateway.TurnLook), p.where, func(ctx context.Context) error {
		if err := p.due(ctx); err != nil || p.broken() {
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

// where returns a copy of the progress, which goes on meanwhile.
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

// enter writes down how far the part is.
func (p *part) enter(write func(*progress)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	write(&p.progress)
	p.progress.Alive = p.Now()
}

func (p *part) broken() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.progress.Report.BrokenOff
}

// due asks about the orders whose time has come.
func (p *part) due(ctx context.Context) error {
	if p.call.Plan.Due == 0 {
		return nil
	}
	every := func(query *temporalio.Query) *temporalio.Query { return query }
	stretches := p.call.Plan.Stretches()
	for p.progress.Stretches < len(stretches) {
		walk := p.call.Plan.Walk(stretches[p.progress.Stretches], p.progress.From)
		for more := true; more; {
			found, err := p.step(ctx, walk, every, p.call.Plan.Asks)
			if err != nil || p.broken() {
				return err
			}
			var from time.Time
			from, more = walk.Next(found, p.size())
			p.enter(func(at *progress) { at.From = from })
		}
		p.enter(func(at *progress) { at.From, at.Stretches = time.Time{}, at.Stretches+1 })
	}
	return nil
}

// around asks about a share of a round until it is at its end, or the next pass is near.
func (p *part) around(ctx context.Context) error {
	round := p.call.Plan.Round
	if round == nil || p.call.Part >= len(round.Parts) || p.progress.Report.Part.Done {
		return nil
	}
	ofTopics := func(query *temporalio.Query) *temporalio.Query { return ofRound(query, round) }
	asks := func(waiting order.Look, _ time.Time) []order.Wait { return round.Asks(waiting) }
	began, walk := p.Now(), p.call.Plan.Walk(look.Stretch{}, p.progress.Report.Part.From)
	for {
		before := p.progress.Report.Asked
		found, err := p.step(ctx, walk, ofTopics, asks)
		if err != nil || p.broken() {
			return err
		}
		from, more := walk.Next(found, p.size())
		p.enter(func(at *progress) {
			at.Report.Part = look.Part{From: from, Done: !more}
			at.Report.Around += at.Report.Asked - before
		})
		if !more || p.Now().Sub(began) >= p.call.Plan.Every.Std() {
			return nil
		}
	}
}

// step lists one step of a walk and asks about its orders. It returns how many there were.
func (p *part) step(ctx context.Context, walk *look.Walk, narrowed func(*temporalio.Query) *temporalio.Query, which asks) (int, error) {
	found, token := 0, []byte(nil)
	for {
		query := narrowed(in(p.call.AppID, walk.Step()))
		began := p.Now()
		rows, next, err := p.page(ctx, query, p.size(), token)
		p.enter(func(at *progress) { at.Report.Listing += order.Duration(p.Now().Sub(began)) })
		if err != nil {
			return found, err
		}
		if token == nil && next != nil && walk.Narrow() {
			continue
		}
		found += len(rows)
		if err := p.ask(ctx, rows, which); err != nil || next == nil || p.broken() {
			return found, err
		}
		token = next
	}
}

// size is how many orders are listed at once: no more than are asked about in a short time, so that
// little is asked again after a worker died, and no row is old when its turn comes.
func (p *part) size() int {
	const seconds, least = 20, 20
	return min(mostListed, max(least, int(p.Settings.CallsPerSecond/2*seconds)))
}
