// Package resealing moves what lives to the sealing key that seals now: what running orders and mini
// programs carry, what people have noted, the files that are kept, and the archive.
//
// It promises that nothing is lost on the way: what does not open stays as it is and is counted. What it
// does not move are histories. Those of runs that have closed are read by nobody but people, and go with
// Temporal's retention; messages that wait as Deliveries keep their seals until they end. So an old key
// is unused once nothing that lives is under it, and what has closed was deleted.
package resealing

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/internal/archive"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/temporalio"
)

// Resealing is what is resealed with.
type Resealing struct {
	Temporal  client.Client
	Namespace string
	Ring      *seal.Ring
	Files     *files.Store   // nil where there is none
	Archive   *archive.Store // nil where there is none
	Now       func() time.Time
	// Patience is how long running workflows may take to continue under the new key.
	Patience time.Duration
	Tell     func(done, of int)
}

// Report is what is under other keys than the one that seals.
type Report struct {
	Writer string `json:"writer"`
	// Orders, MiniPrograms and Deliveries are running workflows that carry values under each other key;
	// "" is `sealing: none`.
	Orders       map[string]int `json:"orders"`
	MiniPrograms map[string]int `json:"mini_programs"`
	Deliveries   map[string]int `json:"deliveries"`
	// Notes are apps with comments under each other key.
	Notes map[string]int `json:"notes"`
	// Files and Archived are under any other key, and Broken are those of them that do not open.
	Files    int `json:"files"`
	Archived int `json:"archived"`
	Broken   int `json:"broken"`
	// Unread are running workflows that could not be asked.
	Unread int `json:"unread"`
	// UnusedAfter is when every other key is unused; zero while something that lives needs one.
	UnusedAfter time.Time `json:"unused_after,omitzero"`
}

// Live is how much that lives needs another key.
func (r Report) Live() int {
	total := r.Files + r.Archived + r.Unread
	for _, some := range []map[string]int{r.Orders, r.MiniPrograms, r.Deliveries, r.Notes} {
		for _, count := range some {
			total += count
		}
	}
	return total
}

// Reseal moves what can be moved, and reports what is left.
func (r *Resealing) Reseal(ctx context.Context) (Report, error) {
	if r.Files != nil {
		if _, _, err := r.Files.Reseal(ctx, r.Ring, true); err != nil {
			return Report{}, err
		}
	}
	if r.Archive != nil {
		if _, _, err := r.Archive.Reseal(ctx, r.Ring, true); err != nil {
			return Report{}, err
		}
	}
	signalled := map[string]string{} // the run that was signalled, by workflow
	for deadline := r.Now().Add(r.Patience); ; {
		report, old, err := r.check(ctx)
		if err != nil {
			return report, err
		}
		if len(signalled) == 0 && len(old) == 0 || r.Now().After(deadline) || len(old) == 0 {
			return report, nil
		}
		for _, one := range old {
			if signalled[one.GetWorkflowId()] == one.GetRunId() {
				continue
			}
			signalled[one.GetWorkflowId()] = one.GetRunId()
			if err := r.Temporal.SignalWorkflow(ctx, one.GetWorkflowId(), "", order.ResealSignal, nil); err != nil && !temporalio.NotFound(err) {
				return report, fmt.Errorf("have a workflow seal anew: %w", err)
			}
		}
		r.Tell(len(signalled)-len(old), len(signalled))
		select {
		case <-ctx.Done():
			return report, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// Check reports what is under other keys and changes nothing.
func (r *Resealing) Check(ctx context.Context) (Report, error) {
	report, _, err := r.check(ctx)
	return report, err
}

// execution names a run.
type execution interface {
	GetWorkflowId() string
	GetRunId() string
}

// check returns the runs, too, that can be told to seal anew.
func (r *Resealing) check(ctx context.Context) (report Report, old []execution, err error) {
	report = Report{Writer: r.Ring.Writer(), Orders: map[string]int{}, MiniPrograms: map[string]int{}, Deliveries: map[string]int{}, Notes: map[string]int{}}
	if err := r.checkPlaces(ctx, &report); err != nil {
		return report, nil, err
	}
	for _, kind := range []struct {
		workflowType string
		counted      map[string]int
		moves        bool
	}{
		{order.WorkflowType, report.Orders, true}, {order.MiniProgramWorkflowType, report.MiniPrograms, true},
		{order.DeliveryWorkflowType, report.Deliveries, false}, {order.AttentionWorkflowType, report.Notes, true},
	} {
		err := r.running(ctx, kind.workflowType, func(info *workflowpb.WorkflowExecutionInfo) {
			keys, err := r.keysOf(ctx, info)
			if err != nil {
				report.Unread++
			}
			for id := range keys {
				kind.counted[id]++
			}
			if len(keys) > 0 && kind.moves {
				old = append(old, info.GetExecution())
			}
		})
		if err != nil {
			return report, nil, err
		}
	}
	if report.Live() == 0 {
		report.UnusedAfter, err = r.unusedAfter(ctx)
	}
	return report, old, err
}

// checkPlaces looks outside of Temporal.
func (r *Resealing) checkPlaces(ctx context.Context, report *Report) (err error) {
	if r.Files != nil {
		if report.Files, report.Broken, err = r.Files.Reseal(ctx, r.Ring, false); err != nil {
			return err
		}
	}
	if r.Archive != nil {
		var broken int
		report.Archived, broken, err = r.Archive.Reseal(ctx, r.Ring, false)
		report.Broken += broken
	}
	return err
}

// running lists workflows that run, each as its last run.
func (r *Resealing) running(ctx context.Context, workflowType string, each func(*workflowpb.WorkflowExecutionInfo)) error {
	var page []byte
	for {
		answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, NextPageToken: page, PageSize: 200,
			Query: "WorkflowType = " + temporalio.Quote(workflowType) + " AND ExecutionStatus = 'Running'",
		})
		if err != nil {
			return fmt.Errorf("list what runs: %w", err)
		}
		for _, info := range answer.GetExecutions() {
			each(info)
		}
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return nil
		}
	}
}

// sealedForm finds the values of package seal in JSON.
var sealedForm = regexp.MustCompile(`"(?:sealed:v1:[0-9A-Za-z._-]{1,32}:|plain:v1:)[0-9A-Za-z_-]*"`)

// keysOf returns the other keys that a run needs: for its input, and for its state where that is another.
func (r *Resealing) keysOf(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (map[string]bool, error) {
	input, err := r.input(ctx, info)
	if err != nil {
		return nil, err
	}
	texts := []json.RawMessage{input}
	if state, err := r.state(ctx, info); err != nil {
		return nil, err
	} else if state != nil {
		texts = append(texts, state)
	}
	keys := map[string]bool{}
	for _, text := range texts {
		for _, found := range sealedForm.FindAll(text, -1) {
			value := order.Sealed(found[1 : len(found)-1])
			if id, known := seal.KeyOf(value); known && !r.Ring.Current(value) {
				keys[id] = true
			}
		}
	}
	return keys, nil
}
