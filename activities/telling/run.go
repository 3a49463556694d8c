package telling

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/time/rate"

	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

// run is one call at work. One goroutine lists what has changed; another hands orders out at the pace
// that the book allows, each to a goroutine of its own.
type run struct {
	*Teller
	appID  string
	target Target

	mu   sync.Mutex // guards book and rows
	book *tell.Book
	rows rows
	// ahead is how far the clock here is ahead of Temporal's, and how long the call took to get here.
	ahead time.Duration
	news  chan struct{} // something may be handed out that could not before
}

func (r *run) snapshot() tell.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.book.Snapshot()
}

// tell returns once ctx ends and no post is under way.
func (r *run) tell(ctx context.Context) error {
	var listing sync.WaitGroup
	listing.Go(func() { r.watch(ctx) })
	defer listing.Wait()
	r.handOut(ctx)
	return nil
}

// watch lists changes again and again.
func (r *run) watch(ctx context.Context) {
	for turn := 0; ; turn++ {
		pause := listEvery
		if err := r.list(ctx, turn%lateEvery == 0); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "changed orders could not be listed; they are told of once that is possible", "app_id", r.appID, "error", err)
			pause = pauseAfter
		}
		r.Metrics.show(r.appID, r.snapshot())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// list notes every order that has changed since a little before the last list; now and then it looks
// further back, for what was listed late.
func (r *run) list(ctx context.Context, late bool) error {
	began := r.Now().Add(-r.ahead)
	r.mu.Lock()
	from := r.book.Newest()
	if late {
		from = r.book.From()
	}
	r.mu.Unlock()
	query := temporalio.NewQueryOfTypes([]string{order.WorkflowType, order.MiniProgramWorkflowType}, r.appID).ChangedAfter(from)
	var token []byte
	for {
		page, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, Query: query.String(), PageSize: mostListed, NextPageToken: token,
		})
		if err != nil {
			return fmt.Errorf("list the orders that have changed: %w", err)
		}
		r.mu.Lock()
		for _, execution := range page.GetExecutions() {
			key, named := keyOf(execution)
			at, changed := temporalio.Attribute[time.Time](execution, order.AttributeChangedAt)
			if named && changed && r.book.Changed(key, at) {
				r.rows.keep(key, at, execution)
			}
		}
		r.mu.Unlock()
		r.ring()
		if token = page.GetNextPageToken(); len(token) == 0 {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.book.Listed(began)
	return nil
}

// mostListed bounds a page: rows carry their memos.
const mostListed = 500

func (r *run) ring() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// handOut hands out orders until ctx ends, and waits for the posts that are under way then.
func (r *run) handOut(ctx context.Context) {
	var posts sync.WaitGroup
	defer posts.Wait()
	slots, pace := make(chan struct{}, atOnce), rate.NewLimiter(0, 1)
	for ctx.Err() == nil {
		slots <- struct{}{}
		job := r.next(ctx, pace)
		if job == nil {
			<-slots
			r.await(ctx)
			continue
		}
		posts.Go(func() {
			defer func() { <-slots; r.ring() }()
			r.tellOf(ctx, job)
		})
	}
}

// next waits for the pace, and returns the order whose turn it is.
func (r *run) next(ctx context.Context, pace *rate.Limiter) *tell.Job {
	r.mu.Lock()
	allowed, job := rate.Limit(r.book.Allows()), r.book.Next(r.Now())
	r.mu.Unlock()
	if job == nil {
		return nil
	}
	if pace.Limit() != allowed {
		pace.SetLimit(allowed)
	}
	if err := pace.Wait(ctx); err != nil {
		r.settle(func(b *tell.Book, now time.Time) { b.Postponed(job, now) })
		return nil
	}
	return job
}

// await waits until something may have become due.
func (r *run) await(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-r.news:
	case <-time.After(listEvery):
	}
}

func (r *run) settle(note func(*tell.Book, time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	note(r.book, r.Now())
}

// tellOf tells of one order, or of one mini program.
func (r *run) tellOf(ctx context.Context, job *tell.Job) {
	letter, err := r.write(ctx, job)
	switch {
	case temporalio.NotFound(err):
		r.settle(func(b *tell.Book, now time.Time) { b.Lost(job, "the order is not kept in Temporal any more", now) })
		return
	case ctx.Err() != nil: // the question was cut off
		r.settle(func(b *tell.Book, now time.Time) { b.Postponed(job, now) })
		return
	case err != nil:
		r.Log.WarnContext(ctx, "an order could not be asked for its events; it is asked again", "app_id", r.appID, "out_order_no", job.OutOrderNo, "error", err)
		r.settle(func(b *tell.Book, now time.Time) {
			b.Unasked(job, "the order could not be asked for its events: look at its workflow", now.Add(askAgain), now)
		})
		return
	case letter.events == 0: // of the types that are told
		r.settle(func(b *tell.Book, now time.Time) { b.Taken(job, job.Asked, 0, now) })
		return
	}
	r.post(ctx, job, letter)
}

// post posts an order's events at once, and notes what came of it.
func (r *run) post(ctx context.Context, job *tell.Job, letter letter) {
	began := time.Now()
	answer, err := Send(ctx, r.Backend, r.target, letter.id, letter.message)
	if ctx.Err() != nil && !answer.OK() { // stopped, not refused
		r.settle(func(b *tell.Book, now time.Time) { b.Postponed(job, now) })
		return
	}
	why := tell.Refusal{Reason: answer.Text, Oldest: letter.oldest, Until: letter.newest}
	switch {
	case err != nil:
		why.Reason = err.Error()
	case answer.OK():
		r.Metrics.posted(r.appID, outcomeTaken, time.Since(began), r.Now().Sub(letter.oldest))
		r.settle(func(b *tell.Book, now time.Time) { b.Taken(job, letter.newest, letter.events, now) })
		return
	case answer.Gone():
		r.Metrics.posted(r.appID, outcomeGone, time.Since(began), 0)
		r.settle(func(b *tell.Book, now time.Time) { b.Disable(job, r.target.Fingerprint(), answer.Text, now) })
		return
	}
	r.Metrics.posted(r.appID, outcomeRefused, time.Since(began), 0)
	r.settle(func(b *tell.Book, now time.Time) {
		if answer.RetryAfter > 0 {
			why.Retry = now.Add(answer.RetryAfter)
		}
		b.Refused(job, why, now)
	})
}
