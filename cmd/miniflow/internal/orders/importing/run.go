package importing

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/rows"
)

// run is one run over a table.
type run struct {
	table    Table
	api      *remote.API
	book     *book
	progress *progress
	report   *Report

	pending []Item
	changed map[int]Record // rows that were changed after they were started

	mu       sync.Mutex
	failures int // in a row
}

// plan decides what becomes of each row and writes down, before anything is sent, which are
// refused and which numbers were derived.
func (r *run) plan(items []Item) error {
	r.changed = map[int]Record{}
	keys := map[string]bool{}
	for _, o := range items {
		keys[o.Key] = true
	}
	var records []Record
	for _, o := range items {
		known := r.book.about(o)
		before, wasChanged := r.before(o, keys)
		switch {
		case wasChanged:
			p := o.At("out_order_no", "undo the change, or give the row a number of its own to start another order: it was changed after it was sent as "+before.Key)
			before.Message, before.Cell = p.Message, p.Cell
			r.changed[o.Row] = before
			r.report.refused(p)
		// An order that is there stays there, whatever the rules have become since.
		case known.State.Done() && known.Content == o.Content:
			r.report.Before++
			if known.Row != o.Row {
				known.Row = o.Row
				records = append(records, known)
			}
		case len(o.Problems) > 0:
			records = append(records, recordOf(o, StateRefused, o.Problems))
			r.report.refused(o.Problems...)
		default:
			r.pending = append(r.pending, o)
			if o.Derived {
				records = append(records, recordOf(o, StateNumbered, nil))
			}
		}
	}
	r.report.Left = len(r.pending)
	return r.book.Write(records...)
}

// before returns what was sent for a row that has another number now, because the number
// follows from what the row asks for. A number that another row has by now has only moved.
func (r *run) before(o Item, keys map[string]bool) (Record, bool) {
	known, there := r.book.byRow[o.Row]
	return known, there && o.Derived && known.State != StateRefused && known.Key != o.Key && !keys[known.Key]
}

// records returns the last word about each row.
func (r *run) records(items []Item) []Record {
	var records []Record
	for _, o := range items {
		record, there := r.book.byRow[o.Row]
		if record.Key != o.Key { // it has moved from another row
			record, there = r.book.byKey[o.Key]
		}
		if changed, was := r.changed[o.Row]; was {
			record, there = changed, true
		}
		if there {
			records = append(records, record)
		}
	}
	return records
}

// send sends the rows. After ctrl-c it begins no other and waits a moment for those that are
// on their way, so that their answers are not lost.
func (r *run) send(ctx context.Context, parallel int) error {
	defer r.progress.end()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, o := range r.pending {
		group.Go(func() error { return r.one(ctx, o) })
	}
	return group.Wait()
}

// maxFailures is how many rows in a row may get no answer before the run ends: then it is not
// the row.
const maxFailures = 3

// one sends one row and writes down what became of it.
func (r *run) one(ctx context.Context, o Item) error {
	if ctx.Err() != nil {
		return nil // it comes after the end
	}
	status, err := r.post(ctx, o)
	record := recordOf(o, r.table.done(status), nil)
	switch {
	case err == nil:
	case remote.SaysNo(err, http.StatusUnauthorized):
		return err // it says the same to every row
	case remote.Refused(err):
		problems := r.answered(o, err)
		record = recordOf(o, StateRefused, problems)
		r.mu.Lock()
		r.report.refused(problems...)
		r.mu.Unlock()
	case ctx.Err() != nil:
		return nil // what became of it is not known, and the next run asks
	default:
		record.State, record.Message = StateFailed, err.Error()
	}
	if wrong := r.book.Write(record); wrong != nil {
		return wrong
	}
	return r.count(record.State, err)
}

// count counts a row that has an end for now.
func (r *run) count(state State, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.count(state)
	r.progress.show(r.report)
	if state != StateFailed {
		r.failures = 0
		return nil
	}
	if r.failures++; r.failures < maxFailures {
		return nil
	}
	return err
}

// The pauses between tries of a call that nobody has answered: a restart of Miniflow takes a
// moment. linger is how long an order that is on its way may take after ctrl-c.
var (
	pauses = []time.Duration{500 * time.Millisecond, 2 * time.Second, 5 * time.Second}
	linger = 10 * time.Second
)

// post sends a row until it has an answer. A try too many does no harm: an order's number is the
// same, and so is a token.
func (r *run) post(ctx context.Context, o Item) (status int, err error) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(linger, cancel) })()
	for try := 0; ; try++ {
		if err = r.handIn(sending, o); err == nil {
			status, _, err = r.api.Exchange(sending, o.Method, o.Path, o.Body)
		}
		if err == nil || remote.Refused(err) || try == len(pauses) || remote.Pause(ctx, pauses[try]) != nil {
			return status, err
		}
	}
}

// answered turns the API's no into problems of cells.
func (r *run) answered(o Item, err error) []rows.Problem {
	detail, fields := remote.Detail(err)
	var problems []rows.Problem
	for _, field := range fields {
		problems = append(problems, o.At(field.Field, field.Message))
	}
	if len(problems) == 0 {
		_, field := r.table.key()
		problems = append(problems, o.At(field, detail))
	}
	return problems
}

// recordOf is what the results say of a row. Several problems share its line, each behind
// its cell.
func recordOf(o Item, state State, problems []rows.Problem) Record {
	record := Record{Row: o.Row, Key: o.Key, State: state, Content: o.Content}
	var cells, messages []string
	for _, p := range problems {
		cells, messages = append(cells, p.Cell), append(messages, p.Message)
		if len(problems) > 1 {
			messages[len(messages)-1] = p.Cell + ": " + p.Message
		}
	}
	record.Cell, record.Message = strings.Join(cells, " "), strings.Join(messages, "; ")
	return record
}
